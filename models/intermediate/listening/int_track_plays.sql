-- One row per play of a track, with what decides whether it counts as a stream
with

plays as (
    select * from {{ ref('stg_track_played', v=1) }}
),

final as (
    select
        event_id as play_id,
        cast(occurred_at as date) as play_date,
        occurred_at as ended_at,
        user_id,
        session_id,
        track_id,
        {{ first_item('artist_ids') }} as main_artist_id,
        ms_played,
        reason_end,
        platform,
        country,
        is_shuffle,
        is_offline,
        -- the industry's rule: a play pays from its thirtieth second on
        ms_played >= 30000 as is_stream
    from plays
)

select * from final
