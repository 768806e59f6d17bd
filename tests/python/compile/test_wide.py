"""A payload of many objects: what is not declared is found, though it is looked for once."""

from __future__ import annotations

from typing import Any

import pytest

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
