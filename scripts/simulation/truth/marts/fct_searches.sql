-- One row per search, with the clicks that it led to and whether one of them was heard
with clicked as (
    select
        true_searches.event_id as search_event_id,
        list(true_search_clicks order by true_search_clicks.clicked_at, true_search_clicks.event_id)
            as clicks,
    from true_searches
    inner join true_search_clicks using (user_id, search_id)
    where date_diff('ms', searched_at, clicked_at) between 0 and 24 * 60 * 60 * 1000
    group by true_searches.event_id
),

heard as (
    select
        session_id,
        user_id,
        list({'track_id': track_id, 'ended_at': ended_at}) as plays,
    from true_plays
    group by session_id, user_id
)

select
    event_id as search_event_id,
    search_id,
    searched_at::date as search_date,
    searched_at,
    user_id,
    session_id,
    result_count,
    latency_ms,
    is_voice,
    coalesce(len(clicks), 0) as clicks,
    clicked.clicks[1]['position'] as first_click_position,
    clicked.clicks[1]['clicked_at'] as first_clicked_at,
    coalesce(list_bool_or(list_transform(clicked.clicks, lambda click: list_bool_or(
        list_transform(heard.plays, lambda play:
            play['track_id'] = click['track_id']
            and date_diff('ms', click['clicked_at'], play['ended_at']) between 0 and 86400000
        )
    ))), false) as is_played,
    case
        when is_played then 'played'
        when clicked.clicks is not null then 'clicked'
        when result_count > 0 then 'results'
        else 'no_results'
    end as funnel_step,
from true_searches
left join clicked on search_event_id = event_id
left join heard using (session_id, user_id)
