"""Writes raw and the ledger into BigQuery: Parquet, and free load jobs.

A load job cannot share a transaction with the ledger, so the ledger says first what is about
to be loaded and by which job (status `loading`), then the jobs run, then it says so. A load
that was killed in between is finished, or taken back, by the next one: the job's state, which
BigQuery keeps, decides. Unparsed records go first (many by a job of their own, a few with the
ledger's statement), and of a batch that has many event types the last one's job has the batch's
name, so that this job, when it is finished, means that everything is there.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound, RetryError
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from headwater import macros, warehouse
from headwater.database import BigQuery, insert
from headwater.errors import HeadwaterError
from headwater.literals import literal
from headwater.load.counts import Counted, counted
from headwater.load.files import DataFile
from headwater.load.ledger import KNOWN
from headwater.load.parquet import ParquetRows
from headwater.project import Project
from headwater.raw import any_hour

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
_UNDECLARED = "raw.undeclared"
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
        self._widened = macros.widened_tables(folder)
        self._folder: Path | None = None
        self._is_declared = False

    def ensure_tables(self, event_types: Iterable[str]) -> None:
        """Creates the datasets, Headwater's own tables, with all their columns, and raw.<event>,
        where missing."""
        folder = warehouse.macros_dir(self._project)
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
        for name in sorted(found.intersection(self._widened)):
            table = self._client.get_table(self._reference(name))
            known = {field.name for field in table.schema}
            if added := [each for each in tables[name] if each[0] not in known]:
                table.schema = [*table.schema, *_schema(added)]
                self._client.update_table(table, ["schema"])
        for name, columns in tables.items():
            if name in found:
                continue
            table = bigquery.Table(self._reference(name), schema=_schema(columns))
            if name.startswith("raw."):
                table.time_partitioning = _hourly()
                table.require_partition_filter = True
                table.clustering_fields = ["_file_id"]
            table.description = macros.about_table(folder, name)
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
            f"""
            select coalesce(max(load_id), 0) + 1
            from (
                select load_id from {self._name("ops.files")}
                union all
                select load_id from {self._name("ops.routed")}
            ) as known
            """
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
        self._rows: dict[str, ParquetRows] = {}
        self._unparsed = ParquetRows(
            self._folder / "unparsed.parquet",
            self._names_of("raw.unparsed"),
            {"event_type": event, "_load_id": load_id},
        )

    def write_rows(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
        """Adds rows of raw, as they come."""
        for batch in batches:
            self.write_routed(self._event, pa.Table.from_batches([batch], schema))

    def write_routed(self, event: str, rows: pa.Table) -> None:
        """Adds rows of raw.<event>."""
        self._rows_of(f"raw.{event}").write(rows)

    def write_undeclared(self, rows: pa.Table) -> None:
        """Adds rows of raw.undeclared."""
        self._rows_of(_UNDECLARED).write(rows)

    def _rows_of(self, table: str) -> ParquetRows:
        if table not in self._rows:
            assert self._folder is not None
            self._rows[table] = ParquetRows(
                self._folder / f"{table}.parquet",
                self._names_of(table),
                {"_load_id": self._load_id},
            )
        return self._rows[table]

    def write_unparsed(self, rows: pa.Table) -> None:
        """Adds rows of raw.unparsed."""
        self._unparsed.write(rows)

    def counts(self) -> dict[int, Counted]:
        """What was written, by `_file_id`, as the Parquet files have it."""
        loaded: list[tuple[int, str, bool, int]] = []
        for table, rows in self._rows.items():
            rows.close()
            if table == _UNDECLARED:
                loaded += [
                    (file, shown_as, False, count)
                    for file, shown_as, count in rows.grouped("_file_id, shown_as")
                ]
            else:
                event = table.removeprefix("raw.")
                loaded += [(file, event, True, count) for file, count in rows.grouped("_file_id")]
        self._unparsed.close()
        return counted(loaded, self._unparsed.grouped("_file_id, reason"))

    def commit(self, entries: pa.Table, routed: pa.Table) -> None:
        """Runs the load jobs, and says so in the ledger before and after."""
        files, types = entries.to_pylist(), routed.to_pylist()
        few = self._unparsed.count <= _FEW_ROWS and self._unparsed.size <= _FEW_BYTES
        unparsed = self._insert_unparsed() if few else []
        tables = sorted(self._rows)
        if tables or not few or len(files) > _LEDGER_ROWS_AT_ONCE:
            hashes = "\n".join(sorted(row["file_hash"] for row in files))
            content = hashlib.sha256(hashes.encode()).hexdigest()[:16]
            job_id = f"headwater_{self._event}_{content}_{self._load_id}"
            self._is_declared = True
            loading = [{**row, "status": "loading", "reason": job_id} for row in files]
            self._record(loading, types, unparsed)
            if not few:
                self._run(self._unparsed, "raw.unparsed", f"{job_id}_unparsed")
            for table in tables:
                name = job_id if table == tables[-1] else f"{job_id}_{table.removeprefix('raw.')}"
                self._run(self._rows[table], table, name)
            self._finish(job_id)
        else:
            self._record(files, types, unparsed)
        self._clean()

    def record(self, entries: pa.Table) -> None:
        """Records files that brought no rows."""
        self._record(entries.to_pylist(), [], [])

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
            for rows in self._rows.values():
                rows.close()
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
        loading = f"status = 'loading' and reason = '{unfinished.job_id}'"
        mine = f"""
            _load_id = {unfinished.load_id}
            and {any_hour()}
            and _file in (select path from {self._name("ops.files")} where {loading})
        """
        if unfinished.unparsed:
            self._client.query(
                f"""
                delete from {self._name("raw.unparsed")}
                where event_type = '{unfinished.event}' and {mine}
                """
            ).result()
        routed = f"""
            {self._name("ops.routed")}
            where
                load_id = {unfinished.load_id}
                and path in (select path from {self._name("ops.files")} where {loading})
        """
        tables = {
            f"raw.{event}" if is_declared else _UNDECLARED
            for event, is_declared in self._database.rows(
                f"select distinct event_type, is_declared from {routed}"
            )
        }
        for table in sorted(tables):
            self._client.query(f"delete from {self._name(table)} where {mine}").result()
        if tables:
            self._client.query(f"delete from {routed}").result()
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

    def _record(
        self,
        files: list[dict[str, Any]],
        types: list[dict[str, Any]],
        statements: Sequence[str],
    ) -> None:
        """Adds to the ledger, replacing what it said of these files when they were set aside.

        `types` are rows of ops.routed, each in the transaction of its file. `statements` belong
        to the last of the files, and share its transaction.
        """
        of_file: dict[str, list[dict[str, Any]]] = {}
        for row in types:
            of_file.setdefault(row["path"], []).append(row)
        for some, is_last in _parts(files, of_file):
            paths = ", ".join(literal(row["path"]) for row in some)
            routed = [each for row in some for each in of_file.get(row["path"], ())]
            self._database.execute(
                f"""
                delete from {self._name("ops.files")}
                where status = 'set_aside' and path in ({paths})
                """,
                *insert(self._database, "ops.files", some),
                *insert(self._database, "ops.routed", routed),
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


def _parts(
    files: Sequence[dict[str, Any]], types: Mapping[str, Sequence[object]]
) -> Iterator[tuple[list[dict[str, Any]], bool]]:
    """The files, as many at once as fit a statement together with their types; and whether
    these are the last."""
    some: list[dict[str, Any]] = []
    size = 0
    for file in files:
        more = 1 + len(types.get(file["path"], ()))
        if some and size + more > _LEDGER_ROWS_AT_ONCE:
            yield some, False
            some, size = [], 0
        some.append(file)
        size += more
    if some:
        yield some, True


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
