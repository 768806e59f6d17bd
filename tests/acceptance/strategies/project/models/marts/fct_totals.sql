-- Everything of one upstream until the day after, and plainly another
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    meta={'date': 'total_date', 'windows': {'int_ev': {'before': 'all', 'after': 1}}},
) }}

with

events as (
    select * from {{ ref('int_ev') }}
    where {{ changed_dates('event_date', 'int_ev') }}
),

pings as (
    select
        event_date as total_date,
        count(*) as pings
    from {{ ref('stg_ping') }}
    where {{ changed_dates('event_date') }}
    group by event_date
)

select
    pings.total_date,
    pings.pings,
    (
        select count(*) from events where events.event_date <= pings.total_date + 1
    ) as events_until
from pings
