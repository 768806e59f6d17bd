"""Good and broken rows of models/marts/calendar; see test_reference_suites.py."""

from __future__ import annotations

GOOD = {
    "dim_dates": """
        select date_day, month(date_day) as month, date_trunc('month', date_day)::date
            as month_start_date, isodow(date_day) as day_of_week,
            isodow(date_day) in (6, 7) as is_weekend
        from (select date '2015-01-01' + range::int as date_day from range(60))
    """,
}
BROKEN = {
    ("dim_dates", 0): (
        "date_day = '2015-02-28', month = 2, month_start_date = '2015-02-01',"
        " day_of_week = 6, is_weekend = true where date_day = '2015-03-01'"
    ),
    ("dim_dates", 1): "date_day = '2015-03-02' where date_day = '2015-03-01'",
    ("dim_dates", 2): (
        "date_day = '2014-12-31', month = 12, month_start_date = '2014-12-01',"
        " day_of_week = 3, is_weekend = false where date_day = '2015-03-01'"
    ),
    ("dim_dates", 3): "day_of_week = 0 where date_day = '2015-01-01'",
    ("dim_dates", 4): "is_weekend = true where date_day = '2015-01-01'",
    ("dim_dates", 5): "month_start_date = '2015-01-02' where date_day = '2015-01-01'",
}
