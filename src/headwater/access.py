"""Opens the warehouse of the chosen target, whichever engine it is on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from headwater import warehouse
from headwater.database import BigQuery, DuckDB
from headwater.load import connect
from headwater.load.run import target_of
from headwater.project import Project


@contextmanager
def opened(project: Project, *, read_only: bool = False) -> Iterator[DuckDB | BigQuery]:
    """The warehouse, until the block ends. On DuckDB no other process may have it meanwhile.

    Raises HeadwaterError when it cannot be reached, or its engine is not installed.
    """
    if project.engine == "duckdb":
        connection = warehouse.connect(project, read_only=read_only)
        try:
            yield DuckDB(project, connection)
        finally:
            connection.close()
        return
    client = connect(project)
    try:
        yield BigQuery(project, client)
    finally:
        client.close()


def ensure_tables(database: DuckDB | BigQuery) -> None:
    """Creates what is missing of Headwater's own tables."""
    target_of(database.project, handle(database)).ensure_tables(())


def handle(database: DuckDB | BigQuery) -> Any:
    """What the load writes through: DuckDB's connection, or BigQuery's client."""
    return database.connection if isinstance(database, DuckDB) else database.client
