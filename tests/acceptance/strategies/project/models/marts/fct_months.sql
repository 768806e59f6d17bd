-- A row per month, over a mart that restates all later dates, and everything of a staging view
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    meta={
        'date': 'month',
        'period': 'month',
        'windows': {'fct_totals': {'after': 1}, 'stg_ev': {'before': 'all'}},
    },
) }}

with

days as (
    select * from {{ ref('fct_totals') }}
    where {{ changed_dates('total_date', 'fct_totals') }}
),

users as (
    select user_id, event_date from {{ ref('stg_ev') }}
    where {{ changed_dates('event_date', 'stg_ev') }}
),

months as (
    select
        {{ month_of('total_date') }} as month,
        cast(sum(pings) as bigint) as pings,
        max(events_until) as events_until
    from days
    where {{ changed_dates('total_date') }}
    group by month
)

select
    months.month,
    months.pings,
    months.events_until,
    (
        select coalesce(max(days.pings), 0) from days
        where days.total_date = months.month + interval 1 month
    ) as pings_after,
    (
        select count(distinct user_id) from users
        where event_date < months.month + interval 1 month
    ) as users_until
from months
