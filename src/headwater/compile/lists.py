"""Arrays of objects: their column, a list of structs, and the rules of what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from headwater.compile.columns import Column, walk
from headwater.compile.fits import Rules, rule_of, rules_of
from headwater.contracts import names
from headwater.contracts.model import Field, Path, Schema

_Wrap = Callable[[Rules], Rules]


def holds_objects(column: Column) -> bool:
    """Whether the column is a list of structs."""
    return column.kind == "array" and column.item_kind == "object"


def structs_in(columns: tuple[Column, ...]) -> dict[str, dict[str, Any]]:
    """Path of an array of objects -> what `json_structs` takes for it."""
    return {
        column.dotted: _fields(column.schema.items)
        for column in walk(columns)
        if holds_objects(column) and column.schema.items
    }


def typed_items(column: Column) -> Rules:
    """That every value in the array has its declared type, so that structs can hold it."""
    return _typed(column.schema)


def item_rules(column: Column) -> Iterator[tuple[str, Rules]]:
    """(violation, what `fits` takes for it on the array), of everything in the items."""
    items = column.schema.items
    if items is not None:
        yield from _of_value(items, (*column.path, "items"), lambda rules: {"items": rules})


def _fields(schema: Schema | None) -> dict[str, Any]:
    """Name in the struct -> its name in JSON, its kind, and what an object or array holds."""
    fields = schema.fields if schema else ()
    return {
        names.snake(field.name): {"from": field.name, **_value(field.schema)} for field in fields
    }


def _value(schema: Schema) -> dict[str, Any]:
    kind = "timestamp" if schema.format == "date-time" else schema.kind
    if kind == "object":
        return {"kind": kind, "fields": _fields(schema)}
    if kind == "array" and schema.items:
        return {"kind": kind, "items": _value(schema.items)}
    return {"kind": kind}


def _typed(schema: Schema) -> dict[str, Any]:
    types: list[Any] = list(schema.types)
    if not types:
        types = [schema.kind, "null"] if schema.nullable else [schema.kind]
    rules: dict[str, Any] = {"type": types}
    if schema.kind == "integer":
        rules["int64"] = True
    if schema.format == "date-time":
        rules["format"] = schema.format
    if schema.fields:
        rules["properties"] = {field.name: _typed(field.schema) for field in schema.fields}
    if schema.items:
        rules["items"] = _typed(schema.items)
    return rules


def _of_fields(schema: Schema, path: Path, wrap: _Wrap) -> Iterator[tuple[str, Rules]]:
    for field in schema.fields:
        here = (*path, field.name)
        if field.required:
            yield ".".join((*here, "required")), wrap({"required": [field.name]})
        yield from _of_value(field.schema, here, _inside(field, wrap))


def _inside(field: Field, wrap: _Wrap) -> _Wrap:
    return lambda rules: wrap({"properties": {field.name: rules}})


def _each(wrap: _Wrap) -> _Wrap:
    return lambda rules: wrap({"items": rules})


def _of_value(schema: Schema, path: Path, wrap: _Wrap) -> Iterator[tuple[str, Rules]]:
    for keyword, rules in _keywords(schema):
        yield ".".join((*path, keyword)), wrap(rules)
    if schema.items is not None:
        yield from _of_value(schema.items, (*path, "items"), _each(wrap))
    yield from _of_fields(schema, path, wrap)


def _keywords(schema: Schema) -> Iterator[tuple[str, Rules]]:
    """The rules of one value; what is not of a declared type breaks `type` and nothing else."""
    types = list(schema.types)
    judged: dict[str, Any] = (
        {"type": types, "int64": True} if schema.kind == "integer" else {"type": types}
    )
    if types:
        yield "type", {"type": types}
    if schema.kind == "integer" and types:
        yield "int64", {"if": {"type": ["integer"]}, "then": {"int64": True}}
    written = {
        "enum": None if schema.enum is None else list(schema.enum),
        "const": schema.const,
        "minimum": schema.minimum,
        "maximum": schema.maximum,
        "exclusiveMinimum": schema.exclusive_minimum,
        "exclusiveMaximum": schema.exclusive_maximum,
        "multipleOf": None if schema.multiple_of is None else float(schema.multiple_of),
        "minLength": schema.min_length,
        "maxLength": schema.max_length,
        "pattern": schema.pattern,
        "format": schema.format,
        "minItems": schema.min_items,
        "maxItems": schema.max_items,
    }
    for keyword, value in written.items():
        if value is not None:
            yield keyword, _judged(judged, rules_of({keyword: value}))
    if schema.unique_items and schema.items:
        yield "uniqueItems", _judged(judged, {"uniqueItems": True})
    if not schema.additional_properties:
        known = {"names": [field.name for field in schema.fields], "patterns": []}
        yield "additionalProperties", {"additionalProperties": False, "known": known}
    for rule in schema.rules:
        yield rule.keyword, _judged(judged, rule_of(rule))


def _judged(judged: dict[str, Any], rules: Rules) -> Rules:
    """The rules for what meets `judged`; for anything when that says no type."""
    return {"if": judged, "then": rules} if judged["type"] else rules
