"""The ledger of files: what ops.files knows, asked as sets."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa

from headwater.load.blocks import integers, strings
from headwater.load.files import DataFile
from headwater.load.routes import MIXED

COLUMNS = {
    "file_hash": pa.string(),
    "file_id": pa.int64(),
    "event_type": pa.string(),
    "path": pa.string(),
    "size_bytes": pa.int64(),
    "modified_ns": pa.int64(),
    "format": pa.string(),
    "status": pa.string(),
    "reason": pa.string(),
    "duplicate_of": pa.string(),
    "records": pa.int64(),
    "loaded": pa.int64(),
    "unparsed": pa.int64(),
    "expected_records": pa.int64(),
    "load_id": pa.int64(),
    "loaded_at": pa.timestamp("us"),
    "hour": pa.timestamp("us"),
}


ROUTED = {
    "event_type": pa.string(),
    "is_declared": pa.bool_(),
    "path": pa.string(),
    "file_id": pa.int64(),
    "row_count": pa.int64(),
    "load_id": pa.int64(),
    "loaded_at": pa.timestamp("us"),
}


# Of these, the ones that decide whether a file is new.
KNOWN = {
    name: COLUMNS[name]
    for name in (
        "file_hash", "event_type", "path", "size_bytes", "modified_ns", "status", "reason",
    )
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A row of ops.files. `status` is loaded, duplicate or set_aside.

    `hour` is the delivery hour that its path or its manifest names, else the load's.
    BigQuery also knows loading and abandoned: see headwater/load/bigquery.py. A file set
    aside without a hash could not be read at all, and is tried every time.
    """

    file_hash: str | None
    file_id: int | None
    event_type: str
    path: str
    size_bytes: int
    modified_ns: int
    format: str
    status: str
    reason: str | None
    duplicate_of: str | None
    records: int | None
    loaded: int | None
    unparsed: int | None
    expected_records: int | None
    load_id: int
    loaded_at: datetime
    hour: datetime


def table_of(entries: Sequence[Entry]) -> pa.Table:
    """The entries as Arrow, in the columns of ops.files."""
    schema = pa.schema(list(COLUMNS.items()))
    return pa.Table.from_pylist([asdict(each) for each in entries], schema=schema)


def file_id(file_hash: str, event: str) -> int:
    """The first 63 bits of a file's SHA-256, as rows carry it.

    A row is known by file id and line. As its bytes may also lie in the folder of an event
    type, a file of many types has an id of its own.
    """
    if event == MIXED:
        file_hash = hashlib.sha256(f"{file_hash} {MIXED}".encode()).hexdigest()
    return int(file_hash[:16], 16) >> 1


@dataclass(frozen=True)
class Listed:
    """The listing against the ledger: `fresh` is to be looked at, `aside` still set aside."""

    fresh: tuple[DataFile, ...]
    aside: tuple[tuple[str, str], ...]  # path, reason


@dataclass(frozen=True)
class Routed:
    """A row of ops.routed: how many records of a file are of one type. Undeclared ones wait."""

    event_type: str
    is_declared: bool
    path: str
    file_id: int
    row_count: int
    load_id: int
    loaded_at: datetime


def table_of_routed(rows: Sequence[Routed]) -> pa.Table:
    """The rows as Arrow, in the columns of ops.routed."""
    return pa.Table.from_pylist(
        [asdict(each) for each in rows], schema=pa.schema(list(ROUTED.items()))
    )


class Ledger:
    """A snapshot of ops.files, in a DuckDB of its own."""

    def __init__(self, entries: pa.Table) -> None:
        self._con = duckdb.connect(config={"temp_directory": ""})
        self._con.register("given", entries)
        self._con.execute(f"create table files as select {', '.join(KNOWN)} from given")
        self._con.unregister("given")

    def close(self) -> None:
        self._con.close()

    def compare(self, files: Sequence[DataFile]) -> Listed:
        """Which listed files the ledger has not seen as they are now."""
        if not files:
            return Listed((), ())
        listing = pa.table(
            {
                "number": integers(np.arange(len(files), dtype=np.int64)),
                "path": strings([file.path for file in files]),
                "size_bytes": integers(np.array([file.size for file in files])),
                "modified_ns": integers(np.array([file.modified_ns for file in files])),
            }
        )
        self._con.register("listing", listing)
        fresh = self._con.sql(
            """
            select listing.number
            from listing
            anti join files
                on
                    listing.path = files.path
                    and listing.size_bytes = files.size_bytes
                    and listing.modified_ns = files.modified_ns
                    and files.file_hash is not null
                    and files.status in ('loaded', 'duplicate', 'set_aside')
            order by listing.number
            """
        ).fetchnumpy()["number"]
        aside = self._con.sql(
            """
            select distinct files.path, files.reason
            from listing
            inner join files
                on
                    listing.path = files.path
                    and listing.size_bytes = files.size_bytes
                    and listing.modified_ns = files.modified_ns
            where files.status = 'set_aside' and files.file_hash is not null
            order by all
            """
        ).fetchall()
        return Listed(tuple(files[number] for number in fresh), tuple(aside))

    def never_loaded(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those of the paths from which nothing was ever loaded, sorted."""
        self._con.register("asked", pa.table({"path": strings(paths)}))
        found = self._con.sql(
            """
            select asked.path
            from asked
            anti join files
                on asked.path = files.path and files.status in ('loaded', 'duplicate')
            order by asked.path
            """
        ).fetchall()
        return tuple(path for (path,) in found)

    def loaded_as(self, event: str, hashes: Sequence[str]) -> dict[str, str]:
        """Of these content hashes of one event type, the path each was loaded from."""
        self._con.register("asked", pa.table({"file_hash": strings(hashes)}))
        found = self._con.execute(
            """
            select files.file_hash, min(files.path)
            from files
            semi join asked on files.file_hash = asked.file_hash
            where files.status = 'loaded' and files.event_type = $event
            group by files.file_hash
            """,
            {"event": event},
        ).fetchall()
        return dict(found)

    def recorded(self, event: str, paths: Sequence[str], hashes: Sequence[str]) -> set[str]:
        """Of these paths, those that were recorded with just these content hashes."""
        self._con.register(
            "asked", pa.table({"path": strings(paths), "file_hash": strings(hashes)})
        )
        found = self._con.execute(
            """
            select distinct files.path
            from files
            semi join asked on files.path = asked.path and files.file_hash = asked.file_hash
            where files.status in ('loaded', 'duplicate') and files.event_type = $event
            """,
            {"event": event},
        ).fetchall()
        return {path for (path,) in found}

    def add(self, entries: pa.Table) -> None:
        """What has just been committed."""
        self._con.register("given", entries)
        self._con.execute(f"insert into files select {', '.join(KNOWN)} from given")
        self._con.unregister("given")
