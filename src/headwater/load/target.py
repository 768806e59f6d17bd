"""What the load asks of a warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from headwater.load.counts import Counted
from headwater.load.files import DataFile


class Target(Protocol):
    """A warehouse that takes batches of rows, each wholly or not at all.

    A batch is `begin`, then writes, `counts`, and `commit` or `rollback`. It is of one folder:
    an event type's, whose rows come by `write_rows`; or one whose records are routed, whose
    rows come by `write_routed` and `write_undeclared`.
    """

    @property
    def batch_bytes(self) -> int:
        """How much delivered data may share a batch, and in how many files."""
        ...

    @property
    def batch_files(self) -> int: ...

    def ensure_tables(self, event_types: Iterable[str]) -> None:
        """Creates Headwater's own tables and raw.<event>, where missing."""
        ...

    def recover(self) -> None:
        """Finishes, or takes back, what a killed load left half done."""
        ...

    def ledger(self) -> pa.Table:
        """What ops.files knows, in the columns of ledger.KNOWN."""
        ...

    def next_load_id(self) -> int: ...

    def prepared(self) -> AbstractContextManager[None]:
        """Holds while batches are written."""
        ...

    def has_more_memory(self) -> bool:
        """Whether it makes sense to try again what failed for want of memory."""
        ...

    def begin(self, event: str, load_id: int) -> None:
        """Opens a batch; `event` is the folder."""
        ...

    def write_rows(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
        """Takes rows of raw.<event>, all but `_load_id`, as they come."""
        ...

    def write_routed(self, event: str, rows: pa.Table) -> None:
        """Takes rows of raw.<event> of a batch that has many types, all but `_load_id`."""
        ...

    def write_undeclared(self, rows: pa.Table) -> None:
        """Takes rows of raw.undeclared, all but `_load_id`."""
        ...

    def write_unparsed(self, rows: pa.Table) -> None:
        """Takes rows of raw.unparsed, all but `event_type` and `_load_id`."""
        ...

    def counts(self) -> dict[int, Counted]:
        """What was written, by `_file_id`; counted from what was written."""
        ...

    def commit(self, entries: pa.Table, routed: pa.Table) -> None:
        """Makes the batch last, with its rows of ops.files and of ops.routed."""
        ...

    def rollback(self) -> None: ...

    def renew(self, files: Sequence[tuple[DataFile, int | None]]) -> None:
        """Notes that files loaded before look different now, though their bytes do not.

        With each the count of its manifest, which may have come later.
        """
        ...

    def record(self, entries: pa.Table) -> None:
        """Makes rows of ops.files last, of files that brought no rows."""
        ...
