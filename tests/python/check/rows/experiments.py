"""Good and broken rows of models/marts/experiments; see test_reference_suites.py."""

from __future__ import annotations

GOOD = {
    "fct_experiment_results": """
        select 'e' || range // 2 as experiment_id,
            ['streams_per_user', 'listening_hours_per_user'][range % 2 + 1] as metric,
            1000 as control_users, 1010 as treatment_users, 3 as crossed_users,
            1.0::double as lift, 0.5::double as standard_error,
            2000.0::double as degrees_of_freedom, 0.02::double as ci_low, 1.98::double as ci_high
        from range(6)
    """,
}
READ = {
    ("fct_experiment_results", "stg_experiment_exposed"): """
        select 'e' || range // 2013 as experiment_id, 'u' || range % 2013 as user_id
        from range(6039)
    """,
}
BROKEN = {
    ("fct_experiment_results", 0): "metric = 'streams_per_user' where experiment_id = 'e1'",
    ("fct_experiment_results", 1): (
        "experiment_id = 'e9' where experiment_id = 'e1' and metric = 'streams_per_user'"
    ),
    ("fct_experiment_results", 2): "ci_low = 1.01 where experiment_id = 'e1'",
    ("fct_experiment_results", 3): "ci_low = null where experiment_id = 'e1'",
    ("fct_experiment_results", 4): "treatment_users = 1300 where experiment_id = 'e1'",
    ("fct_experiment_results", 5): "crossed_users = 120 where experiment_id = 'e1'",
    ("fct_experiment_results", 6): "control_users = 999 where experiment_id = 'e1'",
}
