-- One row per change of a subscription
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'change_date', 'data_type': 'date'},
    meta={'date': 'change_date'},
) }}

with

changes as (
    select * from {{ ref('stg_subscription_changed') }}
    where {{ changed_dates('cast(occurred_at as date)') }}
),

final as (
    select
        event_id as subscription_event_id,
        cast(occurred_at as date) as change_date,
        occurred_at as changed_at,
        user_id,
        from_plan,
        to_plan,
        reason,
        case
            when from_plan = to_plan then 'none'
            when from_plan = 'free' then 'start'
            when to_plan = 'free' then 'cancel'
            else 'switch'
        end as movement,
        monthly_price_usd
    from changes
)

select * from final
