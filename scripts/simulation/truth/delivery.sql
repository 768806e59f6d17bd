-- One row per event type, measure and violation: how many were sent, how many of them a sound
-- copy brought within the window (`delivered`), and how many records came: `copies` (sound, and
-- not the first), `invalid`, `malformed`; invalid ones also by `violation`.
select
    event_type,
    measure,
    violation,
    sum(amount)::bigint as amount,
from delivery_days
where measure != 'first'
group by event_type, measure, violation
order by event_type, measure, violation
