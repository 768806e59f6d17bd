"""How Great Expectations reaches the target; nothing else knows which engine it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)

from headwater.check.duckdb_dialect import engine_on
from headwater.database import Database, DuckDB
from headwater.project import Project


class DuckDBEngine(SqlAlchemyExecutionEngine):
    """GX's engine on the one connection of the warehouse, which it must never close."""

    def __init__(self, con: Any) -> None:
        super().__init__(engine=engine_on(con), create_temp_table=False)
        # GX has no branch for DuckDB when it writes a regular expression, and asks the
        # dialect's module which it is. Dremio's branch, regexp_matches(), is DuckDB's too.
        self.dialect_module = SimpleNamespace(DremioDialect=None)  # type: ignore[assignment]

    def close(self) -> None:
        pass


class BigQueryEngine(SqlAlchemyExecutionEngine):
    """GX's own BigQuery engine, through sqlalchemy-bigquery, with the profile's project."""

    def __init__(self, project: Project) -> None:
        output = project.output
        super().__init__(
            connection_string=f"bigquery://{output['project']}",
            create_temp_table=False,
            location=output.get("location"),
        )


def engine_for(project: Project, database: Database) -> SqlAlchemyExecutionEngine:
    """The one place that chooses how GX reaches the target."""
    if isinstance(database, DuckDB):
        return DuckDBEngine(database.connection)
    return BigQueryEngine(project)
