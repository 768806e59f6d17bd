"""Rules broken one at a time: the truth must notice each, in the marts that the rule is about."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from mutants import Laboratory, Rule
from truths import World

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("HEADWATER_TRUTH_SEED", "1").split(",")[0])

# The rule that is broken → where it stands, and a mart that must then differ from its truth.
RULES = {
    "a stream is 30 seconds, not 31": (
        Rule("int_track_plays", r"ms_played >= 30000", "ms_played >= 31000"),
        "fct_streams",
    ),
    "a stream is 30 seconds, the last millisecond included": (
        Rule("int_track_plays", r"ms_played >= 30000", "ms_played > 30000"),
        "fct_monthly_royalties",
    ),
    "a date is one in UTC": (
        Rule(
            "int_track_plays",
            r"cast\(occurred_at as date\)",
            "cast(occurred_at + interval 1 hour as date)",
        ),
        "fct_daily_charts",
    ),
    "every event counts once": (
        Rule("stg_track_played_v2", r"is_first_valid_copy", "is_valid"),
        "fct_streams",
    ),
    "an invalid record counts for nothing": (
        Rule("stg_search_performed", r"where\s+is_first_valid_copy", "where event_id is not null"),
        "fct_searches",
    ),
    "a session ends after 30 minutes, not 31": (
        Rule("fct_listening_sessions", r"to_seconds\(1800\)", "to_seconds(1860)"),
        "fct_listening_sessions",
    ),
    "just 30 minutes are no gap": (
        Rule("fct_listening_sessions", r"> to_seconds\(1800\)", ">= to_seconds(1800)"),
        "fct_listening_sessions",
    ),
    "ties in the charts go by listeners": (
        Rule("fct_daily_charts", r"listeners desc, track_id", "track_id"),
        "fct_daily_charts",
    ),
    "then by track": (
        Rule("fct_daily_charts", r"track_id asc", "track_id desc"),
        "fct_daily_charts",
    ),
    "a search leads to clicks within a day": (
        Rule(
            "fct_searches",
            r"searches\.occurred_at \+ to_seconds\(86400\)",
            "searches.occurred_at + to_seconds(90000)",
        ),
        "fct_searches",
    ),
    "the last moment of that day included": (
        Rule(
            "fct_searches",
            r"clicks\.occurred_at <= searches",
            "clicks.occurred_at < searches",
        ),
        "fct_searches",
    ),
    "only one's own clicks count": (
        Rule("fct_searches", r"and searches\.user_id = clicks\.user_id", ""),
        "fct_searches",
    ),
    "a click on an ad comes after it": (
        Rule("fct_ad_impressions", r"and shown\.occurred_at <= clicks\.occurred_at", ""),
        "fct_ad_impressions",
    ),
    "a stream earns for who held its track then": (
        Rule(
            "fct_monthly_royalties",
            r"and streams\.ended_at >= versions\.valid_from"
            r"\s+and \(versions\.valid_to is null or streams\.ended_at < versions\.valid_to\)",
            "and versions.is_current",
        ),
        "fct_monthly_royalties",
    ),
    "and by the plan of that moment": (
        Rule(
            "fct_monthly_royalties",
            r"and streams\.ended_at >= plans\.valid_from"
            r"\s+and \(plans\.valid_to is null or streams\.ended_at < plans\.valid_to\)",
            "and plans.is_current",
        ),
        "fct_monthly_royalties",
    ),
    "the first account of a user counts": (
        Rule("int_accounts", r"order by occurred_at", "order by occurred_at desc"),
        "dim_users",
    ),
    "of changes of plan in one instant the last counts": (
        Rule(
            "int_user_plans", r"order by step desc, event_id desc", "order by step desc, event_id"
        ),
        "dim_users",
    ),
    "of changes of a track in one instant the last counts": (
        Rule("int_track_versions", r"order by event_id desc", "order by event_id"),
        "dim_tracks",
    ),
    "a week of active users is seven days": (
        Rule("fct_daily_active_users", r"\b6\b", "7"),
        "fct_daily_active_users",
    ),
    "a month of active users is 28 days": (
        Rule("fct_daily_active_users", r"> 27 then", "> 28 then"),
        "fct_daily_active_users",
    ),
    "who came back came on that very day": (
        Rule("fct_retention_cohorts", r"created_date \+ 7\b", "created_date + 6"),
        "fct_retention_cohorts",
    ),
    "what the client calls a skip is one": (
        Rule(
            "int_track_plays_v2",
            r"coalesce\(skipped, reason_end = 'fwdbtn'\)",
            "reason_end = 'fwdbtn'",
        ),
        "fct_daily_skip_rates",
    ),
    "a user is measured for seven days": (
        Rule("fct_experiment_results", r"to_seconds\(\D*604800\D*?\)", "to_seconds(691200)"),
        "fct_experiment_results",
    ),
    "users of both variants belong to neither": (
        Rule("fct_experiment_results", r"first_variant <> last_variant", "false"),
        "fct_experiment_results",
    ),
    "to and fro between free plans is no start": (
        Rule("fct_subscription_events", r"when from_plan = to_plan then 'none'", ""),
        "fct_subscription_events",
    ),
    "who left a plan is no longer on it": (
        Rule("fct_monthly_subscriptions", r"started_users - stopped_users", "started_users"),
        "fct_monthly_subscriptions",
    ),
    "who is called as before goes on": (
        Rule("dim_artists", r"previous_name is null or previous_name <> artist_name", "true"),
        "dim_artists",
    ),
    "a track withdrawn cannot be played": (
        Rule("int_track_versions", r"change <> 'withdrawn'", "true"),
        "dim_tracks",
    ),
    "a listener of two tracks is one": (
        Rule("fct_daily_listening", r"count\(distinct user_id\)", "count(user_id)"),
        "fct_daily_listening",
    ),
    "a like taken back is no like": (
        Rule("fct_playlist_edits", r"case when is_liked .* end as edit", "'liked' as edit"),
        "fct_playlist_edits",
    ),
    "the week ends with Saturday and Sunday": (
        Rule("dim_dates", r"extract\(isodow from date_day\)", "1 + dayofweek(date_day)"),
        "dim_dates",
    ),
}


@pytest.fixture(scope="module")
def laboratory(
    world_of: Callable[[int, bool], World], tmp_path_factory: pytest.TempPathFactory
) -> Laboratory:
    return Laboratory(world_of(SEED, True), tmp_path_factory.mktemp("laboratory") / "copy")


def test_a_rule_of_every_mart_is_broken(laboratory: Laboratory) -> None:
    assert {mart for _, mart in RULES.values()} == laboratory.world.marts()


@pytest.mark.parametrize("name", sorted({rule.model for rule, _ in RULES.values()}))
def test_a_model_as_it_is_gives_the_truth(laboratory: Laboratory, name: str) -> None:
    assert laboratory.marts_that_differ(name) == set()


@pytest.mark.parametrize("what", RULES)
def test_the_truth_notices_a_broken_rule(laboratory: Laboratory, what: str) -> None:
    rule, mart = RULES[what]
    assert mart in laboratory.broken_marts(rule)
