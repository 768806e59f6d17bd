-- Without a relation of its own: its rule is part of the models that read it
{% set most = 9 %}
{{ config(materialized='ephemeral') }}
select event_date from {{ ref('stg_ping') }}
where v <= {{ most }}
