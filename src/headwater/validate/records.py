"""Reads a file as the load would, into memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from headwater.contracts.model import Envelope
from headwater.errors import BadInput
from headwater.load.batches import Delivery
from headwater.load.check import Checker
from headwater.load.discover import MANIFEST, kind_of
from headwater.load.files import DataFile, FileFaultError, StillWrittenError, sha256
from headwater.load.manifest import Manifest, read_manifest
from headwater.load.received import of_one_type
from headwater.load.write import read
from headwater.validate.memory import Memory


@dataclass(frozen=True)
class Counts:
    """What a file held: `records` were framed, of which `unparsed` are no JSON."""

    records: int
    unparsed: int


def data_file(path: Path, event: str) -> DataFile:
    """The file as a listing of the landing folder would see it.

    Raises BadInput when it is not there, or of a kind that the load does not read.
    """
    if not path.is_file():
        raise BadInput(f"no such file: {path}")
    kind = kind_of(path.name)
    if kind is None:
        raise BadInput(
            f"{path} is of a kind that is not loaded",
            "name a file of JSON lines (.ndjson, .jsonl), one array of JSON (.json), .csv, each "
            "plain, .gz or .zst, or .parquet",
        )
    status = path.stat()
    manifest = path.with_name(path.name + MANIFEST)
    return DataFile(
        event=event,
        path=path.as_posix(),
        full=str(path),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        modified_ns=status.st_mtime_ns,
        format=kind[0],
        compression=kind[1],
        manifest=manifest if manifest.is_file() else None,
    )


def read_into(
    memory: Memory,
    file: DataFile,
    envelope: Envelope,
    macros_dir: Path,
    clock: datetime,
    limit: int | None = None,
) -> Counts:
    """Reads a file into `memory`, up to the first block that brings it past `limit` records.

    Raises BadInput, with the reason, for a file that the load would set aside.
    """
    checker = Checker(of_one_type(macros_dir, envelope), clock)
    records = unparsed = 0
    try:
        manifest = read_manifest(file.manifest) if file.manifest else Manifest()
        delivery = Delivery(file, sha256(file), manifest)
        delivery.check_manifest()
        arrival = delivery.arrival(clock)
        for block in read(delivery, checker.ask):
            checked = checker.check([(arrival, block)])
            memory.add_rows(checked.rows)
            memory.add_unparsed(checked.unparsed)
            records += block.records
            unparsed += checked.unparsed.num_rows
            if limit is not None and records >= limit:
                return Counts(records, unparsed)
    except FileFaultError as fault:
        raise BadInput(f"{file.path} would be set aside: {fault.reason}") from None
    except StillWrittenError:
        raise BadInput(f"{file.path} changed while it was read", "try again") from None
    finally:
        checker.close()
    if manifest.count is not None and manifest.count != records:
        raise BadInput(
            f"{file.path} would be set aside: its manifest says {manifest.count:,} records, "
            f"it holds {records:,}"
        )
    return Counts(records, unparsed)
