-- One row per delivered search_performed record, typed, checked and pseudonymised
-- Generated from contracts/search/search_performed.v1.yml by `headwater sync`: edit that
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
            'event_type': 'search_performed',
            'contract_hash': 'b150acfcd3bd245cfa7a80ece85518c7',
            'date': 'occurred_at',
            'dedup_lookback_seconds': 604800,
            'restate_by': 'user_id',
            'compatible': {'ce01ae6bf8104b2f90980e806fc387e6': ['search_id']},
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
    'data.search_id': 'string',
    'data.query': 'string',
    'data.result_count': 'integer',
    'data.clicked_position': 'integer',
    'data.latency_ms': 'number',
    'data.filters': 'string[]',
    'data.is_voice': 'boolean',
    'data.first_key_at': 'string',
    'data.page': 'object',
    'data.page.number': 'integer',
    'data.page.size': 'integer',
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
    from {{ source('raw', 'search_performed') }}
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
        {{ json_type(shape, 'data.search_id') }} as _type_search_id,
        {{ json_value(shape, 'data.search_id') }} as search_id,
        {{ json_type(shape, 'data.query') }} as _type_query,
        {{ json_value(shape, 'data.query') }} as query,
        {{ json_type(shape, 'data.result_count') }} as _type_result_count,
        {{ json_value(shape, 'data.result_count') }} as result_count,
        {{ json_type(shape, 'data.clicked_position') }} as _type_clicked_position,
        {{ json_value(shape, 'data.clicked_position') }} as clicked_position,
        {{ json_type(shape, 'data.latency_ms') }} as _type_latency_ms,
        {{ json_value(shape, 'data.latency_ms') }} as latency_ms,
        {{ json_type(shape, 'data.filters') }} as _type_filters,
        {{ json_value(shape, 'data.filters') }} as filters,
        {{ json_items_are_typed(shape, 'data.filters') }} as _are_items_typed_filters,
        {{ json_type(shape, 'data.is_voice') }} as _type_is_voice,
        {{ json_value(shape, 'data.is_voice') }} as is_voice,
        {{ json_type(shape, 'data.first_key_at') }} as _type_first_key_at,
        {{ json_value(shape, 'data.first_key_at') }} as _text_first_key_at,
        {{ json_type(shape, 'data.page') }} as _type_page,
        {{ json_is_object(shape, 'data.page') }} as has_page,
        {{ json_type(shape, 'data.page.number') }} as _type_page__number,
        {{ json_value(shape, 'data.page.number') }} as page__number,
        {{ json_type(shape, 'data.page.size') }} as _type_page__size,
        {{ json_value(shape, 'data.page.size') }} as page__size,
        {{ unknown_fields(shape) }} as unknown_fields
    from parsed
),

typed as (
    select
        *,
        {{ compound_id(['_event_id_1', '_event_id_2']) }} as event_id,
        {{ known_version('_schema_version', [1]) }} as schema_version,
        {{ parse_timestamp('_occurred_at', zone='optional') }} as occurred_at,
        {{ parse_timestamp('_text_first_key_at', zone='required') }} as first_key_at
    from extracted
),

checked as (
    select
        *,
        {% call reasons('_type_record') %}
            case
                when
                    not {{ json_is('_type_event_type', 'null') }}
                    and (_event_type = 'search_performed') is not true
                    then 'envelope.event_type'
            end,
            case when event_id is null then 'envelope.event_id' end,
            case
                when
                    (
                        occurred_at between {{ add_seconds('received_at', -604800) }}
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
            case
                when not {{ json_is('_type_search_id', 'string') }}
                    then 'search_id.type'
            end,
            case
                when
                    {{ json_is('_type_search_id', 'string') }}
                    and ({{ is_uuid('search_id') }}) is not true
                    then 'search_id.format'
            end,
            case when _has_payload and _type_query is null then 'query.required' end,
            case when not {{ json_is('_type_query', 'string') }} then 'query.type' end,
            case
                when
                    {{ json_is('_type_query', 'string') }}
                    and (length(query) >= 1) is not true
                    then 'query.minLength'
            end,
            case
                when
                    {{ json_is('_type_query', 'string') }}
                    and (length(query) <= 500) is not true
                    then 'query.maxLength'
            end,
            case
                when _has_payload and _type_result_count is null
                    then 'result_count.required'
            end,
            case
                when not {{ json_is('_type_result_count', 'integer') }}
                    then 'result_count.type'
            end,
            case
                when
                    {{ json_is('_type_result_count', 'integer') }}
                    and result_count is null
                    then 'result_count.int64'
            end,
            case
                when result_count is not null and (result_count >= 0) is not true
                    then 'result_count.minimum'
            end,
            case
                when not {{ json_is('_type_clicked_position', ['integer', 'null']) }}
                    then 'clicked_position.type'
            end,
            case
                when
                    {{ json_is('_type_clicked_position', 'integer') }}
                    and clicked_position is null
                    then 'clicked_position.int64'
            end,
            case
                when
                    clicked_position is not null
                    and (clicked_position >= 1) is not true
                    then 'clicked_position.minimum'
            end,
            case
                when _has_payload and _type_latency_ms is null
                    then 'latency_ms.required'
            end,
            case
                when not {{ json_is('_type_latency_ms', 'number') }}
                    then 'latency_ms.type'
            end,
            case
                when
                    {{ json_is('_type_latency_ms', 'number') }}
                    and (latency_ms >= 0) is not true
                    then 'latency_ms.minimum'
            end,
            case
                when _has_payload and _type_filters is null
                    then 'filters.required'
            end,
            case
                when not {{ json_is('_type_filters', 'array') }}
                    then 'filters.type'
            end,
            case when not _are_items_typed_filters then 'filters.items.enum' end,
            case
                when
                    not {{ every_item('filters', 'item in (' ~ "'track'" ~ ', ' ~ "'artist'" ~ ', ' ~ "'album'" ~ ', ' ~ "'playlist'" ~ ', ' ~ "'podcast'" ~ ', ' ~ "'audiobook'" ~ ')') }}
                    then 'filters.items.enum'
            end,
            case
                when not {{ json_is('_type_is_voice', 'boolean') }}
                    then 'is_voice.type'
            end,
            case
                when not {{ json_is('_type_first_key_at', ['string', 'null']) }}
                    then 'first_key_at.type'
            end,
            case
                when
                    {{ json_is('_type_first_key_at', 'string') }}
                    and first_key_at is null
                    then 'first_key_at.format'
            end,
            case when not {{ json_is('_type_page', 'object') }} then 'page.type' end,
            case
                when {{ has_unknown_keys(shape, 'data.page') }}
                    then 'page.additionalProperties'
            end,
            case
                when has_page and _type_page__number is null
                    then 'page.number.required'
            end,
            case
                when not {{ json_is('_type_page__number', 'integer') }}
                    then 'page.number.type'
            end,
            case
                when
                    {{ json_is('_type_page__number', 'integer') }}
                    and page__number is null
                    then 'page.number.int64'
            end,
            case
                when page__number is not null and (page__number >= 1) is not true
                    then 'page.number.minimum'
            end,
            case
                when page__number is not null and (page__number <= 1000) is not true
                    then 'page.number.maximum'
            end,
            case
                when not {{ json_is('_type_page__size', 'integer') }}
                    then 'page.size.type'
            end,
            case
                when {{ json_is('_type_page__size', 'integer') }} and page__size is null
                    then 'page.size.int64'
            end,
            case
                when page__size is not null and (page__size >= 1) is not true
                    then 'page.size.minimum'
            end,
            case
                when page__size is not null and (page__size <= 100) is not true
                    then 'page.size.maximum'
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
        checked.search_id,
        checked.query,
        checked.result_count,
        checked.clicked_position,
        checked.latency_ms,
        checked.filters,
        checked.is_voice,
        checked.first_key_at,
        checked.has_page,
        checked.page__number,
        checked.page__size,
        checked.unknown_fields,
        checked.violations,
        {{ list_length('checked.violations') }} = 0 as is_valid,
        {{ list_length('checked.violations') }} = 0 as is_first_valid_copy,
        checked._file,
        checked._file_id,
        checked._line,
        checked._load_id,
        {{ hour_of('checked.received_at') }} as _hour,
        'b150acfcd3bd245cfa7a80ece85518c7' as _contract_hash
    from checked
    left outer join {{ headwater_relation('keys.identifiers') }} as user_id_key
        on checked.user_id = user_id_key.value
)

select * from final
