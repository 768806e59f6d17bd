-- One row per valid experiment_exposed event: its first copy within the look-back
-- Generated from contracts/experiments/experiment_exposed.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_experiment_exposed') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        user_id,
        experiment_id,
        variant
    from base
    where is_first_valid_copy
)

select * from final
