"""Reads, checks and writes one batch of files, and proves that no record was lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute

from headwater.load import csv_records, json_arrays, lines, parquet_records
from headwater.load.arrow_json import Ask
from headwater.load.batches import Delivery
from headwater.load.blocks import Block
from headwater.load.check import ROWS, Arrival, Checked, Checker
from headwater.load.counts import Counted
from headwater.load.files import (
    CountsDifferError,
    DataFile,
    FileFaultError,
    StillWrittenError,
    chunks,
)
from headwater.load.progress import Progress
from headwater.load.result import FileResult
from headwater.load.target import Target

# Records are checked this many bytes at a time: it bounds the memory.
CHECK_BYTES = 32 << 20
# Unparsed records wait in memory for the others to be written, up to this size.
UNPARSED_BYTES = 64 << 20
# A batch with a longer record may have all the memory there is.
LONG_BYTES = 16 << 20
# So much of many event types is sorted by type in memory.
ROUTED_BYTES = 128 << 20
_ROWS_AT_ONCE = 16_384

_Group = list[tuple[Arrival, Block]]
_Waiting = dict[str | None, list[pa.Table]]


@dataclass(frozen=True)
class Refused:
    """A file that cannot be loaded now. `file_hash` is known when its bytes could be read."""

    file: DataFile
    file_hash: str | None
    cause: FileFaultError | StillWrittenError


class PoisonedError(Exception):
    """A file proved unusable after some of it was written: the transaction must go."""

    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self.refused = refused


@dataclass(frozen=True)
class Outcome:
    """What became of a batch; nothing of the refused is in the transaction."""

    written: tuple[tuple[Delivery, FileResult], ...]
    refused: tuple[Refused, ...]


def read(delivery: Delivery, ask: Ask) -> Iterator[Block]:
    """The records of a file. Raises FileFaultError or StillWrittenError, at any point."""
    records = 0
    try:
        for block in _blocks(delivery, ask):
            yield block
            records += block.records
    except FileFaultError as fault:
        raise fault.after(records) from None


def _blocks(delivery: Delivery, ask: Ask) -> Iterator[Block]:
    if delivery.file.format == "parquet":
        return parquet_records.blocks(delivery.file, ask)
    data = chunks(delivery.file, is_verified=delivery.manifest.sha256 is not None)
    if delivery.file.format == "csv":
        return csv_records.blocks(data)
    if delivery.file.format == "json":
        return json_arrays.blocks(data)
    return lines.blocks(data)


def write_batch(
    target: Target,
    checker: Checker,
    deliveries: Sequence[Delivery],
    clock: datetime,
    progress: Progress,
    *,
    is_routed: bool = False,
) -> Outcome:
    """Writes the files and asserts, for each, loaded + unparsed = records.

    `is_routed`: they are not of one declared event type; the checker says where each row goes.
    Raises PoisonedError, CountsDifferError, or what the target raises; the caller then rolls back.
    """
    stream = _Stream(checker, deliveries, clock, progress)
    while not stream.is_over:
        if is_routed:
            _route(target, stream.checked(), clock)
        else:
            target.write_rows(stream.batches(), ROWS)
        if stream.error is not None:
            raise stream.error
        if stream.unparsed:
            target.write_unparsed(pa.concat_tables(stream.unparsed, promote_options="none"))
            stream.unparsed, stream.unparsed_bytes = [], 0
    if stream.longest > LONG_BYTES:
        target.has_more_memory()
    counts = target.counts()
    written = [(each, _result(each, records, counts)) for each, records in stream.framed]
    return Outcome(tuple(written), tuple(stream.refused))


def _route(target: Target, groups: Iterator[Checked], clock: datetime) -> None:
    """Writes rows to the tables that they go to, many at once: each table takes its time."""
    waiting: _Waiting = {}
    size = 0
    for checked in groups:
        for goes_to, some in _by_type(checked.rows, checked.routed, clock):
            waiting.setdefault(goes_to, []).append(some)
        size += checked.rows.nbytes
        if size > ROUTED_BYTES:
            _write_routed(target, waiting)
            waiting, size = {}, 0
    _write_routed(target, waiting)


def _by_type(
    rows: pa.Table, routed: pa.Table, clock: datetime
) -> Iterator[tuple[str | None, pa.Table]]:
    """The rows of each event type; of None those that raw.undeclared takes, as it has them."""
    goes_to = routed["goes_to"].combine_chunks().dictionary_encode()
    codes = goes_to.indices.fill_null(-1).to_numpy()
    order = np.argsort(codes, kind="stable")
    bounds = np.append(np.flatnonzero(np.diff(codes[order], prepend=-2)), len(order))
    rows, answers = (each.take(pa.array(order)) for each in (rows, routed))
    for start, stop in itertools.pairwise(bounds.tolist()):
        code = codes[order[start]]
        some = rows.slice(start, stop - start)
        if code >= 0:
            yield goes_to.dictionary[code].as_py(), some
            continue
        said = answers.slice(start, stop - start)
        loaded_at = pa.repeat(pa.scalar(clock, pa.timestamp("us")), stop - start)
        yield (
            None,
            some.drop_columns(["_received_from"])
            .append_column("event_type", said["said"])
            .append_column("shown_as", said["shown_as"])
            .append_column("loaded_at", loaded_at),
        )


def _write_routed(target: Target, waiting: _Waiting) -> None:
    for event, pieces in waiting.items():
        rows = pa.concat_tables(pieces)
        if event is None:
            target.write_undeclared(rows)
        else:
            target.write_routed(event, rows)


class _Stream:
    """The rows of a batch, made while the target takes them.

    The engine calls `batches` from a thread of its own and would wrap what it raises, so
    what goes wrong ends the stream and is kept in `error`.
    """

    def __init__(
        self,
        checker: Checker,
        deliveries: Sequence[Delivery],
        clock: datetime,
        progress: Progress,
    ) -> None:
        self._checker = checker
        self._progress = progress
        self._groups = _ahead(self._grouped(deliveries, clock))
        self.framed: list[tuple[Delivery, int]] = []
        self.refused: list[Refused] = []
        self.unparsed: list[pa.Table] = []
        self.unparsed_bytes = 0
        self.longest = 0
        self.error: Exception | None = None
        self.is_over = False

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Rows until the end, or until many unparsed wait to be written."""
        for checked in self.checked():
            yield from checked.rows.to_batches(max_chunksize=_ROWS_AT_ONCE)

    def checked(self) -> Iterator[Checked]:
        """Groups of blocks, until the end, or until many unparsed wait to be written."""
        try:
            for group in self._groups:
                checked = self._checker.check(group)
                for texts in (checked.rows["record"], checked.unparsed["bytes"]):
                    lengths = pa.compute.binary_length(texts)
                    self.longest = max(self.longest, pa.compute.max(lengths).as_py() or 0)
                if checked.unparsed.num_rows:
                    self.unparsed.append(checked.unparsed)
                    self.unparsed_bytes += checked.unparsed.nbytes
                yield checked
                self._progress.advance(
                    sum(block.records for _, block in group),
                    sum(block.size for _, block in group),
                )
                if self.unparsed_bytes > UNPARSED_BYTES:
                    return
        except Exception as error:
            self.error = error
        self.is_over = True

    def _grouped(self, deliveries: Sequence[Delivery], clock: datetime) -> Iterator[_Group]:
        """Blocks by about CHECK_BYTES; a file enters `framed` or `refused` at its end.

        Raises PoisonedError when a file proves unusable after blocks of it were handed on.
        """
        ready: _Group = []
        ready_bytes = 0
        for delivery in deliveries:
            arrival = delivery.arrival(clock)
            mine: _Group = []
            mine_bytes = records = 0
            is_handed_on = False
            try:
                for block in read(delivery, self._checker.ask):
                    if ready_bytes and ready_bytes + mine_bytes + block.size > CHECK_BYTES:
                        yield ready
                        ready, ready_bytes = [], 0
                    mine.append((arrival, block))
                    mine_bytes += block.size
                    records += block.records
                    if mine_bytes >= CHECK_BYTES:
                        is_handed_on = True
                        yield mine
                        mine, mine_bytes = [], 0
                _expect(delivery, records)
            except (FileFaultError, StillWrittenError) as cause:
                refused = Refused(delivery.file, delivery.file_hash, cause)
                if is_handed_on:
                    raise PoisonedError(refused) from None
                self.refused.append(refused)
                continue
            self.framed.append((delivery, records))
            ready += mine
            ready_bytes += mine_bytes
        if ready:
            yield ready


def _ahead(groups: Iterator[_Group]) -> Iterator[_Group]:
    """The same groups, each made while the one before it is at work."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, groups, None)
        while (group := coming.result()) is not None:
            coming = pool.submit(next, groups, None)
            yield group


def _expect(delivery: Delivery, records: int) -> None:
    expected = delivery.manifest.count
    if expected is not None and expected != records:
        raise FileFaultError(
            f"its manifest says {expected:,} records, it holds {records:,}", by_manifest=True
        )


def _result(delivery: Delivery, records: int, counts: dict[int, Counted]) -> FileResult:
    counted = counts.get(delivery.file_id, Counted())
    if counted.loaded + counted.unparsed != records:
        raise CountsDifferError(
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
        types=counted.types,
        reasons=counted.reasons,
        expected=delivery.manifest.count,
    )
