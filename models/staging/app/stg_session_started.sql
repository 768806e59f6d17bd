-- One row per valid session_started event: its first copy within the look-back
-- Generated from contracts/app/session_started.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_session_started') }}
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
        country,
        is_offline
    from base
    where is_first_valid_copy
)

select * from final
