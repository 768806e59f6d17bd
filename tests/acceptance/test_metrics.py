"""Metrics, asked with `mf query`, are what plain SQL on the marts says."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from reference_warehouse import Reference, reference_of
from truths import World

pytestmark = pytest.mark.slow

# Each metric by month, in SQL that knows nothing of the semantic models.
BY_MONTH = {
    "streams": ("fct_streams", "stream_date", "count(*)"),
    "listening_hours": ("fct_streams", "stream_date", "sum(ms_played) / 3600000"),
    "listeners": ("fct_streams", "stream_date", "count(distinct user_id)"),
    "streams_per_listener": ("fct_streams", "stream_date", "count(*) / count(distinct user_id)"),
    "plays": ("fct_daily_skip_rates", "activity_date", "sum(plays)"),
    "skips": ("fct_daily_skip_rates", "activity_date", "sum(skips)"),
    "skip_rate": ("fct_daily_skip_rates", "activity_date", "sum(skips) / sum(plays)"),
    "daily_active_users": (
        "fct_daily_active_users",
        "activity_date",
        "arg_max(daily_active_users, activity_date)",
    ),
    "weekly_active_users": (
        "fct_daily_active_users",
        "activity_date",
        "arg_max(weekly_active_users, activity_date)",
    ),
    "monthly_active_users": (
        "fct_daily_active_users",
        "activity_date",
        "arg_max(monthly_active_users, activity_date)",
    ),
    "stickiness": (
        "fct_daily_active_users",
        "activity_date",
        "arg_max(daily_active_users / monthly_active_users, activity_date)",
    ),
    "new_listeners": ("fct_daily_active_users", "activity_date", "sum(new_users)"),
    "new_accounts": ("dim_users", "created_at", "count(distinct user_id)"),
    "subscription_starts": (
        "fct_subscription_events",
        "change_date",
        "count(*) filter (movement = 'start')",
    ),
    "subscription_cancels": (
        "fct_subscription_events",
        "change_date",
        "count(*) filter (movement = 'cancel')",
    ),
    "paid_conversion": (
        "(select distinct user_id, cast(created_at as date) as made_on from marts.dim_users)",
        "made_on",
        """count(*) filter (exists (
            select 1 from marts.fct_subscription_events as events
            where events.user_id = each.user_id and movement = 'start'
            and change_date >= made_on and change_date < made_on + 30
        )) / count(*)""",
    ),
    "cohort_users": ("fct_retention_cohorts", "cohort_date", "sum(cohort_users)"),
    "retained_users": ("fct_retention_cohorts", "cohort_date", "sum(retained_users)"),
    **{
        f"retention_day_{day}": (
            f"(select * from marts.fct_retention_cohorts where day_number = {day})",
            "cohort_date",
            "sum(retained_users) / sum(cohort_users)",
        )
        for day in (1, 7, 28)
    },
    "searches": ("fct_searches", "search_date", "count(*)"),
    "clicked_searches": ("fct_searches", "search_date", "count(*) filter (clicks > 0)"),
    "played_searches": ("fct_searches", "search_date", "count(*) filter (is_played)"),
    "search_conversion": ("fct_searches", "search_date", "avg(cast(is_played as bigint))"),
    "ad_impressions": ("fct_ad_impressions", "impression_date", "count(*)"),
    "clicked_impressions": (
        "fct_ad_impressions",
        "impression_date",
        "count(*) filter (is_clicked)",
    ),
    "click_through_rate": (
        "fct_ad_impressions",
        "impression_date",
        "avg(cast(is_clicked as bigint))",
    ),
    "ad_revenue_usd": ("fct_ad_impressions", "impression_date", "sum(revenue_usd)"),
    "royalty_usd": ("fct_monthly_royalties", "month_start_date", "sum(royalty_usd)"),
    "royalty_streams": ("fct_monthly_royalties", "month_start_date", "sum(streams)"),
}


@pytest.fixture(scope="module")
def reference(
    world_of: Callable[[int, bool], World], tmp_path_factory: pytest.TempPathFactory
) -> Reference:
    return reference_of(world_of(1, True), tmp_path_factory.mktemp("metrics") / "project")


def by_month(world: World, metric: str) -> dict[str, float]:
    """What plain SQL says."""
    table, day, expression = BY_MONTH[metric]
    source = table if table.startswith("(") else f"marts.{table}"
    found = world.query(
        f"select cast(date_trunc('month', {day}) as date), {expression}"
        f" from {source} as each group by all"
    )
    return {str(month): float(value) for month, value in found if value is not None}


def asked(reference: Reference, metrics: list[str]) -> dict[str, dict[str, float]]:
    """What MetricFlow says: the metrics by month, all in one question."""
    answer = reference.root / "answer.csv"
    reference.mf(
        *("query", "--metrics", ",".join(metrics)),
        *("--group-by", "metric_time__month", "--csv", str(answer)),
    )
    found: dict[str, dict[str, float]] = {metric: {} for metric in metrics}
    with answer.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            month = row.pop("metric_time__month")[:10]
            for metric, value in row.items():
                if value:
                    found[metric][month] = float(value)
    return found


def differs(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether a metric differs in a month. Nothing is 0: joined metrics fill months with it."""
    return any(
        not math.isclose(one.get(month, 0), other.get(month, 0), rel_tol=1e-9)
        for month in one.keys() | other.keys()
    )


def test_every_metric_is_what_plain_sql_says(reference: Reference) -> None:
    metrics = sorted(each["name"] for each in reference.world.manifest()["metrics"].values())
    assert metrics == sorted(BY_MONTH)
    expected = {metric: by_month(reference.world, metric) for metric in metrics}
    assert [metric for metric in metrics if not any(expected[metric].values())] == []
    found = asked(reference, metrics)
    assert [metric for metric in metrics if differs(found[metric], expected[metric])] == []


@pytest.mark.parametrize(
    "wrong", [{"a": 1.0}, {"a": 1.0, "b": 2.1}, {"a": 1.0, "b": 2.0, "c": 3.0}]
)
def test_a_metric_that_differs_in_one_month_would_be_found(wrong: dict[str, float]) -> None:
    right = {"a": 1.0, "b": 2.0, "d": 0.0}
    assert differs(wrong, right)
    assert not differs(right, {"a": 1.0 + 1e-12, "b": 2.0})


def test_every_saved_query_has_an_answer(reference: Reference, repository: Path) -> None:
    said = reference.call(str(repository / "tests" / "acceptance" / "saved_queries.py"))
    answers = json.loads(said.splitlines()[-1])
    queries = reference.world.manifest()["saved_queries"].values()
    assert answers.keys() == {each["name"] for each in queries}
    assert [name for name, answer in answers.items() if not answer["rows"]] == []
