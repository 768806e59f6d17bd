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
            {"path": NASTY, "event_type": "track_played", "status": "set_aside", "reason": NASTY},
            {"path": "x", "event_type": "gone", "status": "loaded", "reason": None},
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
