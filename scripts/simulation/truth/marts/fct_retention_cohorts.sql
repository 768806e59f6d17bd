-- One row per date of joining and number of days later, where anyone at all was active then
with joined as (
    select user_id, min(happened_at)::date as cohort_date
    from true_sign_ups
    group by user_id
),

active as (
    select ended_at::date as day, list_distinct(list(user_id)) as users
    from true_plays
    group by day
)

select
    cohort_date,
    day_number,
    count(*) as cohort_users,
    len(list_intersect(list(joined.user_id), any_value(active.users))) as retained_users,
    retained_users / cohort_users as retention_rate,
from joined
cross join (values (1), (7), (28)) as days(day_number)
inner join active on active.day = joined.cohort_date + day_number
group by cohort_date, day_number
