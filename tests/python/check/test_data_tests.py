"""Each dbt data test of the reference warehouse holds on good rows and fails on bad ones.

The SQL is what dbt compiles; the rows are as few as can be: one in every mart, the same
value in every column of a type, so that keys are unique and every reference is met.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pytest
from bigquery.parity import dbt_on_duckdb
from bigquery.projects import copy_project

TYPES = {"string": "varchar", "float": "double", "numeric(18,6)": "decimal(18, 6)"}
VALUES = {
    "varchar": "'x'",
    "date": "date '2026-01-01'",
    "timestamp": "timestamp '2026-01-01 12:00:00'",
    "boolean": "true",
}
# What breaks a test of a kind: statements on the table and the column it is about.
BREAKS = {
    "not_null": "update {table} set {column} = null",
    "unique": "insert into {table} from {table}",
    "relationships": "update {table} set {column} = 'of nothing'",
}

Node = Mapping[str, Any]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Node]:
    """Every node of the project, its data tests compiled."""
    root = copy_project(tmp_path_factory.mktemp("compiled") / "project")
    (root / "warehouse").mkdir()
    dbt_on_duckdb(root, "compile", "--select", "test_type:data")
    manifest = json.loads((root / "target" / "manifest.json").read_text(encoding="utf-8"))
    found: dict[str, Node] = manifest["nodes"]
    return found


@pytest.fixture(scope="module")
def marts(nodes: dict[str, Node]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A row in every mart."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; create schema warehouse.marts")
        for node in nodes.values():
            if node["resource_type"] == "model" and node["schema"] == "marts":
                kinds = {
                    name: TYPES.get(column["data_type"], column["data_type"])
                    for name, column in node["columns"].items()
                }
                values = (
                    f"cast({VALUES.get(kind, '1')} as {kind}) as {name}"
                    for name, kind in kinds.items()
                )
                connection.execute(
                    f"create table {node['relation_name']} as select {', '.join(values)}"
                )
        yield connection


def test_each_data_test_of_a_mart_fails_on_what_it_is_for(
    nodes: dict[str, Node], marts: duckdb.DuckDBPyConnection
) -> None:
    seen = set()
    for test in nodes.values():
        if test["resource_type"] != "test" or not test.get("attached_node"):
            continue
        table = nodes[test["attached_node"]]["relation_name"]
        kind = test["test_metadata"]["name"]
        seen.add(kind)
        assert not marts.execute(test["compiled_code"]).fetchall(), f"{test['name']} on good rows"
        marts.begin()
        marts.execute(BREAKS[kind].format(table=table, column=test["column_name"]))
        assert marts.execute(test["compiled_code"]).fetchall(), f"{test['name']} on bad rows"
        marts.rollback()
    assert seen == set(BREAKS)


def test_every_data_test_is_about_a_mart(nodes: dict[str, Node]) -> None:
    """Or it would be none of those above."""
    strays = [
        node["name"]
        for node in nodes.values()
        if node["resource_type"] == "test"
        and nodes.get(node.get("attached_node") or "", {}).get("schema") != "marts"
    ]
    assert strays == []
