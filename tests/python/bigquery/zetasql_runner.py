"""Analyses and executes BigQuery SQL with ZetaSQL, GoogleSQL's reference implementation.

    run_sql(
        "select upper(name) as name from `p`.`raw`.`t` where n > 1",
        {"p.raw.t": Table({"name": "string", "n": "int64"}, [{"name": "a", "n": 2}])},
    )   # [{"name": "A"}]

Tables are named as the statement names them (`project.dataset.table`, or one word).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import type_pb2, value_pb2
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_ast_pb2

from .dialect import options
from .engine import SqlError, instance
from .values import from_proto, parse_type, to_proto, type_text

__all__ = ["Relation", "SqlError", "Table", "analyze", "execute", "modify", "run_sql"]

Row = Sequence[value_pb2.ValueProto]

# BigQuery's other names of its types, which ZetaSQL leaves to the engine.
ALIASES = dict.fromkeys(("bigint", "byteint", "int", "integer", "smallint", "tinyint"), "int64")


@dataclass(frozen=True)
class Table:
    """Columns (name → type, as in `values`) and rows (column → value; absent = null)."""

    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]] = field(default=(), repr=False)

    def relation(self) -> Relation:
        """The same in ZetaSQL's own values."""
        kinds = tuple((name, parse_type(kind)) for name, kind in self.columns.items())
        rows = [[to_proto(row.get(name), kind) for name, kind in kinds] for row in self.rows]
        return Relation(kinds, rows)


@dataclass(frozen=True)
class Relation:
    """Columns and rows in ZetaSQL's own values: what is kept between statements."""

    kinds: tuple[tuple[str, type_pb2.TypeProto], ...]
    protos: Sequence[Row] = field(default=(), repr=False)

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """(name, type) of each column."""
        return tuple((name, type_text(kind)) for name, kind in self.kinds)

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows as Python values, in the order of the columns."""
        kinds = [kind for _, kind in self.kinds]
        return [
            tuple(from_proto(cell, kind) for cell, kind in zip(row, kinds, strict=True))
            for row in self.protos
        ]

    def dicts(self) -> list[dict[str, Any]]:
        """The rows by column name."""
        names = [name for name, _ in self.kinds]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


Tables = Mapping[str, Table] | Mapping[str, Relation]


def _relations(tables: Tables) -> dict[str, Relation]:
    return {
        name: table.relation() if isinstance(table, Table) else table
        for name, table in tables.items()
    }


def _catalog(tables: Mapping[str, Relation]) -> simple_catalog_pb2.SimpleCatalogProto:
    catalog = simple_catalog_pb2.SimpleCatalogProto(name="catalog")
    catalog.builtin_function_options.language_options.CopyFrom(options().language_options)
    for alias, kind in ALIASES.items():
        catalog.named_type.add(name=alias).type.CopyFrom(parse_type(kind))
    for name, table in tables.items():
        made = catalog.table.add(name=name)
        for column, kind in table.kinds:
            made.column.add(name=column, is_writable_column=True).type.CopyFrom(kind)
    return catalog


def _flat(sql: str, tables: Tables) -> str:
    """`a`.`b`.`c` → `a.b.c`, padded so that lines and columns stay what they were.

    Only a table of the top catalog can be given rows.
    """

    def one_name(found: re.Match[str]) -> str:
        name = re.sub(r"[`\s]", "", found[0])
        return f"`{name}`".ljust(len(found[0]))

    for name in (each for each in tables if "." in each):
        parts = r"\s*\.\s*".join(f"`?{re.escape(part)}`?" for part in name.split("."))
        sql = re.sub(rf"(?<![\w`.]){parts}(?![\w`])", one_name, sql)
    return sql


def analyze(
    sql: str, tables: Tables
) -> tuple[tuple[tuple[str, str], ...], resolved_ast_pb2.AnyResolvedStatementProto]:
    """Type-checks one statement of any kind.

    Returns the (name, type) of its columns (none for what is not a query) and the
    resolved statement. Raises SqlError with line and column.
    """
    request = service.AnalyzeRequest(
        sql_statement=_flat(sql, tables),
        options=options(),
        simple_catalog=_catalog(_relations(tables)),
    )
    answer = instance().call("Analyze", request, service.AnalyzeResponse)
    statement = answer.resolved_statement
    columns = tuple(
        (column.name, type_text(column.column.type))
        for column in statement.resolved_query_stmt_node.output_column_list
    )
    return columns, statement


def _fill(content: Any, tables: Mapping[str, Relation]) -> None:
    for name, table in tables.items():
        data = content[name].table_data
        data.SetInParent()
        for row in table.protos:
            data.row.add().cell.extend(row)


def execute(sql: str, tables: Tables) -> Relation:
    """Runs one query. Raises SqlError with line and column."""
    relations = _relations(tables)
    request = service.EvaluateQueryRequest(
        sql=_flat(sql, tables), options=options(), simple_catalog=_catalog(relations)
    )
    _fill(request.table_content, relations)
    answer = instance().call("EvaluateQuery", request, service.EvaluateQueryResponse)
    columns = tuple(
        (column.name or f"f{index}_", column.type)  # BigQuery's name for what has none
        for index, column in enumerate(answer.prepared.columns)
    )
    return Relation(columns, [list(row.cell) for row in answer.content.table_data.row])


ROW_NUMBER = "_zetasql_row"


def modify(sql: str, target: str, tables: Tables) -> Relation:
    """Runs one insert, update or delete on the table `target`.

    Returns the table as it is afterwards. Raises SqlError with line and column.
    """
    relations = _relations(tables)
    before = relations[target]
    changes = service.EvaluateModifyResponse.Row
    is_insert = bool(re.match(r"(\s|/\*.*?\*/|--[^\n]*\n)*insert\b", sql, re.I | re.S))
    if not is_insert:  # what it changes is told by primary key, so the rows get one
        number = type_pb2.TypeProto(type_kind=type_pb2.TYPE_INT64)
        rows = [
            [*row, value_pb2.ValueProto(int64_value=index)]
            for index, row in enumerate(before.protos)
        ]
        relations[target] = Relation((*before.kinds, (ROW_NUMBER, number)), rows)
    request = service.EvaluateModifyRequest(
        sql=_flat(sql, tables), options=options(), simple_catalog=_catalog(relations)
    )
    for table in request.simple_catalog.table:
        if table.name == target and not is_insert:
            table.primary_key_column_index.append(len(before.kinds))
    _fill(request.table_content, relations)
    answer = instance().call("EvaluateModify", request, service.EvaluateModifyResponse)
    after: dict[int, Row] = dict(enumerate(before.protos))
    for change in answer.content:
        if change.operation == changes.INSERT:
            after[len(after)] = list(change.cell)
        elif change.operation == changes.DELETE:
            del after[change.old_primary_key[0].int64_value]
        else:
            after[change.old_primary_key[0].int64_value] = list(change.cell)[:-1]
    return Relation(before.kinds, list(after.values()))


def run_sql(sql: str, tables: Mapping[str, Table] | None = None) -> list[dict[str, Any]]:
    """The rows of one query, by column name. Raises SqlError."""
    return execute(sql, tables or {}).dicts()
