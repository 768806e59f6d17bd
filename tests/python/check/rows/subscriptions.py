"""Good and broken rows of the marts of plans; see test_reference_suites.py."""

from __future__ import annotations

USER = "'6f1f64d1-9d5e-4c7b-8f3a-' || lpad({}::varchar, 12, '0') as user_id"
GOOD = {
    # 40 accounts a day; every second one has been on two plans.
    "dim_users": f"""
        select {USER.format("(range % 400)")}, case when range < 400 then 'free' else 'premium' end
            as plan, timestamp '2026-01-01' + to_days((range % 400 // 40)::int) as created_at,
            case when range < 400 then created_at else created_at + to_days(30) end as valid_from,
            case when range < 400 and range % 2 = 1 then created_at + to_days(30) end as valid_to,
            valid_to is null as is_current
        from range(800)
        where range < 400 or range % 2 = 1
    """,
    "fct_subscription_events": f"""
        select 's' || range as subscription_event_id,
            date '2026-01-31' + (range // 40)::int as change_date,
            change_date + time '23:59:59' as changed_at, {USER.format("(range % 400)")},
            'free' as from_plan, 'premium' as to_plan, 'start' as movement,
            10.99::decimal(18, 6) as monthly_price_usd
        from range(400)
    """,
    "fct_monthly_subscriptions": """
        select month_start_date, plan,
            case when month_start_date = '2026-01-01' then 0 when plan = 'free' then 400 else 0 end
                as opening_users,
            case when month_start_date = '2026-01-01' and plan = 'free' then 400
                when month_start_date = '2026-02-01' and plan = 'premium' then 200 else 0 end
                as started_users,
            case when month_start_date = '2026-02-01' and plan = 'free' then 200 else 0 end
                as stopped_users,
            opening_users + started_users - stopped_users as closing_users
        from (select unnest([date '2026-01-01', date '2026-02-01']) as month_start_date)
        cross join (select unnest(['free', 'premium', 'family', 'student']) as plan)
    """,
}
FIRST = "user_id like '%000000000001' and plan = 'free'"
BROKEN = {
    ("dim_users", 0): (
        "user_id = '6f1f64d1-9d5e-4c7b-8f3a-000000000000', valid_from = '2026-01-01',"
        " created_at = '2026-01-01' where user_id like '%000000000002'"
    ),
    ("dim_users", 1): f"valid_to = '2026-01-20' where {FIRST}",
    ("dim_users", 2): f"plan = 'premium' where {FIRST}",
    ("dim_users", 3): f"is_current = true where {FIRST}",
    ("dim_users", 4): f"created_at = '2026-01-01 00:00:01' where {FIRST}",
    ("dim_users", 5): "user_id = 'u-1f0c' where user_id like '%000000000000'",
    ("dim_users", 6): (
        "created_at = '2026-01-02', valid_from = '2026-01-02'"
        " where plan = 'free' and valid_to is null and valid_from = '2026-01-09'"
    ),
    ("fct_subscription_events", 0): (
        "subscription_event_id = 's398' where subscription_event_id = 's399'"
    ),
    ("fct_subscription_events", 1): (
        "changed_at = change_date + interval 1 day where subscription_event_id = 's7'"
    ),
    ("fct_subscription_events", 2): "movement = 'none' where subscription_event_id = 's7'",
    ("fct_subscription_events", 3): "to_plan = 'free', from_plan = 'premium'",
    ("fct_subscription_events", 4): "user_id = 'u-1f0c' where subscription_event_id = 's7'",
    ("fct_subscription_events", 5): (
        "user_id = '6f1f64d1-9d5e-4c7b-8f3a-999999999999' where change_date = '2026-01-31'"
    ),
    ("fct_subscription_events", 6): (
        "change_date = '2026-01-31', changed_at = '2026-01-31' where change_date = '2026-02-08'"
        " and subscription_event_id > 's333'"
    ),
    ("fct_monthly_subscriptions", 0): (
        "plan = 'student' where plan = 'family' and month_start_date = '2026-02-01'"
    ),
    ("fct_monthly_subscriptions", 1): "started_users = 1 where plan = 'family'",
    ("fct_monthly_subscriptions", 2): (
        "opening_users = 1, stopped_users = 1 where plan = 'family'"
        " and month_start_date = '2026-02-01'"
    ),
    ("fct_monthly_subscriptions", 3): (
        "month_start_date = '2025-12-01' where plan = 'family' and month_start_date = '2026-01-01'"
    ),
    ("fct_monthly_subscriptions", 4): (
        "month_start_date = '2026-03-01' where month_start_date = '2026-02-01'"
    ),
    ("fct_monthly_subscriptions", 5): (
        "closing_users = case plan when 'family' then -1 else 1 end,"
        " started_users = case plan when 'family' then 0 else 1 end,"
        " stopped_users = case plan when 'family' then 1 else 0 end"
        " where plan in ('family', 'student') and month_start_date = '2026-02-01'"
    ),
    ("fct_monthly_subscriptions", 6): (
        "started_users = 1, closing_users = 1 where plan = 'family'"
        " and month_start_date = '2026-02-01'"
    ),
}
