"""Decimals: every digit is kept, on both engines, or the value is a violation."""

from __future__ import annotations

import json
import re
from decimal import Decimal, localcontext
from functools import cache
from typing import Any

import pytest

from headwater.contracts.model import EventContract

from .cases import contract_of, record
from .render import raw_rows, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
KINDS = {"money": (18, 6), "count": (5, 0), "share": (4, 4), "wide": (38, 9), "fine": (38, 30)}
NUMBERS = (
    *("0", "-0", "1", "1.10", "-1.10", "0.000001", "0.0000001", "123456789012.123456"),
    *("1234567890123.1", "99999", "100000", "9007199254740993", "12345678901234567.123456"),
    *("0.9999", "0.00010", "1e3", "1.5E+2", "1500e-2", "1.50e1", "1e-4", "12e-5", "0e7", "1e30"),
    *("12345678901234567890123456789.123456789", "0.30000000000000004", "1.000000000"),
    *("99999999999999999999999999999999999999", "1234.5e-3", "-0.00e-2", "10.0e-1"),
)
TEXTS = ("", "1.", ".5", "+1", "01", "1,5", " 1", "0x1", "NaN", "1e", "--1")
BOUNDED = {
    "type": "number",
    "format": "decimal(20,3)",
    "minimum": -0.3,
    "exclusiveMaximum": 2**53 + 1,
    "multipleOf": 0.002,
}


def _kept(text: str, digits: int, scale: int) -> Decimal | None:
    """What the column should hold: by Python's decimals, not by any expression."""
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        return None
    with localcontext(prec=200):
        value = Decimal(text)
        is_whole = value.scaleb(scale) % 1 == 0
        return value if is_whole and abs(value) < Decimal(10) ** (digits - scale) else None


@cache
def _contract() -> EventContract:
    fields: dict[str, Any] = {}
    for name, (digits, scale) in KINDS.items():
        for kind in ("string", "number"):
            fields[f"{name}_{kind}"] = {"type": kind, "format": f"decimal({digits}, {scale})"}
    price = {"type": "string", "format": "decimal(18,6)", "description": "Price."}
    fields["lines"] = {
        "type": "array",
        "items": {"type": "object", "properties": {"price": price}},
    }
    return contract_of(fields)


def _payload(text: str) -> str:
    is_number = text not in TEXTS
    fields = [f'"{name}_string": {json.dumps(text)}' for name in KINDS]
    fields += [f'"{name}_number": {text}' for name in KINDS if is_number]
    fields.append(f'"lines": [{{"price": {json.dumps(text)}}}, {{}}]')
    return f"{{{', '.join(fields)}}}"


@cache
def _rows(engine: str) -> list[dict[str, Any]]:
    payloads = [_payload(text) for text in (*NUMBERS, *TEXTS)]
    return ENGINES[engine](_contract(), raw_rows([record(each) for each in payloads]))


@pytest.mark.parametrize("engine", ENGINES)
def test_every_digit_is_kept_or_the_value_is_a_violation(engine: str) -> None:
    for text, row in zip((*NUMBERS, *TEXTS), _rows(engine), strict=True):
        wrong = []
        for name, (digits, scale) in KINDS.items():
            for kind in ("string", "number") if text not in TEXTS else ("string",):
                wanted = _kept(text, digits, scale)
                assert row[f"{name}_{kind}"] == wanted, (text, name, kind)
                wrong += [f"{name}_{kind}.format"] if wanted is None else []
        price = _kept(text, 18, 6)
        assert row["lines"] == ([] if price is None else [{"price": price}, {"price": None}]), text
        wrong += ["lines.items.price.format"] if price is None else []
        assert row["violations"] == wrong, text


def test_some_value_fits_each_decimal_and_some_does_not() -> None:
    for digits, scale in KINDS.values():
        kept = [_kept(text, digits, scale) is not None for text in NUMBERS]
        assert 3 < sum(kept) < len(kept)


@pytest.mark.parametrize("engine", ENGINES)
def test_another_type_is_that_violation_alone(engine: str) -> None:
    (row,) = ENGINES[engine](
        _contract(), raw_rows([record('{"money_string": 1.5, "money_number": "1.5"}')])
    )
    assert row["violations"] == ["money_string.type", "money_number.type"]
    assert (row["money_string"], row["money_number"]) == (None, None)


BOUND_CASES = {
    "-0.3": [],
    "-0.302": ["minimum"],
    "-0.2999999999999999999": ["format"],
    "9007199254740992": [],
    "9007199254740992.998": [],
    "9007199254740993": ["exclusiveMaximum"],
    "0.001": ["multipleOf"],
}


@pytest.mark.parametrize("engine", ENGINES)
def test_bounds_of_decimals_are_exact(engine: str) -> None:
    contract = contract_of({"price": BOUNDED})
    rows = raw_rows([record(f'{{"price": {each}}}') for each in BOUND_CASES])
    found = [row["violations"] for row in ENGINES[engine](contract, rows)]
    assert found == [[f"price.{each}" for each in names] for names in BOUND_CASES.values()]


FLAT = {
    "event_type": "none",
    "event_id": "record",
    "occurred_at": "$.at",
    "received_at": "none",
    "schema_version": "none",
    "payload": "$",
}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cell_of_a_csv_file_keeps_its_digits(engine: str) -> None:
    contract = contract_of(
        {
            "at": {"type": "string", "format": "date-time"},
            "price": {"type": "number", "format": "decimal(23,6)"},
            "tax": {"type": "string", "format": "decimal(23,6)"},
        },
        envelope=FLAT,
    )
    cells = {"at": "2026-03-01T11:59:00Z", "tax": "12345678901234567.100000"}
    rows = [
        json.dumps({**cells, "price": "12345678901234567.123456"}),
        json.dumps({**cells, "price": "12345678901234567,1"}),
    ]
    right, wrong = ENGINES[engine](contract, raw_rows(rows, _format="csv"))
    assert right["price"] == Decimal("12345678901234567.123456")
    assert right["tax"] == Decimal("12345678901234567.1")
    assert right["violations"] == []
    assert wrong["violations"] == ["price.type"]
