-- What the days have sent, and later ones bring.

insert into pending
select event_type, id as event_id, copy, received_at, line
from arrived
where received_at >= getvariable('until_day');
