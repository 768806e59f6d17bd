-- A view over a view and over another event type
{% set least = 0 %}
select 'ev' as kind, event_date, user_id, v from {{ ref('int_ev') }}
where v >= {{ least }}
union all
select 'ping' as kind, event_date, user_id, v from {{ ref('stg_ping') }}
where v >= {{ least }}
