"""The DuckDB warehouse as its one writer sees it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from headwater import macros
from headwater.errors import HeadwaterError, Locked
from headwater.literals import literal
from headwater.project import Project


def connect(project: Project, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Opens the warehouse with its keys attached as `keys`, in UTC.

    Raises Locked when another process writes it, HeadwaterError when it cannot be opened.
    """
    project.state.mkdir(parents=True, exist_ok=True)
    config = {
        "preserve_insertion_order": "false",
        "temp_directory": str(project.state / "tmp"),
    }
    try:
        connection = duckdb.connect(
            str(project.warehouse_file), read_only=read_only, config=dict(config)
        )
        mode = " (read_only)" if read_only else ""
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {literal(str(project.keys_file))} as keys{mode}")
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise Locked(
                f"{project.warehouse_file} is being written by another process",
                "wait for it, or see who: headwater status",
            ) from None
        raise HeadwaterError(f"cannot open {project.warehouse_file}: {_first(error)}") from error
    except duckdb.Error as error:
        raise HeadwaterError(f"cannot open {project.warehouse_file}: {_first(error)}") from error
    return connection


def _first(error: Exception) -> str:
    return str(error).splitlines()[0]


def macros_dir(project: Project) -> Path:
    """Where the project keeps the framework's macros."""
    return project.root / "macros" / "headwater"


def relation(project: Project, name: str) -> str:
    """The quoted DuckDB name of one of Headwater's own tables, `schema.table`."""
    schema, table = name.split(".")
    if schema == "keys":
        return f'keys.main."{table}"'
    return f'"{project.schema(schema)}"."{table}"'


def ensure_tables(
    connection: duckdb.DuckDBPyConnection, project: Project, event_types: Iterable[str]
) -> None:
    """Creates what is missing of Headwater's own tables and of raw.<event>, with dbt's macros."""
    folder = macros_dir(project)
    tables = macros.table_columns(folder)
    columns = macros.raw_columns(folder)
    tables |= {f"raw.{event}": columns for event in event_types}
    for schema in ("raw", "ops"):
        connection.execute(f'create schema if not exists "{project.schema(schema)}"')
    # One transaction writes one attached file: the keys' table comes by itself.
    for name, declared in tables.items():
        table = relation(project, name)
        connection.execute(macros.create_table(folder, "duckdb", table, declared, name))
    for name in macros.widened_tables(folder):
        table = relation(project, name)
        known = [row[0] for row in connection.execute(f"describe {table}").fetchall()]
        if missing := macros.add_columns(folder, "duckdb", table, tables[name], known):
            connection.execute(missing)
