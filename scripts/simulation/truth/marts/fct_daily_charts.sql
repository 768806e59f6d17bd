-- One row per date, country and place of the top 50: the sorted list of what was heard
with tracks as (
    select
        ended_at::date as chart_date,
        country,
        track_id,
        count(*) as streams,
        len(list_distinct(list(user_id))) as listeners,
    from true_plays
    where ms_played >= 30000 and country is not null
    group by all
),

charts as (
    select
        chart_date,
        country,
        list(tracks order by -streams, -listeners, track_id)[1:50] as chart,
    from tracks
    group by chart_date, country
)

select
    today.chart_date,
    today.country,
    place as rank,
    today.chart[place]['track_id'] as track_id,
    today.chart[place]['streams'] as streams,
    today.chart[place]['listeners'] as listeners,
    list_position(
        list_transform(before.chart, lambda track: track['track_id']), track_id
    ) as previous_rank,
    previous_rank - rank as movement,
from (select *, unnest(range(1, len(chart) + 1)) as place from charts) as today
left join charts as before
    on today.country = before.country
    and today.chart_date = before.chart_date + 1
