-- One row per event type and delivery hour: records that are JSON, of these invalid ones and
-- copies of sound ones; and lines that are no record.
select
    event_type,
    hour,
    coalesce(sum(amount) filter (where measure != 'malformed'), 0)::bigint as row_count,
    coalesce(sum(amount) filter (where measure = 'invalid'), 0)::bigint as invalid,
    coalesce(sum(amount) filter (where measure = 'copies'), 0)::bigint as duplicates,
    coalesce(sum(amount) filter (where measure = 'malformed'), 0)::bigint as unparsed,
from delivery_days
where hour is not null
group by event_type, hour
order by event_type, hour
