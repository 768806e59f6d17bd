"""Writes raw and the ledger into the DuckDB warehouse, in one transaction a batch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence

import duckdb
import pyarrow as pa

from headwater import warehouse
from headwater.literals import literal
from headwater.load.counts import Counted, counted
from headwater.load.files import DataFile
from headwater.load.ledger import COLUMNS, KNOWN, ROUTED
from headwater.project import Project

# What a load of any size needs; its row groups are written out as they fill.
MEMORY_LIMIT = "512MB"


class DuckDBTarget:
    """The warehouse as the load sees it."""

    # Each leaves the engine a piece of a row group, to be joined with the next one's.
    batch_bytes = 512 << 20
    batch_files = 2_000

    def __init__(self, project: Project, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._project = project
        self._files = warehouse.relation(project, "ops.files")
        self._unparsed = warehouse.relation(project, "raw.unparsed")
        self._undeclared = warehouse.relation(project, "raw.undeclared")
        self._routed = warehouse.relation(project, "ops.routed")

    def ensure_tables(self, event_types: Iterable[str]) -> None:
        """Creates Headwater's own tables and raw.<event>, where missing."""
        warehouse.ensure_tables(self._con, self._project, event_types)

    def recover(self) -> None:
        """Needs nothing: the transaction of a killed load is gone with it."""

    def ledger(self) -> pa.Table:
        """What ops.files knows, in the columns of ledger.KNOWN."""
        return self._con.sql(f"select {', '.join(KNOWN)} from {self._files}").to_arrow_table()

    def next_load_id(self) -> int:
        query = f"""
            select coalesce(max(load_id), 0) + 1
            from (select load_id from {self._files} union all select load_id from {self._routed})
        """
        ((following,),) = self._con.execute(query).fetchall()
        return int(following)

    @contextlib.contextmanager
    def prepared(self) -> Iterator[None]:
        """Bounds the memory of the engine, which spills to disk instead."""
        self._con.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        self._is_bounded, self._has_written = True, False
        try:
            yield
            if self._is_bounded and self._has_written:
                # Else the engine does so when the file is closed, with any memory it likes.
                self._con.execute("checkpoint")
        finally:
            self._con.execute("reset memory_limit")

    def has_more_memory(self) -> bool:
        """Gives the engine what it has by default; False when it has that already.

        Only records so long that a row group of them does not fit need it: to write them, or
        for the checkpoint that may follow a commit, which ends the connection when it fails.
        """
        was_bounded, self._is_bounded = self._is_bounded, False
        self._con.execute("reset memory_limit")
        return was_bounded

    def begin(self, event: str, load_id: int) -> None:
        self._event, self._load_id = event, load_id
        self._written: dict[str, str] = {}  # event type → its table of raw
        self._has_undeclared = False
        self._has_written = True
        self._con.execute("begin transaction")

    def write_rows(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
        """Adds rows to raw in the open transaction, as they come."""
        self._add_rows(self._event, pa.RecordBatchReader.from_batches(schema, batches))

    def write_routed(self, event: str, rows: pa.Table) -> None:
        """Adds rows to raw.<event> in the open transaction."""
        self._add_rows(event, rows)

    def _add_rows(self, event: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        raw = self._written[event] = warehouse.relation(self._project, f"raw.{event}")
        self._execute_with(
            rows,
            f"""
            insert into {raw} (
                received_at, record, _format, _file, _file_id, _line, _load_id, _received_from
            )
            select
                received_at, record, _format, _file, _file_id, _line, {self._load_id},
                _received_from
            from arrived
            """,
        )

    def write_undeclared(self, rows: pa.Table) -> None:
        """Adds rows to raw.undeclared in the open transaction."""
        self._has_undeclared = True
        self._execute_with(
            rows,
            f"""
            insert into {self._undeclared} (
                event_type, shown_as, received_at, record, _format, _file, _file_id, _line,
                _load_id, loaded_at
            )
            select
                event_type, shown_as, received_at, record, _format, _file, _file_id, _line,
                {self._load_id}, loaded_at
            from arrived
            """,
        )

    def write_unparsed(self, rows: pa.Table) -> None:
        """Adds rows to raw.unparsed in the open transaction."""
        self._execute_with(
            rows,
            f"""
            insert into {self._unparsed} (
                event_type, received_at, bytes, reason, _format, _file, _file_id, _line, _load_id
            )
            select
                {literal(self._event)}, received_at, bytes, reason, _format, _file,
                _file_id, _line, {self._load_id}
            from arrived
            """,
        )

    def _execute_with(self, rows: pa.Table | pa.RecordBatchReader, statement: str) -> None:
        if isinstance(rows, pa.Table):
            # The transaction keeps what was registered until it ends, but an iterator lets go.
            rows = pa.RecordBatchReader.from_batches(rows.schema, iter(rows.to_batches()))
        self._con.register("arrived", rows)
        try:
            self._con.execute(statement)
        finally:
            self._con.unregister("arrived")

    def counts(self) -> dict[int, Counted]:
        """What this load wrote of the folder so far, by `_file_id`."""
        written = [
            f"""
            select _file_id, {literal(event)}, true from {raw} where _load_id = $load
            """
            for event, raw in self._written.items()
        ]
        if self._has_undeclared:
            folder = literal(f"{self._event}/")
            written.append(
                f"""
                select _file_id, shown_as, false
                from {self._undeclared}
                where _load_id = $load and starts_with(_file, {folder})
                """
            )
        loaded = (
            self._con.execute(
                f"""
            select _file_id, event_type, is_declared, count(*)
            from ({" union all ".join(written)}) as written (_file_id, event_type, is_declared)
            group by all
            """,
                {"load": self._load_id},
            ).fetchall()
            if written
            else []
        )
        unparsed = self._con.execute(
            f"""
            select _file_id, reason, count(*)
            from {self._unparsed}
            where _load_id = $load and event_type = $event
            group by _file_id, reason
            """,
            {"load": self._load_id, "event": self._event},
        ).fetchall()
        return counted(loaded, unparsed)

    def commit(self, entries: pa.Table, routed: pa.Table) -> None:
        """Records the files of the open transaction and commits it."""
        self._record(entries)
        names = ", ".join(ROUTED)
        self._execute_with(
            routed, f"insert into {self._routed} ({names}) select {names} from arrived"
        )
        self._con.execute("commit")

    def record(self, entries: pa.Table) -> None:
        """Records files that brought no rows."""
        self._con.execute("begin transaction")
        try:
            self._record(entries)
            self._con.execute("commit")
        except BaseException:
            self.rollback()
            raise

    def renew(self, files: Sequence[tuple[DataFile, int | None]]) -> None:
        """Notes what files loaded before look like now, and what their manifests say."""
        seen = pa.table(
            {
                "path": pa.array([file.path for file, _ in files], pa.string()),
                "modified_ns": pa.array([file.modified_ns for file, _ in files], pa.int64()),
                "expected_records": pa.array([count for _, count in files], pa.int64()),
            }
        )
        self._execute_with(
            seen,
            f"""
            update {self._files} as files
            set
                modified_ns = arrived.modified_ns,
                expected_records = coalesce(arrived.expected_records, files.expected_records)
            from arrived
            where files.path = arrived.path and files.status in ('loaded', 'duplicate')
            """,
        )

    def _record(self, entries: pa.Table) -> None:
        """Adds to the ledger, replacing what it said of these files when they were set aside."""
        names = ", ".join(COLUMNS)
        self._con.register("arrived", entries)
        try:
            self._con.execute(
                f"""
                delete from {self._files}
                where status = 'set_aside' and path in (select path from arrived)
                """
            )
            self._con.execute(f"insert into {self._files} ({names}) select {names} from arrived")
        finally:
            self._con.unregister("arrived")

    def rollback(self) -> None:
        """Undoes the open transaction, if the engine has not done so itself."""
        with contextlib.suppress(duckdb.TransactionException):
            self._con.execute("rollback")
