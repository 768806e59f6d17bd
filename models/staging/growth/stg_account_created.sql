-- One row per valid account_created event: its first copy within the look-back
-- Generated from contracts/growth/account_created.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_account_created') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        user_id,
        plan,
        country,
        referral
    from base
    where is_first_valid_copy
)

select * from final
