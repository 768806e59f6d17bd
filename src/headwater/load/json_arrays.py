"""Frames JSON: the elements of one array, or, where a file begins otherwise, its lines.

A record is what stands between two commas of the outermost array, spaces around it aside,
and `_line` its number, counting from 1. Which commas those are follows from quotes and the
depth of brackets, which are counted, not matched: an element that is broken in itself does
not take the others with it. Where an array does not end, or something follows it, what can be
told apart are records, and the rest is unparsed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from headwater.load import lines
from headwater.load.blocks import (
    MAX_RECORD_BYTES,
    Block,
    Bytes,
    Lines,
    Mask,
    Rejected,
    all_of,
    in_lines,
    slices,
    where,
)
from headwater.load.files import FileFaultError
from headwater.load.suspects import suspicious

NOT_CLOSED = "the array does not end"
AFTER_END = "after the end of the array"

# What follows an array is kept in pieces of this size.
PIECE_BYTES = 1 << 20

_SPACE = b" \t\r\n"
_QUOTE, _COMMA, _CLOSING, _BACKSLASH = b'",]\\'
_SCANNED = 256 << 10  # stays in the processor's cache
_MAX_STEPS = 64  # spaces around a record that are passed one by one

_IS_SPACE: Mask = np.isin(np.arange(256), list(_SPACE))
_MARKS = bytes(byte in b'"{}[],' for byte in range(256))
_STEP = np.zeros(256, dtype=np.int32)
_STEP[list(b"{[")] = 1
_STEP[list(b"}]")] = -1


def blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    """The records of a .json file, given its bytes in pieces of any size.

    Raises FileFaultError for a record longer than MAX_RECORD_BYTES.
    """
    rest = iter(chunks)
    begun = array = b""
    while not array and len(begun) <= MAX_RECORD_BYTES and (chunk := next(rest, b"")):
        begun += chunk
        if len(begun) >= len(lines.BOM):
            array = begun.removeprefix(lines.BOM).lstrip(_SPACE)
    if len(begun) < len(lines.BOM):
        array = begun.lstrip(_SPACE)
    if array[:1] == b"[":
        return _of_array(array[1:], rest)
    return lines.blocks(itertools.chain([begun], rest))


def _of_array(first: bytes, rest: Iterator[bytes]) -> Iterator[Block]:
    """The elements of an array, given what follows its opening bracket."""
    scanner = _Scanner()
    waiting: list[bytes] = []
    size = 0
    number = 1
    for chunk in itertools.chain([first], rest):
        commas, end = scanner.scan(chunk)
        if end is not None:
            data = b"".join((*waiting, chunk[: end + 1]))
            if number > 1 or len(commas) or data[:-1].strip(_SPACE):
                yield _block(data, np.append(commas, end) + size, number)
                number += len(commas) + 1
            yield from _after(chunk[end + 1 :], rest, number)
            return
        if len(commas):
            cut = int(commas[-1]) + 1
            data = b"".join((*waiting, chunk[:cut]))
            yield _block(data, commas + size, number)
            number += len(commas)
            waiting, size = [chunk[cut:]], len(chunk) - cut
        else:
            waiting.append(chunk)
            size += len(chunk)
        if size > MAX_RECORD_BYTES:
            raise FileFaultError(
                f"element {number:,}: it has more than {MAX_RECORD_BYTES >> 20} MB",
                names_place=True,
            )
    yield from _unclosed(b"".join(waiting), number, scanner)


def _unclosed(data: bytes, number: int, scanner: _Scanner) -> Iterator[Block]:
    """What stands after the last comma of an array that does not end."""
    text = data.strip(_SPACE) if scanner.is_between else data.lstrip(_SPACE)
    if scanner.is_between and text.endswith((b"}", b"]", b'"')):
        yield _block(data + b"\n", np.array([len(data)]), number)
        number, text, data = number + 1, b"", b""
    yield _rejected([text], number, NOT_CLOSED, len(data))


def _after(first: bytes, rest: Iterator[bytes], number: int) -> Iterator[Block]:
    """What stands after the end of the array, unless it is only space."""
    kept = b""
    for chunk in itertools.chain([first], rest):
        kept = kept + chunk if kept else chunk.lstrip(_SPACE)
        while len(kept) > PIECE_BYTES:
            yield _rejected([kept[:PIECE_BYTES]], number, AFTER_END, PIECE_BYTES)
            kept = kept[PIECE_BYTES:]
            number += 1
    if kept:
        yield _rejected([kept.rstrip(_SPACE)], number, AFTER_END, len(kept))


@dataclass
class _Scanner:
    """Where in an array the reader is: how deep, and whether inside of a string."""

    depth: int = 1
    is_inside: bool = False
    is_escaped: bool = False  # the next byte

    @property
    def is_between(self) -> bool:
        """Whether what came so far is a whole element, or none."""
        return self.depth == 1 and not self.is_inside

    def scan(self, chunk: bytes) -> tuple[Lines, int | None]:
        """The positions of the commas between elements, and that of the closing bracket.

        A brace or bracket that closes nothing belongs to its element: the depth never falls
        below 1, but for the bracket that ends the array.
        """
        found = [np.zeros(0, dtype=np.int64)]
        end = None
        for start in range(0, len(chunk), _SCANNED):
            commas, end = self._scan(chunk[start : start + _SCANNED])
            found.append(commas + start)
            if end is not None:
                end += start
                break
        return np.concatenate(found), end

    def _scan(self, chunk: bytes) -> tuple[Lines, int | None]:
        whole = np.frombuffer(chunk, dtype=np.uint8)
        escaped = self._escaped(whole)
        marks = where(np.frombuffer(chunk.translate(_MARKS), dtype=bool))
        if not len(marks):
            return marks, None
        kinds = whole[marks]
        is_quote = kinds == _QUOTE
        if escaped is not None:
            is_quote &= ~escaped[marks]
        inside = np.logical_xor.accumulate(is_quote) ^ self.is_inside
        depth = np.cumsum(np.where(inside, 0, _STEP[kinds]), dtype=np.int64) + self.depth
        if depth.min() < 1:
            depth += np.maximum(np.maximum.accumulate(1 - depth), 0)
        at_top = ~inside & (np.concatenate(([self.depth], depth[:-1])) == 1)
        self.is_inside, self.depth = bool(inside[-1]), int(depth[-1])
        commas = marks[at_top & (kinds == _COMMA)]
        closing = marks[at_top & (kinds == _CLOSING)]
        if not len(closing):
            return commas, None
        return commas[commas < closing[0]], int(closing[0])

    def _escaped(self, whole: Bytes) -> Mask | None:
        """Which bytes follow an odd number of backslashes; None for none of them."""
        slashes = where(whole == _BACKSLASH)
        first_escaped, self.is_escaped = self.is_escaped and len(whole) > 0, False
        if first_escaped and len(slashes) and slashes[0] == 0:
            slashes = slashes[1:]
        if not (first_escaped or len(slashes)):
            return None
        mask = np.zeros(len(whole) + 1, dtype=bool)
        mask[0] = first_escaped
        if len(slashes):
            begins = where(np.diff(slashes, prepend=-2) != 1)
            lengths = np.diff(np.append(begins, len(slashes)))
            mask[(slashes[begins] + lengths)[lengths % 2 == 1]] = True
        self.is_escaped = bool(mask[-1])
        return mask


def _block(data: bytes, ends: Lines, number: int) -> Block:
    """The elements that stand in `data`, each up to one of `ends`."""
    whole = np.frombuffer(data, dtype=np.uint8)
    starts, stops = _trimmed(whole, np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1)), ends)
    bounds = np.zeros(2 * len(starts) + 2, dtype=np.int64)
    bounds[1:-1:2], bounds[2:-1:2], bounds[-1] = starts, stops, len(whole)
    is_text = np.arange(len(bounds) - 1) % 2 == 1
    bare = whole[np.repeat(is_text, np.diff(bounds))].tobytes()
    offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(stops - starts)))
    numbers = np.arange(number, number + len(starts), dtype=np.int64)
    found = suspicious(data)
    suspects = in_lines(found[found >= starts[0]], starts)
    texts = slices(pa.string(), offsets, bare)
    if lines.is_utf8(texts):
        return Block(numbers, texts, suspects, (), len(data))
    binary = slices(pa.binary(), offsets, bare)
    invalid = _invalid(whole, starts, stops)
    bad = binary.filter(pa.array(invalid))
    rejected = Rejected(numbers[invalid], bad, all_of("invalid UTF-8", len(bad)))
    good = binary.filter(pa.array(~invalid)).cast(pa.string())
    return Block(numbers[~invalid], good, suspects[~invalid], (rejected,), len(data))


def _trimmed(whole: Bytes, starts: Lines, stops: Lines) -> tuple[Lines, Lines]:
    """The same pieces without the spaces around them."""
    starts, stops = starts.copy(), stops.copy()
    for bounds, offset, step in ((starts, 0, 1), (stops, -1, -1)):
        moving = np.arange(len(starts))
        for _ in range(_MAX_STEPS):
            moving = moving[starts[moving] < stops[moving]]
            moving = moving[_IS_SPACE[whole[bounds[moving] + offset]]]
            if not len(moving):
                break
            bounds[moving] += step
        else:
            for each in moving.tolist():
                text = whole[starts[each] : stops[each]].tobytes()
                left = len(text.lstrip(_SPACE)) if step == 1 else len(text.rstrip(_SPACE))
                bounds[each] += step * (len(text) - left)
    return starts, stops


def _invalid(whole: Bytes, starts: Lines, stops: Lines) -> Mask:
    """Which of these pieces are not UTF-8, found as among lines: with one piece a line."""
    line = np.where(whole == ord("\n"), np.uint8(ord(" ")), whole)
    # Between two pieces there is a comma, at least.
    line[stops] = ord("\n")
    line_starts = np.concatenate((np.zeros(1, np.int64), stops[:-1] + 1))
    return lines.invalid_lines(line[: int(stops[-1]) + 1].tobytes(), line_starts)


def _rejected(pieces: list[bytes], number: int, reason: str, size: int) -> Block:
    nothing = np.zeros(0, dtype=np.int64)
    numbers = np.arange(number, number + len(pieces), dtype=np.int64)
    rejected = Rejected(numbers, pa.array(pieces, pa.binary()), all_of(reason, len(pieces)))
    return Block(nothing, pa.array([], pa.string()), nothing.astype(bool), (rejected,), size)
