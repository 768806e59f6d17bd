-- One row per date and country with a stream
with dates as (select distinct ended_at::date as stream_date from true_plays)

select
    stream_date,
    ifnull(country, 'unknown') as country,
    len(list(event_id)) as streams,
    len(list_distinct(list(user_id))) as listeners,
    len(list_distinct(list(track_id))) as tracks,
    count(*) filter (where reason_end = 'trackdone') as completed_streams,
    sum(ms_played)::bigint as ms_played,
from dates
inner join true_plays on
    ended_at >= stream_date
    and ended_at < stream_date + interval 24 hours
    and ms_played > 29999
group by all
