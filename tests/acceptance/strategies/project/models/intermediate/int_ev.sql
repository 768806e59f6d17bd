-- A view whose rule changes, over both majors
{% set skipped = 5 %}
select
    event_id,
    event_date,
    user_id,
    v
from {{ ref('stg_ev') }}
where v <> {{ skipped }}
union all
select
    event_id,
    event_date,
    user_id,
    v
from {{ ref('stg_ev_v2') }}
where v <> {{ skipped }}
