-- One row per valid screen_viewed event: its first copy within the look-back
-- Generated from contracts/app/screen_viewed.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_screen_viewed') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        user_id,
        session_id,
        screen,
        previous_screen
    from base
    where is_first_valid_copy
)

select * from final
