-- One day of a music service's traffic, for the demo and for tests: what listeners did
-- (the truth), and what reached the landing folder (the same, with the faults of real
-- delivery: copies, stragglers, broken lines, clients that break their event contract).
--
-- Variables: day (date), users (integer), seed (integer); landing and truth (folders that
-- exist). The same day, users and seed give the same bytes; another day has other ids and
-- the same chances, so that counts do not depend on when the demo is run. Nothing here is
-- shared with the models: a test compares their rows with the truth.

-- Chance as a function: a number in [0, 1) for a key, the same one each time.
create macro chance(key, salt) as
    hash(concat_ws(':', getvariable('seed'), salt, key)) / 18446744073709551616.0;

create macro pick(options, key, salt) as
    options[1 + floor(chance(key, salt) * len(options))::bigint];

create macro uuid_of(key) as
    regexp_replace(
        md5(concat_ws(':', getvariable('seed'), key)),
        '(.{8})(.{4})(.{4})(.{4})(.{12})', '\1-\2-\3-\4-\5'
    );

create macro base62_of(key) as
    translate(base64(unhex(sha256(key))), '+/', 'Qz')[1:22];

create macro rfc3339(moment) as strftime(moment, '%Y-%m-%dT%H:%M:%S.%gZ');


-- People, and what there is to hear -------------------------------------------------

create table users as
select
    number as user_number,
    'u-' || md5(concat_ws(':', getvariable('seed'), 'user', number))[1:8] as user_id,
    pick(['SE', 'DE', 'US', 'US', 'GB', 'BR', 'BR', 'IN', 'JP', 'ID'], number, 'country')
        as country,
    pick(['android', 'android', 'ios', 'ios', 'web', 'desktop', 'speaker'], number, 'platform')
        as platform,
from range(getvariable('users')) as numbers(number);

create table tracks as
select
    number as track_number,
    base62_of('track ' || number) as track_id,
    [base62_of('artist ' || number % 700)]
    || if(number % 5 = 0, [base62_of('artist ' || number % 311)], []) as artist_ids,
    90000 + floor(chance(number, 'length') * 270000)::bigint as length_ms,
from range(5000) as numbers(number);

create table sessions as
select
    users.*,
    visit,
    user_number || '/' || visit as session_key,
    uuid_of(concat_ws(' ', getvariable('day'), 'session', session_key)) as session_id,
    -- Most listen in the evening: the mean of three throws leans to the middle.
    getvariable('day')::timestamp + to_milliseconds(floor(86400000 * least(0.999, (
        chance(session_key, 'start 1')
        + chance(session_key, 'start 2')
        + chance(session_key, 'start 3')
    ) / 3 * 1.25))::bigint) as session_started_at,
    1 + floor(-15 * ln(1 - chance(session_key, 'length')))::bigint as play_count,
    floor(-5 * ln(1 - chance(session_key, 'searches')))::bigint as search_count,
    chance(session_key, 'offline') < 0.04 as is_offline,
from users
cross join range(4) as visits(visit)
where chance(session_key, 'visit') < 0.55;


-- What happened ---------------------------------------------------------------------

create table plays as
with numbered as (
    select
        *,
        unnest(range(play_count)) as play,
    from sessions
),

chosen as (
    select
        *,
        session_key || '/' || play as play_key,
        floor(5000 * pow(chance(play_key, 'track'), 3))::bigint as track_number,
        play + 1 = play_count as is_last,
        chance(play_key, 'patience') as patience,
    from numbered
),

played as (
    select
        *,
        case
            when patience < 0.66 then length_ms
            -- Who skips mostly skips soon.
            else least(length_ms - 1, floor(-25000 * ln(1 - chance(play_key, 'skip')))::bigint)
        end as ms_played,
        case
            when patience < 0.66 then 'trackdone'
            when is_last
                then pick(['endplay', 'endplay', 'logout', 'unexpected-exit'], play_key, 'end')
            when patience < 0.95 then 'fwdbtn'
            else 'backbtn'
        end as reason_end,
    from chosen
    inner join tracks using (track_number)
)

select
    *,
    session_started_at + to_milliseconds((
        sum(ms_played) over so_far - ms_played
    )::bigint) as started_at,
    started_at + to_milliseconds(ms_played) as ended_at,
from played
window so_far as (partition by session_key order by play)
-- The simulated day ends at midnight, for everyone.
qualify ended_at < getvariable('day') + interval 1 day;

create table searches as
with numbered as (
    select
        *,
        unnest(range(search_count)) as search,
    from sessions
    where not is_offline
)

select
    *,
    session_key || '/' || search as search_key,
    session_started_at
    + to_milliseconds(floor(5400000 * chance(search_key, 'when'))::bigint) as searched_at,
    pick([
        'dancing queen', 'lo-fi beats', 'bach cello suites', '日本の夏', 'that song from the film',
        'running 170 bpm', 'beyoncé', 'rain sounds', 'new music friday', 'kygo'
    ], search_key, 'query') as query,
    floor(pow(chance(search_key, 'results'), 2) * 400)::bigint as result_count,
    chance(search_key, 'voice') < 0.08 as is_voice,
    round(40 - 60 * ln(1 - chance(search_key, 'latency')), 1) as latency_ms,
from numbered
where searched_at < getvariable('day') + interval 1 day;


-- What was sent: one row per event, as a sound client sends it ------------------------

create table sent as
select
    'track_played' as event_type,
    play_key as event_key,
    uuid_of(concat_ws(' ', getvariable('day'), 'play', play_key)) as event_id,
    -- What was heard offline some day before arrives today, when the device is online.
    if(
        is_offline and chance(session_key, 'away') < 0.5,
        to_days(1 + floor(20 * chance(session_key, 'days away'))::integer),
        to_days(0)
    ) as away,
    ended_at - away as occurred_at,
    if(
        is_offline,
        least(
            ended_at + to_minutes(floor(240 * chance(session_key, 'minutes away'))::bigint),
            getvariable('day') + interval '23:59:59'
        ),
        ended_at
    ) as sent_at,
    if(chance(user_number, 'old client') < 0.1, '1.2', '1.4') as schema_version,
    json_merge_patch(
        json_object(
            'user_id', user_id,
            'session_id', session_id,
            'track_id', track_id,
            'artist_ids', artist_ids,
            'ms_played', ms_played,
            'reason_end', reason_end,
            'platform', platform,
            'is_shuffle', chance(session_key, 'shuffle') < 0.3,
            'is_offline', is_offline
        ),
        if(schema_version = '1.2', '{}', json_object(
            'started_at', rfc3339(started_at - away),
            'volume', if(platform = 'speaker', 0.5, round(chance(play_key, 'volume'), 2)),
            'device', json_object('os', case platform
                when 'ios' then 'iOS 19.1'
                when 'android' then 'Android 17'
                when 'desktop' then 'Windows 11'
                when 'speaker' then 'embedded 4.2'
                else 'unknown'
            end)
        ))
    )::varchar as payload,
    -- A merge patch would take an explicit null for "absent".
    if(is_offline, '"country":null', '"country":"' || country || '"') as more,
from plays
union all by name
select
    'search_performed' as event_type,
    search_key as event_key,
    uuid_of(concat_ws(' ', getvariable('day'), 'search', search_key)) as event_id,
    to_days(0) as away,
    searched_at as occurred_at,
    searched_at as sent_at,
    '1.1' as schema_version,
    json_object(
        'user_id', user_id,
        'session_id', session_id,
        'query', query,
        'result_count', result_count,
        'latency_ms', latency_ms,
        'filters', if(chance(search_key, 'filter') < 0.2, ['track'], []::varchar[]),
        'is_voice', is_voice,
        'page', json_object('number', 1, 'size', 20)
    )::varchar as payload,
    '"clicked_position":' || if(
        result_count = 0 or chance(search_key, 'click') < 0.35,
        'null',
        (1 + floor(pow(chance(search_key, 'position'), 3) * least(result_count, 20))::bigint)
        ::varchar
    ) as more,
from searches;


-- What arrived: copies, and the faults of clients and of the way ---------------------

create table arrived as
with faults as (
    select
        *,
        '{' || more || ',' || payload[2:] as data,
        chance(event_key, 'fault') as throw,
    from sent
),

copies as (
    select
        *,
        unnest(range(case
            when chance(event_key, 'copy') < 0.004 then 3
            when chance(event_key, 'copy') < 0.02 then 2
            else 1
        end)) as copy,
        least(
            sent_at + to_milliseconds(floor(
                -1500 * ln(1 - chance(event_key || '#' || copy, 'way')) + copy * 7200000
                    * chance(event_key || '#' || copy, 'again')
            )::bigint),
            getvariable('day') + interval '23:59:59.999'
        ) as received_at,
    from faults
),

broken as (
    select
        *,
        -- The first copies only, where there are several: the client mends itself and
        -- sends again, so an id may come invalid first and valid later.
        case
            when copy > 0 or throw >= 0.012 then data
            when event_type = 'track_played' then case
                when throw < 0.003 then replace(data, '"ms_played":', '"ms_played":-1')
                when throw < 0.005 then replace(data, '"fwdbtn"', '"skipped"')
                when throw < 0.007 then regexp_replace(data, '"user_id":"[^"]*",', '')
                when throw < 0.008 then replace(data, '"ms_played":', '"played_for":')
                when throw < 0.009
                    then regexp_replace(data, '"track_id":"', '"track_id":"track:')
                when throw < 0.010 then regexp_replace(data, '"is_shuffle":\w+', '"is_shuffle":1')
                else data
            end
            when throw < 0.004 then regexp_replace(data, '"query":"[^"]*"', '"query":""')
            when throw < 0.008
                then regexp_replace(data, '"latency_ms":([0-9.]+)', '"latency_ms":"\1 ms"')
            when throw < 0.010 then replace(data, '"number":1', '"number":0')
            else data
        end as faulty_data,
        -- A device whose clock is years off.
        if(
            copy = 0 and throw between 0.0100 and 0.0105,
            occurred_at - interval 4 years,
            occurred_at
        ) as claimed_at,
    from copies
)

select
    event_type,
    event_key,
    event_id,
    occurred_at,
    payload,
    copy,
    received_at,
    faulty_data != data or claimed_at != occurred_at
    or (copy = 0 and throw between 0.0105 and 0.0107) as is_faulty,
    json_object(
        'specversion', '1.0',
        'id', event_id,
        'source', '/clients/' || if(event_type = 'track_played', 'player', 'search'),
        'type', event_type,
        'time', rfc3339(claimed_at),
        'receivedtime', rfc3339(received_at),
        'dataschemaversion', if(
            copy = 0 and throw between 0.0105 and 0.0107, '9.0', schema_version
        )
    )::varchar as envelope,
    envelope[1:-2] || ',"data":'
    -- A field that no event contract declares yet.
    || if(
        chance(event_key, 'experiment') < 0.01,
        '{"experiment":"blue",' || faulty_data[2:],
        faulty_data
    ) || '}' as record,
    -- A line cut off, or written by a client that thinks NaN is JSON, is no record at all.
    case
        when copy > 0 or throw < 0.0120 then record
        when throw < 0.0123 then record[1:length(record) // 2]
        when throw < 0.0125 then replace(record, '"data":{', '"data":{"gain":NaN,')
        else record
    end as line,
    line != record as is_malformed,
from broken;


-- Onto disk ---------------------------------------------------------------------------
-- One thread and an order make the bytes the same each time.

set threads = 1;

create view delivered as
select
    event_type,
    strftime(received_at, '%Y-%m-%d') as date,
    strftime(received_at, '%H') as hour,
    line,
from arrived
order by event_type, date, hour, received_at, event_id, copy;

copy (select date, hour, line from delivered where event_type = 'track_played')
to (getvariable('landing') || '/track_played') (
    format csv, header false, delimiter '\x1f', quote '', escape '',
    partition_by (date, hour), filename_pattern 'part-{i}', file_extension 'ndjson',
    overwrite_or_ignore
);

copy (select date, hour, line from delivered where event_type = 'search_performed')
to (getvariable('landing') || '/search_performed') (
    format csv, header false, delimiter '\x1f', quote '', escape '',
    partition_by (date, hour), filename_pattern 'part-{i}', file_extension 'ndjson',
    overwrite_or_ignore
);

-- The producer's own count of what it sent, beside each file.
create view manifests as
select
    regexp_extract(filename, '/([^/]+)/date=', 1) as event,
    regexp_extract(filename, 'date=([^/]+)/', 1) as date,
    regexp_extract(filename, 'hour=([^/]+)/', 1) as hour,
    json_object(
        'event', event,
        'hour', date || 'T' || hour || ':00:00Z',
        'count', length(content) - length(replace(content, e'\n', '')),
        'sha256', sha256(content)
    )::varchar as manifest,
from read_text(
    getvariable('landing') || '/*/date=' || getvariable('day') || '/hour=*/part-0.ndjson'
);

copy (select date, hour, manifest from manifests where event = 'track_played')
to (getvariable('landing') || '/track_played') (
    format csv, header false, delimiter '\x1f', quote '', escape '',
    partition_by (date, hour), filename_pattern 'part-{i}.ndjson.manifest',
    file_extension 'json', overwrite_or_ignore
);

copy (select date, hour, manifest from manifests where event = 'search_performed')
to (getvariable('landing') || '/search_performed') (
    format csv, header false, delimiter '\x1f', quote '', escape '',
    partition_by (date, hour), filename_pattern 'part-{i}.ndjson.manifest',
    file_extension 'json', overwrite_or_ignore
);


-- The truth: every event of which a sound copy arrived, and when the first one did.
copy (
    select
        '/clients/' || if(event_type = 'track_played', 'player', 'search') || '|' || event_id
            as event_id,
        any_value(occurred_at) as occurred_at,
        min(received_at) as first_received_at,
        any_value(payload ->> 'user_id') as user_id,
        any_value(payload ->> 'track_id') as track_id,
        any_value((payload ->> 'ms_played')::bigint) as ms_played,
        any_value(payload ->> 'query') as query,
        event_type,
    from arrived
    where not is_faulty and not is_malformed
    group by event_type, event_id
    order by event_type, event_id
) to (getvariable('truth') || '/' || getvariable('day') || '.parquet') (format parquet);
