"""Rules of objects that their columns answer: the same verdicts as on the JSON value."""

from __future__ import annotations

import itertools
import json
from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from headwater.contracts.model import EventContract

from .cases import EVENT, contract_of, record
from .render import generated, raw_rows, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
FIELDS: dict[str, Any] = {
    "kind": {"type": ["string", "null"], "description": "K."},
    "size": {"type": "integer", "description": "S."},
    "isNew": {"type": "boolean", "description": "N."},
    "part": {
        "type": "object",
        "description": "P.",
        "properties": {"a": {"type": "string", "description": "A."}},
    },
    "tags": {"type": "array", "items": {"type": "string"}, "description": "T."},
}
IS_X = {"properties": {"kind": {"const": "x"}}}
HAS = [{"required": [name]} for name in ("size", "isNew", "part")]
DIRECT: dict[str, Any] = {
    "anyOf": {"anyOf": HAS},
    "oneOf": {"oneOf": HAS},
    "allOf": {"allOf": [{"required": ["kind"]}, {"not": {"required": ["tags"]}}]},
    "not": {"not": {"required": ["size", "part"]}},
    "then": {"if": IS_X, "then": {"required": ["size"]}},
    "else": {"if": {"allOf": [IS_X, {"required": ["kind"]}]}, "else": {"required": ["size"]}},
    "dependentRequired": {"dependentRequired": {"size": ["kind", "tags"]}},
    "anyOf of values": {
        "anyOf": [
            {"properties": {"kind": {"enum": ["x", "y"]}, "isNew": {"const": True}}},
            {"properties": {"size": {"enum": [1, 2]}}, "required": ["size"]},
            False,
        ]
    },
    "anyOf of types": {
        "anyOf": [{"properties": {"kind": {"type": "null"}, "tags": {"type": ["array"]}}}]
    },
}
INDIRECT: dict[str, Any] = {
    "nullable": {"not": {"required": ["size"]}},
    "undeclared": {"anyOf": [{"required": ["other"]}]},
    "bound": {"anyOf": [{"properties": {"size": {"minimum": 2}}}]},
    "another type": {"anyOf": [{"properties": {"size": {"const": "1"}}}]},
    "inside": {"anyOf": [{"properties": {"part": {"required": ["a"]}}}]},
    "whole": {"anyOf": [{"properties": {"size": {"type": "integer"}}}]},
}
VALUES: dict[str, tuple[Any, ...]] = {
    "kind": (None, "x", "z"),
    "size": (1, 2.0, 3),
    "isNew": (True, False),
    "part": ({}, {"a": "b"}),
    "tags": ([], ["a"]),
}


def _objects() -> list[dict[str, Any]]:
    """Objects that have some of the fields, each with each of its values somewhere."""
    found: list[dict[str, Any]] = []
    for count in range(len(VALUES) + 1):
        for at, chosen in enumerate(itertools.combinations(VALUES, count)):
            for turn in range(3):
                each = {name: VALUES[name][(at + turn) % len(VALUES[name])] for name in chosen}
                found += [each] if each not in found else []
    return found


def _name(key: str) -> str:
    return f"o_{key.replace(' ', '_').lower()}"


@cache
def _contract() -> EventContract:
    rules = {**DIRECT, **INDIRECT}
    return contract_of(
        {
            _name(key): {
                "type": ["object", "null"] if key == "nullable" else "object",
                "properties": FIELDS,
                **rule,
            }
            for key, rule in rules.items()
        }
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_the_verdicts_are_those_of_jsonschema_rs(engine: str) -> None:
    rules = {**DIRECT, **INDIRECT}
    objects = [*_objects(), None]
    rows = [record(json.dumps({_name(key): each for key in rules})) for each in objects]
    judges = {key: jsonschema_rs.Draft202012Validator(rule) for key, rule in rules.items()}
    for each, row in zip(objects, ENGINES[engine](_contract(), raw_rows(rows)), strict=True):
        broken = {violation.split(".")[0] for violation in row["violations"]}
        wanted = {_name(key) for key, judge in judges.items() if not judge.is_valid(each)}
        if each is None:  # the others are violations of type
            wanted |= set(map(_name, rules)) - {_name("nullable")}
        assert broken == wanted, each


def test_each_rule_is_met_by_some_objects_and_broken_by_others() -> None:
    for key, rule in DIRECT.items():
        judge = jsonschema_rs.Draft202012Validator(rule)
        assert len({judge.is_valid(each) for each in _objects()}) == 2, key


def test_only_what_columns_do_not_tell_is_asked_of_the_json_value() -> None:
    text = generated(_contract(), f"base_{EVENT}.sql")
    for key in (*DIRECT, *INDIRECT):
        assert (f"_json_{_name(key)}'" in text) == (key in INDIRECT), key


@pytest.mark.parametrize("engine", ENGINES)
def test_rules_of_the_payload_and_of_items_are_asked_of_columns_too(engine: str) -> None:
    items = {"type": "object", "properties": FIELDS, "anyOf": HAS}
    contract = contract_of(
        {
            "a": {"type": "integer"},
            "b": {"type": "integer"},
            "list": {"type": "array", "items": items},
        },
        payload={"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
    )
    assert "fits(" not in generated(contract, f"base_{EVENT}.sql")
    payloads = [
        '{"a": 1, "b": 1}',
        '{"a": 1, "list": [{"size": 1}, {"kind": "x"}]}',
        '{"b": 1}',
        "5",
    ]
    rows = ENGINES[engine](contract, raw_rows([record(each) for each in payloads]))
    wanted = [["payload.oneOf"], ["list.items.anyOf"], [], ["payload.type"]]
    assert [row["violations"] for row in rows] == wanted
