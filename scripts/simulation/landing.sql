-- The hours of the days, each the content of one file, from what they and earlier days have sent.

create or replace temp table hours as
with received as (
    select event_type, id as event_id, copy, received_at, line
    from arrived
    where received_at < getvariable('until_day')
    union all
    select event_type, event_id, copy, received_at, line
    from pending
    where received_at < getvariable('until_day')
)

select
    event_type,
    strftime(received_at, '%Y-%m-%d') as date,
    strftime(received_at, '%H') as hour,
    string_agg(line, e'\n' order by received_at, event_id, copy) as lines,
    -- The producer's own count of what it sent.
    json_object(
        'event', event_type,
        'hour', date || 'T' || hour || ':00:00Z',
        'count', count(*),
        'sha256', sha256(lines || e'\n')
    )::varchar as manifest,
from received
group by event_type, date, hour
order by event_type, date, hour;

delete from pending where received_at < getvariable('until_day');
