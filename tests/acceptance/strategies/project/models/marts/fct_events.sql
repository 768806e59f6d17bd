-- Plain: a row depends on its own date and user of one upstream
{% set threshold = 2 %}
{{ config(materialized='incremental', incremental_strategy='dates', on_schema_change='fail', meta={'date': 'event_date', 'restate_by': 'user_id'}) }}
select event_id, event_date, user_id, v
from {{ ref('int_ev') }}
where v >= {{ threshold }} and {{ changed_dates('event_date') }}
