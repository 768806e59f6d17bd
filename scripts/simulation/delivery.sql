-- What the days add to the books of delivery.

create table if not exists delivery_days (
    event_type varchar, measure varchar, hour timestamp, violation varchar, amount bigint
);

create or replace temp table delivered as
select event_type, key, source || '|' || id as event_id, min(received_at) as first_received_at
from arrived
where is_sound
group by event_type, key, event_id;

insert into delivery_days
select event_type, 'sent' as measure, null as hour, null as violation, count(*) as amount
from sent
where sent_at >= getvariable('opening') and sent_at < getvariable('closing')
group by event_type
union all by name
select event_type, 'delivered' as measure, count(*) as amount
from delivered
group by event_type
union all by name
select
    event_type,
    case
        when is_malformed then 'malformed'
        when not is_sound then 'invalid'
        when received_at = first_received_at then 'first'
        else 'copies'
    end as measure,
    date_trunc('hour', received_at) as hour,
    count(*) as amount,
from arrived
left join delivered using (event_type, key)
group by event_type, measure, hour
union all by name
select event_type, 'violation' as measure, violation, count(*) as amount
from arrived
cross join unnest(violations) as found(violation)
where not is_malformed
group by event_type, violation;
