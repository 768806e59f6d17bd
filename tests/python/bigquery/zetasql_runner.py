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
from functools import cache
from typing import Any

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_ast_pb2

from .engine import SqlError, instance
from .values import from_proto, parse_type, to_proto, type_text

__all__ = ["Result", "SqlError", "Table", "analyze", "execute", "run_sql"]

# What ZetaSQL can do and BigQuery cannot, or not in a way to rely on.
NOT_IN_BIGQUERY = (
    "ARRAY_AGGREGATION_FUNCTIONS",
    "ARRAY_EQUALITY",
    "ARRAY_FIND_FUNCTIONS",
    "ARRAY_ORDERING",
    "ARRAY_ZIP",
    "BARE_ARRAY_ACCESS",
    "CHAINED_FUNCTION_CALLS",
    "AGGREGATE_FILTERING",
    "ENABLE_MEASURES",
    "INLINE_LAMBDA_ARGUMENT",
    "MULTIWAY_UNNEST",
    "NULLIFZERO_ZEROIFNULL",
    "TIMESTAMP_NANOS",
    "TIMESTAMP_PICOS",
)
ONLY_IN_BIGQUERY = ("CREATE_TABLE_CLONE", "DISALLOW_GROUP_BY_FLOAT")


@dataclass(frozen=True)
class Table:
    """Columns (name → type, as in `values`) and rows (column → value; absent = null)."""

    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]] = field(default=(), repr=False)


@dataclass(frozen=True)
class Result:
    """What a query returns: (name, type) of each column, and rows in that order."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]] = field(repr=False)

    def dicts(self) -> list[dict[str, Any]]:
        """The rows by column name."""
        names = [name for name, _ in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


@cache
def _options() -> options_pb2.AnalyzerOptionsProto:
    """BigQuery's dialect: external product mode, its features, QUALIFY reserved, UTC."""
    language = instance().call(
        "GetLanguageOptions",
        service.LanguageOptionsRequest(maximum_features=True),
        options_pb2.LanguageOptionsProto,
    )
    code = {name: public.LanguageFeature.Value(f"FEATURE_{name}") for name in NOT_IN_BIGQUERY}
    kept = set(language.enabled_language_features) - set(code.values())
    kept |= {public.LanguageFeature.Value(f"FEATURE_{name}") for name in ONLY_IN_BIGQUERY}
    del language.enabled_language_features[:]
    language.enabled_language_features.extend(sorted(kept))
    language.product_mode = public.PRODUCT_EXTERNAL
    language.reserved_keywords.append("QUALIFY")
    del language.supported_statement_kinds[:]  # none listed = all supported
    return options_pb2.AnalyzerOptionsProto(
        language_options=language,
        default_timezone="UTC",
        error_message_mode=public.ERROR_MESSAGE_ONE_LINE,
    )


def _catalog(tables: Mapping[str, Table]) -> simple_catalog_pb2.SimpleCatalogProto:
    catalog = simple_catalog_pb2.SimpleCatalogProto(name="catalog")
    catalog.builtin_function_options.language_options.CopyFrom(_options().language_options)
    for name, table in tables.items():
        made = catalog.table.add(name=name)
        for column, kind in table.columns.items():
            made.column.add(name=column, is_writable_column=True).type.CopyFrom(parse_type(kind))
    return catalog


def _flat(sql: str, tables: Mapping[str, Table]) -> str:
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
    sql: str, tables: Mapping[str, Table]
) -> tuple[tuple[tuple[str, str], ...], resolved_ast_pb2.AnyResolvedStatementProto]:
    """Type-checks one statement of any kind.

    Returns the (name, type) of its columns (none for what is not a query) and the
    resolved statement. Raises SqlError with line and column.
    """
    request = service.AnalyzeRequest(
        sql_statement=_flat(sql, tables), options=_options(), simple_catalog=_catalog(tables)
    )
    answer = instance().call("Analyze", request, service.AnalyzeResponse)
    statement = answer.resolved_statement
    columns = tuple(
        (column.name, type_text(column.column.type))
        for column in statement.resolved_query_stmt_node.output_column_list
    )
    return columns, statement


def execute(sql: str, tables: Mapping[str, Table]) -> Result:
    """Runs one query. Raises SqlError with line and column."""
    request = service.EvaluateQueryRequest(
        sql=_flat(sql, tables), options=_options(), simple_catalog=_catalog(tables)
    )
    for name, table in tables.items():
        kinds = {column: parse_type(kind) for column, kind in table.columns.items()}
        content = request.table_content[name].table_data
        content.SetInParent()
        for row in table.rows:
            cells = (to_proto(row.get(column), kind) for column, kind in kinds.items())
            content.row.add().cell.extend(cells)
    answer = instance().call("EvaluateQuery", request, service.EvaluateQueryResponse)
    # The response names its columns only for a prepared query; analysis always does.
    declared = [(column.name, column.type) for column in answer.prepared.columns]
    return Result(
        columns=tuple((name, type_text(kind)) for name, kind in declared),
        rows=[
            tuple(
                from_proto(cell, kind) for cell, (_, kind) in zip(row.cell, declared, strict=True)
            )
            for row in answer.content.table_data.row
        ],
    )


def run_sql(sql: str, tables: Mapping[str, Table] | None = None) -> list[dict[str, Any]]:
    """The rows of one query, by column name. Raises SqlError."""
    return execute(sql, tables or {}).dicts()
