"""Rows of Arrow as JSON texts: SQL over columns that are brought into the shape it needs.

A null column or struct field is an absent one, as an empty cell of CSV is; a null in a list is
null. Numbers have all their digits, and a NaN is `nan`, so that its record is no JSON. Times are
RFC 3339, in UTC; bytes are base64; a map is an object.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute

from headwater.literals import literal

# Asks a query of the rows it calls `given`, for its column `record`.
Ask = Callable[[pa.Table, str], pa.Array]

# Stands before what took the place of a text that is not UTF-8. No JSON text holds it.
MARK = "\x01"

# The years that RFC 3339 can say, which both engines know.
_FIRST, _LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999)
_MAX_DIGITS = 38

_Text = Callable[[str], str]


@dataclass(frozen=True)
class _Told:
    """An array that DuckDB takes, and the SQL of a value of it as JSON (null for null).

    `is_text`: the JSON is a string, always.
    """

    array: pa.Array
    text: _Text
    is_text: bool = False


@dataclass(frozen=True)
class Texts:
    """JSON objects; some hold MARK when `is_marked`, some embed JSON when `has_json`."""

    texts: pa.Array
    is_marked: bool
    has_json: bool


def texts(rows: pa.RecordBatch, names: Sequence[str], ask: Ask) -> Texts:
    """A JSON object per row, of its columns under `names`.

    Raises pa.ArrowNotImplementedError for a type that has no JSON.
    """
    told = _Telling()
    columns = [told.of(column) for column in rows.columns]
    table = pa.table({f"c{n}": column.array for n, column in enumerate(columns)})
    members = _members(names, [column.text(f"c{n}") for n, column in enumerate(columns)])
    query = f"select {_object(members)} as record from given"
    return Texts(ask(table, query), told.is_marked, told.has_json)


class _Telling:
    """How the columns of one batch are told."""

    def __init__(self) -> None:
        self.is_marked = False
        self.has_json = False
        self._depth = 0

    def of(self, array: pa.Array) -> _Told:
        kind = array.type
        if isinstance(kind, pa.BaseExtensionType):
            return self._extension(array)
        if pa.types.is_dictionary(kind):
            return self.of(array.dictionary_decode())
        if pa.types.is_struct(kind):
            return self._struct(_unsliced(array))
        if pa.types.is_map(kind):
            return self._map(_unsliced(array))
        if _is_list(kind):
            return self._list(_unsliced(array))
        return self._scalar(array)

    def _scalar(self, array: pa.Array) -> _Told:
        kind = array.type
        if pa.types.is_null(kind):
            return _Told(array.cast(pa.int8()), _cast)
        if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
            return _Told(array, _cast)
        if pa.types.is_float16(kind):
            return _Told(array.cast(pa.float32()), _cast)
        if pa.types.is_floating(kind):
            return _Told(array, _cast)
        if pa.types.is_decimal(kind):
            return _decimal(array)
        if pa.types.is_timestamp(kind):
            return _timestamp(array)
        if pa.types.is_date(kind):
            return _bounded(array.cast(pa.date32()), pa.int32(), pa.date32(), _quoted_cast)
        if pa.types.is_time(kind):
            return _Told(array, _quoted_cast, is_text=True)
        if pa.types.is_duration(kind):
            return _Told(array.view(pa.int64()), _cast)
        if _is_string(kind):
            return self._string(array)
        if _is_binary(kind):
            return _Told(array.cast(pa.large_binary()), _base64, is_text=True)
        raise pa.ArrowNotImplementedError(f"no JSON for {kind}")

    def _string(self, array: pa.Array) -> _Told:
        try:
            array.validate(full=True)
        except pa.ArrowInvalid:
            self.is_marked = True
            return _Told(array.cast(pa.large_binary()), _decoded, is_text=True)
        return _Told(array, _json, is_text=True)

    def _extension(self, array: pa.Array) -> _Told:
        name, stored = array.type.extension_name, array.storage
        if name == "arrow.uuid":
            return _Told(stored.cast(pa.large_binary()), _uuid, is_text=True)
        if name == "arrow.json" and (told := self.of(stored)).text is _json:
            self.has_json = True
            return _Told(told.array, _embedded)
        return self.of(stored)

    def _struct(self, array: pa.Array) -> _Told:
        fields = [self.of(array.field(n).slice(0, len(array))) for n in range(len(array.type))]
        names = [field.name for field in array.type]
        made = pa.StructArray.from_arrays(
            [field.array for field in fields],
            names=[f"f{n}" for n in range(len(fields))],
            mask=array.is_null(),
        )

        def text(value: str) -> str:
            members = _members(names, [each.text(f"{value}.f{n}") for n, each in enumerate(fields)])
            return f"case when {value} is not null then {_object(members)} end"

        return _Told(made, text)

    def _list(self, array: pa.Array) -> _Told:
        if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type)):
            array = array.cast(pa.list_(array.type.value_field))
        kind = type(array)
        element, each = self._lambda()
        inner = self.of(array.values)
        made = kind.from_arrays(array.offsets, inner.array, mask=array.is_null())
        if inner.text is _json or pa.types.is_integer(array.type.value_type):
            return _Told(made, _json)  # the engine's own way, several times as fast

        def text(value: str) -> str:
            told = f"coalesce({inner.text(element)}, 'null')"
            return f"('[' || {_joined(value, each, told)} || ']')"

        return _Told(made, text)

    def _map(self, array: pa.Array) -> _Told:
        element, each = self._lambda()
        keys, items = self.of(array.keys), self.of(array.items)
        entries = pa.StructArray.from_arrays([keys.array, items.array], names=["f0", "f1"])
        made = pa.ListArray.from_arrays(array.offsets, entries, mask=array.is_null())

        def text(value: str) -> str:
            key = keys.text(f"{element}.f0")
            if not keys.is_text:
                key = _json(key)
            told = f"{key} || ':' || coalesce({items.text(f'{element}.f1')}, 'null')"
            return f"('{{' || {_joined(value, each, told)} || '}}')"

        return _Told(made, text)

    def _lambda(self) -> tuple[str, str]:
        """A name for an element, and what begins a lambda over it."""
        self._depth += 1
        return f"e{self._depth}", f"lambda e{self._depth}:"


def _is_list(kind: pa.DataType) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list,
             pa.types.is_list_view, pa.types.is_large_list_view)  # fmt: skip
    return any(test(kind) for test in tests)


def _is_string(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def _is_binary(kind: pa.DataType) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view,
             pa.types.is_fixed_size_binary)  # fmt: skip
    return any(test(kind) for test in tests)


def _unsliced(array: pa.Array) -> pa.Array:
    """The same values at the start of their buffers, where children are as long as they."""
    return array.take(pa.array(range(len(array)), pa.int64())) if array.offset else array


def _decimal(array: pa.Array) -> _Told:
    if array.type.precision > _MAX_DIGITS:
        return _Told(array.cast(pa.string()), lambda value: value)
    return _Told(array.cast(pa.decimal128(_MAX_DIGITS, array.type.scale)), _cast)


def _timestamp(array: pa.Array) -> _Told:
    # Without its zone the same number is the time in UTC.
    plain = pa.timestamp(array.type.unit)
    stored = array.cast(plain) if array.type.tz else array
    return _bounded(stored, pa.int64(), plain, _rfc3339)


def _bounded(array: pa.Array, stored: pa.DataType, kind: pa.DataType, text: _Text) -> _Told:
    """Dates or times; one beyond the years that can be said is the number that was stored."""
    if kind == pa.timestamp("ns"):
        return _Told(array, text, is_text=True)
    bounds = (
        pa.scalar(each, pa.timestamp("us")).cast(kind, safe=False) for each in (_FIRST, _LAST)
    )
    low, high = (pa.scalar(each.value, stored) for each in bounds)
    numbers = array.view(stored)
    compute = pa.compute
    fits = compute.and_(
        compute.greater_equal(numbers, low), compute.less_equal(numbers, high)
    ).fill_null(True)
    if compute.all(fits).as_py() is not False:
        return _Told(array, text, is_text=True)
    nothing = pa.scalar(None, stored)
    said = compute.if_else(fits, numbers, nothing).view(kind)
    beyond = compute.if_else(fits, nothing, numbers)
    made = pa.StructArray.from_arrays([said, beyond], names=["f0", "f1"])
    return _Told(made, lambda value: f"coalesce({text(f'{value}.f0')}, {_cast(f'{value}.f1')})")


def _cast(value: str) -> str:
    return f"cast({value} as varchar)"


def _quoted_cast(value: str) -> str:
    return f"('\"' || cast({value} as varchar) || '\"')"


def _rfc3339(value: str) -> str:
    return f"('\"' || replace(cast({value} as varchar), ' ', 'T') || 'Z\"')"


def _json(value: str) -> str:
    return f"cast(to_json({value}) as varchar)"


def _embedded(value: str) -> str:
    """JSON in a column that is said to hold it."""
    return f"case when json_valid({value}) then {value} else {_json(value)} end"


def _base64(value: str) -> str:
    return f"('\"' || to_base64({value}) || '\"')"


def _decoded(value: str) -> str:
    """Bytes that ought to be a text; those that are none in base64, after a mark."""
    mark = literal(ord(MARK))
    return f"coalesce({_json(f'try(decode({value}))')}, chr({mark}) || {_base64(value)})"


def _uuid(value: str) -> str:
    return f"('\"' || cast(cast(hex({value}) as uuid) as varchar) || '\"')"


def _members(names: Sequence[str], values: Sequence[str]) -> list[str]:
    return [
        f"{literal(json.dumps(name) + ':')} || {value}"
        for name, value in zip(names, values, strict=True)
    ]


def _object(members: Sequence[str]) -> str:
    """Absent members, which are null, are left out."""
    return f"('{{' || concat_ws(',', {', '.join(members)}) || '}}')" if members else "'{}'"


def _joined(value: str, each: str, told: str) -> str:
    return f"array_to_string(list_transform({value}, {each} {told}), ',')"
