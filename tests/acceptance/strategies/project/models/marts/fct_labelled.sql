-- A mart over a mart and a seed: a changed seed restates everything
{{ config(materialized='incremental', incremental_strategy='dates', on_schema_change='fail', meta={'date': 'event_date'}) }}
select
    events.event_id,
    events.event_date,
    coalesce(labels.label, 'none') as label
from {{ ref('fct_events') }} as events
left join {{ ref('labels') }} as labels
    on events.user_id = labels.user_id
where {{ changed_dates('events.event_date') }}
