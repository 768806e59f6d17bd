-- One row per delivered screen_viewed record, typed, checked and pseudonymised
-- Generated from contracts/app/screen_viewed.v1.yml by `headwater sync`: edit that
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
            'event_type': 'screen_viewed',
            'contract_hash': 'b3a3ae5200334f65a0116bc8317e26f6',
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
    'data.session_id': 'string',
    'data.screen': 'string',
    'data.previous_screen': 'string',
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
    from {{ source('raw', 'screen_viewed') }}
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
        {{ json_type(shape, 'data.session_id') }} as _type_session_id,
        {{ json_value(shape, 'data.session_id') }} as session_id,
        {{ json_type(shape, 'data.screen') }} as _type_screen,
        {{ json_value(shape, 'data.screen') }} as screen,
        {{ json_type(shape, 'data.previous_screen') }} as _type_previous_screen,
        {{ json_value(shape, 'data.previous_screen') }} as previous_screen,
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
                    and (_event_type = 'screen_viewed') is not true
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
                when _has_payload and _type_session_id is null
                    then 'session_id.required'
            end,
            case
                when not {{ json_is('_type_session_id', 'string') }}
                    then 'session_id.type'
            end,
            case
                when
                    {{ json_is('_type_session_id', 'string') }}
                    and ({{ is_uuid('session_id') }}) is not true
                    then 'session_id.format'
            end,
            case when _has_payload and _type_screen is null then 'screen.required' end,
            case
                when
                    _type_screen is not null
                    and ({{ one_of('screen', [
                        'home',
                        'search',
                        'library',
                        'playlist',
                        'album',
                        'artist',
                        'now_playing',
                        'settings',
                    ]) }}) is not true
                    then 'screen.enum'
            end,
            case
                when _has_payload and _type_previous_screen is null
                    then 'previous_screen.required'
            end,
            case
                when not {{ json_is('_type_previous_screen', ['string', 'null']) }}
                    then 'previous_screen.type'
            end,
            case
                when
                    {{ json_is('_type_previous_screen', 'string') }}
                    and ({{ one_of('previous_screen', [
                        'home',
                        'search',
                        'library',
                        'playlist',
                        'album',
                        'artist',
                        'now_playing',
                        'settings',
                    ]) }}) is not true
                    then 'previous_screen.enum'
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
        checked.session_id,
        checked.screen,
        checked.previous_screen,
        checked.unknown_fields,
        checked.violations,
        {{ list_length('checked.violations') }} = 0 as is_valid,
        {{ list_length('checked.violations') }} = 0 as is_first_valid_copy,
        checked._file,
        checked._file_id,
        checked._line,
        checked._load_id,
        {{ hour_of('checked.received_at') }} as _hour,
        'b3a3ae5200334f65a0116bc8317e26f6' as _contract_hash
    from checked
    left outer join {{ headwater_relation('keys.identifiers') }} as user_id_key
        on checked.user_id = user_id_key.value
)

select * from final
