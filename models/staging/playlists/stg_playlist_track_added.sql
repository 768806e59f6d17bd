-- One row per valid playlist_track_added event: its first copy within the look-back
-- Generated from contracts/playlists/playlist_track_added.v1.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_playlist_track_added') }}
),

final as (
    select
        event_id,
        occurred_at,
        received_at,
        schema_version,
        user_id,
        playlist_id,
        track_id,
        position
    from base
    where is_first_valid_copy
)

select * from final
