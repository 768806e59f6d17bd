-- One row per month and rights holder whose recordings were streamed in it
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={
        'field': 'month_start_date',
        'data_type': 'date',
        'granularity': 'month',
    },
    meta={
        'date': 'month_start_date',
        'period': 'month',
        'windows': {
            'int_track_versions': {'before': 'all'},
            'int_user_plans': {'before': 'all'},
        },
    },
) }}

with

streams as (
    select * from {{ ref('fct_streams') }}
    where {{ changed_dates('stream_date') }}
),

versions as (
    select * from {{ ref('int_track_versions') }}
    where {{ changed_dates('cast(valid_from as date)', 'int_track_versions') }}
),

plans as (
    select * from {{ ref('int_user_plans') }}
    where
        plan <> 'free'
        and {{ changed_dates('cast(valid_from as date)', 'int_user_plans') }}
),

entitled as (
    select
        {{ month_of('streams.stream_date') }} as month_start_date,
        coalesce(versions.rights_holder_id, 'unknown') as rights_holder_id,
        streams.user_id,
        streams.ms_played,
        plans.user_id is not null as is_premium
    from streams
    left outer join versions
        on
            streams.track_id = versions.track_id
            and streams.ended_at >= versions.valid_from
            and (versions.valid_to is null or streams.ended_at < versions.valid_to)
    left outer join plans
        on
            streams.user_id = plans.user_id
            and streams.ended_at >= plans.valid_from
            and (plans.valid_to is null or streams.ended_at < plans.valid_to)
),

statement as (
    select
        month_start_date,
        rights_holder_id,
        count(*) as streams,
        count(distinct user_id) as listeners,
        cast(sum(ms_played) as bigint) as ms_played,
        cast(countif(is_premium) as bigint) as premium_streams
    from entitled
    group by month_start_date, rights_holder_id
),

final as (
    select
        month_start_date,
        rights_holder_id,
        streams,
        listeners,
        ms_played,
        premium_streams,
        -- what a stream earns, in US dollars: on a plan that is paid for, and on a free one
        cast(
            premium_streams * {{ decimal_literal('0.004', 18, 6) }}
            + (streams - premium_streams) * {{ decimal_literal('0.0015', 18, 6) }}
            as {{ decimal_type(18, 6) }}
        ) as royalty_usd
    from statement
)

select * from final
