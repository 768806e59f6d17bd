-- One row per valid app_crashed event: its first copy within the look-back
-- Generated from contracts/app/app_crashed.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_app_crashed') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        user_id,
        session_id,
        platform,
        app_version,
        signature,
        is_foreground
    from base
    where is_first_valid_copy
)

select * from final
