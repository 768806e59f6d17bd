"""Reads, checks and writes one batch of files, and proves that no record was lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from headwater.load import csv_records, lines
from headwater.load.batches import Delivery
from headwater.load.blocks import Block
from headwater.load.check import Arrival, Checked, Checker
from headwater.load.duckdb_target import Counted
from headwater.load.files import DataFile, FileFault, StillWritten, chunks
from headwater.load.progress import Progress
from headwater.load.result import FileResult

# Records are checked and inserted this many bytes at a time: it bounds the memory.
FLUSH_BYTES = 32 << 20


class Rows(Protocol):
    """Where a batch goes, inside a transaction that somebody else opened."""

    def write(self, checked: Checked) -> None: ...

    def counts(self) -> dict[int, Counted]: ...


@dataclass(frozen=True)
class Refused:
    """A file that cannot be loaded now. `file_hash` is known when its bytes could be read."""

    file: DataFile
    file_hash: str | None
    cause: FileFault | StillWritten


class Poisoned(Exception):
    """A file proved unusable after some of it was written: the transaction must go."""

    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self.refused = refused


class CountsDiffer(Exception):
    """What was written is not what was framed. Nothing may be committed."""


@dataclass(frozen=True)
class Outcome:
    """What became of a batch; nothing of the refused is in the transaction."""

    written: tuple[tuple[Delivery, FileResult], ...]
    refused: tuple[Refused, ...]


def read(file: DataFile) -> Iterator[Block]:
    """The records of a file. Raises FileFault or StillWritten, at any point."""
    framing = csv_records.blocks if file.format == "csv" else lines.blocks
    return framing(chunks(file))


def write_batch(
    rows: Rows,
    checker: Checker,
    deliveries: Sequence[Delivery],
    clock: datetime,
    progress: Progress,
) -> Outcome:
    """Writes the files and asserts, for each, loaded + unparsed = records.

    Raises Poisoned, CountsDiffer, or what the target raises; the caller then rolls back.
    """
    batch = _Batch(rows, checker, progress)
    framed: list[tuple[Delivery, int]] = []
    refused: list[Refused] = []
    for delivery in deliveries:
        try:
            framed.append((delivery, batch.add(delivery, delivery.arrival(clock))))
        except (FileFault, StillWritten) as cause:
            one = Refused(delivery.file, delivery.file_hash, cause)
            if batch.drop():
                raise Poisoned(one) from None
            refused.append(one)
    batch.flush()
    counts = rows.counts()
    written = [(each, _result(each, records, counts)) for each, records in framed]
    return Outcome(tuple(written), tuple(refused))


class _Batch:
    """Blocks on their way into the target, held until there are enough of them."""

    def __init__(self, rows: Rows, checker: Checker, progress: Progress) -> None:
        self._rows = rows
        self._checker = checker
        self._progress = progress
        self._ready: list[tuple[Arrival, Block]] = []
        self._ready_bytes = 0
        self._current: list[tuple[Arrival, Block]] = []
        self._current_is_flushed = False

    def add(self, delivery: Delivery, arrival: Arrival) -> int:
        """Takes all of a file; the number of its records."""
        self._current, self._current_is_flushed = [], False
        records = size = 0
        for block in read(delivery.file):
            if self._ready and self._ready_bytes + size + block.size > FLUSH_BYTES:
                self.flush()
            self._current.append((arrival, block))
            records += block.records
            size += block.size
            if size >= FLUSH_BYTES:
                self._current_is_flushed = True
                self._ready, self._ready_bytes = [*self._ready, *self._current], 0
                self._current, size = [], 0
                self.flush()
        expected = delivery.manifest.count
        if expected is not None and expected != records:
            raise FileFault(f"its manifest says {expected:,} records, it holds {records:,}")
        self._ready += self._current
        self._ready_bytes += size
        return records

    def drop(self) -> bool:
        """Forgets the file being added. True when it is too late for that."""
        self._current = []
        return self._current_is_flushed

    def flush(self) -> None:
        """Checks and writes what is ready."""
        if self._ready:
            checked = self._checker.check(self._ready)
            self._rows.write(checked)
            self._progress.advance(
                sum(block.records for _, block in self._ready),
                sum(block.size for _, block in self._ready),
            )
        self._ready, self._ready_bytes = [], 0


def _result(delivery: Delivery, records: int, counts: dict[int, Counted]) -> FileResult:
    counted = counts.get(delivery.file_id, Counted(0, ()))
    if counted.loaded + counted.unparsed != records:
        raise CountsDiffer(
            f"{delivery.file.path}: {records} records, but {counted.loaded} loaded and "
            f"{counted.unparsed} unparsed"
        )
    return FileResult(
        event=delivery.file.event,
        path=delivery.file.path,
        outcome="loaded",
        size=delivery.file.size,
        records=records,
        loaded=counted.loaded,
        unparsed=counted.unparsed,
        reasons=counted.reasons,
        expected=delivery.manifest.count,
    )
