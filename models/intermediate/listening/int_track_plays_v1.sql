-- One row per play of which track_played version 1 tells, as every version is read
with

plays as (
    select * from {{ ref('stg_track_played', v=1) }}
),

final as (
    select
        event_id,
        occurred_at,
        user_id,
        session_id,
        track_id,
        artist_ids,
        ms_played,
        reason_end,
        platform,
        country,
        is_shuffle,
        is_offline,
        reason_end = 'fwdbtn' as is_skipped
    from plays
)

select * from final
