"""Each expectation of the reference warehouse holds on good rows and fails on its bad ones."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from headwater.check import check, read_suites

USER = "6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90"
GOOD = {
    "fct_streams": f"""
        select 's' || range as stream_id, date '2026-01-31' as stream_date,
            timestamp '2026-01-31 23:59:59' as ended_at, '{USER}' as user_id,
            30000 + range as ms_played, 'SE' as country, 'artist' as main_artist_id
        from range(100)
    """,
    "fct_daily_listening": """
        select date '2026-01-31' + range::int as stream_date, 'SE' as country, 10 as streams,
            2 as listeners, 5 as tracks, 4 as completed_streams, 1000000 as ms_played
        from range(10)
    """,
}

# Model, number of the expectation in its suite: an update that breaks it and nothing else.
BROKEN = {
    ("fct_streams", 0): "ms_played = 29999 where stream_id = 's7'",
    ("fct_streams", 1): "user_id = 'u-1f0c' where stream_id = 's7'",
    ("fct_streams", 2): "ended_at = timestamp '2026-02-01 00:00' where stream_id = 's7'",
    ("fct_streams", 3): "country = null where ms_played < 30021",
    ("fct_streams", 4): "main_artist_id = null where ms_played < 30006",
    ("fct_daily_listening", 0): "stream_date = '2026-02-01' where stream_date = '2026-01-31'",
    ("fct_daily_listening", 1): (
        "listeners = 0, streams = 0, tracks = 0, completed_streams = 0, ms_played = 0"
    ),
    ("fct_daily_listening", 2): "listeners = 11 where stream_date = '2026-01-31'",
    ("fct_daily_listening", 3): "tracks = 11 where stream_date = '2026-01-31'",
    ("fct_daily_listening", 4): "completed_streams = 11 where stream_date = '2026-01-31'",
    ("fct_daily_listening", 5): "ms_played = 299999 where stream_date = '2026-01-31'",
    ("fct_daily_listening", 6): "ms_played = 172800001 where stream_date = '2026-01-31'",
}


@pytest.fixture
def reference(make_small: Any, repository: Path) -> Any:
    small = make_small()
    for model, rows in GOOD.items():
        small.mart(model, rows, personal=("user_id",) if model == "fct_streams" else ())
    target = small.project.root / "tests" / "expectations"
    shutil.copytree(repository / "tests" / "expectations", target)
    return small


def failing(small: Any, model: str) -> list[int]:
    report = check(small.project, small.database, [model])
    assert report.diagnostics == ()
    return [number for number, each in enumerate(report.results) if not each.passed]


def test_every_suite_is_covered(repository: Path) -> None:
    suites = read_suites(repository)
    assert [each for suite in suites for each in suite.diagnostics] == []
    assert {
        (suite.model, number) for suite in suites for number in range(len(suite.expectations))
    } == set(BROKEN)


@pytest.mark.parametrize("model", GOOD)
def test_good_rows_pass(reference: Any, model: str) -> None:
    assert failing(reference, model) == []


@pytest.mark.parametrize("model", GOOD)
def test_a_mart_without_rows_passes(reference: Any, model: str) -> None:
    reference.sql(f"delete from marts.{model}")
    assert failing(reference, model) == []


@pytest.mark.parametrize(("model", "number"), BROKEN)
def test_each_expectation_fails_on_the_rows_it_is_for(
    reference: Any, model: str, number: int
) -> None:
    reference.sql(f"update marts.{model} set {BROKEN[model, number]}")
    assert failing(reference, model) == [number]
