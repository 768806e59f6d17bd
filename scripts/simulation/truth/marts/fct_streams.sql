-- One row per play of 30 seconds or more
select
    event_id as stream_id,
    ended_at::date as stream_date,
    ended_at,
    user_id,
    session_id,
    track_id,
    main_artist_id,
    ms_played,
    platform,
    country,
    reason_end = 'trackdone' as is_completed,
    is_shuffle,
    is_offline,
from true_plays
where ms_played / 1000 >= 30
