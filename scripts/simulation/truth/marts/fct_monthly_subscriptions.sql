-- One row per month and plan: who is on it at either end, recounted from the states, and how
-- many stretches on it began and ended in between
with first_sign_ups as (
    select user_id, min_by(true_sign_ups, (happened_at, event_id)) as account
    from true_sign_ups
    group by user_id
),

plan_states as (
    select user_id, account['happened_at'] as since, account['plan'] as plan, '' as event_id
    from first_sign_ups
    union all
    select user_id, happened_at as since, to_plan as plan, event_id
    from true_plan_changes
    inner join first_sign_ups using (user_id)
    where happened_at >= account['happened_at']
),

states as (
    select user_id, since, max_by(plan, event_id) as plan
    from plan_states
    group by user_id, since
),

steps as (
    select later.user_id, later.since, earlier.plan as from_plan, later.plan as to_plan
    from states as later
    asof left join states as earlier
        on later.user_id = earlier.user_id and later.since > earlier.since
    where earlier.plan is distinct from later.plan
),

edges as (
    select
        date_trunc('month', min(happened_at)) as first_month,
        date_trunc('month', max(happened_at)) as last_month,
    from (
        select happened_at from true_sign_ups
        union all
        select happened_at from true_plan_changes
    )
    where happened_at >= (select min(happened_at) from true_sign_ups)
),

months as (
    select unnest(generate_series(first_month, last_month, interval 1 month)) as month from edges
),

instants as (
    select month as instant from months
    union
    select month + interval 1 month as instant from months
),

balances as (
    select instant, plan, count(*) as users
    from (select instant, user_id from instants cross join first_sign_ups) as asked
    asof inner join states on asked.user_id = states.user_id and asked.instant > states.since
    group by instant, plan
)

select
    month::date as month_start_date,
    every_plan.plan,
    coalesce(opening.users, 0) as opening_users,
    (
        select count(*) from steps where to_plan = every_plan.plan and date_trunc('month', since) = month
    ) as started_users,
    (
        select count(*) from steps where from_plan = every_plan.plan and date_trunc('month', since) = month
    ) as stopped_users,
    coalesce(closing.users, 0) as closing_users,
from months
cross join (values ('free'), ('premium'), ('family'), ('student')) as every_plan(plan)
left join balances as opening on opening.instant = month and opening.plan = every_plan.plan
left join balances as closing
    on closing.instant = month + interval 1 month and closing.plan = every_plan.plan
