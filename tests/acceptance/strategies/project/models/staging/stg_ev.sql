{{ config(meta={'kind': 'staging'}) }}
select
    event_id,
    occurred_at,
    received_at,
    cast(occurred_at as date) as event_date,
    user_id,
    v
from {{ ref('base_ev') }}
where is_first_valid_copy and _major = 1
