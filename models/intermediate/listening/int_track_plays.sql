-- One row per play of a track, with what decides how it counts
with

plays as (
    select * from {{ ref('int_track_plays_v1') }}
    union all
    select * from {{ ref('int_track_plays_v2') }}
),

final as (
    select
        event_id as play_id,
        cast(occurred_at as date) as play_date,
        {{ milliseconds_before('occurred_at', 'ms_played') }} as started_at,
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
        is_skipped,
        -- the industry's rule: a play pays from its thirtieth second on
        ms_played >= 30000 as is_stream
    from plays
)

select * from final
