"""What waits in raw.undeclared moves on BigQuery as it does on DuckDB."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from load.conftest import CONTRACT, Landing, landing

from headwater.contracts.model import EventContract
from headwater.database import BigQuery, Database, insert
from headwater.load.release import Waiting
from headwater.load.routes import MIXED, of
from headwater.project import Project
from headwater.raw import any_hour

from .client import Client
from .compiled import own_tables

__all__ = ["landing"]  # the fixture

ODD = ("meta", "kind's /~\\\"x")


def contract(event: str, **envelope: Any) -> EventContract:
    return replace(CONTRACT, event=event, envelope=replace(CONTRACT.envelope, **envelope))


DECLARED = (
    CONTRACT,
    contract("odd", event_type=ODD),
    contract("timed", received_at=("at",), received_at_unit="seconds"),
    contract("timeless", received_at=None),
    contract("whole"),
    contract("called", called=("com.example.called.v1", "Say: ✓ it-is/so")),
)
TIMES = [
    "2026-01-31T07:30:00.123456789Z",
    "2026-01-31 07:30:00",
    "2026-01-31T09:30:00+02:00",
    "2026-02-01T13:00:00Z",
    "2026-02-01T13:00:01Z",
    "1969-12-31T23:59:59Z",
    "yesterday",
    None,
    7,
    {"a": 1},
]
RECORDS = [
    *({"type": "late", "receivedtime": time} for time in TIMES),
    *({"type": "timed", "at": at} for at in (1769844600, "1769844600", 1.7698446005e9, 9e99, [])),
    {"type": "timeless", "receivedtime": TIMES[0]},
    {"meta": {ODD[1]: "odd"}},
    {"type": "timed", "meta": {ODD[1]: "odd"}},
    {"type": ODD[1], "meta": {ODD[1]: "odd"}},
    {"type": "x" * 101},
    {"type": "com.example.called.v1"},
    {"type": "Say: ✓ it-is/so"},
    {"type": "called"},
    {"type": ["late"]},
    {"type": None},
    {"type": 'it\'s \\ \n "odd" {{ x }} ✓'},
    [],
    7,
]


def put(database: Database, landing: Landing) -> None:
    """What the load on DuckDB left waiting."""
    for table in ("raw.undeclared", "ops.routed", "ops.routing"):
        found = landing.con.sql(f"from {table}")
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
        database.execute(*insert(database, table, rows))


def left(database: Database, events: list[str]) -> dict[str, list[tuple[Any, ...]]]:
    """All that a move writes."""
    columns = "received_at, record, _format, _file, _file_id, _line, _load_id, _received_from"
    found = {
        event: database.rows(
            f"select {columns} from {database.name(f'raw.{event}')} where {any_hour()}"
        )
        for event in events
    }
    found["undeclared"] = database.rows(
        "select event_type, shown_as, record, received_at, loaded_at, _file, _line, _load_id"
        f" from {database.name('raw.undeclared')} where {any_hour()}"
    )
    found["routed"] = database.rows(
        "select event_type, is_declared, path, file_id, row_count, load_id, loaded_at"
        f" from {database.name('ops.routed')}"
    )
    found["routing"] = database.rows(f"select routing from {database.name('ops.routing')}")
    return {table: sorted(rows, key=repr) for table, rows in found.items()}


def test_both_engines_move_the_same_rows(landing: Landing) -> None:
    contracts = (*DECLARED, contract("late"))
    events = [each.event for each in contracts]
    text = "\n".join(json.dumps(each) for each in RECORDS)
    landing.contracts = (CONTRACT,)
    landing.drop("a.ndjson", text, event=MIXED)
    landing.drop("hour=2026-01-30T05/b.csv", f"type,receivedtime\nlate,{TIMES[1]}\n", event=MIXED)
    landing.drop("c.ndjson", text + "\nbad", event="whole")
    landing.load()
    output = {"type": "bigquery", "project": "home", "dataset": "music"}
    project = Project(root=landing.project.root, name="small", target="bigquery", output=output)
    warehouse = own_tables(project.root, events, "home.music")
    database = BigQuery(project, Client(warehouse, "home"))
    put(database, landing)

    landing.contracts = contracts
    ours = landing.load().released
    theirs = Waiting(project, database, of(contracts))
    assert theirs.counts() == ours
    before = len(database.client.log)
    assert theirs.release(2) == ours
    assert set(ours) == {"called", "late", "odd", "timed", "timeless", "whole"}
    found = left(database, events)
    assert found == left(landing.database(), events)
    assert len(found["undeclared"]) == len(RECORDS) + len(RECORDS) + 1 - sum(ours.values()) > 0
    # The move is one script, and so one transaction.
    asked = database.client.log[before:]
    assert sum("begin transaction" in each for each in asked) == 1
    assert theirs.release(3) == {}
    assert left(database, events) == found


def test_a_move_that_fails_changes_nothing(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.contracts = ()
    landing.drop("a.ndjson", '{"type":"noted"}\n{"type":"x"}', event=MIXED)
    landing.load()
    output = {"type": "bigquery", "project": "home", "dataset": "music"}
    project = Project(root=landing.project.root, name="small", target="bigquery", output=output)
    database = BigQuery(project, Client(own_tables(project.root, ["noted"], "home.music"), "home"))
    put(database, landing)
    before = left(database, ["noted"])
    # The last of its statements fails.
    monkeypatch.setattr("headwater.load.release.insert", lambda *_: ["select div(1, 0)"])
    with pytest.raises(BadRequest, match="division by zero"):
        Waiting(project, database, of([CONTRACT])).release(2)
    assert left(database, ["noted"]) == before
    monkeypatch.undo()
    assert Waiting(project, database, of([CONTRACT])).release(2) == {"noted": 1}
