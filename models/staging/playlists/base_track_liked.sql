-- One row per delivered track_liked record, typed, checked and pseudonymised
-- Generated from contracts/playlists/track_liked.v1.yml by `headwater sync`: edit that
{{
    config(
        materialized='incremental',
        incremental_strategy='slices',
        on_schema_change='append_new_columns',
        full_refresh=false,
        partition_by={
            'field': 'received_at',
            'data_type': 'timestamp',
            'granularity': 'hour',
        },
        cluster_by=['event_id'],
        meta={
            'kind': 'base',
            'event_type': 'track_liked',
            'contract_hash': '04a38495744fb4818899ff171011d1dd',
            'date': 'occurred_at',
            'dedup_lookback_seconds': 604800,
            'restate_by': 'user_id',
            'identifiers': {'data.user_id': 'string'},
            'csv_cells': {'data': ['object']},
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
    'data.user_id': 'string',
    'data.track_id': 'string',
    'data.is_liked': 'boolean',
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
    from {{ source('raw', 'track_liked') }}
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
        {{ json_type(shape, 'data.user_id') }} as _type_user_id,
        {{ json_value(shape, 'data.user_id') }} as user_id,
        {{ json_type(shape, 'data.track_id') }} as _type_track_id,
        {{ json_value(shape, 'data.track_id') }} as track_id,
        {{ json_type(shape, 'data.is_liked') }} as _type_is_liked,
        {{ json_value(shape, 'data.is_liked') }} as is_liked,
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
                    and (_event_type = 'track_liked') is not true
                    then 'envelope.event_type'
            end,
            case when event_id is null then 'envelope.event_id' end,
            case
                when
                    (
                        occurred_at between {{ add_seconds('received_at', -2592000) }}
                        and {{ add_seconds('received_at', 3600) }}
                    ) is not true
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
                when _has_payload and _type_user_id is null
                    then 'user_id.required'
            end,
            case
                when not {{ json_is('_type_user_id', 'string') }}
                    then 'user_id.type'
            end,
            case
                when
                    {{ json_is('_type_user_id', 'string') }}
                    and (length(user_id) >= 1) is not true
                    then 'user_id.minLength'
            end,
            case
                when
                    {{ json_is('_type_user_id', 'string') }}
                    and (length(user_id) <= 64) is not true
                    then 'user_id.maxLength'
            end,
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
            case
                when _has_payload and _type_is_liked is null
                    then 'is_liked.required'
            end,
            case
                when not {{ json_is('_type_is_liked', 'boolean') }}
                    then 'is_liked.type'
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
        {{ pseudonym('checked.user_id', 'user_id_key.pseudonym') }} as user_id,
        checked.track_id,
        checked.is_liked,
        checked.unknown_fields,
        checked.violations,
        {{ list_length('checked.violations') }} = 0 as is_valid,
        {{ list_length('checked.violations') }} = 0 as is_first_valid_copy,
        checked._file,
        checked._file_id,
        checked._line,
        checked._load_id,
        {{ hour_of('checked.received_at') }} as _hour,
        '04a38495744fb4818899ff171011d1dd' as _contract_hash
    from checked
    left outer join {{ headwater_relation('keys.identifiers') }} as user_id_key
        on checked.user_id = user_id_key.value
)

select * from final
