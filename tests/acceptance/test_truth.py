"""Every mart of the music warehouse, row for row, against what the simulation knows."""

from __future__ import annotations

import math
import os
from collections.abc import Callable

import pytest
from truths import World, differences, true_rows

pytestmark = pytest.mark.slow

# HEADWATER_TRUTH_SEED is for anyone who wants to see another world.
SEEDS = [int(seed) for seed in os.environ.get("HEADWATER_TRUTH_SEED", "1,2,3").split(",")]


@pytest.fixture(scope="module", params=SEEDS, ids="seed {}".format)
def world(request: pytest.FixtureRequest, world_of: Callable[[int, bool], World]) -> World:
    """Simulated and built; the first seed's is large enough for every rule to matter."""
    return world_of(request.param, request.param == SEEDS[0])


@pytest.fixture(scope="module")
def large(world_of: Callable[[int, bool], World]) -> World:
    return world_of(SEEDS[0], True)


def test_every_mart_has_a_truth_and_every_truth_a_mart(world: World) -> None:
    assert world.truths() == world.marts()


def test_every_mart_equals_its_truth(world: World) -> None:
    found = {}
    with world.reading() as connection:
        for mart in sorted(world.marts()):
            lines = differences(connection, true_rows(world, mart), f"from marts.{mart}")
            if lines:
                found[mart] = lines
    assert not found, "\n".join(f"{mart} {line}" for mart in found for line in found[mart])


def test_every_delivery_hour_has_the_counts_that_were_delivered(world: World) -> None:
    found = (
        "select event_type, hour, row_count, invalid, duplicates, coalesce(unparsed, 0) as unparsed"
    )
    with world.reading() as connection:
        assert not differences(
            connection, f"from '{world.truth}/hours.parquet'", f"{found} from ops.hours"
        )


def test_every_violation_is_found_as_often_as_it_was_made(world: World) -> None:
    expected = f"""
        select event_type, violation, amount from '{world.truth}/delivery.parquet'
        where measure = 'violation'
    """
    found = """
        select event_type, violation, sum(row_count)::bigint as amount from ops.violations
        group by event_type, violation
    """
    with world.reading() as connection:
        assert not differences(connection, expected, found)


def test_every_event_of_which_a_sound_copy_came_is_in_staging_once(world: World) -> None:
    bases = world.query(
        "select table_name[6:] from duckdb_tables() where schema_name = 'staging'"
        " and database_name = 'warehouse'"
    )
    found = " union all ".join(
        f"select '{event}' as event_type, countif(is_first_valid_copy)::bigint as amount"
        f" from staging.base_{event}"
        for (event,) in bases
    )
    expected = f"""
        select event_type, amount from '{world.truth}/delivery.parquet'
        where measure = 'delivered'
    """
    with world.reading() as connection:
        assert not differences(connection, expected, found)


# What must have happened in the large world, or equality would say little of the rule.
HAPPENED = {
    "a play of just 30 seconds": """
        select countif(ms_played = 30000) > 0 and min(ms_played) = 30000
        from '{truth}/marts/fct_streams.parquet'
    """,
    "a session across midnight": """
        select countif(started_at::date < ended_at::date) > 0
        from '{truth}/marts/fct_listening_sessions.parquet'
    """,
    "two sessions just a millisecond too far apart": """
        select countif(gap_ms = 1800001) > 0 and min(gap_ms) = 1800001
        from (
            select epoch_ms(started_at) - epoch_ms(lag(ended_at) over (
                partition by user_id order by started_at
            )) as gap_ms
            from '{truth}/marts/fct_listening_sessions.parquet'
        )
    """,
    "a pause of just 30 minutes within a session": """
        select count(*) > 0
        from staging.stg_track_played_v2 as play
        inner join staging.stg_track_played_v2 as next
            on play.session_id = next.session_id
            and epoch_ms(next.occurred_at) - next.ms_played - epoch_ms(play.occurred_at) = 1800000
    """,
    "a tie in the charts, of streams and listeners": """
        select count(*) > 0
        from '{truth}/marts/fct_daily_charts.parquet' as one
        inner join '{truth}/marts/fct_daily_charts.parquet' as other
            using (chart_date, country, streams, listeners)
        where one.rank < other.rank and one.streams > 1
    """,
    "a tie in the charts, of streams alone": """
        select count(*) > 0
        from '{truth}/marts/fct_daily_charts.parquet' as one
        inner join '{truth}/marts/fct_daily_charts.parquet' as other
            using (chart_date, country, streams)
        where one.rank < other.rank and one.listeners > other.listeners
    """,
    "a chart cut off at its fiftieth place": """
        select max(rank) = 50 from '{truth}/marts/fct_daily_charts.parquet'
    """,
    "streams of a track before and after it was sold": """
        select count(*) > 0
        from '{truth}/marts/dim_tracks.parquet' as old
        inner join '{truth}/marts/dim_tracks.parquet' as new
            on old.track_id = new.track_id
            and old.valid_to = new.valid_from
            and old.rights_holder_id != new.rights_holder_id
        inner join '{truth}/marts/fct_streams.parquet' as earlier
            on old.track_id = earlier.track_id
            and earlier.ended_at between old.valid_from and old.valid_to
        inner join '{truth}/marts/fct_streams.parquet' as later
            on new.track_id = later.track_id
            and later.ended_at between new.valid_from and coalesce(new.valid_to, 'infinity')
    """,
    "streams of a user before and after a change from or to free": """
        select count(*) > 0
        from '{truth}/marts/dim_users.parquet' as old
        inner join '{truth}/marts/dim_users.parquet' as new
            on old.user_id = new.user_id
            and old.valid_to = new.valid_from
            and (old.plan = 'free') != (new.plan = 'free')
        inner join '{truth}/marts/fct_streams.parquet' as earlier
            on old.user_id = earlier.user_id
            and earlier.ended_at between old.valid_from and old.valid_to
        inner join '{truth}/marts/fct_streams.parquet' as later
            on new.user_id = later.user_id
            and later.ended_at between new.valid_from and coalesce(new.valid_to, 'infinity')
    """,
    "a stream of nobody's track": """
        select countif(rights_holder_id = 'unknown') > 0
        from '{truth}/marts/fct_monthly_royalties.parquet'
    """,
    "two changes of a track, or of a user, in one instant": """
        select
            (
                select count(*) > count(distinct (track_id, occurred_at))
                from staging.stg_catalogue_track_changed
            ) and (
                select count(*) > count(distinct (user_id, occurred_at))
                from staging.stg_subscription_changed
            )
    """,
    "a change of plan before the account, and one without an account": """
        select
            countif(changes.occurred_at < accounts.created_at) > 0
            and countif(accounts.created_at is null) > 0
        from staging.stg_subscription_changed as changes
        left join (
            select user_id, min(occurred_at) as created_at
            from staging.stg_account_created group by user_id
        ) as accounts using (user_id)
    """,
    "a second account of a user": """
        select count(*) > count(distinct user_id) from staging.stg_account_created
    """,
    "a change of plan on the first instant of a month": """
        select countif(valid_from = date_trunc('month', valid_from)) > 0
        from '{truth}/marts/dim_users.parquet'
    """,
    "a play that came three weeks late": """
        select max(received_at - occurred_at) > interval 21 days
        from staging.base_track_played where is_first_valid_copy
    """,
    "a copy that came days after the first": """
        select count(*) > 0
        from staging.base_track_played as first
        inner join staging.base_track_played as copy using (event_id)
        where first.is_first_valid_copy and copy.is_valid
            and copy.received_at > first.received_at + interval 2 days
    """,
    "a valid copy of what came invalid at first": """
        select count(*) > 0
        from staging.base_track_played as first
        inner join staging.base_track_played as copy using (event_id)
        where not first.is_valid and copy.is_valid and copy.received_at > first.received_at
    """,
    "a clock ahead of the hour of arrival": """
        select countif(occurred_at > received_at) > 0
        from staging.base_track_played where is_first_valid_copy
    """,
    "plays of both majors": """
        select count(distinct schema_version[1]) = 2 from staging.base_track_played where is_valid
    """,
    "a skip that only one of the two rules sees": """
        select
            countif(skipped is null and reason_end = 'fwdbtn') > 0
            and countif(skipped and reason_end != 'fwdbtn') > 0
            and countif(not skipped and reason_end = 'fwdbtn') > 0
        from staging.stg_track_played_v2
    """,
    "clicks just within, just after and before what counts": """
        select
            countif(late_ms = 86400000) > 0
            and countif(late_ms > 86400000) > 0
            and countif(late_ms < 0) > 0
        from (
            select epoch_ms(clicks.occurred_at) - epoch_ms(searches.occurred_at) as late_ms
            from staging.stg_search_performed as searches
            inner join staging.stg_search_result_clicked as clicks using (search_id, user_id)
        )
    """,
    "a click by somebody else": """
        select count(*) > 0
        from staging.stg_search_performed as searches
        inner join staging.stg_search_result_clicked as clicks using (search_id)
        where searches.user_id != clicks.user_id
    """,
    "searches of every step": """
        select count(distinct funnel_step) = 4 from '{truth}/marts/fct_searches.parquet'
    """,
    "a search without an id": """
        select countif(search_id is null) > 0 from '{truth}/marts/fct_searches.parquet'
    """,
    "an ad that was clicked": """
        select countif(is_clicked) > 0 from '{truth}/marts/fct_ad_impressions.parquet'
    """,
    "every movement of subscriptions": """
        select count(distinct movement) = 4 from '{truth}/marts/fct_subscription_events.parquet'
    """,
    "a date without any play": """
        select countif(daily_active_users = 0) > 0 and countif(new_users > 0) > 0
        from '{truth}/marts/fct_daily_active_users.parquet'
    """,
    "users of either variant, and of both": """
        select max(crossed_users) > 0 and countif(ci_low < ci_high) > 0
        from '{truth}/marts/fct_experiment_results.parquet'
    """,
    "an artist under two names": """
        select count(*) > count(distinct artist_id) from '{truth}/marts/dim_artists.parquet'
    """,
    "a track withdrawn": """
        select countif(not is_available) > 0 from '{truth}/marts/dim_tracks.parquet'
    """,
}


@pytest.mark.parametrize("what", HAPPENED)
def test_the_large_world_holds(large: World, what: str) -> None:
    assert large.value(HAPPENED[what])


def test_no_truth_is_empty(large: World) -> None:
    for mart in large.truths():
        assert large.value(f"select count(*) from '{{truth}}/marts/{mart}.parquet'"), mart


def within(quantile: float, degrees_of_freedom: float) -> float:
    """How much of Student's t lies within plus or minus `quantile`: Simpson's rule."""
    power = (degrees_of_freedom + 1) / 2
    scale = math.exp(math.lgamma(power) - math.lgamma(degrees_of_freedom / 2))
    scale /= math.sqrt(degrees_of_freedom * math.pi)
    step = quantile / 1000
    heights = [(1 + (place * step) ** 2 / degrees_of_freedom) ** -power for place in range(1001)]
    inner = 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2])
    return 2 * scale * step / 3 * (heights[0] + inner + heights[-1])


def test_the_interval_of_a_lift_is_one_of_95_percent(large: World) -> None:
    """Model and truth take the quantile from the same series; this integrates the density."""
    found = large.query("""
        select (ci_high - lift) / standard_error, (lift - ci_low) / standard_error,
            degrees_of_freedom
        from marts.fct_experiment_results where ci_low is not null
    """)
    assert found
    for above, below, freedom in found:
        assert math.isclose(within(above, freedom), 0.95, abs_tol=1e-6)
        assert math.isclose(above, below, rel_tol=1e-9)
        # What would do of large samples would not do here.
        assert within(1.959963984540054, freedom) < 0.949
