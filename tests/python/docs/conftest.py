"""A warehouse whose front page has something of everything to show."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest

from headwater.check import check
from headwater.publish import publish

NOW = dt.datetime(2026, 1, 31, 12, 20)


@pytest.fixture
def busy(small: Any, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two event types (one late), a failed mart, a warning, a published mart, two runs."""
    monkeypatch.setenv("HEADWATER_NOW", NOW.isoformat() + "Z")
    shutil.copytree(repository / "contracts", small.project.root / "contracts")
    for event, latest in (("track_played", NOW), ("search_performed", NOW - dt.timedelta(hours=9))):
        for back in range(1, 40):
            hour = latest.replace(minute=0) - dt.timedelta(hours=back)
            rows = 4000 + 900 * (hour.hour - 12) if hour.hour % 11 else 700
            rows = max(rows, 120)
            invalid = rows // 40 if event == "track_played" else 0
            small.sql(
                "insert into ops.hours (event_type, hour, row_count, invalid, duplicates)"
                " values (?, ?, ?, ?, ?)", event, hour, rows, invalid, rows // 60,
            )  # fmt: skip
            if invalid:
                for violation, part in (("ms_played.maximum", 3), ("platform.enum", 1)):
                    small.sql(
                        "insert into ops.violations values (?, ?, ?, ?)",
                        event, hour, violation, invalid * part // 4,
                    )  # fmt: skip
    small.sql(
        "insert into ops.files (event_type, path, status, unparsed, loaded_at) values"
        " ('track_played', 'track_played/a.ndjson', 'loaded', 12, ?)", NOW,
    )  # fmt: skip
    small.suite(
        "daily_sums",
        "model: daily_sums\nexpectations:\n"
        "  - expect_column_sum_to_be_between: {column: amount, max_value: 150}\n"
        "    severity: warning\n    description: Nobody sums so much.\n"
        "  - expect_column_values_to_not_be_null: {column: sum_date}\n    severity: critical\n",
    )
    check(small.project, small.database, run_id="20260131T110000-0a1b")
    publish(small.project, small.database)
    small.mart("fct_broken", "select range as n from range(10)", description="Never right.")
    small.suite(
        "fct_broken",
        'model: fct_broken\nowner: broken-team\nchannel: "#broken"\nexpectations:\n'
        "  - expect_column_values_to_be_between: {column: n, min_value: 1}\n"
        "    severity: critical\n",
    )
    check(small.project, small.database, ["fct_broken"])
    small.sql(
        "insert into ops.built select distinct model, '', 0, 'code', timestamp '2026-01-31 11:58'"
        " from ops.changed_dates"
    )
    for number, status in ((1, "ok"), (2, "failed")):
        started = NOW - dt.timedelta(hours=2 - number, minutes=20)
        small.sql(
            "insert into ops.runs (run_id, job, status, started_at, finished_at, loaded,"
            " unparsed, built, failed, published) values (?, 'hourly', ?, ?, ?, 8000, 12, 5, 0, 2)",
            f"{started:%Y%m%dT%H%M%S}-0a1b", status, started, started + dt.timedelta(seconds=41.5),
        )  # fmt: skip
    return small
