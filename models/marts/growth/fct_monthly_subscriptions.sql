-- One row per month and plan, from the first account on
with

periods as (
    select * from {{ ref('int_user_plans') }}
),

changes as (
    select * from {{ ref('stg_subscription_changed') }}
),

accounts as (
    select * from {{ ref('stg_account_created') }}
),

-- the last month is that of any event, whether it opened a period or not
heard_of as (
    select occurred_at from changes
    union all
    select occurred_at from accounts
),

first_dates as (
    select cast(min(valid_from) as date) as first_date
    from periods
),

last_dates as (
    select cast(max(occurred_at) as date) as last_date
    from heard_of
),

months as (
    select calendar.month_start_date
    from first_dates
    cross join last_dates
    cross join {{ unnested(
        list_of_months('first_dates.first_date', 'last_dates.last_date'),
        'calendar',
        'month_start_date'
    ) }}
),

plans as (
    select 'free' as plan
    union all
    select 'premium' as plan
    union all
    select 'family' as plan
    union all
    select 'student' as plan
),

started as (
    select
        {{ month_of('cast(valid_from as date)') }} as month_start_date,
        plan,
        count(*) as users
    from periods
    group by month_start_date, plan
),

stopped as (
    select
        {{ month_of('cast(valid_to as date)') }} as month_start_date,
        plan,
        count(*) as users
    from periods
    where valid_to is not null
    group by month_start_date, plan
),

movements as (
    select
        months.month_start_date,
        plans.plan,
        coalesce(started.users, 0) as started_users,
        coalesce(stopped.users, 0) as stopped_users
    from months
    cross join plans
    left outer join started
        on
            months.month_start_date = started.month_start_date
            and plans.plan = started.plan
    left outer join stopped
        on
            months.month_start_date = stopped.month_start_date
            and plans.plan = stopped.plan
),

balances as (
    select
        month_start_date,
        plan,
        started_users,
        stopped_users,
        sum(started_users - stopped_users) over (
            partition by plan
            order by month_start_date
        ) as closing_users
    from movements
),

final as (
    select
        month_start_date,
        plan,
        cast(closing_users - started_users + stopped_users as bigint) as opening_users,
        started_users,
        stopped_users,
        cast(closing_users as bigint) as closing_users
    from balances
)

select * from final
