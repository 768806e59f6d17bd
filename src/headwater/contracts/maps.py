"""Objects whose names are data: no properties, one type of value. They become lists of entries."""

from __future__ import annotations

import json
from typing import Any, cast

from headwater.contracts import names
from headwater.contracts.keywords import SCALARS
from headwater.contracts.model import Field, JsonType, Rule, Schema
from headwater.contracts.report import Report, shown
from headwater.contracts.tree import Mapping

_HINT = "or leave the field undeclared: raw keeps it"


class _UntypedError(Exception):
    """No column can hold these values: why, and what to write instead."""


def is_map(node: Mapping) -> bool:
    """Whether an object without properties says what is under its names."""
    entry = node.get("additionalProperties")
    return node.get("patternProperties") is not None or (
        entry is not None and isinstance(entry.value, Mapping)
    )


def values(rules: tuple[Rule, ...], name: str, line: int, report: Report) -> Schema | None:
    """What every value of the map is, by its rules; a problem when that is no one type."""
    try:
        found = [_typed(each, shallow=False) for each in _schemas(rules)]
        if any(each != found[0] for each in found):
            raise _UntypedError("has values of several types", "give them all one type")
    except _UntypedError as error:
        message, hint = error.args
        report.add(line, f"{name} is a map that {message}", f"{hint}, {_HINT}")
        return None
    return found[0]


def entry(value: Schema) -> Schema:
    """An entry of the map, as an object: its key and its value."""
    key = Schema(types=("string",))
    return Schema(
        types=("object",),
        fields=(Field("key", True, key, "Name."), Field("value", True, value, "Value.")),
    )


def _schemas(rules: tuple[Rule, ...]) -> list[Any]:
    """The schemas of the values, by the names that they are under."""
    written = {rule.keyword: json.loads(rule.schema) for rule in rules}
    found = list(written.get("patternProperties", {}).get("patternProperties", {}).values())
    if "additionalProperties" in written:
        others = written["additionalProperties"]["additionalProperties"]
        return found if others is False else [*found, others]
    if not found:
        raise _UntypedError("may hold anything", "say in additionalProperties what its values are")
    raise _UntypedError(
        "may hold anything under a name that no pattern finds",
        "write additionalProperties: false, or a schema",
    )


def _typed(schema: Any, *, shallow: bool) -> Schema:
    """The type of one value. Raises _UntypedError."""
    if not isinstance(schema, dict):
        raise _UntypedError("has values of no type", "write type: number, for example")
    kinds = [each for each in _types(schema) if each != "null"]
    if len(kinds) != 1:
        raise _UntypedError("has values of several types, or of none", "write one type")
    (kind,) = kinds
    if kind in SCALARS:
        is_time = kind == "string" and schema.get("format") == "date-time"
        return Schema(types=(kind, "null"), format="date-time" if is_time else None)
    properties = schema.get("properties") or {}
    if kind != "object" or shallow or not properties:
        raise _UntypedError(
            "holds more than plain values, or objects of them",
            "write these as fields, or as an array of objects",
        )
    fields = []
    for name, inner in properties.items():
        refused = names.refusal(name, top=False)
        if refused is not None:
            raise _UntypedError(f"has a value in which {refused[0]}", "call it otherwise")
        fields.append(Field(name, False, _typed(inner, shallow=True), ""))
    snakes = [names.snake(field.name) for field in fields]
    if len(set(snakes)) < len(snakes):
        listed = ", ".join(shown(field.name) for field in fields)
        raise _UntypedError(f"has values with fields of one name: {listed}", "call one otherwise")
    return Schema(types=("object", "null"), fields=tuple(fields))


def _types(schema: dict[str, Any]) -> list[JsonType]:
    """The types that a schema lets pass, as far as type, enum and const say."""
    written = schema.get("type")
    if written is not None:
        return cast("list[JsonType]", [written] if isinstance(written, str) else list(written))
    listed = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else []
    return list(dict.fromkeys(_type(each) for each in listed))


def _type(value: Any) -> JsonType:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    return "object" if isinstance(value, dict) else "array"
