-- What arrives of what the days have sent: one row per copy, with the violations of its event
-- contract that it must be found to have. `delivered` has the events that a sound copy brought
-- within the window, `pending` the copies that later days still bring.

create or replace temp table arrived as
with copies as (
    select
        sent.*,
        coalesce(max_lateness, to_days(if(lateness.event_type is null, 30, 36500))) as max_lateness,
        uuid_of(key, event_type) as id,
        chance(key, 'fault') as throw,
        chance(key, 'fault on the way') as way_throw,
        unnest(range(case
            when chance(key, 'lost') < coalesce(chance_of_loss, 0.001) then 0
            when chance(key, 'copies') < 0.004 then 3
            when chance(key, 'copies') < 0.02 then 2
            else 1
        end)) as copy,
        sent_at
        + ms(waiting(key, 'way', 1500))
        + ms(if(chance(key, 'straggles') < 0.005, below(key, 'straggling', 20 * 3600000), 0))
        -- A copy comes within hours or days of the one before, and never with it.
        + ms(copy * (1000 + if(
            chance(key, 'copied later') < 0.3,
            below(key, 'days between', 3 * 86400000),
            below(key, 'hours between', 7200000)
        ))) as received_at,
    from sent
    left join lateness using (event_type)
),

broken as (
    select
        *,
        -- The first copies only: the client mends itself and sends again, so that an id may
        -- come invalid first and valid later.
        copy = 0 as is_first,
        case
            when pattern is not null and is_first
                then regexp_replace(payload, pattern, replacement)
            when is_first and way_throw < 0.0005
                then regexp_replace(payload, '"user_id":"[^"]*",', '')
            else payload
        end as data,
        -- A major that nobody has declared. (A row of version 2 would then also lack fields.)
        if(
            is_first and schema_version != '2.0' and way_throw between 0.0005 and 0.0010,
            '9.0',
            schema_version
        ) as claimed_version,
        -- A clock years behind, or days ahead.
        case
            when not is_first or way_throw not between 0.0010 and 0.0015 then occurred_at
            when max_lateness > to_days(30) or way_throw > 0.0012 then sent_at + interval 2 days
            else occurred_at - to_years(4)
        end as claimed_at,
        is_first and way_throw between 0.0015 and 0.0018 as lacks_id,
        case
            when not is_first then 'none'
            when way_throw between 0.0018 and 0.0021 then 'cut'
            when way_throw between 0.0021 and 0.0024 then 'nan'
            else 'none'
        end as malformation,
        list_filter([
            case
                when data = payload then null
                when pattern is not null then violation
                else 'user_id.required'
            end,
            if(claimed_version = '9.0', 'envelope.schema_version', null),
            if(
                claimed_at between received_at - max_lateness and received_at + interval 1 hour,
                null,
                'envelope.occurred_at'
            ),
            if(lacks_id, 'envelope.event_id', null)
        ], lambda found: found is not null) as violations,
    from copies
    left join faults
        on copies.event_type = faults.event_type
        and copies.throw >= faults.from_throw
        and copies.throw < faults.to_throw
)

select
    event_type,
    key,
    source,
    id,
    copy,
    received_at,
    violations,
    malformation != 'none' as is_malformed,
    not is_malformed and violations = [] as is_sound,
    '{"specversion":"1.0",'
    || if(lacks_id, '', '"id":"' || id || '",')
    || '"source":"' || source
    || '","type":"' || event_type
    || '","time":"' || rfc3339(claimed_at)
    || '","receivedtime":"' || rfc3339(received_at)
    || '","dataschemaversion":"' || claimed_version
    || '","data":'
    || case
        -- What a client that thinks NaN is JSON writes is no record at all.
        when malformation = 'nan' then '{"gain":NaN,' || data[2:]
        -- A field that no event contract declares yet.
        when chance(key, 'experiment') < 0.01 then '{"experiment":"blue",' || data[2:]
        else data
    end
    || '}' as record,
    if(malformation = 'cut', record[1:length(record) // 2], record) as line,
from broken
where received_at < getvariable('closing') and received_at >= getvariable('opening');
