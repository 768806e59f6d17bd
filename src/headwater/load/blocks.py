"""What a reader hands on: numbered records, and those it could not even frame.

A reader turns a file into blocks without looking at one record at a time: positions are
found in whole blocks of bytes, and records are Arrow arrays that point into them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Lines = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

# A longer record is beyond what either engine reads in one value.
MAX_RECORD_BYTES = 512 << 20


class TooLongError(Exception):
    """A record does not end within MAX_RECORD_BYTES."""


@dataclass(frozen=True)
class Rejected:
    """Records set apart: the line each begins on, its bytes, and why."""

    lines: Lines
    bytes: pa.Array  # binary
    reasons: pa.Array  # string


@dataclass(frozen=True)
class Block:
    """A run of records of one file.

    `texts` are valid UTF-8 (string), beginning on `lines`; `suspects` marks those whose
    JSON needs the exact test. `size` is the bytes that framing saw.
    """

    lines: Lines
    texts: pa.Array
    suspects: Mask
    rejected: tuple[Rejected, ...]
    size: int

    @property
    def records(self) -> int:
        """All records of the block, framed well or not."""
        return len(self.lines) + sum(len(each.lines) for each in self.rejected)


def slices(kind: pa.DataType, offsets: Lines, data: bytes) -> pa.Array:
    """An array of the consecutive pieces of `data` between `offsets`, without a copy."""
    narrow = offsets.astype(np.int32)
    buffers = [None, pa.py_buffer(narrow), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(offsets) - 1, buffers)


def all_of(reason: str, count: int) -> pa.Array:
    """`reason`, `count` times."""
    return pa.repeat(pa.scalar(reason, pa.string()), count)


def in_lines(positions: Lines, starts: Lines) -> Mask:
    """Which of the pieces that begin at `starts` (and follow each other) hold a position."""
    marked = np.zeros(len(starts), dtype=bool)
    marked[np.searchsorted(starts, positions, side="right") - 1] = True
    return marked


def where(mask: Mask) -> Lines:
    """The positions at which `mask` is true."""
    found: Lines = np.flatnonzero(mask).astype(np.int64, copy=False)
    return found


def cut(data: bytes, starts: Lines, stops: Lines) -> pa.Array:
    """The pieces of `data` from each start to its stop, as one binary array."""
    lengths = stops - starts
    offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths)))
    wanted = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
    return slices(pa.binary(), offsets, np.frombuffer(data, dtype=np.uint8)[wanted].tobytes())


def strings(texts: Sequence[str]) -> pa.Array:
    """The texts as an array, without the import of pandas that pa.array() brings."""
    encoded = [text.encode() for text in texts]
    lengths = np.fromiter((len(each) for each in encoded), dtype=np.int64, count=len(encoded))
    offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths)))
    return slices(pa.string(), offsets, b"".join(encoded))


def integers(numbers: Lines) -> pa.Array:
    """The numbers as an array, without a copy and without pandas."""
    return pa.Array.from_buffers(
        pa.int64(), len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers))]
    )
