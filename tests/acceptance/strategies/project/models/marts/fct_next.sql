-- A window that looks ahead, over staging, user by user
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    meta={
        'date': 'event_date',
        'restate_by': 'user_id',
        'windows': {'stg_ev': {'after': 1}},
    },
) }}

with

events as (
    select * from {{ ref('stg_ev') }}
    where {{ changed_dates('event_date', 'stg_ev') }}
)

select
    events.event_id,
    events.event_date,
    events.user_id,
    events.received_at,
    (
        select count(*) from events as later
        where later.user_id = events.user_id and later.event_date = events.event_date + 1
    ) as next_day_events
from events
where {{ changed_dates('events.event_date') }}
