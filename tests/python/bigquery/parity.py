"""One warehouse built twice: by DuckDB, and by ZetaSQL from DuckDB's own raw rows."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from .compiled import own_tables
from .deliveries import NOW
from .warehouse import Warehouse
from .zetasql_runner import Relation, Table

BIGQUERY = "headwater-dev.headwater"
# DuckDB's type → BigQuery's; a sum of bigints is a hugeint there and an int64 here.
TYPES = {
    "VARCHAR": "string",
    "BIGINT": "int64",
    "INTEGER": "int64",
    "HUGEINT": "int64",
    "DOUBLE": "float64",
    "BOOLEAN": "bool",
    "TIMESTAMP": "timestamp",
    "DATE": "date",
    "BLOB": "bytes",
}


@dataclass(frozen=True)
class Rows:
    """A table of either engine: (name, BigQuery type) of each column, and its rows."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]] = field(repr=False)


def headwater(root: Path, *arguments: str) -> str:
    """Runs the command line in the project `root`; what it said. Raises AssertionError."""
    return _call(root, "headwater", *arguments)


def dbt_on_duckdb(root: Path, *arguments: str, may_fail: bool = False) -> str:
    """Runs dbt with target `duckdb` in the project `root`."""
    return _call(root, "dbt.cli.main", "--no-use-colors", *arguments, may_fail=may_fail)


def _call(root: Path, module: str, *arguments: str, may_fail: bool = False) -> str:
    source = Path(__file__).resolve().parents[3] / "src"
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(source), "HEADWATER_NOW": NOW, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert may_fail or done.returncode == 0, (
        f"{module} {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    )
    return done.stdout + done.stderr


class DuckDBState:
    """Every table of the DuckDB warehouse as it is now, read once."""

    def __init__(self, root: Path) -> None:
        state = root / "warehouse"
        with duckdb.connect(str(state / "warehouse.duckdb"), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"attach '{state / 'keys.duckdb'}' as keys (read_only)")
            names = connection.execute(
                "select table_schema, table_name from information_schema.tables"
                " where table_catalog = 'warehouse'"
            ).fetchall()
            self.tables = {
                f"{schema}.{name}": _fetch(connection, f'"{schema}"."{name}"')
                for schema, name in names
            }
            self.tables["keys.identifiers"] = _fetch(connection, "keys.main.identifiers")


def _fetch(connection: duckdb.DuckDBPyConnection, table: str) -> Rows:
    found = connection.execute(f"from {table}")
    columns = tuple((name, bigquery_type(kind)) for name, kind, *_ in found.description or [])
    return Rows(columns, found.fetchall())


def bigquery_type(kind: Any) -> str:
    """The BigQuery type of the same values as a DuckDB type's."""
    if kind.id == "list":
        return f"array<{bigquery_type(kind.children[0][1])}>"
    if kind.id == "struct":
        fields = (f"{name} {bigquery_type(inner)}" for name, inner in kind.children)
        return f"struct<{', '.join(fields)}>"
    if kind.id == "decimal":
        (_, digits), (_, scale) = kind.children
        return "numeric" if scale <= 9 and digits - scale <= 29 else "bignumeric"
    return TYPES[str(kind)]


def feed(warehouse: Warehouse, state: DuckDBState) -> None:
    """Gives BigQuery what a load leaves: raw, the ledger and the keys."""
    for name, rows in state.tables.items():
        if name.startswith("raw.") or name in ("keys.identifiers", "ops.files"):
            table = f"{BIGQUERY}_{name}"
            assert warehouse.tables[table].columns == rows.columns, table
            warehouse.tables[table] = relation(rows)


def relation(rows: Rows) -> Relation:
    """A table in ZetaSQL's values."""
    names = [name for name, _ in rows.columns]
    return Table(
        dict(rows.columns), [dict(zip(names, row, strict=True)) for row in rows.rows]
    ).relation()


def empty_warehouse(root: Path, event_types: Iterable[str]) -> Warehouse:
    """BigQuery before anything was loaded."""
    return own_tables(root, event_types, BIGQUERY)


def difference(model: str, expected: Rows, actual: Rows) -> str:
    """What is not the same, or nothing. Rows have no order."""
    if expected.columns != actual.columns:
        missing = [each for each in expected.columns if each not in actual.columns]
        extra = [each for each in actual.columns if each not in expected.columns]
        return f"{model}: DuckDB's columns {missing or '(order)'} are BigQuery's {extra or '…'}"
    names = [name for name, _ in expected.columns]
    left = _sorted(expected)
    right = _sorted(actual)
    matched = _unmatched(left, right)
    if not matched[0] and not matched[1]:
        return ""
    lines = [f"{model}: DuckDB has {len(left)} rows, BigQuery {len(right)}"]
    for row in matched[0][:3]:
        lines += _nearest(names, row, matched[1])
    if not matched[0]:
        lines += [f"  only BigQuery has {json.dumps(row)}" for row in matched[1][:3]]
    return "\n".join(lines)


def _sorted(rows: Rows) -> list[tuple[Any, ...]]:
    return sorted((tuple(map(_plain, row)) for row in rows.rows), key=_key)


def _plain(value: Any) -> Any:
    """A value as JSON has it; timestamps to the microsecond, whole numbers as such."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")
    if isinstance(value, Decimal):
        return float(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _key(row: Any) -> str:
    return json.dumps(_rounded(row), sort_keys=True)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.6e}"
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def _unmatched(
    left: list[tuple[Any, ...]], right: list[tuple[Any, ...]]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The rows of each side that the other lacks; both are sorted by the same key."""
    if len(left) == len(right) and all(map(_same, left, right)):
        return [], []
    only_left, only_right = [], list(right)
    for row in left:
        twin = next((other for other in only_right if _same(row, other)), None)
        if twin is None:
            only_left.append(row)
        else:
            only_right.remove(twin)
    return only_left, only_right


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float | int):
        return math.isclose(left, right, rel_tol=1e-9)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[k], right[k]) for k in left)
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _nearest(names: Sequence[str], row: tuple[Any, ...], others: Sequence[Any]) -> list[str]:
    """A row of DuckDB beside the row of BigQuery that is most like it."""
    if not others:
        return [f"  only DuckDB has {json.dumps(row)}"]
    other = max(others, key=lambda each: sum(map(_same, row, each)))
    return [
        f"  {json.dumps(row)}",
        *(
            f"    {name}: DuckDB {json.dumps(mine)}, BigQuery {json.dumps(theirs)}"
            for name, mine, theirs in zip(names, row, other, strict=True)
            if not _same(mine, theirs)
        ),
    ]
