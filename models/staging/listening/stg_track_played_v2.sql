-- One row per valid track_played event of version 2: its first copy within the look-back
-- Generated from contracts/listening/track_played.v2.yml by `headwater sync`: edit that
with base as (
    select * from {{ ref('base_track_played') }}
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
        artist_ids,
        track_name,
        album_artist_name,
        album_name,
        ms_played,
        reason_start,
        reason_end,
        platform,
        conn_country,
        shuffle,
        skipped,
        offline,
        offline_timestamp,
        incognito_mode
    from base
    where
        is_first_valid_copy
        and _major = 2
)

select * from final
