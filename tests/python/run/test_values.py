"""What the run writes of the world: literals, messages, results."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest

from headwater import clock, runs
from headwater.errors import BadInput
from headwater.literals import literal

TEXT = "it's"


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
    for plain in (False, True):
        text = literal(value, plain=plain)
        ((found,),) = duckdb.connect().execute(f"select {text}").fetchall()
        assert (float(found) if isinstance(value, float) else found) == value


def test_a_plain_literal_stands_where_duckdb_takes_no_expression() -> None:
    con = duckdb.connect()
    con.execute("create table things (size integer)")
    con.execute(f"comment on table things is {literal(TEXT, plain=True)}")
    assert con.execute("select comment from duckdb_tables()").fetchall() == [(TEXT,)]
    with pytest.raises(duckdb.ParserException):
        con.execute(f"comment on table things is {literal(TEXT)}")


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
