"""The warehouse as planning and recording see it: queries in, rows out, on either engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import duckdb

from headwater import macros, warehouse
from headwater.literals import literal
from headwater.project import Project


class Database(Protocol):
    """Runs SQL on the warehouse; tables are named `schema.table`, as in the design."""

    @property
    def project(self) -> Project: ...

    def rows(self, sql: str) -> list[tuple[Any, ...]]: ...

    def execute(self, *statements: str) -> None:
        """Runs statements that belong together, in one transaction where there is one."""
        ...

    def name(self, table: str) -> str:
        """The quoted name of one of Headwater's own tables."""
        ...

    def tables(self) -> set[tuple[str, str]]:
        """(schema, name) of every table and view there is."""
        ...

    def text_columns(self, schema: str, table: str) -> list[str]:
        """The columns of a table that hold strings, in order."""
        ...

    def hour_of(self, timestamp: str) -> str:
        """The SQL for the UTC hour of a timestamp expression."""
        ...

    def held_slices(self, base: str, code: str, compatible: Mapping[str, Sequence[str]]) -> str:
        """The query of the macro held_slices, for a quoted base relation."""
        ...


@dataclass(frozen=True)
class DuckDB:
    """The DuckDB warehouse, through its one writing connection."""

    project: Project
    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def execute(self, *statements: str) -> None:
        self.connection.begin()
        try:
            for statement in statements:
                self.connection.execute(statement)
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

    def name(self, table: str) -> str:
        return warehouse.relation(self.project, table)

    def tables(self) -> set[tuple[str, str]]:
        return {
            (schema, name)
            for schema, name in self.rows(
                "select table_schema, table_name from information_schema.tables"
                " where table_catalog = current_database()"
            )
        }

    def text_columns(self, schema: str, table: str) -> list[str]:
        of_table = f"schema_name = {literal(schema)} and table_name = {literal(table)}"
        return [
            name
            for (name,) in self.rows(
                "select column_name from duckdb_columns() where database_name ="
                f" current_database() and {of_table} and data_type = 'VARCHAR'"
                " order by column_index"
            )
        ]

    def hour_of(self, timestamp: str) -> str:
        return hour_of(self.project, timestamp)

    def held_slices(self, base: str, code: str, compatible: Mapping[str, Sequence[str]]) -> str:
        return held_slices(self.project, base, code, compatible)


@dataclass(frozen=True)
class BigQuery:
    """BigQuery, through a `google.cloud.bigquery.Client`."""

    project: Project
    client: Any

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        # Timestamps lose their zone, which is UTC, to compare with the other engine's.
        return [
            tuple(_without_zone(value) for value in row.values())
            for row in self.client.query(sql).result()
        ]

    def execute(self, *statements: str) -> None:
        script = "begin transaction;\n" + ";\n".join(statements) + ";\ncommit transaction;"
        self.client.query(script).result()

    def name(self, table: str) -> str:
        schema, identifier = table.split(".")
        return f"`{self.project.output['project']}.{self.project.schema(schema)}.{identifier}`"

    def tables(self) -> set[tuple[str, str]]:
        found = set()
        ours = self.project.schema("")
        for dataset in self.client.list_datasets():
            if not dataset.dataset_id.startswith(ours):
                continue
            for table in self.client.list_tables(dataset.reference):
                found.add((str(dataset.dataset_id), str(table.table_id)))
        return found

    def text_columns(self, schema: str, table: str) -> list[str]:
        found = self.client.get_table(f"{self.project.output['project']}.{schema}.{table}")
        return [
            str(field.name)
            for field in found.schema
            if field.field_type == "STRING" and field.mode != "REPEATED"
        ]

    def hour_of(self, timestamp: str) -> str:
        return hour_of(self.project, timestamp)

    def held_slices(self, base: str, code: str, compatible: Mapping[str, Sequence[str]]) -> str:
        return held_slices(self.project, base, code, compatible)


@dataclass(frozen=True)
class _Target:
    """As much of dbt's `target` as a dialect macro looks at."""

    type: str


def hour_of(project: Project, timestamp: str) -> str:
    """The dialect macro hour_of, rendered for the project's engine."""
    folder = warehouse.macros_dir(project)
    return str(macros.call(folder, "hour_of", timestamp, target=_Target(project.engine))).strip()


def held_slices(
    project: Project, base: str, code: str, compatible: Mapping[str, Sequence[str]]
) -> str:
    """The macro held_slices, rendered for the project's engine."""
    if not compatible:  # what it then says; rendering takes 10 ms for each event type
        return f"select distinct _load_id, _hour from {base} where _contract_hash = '{code}'"
    call = "{{ held_slices(base, code, compatible) }}"
    given = {"base": base, "code": code, "compatible": compatible}
    return macros.render(warehouse.macros_dir(project), call, project.engine, **given)


def _without_zone(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value


def has(database: Database, table: str) -> bool:
    """Whether one of Headwater's own tables is there; an older warehouse lacks some."""
    schema, _, name = table.partition(".")
    return (database.project.schema(schema), name) in database.tables()


def insert(database: Database, table: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The statement that adds rows to one of Headwater's tables; none where there are no rows."""
    listed = list(rows)
    if not listed:
        return []
    columns = list(listed[0])
    values = ",\n".join(
        "(" + ", ".join(literal(row[column]) for column in columns) + ")" for row in listed
    )
    return [f"insert into {database.name(table)} ({', '.join(columns)}) values {values}"]
