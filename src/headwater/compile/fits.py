"""Schemas that no column answers, as what the macro `fits` takes.

`{"enum": [1, [2]], "pattern": "^a"}` becomes
`{"anyOf": [{"values": {"number": ["1"]}}, {…}], "pattern": "^a"}`: plain values in lists by
JSON type, lists and objects spelt out as rules, numbers as SQL, patterns as RE2.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from headwater.compile.columns import Column, walk
from headwater.compile.direct import indirect
from headwater.compile.known import Part, known_items, known_names
from headwater.compile.text import sql_number
from headwater.contracts.model import EventContract, Rule, Schema
from headwater.contracts.pattern import translate

Rules = dict[str, Any] | bool

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_AS_THEY_ARE = (
    *("minLength", "maxLength", "minProperties", "maxProperties", "minItems", "maxItems"),
    *("minContains", "maxContains", "uniqueItems", "format", "required", "dependentRequired"),
)
_SCHEMA = ("additionalProperties", "propertyNames", "items", "contains", "not")
_SCHEMAS = ("prefixItems", "allOf", "anyOf", "oneOf")
_BY_NAME = ("properties", "dependentSchemas")
_UNEVALUATED = {"unevaluatedProperties": known_names, "unevaluatedItems": known_items}


def rules_of(schema: Any) -> Rules:
    """The rules of a JSON Schema that `contracts.generic` has read."""
    if isinstance(schema, bool):
        return schema
    rules: dict[str, Any] = {}
    if "type" in schema:
        written = schema["type"]
        rules["type"] = [written] if isinstance(written, str) else list(written)
    values = (
        schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else None
    )
    if values is not None:
        plain = [value for value in values if not isinstance(value, (list, dict))]
        shapes = [_equal_to(value) for value in values if isinstance(value, (list, dict))]
        if shapes:
            rules["allOf"] = [{"anyOf": [{"values": _values(plain)}, *shapes]}]
        else:
            rules["values"] = _values(plain)
    if "enum" in schema and "const" in schema:
        rules.setdefault("allOf", []).append(rules_of({"const": schema["const"]}))
    rules |= {key: sql_number(schema[key]) for key in _NUMBERS if key in schema}
    rules |= {key: schema[key] for key in _AS_THEY_ARE if key in schema}
    if "multipleOf" in schema:
        rules["multipleOf"] = f"{Decimal(repr(schema['multipleOf'])):f}"
    if "pattern" in schema:
        rules["pattern"] = translate(schema["pattern"])
    rules |= {key: rules_of(schema[key]) for key in _SCHEMA if key in schema}
    if "if" in schema:
        rules |= {key: rules_of(schema[key]) for key in ("if", "then", "else") if key in schema}
    for key in _SCHEMAS:
        if key in schema:
            rules[key] = [*rules.get(key, ()), *map(rules_of, schema[key])]
    for key in _BY_NAME:
        if key in schema:
            rules |= _narrow(key, {name: rules_of(each) for name, each in schema[key].items()})
    patterns = schema.get("patternProperties", {})
    if patterns:
        named: dict[str, Rules] = {}
        for each, inner in patterns.items():  # two that are spelt apart may be one in RE2
            same = translate(each)
            rules_here = rules_of(inner)
            named[same] = {"allOf": [named[same], rules_here]} if same in named else rules_here
        rules |= _narrow("patternProperties", named)
    if "additionalProperties" in schema:
        rules["known"] = {
            "names": list(schema.get("properties", ())),
            "patterns": [translate(each) for each in patterns],
        }
    for key, known in _UNEVALUATED.items():
        rest = {name: each for name, each in schema.items() if name != key}
        parts = [_known(part) for part in known(rest)]
        is_idle = any(part.get("all") and not part["when"] for part in parts)
        if schema.get(key, True) is not True and not is_idle:
            rules[key] = {"rules": rules_of(schema[key]), "known": parts}
    return rules


def _known(part: Part) -> Part:
    found = {**part, "when": [rules_of(each) for each in part["when"]]}
    if "patterns" in part:
        found["patterns"] = [translate(each) for each in part["patterns"]]
    if "contains" in part:
        found["contains"] = rules_of(part["contains"])
    return found


def rule_of(rule: Rule) -> Rules:
    """What `fits` takes for a rule of a field."""
    rules = rules_of(json.loads(rule.schema))
    if rule.keyword in _UNEVALUATED and isinstance(rules, dict):
        # What stands beside it has rules of its own.
        return {key: each for key, each in rules.items() if key == rule.keyword} or True
    return rules


def rules_in(contract: EventContract, columns: tuple[Column, ...]) -> dict[str, Rules]:
    """Violation -> what `fits` takes for it, of the payload, every column and every item."""
    found = _named("payload", contract.payload, columns)
    for column in walk(columns):
        found |= _of(column)
    return found


def _of(column: Column) -> dict[str, Rules]:
    """Of a column; plain items are judged in their array, objects each by itself."""
    found, items = _named(column.dotted, column.schema, column.children), column.schema.items
    if items is not None:
        inside = _named(f"{column.dotted}.items", items, column.items)
        listed = column.holds_objects
        found |= inside if listed else {name: {"items": each} for name, each in inside.items()}
    for inner in walk(column.items):
        found |= _of(inner)
    return found


def _named(name: str, schema: Schema, fields: Sequence[Column]) -> dict[str, Rules]:
    return {f"{name}.{rule.keyword}": rule_of(rule) for rule in indirect(schema, fields)}


def _narrow(keyword: str, named: dict[str, Rules]) -> dict[str, dict[str, Rules]]:
    """The keyword, if any of its schemas says more than that the name is known."""
    asked: dict[str, Rules] = {name: rules for name, rules in named.items() if rules is not True}
    return {keyword: asked} if asked else {}


def _values(plain: list[Any]) -> dict[str, Any]:
    numbers = [
        each for each in plain if not isinstance(each, bool) and isinstance(each, int | float)
    ]
    found: dict[str, Any] = {
        "number": [sql_number(each) for each in numbers],
        "string": [each for each in plain if isinstance(each, str)],
        "boolean": [str(each).lower() for each in plain if isinstance(each, bool)],
        "null": None in plain,
    }
    return {kind: listed for kind, listed in found.items() if listed}


def _equal_to(value: Any) -> Rules:
    """The rules that only this value meets."""
    if isinstance(value, dict):
        return rules_of(
            {
                "type": "object",
                "required": list(value),
                "properties": {name: {"const": each} for name, each in value.items()},
                "additionalProperties": False,
            }
        )
    return rules_of(
        {
            "type": "array",
            "prefixItems": [{"const": each} for each in value],
            "minItems": len(value),
            "maxItems": len(value),
        }
    )
