"""Good and broken rows of models/marts/ads; see test_reference_suites.py."""

from __future__ import annotations

GOOD = {
    "fct_ad_impressions": """
        select 's' || range as impression_event_id,
            date '2026-01-31' + (range // 40)::int as impression_date,
            impression_date + time '23:59:59' as shown_at,
            '6f1f64d1-9d5e-4c7b-8f3a-' || lpad((range % 20)::varchar, 12, '0') as user_id,
            0.0125::decimal(18, 6) as revenue_usd, range % 10 = 1 as is_clicked,
            case when range % 10 = 1 then shown_at + interval 1 minute end as clicked_at
        from range(400)
    """,
}
BROKEN = {
    ("fct_ad_impressions", 0): "impression_event_id = 's398' where impression_event_id = 's399'",
    ("fct_ad_impressions", 1): (
        "shown_at = impression_date + interval 1 day where impression_event_id = 's8'"
    ),
    ("fct_ad_impressions", 2): (
        "clicked_at = shown_at - interval 1 second where impression_event_id = 's1'"
    ),
    ("fct_ad_impressions", 3): "revenue_usd = 1.000001 where impression_event_id = 's7'",
    ("fct_ad_impressions", 4): (
        "is_clicked = true, clicked_at = shown_at where impression_event_id < 's3'"
    ),
    ("fct_ad_impressions", 5): "user_id = 'u-1f0c' where impression_event_id = 's7'",
    ("fct_ad_impressions", 6): (
        "user_id = '6f1f64d1-9d5e-4c7b-8f3a-999999999999' where impression_event_id < 's2'"
    ),
    ("fct_ad_impressions", 7): (
        "impression_date = '2026-01-31', shown_at = '2026-01-31'"
        " where impression_date = '2026-02-08' and impression_event_id > 's333'"
    ),
}
