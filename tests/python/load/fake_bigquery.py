"""Enough of BigQuery's client to load into: it records requests, and DuckDB holds the tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.parquet
from google.api_core.exceptions import BadRequest, Conflict, NotFound

TYPES = {"INTEGER": "bigint", "FLOAT": "double", "STRING": "varchar", "BYTES": "blob"}


@dataclass
class Result:
    table: pa.Table

    def result(self) -> Result:
        return self

    def to_arrow(self, *, create_bqstorage_client: bool) -> pa.Table:
        assert not create_bqstorage_client
        return self.table

    def __iter__(self) -> Any:
        return iter(self.table.to_pylist())


@dataclass
class Job:
    job_id: str
    error: Exception | None = None

    def result(self) -> Job:
        if self.error is not None:
            raise self.error
        return self


@dataclass
class Request:
    """A load job as it was asked for."""

    destination: str
    job_id: str
    config: dict[str, Any]
    location: str | None


@dataclass
class FakeClient:
    """`before` and `after` are called with the number of each call that changes something."""

    project: str = "p"
    con: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    jobs: dict[str, Job] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)
    datasets: dict[str, Any] = field(default_factory=dict)
    before: Callable[[int], None] = lambda call: None
    after: Callable[[int], None] = lambda call: None
    refuse: Callable[[pa.Table], Exception | None] = lambda rows: None
    calls: int = 0

    def _change(self, what: Callable[[], Any]) -> Any:
        self.calls += 1
        call = self.calls
        self.before(call)
        done = what()
        self.after(call)
        return done

    def list_datasets(self) -> list[Any]:
        return list(self.datasets.values())

    def list_tables(self, dataset: str) -> list[Any]:
        prefix = dataset.split(".")[1] + "."
        return [table for name, table in self.tables.items() if name.startswith(prefix)]

    def create_dataset(self, dataset: Any, exists_ok: bool) -> None:
        assert exists_ok
        self.datasets[dataset.dataset_id] = dataset
        self.con.execute(f'create schema if not exists "{dataset.dataset_id}"')

    def create_table(self, table: Any, exists_ok: bool) -> None:
        assert exists_ok
        assert f"{table.dataset_id}.{table.table_id}" not in self.tables, "asked for twice"
        self.tables[f"{table.dataset_id}.{table.table_id}"] = table
        columns = ", ".join(
            f"{each.name} {TYPES.get(each.field_type, each.field_type)}" for each in table.schema
        )
        self.con.execute(
            f'create table if not exists "{table.dataset_id}"."{table.table_id}" ({columns})'
        )

    def get_table(self, name: str) -> Any:
        return self.tables[name.split(".", 1)[1]]

    def update_table(self, table: Any, fields: list[str]) -> None:
        assert fields == ["schema"]
        name = f'"{table.dataset_id}"."{table.table_id}"'
        known = {row[0] for row in self.con.execute(f"describe {name}").fetchall()}
        for each in table.schema:
            if each.name not in known:
                kind = TYPES.get(each.field_type, each.field_type)
                self.con.execute(f"alter table {name} add column {each.name} {kind}")

    def query(self, sql: str) -> Result:
        translated = re.sub(r"`p\.(\w+)\.(\w+)`", r'"\1"."\2"', sql)
        if "select" in translated.split("(")[0] and "update" not in translated:
            return Result(self.con.sql(translated).to_arrow_table())
        self._change(lambda: self.con.execute(translated))
        return Result(pa.table({}))

    def load_table_from_file(
        self, file: BinaryIO, destination: str, *, job_id: str, job_config: Any, location: str
    ) -> Job:
        self.requests.append(Request(destination, job_id, job_config.to_api_repr(), location))
        rows = pa.parquet.read_table(pa.BufferReader(file.read()))

        def run() -> Job:
            if job_id in self.jobs:
                raise Conflict(f"Already Exists: Job {job_id}")
            job = self.jobs[job_id] = Job(job_id, self.refuse(rows))
            if job.error is None:
                assert rows.num_rows
                _, dataset, table = destination.split(".")
                # BigQuery takes what the schema says, by name, and no zone for a datetime.
                assert pa.timestamp("us") not in rows.schema.types
                names = ", ".join(rows.column_names)
                self.con.execute("set TimeZone = 'UTC'")
                self.con.register("rows", rows)
                self.con.execute(
                    f'insert into "{dataset}"."{table}" ({names}) select {names} from rows'
                )
                self.con.unregister("rows")
            return job

        return self._change(run)

    def get_job(self, job_id: str, location: str) -> Job:
        if job_id not in self.jobs:
            raise NotFound(job_id)
        return self.jobs[job_id]


__all__ = ["BadRequest", "FakeClient", "Request"]
