-- A table, built whole each time
select
    user_id,
    count(*) as events,
    min(event_date) as first_date
from {{ ref('int_both') }}
group by user_id
