"""Good and broken rows of models/marts/growth; see test_reference_suites.py."""

from __future__ import annotations

GOOD = {
    "fct_daily_active_users": """
        select date '2026-01-01' + range::int as activity_date, 100 as daily_active_users,
            100 + 10 * least(range, 6) as weekly_active_users,
            100 + 10 * least(range, 27) as monthly_active_users,
            case when range = 0 then 100 else 10 end as new_users
        from range(40)
    """,
    "fct_retention_cohorts": """
        select date '2026-01-01' + (range // 3)::int as cohort_date,
            [1, 7, 28][range % 3 + 1] as day_number, 1000 as cohort_users,
            400 as retained_users, 0.4::double as retention_rate
        from range(30)
    """,
}
# Mart, another model that its suite reads: rows of that one which agree with the good ones.
READ = {
    # a hundred users every date, ten of them new ones from the second on
    ("fct_daily_active_users", "int_user_dates"): """
        select date '2026-01-01' + (range // 100)::int as activity_date,
            'u' || range // 100 * 10 + range % 100 as user_id
        from range(4000)
    """,
    ("fct_retention_cohorts", "int_accounts"): """
        select date '2026-01-01' + (range // 1000)::int as created_date from range(10000)
    """,
}
BROKEN = {
    ("fct_daily_active_users", 0): (
        "activity_date = activity_date + 1 where activity_date > '2026-02-05'"
    ),
    ("fct_daily_active_users", 1): "new_users = -1 where activity_date = '2026-01-02'",
    ("fct_daily_active_users", 2): "new_users = 101 where activity_date = '2026-01-02'",
    ("fct_daily_active_users", 3): "weekly_active_users = 99 where activity_date = '2026-01-02'",
    ("fct_daily_active_users", 4): "monthly_active_users = 150 where activity_date = '2026-02-02'",
    ("fct_daily_active_users", 5): (
        "weekly_active_users = 701, monthly_active_users = 701 where activity_date = '2026-02-02'"
    ),
    ("fct_daily_active_users", 6): (
        "monthly_active_users = 2801 where activity_date = '2026-02-02'"
    ),
    ("fct_daily_active_users", 7): (
        "daily_active_users = 40, new_users = 0 where activity_date = '2026-02-08'"
    ),
    ("fct_daily_active_users", 8): ("daily_active_users = 99 where activity_date = '2026-01-20'"),
    ("fct_daily_active_users", 9): "new_users = 0 where activity_date = '2026-01-20'",
    ("fct_retention_cohorts", 0): (
        "day_number = 7 where cohort_date = '2026-01-01' and day_number = 28"
    ),
    ("fct_retention_cohorts", 1): (
        "day_number = 8 where cohort_date = '2026-01-01' and day_number = 7"
    ),
    ("fct_retention_cohorts", 2): (
        "cohort_users = 0, retained_users = 0, retention_rate = 0 where cohort_date = '2026-01-01'"
    ),
    ("fct_retention_cohorts", 3): (
        "retained_users = 1001, retention_rate = 1.001 where cohort_date = '2026-01-01'"
    ),
    ("fct_retention_cohorts", 4): "retention_rate = 0.41 where cohort_date = '2026-01-01'",
    ("fct_retention_cohorts", 5): (
        "cohort_users = 800, retention_rate = 0.5"
        " where cohort_date = '2026-01-01' and day_number = 28"
    ),
    ("fct_retention_cohorts", 6): "retained_users = 0, retention_rate = 0 where day_number = 1",
    ("fct_retention_cohorts", 7): (
        "cohort_users = 2001, retention_rate = 400 / 2001 where cohort_date = '2026-01-09'"
    ),
    ("fct_retention_cohorts", 8): (
        "cohort_users = 800, retention_rate = 0.5 where cohort_date = '2026-01-01'"
    ),
}
