-- One row per valid track_liked event: its first copy within the look-back
-- Generated from contracts/playlists/track_liked.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_track_liked') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        user_id,
        track_id,
        is_liked
    from base
    where is_first_valid_copy
)

select * from final
