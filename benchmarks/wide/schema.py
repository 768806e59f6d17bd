"""A wide event contract, and documents that meet it: both made from numbers, always the same."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
Draw = Callable[[random.Random], Any]

EVENT = "wide_happened"
WORDS = ("amber", "basalt", "cobalt", "damask", "ebony", "fuchsia", "garnet", "heather")
SECTIONS, LISTS, DEPTH = 6, 4, 5  # objects at the top, arrays of objects, levels
# How many fields an object has at each level, besides the object inside it.
FIELDS = (18, 12, 11, 8, 4)


def _hex(draw: random.Random, digits: int) -> str:
    return f"{draw.getrandbits(4 * digits):0{digits}x}"


def _uuid(draw: random.Random) -> str:
    text = _hex(draw, 32)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


# The kinds of field, each a schema with its rules and how its values are drawn.
LEAVES: tuple[tuple[Json, Draw], ...] = (
    (
        {"type": "string", "pattern": "^[a-z0-9-]{8,80}$", "maxLength": 80},
        lambda draw: "-".join(draw.choices(WORDS, k=8)),
    ),
    (
        {"type": "integer", "minimum": 0, "maximum": 10_000_000},
        lambda draw: draw.randrange(10_000_000),
    ),
    (
        {"type": ["number", "null"], "minimum": -1000.5, "exclusiveMaximum": 1000},
        lambda draw: round(draw.uniform(-999, 999), 4),
    ),
    ({"enum": list(WORDS)}, lambda draw: draw.choice(WORDS)),
    (
        {"type": "string", "minLength": 1, "maxLength": 400},
        lambda draw: " ".join(draw.choices(WORDS, k=20)),
    ),
    (
        {"type": "string", "format": "date-time"},
        lambda draw: f"2026-03-{draw.randrange(1, 29):02}T{draw.randrange(24):02}:15:00.125Z",
    ),
    ({"type": "boolean"}, lambda draw: draw.random() < 0.5),
    ({"type": "string", "format": "uuid"}, _uuid),
    (
        {"type": "array", "items": {"type": "string", "maxLength": 20}, "maxItems": 9},
        lambda draw: draw.choices(WORDS, k=5),
    ),
    (
        {"type": "integer", "minimum": 1, "multipleOf": 5},
        lambda draw: 5 * draw.randrange(1, 1000),
    ),
)
ITEM = ("sku", "quantity", "price", "kind", "note", "at", "is_gift", "trace")  # LEAVES, in order
MAP = {"type": "number", "minimum": 0}


def _object(depth: int, prefix: str) -> Json:
    properties = {
        f"{prefix}f{number}": LEAVES[number % len(LEAVES)][0] for number in range(FIELDS[depth])
    }
    made: Json = {
        "type": "object",
        "required": [name for number, name in enumerate(properties) if number % 3 == 0],
        "properties": properties,
    }
    if depth + 1 < DEPTH and depth:
        properties["inner"] = _object(depth + 1, "abcde"[depth])
    return made


def _list() -> Json:
    fields: Json = {name: LEAVES[number][0] for number, name in enumerate(ITEM)}
    fields["box"] = {
        "type": "object",
        "required": ["height"],
        "properties": {"height": LEAVES[1][0], "label": LEAVES[4][0]},
    }
    items = {"type": "object", "required": ["sku", "quantity", "price"], "properties": fields}
    return {"type": "array", "maxItems": 50, "items": items}


def payload() -> Json:
    """The payload's schema, every property described."""
    made = _object(0, "a")
    for number in range(SECTIONS):
        made["properties"][f"section{number}"] = {
            **_object(1, "s"),
            "anyOf": [{"required": ["sf1"]}, {"required": ["sf2"]}],
            "if": {"properties": {"sf3": {"const": "amber"}}},
            "then": {"required": ["sf4"]},
        }
    for number in range(LISTS):
        made["properties"][f"list{number}"] = _list()
    made["properties"]["scores"] = {"type": "object", "additionalProperties": MAP}
    return _described(made)


def _described(schema: Json) -> Json:
    for inner in schema.get("properties", {}).values():
        inner.setdefault("description", "Drawn.")
        _described(inner)
        _described(inner.get("items", {}))
    return schema


def count(schema: Json) -> int:
    """How many properties a schema declares, at every depth."""
    below = schema.get("properties", {}).values()
    return len(below) + sum(count(each) + count(each.get("items", {})) for each in below)


def contract() -> str:
    """The text of the contract file."""
    content = {
        "event": EVENT,
        "version": "1.0",
        "owner": "team",
        "channel": "#team",
        "description": "A wide thing happened.",
        "payload": json.loads(json.dumps(payload())),
    }
    return json.dumps(content, indent=2)


def _drawn(schema: Json, draw: random.Random) -> Any:
    if schema.get("type") == "object" and "properties" in schema:
        return {name: _drawn(inner, draw) for name, inner in schema["properties"].items()}
    if schema.get("type") == "object":
        return {f"{word}{at}": draw.random() for word in WORDS for at in range(4)}
    if schema.get("type") == "array" and schema["items"]["type"] == "object":
        return [_drawn(schema["items"], draw) for _ in range(6)]
    kinds = {key: value for key, value in schema.items() if key != "description"}
    return next(value for kind, value in LEAVES if _bare(kind) == kinds)(draw)


def _bare(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key != "description"}


def records(count: int) -> Iterator[str]:
    """CloudEvents of about 25 KB, one in a hundred with a rule broken."""
    draw = random.Random(7)
    schema = payload()
    for number in range(count):
        data = _drawn(schema, draw)
        if number % 100 == 3:
            data["af1"] = -1
        yield json.dumps(
            {
                "specversion": "1.0",
                "source": "wide",
                "id": str(number),
                "type": EVENT,
                "time": "2026-03-01T12:00:00Z",
                "receivedtime": "2026-03-01T12:00:01Z",
                "dataschemaversion": "1.0",
                "data": data,
            }
        )
