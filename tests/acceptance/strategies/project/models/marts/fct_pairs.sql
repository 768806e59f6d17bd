-- Two event types, each with a window of its own
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    meta={'date': 'pair_date', 'windows': {'stg_ev': {'before': 1}, 'int_pings': {'after': 2}}},
) }}

with

events as (
    select cast(event_date + to_days(cast(shift as integer)) as date) as pair_date, 1 as events, 0 as pings
    from {{ ref('stg_ev') }}
    cross join range(2) as shifts (shift)
    where {{ changed_dates('event_date', 'stg_ev') }}
),

pings as (
    select cast(event_date - to_days(cast(shift as integer)) as date) as pair_date, 0 as events, 1 as pings
    from {{ ref('int_pings') }}
    cross join range(3) as shifts (shift)
    where {{ changed_dates('event_date', 'int_pings') }}
),

both_kinds as (
    select * from events
    union all
    select * from pings
)

select
    pair_date,
    cast(sum(events) as bigint) as events,
    cast(sum(pings) as bigint) as pings
from both_kinds
where {{ changed_dates('pair_date') }}
group by pair_date
