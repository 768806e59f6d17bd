"""Frames CSV (RFC 4180): a record is what stands between two newlines outside quotes.

`_line` is the line a record begins on. The header is no record. A record that is not as the
RFC has it is unparsed with the reason, as are those with more or fewer fields than the
header; of the others each becomes a JSON object of strings in which empty cells are absent.
"""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from headwater.load.blocks import (
    MAX_RECORD_BYTES,
    Block,
    Bytes,
    Lines,
    Mask,
    Rejected,
    TooLongError,
    Words,
    cut,
    in_lines,
    slices,
    strings,
    where,
)
from headwater.load.files import CountsDifferError, FileFaultError
from headwater.load.lines import invalid_lines, is_utf8, without_bom
from headwater.load.quotes import Quoted, quoted

_COMMA, _NEWLINE, _RETURN, _BACKSLASH = b",\n\r\\"

_LOOKED_AGAIN = 32 << 20

# What JSON does not take as it is in a string.
_IS_SPECIAL: Mask = np.isin(np.arange(256), [*range(32), *b'"\\'])


def blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    """The records of a CSV file, given its bytes in pieces of any size.

    Raises FileFaultError when the header cannot be used or a record is too long.
    """
    header: list[str] | None = None
    line = 1
    try:
        for data in _whole_records(without_bom(chunks)):
            framed = _frame(data, line)
            line += int(np.count_nonzero(framed.whole == _NEWLINE))
            if header is None:
                header = _header(framed)
                framed = framed.without_first()
            yield _block(framed, header)
    except TooLongError:
        size = MAX_RECORD_BYTES >> 20
        why = f"line {line:,}: its record has more than {size} MB; a quote that is not closed?"
        raise FileFaultError(why, names_place=True) from None


def _whole_records(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, in pieces that end with a record.

    The last piece is given a newline if it has none; its last record may end inside quotes.
    """
    rest = b""
    more: list[bytes] = []
    size = 0
    for chunk in itertools.chain(chunks, [b""]):
        more.append(chunk)
        size += len(chunk)
        # A long record is not looked through again with every piece of it.
        if chunk and size < min(len(rest), _LOOKED_AGAIN):
            continue
        data = b"".join((rest, *more))
        end = _last_end(data)
        if end:
            yield data[:end]
        rest, more, size = data[end:], [], 0
        if len(rest) > MAX_RECORD_BYTES:
            raise TooLongError
    if rest:
        yield rest + b"\n"


def _last_end(data: bytes) -> int:
    """Where the last whole record in `data` stops; 0 where none does."""
    whole = np.frombuffer(data, dtype=np.uint8)
    ends = where((whole == _NEWLINE) & ~quoted(whole).inside)
    return int(ends[-1]) + 1 if len(ends) else 0


@dataclass(frozen=True)
class _Framed:
    """Records as positions in `data`: where each begins, its text ends, and it stops."""

    data: bytes
    whole: Bytes
    quotes: Quoted
    starts: Lines
    ends: Lines
    stops: Lines
    lines: Lines
    is_open: bool

    def without_first(self) -> _Framed:
        return _Framed(
            self.data,
            self.whole,
            self.quotes,
            self.starts[1:],
            self.ends[1:],
            self.stops[1:],
            self.lines[1:],
            self.is_open and len(self.starts) > 1,
        )

    def holding(self, positions: Lines) -> Mask:
        """Which records hold one of these positions."""
        if not len(self.starts):
            return np.zeros(0, dtype=bool)
        return in_lines(positions[positions >= self.starts[0]], self.starts)


def _frame(data: bytes, first_line: int) -> _Framed:
    whole = np.frombuffer(data, dtype=np.uint8)
    quotes = quoted(whole)
    is_newline = whole == _NEWLINE
    newlines = where(is_newline)
    ends = where(is_newline & ~quotes.inside)
    is_open = bool(quotes.inside[-1])
    if is_open:
        ends = np.append(ends, len(whole) - 1)
    starts = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1))
    lines = first_line + np.searchsorted(newlines, starts)
    has_return = (ends > starts) & (whole[ends - 1] == _RETURN)
    return _Framed(data, whole, quotes, starts, ends - has_return, ends + 1, lines, is_open)


def _header(framed: _Framed) -> list[str]:
    """The column names. Their text may be a record's, so no message shows it."""
    reasons = _reasons(framed, None)
    if reasons[0] is not None:
        raise FileFaultError(f"its header is not CSV: {reasons[0]}")
    text = framed.data[: int(framed.ends[0])].decode()
    names = next(csv.reader([text], strict=True), [])
    for number, name in enumerate(names, start=1):
        if not name:
            raise FileFaultError(f"its header has no name for column {number}")
        if names.index(name) < number - 1:
            first = names.index(name) + 1
            raise FileFaultError(f"its header gives columns {first} and {number} the same name")
    if not names:
        raise FileFaultError("its header is blank")
    return names


def _reasons(framed: _Framed, columns: int | None) -> Words:
    """For each record why it cannot be read, or None; the most telling reason wins."""
    whole = framed.whole
    reasons = np.full(len(framed.starts), None, dtype=object)
    if columns is not None:
        commas = where((whole == _COMMA) & ~framed.quotes.inside)
        commas = commas[commas >= framed.starts[0]]
        which = np.searchsorted(framed.starts, commas, side="right") - 1
        fields = np.bincount(which, minlength=len(framed.starts)) + 1
        for wrong in np.unique(fields[fields != columns]):
            noun = "field" if wrong == 1 else "fields"
            reasons[fields == wrong] = f"{wrong} {noun}, header has {columns}"
    reasons[framed.holding(_bare_returns(whole, framed.quotes.inside))] = (
        "carriage return outside quotes"
    )
    reasons[framed.holding(framed.quotes.misplaced)] = "misplaced quote"
    if framed.is_open:
        reasons[-1] = "unterminated quote"
    reasons[framed.starts == framed.ends] = "blank"
    if not is_utf8(slices(pa.string(), np.array([0, len(whole)]), framed.data)):
        newlines = where(whole == _NEWLINE)
        line_starts = np.concatenate((np.zeros(1, dtype=np.int64), newlines[:-1] + 1))
        invalid = invalid_lines(framed.data, line_starts)
        reasons[framed.holding(line_starts[invalid])] = "invalid UTF-8"
    return reasons


def _bare_returns(whole: Bytes, inside: Mask) -> Lines:
    """Carriage returns outside quotes that are not before a newline."""
    return where((whole[:-1] == _RETURN) & (whole[1:] != _NEWLINE) & ~inside[:-1])


def _block(framed: _Framed, header: Sequence[str]) -> Block:
    count = len(framed.starts)
    if not count:
        nothing = np.zeros(0, dtype=np.int64)
        return Block(nothing, strings([]), nothing.astype(bool), (), len(framed.data))
    reasons = _reasons(framed, len(header))
    bad = pa.array(reasons, pa.string()).is_valid().to_numpy(zero_copy_only=False)
    rejected = Rejected(
        framed.lines[bad],
        cut(framed.data, framed.starts[bad], framed.ends[bad]),
        pa.array(reasons[bad], pa.string()),
    )
    texts = strings([])
    if not bad.all():
        rows = cut(framed.data, framed.starts[~bad], framed.stops[~bad])
        texts = _objects(_cells(rows, len(header)), header)
    lines = framed.lines[~bad]
    suspects = np.zeros(len(lines), dtype=bool)
    return Block(lines, texts, suspects, (rejected,), len(framed.data))


def _objects(cells: pa.Table, names: Sequence[str]) -> pa.Array:
    """A JSON object per row; empty cells are absent."""
    compute = pa.compute
    members = []
    for name, column in zip(names, cells.columns, strict=True):
        texts = _escaped(column.combine_chunks())
        key = json.dumps(name, ensure_ascii=False)
        member = compute.binary_join_element_wise(f',{key}:"', texts, '"', "")
        members.append(compute.if_else(compute.equal(texts, ""), "", member))
    # Not joined by commas with nulls left out: Arrow then loses rows that have nothing else.
    inner = compute.utf8_slice_codeunits(compute.binary_join_element_wise(*members, ""), 1)
    return compute.binary_join_element_wise("{", inner, "}", "")


def _escaped(texts: pa.Array) -> pa.Array:
    """The texts as they stand between the quotes of a JSON string."""
    found = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)
    special = np.unique(found[_IS_SPECIAL[found]])
    # Backslashes first, for the others bring their own.
    for byte in sorted(special.tolist(), key=lambda each: each != _BACKSLASH):
        character = chr(byte)
        escape = json.dumps(character)[1:-1]
        texts = pa.compute.replace_substring(texts, character, escape)
    return texts


def _cells(rows: pa.Array, columns: int) -> pa.Table:
    """The cells of well-formed records, as columns c0, c1 … of strings."""
    text = rows.buffers()[2]
    names = [f"c{number}" for number in range(columns)]
    cells = pa.csv.read_csv(
        pa.BufferReader(text),
        read_options=pa.csv.ReadOptions(column_names=names, block_size=max(text.size, 1 << 20)),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    if cells.num_rows != len(rows):
        raise CountsDifferError(f"{len(rows)} records framed, {cells.num_rows} parsed")
    return cells
