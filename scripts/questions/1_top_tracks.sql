-- What did people listen to most yesterday?
-- models/marts/listening/fct_daily_charts.sql has each country's top 50, and how it moved
with yesterday as (
    select * from marts.fct_streams
    where stream_date = (select max(stream_date) from marts.fct_streams)
)

select
    row_number() over (order by count(*) desc, count(distinct user_id) desc, track_id) as '#',
    any_value(title) as track,
    any_value(artist_name) as artist,
    count(*) as streams,
    count(distinct user_id) as listeners,
from yesterday
left join (from marts.dim_tracks where is_current) as tracks using (track_id)
left join (from marts.dim_artists where is_current) as artists
    on artists.artist_id = tracks.main_artist_id
group by track_id
order by 1
limit 5
