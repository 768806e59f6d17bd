-- One row per event of the days, as a sound client sends it: `payload` is what its event
-- contract asks for. Services send at once; offline devices when they are online.

-- An object without its opening brace, to go on after other fields: what is absent cannot be null.
create or replace macro fields_of(object) as (object::varchar)[2:];

create or replace macro known_when(happened_at, clock_off_ms, online_at) as
    greatest(happened_at - ms(clock_off_ms), online_at);

-- What services knew before the window they send in its first two hours; of the rest they
-- sometimes speak days later.
create or replace macro told_at(key, happened_at) as case
    when happened_at < getvariable('opening')
        then getvariable('opening') + ms(below(key, 'told', 7200000))
    when chance(key, 'told late') < 0.05 then happened_at + ms(below(key, 'told', 6 * 86400000))
    else happened_at
end;

create or replace temp table sent as
select
    'track_played' as event_type,
    '/clients/player' as source,
    key,
    ended_at as occurred_at,
    known_when(ended_at, clock_off_ms, online_at) as sent_at,
    if(user_number % 10 = 3, '1.2', '1.4') as schema_version,
    json_object(
        'user_id', user_id,
        'session_id', session_id,
        'track_id', track_id,
        'artist_ids', artist_ids,
        'ms_played', ms_played,
        'reason_end', reason_end,
        'platform', platform,
        'country', heard_in,
        'is_shuffle', is_shuffle,
        'is_offline', is_offline
    )::varchar as plain,
    -- What version 1.2 did not have yet.
    if(schema_version = '1.2', plain, plain[:-2] || ',' || fields_of(json_object(
        'started_at', rfc3339(ended_at - ms(ms_played)),
        'volume', if(platform = 'speaker', null, round(chance(key, 'volume'), 2)),
        'device', json_object('os', case platform
            when 'ios' then 'iOS 19.1'
            when 'android' then 'Android 17'
            when 'desktop' then 'Windows 11'
            when 'speaker' then 'embedded 4.2'
            else 'unknown'
        end)
    ))) as payload,
from plays
where not is_second_major
union all by name
select
    'track_played' as event_type,
    '/clients/player' as source,
    key,
    ended_at as occurred_at,
    known_when(ended_at, clock_off_ms, online_at) as sent_at,
    '2.0' as schema_version,
    json_object(
        'user_id', user_id,
        'session_id', session_id,
        'track_id', track_id,
        'artist_ids', artist_ids,
        'track_name', first_title,
        'album_artist_name', if(is_offline, null, artist_name),
        'album_name', album_title,
        'ms_played', ms_played,
        'reason_start', if(play = 0, 'clickrow', pick(
            ['trackdone', 'trackdone', 'fwdbtn', 'playbtn', 'remote'], key, 'reason to start'
        )),
        'reason_end', reason_end,
        'platform', platform,
        'conn_country', heard_in,
        'shuffle', is_shuffle,
        'skipped', skipped,
        'offline', is_offline,
        'offline_timestamp', if(is_offline, epoch_ms(ended_at), null),
        'incognito_mode', chance(session_key, 'incognito') < 0.03
    )::varchar as payload,
from plays
where is_second_major
union all by name
select
    'playback_failed' as event_type,
    '/clients/player' as source,
    failure_key as key,
    ended_at as occurred_at,
    known_when(ended_at, clock_off_ms, online_at) as sent_at,
    '1.0' as schema_version,
    json_object(
        'user_id', user_id,
        'session_id', session_id,
        'track_id', track_id,
        'error_code', error_code,
        'is_fatal', chance(key, 'fatal') < 0.2,
        'platform', platform
    )::varchar as payload,
from failures
union all by name
select
    'session_started' as event_type,
    '/clients/app' as source,
    session_key as key,
    started_at as occurred_at,
    known_when(started_at, clock_off_ms, online_at) as sent_at,
    '1.0' as schema_version,
    json_object(
        'user_id', user_id,
        'session_id', session_id,
        'platform', platform,
        'app_version', app_version,
        'country', heard_in,
        'is_offline', is_offline
    )::varchar as payload,
from sessions
union all by name
select
    'screen_viewed' as event_type,
    '/clients/app' as source,
    key,
    seen_at as occurred_at,
    known_when(seen_at, clock_off_ms, online_at) as sent_at,
    '1.0' as schema_version,
    json_object(
        'user_id', user_id,
        'session_id', session_id,
        'screen', screen,
        'previous_screen', previous_screen
    )::varchar as payload,
from screens
union all by name
select
    'app_crashed' as event_type,
    '/clients/app' as source,
    key,
    crashed_at as occurred_at,
    known_when(crashed_at, clock_off_ms, online_at) as sent_at,
    '1.0' as schema_version,
    json_object(
        'user_id', if(chance(key, 'logged out') < 0.2, null, user_id),
        'session_id', session_id,
        'platform', platform,
        'app_version', app_version,
        'signature', signature,
        'is_foreground', chance(key, 'foreground') < 0.8
    )::varchar as payload,
from crashes
union all by name
select
    'search_performed' as event_type,
    '/clients/search' as source,
    key,
    searched_at as occurred_at,
    known_when(searched_at, clock_off_ms, online_at) as sent_at,
    if(search_id is null, '1.1', '1.2') as schema_version,
    '{' || if(search_id is null, '', '"search_id":"' || search_id || '",')
    || if(is_voice is null, '', '"is_voice":' || is_voice || ',')
    || fields_of(json_object(
        'user_id', user_id,
        'session_id', session_id,
        'query', query,
        'result_count', result_count,
        'clicked_position', if(
            search_id is not null or result_count = 0 or chance(key, 'click') < 0.35,
            null,
            1 + floor(pow(chance(key, 'position'), 3) * least(result_count, 20))::bigint
        ),
        'latency_ms', latency_ms,
        'filters', if(chance(key, 'filter') < 0.2, ['track'], []::varchar[]),
        'page', json_object('number', if(is_second_page, 2, 1), 'size', 20)
    )) as payload,
from searches
union all by name
select
    'search_result_clicked' as event_type,
    '/clients/search' as source,
    key,
    clicked_at as occurred_at,
    known_when(clicked_at, clock_off_ms, online_at) as sent_at,
    '1.0' as schema_version,
    json_object(
        'user_id', clicker_id,
        'session_id', session_id,
        'search_id', search_id,
        'position', position,
        'track_id', track_id_of(track_number)
    )::varchar as payload,
from search_clicks
union all by name
select
    case edit
        when 'added' then 'playlist_track_added'
        when 'removed' then 'playlist_track_removed'
        else 'track_liked'
    end as event_type,
    '/clients/playlists' as source,
    key,
    edited_at as occurred_at,
    known_when(edited_at, clock_off_ms, online_at) as sent_at,
    '1.0' as schema_version,
    if(
        event_type = 'track_liked',
        json_object(
            'user_id', user_id, 'track_id', track_id_of(track_number), 'is_liked', edit = 'liked'
        ),
        json_object(
            'user_id', user_id,
            'playlist_id', playlist_id,
            'track_id', track_id_of(track_number),
            'position', position
        )
    )::varchar as payload,
from edits
union all by name
select
    'ad_impression' as event_type,
    '/services/ads' as source,
    key,
    shown_at as occurred_at,
    known_when(shown_at, clock_off_ms, online_at) as sent_at,
    '1.0' as schema_version,
    json_object(
        'user_id', user_id,
        'session_id', session_id,
        'impression_id', impression_id,
        'ad_id', ad_id,
        'campaign_id', campaign_id,
        'slot', slot,
        'revenue_usd', revenue_usd
    )::varchar as payload,
from ads
union all by name
select
    'ad_clicked' as event_type,
    '/services/ads' as source,
    key,
    clicked_at as occurred_at,
    known_when(clicked_at, clock_off_ms, online_at) as sent_at,
    '1.0' as schema_version,
    json_object('user_id', clicker_id, 'impression_id', impression_id, 'ad_id', ad_id)::varchar
        as payload,
from ad_clicks
union all by name
select
    'experiment_exposed' as event_type,
    '/services/experiments' as source,
    key,
    exposed_at as occurred_at,
    known_when(exposed_at, clock_off_ms, online_at) as sent_at,
    '1.0' as schema_version,
    json_object('user_id', user_id, 'experiment_id', experiment_id, 'variant', variant)::varchar
        as payload,
from exposures
union all by name
select
    'account_created' as event_type,
    '/services/accounts' as source,
    key,
    happened_at as occurred_at,
    told_at(key, happened_at) as sent_at,
    chance_of_loss,
    '1.0' as schema_version,
    '{' || if(birth_year is null, '', '"birth_year":' || birth_year || ',')
    || fields_of(json_object(
        'user_id', user_id, 'plan', plan, 'country', country, 'referral', referral
    )) as payload,
from sign_ups
where sent_at >= getvariable('from_day') and sent_at < getvariable('until_day')
union all by name
select
    'subscription_changed' as event_type,
    '/services/accounts' as source,
    key,
    happened_at as occurred_at,
    told_at(key, happened_at) as sent_at,
    '1.0' as schema_version,
    json_object(
        'user_id', user_id,
        'from_plan', from_plan,
        'to_plan', to_plan,
        'reason', reason,
        'monthly_price_usd', price_usd
    )::varchar as payload,
from plan_changes
where sent_at >= getvariable('from_day') and sent_at < getvariable('until_day')
union all by name
select
    'catalogue_track_changed' as event_type,
    '/services/catalogue' as source,
    key,
    happened_at as occurred_at,
    told_at(key, happened_at) as sent_at,
    '1.0' as schema_version,
    json_object(
        'track_id', track_id,
        'change', change,
        'title', title,
        'artist_ids', artist_ids,
        'artist_name', artist_name,
        'album_title', album_title,
        'duration_ms', duration_ms,
        'rights_holder_id', rights_holder_id,
        'rights_holder_name', rights_holder_name
    )::varchar as payload,
from track_changes
where sent_at >= getvariable('from_day') and sent_at < getvariable('until_day');
