-- A view whose rule changes, over both majors
{% set skipped = 5 %}
select
    event_id,
    event_date,
    user_id,
    v
from (
    select * from {{ ref('stg_ev') }}
    union all
    select * from {{ ref('stg_ev_v2') }}
) as both_majors
where v <> {{ skipped }}
