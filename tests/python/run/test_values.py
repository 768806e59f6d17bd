"""What the run writes of the world: literals, messages, results."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest

from headwater import clock, runs
from headwater.database import literal
from headwater.errors import BadInput


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "",
        "it's",
        "back\\slash",
        "two\nlines\r",
        "'",
        "日本",
        7,
        -1.5,
        True,
        None,
        dt.datetime(2026, 1, 31, 12, 0, 1, 500),
        dt.date(2026, 1, 31),
    ],
)
def test_a_literal_reads_back_as_the_value(value: Any) -> None:
    ((found,),) = duckdb.connect().execute(f"select {literal(value)}").fetchall()
    assert (float(found) if isinstance(value, float) else found) == value


def test_node_results_keep_time_rows_and_status() -> None:
    (node,) = runs.node_results(
        {
            "results": [
                {
                    "unique_id": "model.music.fct_streams",
                    "status": "error",
                    "execution_time": 1.23456,
                    "adapter_response": {"rows_affected": 12},
                    "message": "it said so",
                }
            ]
        }
    )
    assert (node.name, node.kind, node.seconds, node.row_count) == (
        "fct_streams",
        "model",
        1.235,
        12,
    )
    assert node.has_failed
    assert node.message == "it said so"


def test_the_clock_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_NOW", "2026-01-31T13:00:00+01:00")
    assert clock.now() == dt.datetime(2026, 1, 31, 12)


def test_a_clock_that_is_no_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_NOW", "yesterday")
    with pytest.raises(BadInput, match="RFC 3339"):
        clock.now()
