"""The comparison of the engines finds what differs, and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from .parity import Rows, difference

COLUMNS = (("id", "string"), ("x", "float64"), ("list", "array<string>"), ("at", "timestamp"))
NOON = datetime(2026, 1, 31, 12)
ROWS: list[tuple[Any, ...]] = [("a", 1.5, ["x"], NOON), ("b", None, [], NOON)]


def found(rows: list[tuple[Any, ...]]) -> str:
    return difference("m", Rows(COLUMNS, ROWS), Rows(COLUMNS, rows))


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        ROWS[::-1],
        [("a", 1.5 * (1 + 1e-12), ["x"], NOON), ROWS[1]],
    ],
)
def test_the_same_rows_in_any_order_do_not_differ(rows: list[tuple[Any, ...]]) -> None:
    assert found(rows) == ""


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", 1.5 * (1 + 1e-8), ["x"], NOON), ROWS[1]], "x: DuckDB 1.5, BigQuery 1.5"),
        ([("a", 1.5, ["x", "y"], NOON), ROWS[1]], 'list: DuckDB ["x"], BigQuery ["x", "y"]'),
        ([("a", 1.5, ["x"], NOON.replace(microsecond=1)), ROWS[1]], "at: DuckDB"),
        ([("a", None, ["x"], NOON), ROWS[1]], "x: DuckDB 1.5, BigQuery null"),
        ([("a", True, ["x"], NOON), ROWS[1]], "x: DuckDB 1.5, BigQuery true"),
        ([ROWS[0]], 'only DuckDB has ["b"'),
        ([*ROWS, ROWS[0]], 'only BigQuery has ["a"'),
        ([ROWS[0], ROWS[0]], "DuckDB has 2 rows, BigQuery 2"),
    ],
)
def test_a_difference_is_shown_by_column(rows: list[tuple[Any, ...]], said: str) -> None:
    assert said in found(rows)


def test_other_columns_types_or_orders_differ() -> None:
    left = Rows(COLUMNS, ROWS)
    for columns in (COLUMNS[:3], (*COLUMNS[:3], ("at", "string")), COLUMNS[::-1]):
        assert "columns" in difference("m", left, Rows(columns, ROWS))
