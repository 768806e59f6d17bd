"""GoogleSQL types as text, and their values as Python's.

A type is written as in BigQuery: `int64`, `array<string>`, `struct<os string, major int64>`.
Values: timestamps are naive datetimes in UTC, structs dicts, arrays lists, JSON its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from typing import Any

from zetasql.wasi._pb2.zetasql.public import type_pb2, value_pb2

KINDS = {
    "bignumeric": type_pb2.TYPE_BIGNUMERIC,
    "bool": type_pb2.TYPE_BOOL,
    "bytes": type_pb2.TYPE_BYTES,
    "date": type_pb2.TYPE_DATE,
    "float64": type_pb2.TYPE_DOUBLE,
    "int64": type_pb2.TYPE_INT64,
    "interval": type_pb2.TYPE_INTERVAL,
    "json": type_pb2.TYPE_JSON,
    "numeric": type_pb2.TYPE_NUMERIC,
    "string": type_pb2.TYPE_STRING,
    "timestamp": type_pb2.TYPE_TIMESTAMP,
}
NAMES = {kind: name for name, kind in KINDS.items()}
# Digits after the point, and more than all of them.
SCALES = {type_pb2.TYPE_NUMERIC: 9, type_pb2.TYPE_BIGNUMERIC: 38}
EXACT = Context(prec=100)
EPOCH = datetime(1970, 1, 1)
TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z_0-9]*|[<>,])")


def parse_type(text: str) -> type_pb2.TypeProto:
    """The type that `text` names. Raises ValueError."""
    tokens = iter(TOKEN.findall(text))
    parsed = _type(tokens, next(tokens, ""))
    if next(tokens, None) is not None:
        raise ValueError(f"not a type: {text}")
    return parsed


def _type(tokens: Iterator[str], word: str) -> type_pb2.TypeProto:
    kind = word.lower()
    if kind in KINDS:
        return type_pb2.TypeProto(type_kind=KINDS[kind])
    if kind not in ("array", "struct") or next(tokens, "") != "<":
        raise ValueError(f"not a type: {word!r}")
    if kind == "array":
        made = type_pb2.TypeProto(type_kind=type_pb2.TYPE_ARRAY)
        made.array_type.element_type.CopyFrom(_type(tokens, next(tokens, "")))
        if next(tokens, "") != ">":
            raise ValueError("array<…> is not closed")
        return made
    made = type_pb2.TypeProto(type_kind=type_pb2.TYPE_STRUCT)
    made.struct_type.SetInParent()
    separator = ","
    while separator == ",":
        name = next(tokens, "")
        field = made.struct_type.field.add(field_name=name)
        field.field_type.CopyFrom(_type(tokens, next(tokens, "")))
        separator = next(tokens, "")
    if separator != ">":
        raise ValueError("struct<…> is not closed")
    return made


def type_text(kind: type_pb2.TypeProto) -> str:
    """The reverse of parse_type."""
    if kind.type_kind == type_pb2.TYPE_ARRAY:
        return f"array<{type_text(kind.array_type.element_type)}>"
    if kind.type_kind == type_pb2.TYPE_STRUCT:
        fields = (f"{f.field_name} {type_text(f.field_type)}" for f in kind.struct_type.field)
        return f"struct<{', '.join(fields)}>"
    return NAMES.get(kind.type_kind) or str(type_pb2.TypeKind.Name(kind.type_kind)).lower()


def to_proto(value: Any, kind: type_pb2.TypeProto) -> value_pb2.ValueProto:
    """`value` as ZetaSQL takes it for a column of type `kind`.

    A missing array becomes an empty one: BigQuery's tables cannot tell them apart.
    """
    proto = value_pb2.ValueProto()
    code = kind.type_kind
    if code == type_pb2.TYPE_ARRAY:
        proto.array_value.SetInParent()
        element = kind.array_type.element_type
        proto.array_value.element.extend(to_proto(each, element) for each in value or [])
    elif value is None:
        return proto
    elif code == type_pb2.TYPE_STRUCT:
        proto.struct_value.SetInParent()
        for field in kind.struct_type.field:
            inner = to_proto(value.get(field.field_name), field.field_type)
            proto.struct_value.field.append(inner)
    elif code == type_pb2.TYPE_TIMESTAMP:
        micros = (_utc(value) - EPOCH) // timedelta(microseconds=1)
        seconds, rest = divmod(micros, 1_000_000)
        proto.timestamp_value.FromNanoseconds(seconds * 1_000_000_000 + rest * 1000)
    elif code == type_pb2.TYPE_DATE:
        proto.date_value = (value - EPOCH.date()).days
    elif code in SCALES:
        scaled = int(Decimal(value).scaleb(SCALES[code], EXACT))
        digits = scaled.to_bytes(scaled.bit_length() // 8 + 1, "little", signed=True)
        setattr(proto, _field(code), digits)
    else:
        setattr(proto, _field(code), value)
    return proto


def _field(code: int) -> str:
    name = NAMES[code]
    return {"float64": "double_value"}.get(name, f"{name}_value")


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def from_proto(proto: value_pb2.ValueProto, kind: type_pb2.TypeProto) -> Any:
    """The reverse of to_proto; an absent array stays None."""
    field = proto.WhichOneof("value")
    if field is None:
        return None
    code = kind.type_kind
    if code == type_pb2.TYPE_ARRAY:
        element = kind.array_type.element_type
        return [from_proto(each, element) for each in proto.array_value.element]
    if code == type_pb2.TYPE_STRUCT:
        pairs = zip(kind.struct_type.field, proto.struct_value.field, strict=True)
        return {f.field_name: from_proto(inner, f.field_type) for f, inner in pairs}
    if code == type_pb2.TYPE_TIMESTAMP:
        moment = proto.timestamp_value
        return EPOCH + timedelta(seconds=moment.seconds, microseconds=moment.nanos // 1000)
    if code == type_pb2.TYPE_DATE:
        return date.fromordinal(EPOCH.toordinal() + proto.date_value)
    if code in SCALES:
        scaled = int.from_bytes(getattr(proto, field), "little", signed=True)
        return Decimal(scaled).scaleb(-SCALES[code], EXACT)
    return getattr(proto, field)
