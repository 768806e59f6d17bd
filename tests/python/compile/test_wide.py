"""A payload of many objects: what is not declared is found, though it is looked for once."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from headwater.contracts import violation_names
from headwater.contracts.contract import parse
from headwater.contracts.model import EventContract

from .cases import EVENT, contract_of, record
from .render import generated, raw_rows, render, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
OBJECTS = 9
UNKNOWN = {
    "{}": [],
    '{"o1": {}, "o2": {"a": null, "b": {"c": 1}}}': [],
    '{"o1": {"x": 1}}': ["o1.x:number"],
    '{"y": [], "o9": {"b": {"x": {}, "odd key": 1}}}': [
        *("o9.b.(other):number", "o9.b.x:object", "y:array"),
    ],
    '{"o1": {"a": 1, "a": 2}}': [],
    '{"o1": 5, "o2": [{"x": 1}]}': [],
    '{"o1": {"a": 1, "a": 2, "x": "1"}, "o2": null}': ["o1.x:string"],
}


def _contract() -> EventContract:
    inner: dict[str, Any] = {
        "a": {"type": "integer"},
        "b": {"type": "object", "properties": {"c": {"type": "integer"}}},
    }
    return contract_of(
        {f"o{number}": {"type": "object", "properties": inner} for number in range(1, OBJECTS + 1)}
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_unknown_fields_of_many_objects_are_found(engine: str) -> None:
    rows = ENGINES[engine](_contract(), raw_rows([record(each) for each in UNKNOWN]))
    assert [row["unknown_fields"] for row in rows] == list(UNKNOWN.values())


def test_names_are_counted_before_they_are_compared() -> None:
    sql = render(generated(_contract(), f"base_{EVENT}.sql"), "duckdb")
    assert "len(flatten(_keys)) != list_count(_types[9:44])" in sql


def _benchmark() -> Any:
    """benchmarks/wide/schema.py"""
    path = Path(__file__).parents[3] / "benchmarks" / "wide" / "schema.py"
    spec = importlib.util.spec_from_file_location("wide_schema", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _wide() -> EventContract:
    made = _benchmark()
    path = f"contracts/things/{made.EVENT}.v1.yml"
    parsed = parse(made.contract(), path, "things", made.EVENT, 1)
    assert parsed.contract is not None, parsed.diagnostics
    return parsed.contract


def test_the_benchmark_has_300_properties_on_5_levels_and_400_rules() -> None:
    made = _benchmark()
    names = violation_names(_wide().payload)
    rules = [each for each in names if not each.endswith((".type", ".required", ".int64"))]
    assert made.count(made.payload()) >= 300
    assert len(rules) >= 400
    assert max(name.count(".") for name in names if ".items" not in name) == 5


def test_a_wide_record_is_the_same_on_both_engines() -> None:
    rows = raw_rows(list(_benchmark().records(4))[2:])
    right, wrong = run_duckdb(_wide(), rows)
    assert (right["violations"], right["unknown_fields"]) == ([], [])
    assert wrong["violations"] == ["af1.minimum"]
    assert [right, wrong] == run_bigquery(_wide(), rows)
