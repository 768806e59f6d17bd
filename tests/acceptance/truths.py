"""A simulated world in a warehouse of its own, and how its marts differ from their truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

REPOSITORY = Path(__file__).resolve().parents[2]
START = date(2026, 1, 5)


@dataclass(frozen=True)
class World:
    """What `scripts/simulate` made in `folder`, and the warehouse of this repository's project."""

    folder: Path
    days: int

    @property
    def truth(self) -> Path:
        return self.folder / "truth"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse" / "warehouse.duckdb"

    @property
    def keys(self) -> Path:
        return self.folder / "warehouse" / "keys.duckdb"

    def environment(self, day: int | None = None) -> dict[str, str]:
        """Its places, and the clock an hour after that day, else after the last one."""
        after = START + timedelta(days=self.days if day is None else day)
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "HEADWATER_LANDING": str(self.folder / "landing"),
            "HEADWATER_WAREHOUSE": str(self.folder / "warehouse"),
            "HEADWATER_NOW": f"{after}T01:00:00Z",
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }

    def call(self, *args: str) -> str:
        """Runs Python with these arguments in the repository; what it printed."""
        done = subprocess.run(
            [sys.executable, *args],
            cwd=REPOSITORY,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def simulate(self, *, users: int, seed: int) -> None:
        self.call(
            "scripts/simulate.py",
            *("--days", str(self.days), "--users", str(users)),
            *("--seed", str(seed), "--start", str(START)),
        )

    def headwater(self, *args: str) -> str:
        return self.call("-m", "headwater", *args)

    def dbt(self, *args: str) -> str:
        # A log of every event would cost a tenth of the time.
        quietly = ("--no-use-colors", "--log-level-file", "none")
        return self.call("-m", "dbt.cli.main", *quietly, *args)

    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "target" / "manifest.json").read_text())
        return found

    def marts(self) -> set[str]:
        """The marts that the project has."""
        return {
            node["name"]
            for node in self.manifest()["nodes"].values()
            if node["resource_type"] == "model" and node["schema"] == "marts"
        }

    def truths(self) -> set[str]:
        """The marts of which the simulation says what they must be."""
        return {path.stem for path in self.truth.glob("marts/*.parquet")}

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, its keys and `truth`, the table function of a mart's truth."""
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"attach '{self.warehouse}' as warehouse (read_only)")
            connection.execute(f"attach '{self.keys}' as keys (read_only)")
            connection.execute("use warehouse")
            yield connection

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows; `{truth}` in the statement is the folder of the truth."""
        with self.reading() as connection:
            return connection.execute(sql.format(truth=self.truth)).fetchall()

    def value(self, sql: str) -> Any:
        """The one value that a statement gives."""
        ((found,),) = self.query(sql)
        return found


def true_rows(world: World, mart: str) -> str:
    """SELECT of what a mart must hold: users go by the pseudonyms they were given."""
    path = world.truth / "marts" / f"{mart}.parquet"
    with duckdb.connect() as connection:
        columns = connection.execute(f"describe from '{path}'").fetchall()
    if "user_id" not in {name for name, *_ in columns}:
        return f"from '{path}'"
    return (
        f"select truth.* replace (pseudonym as user_id) from '{path}' as truth"
        " left join keys.main.identifiers on value = truth.user_id"
    )


def differences(connection: duckdb.DuckDBPyConnection, expected: str, found: str) -> list[str]:
    """How the rows of two queries differ; floats may by 1e-9 of their size. Empty when equal.

    Each is a line with the number of rows and one of them, at most one per kind.
    """
    columns = _types(connection, expected)
    there = _types(connection, found)
    if columns != there:
        odd = sorted(columns.items() ^ there.items())
        return [f"columns differ: {', '.join(f'{name} {kind}' for name, kind in odd)}"]
    floats = [name for name, kind in columns.items() if kind == "float"]
    exact = [f'"{name}"' for name in columns if name not in floats]
    order = ", ".join(exact + [f'"{name}"' for name in floats])
    for name, query in (("expected", expected), ("found", found)):
        connection.execute(
            f"create or replace temp table {name}_rows as"
            f" select *, row_number() over (order by {order}) as _place from ({query})"
        )
    lines = []
    selected = ", ".join(exact)
    for verb, one, other in (("lacks", "expected", "found"), ("invents", "found", "expected")):
        rows = connection.execute(
            f"select {selected} from {one}_rows except all select {selected} from {other}_rows"
        ).fetchall()
        if rows:
            lines.append(
                f"{verb} {len(rows)} rows, such as {dict(zip(exact, rows[0], strict=True))}"
            )
    if lines or not floats:
        return lines
    unequal = " or ".join(
        f'(expected_rows."{name}" is null) != (found_rows."{name}" is null)'
        f' or abs(expected_rows."{name}" - found_rows."{name}")'
        f' > 1e-9 * greatest(abs(expected_rows."{name}"), abs(found_rows."{name}"))'
        for name in floats
    )
    rows = connection.execute(
        f"from expected_rows inner join found_rows using (_place) where {unequal}"
    ).fetchall()
    return [f"floats differ in {len(rows)} rows, such as {rows[0]}"] if rows else []


def _types(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """Column → its type, where widths of integers and floats are all one."""
    kinds = {"BIGINT": "integer", "INTEGER": "integer", "DOUBLE": "float", "FLOAT": "float"}
    return {
        name: kinds.get(kind, kind)
        for name, kind, *_ in connection.execute(f"describe {query}").fetchall()
    }
