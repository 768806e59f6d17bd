"""Writes raw and the ledger into BigQuery: Parquet, and free load jobs.

A load job cannot share a transaction with the ledger, so the ledger says first what is about
to be loaded and by which job (status `loading`), then the jobs run, then it says so. A load
that was killed in between is finished, or taken back, by the next one: the job's state, which
BigQuery keeps, decides. Unparsed records go first (many by a job of their own, a few with the
ledger's statement), so that a finished job of rows means that everything is there.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound, RetryError
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from headwater import macros, warehouse
from headwater.database import BigQuery, insert, literal
from headwater.errors import HeadwaterError
from headwater.load.counts import Counted, counted
from headwater.load.files import DataFile
from headwater.load.ledger import KNOWN
from headwater.load.parquet import ParquetRows
from headwater.project import Project

_TYPES = {
    "string": "STRING",
    "text": "STRING",
    "bytes": "BYTES",
    "int": "INTEGER",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "float": "FLOAT",
}
_FOLDER = "load-"
_LEDGER_ROWS_AT_ONCE = 500  # a statement has at most a million characters
# So few unparsed records go with the ledger's own statement: all event types share
# raw.unparsed, and a table takes 1,500 load jobs a day.
_FEW_ROWS = 500
_FEW_BYTES = 200_000


def connect(project: Project) -> bigquery.Client:
    """A client of the target's project; of an emulator when the target names an endpoint."""
    output = project.output
    named = {"project": output["project"], "location": output.get("location")}
    if endpoint := output.get("api_endpoint"):
        return bigquery.Client(
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": endpoint},
            **named,
        )
    return bigquery.Client(**named)


@dataclass(frozen=True)
class _Unfinished:
    """What the ledger says a killed load was about to do."""

    job_id: str
    event: str
    load_id: int
    loaded: int
    unparsed: int


class BigQueryTarget:
    """The warehouse as the load sees it."""

    batch_bytes = 4 << 30  # few load jobs: a table takes 1,500 a day
    batch_files = 10_000

    def __init__(self, project: Project, client: bigquery.Client) -> None:
        self._project = project
        self._client = client
        self._database = BigQuery(project, client)
        folder = warehouse.macros_dir(project)
        self._raw_columns = macros.raw_columns(folder)
        self._tables = macros.table_columns(folder)
        self._folder: Path | None = None
        self._is_declared = False

    def ensure_tables(self, event_types: Iterable[str]) -> None:
        """Creates the datasets, Headwater's own tables and raw.<event>, where missing."""
        tables = self._tables | {f"raw.{event}": self._raw_columns for event in event_types}
        datasets = {each.dataset_id for each in self._client.list_datasets()}
        found: set[str] = set()
        for schema in sorted({name.split(".")[0] for name in tables}):
            name = f"{self._client.project}.{self._project.schema(schema)}"
            if self._project.schema(schema) in datasets:
                found |= {f"{schema}.{each.table_id}" for each in self._client.list_tables(name)}
            else:
                dataset = bigquery.Dataset(name)
                dataset.location = self._project.output.get("location")
                dataset.labels = {"headwater": schema}
                self._client.create_dataset(dataset, exists_ok=True)
        for name, columns in tables.items():
            if name in found:
                continue
            table = bigquery.Table(self._reference(name), schema=_schema(columns))
            if name.startswith("raw."):
                table.time_partitioning = _hourly()
                table.clustering_fields = ["_file_id"]
            table.labels = {"headwater": name.split(".")[0]}
            self._client.create_table(table, exists_ok=True)

    def recover(self) -> None:
        """Finishes, or takes back, every load that was killed."""
        for unfinished in self._unfinished():
            self._settle(unfinished)

    def ledger(self) -> pa.Table:
        """What ops.files knows, in the columns of ledger.KNOWN."""
        rows = self._client.query(f"select {', '.join(KNOWN)} from {self._name('ops.files')}")
        table = rows.result().to_arrow(create_bqstorage_client=False)
        return table.cast(pa.schema(list(KNOWN.items())))

    def next_load_id(self) -> int:
        rows = self._database.rows(
            f"select coalesce(max(load_id), 0) + 1 from {self._name('ops.files')}"
        )
        return int(rows[0][0])

    @contextlib.contextmanager
    def prepared(self) -> Iterator[None]:
        """Removes what a killed load left on the local disk."""
        for left in self._project.state.glob(f"{_FOLDER}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield

    def has_more_memory(self) -> bool:
        return False

    def begin(self, event: str, load_id: int) -> None:
        self._event, self._load_id = event, load_id
        self._project.state.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=_FOLDER, dir=self._project.state))
        self._is_declared = False
        self._rows = ParquetRows(
            self._folder / "rows.parquet",
            self._names_of(f"raw.{event}"),
            {"_load_id": load_id},
        )
        self._unparsed = ParquetRows(
            self._folder / "unparsed.parquet",
            self._names_of("raw.unparsed"),
            {"event_type": event, "_load_id": load_id},
        )

    def write_rows(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
        """Adds rows of raw, as they come."""
        for batch in batches:
            self._rows.write(pa.Table.from_batches([batch], schema))

    def write_unparsed(self, rows: pa.Table) -> None:
        """Adds rows of raw.unparsed."""
        self._unparsed.write(rows)

    def counts(self) -> dict[int, Counted]:
        """What was written, by `_file_id`, as the Parquet files have it."""
        self._rows.close()
        self._unparsed.close()
        return counted(self._rows.grouped("_file_id"), self._unparsed.grouped("_file_id, reason"))

    def commit(self, entries: pa.Table) -> None:
        """Runs the load jobs, and says so in the ledger before and after."""
        rows = entries.to_pylist()
        few = self._unparsed.count <= _FEW_ROWS and self._unparsed.size <= _FEW_BYTES
        unparsed = self._insert_unparsed() if few else []
        if self._rows.count or not few or len(rows) > _LEDGER_ROWS_AT_ONCE:
            hashes = "\n".join(sorted(row["file_hash"] for row in rows))
            content = hashlib.sha256(hashes.encode()).hexdigest()[:16]
            job_id = f"headwater_{self._event}_{content}_{self._load_id}"
            self._is_declared = True
            self._record([{**row, "status": "loading", "reason": job_id} for row in rows], unparsed)
            if not few:
                self._run(self._unparsed, "raw.unparsed", f"{job_id}_unparsed")
            self._run(self._rows, f"raw.{self._event}", job_id)
            self._finish(job_id)
        else:
            self._record(rows, unparsed)
        self._clean()

    def record(self, entries: pa.Table) -> None:
        """Records files that brought no rows."""
        self._record(entries.to_pylist(), [])

    def renew(self, files: Sequence[tuple[DataFile, int | None]]) -> None:
        """Notes what files loaded before look like now, and what their manifests say."""
        for start in range(0, len(files), _LEDGER_ROWS_AT_ONCE):
            seen = " union all ".join(
                f"select {literal(file.path)} as path, {file.modified_ns} as modified_ns, "
                f"cast({literal(count)} as int64) as expected_records"
                for file, count in files[start : start + _LEDGER_ROWS_AT_ONCE]
            )
            self._database.execute(
                f"""
                update {self._name("ops.files")} as files
                set
                    modified_ns = seen.modified_ns,
                    expected_records = coalesce(seen.expected_records, files.expected_records)
                from ({seen}) as seen
                where files.path = seen.path and files.status in ('loaded', 'duplicate')
                """
            )

    def rollback(self) -> None:
        """Takes back the open batch, as far as it got."""
        self._clean()
        if self._is_declared:
            self._is_declared = False
            # Where BigQuery does not answer, the next load does this.
            with contextlib.suppress(GoogleAPICallError, RetryError):
                self.recover()

    def _clean(self) -> None:
        if self._folder is not None:
            self._rows.close()
            self._unparsed.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _run(self, rows: ParquetRows, table: str, job_id: str) -> None:
        """Runs one load job to its end. Raises what the client does when it fails."""
        if not rows.count:
            return
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            schema=_schema(self._columns_of(table)),
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            time_partitioning=_hourly(),
            clustering_fields=["_file_id"],
            labels={
                "headwater": "load",
                "event_type": self._event.lower()[:63],
                "load_id": str(self._load_id),
            },
        )
        try:
            self._submit(rows.path, table, job_id, config).result()
        except (GoogleAPICallError, RetryError) as error:
            if _is_transient(error):
                raise HeadwaterError(
                    f"BigQuery did not finish {job_id}: {type(error).__name__}",
                    "load again; what was committed stays",
                ) from error
            raise

    def _submit(self, path: Path, table: str, job_id: str, config: bigquery.LoadJobConfig) -> Any:
        try:
            with path.open("rb") as file:
                return self._client.load_table_from_file(
                    file,
                    self._reference(table),
                    job_id=job_id,
                    job_config=config,
                    location=self._project.output.get("location"),
                )
        except Conflict:  # a request that was sent again: the first one did arrive
            return self._job(job_id)

    def _job(self, job_id: str) -> Any:
        return self._client.get_job(job_id, location=self._project.output.get("location"))

    def _is_done(self, job_id: str) -> bool:
        """Whether a job ended well; waits for one that is still running."""
        try:
            job = self._job(job_id)
        except NotFound:
            return False
        try:
            job.result()
        except GoogleAPICallError:
            return False
        return True

    def _unfinished(self) -> list[_Unfinished]:
        rows = self._database.rows(
            f"""
            select reason, event_type, load_id, sum(loaded), sum(unparsed)
            from {self._name("ops.files")}
            where status = 'loading'
            group by reason, event_type, load_id
            """
        )
        return [_Unfinished(*row) for row in rows]

    def _settle(self, unfinished: _Unfinished) -> None:
        """Finishes what a job did, or takes back what another one did before it."""
        last = unfinished.job_id if unfinished.loaded else f"{unfinished.job_id}_unparsed"
        if self._is_done(last):
            self._finish(unfinished.job_id)
            return
        if unfinished.unparsed:
            self._client.query(
                f"""
                delete from {self._name("raw.unparsed")}
                where
                    event_type = '{unfinished.event}'
                    and _load_id = {unfinished.load_id}
                    and received_at >= timestamp '1970-01-01'
                    and _file_id in (
                        select file_id from {self._name("ops.files")}
                        where status = 'loading' and reason = '{unfinished.job_id}'
                    )
                """
            ).result()
        # Kept, so that no later load takes this one's number, and with it its jobs' names.
        self._update(
            unfinished.job_id,
            "status = 'abandoned', reason = 'its load job did not finish', records = null,"
            " loaded = null, unparsed = null, expected_records = null",
        )

    def _finish(self, job_id: str) -> None:
        self._update(job_id, "status = 'loaded', reason = null")

    def _update(self, job_id: str, values: str) -> None:
        self._client.query(
            f"""
            update {self._name("ops.files")}
            set {values}
            where status = 'loading' and reason = '{job_id}'
            """
        ).result()

    def _record(self, rows: list[dict[str, Any]], statements: Sequence[str]) -> None:
        """Adds to the ledger, replacing what it said of these files when they were set aside.

        `statements` belong to the last of the rows, and share their transaction.
        """
        for start in range(0, len(rows), _LEDGER_ROWS_AT_ONCE):
            some = rows[start : start + _LEDGER_ROWS_AT_ONCE]
            paths = ", ".join(literal(row["path"]) for row in some)
            is_last = start + _LEDGER_ROWS_AT_ONCE >= len(rows)
            self._database.execute(
                f"""
                delete from {self._name("ops.files")}
                where status = 'set_aside' and path in ({paths})
                """,
                *insert(self._database, "ops.files", some),
                *(statements if is_last else ()),
            )

    def _insert_unparsed(self) -> list[str]:
        """The statement that adds a few unparsed records; none where there are none."""
        if not self._unparsed.count:
            return []
        values = ",\n".join(
            "(" + ", ".join(_literal(value) for value in row.values()) + ")"
            for row in self._unparsed.read()
        )
        names = ", ".join(self._names_of("raw.unparsed"))
        return [f"insert into {self._name('raw.unparsed')} ({names}) values {values}"]

    def _columns_of(self, table: str) -> macros.Columns:
        return self._tables.get(table, self._raw_columns)

    def _names_of(self, table: str) -> list[str]:
        return [name for name, _ in self._columns_of(table)]

    def _name(self, table: str) -> str:
        return self._database.name(table)

    def _reference(self, name: str) -> str:
        schema, table = name.split(".")
        return f"{self._client.project}.{self._project.schema(schema)}.{table}"


def _literal(value: Any) -> str:
    if isinstance(value, bytes):
        return f"from_base64('{base64.b64encode(value).decode()}')"
    return literal(value)


def _schema(columns: macros.Columns) -> list[bigquery.SchemaField]:
    return [bigquery.SchemaField(name, _TYPES[kind]) for name, kind in columns]


def _hourly() -> bigquery.TimePartitioning:
    return bigquery.TimePartitioning(type_=bigquery.TimePartitioningType.HOUR, field="received_at")


def _is_transient(error: Exception) -> bool:
    """Whether the same job may well succeed later: it says nothing about the files."""
    code = getattr(error, "code", None)
    return code is None or int(code) in (401, 403, 408, 429) or int(code) >= 500
