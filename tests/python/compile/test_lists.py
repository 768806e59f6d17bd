"""Arrays of objects: a list of structs, and a violation for each thing that is wrong inside."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from headwater.contracts import violation_names
from headwater.contracts.model import EventContract

from .cases import contract_of, record
from .render import generated, raw_rows, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
PART = {
    "type": "object",
    "description": "Part.",
    "properties": {"no": {"type": "integer", "multipleOf": 2, "description": "Number."}},
}
LINE: dict[str, Any] = {
    "type": "object",
    "required": ["sku"],
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "sku": {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]"},
        "unitPrice": {"type": ["number", "null"], "minimum": 0.5, "exclusiveMaximum": 9},
        "count": {"type": "integer", "maximum": 100, "exclusiveMinimum": 0},
        "is_gift": {"type": "boolean", "const": True},
        "sort": {"enum": ["a", "b", None]},
        "at": {"type": "string", "format": "date-time", "minLength": 21},
        "day": {"type": "string", "format": "date"},
        "box": {
            "type": "object",
            "required": ["h"],
            "properties": {"h": {"type": "number", "description": "Height."}},
        },
        "tags": {
            "type": "array",
            "items": {"type": "string", "maxLength": 1},
            "minItems": 1,
            "maxItems": 2,
            "uniqueItems": True,
        },
        "parts": {"type": "array", "items": PART},
    },
}
for each in LINE["properties"].values():
    each["description"] = "What it says."
FIELDS: dict[str, Any] = {
    "lines": {"type": ["array", "null"], "items": LINE, "minItems": 1, "maxItems": 3}
}
GOOD: dict[str, Any] = {"sku": "ab"}
FULL: dict[str, Any] = {
    "sku": "abc",
    "unitPrice": 1.5,
    "count": 2,
    "is_gift": True,
    "sort": "b",
    "at": "2026-03-01T10:00:00+02:00",
    "day": "2026-03-01",
    "box": {"h": 1},
    "tags": ["x", "y"],
    "parts": [{"no": 2}, {}],
}
WRONG: dict[str, tuple[Any, ...]] = {
    "type": ("x", {}, 1),
    "minItems": ([],),
    "maxItems": ([GOOD] * 4,),
    "items.type": ([1], [GOOD, None], [[]]),
    "items.additionalProperties": ([{**GOOD, "x": 1}], [GOOD, {**GOOD, "x": 1}]),
    "items.sku.required": ([{"count": 1}],),
    "items.sku.type": ([{"sku": 1}], [{"sku": None}]),
    "items.sku.minLength": ([{"sku": "a"}],),
    "items.sku.maxLength": ([{"sku": "abcde"}],),
    "items.sku.pattern": ([{"sku": "12"}],),
    "items.unitPrice.type": ([{**GOOD, "unitPrice": "1"}],),
    "items.unitPrice.minimum": ([{**GOOD, "unitPrice": 0.25}],),
    "items.unitPrice.exclusiveMaximum": ([{**GOOD, "unitPrice": 9}],),
    "items.count.type": ([{**GOOD, "count": 1.5}],),
    "items.count.int64": ([{**GOOD, "count": -(2**70)}],),
    "items.count.maximum": ([{**GOOD, "count": 101}],),
    "items.count.exclusiveMinimum": ([{**GOOD, "count": 0}],),
    "items.is_gift.type": ([{**GOOD, "is_gift": "true"}],),
    "items.is_gift.const": ([{**GOOD, "is_gift": False}],),
    "items.sort.enum": ([{**GOOD, "sort": "c"}], [{**GOOD, "sort": 1}]),
    "items.at.type": ([{**GOOD, "at": 1}],),
    "items.day.type": ([{**GOOD, "day": None}],),
    "items.at.minLength": ([{**GOOD, "at": "2026-03-01T10:00:00Z"}],),
    "items.at.format": ([{**GOOD, "at": "yesterday at half past ten"}],),
    "items.day.format": ([{**GOOD, "day": "2026-02-30"}],),
    "items.box.type": ([{**GOOD, "box": []}],),
    "items.box.h.required": ([{**GOOD, "box": {}}],),
    "items.box.h.type": ([{**GOOD, "box": {"h": "1"}}],),
    "items.tags.type": ([{**GOOD, "tags": "x"}],),
    "items.tags.minItems": ([{**GOOD, "tags": []}],),
    "items.tags.maxItems": ([{**GOOD, "tags": ["x", "y", "z"]}],),
    "items.tags.uniqueItems": ([{**GOOD, "tags": ["x", "x"]}],),
    "items.tags.items.type": ([{**GOOD, "tags": [1]}],),
    "items.tags.items.maxLength": ([{**GOOD, "tags": ["xy"]}],),
    "items.parts.items.type": ([{**GOOD, "parts": [1]}],),
    "items.parts.items.no.type": ([{**GOOD, "parts": [{"no": "2"}]}],),
    "items.parts.items.no.multipleOf": ([{**GOOD, "parts": [{"no": 2}, {"no": 3}]}],),
}
RIGHT: tuple[Any, ...] = (None, [GOOD], [FULL], [FULL, GOOD], [{**GOOD, "unitPrice": None}])
CASES = [("", each) for each in RIGHT] + [(key, each) for key in WRONG for each in WRONG[key]]


@cache
def _contract() -> EventContract:
    return contract_of(FIELDS)


@cache
def _rows(engine: str) -> list[dict[str, Any]]:
    payloads = [json.dumps({"lines": value}) for _, value in CASES]
    return ENGINES[engine](_contract(), raw_rows([record(each) for each in (*payloads, "{}")]))


@pytest.mark.parametrize("engine", ENGINES)
def test_each_fault_inside_an_item_is_named_and_nothing_else(engine: str) -> None:
    wanted = [[f"lines.{name}"] if name else [] for name, _ in CASES]
    assert [row["violations"] for row in _rows(engine)] == [*wanted, []]


def test_the_verdicts_are_those_of_jsonschema_rs() -> None:
    validator = jsonschema_rs.Draft202012Validator(FIELDS["lines"], validate_formats=True)
    for name, value in CASES:
        assert validator.is_valid(value) == (not name), (name, value)


def test_every_violation_that_can_be_is_tried() -> None:
    known = {name.removeprefix("lines.") for name in violation_names(_contract().payload)}
    untried = {"payload.type", "items.minProperties", "items.parts.type"}
    untried |= {"items.parts.items.no.int64"}
    assert known - untried == set(WRONG)


@pytest.mark.parametrize("engine", ENGINES)
def test_valid_items_are_structs_in_their_order(engine: str) -> None:
    found = [row["lines"] for row in _rows(engine)]
    assert [found[0], found[-1]] == [[], []]
    (full, good) = found[3]
    assert full == {
        "sku": "abc",
        "unit_price": 1.5,
        "count": 2,
        "is_gift": True,
        "sort": "b",
        "at": datetime(2026, 3, 1, 8),
        "day": "2026-03-01",
        "box": {"h": 1.0},
        "tags": ["x", "y"],
        "parts": [{"no": 2}, {"no": None}],
    }
    assert {name: value for name, value in good.items() if value not in (None, [])} == GOOD


@pytest.mark.parametrize("engine", ENGINES)
def test_what_cannot_be_a_struct_leaves_the_list_empty(engine: str) -> None:
    for (name, _), row in zip(CASES, _rows(engine), strict=False):
        if name.endswith((".type", "int64")) or name == "type":
            assert row["lines"] == [], name


def test_both_engines_give_the_same_rows() -> None:
    assert _rows("duckdb") == _rows("bigquery")


def test_the_fields_of_a_struct_are_documented() -> None:
    text = generated(_contract(), "_thing_happened.yml")
    for name in ("lines.unit_price", "lines.box.h", "lines.parts.no"):
        assert f"name: {name}\n" in text
