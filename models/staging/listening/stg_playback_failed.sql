-- One row per valid playback_failed event: its first copy within the look-back
-- Generated from contracts/listening/playback_failed.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_playback_failed') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        user_id,
        session_id,
        track_id,
        error_code,
        is_fatal,
        platform
    from base
    where is_first_valid_copy
)

select * from final
