-- One row per line of track_played traffic: 500-700 bytes, 1 % bad, 2 % duplicates
create or replace table lines as
with

numbered as (
    select
        range as n,
        -- every fiftieth event is one that came 1,003 events before
        case when range % 50 = 7 and range >= 1003 then range - 1003 else range end as e
    from range(getvariable('first'), getvariable('first') + getvariable('events'))
),

events as (
    select
        n,
        json_object(
            'specversion', '1.0',
            'source', 'https://player.example.com/' || ['ios', 'android', 'web'][1 + e % 3],
            'id', md5('event ' || e),
            'type', 'track_played',
            'time', strftime(timestamp '2026-01-31' + to_milliseconds(e * 40), '%Y-%m-%dT%H:%M:%S.%gZ'),
            'receivedtime', strftime(timestamp '2026-01-31' + to_milliseconds(n * 40 + 900), '%Y-%m-%dT%H:%M:%S.%gZ'),
            'dataschemaversion', '1.4',
            'data', json_object(
                'user_id', 'u-' || (hash(e) // 4)::bigint % 80000,
                'session_id', uuid_of(e // 7),
                'track_id', left(md5('track ' || (hash(e) // 4)::bigint % 30000), 22),
                'artist_ids', [left(md5('artist ' || (hash(e) // 4)::bigint % 3000), 22)],
                'ms_played', case when n % 200 = 3 then -1 else (hash(e) // 4)::bigint % 400000 end,
                'reason_end', ['trackdone', 'fwdbtn', 'backbtn', 'endplay'][1 + (hash(e) // 4)::bigint % 4],
                'started_at', strftime(timestamp '2026-01-31' + to_milliseconds(e * 40 - 200000), '%Y-%m-%dT%H:%M:%S.%gZ'),
                'platform', ['ios', 'android', 'web', 'desktop', 'speaker'][1 + (hash(e) // 4)::bigint % 5],
                'country', ['SE', 'NO', 'DE', 'BR', 'US'][1 + (hash(e) // 4)::bigint % 5],
                'volume', ((hash(e) // 4)::bigint % 100) / 100.0,
                'is_shuffle', e % 3 = 0,
                'is_offline', false,
                'device', json_object('os', 'iOS 19.1', 'model', 'iPhone16,2')
            )
        ) as line
    from numbered
)

select
    n,
    -- half of the bad ones break the contract (above), half are cut off
    case when n % 200 = 5 and getvariable('has_broken') then left(line::varchar, 300) else line::varchar end as line
from events;
