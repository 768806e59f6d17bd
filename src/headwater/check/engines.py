"""How Great Expectations reaches the target; nothing else knows which engine it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)

from headwater.check.duckdb_dialect import engine_on
from headwater.database import BigQuery, Database, DuckDB
from headwater.errors import HeadwaterError


class DuckDBEngine(SqlAlchemyExecutionEngine):
    """GX's engine on a cursor of the one connection of the warehouse."""

    def __init__(self, con: Any) -> None:
        super().__init__(engine=engine_on(con), create_temp_table=False)
        # GX has no branch for DuckDB when it writes a regular expression, and asks the
        # dialect's module which it is. Dremio's branch, regexp_matches(), is DuckDB's too.
        self.dialect_module = SimpleNamespace(DremioDialect=None)  # type: ignore[assignment]


class BigQueryEngine(SqlAlchemyExecutionEngine):
    """GX's own BigQuery dialect, on the client (project, credentials) Headwater already has."""

    def __init__(self, database: BigQuery) -> None:
        output = database.project.output
        super().__init__(
            engine=sa.create_engine(
                f"bigquery://{output['project']}/?user_supplied_client=True",
                connect_args={"client": database.client},
            ),
            create_temp_table=False,
        )


def engine_for(database: Database) -> SqlAlchemyExecutionEngine:
    """The one place that chooses how GX reaches the target.

    Raises HeadwaterError when the installation lacks what that takes.
    """
    if isinstance(database, DuckDB):
        return DuckDBEngine(database.connection)
    if isinstance(database, BigQuery):
        try:
            return BigQueryEngine(database)
        except sa.exc.NoSuchModuleError:
            raise HeadwaterError(
                "checks on BigQuery need sqlalchemy-bigquery", "pip install headwater[bigquery]"
            ) from None
    raise TypeError(f"cannot check a {type(database).__name__}")
