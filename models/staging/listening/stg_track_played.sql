-- One row per valid track_played event of version 1: its first copy within the look-back
-- Generated from contracts/listening/track_played.v1.yml by `headwater sync`: edit that
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
        ms_played,
        reason_end,
        started_at,
        platform,
        country,
        volume,
        is_shuffle,
        is_offline,
        {{ assemble_struct('has_device', {
            'os': 'device__os',
            'model': 'device__model',
        }) }} as device
    from base
    where
        is_first_valid_copy
        and coalesce(_major, 1) = 1
)

select * from final
