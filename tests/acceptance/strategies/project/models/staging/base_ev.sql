-- One row per delivered ev record, in the shape that `headwater sync` generates
{% set contract = {'minimum': 3, 'lookback_days': 3, 'extra': '', 'note': ''} %}
{% set before_note = 'minimum ' ~ contract.minimum ~ ', lookback ' ~ contract.lookback_days
    ~ ', extra ' ~ contract.extra %}
{% set contract_hash = before_note ~ contract.note %}
{{ config(
    materialized='incremental',
    incremental_strategy='slices',
    full_refresh=false,
    on_schema_change='append_new_columns',
    meta={
        'kind': 'base',
        'event_type': 'ev',
        'contract_hash': contract_hash,
        'compatible': {before_note: ['note']} if contract.note else {},
        'dedup_lookback_seconds': contract.lookback_days * 86400,
        'date': 'occurred_at',
        'restate_by': 'user_id',
    },
) }}

with

delivered as (
    select * from {{ source('raw', 'ev') }}
    where {{ unbuilt_slices() }}
),

typed as (
    select
        record ->> 'id' as event_id,
        try_cast(record ->> 'time' as timestamp) as occurred_at,
        record ->> 'user' as user_id,
        cast(record ->> 'v' as bigint) as v,
        record ->> 'extra' as extra,
        record ->> 'note' as note,
        cast(record ->> 'version' as bigint) as version,
        * exclude (record)
    from delivered
),

checked as (
    select
        *,
        list_filter([
            case
                when (v >= {{ contract.minimum }} + if(version = 2, 1, 0)) is not true
                    then 'v.minimum'
            end,
            case when user_id is null then 'user_id.required' end,
            case when occurred_at is null then 'envelope.occurred_at' end,
            case when version > 2 then 'envelope.schema_version' end,
        ], lambda violation: violation is not null) as violations
    from typed
),

final as (
    select
        event_id,
        cast(null as varchar) as schema_version,
        occurred_at,
        received_at,
        user_id,
        v,
        {%- if contract.extra %}
        try_cast(extra as {{ contract.extra }}) as extra,
        {%- endif %}
        {%- if contract.note %}
        note,
        cast([] as varchar[]) as unknown_fields,
        {%- else %}
        case when note is null then [] else ['note:string'] end as unknown_fields,
        {%- endif %}
        violations,
        len(violations) = 0 as is_valid,
        len(violations) = 0 as is_first_valid_copy,
        _file,
        _file_id,
        _line,
        _load_id,
        {{ hour_of('received_at') }} as _hour,
        '{{ contract_hash }}' as _contract_hash,
        if(version = 2, 2, 1) as _major
    from checked
)

select * from final
