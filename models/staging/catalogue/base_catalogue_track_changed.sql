-- One row per delivered catalogue_track_changed record, typed, checked and pseudonymised
-- Generated from contracts/catalogue/catalogue_track_changed.v1.yml by `headwater sync`: edit that
{{
    config(
        materialized='incremental',
        incremental_strategy='slices',
        on_schema_change='append_new_columns',
        full_refresh=false,
        partition_by={
            'field': 'received_at',
            'data_type': 'timestamp',
            'granularity': 'day',
        },
        cluster_by=['event_id'],
        meta={
            'kind': 'base',
            'event_type': 'catalogue_track_changed',
            'contract_hash': '522de1b4a74081ba0a854e041888d52b',
            'date': 'occurred_at',
            'dedup_lookback_seconds': 604800,
        },
    )
}}

{% set shape = {
    '': 'envelope',
    'type': 'string',
    'source': 'string',
    'id': 'string',
    'time': 'string',
    'receivedtime': 'string',
    'dataschemaversion': 'string',
    'data': 'object',
    'data.track_id': 'string',
    'data.change': 'string',
    'data.title': 'string',
    'data.artist_ids': 'string[]',
    'data.artist_name': 'string',
    'data.album_title': 'string',
    'data.duration_ms': 'integer',
    'data.rights_holder_id': 'string',
    'data.rights_holder_name': 'string',
} %}

{% set csv_cells = {
    'data': ['object'],
} %}

with delivered as (
    select
        received_at,
        _received_from,
        _file,
        _file_id,
        _line,
        _load_id,
        {{ csv_as_json('record', '_format', csv_cells) }} as _document
    from {{ source('raw', 'catalogue_track_changed') }}
    where {{ unbuilt_slices() }}
),

parsed as (
    select
        *,
        {{ json_parse('_document', shape) }}
    from delivered
),

extracted as (
    select
        *,
        {{ json_type(shape, '') }} as _type_record,
        {{ json_is_object(shape, 'data') }} as _has_payload,
        {{ json_type(shape, 'type') }} as _type_event_type,
        {{ json_text(shape, 'type') }} as _event_type,
        {{ json_text(shape, 'source') }} as _event_id_1,
        {{ json_text(shape, 'id') }} as _event_id_2,
        {{ json_type(shape, 'dataschemaversion') }} as _type_schema_version,
        {{ json_number_text(shape, 'dataschemaversion') }} as _schema_version,
        {{ json_text(shape, 'time') }} as _occurred_at,
        {{ json_type(shape, 'data.track_id') }} as _type_track_id,
        {{ json_value(shape, 'data.track_id') }} as track_id,
        {{ json_type(shape, 'data.change') }} as _type_change,
        {{ json_value(shape, 'data.change') }} as change,
        {{ json_type(shape, 'data.title') }} as _type_title,
        {{ json_value(shape, 'data.title') }} as title,
        {{ json_type(shape, 'data.artist_ids') }} as _type_artist_ids,
        {{ json_value(shape, 'data.artist_ids') }} as artist_ids,
        {{ json_items_are_typed(
            shape,
            'data.artist_ids'
        ) }} as _are_items_typed_artist_ids,
        {{ json_length(shape, 'data.artist_ids') }} as _length_artist_ids,
        {{ json_type(shape, 'data.artist_name') }} as _type_artist_name,
        {{ json_value(shape, 'data.artist_name') }} as artist_name,
        {{ json_type(shape, 'data.album_title') }} as _type_album_title,
        {{ json_value(shape, 'data.album_title') }} as album_title,
        {{ json_type(shape, 'data.duration_ms') }} as _type_duration_ms,
        {{ json_value(shape, 'data.duration_ms') }} as duration_ms,
        {{ json_type(shape, 'data.rights_holder_id') }} as _type_rights_holder_id,
        {{ json_value(shape, 'data.rights_holder_id') }} as rights_holder_id,
        {{ json_type(shape, 'data.rights_holder_name') }} as _type_rights_holder_name,
        {{ json_value(shape, 'data.rights_holder_name') }} as rights_holder_name,
        {{ unknown_fields(shape) }} as unknown_fields
    from parsed
),

typed as (
    select
        *,
        {{ compound_id(['_event_id_1', '_event_id_2']) }} as event_id,
        {{ known_version('_schema_version', [1]) }} as schema_version,
        {{ parse_timestamp('_occurred_at', zone='optional') }} as occurred_at
    from extracted
),

checked as (
    select
        *,
        {% call reasons('_type_record') %}
            case
                when
                    not {{ json_is('_type_event_type', 'null') }}
                    and (_event_type = 'catalogue_track_changed') is not true
                    then 'envelope.event_type'
            end,
            case when event_id is null then 'envelope.event_id' end,
            case
                when (occurred_at <= {{ add_seconds('received_at', 3600) }}) is not true
                    then 'envelope.occurred_at'
            end,
            case when _received_from = 'fallback' then 'envelope.received_at' end,
            case
                when
                    not {{ json_is('_type_schema_version', 'null') }}
                    and schema_version is null
                    then 'envelope.schema_version'
            end,
            case when not _has_payload then 'payload.type' end,
            case
                when _has_payload and _type_track_id is null
                    then 'track_id.required'
            end,
            case
                when not {{ json_is('_type_track_id', 'string') }}
                    then 'track_id.type'
            end,
            case
                when
                    {{ json_is('_type_track_id', 'string') }}
                    and ({{ regex_match('track_id', '^[0-9A-Za-z]{22}$') }}) is not true
                    then 'track_id.pattern'
            end,
            case when _has_payload and _type_change is null then 'change.required' end,
            case
                when
                    _type_change is not null
                    and (change in ('created', 'updated', 'withdrawn')) is not true
                    then 'change.enum'
            end,
            case when _has_payload and _type_title is null then 'title.required' end,
            case when not {{ json_is('_type_title', 'string') }} then 'title.type' end,
            case
                when
                    {{ json_is('_type_title', 'string') }}
                    and (length(title) >= 1) is not true
                    then 'title.minLength'
            end,
            case
                when
                    {{ json_is('_type_title', 'string') }}
                    and (length(title) <= 500) is not true
                    then 'title.maxLength'
            end,
            case
                when _has_payload and _type_artist_ids is null
                    then 'artist_ids.required'
            end,
            case
                when not {{ json_is('_type_artist_ids', 'array') }}
                    then 'artist_ids.type'
            end,
            case
                when
                    {{ json_is('_type_artist_ids', 'array') }}
                    and (_length_artist_ids >= 1) is not true
                    then 'artist_ids.minItems'
            end,
            case when not _are_items_typed_artist_ids then 'artist_ids.items.type' end,
            case
                when
                    not {{ every_item('artist_ids', regex_match('item', '^[0-9A-Za-z]{22}$')) }}
                    then 'artist_ids.items.pattern'
            end,
            case
                when _has_payload and _type_artist_name is null
                    then 'artist_name.required'
            end,
            case
                when not {{ json_is('_type_artist_name', 'string') }}
                    then 'artist_name.type'
            end,
            case
                when
                    {{ json_is('_type_artist_name', 'string') }}
                    and (length(artist_name) >= 1) is not true
                    then 'artist_name.minLength'
            end,
            case
                when
                    {{ json_is('_type_artist_name', 'string') }}
                    and (length(artist_name) <= 500) is not true
                    then 'artist_name.maxLength'
            end,
            case
                when _has_payload and _type_album_title is null
                    then 'album_title.required'
            end,
            case
                when not {{ json_is('_type_album_title', ['string', 'null']) }}
                    then 'album_title.type'
            end,
            case
                when
                    {{ json_is('_type_album_title', 'string') }}
                    and (length(album_title) >= 1) is not true
                    then 'album_title.minLength'
            end,
            case
                when
                    {{ json_is('_type_album_title', 'string') }}
                    and (length(album_title) <= 500) is not true
                    then 'album_title.maxLength'
            end,
            case
                when _has_payload and _type_duration_ms is null
                    then 'duration_ms.required'
            end,
            case
                when not {{ json_is('_type_duration_ms', 'integer') }}
                    then 'duration_ms.type'
            end,
            case
                when
                    {{ json_is('_type_duration_ms', 'integer') }}
                    and duration_ms is null
                    then 'duration_ms.int64'
            end,
            case
                when duration_ms is not null and (duration_ms > 0) is not true
                    then 'duration_ms.exclusiveMinimum'
            end,
            case
                when _has_payload and _type_rights_holder_id is null
                    then 'rights_holder_id.required'
            end,
            case
                when not {{ json_is('_type_rights_holder_id', 'string') }}
                    then 'rights_holder_id.type'
            end,
            case
                when
                    {{ json_is('_type_rights_holder_id', 'string') }}
                    and (length(rights_holder_id) >= 1) is not true
                    then 'rights_holder_id.minLength'
            end,
            case
                when
                    {{ json_is('_type_rights_holder_id', 'string') }}
                    and (length(rights_holder_id) <= 64) is not true
                    then 'rights_holder_id.maxLength'
            end,
            case
                when _has_payload and _type_rights_holder_name is null
                    then 'rights_holder_name.required'
            end,
            case
                when not {{ json_is('_type_rights_holder_name', 'string') }}
                    then 'rights_holder_name.type'
            end,
            case
                when
                    {{ json_is('_type_rights_holder_name', 'string') }}
                    and (length(rights_holder_name) >= 1) is not true
                    then 'rights_holder_name.minLength'
            end,
            case
                when
                    {{ json_is('_type_rights_holder_name', 'string') }}
                    and (length(rights_holder_name) <= 500) is not true
                    then 'rights_holder_name.maxLength'
            end
        {% endcall %} as violations
    from typed
),

final as (
    select
        checked.event_id,
        checked.schema_version,
        checked.occurred_at,
        checked.received_at,
        checked.track_id,
        checked.change,
        checked.title,
        checked.artist_ids,
        checked.artist_name,
        checked.album_title,
        checked.duration_ms,
        checked.rights_holder_id,
        checked.rights_holder_name,
        checked.unknown_fields,
        checked.violations,
        {{ list_length('checked.violations') }} = 0 as is_valid,
        {{ list_length('checked.violations') }} = 0 as is_first_valid_copy,
        checked._file,
        checked._file_id,
        checked._line,
        checked._load_id,
        {{ hour_of('checked.received_at') }} as _hour,
        '522de1b4a74081ba0a854e041888d52b' as _contract_hash
    from checked
)

select * from final
