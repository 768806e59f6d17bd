-- One row per date from the first to the last on which anybody played anything
with

returns as (
    select * from {{ ref('int_daily_returns') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

active_dates as (
    select
        min(activity_date) as first_date,
        max(activity_date) as last_date
    from returns
),

-- Somebody who was active on k dates of a window came back k - 1 times from a date in it.
-- So one who was away since before it counts once, and no user is counted twice.
windows as (
    select
        dates.date_day as activity_date,
        returns.users,
        returns.days_away is null as is_new,
        coalesce(returns.days_away, 28) as days_away,
        {{ days_between('returns.activity_date', 'dates.date_day') }} as days_ago
    from dates
    inner join active_dates
        on dates.date_day between active_dates.first_date and active_dates.last_date
    left outer join returns
        on
            dates.date_day >= returns.activity_date
            and dates.date_day <= returns.activity_date + 27
),

final as (
    select
        activity_date,
        cast(
            sum(case when days_ago = 0 then users else 0 end) as bigint
        ) as daily_active_users,
        cast(
            sum(
                case
                    when days_ago <= 6 and days_ago + days_away > 6 then users
                    else 0
                end
            ) as bigint
        ) as weekly_active_users,
        cast(
            sum(case when days_ago + days_away > 27 then users else 0 end) as bigint
        ) as monthly_active_users,
        cast(
            sum(case when days_ago = 0 and is_new then users else 0 end) as bigint
        ) as new_users
    from windows
    group by activity_date
)

select * from final
