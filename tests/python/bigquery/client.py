"""A google-cloud-bigquery client over the small BigQuery of `warehouse`.

It has what dbt-bigquery calls, and answers with the library's own classes, so that
dbt's adapter, materializations and hooks run as they are.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery
from google.cloud.bigquery.dataset import DatasetListItem
from google.cloud.bigquery.table import Row
from zetasql.wasi._pb2.zetasql.public import type_pb2

from .engine import SqlError
from .values import parse_type, type_text
from .warehouse import Outcome, Warehouse
from .zetasql_runner import Relation

STATEMENT_TYPES = {
    "query": "SELECT",
    "create_view": "CREATE_VIEW",
    "create_table": "CREATE_TABLE_AS_SELECT",
    "insert": "INSERT",
    "update": "UPDATE",
    "delete": "DELETE",
}


def _field(name: str, kind: type_pb2.TypeProto) -> dict[str, Any]:
    """A column as the API describes it."""
    mode = "NULLABLE"
    if kind.type_kind == type_pb2.TYPE_ARRAY:
        kind, mode = kind.array_type.element_type, "REPEATED"
    if kind.type_kind == type_pb2.TYPE_STRUCT:
        inner = [_field(each.field_name, each.field_type) for each in kind.struct_type.field]
        return {"name": name, "type": "RECORD", "mode": mode, "fields": inner}
    api_name = {"int64": "INTEGER", "float64": "FLOAT", "bool": "BOOLEAN"}
    text = type_text(kind)
    return {"name": name, "type": api_name.get(text, text.upper()), "mode": mode}


def _sql_type(field: bigquery.SchemaField) -> str:
    """The reverse of `_field`."""
    sql_name = {"INTEGER": "int64", "FLOAT": "float64", "BOOLEAN": "bool"}
    text = sql_name.get(field.field_type, field.field_type.lower())
    if field.fields:
        inner = ", ".join(f"{each.name} {_sql_type(each)}" for each in field.fields)
        text = f"struct<{inner}>"
    return f"array<{text}>" if field.mode == "REPEATED" else text


def _layout(text: str) -> dict[str, Any]:
    """`partition by … cluster by …` as the API describes it."""
    described: dict[str, Any] = {}
    partition = re.search(r"partition by (?:\w+_trunc\()?(\w+)(?:, (\w+)\))?", text, re.I)
    if partition:
        granularity = (partition[2] or "day").upper()
        described["timePartitioning"] = {"type": granularity, "field": partition[1]}
    cluster = re.search(r"cluster by (.*)", text, re.I)
    if cluster:
        described["clustering"] = {"fields": cluster[1].replace("`", "").split(", ")}
    return described


def _value(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


class Rows:
    """The rows of a job, as dbt reads them."""

    def __init__(self, relation: Relation) -> None:
        self.schema = [
            bigquery.SchemaField.from_api_repr(_field(name, kind)) for name, kind in relation.kinds
        ]
        self.total_rows = len(relation.protos)
        self._relation = relation

    def __iter__(self) -> Iterator[Row]:
        index = {field.name: position for position, field in enumerate(self.schema)}
        for row in self._relation.rows:
            yield Row([_value(value) for value in row], index)


class Job:
    """A query job that is done."""

    location = "EU"
    total_bytes_processed = total_bytes_billed = slot_millis = 0

    def __init__(self, project: str, job_id: str, outcome: Outcome, statement_type: str) -> None:
        self.project = project
        self.job_id = job_id
        self.statement_type = statement_type
        self.num_dml_affected_rows = outcome.affected
        self.destination = bigquery.TableReference.from_string(
            outcome.target
            if statement_type == "CREATE_TABLE_AS_SELECT"
            else f"{project}._results.{job_id}"
        )
        self._outcome = outcome

    def result(self, **_: Any) -> Rows:
        return Rows(self._outcome.result)


class Client:
    """`log` keeps every statement that was sent, in order; `described` what tables and their
    columns are said to hold, by table and column (of the table itself: the empty name)."""

    def __init__(self, warehouse: Warehouse, project: str) -> None:
        self.warehouse = warehouse
        self.project = project
        self.log: list[str] = []
        self.described: dict[str, dict[str, str]] = {}
        self._results: dict[str, Relation] = {}

    def query(self, query: str, job_id: str | None = None, **_: Any) -> Job:
        self.log.append(query)
        try:
            outcome = self.warehouse.run(query)
        except SqlError as error:
            message = f"{error.message} at [{error.line}:{error.column}]"
            errors = [{"message": message, "reason": "invalidQuery"}]
            raise BadRequest(message, errors=errors) from error  # type: ignore[no-untyped-call]
        job_id = job_id or str(uuid.uuid4())
        self._results[job_id] = outcome.result
        kind = STATEMENT_TYPES.get(outcome.kind, "SCRIPT") if outcome.steps == 1 else "SCRIPT"
        return Job(self.project, job_id, outcome, kind)

    def get_table(self, table: Any, **_: Any) -> bigquery.Table:
        reference = bigquery.TableReference.from_string(str(table).replace("`", ""))
        name = f"{reference.project}.{reference.dataset_id}.{reference.table_id}"
        views, tables = self.warehouse.views, self.warehouse.tables
        if reference.dataset_id == "_results":
            kinds, rows = self._results[reference.table_id].kinds, 0
        elif name in views:
            kinds, rows = tuple((n, parse_type(k)) for n, k in views[name].columns), 0
        elif name in tables:
            kinds, rows = tables[name].kinds, len(tables[name].protos)
        else:
            raise NotFound(f"Not found: Table {name}")  # type: ignore[no-untyped-call]
        return bigquery.Table.from_api_repr(
            {
                "tableReference": reference.to_api_repr(),
                "schema": {"fields": [_field(column, kind) for column, kind in kinds]},
                "type": "VIEW" if name in views else "TABLE",
                "numRows": str(rows),
                **_layout(self.warehouse.layouts.get(name, "")),
            }
        )

    def update_table(self, table: bigquery.Table, fields: list[str]) -> None:
        """Describes a table or its columns, and adds columns."""
        about = self.described.setdefault(str(table.reference), {})
        if fields == ["description"]:
            about[""] = table.description
            return
        assert fields == ["schema"]
        known = {field.name for field in self.get_table(table.reference).schema}
        for field in table.schema:
            if field.description:
                about[field.name] = field.description
            if field.name not in known:
                column = f"`{field.name}` {_sql_type(field)}"
                self.warehouse.run(f"alter table `{table.reference}` add column {column}")

    def list_tables(self, dataset: Any, **_: Any) -> list[bigquery.Table]:
        prefix = f"{dataset.project}.{dataset.dataset_id}"
        if prefix not in self.warehouse.datasets:
            raise NotFound(f"Not found: Dataset {prefix}")  # type: ignore[no-untyped-call]
        names = [*self.warehouse.tables, *self.warehouse.views]
        return [self.get_table(name) for name in names if name.rpartition(".")[0] == prefix]

    def list_routines(self, dataset: Any, **_: Any) -> list[Any]:
        return []

    def get_routine(self, routine: Any, **_: Any) -> Any:
        raise NotFound(f"Not found: Routine {routine}")  # type: ignore[no-untyped-call]

    def list_datasets(self, project: str | None = None, **_: Any) -> list[DatasetListItem]:
        references = [
            {"projectId": project or self.project, "datasetId": name.rpartition(".")[2]}
            for name in sorted(self.warehouse.datasets)
        ]
        listed: Any = DatasetListItem
        return [listed({"datasetReference": each}) for each in references]

    def delete_table(self, table: Any, **_: Any) -> None:
        name = f"{table.project}.{table.dataset_id}.{table.table_id}"
        self.warehouse.run(f"drop table if exists `{name}`")

    def close(self) -> None:
        pass
