-- A view whose rule changes
{% set skipped = 5 %}
select
    event_id,
    event_date,
    user_id,
    v
from {{ ref('stg_ev') }}
where v <> {{ skipped }}
