"""Objects whose names are data: a list of entries, ordered by key, the same on both engines."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from headwater.contracts.model import EventContract

from .cases import contract_of, record
from .render import generated, raw_rows, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
BOX = {"type": "object", "properties": {"w": {"type": "integer"}, "inK": {"type": "boolean"}}}
FIELDS: dict[str, Any] = {
    "scores": {
        "type": ["object", "null"],
        "additionalProperties": {"type": "number", "minimum": 0},
        "maxProperties": 4,
    },
    "labels": {
        "type": "object",
        "patternProperties": {"^x-": {"type": "string", "maxLength": 5}},
        "additionalProperties": False,
    },
    "counts": {"type": "object", "additionalProperties": {"type": ["integer", "null"]}},
    "flags": {"type": "object", "additionalProperties": {"enum": [True]}},
    "times": {
        "type": "object",
        "additionalProperties": {"type": "string", "format": "date-time"},
    },
    "boxes": {"type": "object", "additionalProperties": BOX},
    "lines": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "tags": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "Tags.",
                }
            },
        },
    },
    "holder": {
        "type": "object",
        "properties": {
            "inner": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
    },
}
FULL = {
    "scores": {"b": 1.5, "a": 2, "": 0, "Ünï \"'/~.": 3},
    "labels": {"x-b": "two", "x-a": "one"},
    "counts": {"n": None, "big": 2**53 + 1, "whole": 3.0},
    "flags": {"on": True},
    "times": {"t": "2026-03-01T10:00:00+02:00"},
    "boxes": {"one": {"w": 1, "inK": True, "odd": 1}, "none": {}},
    "lines": [{"tags": {"k": "v"}}, {}],
    "holder": {"inner": {"z": 26, "a": 1}},
}
WRONG: dict[str, tuple[Any, ...]] = {
    "scores.additionalProperties": ({"scores": {"a": -1}}, {"scores": {"a": "1"}}),
    "scores.maxProperties": ({"scores": dict.fromkeys("abcde", 1)},),
    "scores.type": ({"scores": [1]}, {"scores": "a"}),
    "labels.patternProperties": ({"labels": {"x-a": "longer"}}, {"labels": {"x-a": None}}),
    "labels.additionalProperties": ({"labels": {"y": "a"}},),
    "counts.additionalProperties": ({"counts": {"a": 1.5}},),
    "flags.additionalProperties": ({"flags": {"a": False}},),
    "times.additionalProperties": ({"times": {"a": "now"}},),
    "boxes.additionalProperties": ({"boxes": {"a": {"w": "1"}}}, {"boxes": {"a": 1}}),
    "lines.items.tags.additionalProperties": ({"lines": [{"tags": {"a": 1}}]},),
    "lines.items.tags.type": ({"lines": [{"tags": []}]},),
    "holder.inner.additionalProperties": ({"holder": {"inner": {"a": "1"}}},),
}
CASES = [("", FULL), ("", {}), ("", {"scores": None, "labels": {}})]
CASES += [(name, each) for name in WRONG for each in WRONG[name]]


@cache
def _contract() -> EventContract:
    return contract_of(FIELDS)


@cache
def _rows(engine: str) -> list[dict[str, Any]]:
    rows = raw_rows([record(json.dumps(payload)) for _, payload in CASES])
    return ENGINES[engine](_contract(), rows)


def _entries(**named: Any) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in named.items()]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_map_is_a_list_of_entries_by_key(engine: str) -> None:
    full, nothing, empty = _rows(engine)[:3]
    assert full["scores"] == _entries(**{"": 0.0, "a": 2.0, "b": 1.5, "Ünï \"'/~.": 3.0})
    assert full["labels"] == _entries(**{"x-a": "one", "x-b": "two"})
    assert full["counts"] == _entries(big=2**53 + 1, n=None, whole=3)
    assert full["flags"] == _entries(on=True)
    assert full["times"] == _entries(t=datetime(2026, 3, 1, 8))
    assert full["boxes"] == _entries(none={"w": None, "in_k": None}, one={"w": 1, "in_k": True})
    assert full["lines"] == [{"tags": _entries(k="v")}, {"tags": []}]
    assert full["holder__inner"] == _entries(a=1, z=26)
    for row in (nothing, empty):
        assert [row[name] for name in FIELDS if name != "holder"] == [[]] * 7


@pytest.mark.parametrize("engine", ENGINES)
def test_a_wrong_value_breaks_the_rule_of_the_map(engine: str) -> None:
    assert [row["violations"] for row in _rows(engine)] == [
        [name] if name else [] for name, _ in CASES
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_names_in_a_map_are_no_unknown_fields(engine: str) -> None:
    assert [row["unknown_fields"] for row in _rows(engine)] == [[] for _ in CASES]


def test_both_engines_give_the_same_rows() -> None:
    assert _rows("duckdb") == _rows("bigquery")


def test_the_entries_are_documented() -> None:
    text = generated(_contract(), "_thing_happened.yml")
    for name in ("scores.key", "scores.value", "boxes.value.in_k", "lines.tags.key"):
        assert f"name: {name}\n" in text
