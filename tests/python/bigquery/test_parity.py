"""What DuckDB builds, BigQuery builds: every model, first build and increment.

ZetaSQL gets DuckDB's raw rows and keys, then dbt runs on both. A model whose inputs are
equal and whose rows are equal has proven its SQL; the strategies, hooks, settling and
transactions are dbt's own run of them, not extracts.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from headwater.contracts.files import read

from .dbt_on_zetasql import connected, run_dbt
from .deliveries import DAY, NOW, deliver
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
OPS = ("changed_dates", "built", "hours", "violations")


@dataclass
class Both:
    """What each warehouse holds after each build: tables by `schema.name`."""

    manifest: Any
    log: list[str]
    after: list[tuple[dict[str, Rows], dict[str, Rows]]] = field(default_factory=list)
    tests: list[dict[str, tuple[str, int]]] = field(default_factory=list)

    def models(self) -> dict[str, str]:
        """Every model of the manifest: its name, its table."""
        return {
            node.name: f"{node.schema.removeprefix('headwater_')}.{node.alias}"
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


def outcomes(target: Path) -> dict[str, tuple[str, int]]:
    """What each data test of the last dbt call said, and how many rows it found."""
    found = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {each["unique_id"]: (each["status"], each["failures"]) for each in found}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Two deliveries, days apart and overlapping, loaded once and built by each engine."""
    folder = tmp_path_factory.mktemp("parity")
    root, out = copy_project(folder / "project"), folder / "bigquery"
    contracts = read(root)
    warehouse = empty_warehouse(root, {contract.event for contract in contracts})
    with mock.patch.dict(os.environ, HEADWATER_NOW=NOW), connected(warehouse) as client:
        both = Both(run_dbt(root, out, "parse").result, client.log)
        for seed in (1, 2):
            for contract in contracts:
                deliver(contract, root / "landing", seed, 150, DAY + timedelta(days=4 * seed))
            headwater(root, "load")
            dbt_on_duckdb(root, "run")
            state = DuckDBState(root)
            feed(warehouse, state)
            run_dbt(root, out, "run", manifest=both.manifest)
            both.after.append((state.tables, bigquery_rows(warehouse)))
        data_tests = ("test", "--exclude-resource-type", "unit_test")
        dbt_on_duckdb(root, *data_tests, may_fail=True)
        run_dbt(root, out, *data_tests, manifest=both.manifest, may_fail=True)
        both.tests = [outcomes(root / "target"), outcomes(out)]
    return both


@pytest.mark.parametrize("build", [0, 1], ids=["first build", "increment"])
def test_every_model_has_the_rows_that_duckdb_has(both: Both, build: int) -> None:
    duckdb, bigquery = both.after[build]
    compared = {name: table for name, table in both.models().items() if name not in EXCEPTIONS}
    found = [difference(name, duckdb[table], bigquery[table]) for name, table in compared.items()]
    assert not any(found), "\n\n".join(each for each in found if each)
    assert {*compared, *EXCEPTIONS} == set(both.models())


def test_the_fixture_holds_what_can_go_wrong(both: Both) -> None:
    for table, rows in both.after[1][0].items():
        if not table.startswith("staging.base_"):
            continue
        names = [name for name, _ in rows.columns]
        kept = [dict(zip(names, row, strict=True)) for row in rows.rows]
        violations = {violation for row in kept for violation in row["violations"]}
        assert len(kept) > 200
        assert len(violations) > 20, violations
        assert sum(row["is_first_valid_copy"] for row in kept) > 30
        assert sum(row["is_valid"] and not row["is_first_valid_copy"] for row in kept) > 5
        assert sum(bool(row["unknown_fields"]) for row in kept) > 10


@pytest.mark.parametrize("build", [0, 1], ids=["first build", "increment"])
@pytest.mark.parametrize("name", OPS)
def test_both_engines_write_the_same_books(both: Both, build: int, name: str) -> None:
    duckdb, bigquery = both.after[build]
    assert not difference(name, duckdb[f"ops.{name}"], bigquery[f"ops.{name}"])
    assert duckdb[f"ops.{name}"].rows


def test_data_tests_find_the_same(both: Both) -> None:
    duckdb, bigquery = both.tests
    assert duckdb == bigquery
    assert {status for status, _ in duckdb.values()} >= {"pass"}


def test_no_identifier_that_has_a_key_gets_another(both: Both) -> None:
    duckdb, bigquery = both.after[1]
    assert not difference("keys", duckdb["keys.identifiers"], bigquery["keys.identifiers"])


def test_the_increment_is_an_increment(both: Both) -> None:
    assert any("begin transaction" in statement for statement in both.log)
    dated = [row for row in both.after[1][1]["ops.changed_dates"].rows if row[1] is not None]
    assert dated
