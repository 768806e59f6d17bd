-- One row per date and kind of client
select
    ended_at::date as activity_date,
    platform,
    count(*) as plays,
    sum(is_skipped::bigint)::bigint as skips,
    avg(is_skipped::integer) as skip_rate,
    sum(ms_played)::bigint as ms_played,
from true_plays
group by all
