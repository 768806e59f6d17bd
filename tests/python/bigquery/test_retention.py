"""What is over is the same on both engines, and so is what deleting it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from load.conftest import CONTRACT, Landing, landing

from headwater import retention
from headwater.contracts.model import Field, Schema
from headwater.database import BigQuery, Database, DuckDB, insert
from headwater.graph import Graph, Node
from headwater.project import Project
from headwater.raw import any_hour
from headwater.retention.due import Found

from .client import Client
from .compiled import own_tables

__all__ = ["landing"]  # the fixture

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, 10)
TEXT = Schema(types=("string",))
NOTED = replace(
    CONTRACT,
    payload=Schema(types=("object",), fields=(Field("user_id", True, TEXT, "Who.", "identifier"),)),
    raw_retention=30 * DAY,
    staging_retention=60 * DAY,
)
HASH = "now"
BASE = {
    "event_id": "string", "user_id": "string", "old_id": "string", "received_at": "timestamp",
    "_file": "string", "_load_id": "int64", "_hour": "timestamp", "_contract_hash": "string",
}  # fmt: skip


class Both:
    """The same warehouse twice."""

    def __init__(self, landing: Landing) -> None:
        self.duckdb = landing.database()
        root = landing.project.root
        output = {"type": "bigquery", "project": "home", "dataset": "music"}
        project = Project(root=root, name="small", target="bigquery", output=output)
        warehouse = own_tables(root, ["noted", "gone"], "home.music")
        self.bigquery = BigQuery(project, Client(warehouse, "home"))
        landing.load()  # creates the tables
        for table in ("raw.noted", "raw.gone"):
            name = self.duckdb.name(table)
            if table == "raw.gone":
                self.duckdb.execute(f"create table {name} as from raw.noted limit 0")
        kinds = {"string": "varchar", "int64": "bigint", "timestamp": "timestamp"}
        columns = ", ".join(f"{name} {kinds[kind]}" for name, kind in BASE.items())
        self.duckdb.execute("create schema staging", f"create table staging.base_noted ({columns})")
        columns = ", ".join(f"{name} {kind}" for name, kind in BASE.items())
        warehouse.run("create schema if not exists `home.music_staging`")
        warehouse.run(f"create table {self.bigquery.name('staging.base_noted')} ({columns})")

    @property
    def engines(self) -> tuple[Database, Database]:
        return self.duckdb, self.bigquery

    def put(self, table: str, *rows: Mapping[str, Any]) -> None:
        for database in self.engines:
            database.execute(*insert(database, table, rows))

    def load(self, load_id: int, loaded_at: datetime) -> None:
        self.put("ops.files", {"load_id": load_id, "loaded_at": loaded_at, "status": "loaded"})

    def records(
        self, load_id: int, at: datetime, users: Sequence[str], *, is_built: bool = True
    ) -> None:
        """Rows of raw, and of base where they are built; the pseudonym of x is px."""
        self.put("raw.noted", *(
            {"received_at": at, "record": f'{{"data":{{"user_id":"{user}"}}}}', "_format": "ndjson",
             "_file": "f", "_file_id": load_id, "_line": line, "_load_id": load_id,
             "_received_from": "record"}
            for line, user in enumerate(users)
        ))  # fmt: skip
        if is_built:
            self.base(load_id, at, users)

    def base(
        self, load_id: int, at: datetime, users: Sequence[str], *, code: str = HASH, old: str = ""
    ) -> None:
        self.put("staging.base_noted", *(
            {"event_id": "e", "user_id": None if old else f"p{user}", "old_id": old or None,
             "received_at": at, "_file": "f", "_load_id": load_id,
             "_hour": at.replace(minute=0, second=0), "_contract_hash": code}
            for user in users
        ))  # fmt: skip

    def find(self, now: datetime, failing: Sequence[str] = ()) -> Found:
        """What is over; the same on both."""
        ours, theirs = (
            retention.find(each, graph(each), (NOTED,), failing, now) for each in self.engines
        )
        assert ours == theirs
        return ours

    def expire(self, now: datetime, failing: Sequence[str] = ()) -> int:
        """Deletes what is over; how many keys."""
        keys = [
            retention.expire(
                each, graph(each), (NOTED,), failing,
                retention.find(each, graph(each), (NOTED,), failing, now).due,
                now=now, run_id=f"run {now}",
            )
            for each in self.engines
        ]  # fmt: skip
        assert keys[0] == keys[1]
        return keys[0]

    def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """The rows of a table, the same on both."""
        which = f" where {any_hour()}" if table.startswith("raw.") else ""
        ours, theirs = (
            sorted(each.rows(f"select {columns} from {each.name(table)}{which}"), key=repr)
            for each in self.engines
        )
        assert ours == theirs
        return ours


def graph(database: Database) -> Graph:
    node = Node(
        unique_id="model.small.base_noted", name="base_noted", kind="model",
        materialized="incremental", schema=database.project.schema("staging"),
        identifier="base_noted", path="", relation=database.name("staging.base_noted"),
        raw_code="", checksum="", parents=(),
        meta={"event_type": "noted", "contract_hash": HASH},
    )  # fmt: skip
    return Graph({node.unique_id: node}, {})


@pytest.fixture
def both(landing: Landing) -> Both:
    return Both(landing)


def due(found: Found) -> dict[str, list[datetime]]:
    return {each.what: list(each.hours) for each in found.due}


def test_an_hour_is_over_when_its_end_and_its_last_load_are_long_enough_ago(both: Both) -> None:
    both.load(1, START + timedelta(minutes=30))
    both.load(2, START + 5 * DAY)
    both.records(1, START + timedelta(minutes=20), "a")
    both.records(1, START + DAY, "b")
    both.records(2, START + DAY, "c")
    end = START + timedelta(hours=1)
    assert due(both.find(end + 30 * DAY - timedelta(seconds=1))) == {}
    assert due(both.find(end + 30 * DAY)) == {"raw": [START]}
    # The second hour got more four days later.
    assert due(both.find(START + 35 * DAY - timedelta(seconds=1))) == {"raw": [START]}
    assert due(both.find(START + 35 * DAY)) == {"raw": [START, START + DAY]}


def test_raw_that_base_does_not_hold_stays_and_base_of_that_hour_too(both: Both) -> None:
    both.load(1, START)
    both.records(1, START, "a")
    both.load(2, START)
    both.records(2, START, "b", is_built=False)
    found = both.find(START + 100 * DAY)
    assert found.due == ()
    assert [(each.event, each.hours) for each in found.overdue] == [("gone", 0), ("noted", 1)]
    both.base(2, START, "b")
    assert due(both.find(START + 100 * DAY)) == {"raw": [START], "staging": [START]}
    both.expire(START + 100 * DAY)
    assert both.rows("raw.noted", "_line") == both.rows("staging.base_noted", "_hour") == []


def test_nothing_expires_of_an_event_type_that_fails(both: Both) -> None:
    both.load(1, START)
    both.records(1, START, "a")
    waits = {"received_at": START, "_load_id": 1, "loaded_at": START, "_file": "f", "_file_id": 1}
    both.put("raw.unparsed", {"event_type": "noted", "received_at": START, "_load_id": 1})
    both.put("raw.undeclared", {"event_type": "noted", "shown_as": "noted", **waits})
    assert set(due(both.find(START + 100 * DAY))) == {"raw", "staging", "unparsed", "undeclared"}
    assert both.find(START + 100 * DAY, ["noted"]).due == ()
    both.expire(START + 100 * DAY, ["noted"])
    assert both.rows("raw.undeclared", "event_type") == [("noted",)]


def test_staging_expires_after_raw_with_what_counts_it(both: Both) -> None:
    for day in range(4):
        both.load(day, START + day * DAY)
        both.records(day, START + day * DAY, "ab")
        both.put("ops.hours", {"event_type": "noted", "hour": START + day * DAY, "row_count": 2})
    both.expire(START + 31 * DAY + timedelta(hours=1))
    assert both.rows("raw.noted", "distinct _load_id") == [(2,), (3,)]
    assert len(both.rows("staging.base_noted", "_load_id")) == 8
    both.expire(START + 61 * DAY + timedelta(hours=1))
    assert both.rows("raw.noted", "*") == []
    assert both.rows("staging.base_noted", "distinct _load_id") == [(2,), (3,)]
    assert both.rows("ops.hours", "hour") == [(START + 2 * DAY,), (START + 3 * DAY,)]
    recorded = both.rows("ops.expired", "what, event_type, hour, row_count")
    assert [row for row in recorded if row[0] == "staging"] == [
        ("staging", "noted", START, 2), ("staging", "noted", START + DAY, 2),
    ]  # fmt: skip
    assert len([row for row in recorded if row[0] == "raw"]) == 4
    assert both.find(START + 61 * DAY + timedelta(hours=1)).due == ()


def test_a_new_file_with_records_of_an_expired_hour_is_kept_as_long_as_any(both: Both) -> None:
    both.load(1, START)
    both.records(1, START, "a")
    both.expire(START + 70 * DAY)
    both.load(2, START + 70 * DAY)
    both.records(2, START, "a")
    assert due(both.find(START + 99 * DAY)) == {}
    both.expire(START + 100 * DAY)
    assert both.rows("raw.noted", "*") == []
    assert both.rows("staging.base_noted", "_load_id") == [(2,)]
    both.expire(START + 130 * DAY)
    assert both.rows("staging.base_noted", "_load_id") == []
    expired = both.rows("ops.expired", "what, row_count")
    assert [row for row in expired if row[0] != "keys"] == [
        ("raw", 1), ("raw", 1), ("staging", 1), ("staging", 1),
    ]  # fmt: skip


def test_what_no_event_type_took_expires(both: Both) -> None:
    both.load(1, START)
    both.load(2, START + 20 * DAY)
    for load_id, event in ((1, "noted"), (1, "_mixed"), (2, "_mixed")):
        both.put("raw.unparsed", {
            "event_type": event, "received_at": START + load_id * DAY, "_load_id": load_id,
        })  # fmt: skip
    for load_id, name in ((1, "typo"), (2, "other")):
        at = START + (load_id - 1) * 20 * DAY
        both.put("raw.undeclared", {
            "event_type": name, "shown_as": name, "received_at": START, "_file": f"{load_id}",
            "_file_id": load_id, "_load_id": load_id, "loaded_at": at,
        })  # fmt: skip
        both.put("ops.routed", {
            "event_type": name, "is_declared": False, "path": f"{load_id}", "file_id": load_id,
            "row_count": 1, "load_id": load_id, "loaded_at": at,
        })  # fmt: skip
    both.expire(START + 40 * DAY)
    assert both.rows("raw.unparsed", "event_type, _load_id") == [("_mixed", 2)]
    # One hour: counted from its last load.
    assert len(both.rows("raw.undeclared", "event_type")) == 2
    both.expire(START + 50 * DAY + timedelta(hours=1))
    assert both.rows("raw.undeclared", "event_type") == []
    assert both.rows("raw.unparsed", "event_type") == []
    assert both.rows("ops.routed", "event_type") == []
    assert both.rows("ops.expired", "what, event_type, row_count") == [
        ("undeclared", "", 2), ("unparsed", "_mixed", 1), ("unparsed", "_mixed", 1),
        ("unparsed", "noted", 1),
    ]  # fmt: skip


def test_keys_go_with_the_last_row_that_needs_them(both: Both) -> None:
    people = ["gone", "based", "delivered", "waiting", "12", "before", 'Zo\u00eb "x"']
    both.put("keys.identifiers", *({"value": each, "pseudonym": f"p{each}"} for each in people))
    both.load(1, START)
    both.records(1, START, ["gone", "based", "delivered"])
    both.load(2, START + 40 * DAY)
    both.base(2, START + 40 * DAY, ["based"])
    both.base(2, START + 40 * DAY, ["x"], code="before", old="pbefore")
    # Not as an identifier, and with an escape: what nothing declares now.
    late = {"received_at": START + 40 * DAY, "_load_id": 2}
    both.put("raw.noted", {"record": '{"a":["delivered"],"n":12}', **late})
    both.put("raw.gone", {"record": '{"name":"Zo\\u00eb \\"x\\"","s":"\\u0000"}', **late})
    both.put("raw.undeclared", {"record": '{"a":{"b":"waiting"}}', **late})
    assert both.expire(START + 50 * DAY) == 0  # nothing has left staging yet
    assert both.expire(START + 61 * DAY) == 1
    left = sorted([*people[1:]])
    assert sorted(value for (value,) in both.rows("keys.identifiers", "value")) == left
    recorded = both.rows("ops.expired", "what, event_type, hour, row_count")
    assert [row for row in recorded if row[0] == "keys"] == [("keys", "", None, 1)]


def test_deleting_and_recording_are_one_transaction(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    both.load(1, START)
    both.records(1, START, "a")
    monkeypatch.setattr(
        "headwater.retention.delete._books", lambda *_: ["select cast('x' as int64)"]
    )
    for database in both.engines:
        found = both.find(START + 100 * DAY)
        with pytest.raises(Exception, match="x"):
            retention.expire(
                database, graph(database), (NOTED,), (), found.due,
                now=START + 100 * DAY, run_id="r",
            )  # fmt: skip
    assert both.rows("ops.expired", "*") == []
    assert both.rows("raw.noted", "_line") == both.rows("raw.noted", "0") == [(0,)]
    assert len(both.rows("staging.base_noted", "_hour")) == 1


def test_bigquery_reads_the_partitions_that_may_be_over(both: Both) -> None:
    both.load(1, START)
    both.records(1, START, "a")
    client = both.bigquery.client
    before = len(client.log)
    both.expire(START + 70 * DAY)
    asked = [each for each in client.log[before:] if "music_raw.noted" in each]
    statements = [part for each in asked for part in each.split(";") if "delete from" in part]
    assert statements
    for statement in statements:
        if "raw.noted" in statement and "unused_keys" not in statement:
            assert "received_at >= timestamp '2026-01-01 10:00:00'" in statement
            assert "received_at < timestamp '2026-01-01 11:00:00'" in statement
    assert isinstance(both.duckdb, DuckDB)
