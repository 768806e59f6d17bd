"""Random payloads, judged by jsonschema-rs and by both engines."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema_rs
import pytest

from .cases import contract_of, record
from .render import raw_rows, run_bigquery, run_duckdb

SCHEMA: dict[str, Any] = {
    "label": {"type": "string", "minLength": 1, "maxLength": 3},
    "code": {"type": ["string", "null"], "pattern": "^[a-z]+[0-9]?$"},
    "kind": {"enum": ["a", "b", None]},
    "size": {"type": "integer", "minimum": -2, "maximum": 10},
    "share": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    "is_new": {"type": "boolean"},
    "id": {"type": "string", "format": "uuid"},
    "tags": {"type": "array", "items": {"type": "string", "maxLength": 2}},
    "counts": {"type": ["array", "null"], "items": {"type": "integer", "minimum": 0}},
    "device": {
        "type": "object",
        "required": ["os"],
        "additionalProperties": False,
        "properties": {
            "os": {"type": "string", "minLength": 1},
            "app": {
                "type": ["object", "null"],
                "properties": {"build": {"type": "integer"}, "is_beta": {"type": "boolean"}},
            },
        },
    },
}
REQUIRED = ["label", "size", "tags"]
NUMBERS = [
    "0",
    "1",
    "-1",
    "3",
    "11",
    "0.5",
    "1.0",
    "1e0",
    "-0.0",
    "2.5",
    "1e2",
    "1E-1",
    "0.99",
    "-3",
]
STRINGS = [
    "",
    "a",
    "b",
    "ab",
    "abc",
    "abcd",
    "a1",
    "A",
    "1",
    "null",
    "true",
    "\u00e9\u00e9",
    "\U0001f600",
]
STRINGS += ["6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90", "6F1F64D1-9D5E-4C7B-8F3A-3C1F1F6B2A90"]


def _value(random_: random.Random, depth: int) -> str:
    pick = random_.random()
    if pick < 0.3:
        return random_.choice(NUMBERS)
    if pick < 0.6:
        return json.dumps(random_.choice(STRINGS), ensure_ascii=random_.random() < 0.5)
    if pick < 0.75 or depth > 2:
        return random_.choice(["true", "false", "null"])
    if pick < 0.88:
        items = [_value(random_, depth + 1) for _ in range(random_.randrange(3))]
        return f"[{', '.join(items)}]"
    return _object(random_, ["os", "app", "build", "other"], depth + 1)


def _fitting(random_: random.Random, schema: dict[str, Any], depth: int) -> str:
    """A value of a declared type, most of the time."""
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else random_.choice(kinds)
    if random_.random() < 0.2:
        return _value(random_, depth)
    if kind == "string":
        return json.dumps(random_.choice(schema.get("enum", STRINGS)))
    if kind in ("integer", "number"):
        return random_.choice(NUMBERS)
    if kind == "boolean":
        return random_.choice(["true", "false"])
    if kind == "array":
        items = [_fitting(random_, schema["items"], depth + 1) for _ in range(random_.randrange(4))]
        return f"[{', '.join(items)}]"
    if kind == "object":
        return _declared(random_, schema["properties"], depth + 1)
    return "null"


def _declared(random_: random.Random, properties: dict[str, Any], depth: int = 0) -> str:
    fields = [
        f"{json.dumps(name)}: {_fitting(random_, schema, depth)}"
        for name, schema in properties.items()
        if random_.random() < 0.9
    ]
    if random_.random() < 0.1:
        fields.append(f'"extra": {_value(random_, depth)}')
    random_.shuffle(fields)
    return f"{{{', '.join(fields)}}}"


def _object(random_: random.Random, names: list[str], depth: int) -> str:
    chosen = [name for name in names if random_.random() < 0.5]
    return "{" + ", ".join(f'"{name}": {_value(random_, depth)}' for name in chosen) + "}"


def _payloads(seed: int, count: int) -> list[str]:
    random_ = random.Random(seed)
    return [_declared(random_, SCHEMA) for _ in range(count)]


@pytest.mark.parametrize("seed", range(3))
def test_base_rejects_exactly_the_fields_that_jsonschema_rs_rejects(seed: int) -> None:
    payloads = _payloads(seed, 400)
    validators = {
        name: jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        for name, schema in SCHEMA.items()
    }
    rows = run_duckdb(contract_of(SCHEMA, REQUIRED), raw_rows([record(each) for each in payloads]))
    judged = {True: 0, False: 0}
    for text, row in zip(payloads, rows, strict=True):
        payload = json.loads(text)
        wanted = {name for name in REQUIRED if name not in payload}
        for name, validator in validators.items():
            if name in payload:
                is_right = validator.is_valid(payload[name])
                judged[is_right] += 1
                wanted |= set() if is_right else {name}
        assert {violation.split(".")[0] for violation in row["violations"]} == wanted, text
    assert min(judged.values()) > 500


def test_both_engines_make_the_same_rows_of_random_payloads() -> None:
    contract = contract_of(SCHEMA, REQUIRED)
    rows = raw_rows([record(each) for each in _payloads(99, 250)])
    assert run_duckdb(contract, rows) == run_bigquery(contract, rows)
