-- One row per valid subscription_changed event: its first copy within the look-back
-- Generated from contracts/growth/subscription_changed.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_subscription_changed') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        user_id,
        from_plan,
        to_plan,
        reason,
        monthly_price_usd
    from base
    where is_first_valid_copy
)

select * from final
