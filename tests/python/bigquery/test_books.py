"""What Headwater's own Python asks a warehouse, BigQuery answers as DuckDB does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from headwater import publish, runs, status
from headwater.contracts.files import read
from headwater.database import BigQuery, Database, DuckDB, insert
from headwater.graph import Node
from headwater.project import Project

from .client import Client
from .compiled import own_tables
from .warehouse import Warehouse
from .zetasql_runner import Table

NOW = datetime(2026, 2, 1, 12, 30)
HOUR = datetime(2026, 1, 31, 10)
NASTY = 'it\'s "odd" \\ 100 %\nZoë; -- ¿?'


class Engines(NamedTuple):
    duckdb: DuckDB
    bigquery: BigQuery
    warehouse: Warehouse

    def on_both(self, ask: Callable[[Database], Any]) -> tuple[Any, Any]:
        return ask(self.duckdb), ask(self.bigquery)


@pytest.fixture
def engines(small: Any) -> Engines:
    output = {"type": "bigquery", "project": "home", "dataset": "music"}
    root = small.project.root
    project = Project(root=root, name="small", target="bigquery", output=output)
    warehouse = own_tables(root, [], "home.music")
    return Engines(small.database, BigQuery(project, Client(warehouse, "home")), warehouse)


def fill(database: Database) -> None:
    """Books with something wrong of every kind."""
    rows: dict[str, list[dict[str, Any]]] = {
        "ops.hours": [
            {"event_type": event, "hour": HOUR, "row_count": 8, "invalid": invalid}
            for event, invalid in (("track_played", 2), ("search_performed", 0), ("gone", 1))
        ],
        "ops.violations": [
            {"event_type": "track_played", "hour": HOUR, "violation": name, "row_count": count}
            for name, count in (("a.type", 1), ("b.required", 2), ("c.enum", 2))
        ],
        "ops.files": [
            {
                "path": path,
                "event_type": event,
                "status": state,
                "reason": reason,
                "hour": HOUR,
                "expected_records": 5,
                "records": records,
            }
            for path, event, state, reason, records in (
                (NASTY, "track_played", "set_aside", NASTY, None),
                ("x", "gone", "loaded", None, 4),
                ("y", "track_played", "loaded", None, 6),
            )
        ],
        "ops.revisions": [
            {
                "event_type": event,
                "hour": hour,
                "revision": 1,
                "reason": reason,
                "rows_added": added,
                "rows_replaced": 5 - added,
                "revised_at": NOW - timedelta(hours=1),
            }
            for event, hour, reason, added in (
                ("track_played", HOUR, "late records", 5),
                ("track_played", HOUR - timedelta(hours=1), "event contract", 0),
                ("gone", HOUR, "earlier copy", 0),
            )
        ],
        "ops.restated": [
            {
                "event_type": "track_played",
                "hour": HOUR,
                "revision": 1,
                "model": model,
                "seq": 1,
                "restated_date": day,
            }
            for model, day in (
                ("base_track_played", HOUR.date()),
                ("fct_sums", None),
                ("fct_days", HOUR.date()),
            )
        ],
        "ops.check_results": [
            {"model": "fct_sums", "check_name": "c", "column_name": column, "severity": severity}
            for column, severity in (("amount", "critical"), (None, "warning"))
        ],
        "ops.checked": [{"model": "fct_sums", "seq": 1, "suite": "s", "is_passed": False}],
    }
    times = {
        "ops.files": "loaded_at",
        "ops.check_results": "checked_at",
        "ops.checked": "checked_at",
    }
    for table, each in rows.items():
        for row in each:
            if table in times:
                row[times[table]] = NOW - timedelta(hours=1)
            if table == "ops.files":
                row["unparsed"] = 3
            if table == "ops.check_results":
                row |= {"is_passed": False, "observed": NASTY, "owner": "o", "channel": None}
        database.execute(*insert(database, table, each))


def test_status_finds_the_same(engines: Engines, repository: Any) -> None:
    contracts = read(repository)
    engines.on_both(fill)
    duckdb, bigquery = engines.on_both(lambda database: status.read(database, contracts, NOW))
    assert duckdb.findings == bigquery.findings
    kinds = {finding.kind for finding in bigquery.findings}
    assert kinds >= {"late", "quarantined", "set aside", "unparsed", "failed", "warning"}
    details = {(each.kind, each.subject): each.detail for each in bigquery.findings}
    assert details["incomplete", "track_played"].startswith(
        "2026-01-31 10:00 UTC has 5 of the 10 records that manifests promise (50.0 %"
    )
    assert details["incomplete", "gone"].startswith("2026-01-31 10:00 UTC has 4 of the 5 ")
    assert details["revised", "track_played"] == (
        "2 hours from 2026-01-31 09:00 to 2026-01-31 10:00 UTC changed after closing"
        " (event contract and late records: 5 rows added, 5 judged anew);"
        " restated fct_days 2026-01-31; fct_sums all dates"
    )
    assert any(NASTY in finding.detail for finding in bigquery.findings)


def test_a_run_is_recorded_the_same(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_NOW", NOW.isoformat())
    monkeypatch.setattr("secrets.token_hex", lambda _: "beef")
    node = runs.NodeResult("model.small.fct_sums", "error", 1.5, 3, None, NASTY)

    def record(database: Database) -> list[Any]:
        runs.begin(database, job="hourly", trigger="cron", target="t")  # is killed
        monkeypatch.setattr("secrets.token_hex", lambda _: "cafe")
        run_id = runs.begin(database, job="hourly", trigger="cron", target="t")
        outcome = {"status": "failed", "exit_code": 1, "message": NASTY}
        runs.finish(database, run_id, outcome=outcome, nodes=[node])
        monkeypatch.setattr("secrets.token_hex", lambda _: "beef")
        return [
            sorted(map(str, database.rows(f"select * from {database.name(table)}")))
            for table in ("ops.runs", "ops.run_nodes")
        ]

    duckdb, bigquery = engines.on_both(record)
    assert duckdb == bigquery
    assert "killed" in str(bigquery)


def test_publishing_clones_what_passed_and_drops_what_is_gone(engines: Engines) -> None:
    warehouse = engines.warehouse
    warehouse.datasets |= {"home.music_marts", "home.music_serve"}
    warehouse.tables["home.music_serve.gone"] = Table({"n": "int64"}).relation()
    for amount in (1, 2):
        made = f"create or replace table `home.music_marts.sums` as select {amount} as amount"
        warehouse.run(made)
        mart = Node(
            unique_id="model.small.sums", name="sums", kind="model", materialized="table",
            schema="music_marts", identifier="sums", path="", relation="", raw_code="",
            checksum="", meta={}, parents=(),
        )  # fmt: skip
        for statement in publish.bigquery_statements(engines.bigquery.project, [mart], ["gone"]):
            warehouse.run(statement)
        assert warehouse.read("home.music_serve.sums").rows == [(amount,)]
        assert ("music_serve", "gone") not in engines.bigquery.tables()
        assert ("music_serve", "sums") in engines.bigquery.tables()
