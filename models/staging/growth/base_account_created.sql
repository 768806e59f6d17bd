-- One row per delivered account_created record, typed, checked and pseudonymised
-- Generated from contracts/growth/account_created.v1.yml by `headwater sync`: edit that
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
            'event_type': 'account_created',
            'contract_hash': 'fe35be104b81f50bbe084ae7e8c41ac1',
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
    'data.plan': 'string',
    'data.country': 'string',
    'data.referral': 'string',
    'data.birth_year': 'integer',
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
    from {{ source('raw', 'account_created') }}
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
        {{ json_type(shape, 'data.plan') }} as _type_plan,
        {{ json_value(shape, 'data.plan') }} as plan,
        {{ json_type(shape, 'data.country') }} as _type_country,
        {{ json_value(shape, 'data.country') }} as country,
        {{ json_type(shape, 'data.referral') }} as _type_referral,
        {{ json_value(shape, 'data.referral') }} as referral,
        {{ json_type(shape, 'data.birth_year') }} as _type_birth_year,
        {{ json_value(shape, 'data.birth_year') }} as birth_year,
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
                    and (_event_type = 'account_created') is not true
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
            case when _has_payload and _type_plan is null then 'plan.required' end,
            case
                when
                    _type_plan is not null
                    and (plan in ('free', 'premium', 'family', 'student')) is not true
                    then 'plan.enum'
            end,
            case
                when _has_payload and _type_country is null
                    then 'country.required'
            end,
            case
                when not {{ json_is('_type_country', 'string') }}
                    then 'country.type'
            end,
            case
                when
                    {{ json_is('_type_country', 'string') }}
                    and ({{ regex_match('country', '^[A-Z]{2}$') }}) is not true
                    then 'country.pattern'
            end,
            case
                when _has_payload and _type_referral is null
                    then 'referral.required'
            end,
            case
                when
                    _type_referral is not null
                    and (referral in ('organic', 'ad', 'friend', 'partner')) is not true
                    then 'referral.enum'
            end,
            case
                when not {{ json_is('_type_birth_year', 'integer') }}
                    then 'birth_year.type'
            end,
            case
                when {{ json_is('_type_birth_year', 'integer') }} and birth_year is null
                    then 'birth_year.int64'
            end,
            case
                when birth_year is not null and (birth_year >= 1900) is not true
                    then 'birth_year.minimum'
            end,
            case
                when birth_year is not null and (birth_year <= 2026) is not true
                    then 'birth_year.maximum'
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
        checked.plan,
        checked.country,
        checked.referral,
        checked.birth_year,
        checked.unknown_fields,
        checked.violations,
        {{ list_length('checked.violations') }} = 0 as is_valid,
        {{ list_length('checked.violations') }} = 0 as is_first_valid_copy,
        checked._file,
        checked._file_id,
        checked._line,
        checked._load_id,
        {{ hour_of('checked.received_at') }} as _hour,
        'fe35be104b81f50bbe084ae7e8c41ac1' as _contract_hash
    from checked
    left outer join {{ headwater_relation('keys.identifiers') }} as user_id_key
        on checked.user_id = user_id_key.value
)

select * from final
