"""Compares what a Parquet footer says in two places, before a library believes it.

A footer has no checksum. What one flipped bit does to a name or a type in it shows where the
same is said again: in the metadata of each column, or as the older of two ways to name a type.
It is read here, as Thrift's compact protocol, since Arrow ends the whole process on some.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from headwater.load.files import FileFaultError

MAGIC = b"PAR1"
_TAIL_BYTES = 8
_DEEPEST = 32

# Fields by their number in parquet.thrift.
_FOOTER_SCHEMA, _FOOTER_GROUPS = 2, 4
_GROUP_COLUMNS, _COLUMN_META = 1, 3
_META_TYPE, _META_PATH = 1, 3
_SCHEMA_FIELDS = set(range(1, 11))
_TYPE, _NAME, _CHILDREN, _CONVERTED, _LOGICAL = 1, 4, 5, 6, 10

# Each older word for a type, and the newer ones that writers put beside it.
_CONVERTED_AS = {
    0: {1}, 1: {2}, 2: {2}, 3: {3}, 4: {4}, 5: {5}, 6: {6}, 7: {7}, 8: {7}, 9: {8}, 10: {8},
    **{number: {10} for number in range(11, 19)}, 19: {12}, 20: {13}, 21: {9},
}  # fmt: skip

Struct = dict[int, Any]


class _ThriftError(Exception):
    """The bytes are not Thrift's compact protocol."""


def check(handle: BinaryIO, size: int) -> None:
    """Raises FileFaultError when the footer of a Parquet file contradicts itself."""
    handle.seek(max(size - _TAIL_BYTES, 0))
    tail = handle.read(_TAIL_BYTES)
    length = int.from_bytes(tail[:4], "little")
    if len(tail) < _TAIL_BYTES or tail[4:] != MAGIC or length > size - _TAIL_BYTES - len(MAGIC):
        raise FileFaultError("not Parquet, or cut short")
    handle.seek(size - _TAIL_BYTES - length)
    content = handle.read(length)
    handle.seek(0)
    try:
        footer = _Thrift(content).struct()
        leaves = list(_leaves(footer[_FOOTER_SCHEMA]))
        columns = [
            [(column[_COLUMN_META][_META_TYPE], column[_COLUMN_META][_META_PATH])
             for column in group[_GROUP_COLUMNS]]
            for group in footer.get(_FOOTER_GROUPS, ())
        ]  # fmt: skip
    except (_ThriftError, IndexError, KeyError, TypeError, AttributeError, RecursionError):
        raise FileFaultError("damaged Parquet: its footer cannot be read") from None
    told = [(leaf.type, leaf.path) for leaf in leaves]
    for group in columns:
        if [path for _, path in group] != [path for _, path in told]:
            raise FileFaultError("damaged Parquet: two names for one column")
        if group != told:
            raise FileFaultError("damaged Parquet: two types for one column")


@dataclass(frozen=True)
class _Leaf:
    type: int
    path: list[bytes]


def _leaves(schema: list[Struct]) -> Iterator[_Leaf]:
    """The columns that hold values, of a schema listed parents first, the root at the start."""
    rest = iter(schema)

    def below(count: int, path: list[bytes]) -> Iterator[_Leaf]:
        for _ in range(count):
            element = next(rest, None)
            if element is None:
                raise _ThriftError
            _check_words(element)
            here = [*path, element[_NAME]]
            if _CHILDREN in element:
                yield from below(element[_CHILDREN], here)
            else:
                yield _Leaf(element[_TYPE], here)

    yield from below(next(rest).get(_CHILDREN, 0), [])
    if next(rest, None) is not None:
        raise _ThriftError


def _check_words(element: Struct) -> None:
    """The older and the newer word for the type of a column must mean the same.

    A field of a number that is not known may be one of them that lost its number.
    """
    if element.keys() - _SCHEMA_FIELDS:
        raise _ThriftError
    converted, logical = element.get(_CONVERTED), element.get(_LOGICAL)
    if logical is not None and [type(each) for each in logical.values()] != [dict]:
        raise _ThriftError
    if converted is None or logical is None:
        return
    if not _CONVERTED_AS.get(converted, set()) & logical.keys():
        raise FileFaultError("damaged Parquet: two types for one column")


class _Thrift:
    """Reads the compact protocol: structs as dicts by field number, lists as lists."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def struct(self, depth: int = 0) -> Struct:
        found: Struct = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            kind = head & 15
            # A truth value is in the head of its field.
            found[number] = kind == 1 if kind in (1, 2) else self._value(kind, depth)
        return found

    def _byte(self) -> int:
        self._at += 1
        return self._content[self._at - 1]

    def _bytes(self, count: int) -> bytes:
        found = self._content[self._at : self._at + count]
        if len(found) < count:
            raise _ThriftError
        self._at += count
        return found

    def _varint(self) -> int:
        total = shift = 0
        while (byte := self._byte()) & 128:
            total |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise _ThriftError
        return total | byte << shift

    def _integer(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise _ThriftError
        match kind:
            case 1 | 2 | 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._integer()
            case 7:
                return self._bytes(8)
            case 8:
                return self._bytes(self._varint())
            case 9 | 10:
                head = self._byte()
                count = self._varint() if head >> 4 == 15 else head >> 4
                return [self._value(head & 15, depth + 1) for _ in range(count)]
            case 11:
                count = self._varint()
                kinds = self._byte() if count else 0
                return [
                    (self._value(kinds >> 4, depth + 1), self._value(kinds & 15, depth + 1))
                    for _ in range(count)
                ]
            case 12:
                return self.struct(depth + 1)
        raise _ThriftError
