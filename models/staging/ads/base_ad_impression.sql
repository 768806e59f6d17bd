-- One row per delivered ad_impression record, typed, checked and pseudonymised
-- Generated from contracts/ads/ad_impression.v1.yml by `headwater sync`: edit that
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
            'event_type': 'ad_impression',
            'contract_hash': 'aae7f8f2eccab765be642cb35de8cbee',
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
    'data.impression_id': 'string',
    'data.ad_id': 'string',
    'data.campaign_id': 'string',
    'data.slot': 'string',
    'data.revenue_usd': 'decimal',
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
    from {{ source('raw', 'ad_impression') }}
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
        {{ json_type(shape, 'data.impression_id') }} as _type_impression_id,
        {{ json_value(shape, 'data.impression_id') }} as impression_id,
        {{ json_type(shape, 'data.ad_id') }} as _type_ad_id,
        {{ json_value(shape, 'data.ad_id') }} as ad_id,
        {{ json_type(shape, 'data.campaign_id') }} as _type_campaign_id,
        {{ json_value(shape, 'data.campaign_id') }} as campaign_id,
        {{ json_type(shape, 'data.slot') }} as _type_slot,
        {{ json_value(shape, 'data.slot') }} as slot,
        {{ json_type(shape, 'data.revenue_usd') }} as _type_revenue_usd,
        {{ json_value(shape, 'data.revenue_usd') }} as _text_revenue_usd,
        {{ unknown_fields(shape) }} as unknown_fields
    from parsed
),

typed as (
    select
        *,
        {{ compound_id(['_event_id_1', '_event_id_2']) }} as event_id,
        {{ known_version('_schema_version', [1]) }} as schema_version,
        {{ parse_timestamp('_occurred_at', zone='optional') }} as occurred_at,
        {{ decimal_of('_text_revenue_usd', 18, 6) }} as revenue_usd
    from extracted
),

checked as (
    select
        *,
        {% call reasons('_type_record') %}
            case
                when
                    not {{ json_is('_type_event_type', 'null') }}
                    and (_event_type = 'ad_impression') is not true
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
            case
                when _has_payload and _type_impression_id is null
                    then 'impression_id.required'
            end,
            case
                when not {{ json_is('_type_impression_id', 'string') }}
                    then 'impression_id.type'
            end,
            case
                when
                    {{ json_is('_type_impression_id', 'string') }}
                    and ({{ is_uuid('impression_id') }}) is not true
                    then 'impression_id.format'
            end,
            case when _has_payload and _type_ad_id is null then 'ad_id.required' end,
            case when not {{ json_is('_type_ad_id', 'string') }} then 'ad_id.type' end,
            case
                when
                    {{ json_is('_type_ad_id', 'string') }}
                    and (length(ad_id) >= 1) is not true
                    then 'ad_id.minLength'
            end,
            case
                when
                    {{ json_is('_type_ad_id', 'string') }}
                    and (length(ad_id) <= 64) is not true
                    then 'ad_id.maxLength'
            end,
            case
                when _has_payload and _type_campaign_id is null
                    then 'campaign_id.required'
            end,
            case
                when not {{ json_is('_type_campaign_id', 'string') }}
                    then 'campaign_id.type'
            end,
            case
                when
                    {{ json_is('_type_campaign_id', 'string') }}
                    and (length(campaign_id) >= 1) is not true
                    then 'campaign_id.minLength'
            end,
            case
                when
                    {{ json_is('_type_campaign_id', 'string') }}
                    and (length(campaign_id) <= 64) is not true
                    then 'campaign_id.maxLength'
            end,
            case when _has_payload and _type_slot is null then 'slot.required' end,
            case
                when
                    _type_slot is not null
                    and (slot in ('audio_break', 'banner', 'video')) is not true
                    then 'slot.enum'
            end,
            case
                when _has_payload and _type_revenue_usd is null
                    then 'revenue_usd.required'
            end,
            case
                when not {{ json_is('_type_revenue_usd', 'number') }}
                    then 'revenue_usd.type'
            end,
            case
                when
                    {{ json_is('_type_revenue_usd', 'number') }}
                    and revenue_usd is null
                    then 'revenue_usd.format'
            end,
            case
                when
                    revenue_usd is not null
                    and (revenue_usd >= {{ decimal_literal('0', 18, 6) }}) is not true
                    then 'revenue_usd.minimum'
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
        checked.impression_id,
        checked.ad_id,
        checked.campaign_id,
        checked.slot,
        checked.revenue_usd,
        checked.unknown_fields,
        checked.violations,
        {{ list_length('checked.violations') }} = 0 as is_valid,
        {{ list_length('checked.violations') }} = 0 as is_first_valid_copy,
        checked._file,
        checked._file_id,
        checked._line,
        checked._load_id,
        {{ hour_of('checked.received_at') }} as _hour,
        'aae7f8f2eccab765be642cb35de8cbee' as _contract_hash
    from checked
    left outer join {{ headwater_relation('keys.identifiers') }} as user_id_key
        on checked.user_id = user_id_key.value
)

select * from final
