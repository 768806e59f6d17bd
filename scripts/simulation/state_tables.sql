-- What happened and became known: the state from which truth/ is computed. Every table has one
-- row per event of which a sound copy arrived, with values taken before anything was written,
-- copied or broken. Users are themselves here, not pseudonyms.

create table true_plays (
    event_id varchar, ended_at timestamp, ms_played bigint, user_id varchar, session_id varchar,
    track_id varchar, main_artist_id varchar, platform varchar, country varchar,
    reason_end varchar, is_shuffle boolean, is_offline boolean, is_skipped boolean,
    is_second_major boolean, first_received_at timestamp
);

create table true_searches (
    event_id varchar, searched_at timestamp, user_id varchar, session_id varchar,
    search_id varchar, result_count bigint, latency_ms double, is_voice boolean
);

create table true_search_clicks (
    event_id varchar, clicked_at timestamp, user_id varchar, session_id varchar,
    search_id varchar, position bigint, track_id varchar
);

create table true_ads (
    event_id varchar, shown_at timestamp, user_id varchar, session_id varchar,
    impression_id varchar, ad_id varchar, campaign_id varchar, slot varchar,
    revenue_usd decimal(18, 6)
);

create table true_ad_clicks (
    event_id varchar, clicked_at timestamp, user_id varchar, impression_id varchar
);

create table true_edits (
    event_id varchar, edited_at timestamp, user_id varchar, edit varchar, playlist_id varchar,
    track_id varchar, position bigint
);

create table true_exposures (
    event_id varchar, exposed_at timestamp, user_id varchar, experiment_id varchar,
    variant varchar
);

create table true_sign_ups (
    event_id varchar, happened_at timestamp, user_id varchar, plan varchar, country varchar,
    referral varchar
);

create table true_plan_changes (
    event_id varchar, happened_at timestamp, user_id varchar, from_plan varchar,
    to_plan varchar, reason varchar, price_usd decimal(18, 6)
);

create table true_track_changes (
    event_id varchar, happened_at timestamp, track_id varchar, change varchar, title varchar,
    artist_id varchar, artist_name varchar, album_title varchar, duration_ms bigint,
    rights_holder_id varchar, rights_holder_name varchar
);
