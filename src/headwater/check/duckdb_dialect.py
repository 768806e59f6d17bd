"""A SQLAlchemy dialect over one open DuckDB connection: no more than Great Expectations needs.

duckdb-engine is built on SQLAlchemy's PostgreSQL dialect, whose reflection reads catalogue
tables that DuckDB does not have; it also opens its own connections, and the warehouse has one.
"""

from __future__ import annotations

from typing import Any

import duckdb
import sqlalchemy as sa
from sqlalchemy.engine import default
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedPrimaryKeyConstraint
from sqlalchemy.sql.compiler import IdentifierPreparer


class _QuoteEverything(IdentifierPreparer):
    """DuckDB reserves words that SQLAlchemy does not know of (`at`, `qualify` …)."""

    def _requires_quotes(self, value: str) -> bool:
        return True


class DuckDBDialect(default.DefaultDialect):
    """Every transaction call is a no-op: the connection's owner decides about those."""

    name = "duckdb"
    driver = "headwater"
    supports_statement_cache = True
    supports_sane_rowcount = False
    default_paramstyle = "qmark"
    preparer = _QuoteEverything

    @classmethod
    def import_dbapi(cls) -> Any:
        return duckdb

    def initialize(self, connection: sa.Connection) -> None:
        pass

    def do_begin(self, dbapi_connection: Any) -> None:
        pass

    def do_commit(self, dbapi_connection: Any) -> None:
        pass

    def do_rollback(self, dbapi_connection: Any) -> None:
        pass

    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[ReflectedColumn]:
        """The names, in order; no types: model contracts already enforce those."""
        rows = connection.exec_driver_sql(
            "select column_name from information_schema.columns"
            " where table_catalog = current_database() and table_schema = ? and table_name = ?"
            " order by ordinal_position",
            (str(schema), str(table_name)),
        )
        return [
            {"name": name, "type": sa.types.NullType(), "nullable": True, "default": None}
            for (name,) in rows
        ]

    def get_pk_constraint(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> ReflectedPrimaryKeyConstraint:
        return {"constrained_columns": [], "name": None}


sa.dialects.registry.register("duckdb.headwater", __name__, "DuckDBDialect")


def engine_on(con: duckdb.DuckDBPyConnection) -> sa.Engine:
    """A SQLAlchemy engine whose only connection is a cursor of `con`; dispose of it to close that.

    A cursor left open keeps the file open, and so other processes out.
    """
    cursor = con.cursor()
    cursor.execute("set TimeZone = 'UTC'")
    return sa.create_engine(
        "duckdb+headwater://",
        creator=lambda: cursor,
        poolclass=sa.pool.StaticPool,
        pool_reset_on_return=None,
    )
