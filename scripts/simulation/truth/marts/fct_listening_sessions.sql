-- One row per user and run of plays. A play opens one unless an earlier play of the user still
-- lasted half an hour before it began; it belongs to the last one opened.
with plays as (
    select
        *,
        ended_at - to_milliseconds(ms_played) as started_at,
        row_number() over (order by user_id, started_at, ended_at, event_id) as place,
    from true_plays
),

opening as (
    select user_id, place, event_id, started_at
    from plays
    where not exists (
        select 1
        from plays as earlier
        where
            earlier.user_id = plays.user_id
            and earlier.place < plays.place
            and earlier.ended_at + interval 30 minutes >= plays.started_at
    )
)

select
    opening.event_id as listening_session_id,
    opening.started_at::date as session_date,
    opening.user_id,
    opening.started_at,
    max(plays.ended_at) as ended_at,
    len(list(plays.event_id)) as plays,
    count(*) filter (where ms_played >= 30000) as streams,
    count(*) filter (where is_skipped) as skips,
    len(list_distinct(list(track_id))) as distinct_tracks,
    sum(ms_played)::bigint as ms_played,
from plays
asof inner join opening on plays.user_id = opening.user_id and plays.place >= opening.place
group by opening.event_id, opening.user_id, opening.started_at
