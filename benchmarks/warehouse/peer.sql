-- The marts of this repository as one DuckDB script, by hand: read, check, deduplicate, build.
-- Variable `landing` is the folder of files. Nothing here is incremental, records what it did,
-- keeps what it rejects, or hides who somebody is.
create schema marts;

-- What every event must say of itself. A field that is not text is read as JSON, for a cast
-- takes "5" for 5 and 1.7 for 2.
create macro is_sound(id, source, type, event, time, received, version, majors, lateness) as
    id is not null and source is not null and coalesce(type = event, true)
    and coalesce(try_cast(split_part(version, '.', 1) as int) in majors, version is null)
    and time <= received + interval 1 hour
    and (lateness is null or time >= received - to_days(lateness));
create macro is_copy(received, previous, days) as
    coalesce(received - previous <= to_days(days), false);
create macro event_id(source, id) as
    replace(replace(source, '\', '\\'), '|', '\|') || '|' || replace(replace(id, '\', '\\'), '|', '\|');
create macro is_user(x) as coalesce(length(x) between 1 and 64, false);
create macro is_id(x) as coalesce(regexp_full_match(
    x, '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'), false);
create macro is_track(x) as coalesce(regexp_full_match(x, '[0-9A-Za-z]{22}'), false);
create macro is_whole(x, least) as
    coalesce(json_type(x) in ('UBIGINT', 'BIGINT') and try_cast(x as bigint) >= least, false);
create macro is_number(x) as
    coalesce(json_type(x) in ('UBIGINT', 'BIGINT', 'DOUBLE') and try_cast(x as double) >= 0, false);
create macro is_bool(x) as coalesce(json_type(x) = 'BOOLEAN', false);
create macro is_plan(x) as coalesce(x in ('free', 'premium', 'family', 'student'), false);
create macro is_client(x) as coalesce(x in ('android', 'ios', 'web', 'desktop', 'speaker'), false);
create macro is_country(x) as coalesce(regexp_full_match(x, '[A-Z]{2}'), false);
create macro text(x) as x ->> '$';

create table played as
select event_id(source, id) as event_id, time as ended_at, receivedtime as received_at,
    time - to_milliseconds(try_cast(data.ms_played as bigint)) as started_at,
    time::date as play_date, data.user_id, data.session_id, data.track_id,
    data.artist_ids[1] as main_artist_id, try_cast(data.ms_played as bigint) as ms_played,
    data.reason_end, data.platform, coalesce(data.conn_country, data.country) as country,
    try_cast(coalesce(data.shuffle, data.is_shuffle) as boolean) as is_shuffle,
    try_cast(coalesce(data.offline, data.is_offline) as boolean) as is_offline,
    coalesce(try_cast(data.skipped as boolean), data.reason_end = 'fwdbtn') as is_skipped,
    try_cast(data.ms_played as bigint) >= 30000 as is_stream
from read_json(getvariable('landing') || '/track_played/*/*/*.ndjson',
    format = 'newline_delimited', ignore_errors = true, columns = {
        id: 'varchar', source: 'varchar', type: 'varchar', time: 'timestamp',
        receivedtime: 'timestamp', dataschemaversion: 'varchar',
        data: 'struct(user_id varchar, session_id varchar, track_id varchar, artist_ids varchar[],
            ms_played json, reason_start varchar, reason_end varchar, platform varchar,
            country varchar, conn_country varchar, volume json, is_shuffle json, is_offline json,
            shuffle json, skipped json, offline json, incognito_mode json)'})
where is_sound(id, source, type, 'track_played', time, receivedtime, dataschemaversion, [1, 2], 30)
    and is_user(data.user_id) and is_id(data.session_id) and is_track(data.track_id)
    and data.artist_ids is not null and is_whole(data.ms_played, 0)
    and try_cast(data.ms_played as bigint) <= 86400000 and is_client(data.platform)
    and case when split_part(dataschemaversion, '.', 1) = '2'
        then is_bool(data.shuffle) and is_bool(data.offline) and is_bool(data.incognito_mode)
            and coalesce(json_type(data.skipped) in ('BOOLEAN', 'NULL'), true)
            and (data.conn_country is null or is_country(data.conn_country))
            and data.reason_start in ('trackdone', 'fwdbtn', 'backbtn', 'clickrow', 'playbtn',
                'remote', 'appload', 'trackerror', 'unknown')
            and data.reason_end in ('trackdone', 'fwdbtn', 'backbtn', 'endplay', 'logout',
                'unexpected-exit', 'remote', 'trackerror', 'unknown')
        else is_bool(data.is_shuffle) and is_bool(data.is_offline)
            and (data.country is null or is_country(data.country))
            and data.reason_end in ('trackdone', 'fwdbtn', 'backbtn', 'endplay', 'logout',
                'unexpected-exit')
        end
window copies as (partition by source, id order by receivedtime)
qualify not is_copy(receivedtime, lag(receivedtime) over copies, 14);

create table accounts as
select event_id(source, id) as event_id, time as created_at, data.user_id, data.plan, data.country,
    data.referral
from read_json(getvariable('landing') || '/account_created/*/*/*.ndjson',
    format = 'newline_delimited', ignore_errors = true, columns = {
        id: 'varchar', source: 'varchar', type: 'varchar', time: 'timestamp',
        receivedtime: 'timestamp', dataschemaversion: 'varchar',
        data: 'struct(user_id varchar, plan varchar, country varchar, referral varchar,
            birth_year json)'})
where is_sound(
        id, source, type, 'account_created', time, receivedtime, dataschemaversion, [1], null)
    and is_user(data.user_id) and is_plan(data.plan) and is_country(data.country)
    and data.referral in ('organic', 'ad', 'friend', 'partner')
    and (data.birth_year is null
        or is_whole(data.birth_year, 1900) and try_cast(data.birth_year as bigint) <= 2026)
window copies as (partition by source, id order by receivedtime)
qualify not is_copy(receivedtime, lag(receivedtime) over copies, 7);

create table changes as
select event_id(source, id) as event_id, time as changed_at, data.user_id, data.from_plan,
    data.to_plan, data.reason, try_cast(text(data.monthly_price_usd) as decimal(18, 6)) as price
from read_json(getvariable('landing') || '/subscription_changed/*/*/*.ndjson',
    format = 'newline_delimited', ignore_errors = true, columns = {
        id: 'varchar', source: 'varchar', type: 'varchar', time: 'timestamp',
        receivedtime: 'timestamp', dataschemaversion: 'varchar',
        data: 'struct(user_id varchar, from_plan varchar, to_plan varchar, reason varchar,
            monthly_price_usd json)'})
where is_sound(
        id, source, type, 'subscription_changed', time, receivedtime, dataschemaversion, [1], null)
    and is_user(data.user_id) and is_plan(data.from_plan) and is_plan(data.to_plan)
    and data.reason in (
        'purchase', 'upgrade', 'downgrade', 'cancel', 'payment_failed', 'trial_ended')
    and is_number(data.monthly_price_usd)
window copies as (partition by source, id order by receivedtime)
qualify not is_copy(receivedtime, lag(receivedtime) over copies, 7);

create table catalogue as
select event_id(source, id) as event_id, time as changed_at, data.track_id, data.change, data.title,
    data.artist_ids[1] as artist_id, data.artist_name, data.album_title,
    try_cast(data.duration_ms as bigint) as duration_ms, data.rights_holder_id, data.rights_holder_name
from read_json(getvariable('landing') || '/catalogue_track_changed/*/*/*.ndjson',
    format = 'newline_delimited', ignore_errors = true, columns = {
        id: 'varchar', source: 'varchar', type: 'varchar', time: 'timestamp',
        receivedtime: 'timestamp', dataschemaversion: 'varchar',
        data: 'struct(track_id varchar, change varchar, title varchar, artist_ids varchar[],
            artist_name varchar, album_title varchar, duration_ms json, rights_holder_id varchar,
            rights_holder_name varchar)'})
where is_sound(id, source, type, 'catalogue_track_changed', time, receivedtime, dataschemaversion,
        [1], null)
    and is_track(data.track_id) and data.change in ('created', 'updated', 'withdrawn')
    and data.title is not null and len(data.artist_ids) >= 1 and data.artist_name is not null
    and is_whole(data.duration_ms, 1) and data.rights_holder_id is not null
    and data.rights_holder_name is not null
window copies as (partition by source, id order by receivedtime)
qualify not is_copy(receivedtime, lag(receivedtime) over copies, 7);

create table searches as
select event_id(source, id) as event_id, time as searched_at, data.user_id, data.session_id,
    data.search_id, try_cast(data.result_count as bigint) as result_count,
    try_cast(data.latency_ms as double) as latency_ms,
    coalesce(try_cast(data.is_voice as boolean), false) as is_voice
from read_json(getvariable('landing') || '/search_performed/*/*/*.ndjson',
    format = 'newline_delimited', ignore_errors = true, columns = {
        id: 'varchar', source: 'varchar', type: 'varchar', time: 'timestamp',
        receivedtime: 'timestamp', dataschemaversion: 'varchar',
        data: 'struct(user_id varchar, session_id varchar, search_id varchar, query varchar,
            result_count json, clicked_position json, latency_ms json, filters varchar[],
            is_voice json, page struct(number json, size json))'})
where is_sound(
        id, source, type, 'search_performed', time, receivedtime, dataschemaversion, [1], 7)
    and is_user(data.user_id) and is_id(data.session_id)
    and (data.search_id is null or is_id(data.search_id))
    and length(data.query) between 1 and 500 and is_whole(data.result_count, 0)
    and is_number(data.latency_ms) and data.filters is not null
    and (coalesce(json_type(data.clicked_position), 'NULL') = 'NULL'
        or is_whole(data.clicked_position, 1))
    and (data.is_voice is null or is_bool(data.is_voice))
    and (data.page is null or is_whole(data.page.number, 1))
window copies as (partition by source, id order by receivedtime)
qualify not is_copy(receivedtime, lag(receivedtime) over copies, 7);

create table clicks as
select event_id(source, id) as event_id, time as clicked_at, data.user_id, data.search_id,
    try_cast(data.position as bigint) as position, data.track_id
from read_json(getvariable('landing') || '/search_result_clicked/*/*/*.ndjson',
    format = 'newline_delimited', ignore_errors = true, columns = {
        id: 'varchar', source: 'varchar', type: 'varchar', time: 'timestamp',
        receivedtime: 'timestamp', dataschemaversion: 'varchar',
        data: 'struct(user_id varchar, session_id varchar, search_id varchar, position json,
            track_id varchar)'})
where is_sound(
        id, source, type, 'search_result_clicked', time, receivedtime, dataschemaversion, [1], 30)
    and is_user(data.user_id) and is_id(data.session_id) and is_id(data.search_id)
    and is_whole(data.position, 1) and is_track(data.track_id)
window copies as (partition by source, id order by receivedtime)
qualify not is_copy(receivedtime, lag(receivedtime) over copies, 7);

create table impressions as
select event_id(source, id) as event_id, time as shown_at, data.user_id, data.session_id,
    data.impression_id, data.ad_id, data.campaign_id, data.slot,
    try_cast(text(data.revenue_usd) as decimal(18, 6)) as revenue_usd
from read_json(getvariable('landing') || '/ad_impression/*/*/*.ndjson',
    format = 'newline_delimited', ignore_errors = true, columns = {
        id: 'varchar', source: 'varchar', type: 'varchar', time: 'timestamp',
        receivedtime: 'timestamp', dataschemaversion: 'varchar',
        data: 'struct(user_id varchar, session_id varchar, impression_id varchar, ad_id varchar,
            campaign_id varchar, slot varchar, revenue_usd json)'})
where is_sound(id, source, type, 'ad_impression', time, receivedtime, dataschemaversion, [1], 30)
    and is_user(data.user_id) and is_id(data.session_id) and is_id(data.impression_id)
    and is_user(data.ad_id) and is_user(data.campaign_id)
    and data.slot in ('audio_break', 'banner', 'video') and is_number(data.revenue_usd)
window copies as (partition by source, id order by receivedtime)
qualify not is_copy(receivedtime, lag(receivedtime) over copies, 7);

create table ad_clicks as
select time as clicked_at, data.user_id, data.impression_id
from read_json(getvariable('landing') || '/ad_clicked/*/*/*.ndjson',
    format = 'newline_delimited', ignore_errors = true, columns = {
        id: 'varchar', source: 'varchar', type: 'varchar', time: 'timestamp',
        receivedtime: 'timestamp', dataschemaversion: 'varchar',
        data: 'struct(user_id varchar, impression_id varchar, ad_id varchar)'})
where is_sound(id, source, type, 'ad_clicked', time, receivedtime, dataschemaversion, [1], 30)
    and is_user(data.user_id) and is_id(data.impression_id) and is_user(data.ad_id)
window copies as (partition by source, id order by receivedtime)
qualify not is_copy(receivedtime, lag(receivedtime) over copies, 7);

create table edits as
select event_id(source, id) as event_id, time as edited_at, data.user_id, type as event,
    data.playlist_id, data.track_id, try_cast(data.position as bigint) as position,
    try_cast(data.is_liked as boolean) as is_liked
from read_json([
        getvariable('landing') || '/playlist_track_added/*/*/*.ndjson',
        getvariable('landing') || '/playlist_track_removed/*/*/*.ndjson',
        getvariable('landing') || '/track_liked/*/*/*.ndjson'],
    format = 'newline_delimited', ignore_errors = true, columns = {
        id: 'varchar', source: 'varchar', type: 'varchar', time: 'timestamp',
        receivedtime: 'timestamp', dataschemaversion: 'varchar',
        data: 'struct(user_id varchar, playlist_id varchar, track_id varchar, position json,
            is_liked json)'})
where is_sound(id, source, type, type, time, receivedtime, dataschemaversion, [1], 30)
    and is_user(data.user_id) and is_track(data.track_id)
    and case type
        when 'track_liked' then is_bool(data.is_liked)
        when 'playlist_track_added' then is_id(data.playlist_id) and is_whole(data.position, 0)
        when 'playlist_track_removed' then is_id(data.playlist_id) and is_whole(data.position, 0)
        else false end
window copies as (partition by source, id order by receivedtime)
qualify not is_copy(receivedtime, lag(receivedtime) over copies, 7);

create table exposures as
select event_id(source, id) as event_id, time as exposed_at, data.user_id, data.experiment_id,
    data.variant
from read_json(getvariable('landing') || '/experiment_exposed/*/*/*.ndjson',
    format = 'newline_delimited', ignore_errors = true, columns = {
        id: 'varchar', source: 'varchar', type: 'varchar', time: 'timestamp',
        receivedtime: 'timestamp', dataschemaversion: 'varchar',
        data: 'struct(user_id varchar, experiment_id varchar, variant varchar)'})
where is_sound(
        id, source, type, 'experiment_exposed', time, receivedtime, dataschemaversion, [1], 30)
    and is_user(data.user_id) and regexp_full_match(data.experiment_id, '[a-z0-9][a-z0-9_-]{0,63}')
    and data.variant in ('control', 'treatment')
window copies as (partition by source, id order by receivedtime)
qualify not is_copy(receivedtime, lag(receivedtime) over copies, 7);

-- No mart reads these four, but they are part of what was delivered.
create table app_events as
select event_id(source, id) as event_id, time as occurred_at, type as event, data
from read_json([
        getvariable('landing') || '/playback_failed/*/*/*.ndjson',
        getvariable('landing') || '/session_started/*/*/*.ndjson',
        getvariable('landing') || '/screen_viewed/*/*/*.ndjson',
        getvariable('landing') || '/app_crashed/*/*/*.ndjson'],
    format = 'newline_delimited', ignore_errors = true, columns = {
        id: 'varchar', source: 'varchar', type: 'varchar', time: 'timestamp',
        receivedtime: 'timestamp', dataschemaversion: 'varchar',
        data: 'struct(user_id varchar, session_id varchar, track_id varchar, error_code varchar,
            is_fatal json, platform varchar, app_version varchar, country varchar,
            is_offline json, screen varchar, previous_screen varchar, signature varchar,
            is_foreground json)'})
where is_sound(id, source, type, type, time, receivedtime, dataschemaversion, [1], 30)
    and is_id(data.session_id)
    and case type
        when 'playback_failed' then is_user(data.user_id) and is_track(data.track_id)
            and is_bool(data.is_fatal) and is_client(data.platform)
            and data.error_code in ('network', 'drm', 'decode', 'not_available', 'timeout')
        when 'session_started' then is_user(data.user_id) and is_client(data.platform)
            and regexp_full_match(data.app_version, '\d+\.\d+\.\d+') and is_bool(data.is_offline)
        when 'screen_viewed' then is_user(data.user_id)
            and data.screen in ('home', 'search', 'library', 'playlist', 'album', 'artist',
                'now_playing', 'settings')
        when 'app_crashed' then is_client(data.platform) and is_bool(data.is_foreground)
            and regexp_full_match(data.app_version, '\d+\.\d+\.\d+')
        else false end
window copies as (partition by type, source, id order by receivedtime)
qualify not is_copy(receivedtime, lag(receivedtime) over copies,
    case type when 'playback_failed' then 14 else 7 end);

-- Dimensions -----------------------------------------------------------------------------------
create table marts.dim_dates as
select day::date as date_day, year(day) as year, quarter(day) as quarter, month(day) as month,
    date_trunc('month', day)::date as month_start_date, week(day) as iso_week,
    isoyear(day) as iso_year, isodow(day) as day_of_week, isodow(day) >= 6 as is_weekend
from generate_series(timestamp '2015-01-01', timestamp '2039-12-31', interval 1 day) as days (day);

create table first_accounts as
select * from accounts
qualify row_number() over (partition by user_id order by created_at, event_id) = 1;

create table marts.dim_users as
with states as (
    select user_id, plan, created_at as moment, '' as event_id, 0 as step from first_accounts
    union all
    select changes.user_id, to_plan, changed_at, changes.event_id, 1
    from changes
    join first_accounts on changes.user_id = first_accounts.user_id and changed_at >= created_at
), settled as (
    select * from states
    qualify row_number() over (partition by user_id, moment order by step desc, event_id desc) = 1
), different as (
    select * from settled
    qualify plan is distinct from lag(plan) over (partition by user_id order by moment)
)
select user_id, different.plan, country, referral, created_at, moment as valid_from,
    lead(moment) over (partition by user_id order by moment) as valid_to, valid_to is null as is_current
from different
join first_accounts using (user_id);

create table marts.dim_tracks as
with settled as (
    select *, change <> 'withdrawn' as is_available
    from catalogue
    qualify row_number() over (partition by track_id, changed_at order by event_id desc) = 1
), different as (
    select *
    from settled
    qualify (title, artist_id, album_title, duration_ms, rights_holder_id, rights_holder_name,
            is_available) is distinct from
        lag((title, artist_id, album_title, duration_ms, rights_holder_id, rights_holder_name,
            is_available)) over (partition by track_id order by changed_at)
)
select track_id, title, artist_id as main_artist_id, album_title, duration_ms, rights_holder_id,
    rights_holder_name, is_available, changed_at as valid_from,
    lead(changed_at) over (partition by track_id order by changed_at) as valid_to,
    valid_to is null as is_current
from different;

create table marts.dim_artists as
with settled as (
    select * from catalogue
    qualify row_number() over (partition by artist_id, changed_at order by event_id desc) = 1
), different as (
    select * from settled
    qualify artist_name is distinct from
        lag(artist_name) over (partition by artist_id order by changed_at)
)
select artist_id, artist_name, changed_at as valid_from,
    lead(changed_at) over (partition by artist_id order by changed_at) as valid_to,
    valid_to is null as is_current
from different;

-- Listening ------------------------------------------------------------------------------------
create table marts.fct_streams as
select event_id as stream_id, play_date as stream_date, ended_at, user_id, session_id, track_id,
    main_artist_id, ms_played, platform, country, reason_end = 'trackdone' as is_completed,
    is_shuffle, is_offline
from played
where is_stream;

create table marts.fct_daily_listening as
select stream_date, coalesce(country, 'unknown') as country, count(*) as streams,
    count(distinct user_id) as listeners, count(distinct track_id) as tracks,
    countif(is_completed)::bigint as completed_streams, sum(ms_played)::bigint as ms_played
from marts.fct_streams
group by all;

create table marts.fct_listening_sessions as
with opened as (
    select *, coalesce(started_at - max(ended_at) over earlier > interval 30 minutes, true) as opens
    from played
    window earlier as (partition by user_id order by started_at, ended_at, event_id
        rows between unbounded preceding and 1 preceding)
), numbered as (
    select *, sum(opens::int) over (partition by user_id order by started_at, ended_at, event_id
        rows unbounded preceding) as number
    from opened
)
select arg_min(event_id, (started_at, ended_at, event_id)) as listening_session_id,
    min(started_at)::date as session_date, user_id, min(started_at) as started_at,
    max(ended_at) as ended_at, count(*) as plays, countif(is_stream)::bigint as streams,
    countif(is_skipped)::bigint as skips, count(distinct track_id) as distinct_tracks,
    sum(ms_played)::bigint as ms_played
from numbered
group by user_id, number;

create table marts.fct_daily_charts as
with counted as (
    select stream_date as chart_date, country, track_id, count(*) as streams,
        count(distinct user_id) as listeners
    from marts.fct_streams
    where country is not null
    group by all
), ranked as (
    select chart_date, country, row_number() over (partition by chart_date, country
            order by streams desc, listeners desc, track_id) as rank, track_id, streams, listeners
    from counted
    qualify rank <= 50
)
select ranked.*, before.rank as previous_rank, before.rank - ranked.rank as movement
from ranked
left join ranked as before on ranked.chart_date = before.chart_date + 1
    and ranked.country = before.country and ranked.track_id = before.track_id;

create table user_dates as select distinct play_date as activity_date, user_id from played;

create table marts.fct_daily_active_users as
with days as (
    select unnest(generate_series(min(activity_date), max(activity_date), interval 1 day))::date
        as activity_date
    from user_dates
), visits as (
    select *, lag(activity_date) over visited is null as is_new,
        lead(activity_date) over visited as next_date
    from user_dates
    window visited as (partition by user_id order by activity_date)
)
select days.activity_date, countif(visits.activity_date = days.activity_date)::bigint
        as daily_active_users,
    countif(days.activity_date <= visits.activity_date + 6)::bigint as weekly_active_users,
    count(visits.user_id) as monthly_active_users,
    countif(is_new and visits.activity_date = days.activity_date)::bigint as new_users
from days
left join visits on days.activity_date between visits.activity_date
    and least(coalesce(next_date - 1, date '9999-01-01'), visits.activity_date + 27)
group by days.activity_date;

create table marts.fct_retention_cohorts as
with cohorts as (
    select created_at::date as cohort_date, count(*) as cohort_users from first_accounts group by all
), observed as (
    select cohort_date, day_number, cohort_users
    from cohorts
    cross join (select unnest([1, 7, 28]) as day_number)
    where cohort_date + day_number in (select activity_date from user_dates)
), retained as (
    select created_at::date as cohort_date, activity_date - created_at::date as day_number,
        count(*) as retained_users
    from first_accounts
    join user_dates on first_accounts.user_id = user_dates.user_id
        and activity_date - created_at::date in (1, 7, 28)
    group by all
)
select cohort_date, day_number, cohort_users, coalesce(retained_users, 0) as retained_users,
    coalesce(retained_users, 0) / cohort_users as retention_rate
from observed
left join retained using (cohort_date, day_number);

create table marts.fct_daily_skip_rates as
select play_date as activity_date, platform, count(*) as plays, countif(is_skipped)::bigint as skips,
    countif(is_skipped) / count(*) as skip_rate, sum(ms_played)::bigint as ms_played
from played
group by all;

-- Search, ads, playlists ---------------------------------------------------------------------
create table marts.fct_searches as
with clicked as (
    select searches.event_id as search_event_id, searches.session_id, searches.user_id, clicked_at,
        clicks.event_id, position, track_id
    from searches
    join clicks on searches.search_id = clicks.search_id and searches.user_id = clicks.user_id
        and clicked_at between searched_at and searched_at + interval 24 hours
), counted as (
    select search_event_id, count(*) as clicks,
        arg_min(position, (clicked_at, event_id)) as first_click_position,
        min(clicked_at) as first_clicked_at
    from clicked
    group by all
), heard as (
    select distinct search_event_id
    from clicked
    join played on clicked.session_id = played.session_id and clicked.user_id = played.user_id
        and clicked.track_id = played.track_id
        and ended_at between clicked_at and clicked_at + interval 24 hours
)
select searches.event_id as search_event_id, search_id, searched_at::date as search_date,
    searched_at, user_id, session_id, result_count, latency_ms, is_voice,
    coalesce(clicks, 0) as clicks, first_click_position, first_clicked_at,
    heard.search_event_id is not null as is_played,
    case when is_played then 'played' when clicks > 0 then 'clicked'
        when result_count > 0 then 'results' else 'no_results' end as funnel_step
from searches
left join counted on searches.event_id = counted.search_event_id
left join heard on searches.event_id = heard.search_event_id;

create table marts.fct_ad_impressions as
with clicked as (
    select event_id, min(clicked_at) as clicked_at
    from impressions
    join ad_clicks on impressions.impression_id = ad_clicks.impression_id
        and impressions.user_id = ad_clicks.user_id
        and clicked_at between shown_at and shown_at + interval 24 hours
    group by all
)
select event_id as impression_event_id, impression_id, shown_at::date as impression_date, shown_at,
    user_id, session_id, ad_id, campaign_id, slot, revenue_usd,
    clicked_at is not null as is_clicked, clicked_at
from impressions
left join clicked using (event_id);

create table marts.fct_playlist_edits as
select event_id as edit_event_id, edited_at::date as edit_date, edited_at, user_id,
    case event when 'playlist_track_added' then 'added' when 'playlist_track_removed' then 'removed'
        else if(is_liked, 'liked', 'unliked') end as edit,
    playlist_id, track_id, position
from edits;

-- Money and experiments ------------------------------------------------------------------------
create table marts.fct_subscription_events as
select event_id as subscription_event_id, changed_at::date as change_date, changed_at, user_id,
    from_plan, to_plan, reason,
    case when from_plan = to_plan then 'none' when from_plan = 'free' then 'start'
        when to_plan = 'free' then 'cancel' else 'switch' end as movement,
    price as monthly_price_usd
from changes;

create table marts.fct_monthly_subscriptions as
with months as (
    select unnest(generate_series(
        date_trunc('month', (select min(valid_from) from marts.dim_users)),
        greatest((select max(created_at) from accounts), (select max(changed_at) from changes)),
        interval 1 month))::date as month_start_date
), moved as (
    select date_trunc('month', valid_from)::date as month_start_date, plan, 1 as started, 0 as stopped
    from marts.dim_users
    union all
    select date_trunc('month', valid_to)::date, plan, 0, 1
    from marts.dim_users
    where valid_to is not null
), counted as (
    select month_start_date, plan, coalesce(sum(started), 0)::bigint as started_users,
        coalesce(sum(stopped), 0)::bigint as stopped_users
    from months
    cross join (select unnest(['free', 'premium', 'family', 'student']) as plan)
    left join moved using (month_start_date, plan)
    group by all
)
select month_start_date, plan,
    ((sum(started_users - stopped_users) over running) - started_users + stopped_users)::bigint
        as opening_users,
    started_users, stopped_users,
    (sum(started_users - stopped_users) over running)::bigint as closing_users
from counted
window running as (partition by plan order by month_start_date);

create table marts.fct_monthly_royalties as
with priced as (
    select streams.*, coalesce(tracks.rights_holder_id, 'unknown') as holder,
        coalesce(users.plan, 'free') <> 'free' as is_premium
    from marts.fct_streams as streams
    left join marts.dim_tracks as tracks on streams.track_id = tracks.track_id
        and streams.ended_at >= tracks.valid_from
        and (tracks.valid_to is null or streams.ended_at < tracks.valid_to)
    left join marts.dim_users as users on streams.user_id = users.user_id
        and streams.ended_at >= users.valid_from
        and (users.valid_to is null or streams.ended_at < users.valid_to)
)
select date_trunc('month', stream_date)::date as month_start_date, holder as rights_holder_id,
    count(*) as streams, count(distinct user_id) as listeners, sum(ms_played)::bigint as ms_played,
    countif(is_premium)::bigint as premium_streams,
    (premium_streams * 0.004 + (streams - premium_streams) * 0.0015)::decimal(18, 6) as royalty_usd
from priced
group by all;

create table marts.fct_experiment_results as
with exposed as (
    select experiment_id, user_id, arg_min(variant, (exposed_at, event_id)) as variant,
        min(exposed_at) as exposed_at, count(distinct variant) > 1 as is_crossed
    from exposures
    group by all
), measured as (
    select experiment_id, exposed.user_id, variant, countif(is_stream) as streams,
        coalesce(sum(ms_played), 0) / 3600000 as hours
    from exposed
    left join played on exposed.user_id = played.user_id
        and ended_at >= exposed_at and ended_at < exposed_at + interval 7 days
    where not is_crossed
    group by all
), outcomes as (
    select experiment_id, variant, 'streams_per_user' as metric, streams::double as outcome
    from measured
    union all
    select experiment_id, variant, 'listening_hours_per_user', hours from measured
), sides as (
    select experiment_id, metric, countif(variant = 'control')::bigint as control_users,
        countif(variant = 'treatment')::bigint as treatment_users,
        avg(outcome) filter (variant = 'control') as control_mean,
        avg(outcome) filter (variant = 'treatment') as treatment_mean,
        nullif(var_samp(outcome) filter (variant = 'control') / control_users
            + var_samp(outcome) filter (variant = 'treatment') / treatment_users, 0) as variance,
        var_samp(outcome) filter (variant = 'control') / control_users as control_error,
        var_samp(outcome) filter (variant = 'treatment') / treatment_users as treatment_error
    from outcomes
    group by all
), welch as (
    select *, variance * variance / (control_error ** 2 / (control_users - 1)
        + treatment_error ** 2 / (treatment_users - 1)) as df, 1.959963984540054::double as x
    from sides
), bounded as (
    select *, x + (x ** 3 + x) / (4 * df) + (5 * x ** 5 + 16 * x ** 3 + 3 * x) / (96 * df ** 2)
        + (3 * x ** 7 + 19 * x ** 5 + 17 * x ** 3 - 15 * x) / (384 * df ** 3)
        + (79 * x ** 9 + 776 * x ** 7 + 1482 * x ** 5 - 1920 * x ** 3 - 945 * x)
        / (92160 * df ** 4) as t
    from welch
)
select experiment_id, metric, control_users, treatment_users,
    (select countif(is_crossed)::bigint from exposed where exposed.experiment_id = bounded.experiment_id)
        as crossed_users,
    control_mean, treatment_mean, treatment_mean - control_mean as lift,
    lift / nullif(control_mean, 0) as relative_lift, sqrt(variance) as standard_error,
    df as degrees_of_freedom, lift - t * sqrt(variance) as ci_low, lift + t * sqrt(variance) as ci_high
from bounded;
