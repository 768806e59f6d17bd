-- What people did from one day to another, variables `from_day` and `until_day`. Moments are by
-- the clock of the device, except `true_started_at`; `online_at` (true) is when what happened
-- offline can be sent.

create or replace temp table sessions as
with occasions as (
    select
        *,
        child(user_key, day, occasion) as session_key,
        date_diff('day', created_at::date, day) as age,
        -- Weekends are busier; who is new comes more often than who has got used to it.
        liking * [0.9, 0.9, 0.95, 1.0, 1.15, 1.3, 1.2][isodow(day)]
        * (0.5 + 0.7 * exp(-greatest(age, 0) / 8)) as chance_to_come,
    from users
    cross join range(getvariable('from_day'), getvariable('until_day'), interval 1 day) as days(day)
    cross join range(5) as occasions(occasion)
    where created_at < day + interval 1 day and churned_at > day
),

local_times as (
    select
        *,
        -- Mornings, evenings, and any time; at weekends people get up late.
        case
            when chance(session_key, 'part of day') < 0.3
                then about(session_key, 'morning', if(isodow(day) > 5, 11, 8), 1.2)
            when chance(session_key, 'part of day') < 0.8
                then about(session_key, 'evening', 19.5, 2.2)
            else 24 * chance(session_key, 'any time')
        end as local_hour,
    from occasions
    where chance(session_key, 'comes') < chance_to_come
),

sessions as (
    select
        *,
        uuid_of(session_key, 'session') as session_id,
        day + ms(
            ((local_hour - offset_hours + 48) * 3600000)::bigint % 86400000
        ) as true_started_at,
        true_started_at + ms(clock_off_ms) as started_at,
        chance(session_key, 'offline') < 0.05 as is_offline,
        case
            when not is_offline then true_started_at
            when chance(session_key, 'away') < 0.6
                then true_started_at + ms(below(session_key, 'minutes away', 4 * 3600000))
            else true_started_at + ms(floor(
                pow(chance(session_key, 'days away'), 1.5) * 30.5 * 86400000
            )::bigint)
        end as online_at,
        1 + waiting(session_key, 'plays', 7) as play_count,
        true_started_at >= second_major_from as is_second_major,
        chance(session_key, 'shuffle') < 0.3 as is_shuffle,
        if(is_second_major, '9.', '8.') || below(user_key, 'minor', 20) || '.'
        || below(user_key, 'patch', 5) as app_version,
        if(is_offline or chance(session_key, 'nowhere') < 0.02, null, country) as heard_in,
    from local_times
)

select sessions.* exclude (country), plan_periods.plan
from sessions
-- The apps know the plan that the user is on.
asof inner join plan_periods
    on sessions.user_id = plan_periods.user_id and sessions.true_started_at >= plan_periods.since
-- Before the window only those count of which something comes to light in it.
where online_at >= getvariable('opening');

create or replace temp table plays as
with numbered as (
    select
        *,
        unnest(range(play_count)) as play,
        hash(xor(session_key, hash(play))) as key,
    from sessions
),

chosen as (
    select
        *,
        zipf(key, 'track', getvariable('tracks')) as track_number,
        play + 1 = play_count as is_last,
        chance(key, 'patience') as patience,
        chance(key, 'pause') as pause,
    from numbered
),

heard as (
    select
        *,
        case
            when patience < 0.64 then length_ms
            -- One side and the other of what makes a stream.
            when patience < 0.65 then 30000
            when patience < 0.66 then 29999
            -- Who skips mostly skips soon.
            else least(length_ms - 1, waiting(key, 'skip', 25000))
        end as ms_played,
        case
            when patience < 0.64 then 'trackdone'
            when is_last
                then pick(['endplay', 'endplay', 'logout', 'unexpected-exit'], key, 'end')
            when is_second_major and patience > 0.99
                then pick(['remote', 'trackerror', 'unknown'], key, 'odd end')
            when patience < 0.95 then 'fwdbtn'
            else 'backbtn'
        end as reason_end,
        case
            -- One side and the other of what parts two stretches of listening.
            when play = 0 then 3000
            when pause < 0.004 then 1800000
            when pause < 0.008 then 1800001
            when pause < 0.03 then below(key, 'long pause', 2700000)
            else below(key, 'short pause', 4000)
        end as pause_ms,
    from chosen
    inner join tracks using (track_number)
)

select
    * exclude (started_at, artist_ids),
    if(chance(key, 'nobody') < 0.01, [], artist_ids) as artist_ids,
    started_at + ms((
        sum(pause_ms + ms_played) over (partition by session_key order by play)
    )::bigint) as ended_at,
    if(is_second_major and chance(key, 'skipped') >= 0.08, case
        when reason_end = 'fwdbtn' then chance(key, 'skip seen') < 0.97
        when reason_end = 'backbtn' then chance(key, 'skip seen') < 0.5
        else false
    end, null) as skipped,
from heard;

create or replace temp table failures as
select
    *,
    hash(xor(key, 1)) as failure_key,
    pick(['network', 'network', 'drm', 'decode', 'not_available', 'timeout'], key, 'error')
        as error_code,
from plays
where chance(key, 'fails') < 0.01;

create or replace temp table screens as
with numbered as (
    select
        *,
        1 + waiting(session_key, 'screens', 1.5) as screen_count,
        unnest(range(screen_count)) as number,
        child(session_key, 'screen', number) as key,
        if(number = 0, 'home', pick(
            ['search', 'library', 'playlist', 'album', 'artist', 'now_playing', 'settings'],
            key, 'screen'
        )) as screen,
    from sessions
)

select
    *,
    lag(screen) over (partition by session_key order by number) as previous_screen,
    started_at + ms(number * 40000 + below(key, 'when', 30000)) as seen_at,
from numbered;

create or replace temp table searches as
with numbered as (
    select
        *,
        unnest(range(waiting(session_key, 'searches', 1.1))) as number,
        child(session_key, 'search', number) as key,
        -- A second page of results belongs to the same search.
        chance(key, 'second page') < 0.05 and number > 0 as is_second_page,
    from sessions
    where not is_offline
)

select
    *,
    if(
        is_second_major,
        uuid_of(if(is_second_page, child(session_key, 'search', number - 1), key), 'search'),
        null
    ) as search_id,
    started_at + ms(below(key, 'when', 1500000)) as searched_at,
    pick([
        'dancing queen', 'lo-fi beats', 'bach cello suites', '日本の夏', 'that song from the film',
        'running 170 bpm', 'beyoncé', 'rain sounds', 'new music friday', 'kygo'
    ], key, 'query') as query,
    if(
        chance(key, 'nothing') < 0.1, 0, 1 + floor(pow(chance(key, 'results'), 2) * 400)::bigint
    ) as result_count,
    round(40 - 60 * ln(1 - chance(key, 'latency')), 1) as latency_ms,
    if(is_second_major or chance(key, 'voice told') < 0.5, chance(key, 'voice') < 0.08, null)
        as is_voice,
from numbered;

create or replace temp table search_clicks as
with numbered as (
    select
        * rename (key as search_key),
        unnest(range(waiting(key, 'clicks', 1.4))) as click,
        child(search_key, 'click', click) as click_key,
        chance(click_key, 'delay') as delay,
        below(click_key, 'of what', play_count) as play,
        -- Now and then two clicks fall into one millisecond.
        if(chance(click_key, 'at once') < 0.1, search_key, click_key) as when_key,
    from searches
    where result_count > 0 and search_id is not null
)

select
    numbered.*,
    click_key as key,
    searched_at + ms(case
        -- One side and the other of what still counts; and a clock that was set back.
        when delay < 0.02 then 86400000
        when delay < 0.04 then 86400001
        when delay < 0.06 then below(click_key, 'a day', 108000000)
        when delay < 0.08 then -1 - below(click_key, 'set back', 60000)
        else below(when_key, 'soon', 300000)
    end) as clicked_at,
    -- A link that a friend was sent leads to the same results.
    if(
        chance(click_key, 'friend') < 0.03,
        user_id_of((user_number + 1) % getvariable('users')),
        user_id
    ) as clicker_id,
    if(chance(click_key, 'heard') < 0.7, heard.track_number, zipf(click_key, 'track', getvariable('tracks')))
        as track_number,
    1 + floor(pow(chance(click_key, 'position'), 2) * least(result_count, 20))::bigint as position,
from numbered
inner join (select session_key, play, track_number from plays) as heard
    using (session_key, play);

create or replace temp table ads as
select
    *,
    unnest(range(1 + play_count // 3)) as number,
    child(session_key, 'ad', number) as key,
    started_at + ms(below(key, 'when', 120000 * play_count)) as shown_at,
    uuid_of(key, 'impression') as impression_id,
    below(key, 'campaign', 12) as campaign,
    'ad-' || campaign || '-' || below(key, 'ad', 4) as ad_id,
    'campaign-' || campaign as campaign_id,
    pick(['audio_break', 'audio_break', 'banner', 'video'], key, 'slot') as slot,
    below(key, 'revenue', 20000) / 1000000 as revenue_usd,
from sessions
where plan = 'free' and not is_offline;

create or replace temp table ad_clicks as
with numbered as (
    select
        * rename (key as ad_key),
        unnest(range(if(chance(key, 'again') < 0.2, 2, 1))) as click,
        child(ad_key, 'click', click) as click_key,
        chance(click_key, 'delay') as delay,
    from ads
    where chance(key, 'clicked') < 0.06
)

select
    *,
    click_key as key,
    shown_at + ms(case
        when delay < 0.05 then 86400000
        when delay < 0.10 then 86400001
        when delay < 0.15 then -1 - below(click_key, 'set back', 60000)
        else below(click_key, 'soon', 60000)
    end) as clicked_at,
    if(
        chance(click_key, 'friend') < 0.05,
        user_id_of((user_number + 1) % getvariable('users')),
        user_id
    ) as clicker_id,
from numbered;

create or replace temp table edits as
with numbered as (
    select
        *,
        unnest(range(waiting(session_key, 'edits', 0.8))) as number,
        child(session_key, 'edit', number) as key,
    from sessions
)

select
    *,
    pick(
        ['added', 'added', 'added', 'removed', 'liked', 'liked', 'unliked'], key, 'edit'
    ) as edit,
    started_at + ms(below(key, 'when', 900000)) as edited_at,
    zipf(key, 'track', getvariable('tracks')) as track_number,
    uuid_of(child(user_key, 'playlist', below(key, 'playlist', 3)), 'playlist') as playlist_id,
    below(key, 'position', 80) as position,
from numbered;

create or replace temp table exposures as
select
    *,
    child(session_key, 'exposed', experiment_id) as key,
    started_at + ms(below(key, 'when', 5000)) as exposed_at,
    -- Some see the one and then the other, on a second device.
    chance(xor(user_key, experiment_key), 'side')
    + if(chance(xor(user_key, experiment_key), 'crosses') < 0.06, chance(key, 'crossed'), 0)
        as side,
    if(side % 1 < 0.5, 'control', 'treatment') as variant,
from sessions
cross join experiments
where
    true_started_at between runs_from and runs_until
    and not is_offline
    and chance(xor(user_key, experiment_key), 'takes part') < part
    and chance(xor(session_key, experiment_key), 'seen') < 0.5;

create or replace temp table crashes as
select
    *,
    child(session_key, 'crash', 0) as key,
    started_at + ms(below(key, 'when', 600000)) as crashed_at,
    'at ' || pick(['decode', 'render', 'sync', 'login'], key, 'where') || ' +'
    || below(key, 'line', 50) as signature,
from sessions
where chance(session_key, 'crashes') < 0.03;
