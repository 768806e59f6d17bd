-- One row per delivered subscription_changed record, typed, checked and pseudonymised
-- Generated from contracts/growth/subscription_changed.v1.yml by `headwater sync`: edit that
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
            'event_type': 'subscription_changed',
            'contract_hash': 'ab40d7b9404281bd691ed8c45116d7c4',
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
    'data.from_plan': 'string',
    'data.to_plan': 'string',
    'data.reason': 'string',
    'data.monthly_price_usd': 'decimal',
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
    from {{ source('raw', 'subscription_changed') }}
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
        {{ json_type(shape, 'data.from_plan') }} as _type_from_plan,
        {{ json_value(shape, 'data.from_plan') }} as from_plan,
        {{ json_type(shape, 'data.to_plan') }} as _type_to_plan,
        {{ json_value(shape, 'data.to_plan') }} as to_plan,
        {{ json_type(shape, 'data.reason') }} as _type_reason,
        {{ json_value(shape, 'data.reason') }} as reason,
        {{ json_type(shape, 'data.monthly_price_usd') }} as _type_monthly_price_usd,
        {{ json_value(shape, 'data.monthly_price_usd') }} as _text_monthly_price_usd,
        {{ unknown_fields(shape) }} as unknown_fields
    from parsed
),

typed as (
    select
        *,
        {{ compound_id(['_event_id_1', '_event_id_2']) }} as event_id,
        {{ known_version('_schema_version', [1]) }} as schema_version,
        {{ parse_timestamp('_occurred_at', zone='optional') }} as occurred_at,
        {{ decimal_of('_text_monthly_price_usd', 18, 6) }} as monthly_price_usd
    from extracted
),

checked as (
    select
        *,
        {% call reasons('_type_record') %}
            case
                when
                    not {{ json_is('_type_event_type', 'null') }}
                    and (_event_type = 'subscription_changed') is not true
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
                when _has_payload and _type_from_plan is null
                    then 'from_plan.required'
            end,
            case
                when
                    _type_from_plan is not null
                    and (from_plan in (
                        'free',
                        'premium',
                        'family',
                        'student'
                    )) is not true
                    then 'from_plan.enum'
            end,
            case
                when _has_payload and _type_to_plan is null
                    then 'to_plan.required'
            end,
            case
                when
                    _type_to_plan is not null
                    and (to_plan in (
                        'free',
                        'premium',
                        'family',
                        'student'
                    )) is not true
                    then 'to_plan.enum'
            end,
            case when _has_payload and _type_reason is null then 'reason.required' end,
            case
                when
                    _type_reason is not null
                    and ({{ one_of('reason', [
                        'purchase',
                        'upgrade',
                        'downgrade',
                        'cancel',
                        'payment_failed',
                        'trial_ended',
                    ]) }}) is not true
                    then 'reason.enum'
            end,
            case
                when _has_payload and _type_monthly_price_usd is null
                    then 'monthly_price_usd.required'
            end,
            case
                when not {{ json_is('_type_monthly_price_usd', 'number') }}
                    then 'monthly_price_usd.type'
            end,
            case
                when
                    {{ json_is('_type_monthly_price_usd', 'number') }}
                    and monthly_price_usd is null
                    then 'monthly_price_usd.format'
            end,
            case
                when
                    monthly_price_usd is not null
                    and (monthly_price_usd >= {{ decimal_literal('0', 18, 6) }}) is not true
                    then 'monthly_price_usd.minimum'
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
        checked.from_plan,
        checked.to_plan,
        checked.reason,
        checked.monthly_price_usd,
        checked.unknown_fields,
        checked.violations,
        {{ list_length('checked.violations') }} = 0 as is_valid,
        {{ list_length('checked.violations') }} = 0 as is_first_valid_copy,
        checked._file,
        checked._file_id,
        checked._line,
        checked._load_id,
        {{ hour_of('checked.received_at') }} as _hour,
        'ab40d7b9404281bd691ed8c45116d7c4' as _contract_hash
    from checked
    left outer join {{ headwater_relation('keys.identifiers') }} as user_id_key
        on checked.user_id = user_id_key.value
)

select * from final
