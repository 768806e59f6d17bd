-- A window that looks back, over a mart, and whose width changes
{% set days = 4 %}
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    meta={'date': 'active_date', 'windows': {'fct_events': {'before': days - 1}}},
) }}

with

events as (
    select * from {{ ref('fct_events') }}
    where {{ changed_dates('event_date', 'fct_events') }}
),

spread as (
    select
        cast(event_date + to_days(cast(shift as integer)) as date) as active_date,
        user_id
    from events
    cross join range({{ days }}) as shifts (shift)
)

select
    active_date,
    count(distinct user_id) as users
from spread
where {{ changed_dates('active_date') }}
group by active_date
