-- A mart over a mart over a mart, looking ahead
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    meta={'date': 'active_date', 'windows': {'fct_active': {'after': 1}}},
) }}

with

days as (
    select * from {{ ref('fct_active') }}
    where {{ changed_dates('active_date', 'fct_active') }}
)

select
    days.active_date,
    days.users > coalesce(later.users, 0) as is_peak
from days
left join days as later
    on later.active_date = days.active_date + 1
where {{ changed_dates('days.active_date') }}
