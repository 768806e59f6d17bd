"""Frames NDJSON: a record is what stands between two newlines.

Lines split on `\\n` only, so that `_line` is the line `sed -n` prints. A carriage return
before the newline and a byte order mark at the start of the file are framing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from headwater.load.blocks import (
    MAX_RECORD_BYTES,
    Block,
    Lines,
    Mask,
    Rejected,
    TooLongError,
    all_of,
    in_lines,
    slices,
    where,
)
from headwater.load.files import FileFaultError
from headwater.load.suspects import suspicious

BOM = b"\xef\xbb\xbf"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()


def blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    """The records of an NDJSON file, given its bytes in pieces of any size.

    Raises FileFaultError for a line longer than MAX_RECORD_BYTES.
    """
    line = 1
    try:
        for data in _whole_lines(chunks):
            block = _frame(data, line)
            yield block
            line += block.records
    except TooLongError:
        size = MAX_RECORD_BYTES >> 20
        raise FileFaultError(
            f"line {line:,}: it has more than {size} MB", names_place=True
        ) from None


def without_bom(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, but for a byte order mark at their start."""
    head = b""
    rest = iter(chunks)
    while len(head) < len(BOM) and (chunk := next(rest, b"")):
        head += chunk
    yield head.removeprefix(BOM)
    yield from rest


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, in pieces that end with a newline; one is added to the last line."""
    waiting: list[bytes] = []
    size = 0
    for chunk in without_bom(chunks):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join((*waiting, chunk[:end])) if waiting else chunk[:end]
            waiting, size = [], 0
        if end < len(chunk):
            waiting.append(chunk[end:])
            size += len(chunk) - end
        if size > MAX_RECORD_BYTES:
            raise TooLongError
    if waiting:
        yield b"".join((*waiting, b"\n"))


def _frame(data: bytes, first_line: int) -> Block:
    """Splits `data`, which ends with a newline, into its lines."""
    whole = np.frombuffer(data, dtype=np.uint8)
    newlines = where(whole == 10)
    count = len(newlines)
    starts = np.concatenate((np.zeros(1, dtype=np.int64), newlines[:-1] + 1))
    has_return = (newlines > starts) & (whole[newlines - 1] == 13)
    removed = np.cumsum(has_return + 1)
    offsets = np.concatenate((np.zeros(1, dtype=np.int64), newlines + 1 - removed))
    bare = data.replace(b"\r\n", b"") if has_return.any() else data
    bare = bare.replace(b"\n", b"")
    lines = np.arange(first_line, first_line + count, dtype=np.int64)
    suspects = in_lines(suspicious(data), starts)
    texts = slices(pa.string(), offsets, bare)
    invalid = invalid_lines(data, starts) if not is_utf8(texts) else None
    if invalid is None:
        return Block(lines, texts, suspects, (), len(data))
    binary = slices(pa.binary(), offsets, bare).filter(pa.array(invalid))
    rejected = Rejected(lines[invalid], binary, all_of("invalid UTF-8", len(binary)))
    good = slices(pa.binary(), offsets, bare).filter(pa.array(~invalid)).cast(pa.string())
    return Block(lines[~invalid], good, suspects[~invalid], (rejected,), len(data))


def is_utf8(texts: pa.Array) -> bool:
    """Whether all of these are what their type says."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def invalid_lines(data: bytes, starts: Lines) -> Mask:
    """Which lines of `data` are not UTF-8.

    Decoding with replacements leaves newlines alone and adds a U+FFFD for every fault: the
    lines that have more of them afterwards are the faulty ones.
    """
    mended = data.decode("utf-8", "replace").encode()
    newlines = np.flatnonzero(np.frombuffer(mended, dtype=np.uint8) == 10)
    mended_starts = np.concatenate((np.zeros(1, dtype=np.int64), newlines[:-1] + 1))
    mask: Mask = _replacements(mended, mended_starts) > _replacements(data, starts)
    return mask


def _replacements(data: bytes, starts: Lines) -> Lines:
    """How often U+FFFD stands in each line."""
    whole = np.frombuffer(data, dtype=np.uint8)
    first, second, third = _REPLACEMENT
    at = np.flatnonzero((whole[:-2] == first) & (whole[1:-1] == second) & (whole[2:] == third))
    return np.bincount(np.searchsorted(starts, at, side="right") - 1, minlength=len(starts))
