"""Enums too long for `in`: DuckDB would answer each by a join."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import duckdb
import pytest

from headwater.contracts.model import EventContract

from .cases import EVENT, contract_of, record
from .render import create_raw, generated, raw_rows, render, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
FIELDS: dict[str, Any] = {
    "kind": {"type": ["string", "null"], "enum": ["a", "b", "it's", "é", "", "\\n", None]},
    "size": {"enum": [1, 2, 3, 5, 8, -(2**63)]},
}
RIGHT = [{"kind": "it's"}, {"kind": ""}, {"kind": None}, {"size": 8.0}, {"size": -(2**63)}, {}]
WRONG = {"kind.enum": [{"kind": "c"}, {"kind": "A"}], "size.enum": [{"size": 4}, {"size": "1"}]}
CASES = [("", each) for each in RIGHT] + [(name, each) for name in WRONG for each in WRONG[name]]


@cache
def _contract() -> EventContract:
    return contract_of(FIELDS)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_value_is_one_of_a_long_enum_or_a_violation(engine: str) -> None:
    rows = raw_rows([record(json.dumps(payload)) for _, payload in CASES])
    found = [row["violations"] for row in ENGINES[engine](_contract(), rows)]
    assert found == [[name] if name else [] for name, _ in CASES]


def test_no_enum_is_answered_by_a_join() -> None:
    sql = render(generated(_contract(), f"base_{EVENT}.sql"), "duckdb")
    with duckdb.connect() as connection:
        create_raw(connection, EVENT, raw_rows([record("{}")]))
        ((_, plan),) = connection.execute(f"explain {sql}").fetchall()
    assert "JOIN" not in plan.upper()
