-- One row per date: who was active, counted anew for each of its windows
with days as (
    select unnest(range(
        min(ended_at)::date::timestamp, max(ended_at), interval 1 day
    ))::date as activity_date,
    from true_plays
),

active as (select distinct user_id, ended_at::date as day from true_plays)

select
    activity_date,
    (select count(*) from active where day = activity_date) as daily_active_users,
    (
        select count(distinct user_id) from active
        where day > activity_date - 7 and day <= activity_date
    ) as weekly_active_users,
    (
        select count(distinct user_id) from active
        where day > activity_date - 28 and day <= activity_date
    ) as monthly_active_users,
    (
        select count(*)
        from (select min(day) as first_day from active group by user_id)
        where first_day = activity_date
    ) as new_users,
from days
