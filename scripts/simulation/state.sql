-- What the days add to the state: that of which a sound copy arrived (`delivered`).

insert into true_plays by name
select
    event_id, ended_at, ms_played, user_id, session_id, track_id,
    artist_ids[1] as main_artist_id, platform, heard_in as country, reason_end, is_shuffle,
    is_offline, coalesce(skipped, reason_end = 'fwdbtn') as is_skipped, is_second_major,
    first_received_at,
from plays
inner join delivered using (key)
where event_type = 'track_played';

insert into true_searches by name
select
    event_id, searched_at, user_id, session_id, search_id, result_count, latency_ms,
    coalesce(is_voice, false) as is_voice,
from searches
inner join delivered using (key)
where event_type = 'search_performed';

insert into true_search_clicks by name
select
    event_id, clicked_at, clicker_id as user_id, session_id, search_id, position,
    track_id_of(track_number) as track_id,
from search_clicks
inner join delivered using (key)
where event_type = 'search_result_clicked';

insert into true_ads by name
select
    event_id, shown_at, user_id, session_id, impression_id, ad_id, campaign_id, slot,
    revenue_usd,
from ads
inner join delivered using (key)
where event_type = 'ad_impression';

insert into true_ad_clicks by name
select event_id, clicked_at, clicker_id as user_id, impression_id
from ad_clicks
inner join delivered using (key)
where event_type = 'ad_clicked';

insert into true_edits by name
select
    event_id, edited_at, user_id, edit,
    if(edit in ('added', 'removed'), playlist_id, null) as playlist_id,
    track_id_of(track_number) as track_id,
    if(edit in ('added', 'removed'), position, null) as position,
from edits
inner join delivered using (key)
where event_type in ('playlist_track_added', 'playlist_track_removed', 'track_liked');

insert into true_exposures by name
select event_id, exposed_at, user_id, experiment_id, variant
from exposures
inner join delivered using (key)
where event_type = 'experiment_exposed';

insert into true_sign_ups by name
select event_id, happened_at, user_id, plan, country, referral
from sign_ups
inner join delivered using (key)
where event_type = 'account_created';

insert into true_plan_changes by name
select event_id, happened_at, user_id, from_plan, to_plan, reason, price_usd
from plan_changes
inner join delivered using (key)
where event_type = 'subscription_changed';

insert into true_track_changes by name
select
    event_id, happened_at, track_id, change, title, artist_ids[1] as artist_id, artist_name,
    album_title, duration_ms, rights_holder_id, rights_holder_name,
from track_changes
inner join delivered using (key)
where event_type = 'catalogue_track_changed';
