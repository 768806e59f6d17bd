"""What DuckDB builds, BigQuery builds: every model, first build and increment.

ZetaSQL gets DuckDB's raw rows and keys, then dbt runs on both. A model whose inputs are
equal and whose rows are equal has proven its SQL; the strategies, hooks, settling and
transactions are dbt's own run of them, not extracts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from headwater import graph, plan
from headwater import project as projects
from headwater import warehouse as headwater_warehouse
from headwater.contracts.files import read
from headwater.contracts.model import EventContract
from headwater.database import BigQuery, Database, DuckDB
from headwater.sync import sync

from .client import Client
from .dbt_on_zetasql import connected, run_dbt
from .deliveries import NOW, deliver
from .parity import (
    BIGQUERY,
    DuckDBState,
    Rows,
    dbt_on_duckdb,
    difference,
    empty_warehouse,
    feed,
    headwater,
)
from .projects import copy_project
from .warehouse import Warehouse

# Models that are not compared, and why. None so far.
EXCEPTIONS: dict[str, str] = {}
# A field that was unknown so far, a bound that was too wide, one that was too narrow.
MENDS = {
    "    serial: {": "    extra: {type: string, description: Was unknown.}\n    serial: {",
    "maximum: 100000.25": "maximum: 50000",
    "minimum: -3": "minimum: -300",
}
# An optional field more, and nothing else: what did not carry it stays.
ADDED = {"    room:\n": "    extra: {type: string, description: Was unknown.}\n    room:\n"}
OPS = ("changed_dates", "built", "hours", "violations", "revisions", "restated")


@dataclass
class Both:
    """What each warehouse holds after each build: tables by `schema.name`."""

    root: Path
    out: Path
    warehouse: Warehouse
    manifest: Any
    log: list[str]
    described: dict[str, dict[str, str]]
    after: list[tuple[dict[str, Rows], dict[str, Rows]]] = field(default_factory=list)
    unit_tests: list[Any] = field(default_factory=list)

    def models(self) -> dict[str, str]:
        """Every model of the manifest: what its relation is called, its table."""
        return {
            node.alias: f"{node.schema.removeprefix('headwater_')}.{node.alias}"
            for node in self.manifest.nodes.values()
            if node.resource_type == "model"
        }


def bigquery_rows(warehouse: Warehouse) -> dict[str, Rows]:
    names = [*warehouse.tables, *warehouse.views]
    found = warehouse.relations(names)
    return {
        name.removeprefix(f"{BIGQUERY}_"): Rows(each.columns, each.rows)
        for name, each in found.items()
    }


def mend(root: Path) -> None:
    """Changes event contracts, so that the increment replaces what the first build made."""
    for name, changed in (("meter_read.v1.yml", MENDS), ("door_opened.v2.yml", ADDED)):
        path = root / "contracts" / "odd" / name
        text = path.read_text(encoding="utf-8")
        for old, new in changed.items():
            assert text.count(old) == 1
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    result = sync(root)
    assert result.exit_code == 0, "\n".join(result.lines())


def built_by_duckdb(root: Path, contracts: Sequence[EventContract], delivery: int) -> DuckDBState:
    if delivery == 2:
        mend(root)
    for contract in contracts:
        deliver(contract, root / "landing", delivery)
    headwater(root, "load")
    dbt_on_duckdb(root, "run")
    return DuckDBState(root)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Two deliveries, days apart and overlapping, loaded once and built by each engine."""
    folder = tmp_path_factory.mktemp("parity")
    root, out = copy_project(folder / "project", odd=True), folder / "bigquery"
    contracts = read(root)
    warehouse = empty_warehouse(root, {contract.event for contract in contracts})
    with (
        mock.patch.dict(os.environ, HEADWATER_NOW=NOW),
        connected(warehouse) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        pending = pool.submit(built_by_duckdb, root, contracts, 1)
        manifest = run_dbt(root, out, "parse").result
        both = Both(root, out, warehouse, manifest, client.log, client.described)
        for delivery in (1, 2):
            state = pending.result()
            if delivery == 1:  # DuckDB goes on while BigQuery builds the same
                pending = pool.submit(built_by_duckdb, root, contracts, 2)
            else:  # a contract was mended
                both.manifest = run_dbt(root, out, "parse").result
            feed(warehouse, state)
            # Where no copy has to be settled anew, an increment of base reads the partitions
            # that it must, and no others: asking for all would be refused.
            bases = {
                f"{BIGQUERY}_staging.base_{contract.event}"
                for contract in contracts
                if contract.event != "meter_read"
            }
            if delivery == 2:
                warehouse.filtered |= bases
            run_dbt(root, out, "run", manifest=both.manifest)
            warehouse.filtered -= bases
            both.after.append((state.tables, bigquery_rows(warehouse)))
        both.unit_tests = run_dbt(
            root, out, "test", "--select", "test_type:unit", manifest=both.manifest, may_fail=True
        ).result.results
    return both


@pytest.mark.parametrize("build", [0, 1], ids=["first build", "increment"])
def test_every_model_has_the_rows_that_duckdb_has(both: Both, build: int) -> None:
    duckdb, bigquery = both.after[build]
    compared = {name: table for name, table in both.models().items() if name not in EXCEPTIONS}
    found = [difference(name, duckdb[table], bigquery[table]) for name, table in compared.items()]
    assert not any(found), "\n\n".join(each for each in found if each)
    assert {*compared, *EXCEPTIONS} == set(both.models())


def test_bigquery_says_what_every_model_and_column_holds(both: Both) -> None:
    lacking = []
    for node in both.manifest.nodes.values():
        if node.resource_type == "model":
            about = both.described[f"{node.database}.{node.schema}.{node.alias}"]
            wanted = {each.name for each in node.columns.values() if "." not in each.name}
            lacking += [f"{node.alias}.{name}" for name in {"", *wanted} - about.keys()]
    assert not lacking


def test_the_fixture_holds_what_can_go_wrong(both: Both) -> None:
    for table, rows in both.after[1][0].items():
        if not table.startswith("staging.base_"):
            continue
        names = [name for name, _ in rows.columns]
        kept = [dict(zip(names, row, strict=True)) for row in rows.rows]
        violations = {violation for row in kept for violation in row["violations"]}
        assert len(kept) > 60, table
        assert len(violations) > 8, (table, violations)
        assert sum(row["is_first_valid_copy"] for row in kept) > 8, table
        assert any(row["is_valid"] and not row["is_first_valid_copy"] for row in kept)
        assert any(row["unknown_fields"] for row in kept)


@pytest.mark.parametrize("build", [0, 1], ids=["first build", "increment"])
@pytest.mark.parametrize("name", OPS)
def test_both_engines_write_the_same_books(both: Both, build: int, name: str) -> None:
    duckdb, bigquery = both.after[build]
    assert not difference(name, duckdb[f"ops.{name}"], bigquery[f"ops.{name}"])
    assert duckdb[f"ops.{name}"].rows or (build == 0 and name in ("revisions", "restated"))


def test_no_identifier_that_has_a_key_gets_another(both: Both) -> None:
    duckdb, bigquery = both.after[1]
    keys = dict(duckdb["keys.identifiers"].rows)
    assert len(keys) > 5
    found = dict(bigquery["keys.identifiers"].rows)
    assert {value: found.get(value) for value in keys} == keys
    # A key that no row joins is harmless: the engines spell odd numbers differently.
    used = {value for table, rows in bigquery.items() if "base_" in table for value in _texts(rows)}
    assert not used & {found[value] for value in found.keys() - keys.keys()}


def _texts(rows: Rows) -> set[str]:
    return {value for row in rows.rows for value in row if isinstance(value, str)}


def test_a_run_plans_the_same(both: Both) -> None:
    """Nothing when all is built; the slices and dates that are new, when there are some."""
    connection = headwater_warehouse.connect(projects.find(both.root))
    client = Client(both.warehouse, BIGQUERY.partition(".")[0])
    engines: list[tuple[Database, Path]] = [
        (DuckDB(projects.find(both.root), connection), both.root / "target"),
        (BigQuery(projects.find(both.root, "bigquery"), client), both.out),
    ]
    plans = []
    saved = both.warehouse.tables
    connection.begin()
    for database, target in engines:
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        known = graph.read(manifest)
        before = plan.make(database, known, lambda _: "suite")
        raw, log = database.name("raw.track_played"), database.name("ops.changed_dates")
        for statement in (
            f"insert into {raw} (received_at, _load_id) select timestamp '2026-01-01 10:00:00', 9",
            f"insert into {log} (model, changed_date, seq) values"
            " ('fct_streams', date '2026-01-01', 99)",
        ):
            database.rows(statement)
        plans.append((before, plan.make(database, known, lambda _: "suite")))
    both.warehouse.tables = saved
    connection.rollback()
    connection.close()
    assert plans[0] == plans[1]
    before, after = plans[0]
    assert not before.pending
    assert before.unchecked
    assert {"base_track_played", "fct_daily_listening"} <= {each.name for each in after.pending}


def test_unit_tests_pass_on_bigquery(both: Both) -> None:
    assert both.unit_tests
    failed = [f"{each.node.name}: {each.message}" for each in both.unit_tests if each.failures]
    failed += [
        f"{each.node.name}: {each.message}" for each in both.unit_tests if each.failures is None
    ]
    assert not failed, "\n".join(failed)


def test_the_increment_settles_rows_of_the_first_build(both: Both) -> None:
    """Copies that arrive later, but were received before, take the flag away from others."""
    flipped = {}
    for table, rows in both.after[0][1].items():
        if table.startswith("staging.base_"):
            before, after = _flags(rows), _flags(both.after[1][1][table])
            flipped[table] = [key for key, is_first in before.items() if after[key] != is_first]
    # An id that is a hash of the record has no such copies.
    assert sum(map(bool, flipped.values())) >= 2, flipped


def _flags(base: Rows) -> dict[tuple[int, int], bool]:
    names = [name for name, _ in base.columns]
    file, line, is_first = map(names.index, ("_file_id", "_line", "is_first_valid_copy"))
    return {(row[file], row[line]): row[is_first] for row in base.rows}


def test_a_mended_contract_replaces_the_slices_of_the_old_one(both: Both) -> None:
    before, after = (each[1]["staging.base_meter_read"] for each in both.after)
    names = [name for name, _ in after.columns]
    assert "extra" in names
    assert "extra" not in [name for name, _ in before.columns]
    place = names.index("_contract_hash")
    assert len({row[place] for row in after.rows}) == 1
    assert {row[-1] for row in before.rows}.isdisjoint(row[place] for row in after.rows)
    assert any(row[names.index("extra")] for row in after.rows if row[names.index("_load_id")] == 1)


def test_slices_that_did_not_carry_a_new_optional_field_are_kept(both: Both) -> None:
    before, after = (each[1]["staging.base_door_opened"] for each in both.after)
    names = [name for name, _ in after.columns]
    code, line, file = (names.index(name) for name in ("_contract_hash", "_line", "_file_id"))
    (old,) = {row[-2] for row in before.rows}  # _major is the last
    kept = {(row[file], row[line]) for row in after.rows if row[code] == old}
    assert 0 < len(kept) < len(before.rows)


def test_the_increment_is_an_increment(both: Both) -> None:
    assert any("begin transaction" in statement for statement in both.log)
    dated = [row for row in both.after[1][1]["ops.changed_dates"].rows if row[1] is not None]
    assert dated


def test_a_full_refresh_keeps_dates_that_staging_has_lost(both: Both) -> None:
    """Comes last: it expires what the others look at."""
    warehouse = both.warehouse
    base = f"`{BIGQUERY}_staging.base_track_played`"
    mart = f"{BIGQUERY}_marts.fct_streams"
    before = sorted(warehouse.read(mart).rows, key=repr)
    names = [name for name, _ in warehouse.read(mart).columns]
    dates = sorted(row[names.index("stream_date")] for row in before)
    until = datetime.combine(dates[len(dates) // 2], datetime.min.time()).isoformat(" ")
    warehouse.run(
        f"delete from {base} where received_at < timestamp '{until}';"
        f"insert into `{BIGQUERY}_ops.expired` (what, event_type, hour) values ("
        f"'staging', 'track_played', timestamp_sub(timestamp '{until}', interval 1 hour))"
    )
    with mock.patch.dict(os.environ, HEADWATER_NOW=NOW), connected(warehouse) as client:
        run_dbt(
            both.root,
            both.out,
            *("run", "--full-refresh", "--select", "fct_streams"),
            manifest=both.manifest,
        )
    assert sorted(warehouse.read(mart).rows, key=repr) == before
    restated = [each for each in client.log if f"{mart.rpartition('.')[2]}" in each]
    assert any("begin transaction" in each and ">= date '" in each for each in restated)
