-- One row per ad shown, with the first click on it by whom it was shown to
with clicked as (
    select
        true_ads.event_id,
        min(true_ad_clicks.clicked_at) as clicked_at,
    from true_ads
    inner join true_ad_clicks using (impression_id, user_id)
    where date_diff('ms', shown_at, true_ad_clicks.clicked_at) between 0 and 24 * 60 * 60 * 1000
    group by true_ads.event_id
)

select
    event_id as impression_event_id,
    impression_id,
    shown_at::date as impression_date,
    shown_at,
    user_id,
    session_id,
    ad_id,
    campaign_id,
    slot,
    revenue_usd,
    clicked.clicked_at is not null as is_clicked,
    clicked.clicked_at,
from true_ads
left join clicked using (event_id)
