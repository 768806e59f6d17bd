-- One row per play of which track_played version 2 tells, as every version is read
with

plays as (
    select * from {{ ref('stg_track_played', v=2) }}
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
        conn_country as country,
        shuffle as is_shuffle,
        offline as is_offline,
        coalesce(skipped, reason_end = 'fwdbtn') as is_skipped
    from plays
)

select * from final
