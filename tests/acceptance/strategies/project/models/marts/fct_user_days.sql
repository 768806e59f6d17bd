-- Over views, and over a table that logs that everything changed
{{ config(materialized='incremental', incremental_strategy='dates', on_schema_change='fail', meta={'date': 'event_date'}) }}
select
    days.event_date,
    days.user_id,
    count(*) as events,
    coalesce(max(users.events), 0) as events_ever
from {{ ref('int_both') }} as days
left join {{ ref('dim_users') }} as users
    on days.user_id = users.user_id
where {{ changed_dates('days.event_date') }}
group by days.event_date, days.user_id
