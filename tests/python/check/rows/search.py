"""Good and broken rows of models/marts/search; see test_reference_suites.py."""

from __future__ import annotations

GOOD = {
    "fct_searches": """
        select 's' || range as search_event_id, 'i' || range as search_id,
            date '2026-01-31' + (range // 40)::int as search_date,
            search_date + time '23:59:59' as searched_at,
            '6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90' as user_id, 10 as result_count,
            100.0::double as latency_ms, range % 2 as clicks,
            case when range % 2 = 1 then 3 end as first_click_position,
            case when range % 2 = 1 then searched_at + interval 1 minute end as first_clicked_at,
            range % 4 = 1 as is_played,
            case range % 4 when 1 then 'played' when 3 then 'clicked' else 'results' end
                as funnel_step
        from range(400)
    """,
}
READ = {
    ("fct_searches", "dim_users"): """
        select '6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90' as user_id
    """,
}
BROKEN = {
    ("fct_searches", 0): "search_event_id = 's398' where search_event_id = 's399'",
    ("fct_searches", 1): "searched_at = search_date + interval 1 day where search_event_id = 's8'",
    ("fct_searches", 2): "funnel_step = 'no_results' where search_event_id = 's8'",
    ("fct_searches", 3): "first_click_position = null where search_event_id = 's7'",
    ("fct_searches", 4): "user_id = 'u-1f0c' where search_event_id = 's7'",
    ("fct_searches", 5): "search_id = null where search_event_id < 's36'",
    (
        "fct_searches",
        6,
    ): "latency_ms = 30001 where search_event_id in ('s7', 's8', 's9', 's10', 's11')",
    ("fct_searches", 7): (
        "search_date = '2026-01-31', searched_at = '2026-01-31' where search_date = '2026-02-08'"
        " and search_event_id > 's333'"
    ),
    ("fct_searches", 8): (
        "user_id = '6f1f64d1-9d5e-4c7b-8f3a-999999999999' where search_event_id < 's118'"
    ),
}
