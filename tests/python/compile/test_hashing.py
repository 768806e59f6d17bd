"""The contract hash moves with what decides rows, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from headwater.compile import contract_hash, hashing
from headwater.contracts.model import EventContract

from .cases import contract_of

FIELDS: dict[str, Any] = {
    "a": {"type": ["string", "null"], "enum": ["x", "y", None]},
    "b": {"type": "integer", "minimum": 1, "pii": "sensitive"},
    "c": {"type": "object", "properties": {"d": {"type": "string"}, "e": {"type": "boolean"}}},
}


def _hash(fields: dict[str, Any] = FIELDS, required: tuple[str, ...] = (), **header: Any) -> str:
    return contract_hash([contract_of(fields, required, **header)])


def test_the_hash_is_one_of_a_kind_and_the_same_in_every_process() -> None:
    # Moves only with COMPILER_SEMANTICS or the way the hash is made: both rebuild every base.
    assert _hash() == "8d306f38725c995c0c33d28ae5168372"


@pytest.mark.parametrize(
    "header",
    [
        {"owner": "another"},
        {"channel": "#another"},
        {"description": "Other words."},
        {"tier": "high"},
        {"completeness": "99 %"},
        {"retention": {"raw": "10 days", "staging": "20 days"}, "dedup_lookback": "14 days"},
        {"expose": ["b"]},
        {"version": 1.7},
    ],
    ids=lambda header: next(iter(header)),
)
def test_what_decides_no_row_leaves_the_hash(header: dict[str, Any]) -> None:
    assert _hash(**header) == _hash()


def test_order_and_words_leave_the_hash() -> None:
    turned = dict(reversed(FIELDS.items()))
    turned["a"] = {"enum": [None, "y", "x"], "type": ["null", "string"], "description": "Other."}
    assert _hash(turned) == _hash()


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("a", {"type": ["string", "null"]}),
        ("a", {"type": "string", "enum": ["x", "y"]}),
        ("a", {"type": ["string", "null"], "enum": ["x", "y", "z", None]}),
        ("b", {"type": "integer", "minimum": 2, "pii": "sensitive"}),
        ("b", {"type": "integer", "maximum": 1, "pii": "sensitive"}),
        ("b", {"type": "number", "minimum": 1, "pii": "sensitive"}),
        ("b", {"type": "integer", "minimum": 1, "pii": "drop"}),
        ("c", {"type": "object", "properties": {"d": {"type": "string"}}}),
        ("c", {**FIELDS["c"], "required": ["d"]}),
        ("c", {**FIELDS["c"], "additionalProperties": False}),
        ("d", {"type": "string"}),
        ("d", {"type": "string", "pattern": "x"}),
        ("d", {"type": "string", "format": "uuid"}),
        ("d", {"type": "string", "minLength": 1}),
        ("d", {"type": "string", "maxLength": 1}),
        ("d", {"type": "array", "items": {"type": "string"}}),
        ("b", {"type": "integer", "exclusiveMinimum": 1, "pii": "sensitive"}),
        ("b", {"type": "integer", "exclusiveMaximum": 1, "pii": "sensitive"}),
        ("b", {"type": "integer", "multipleOf": 2, "pii": "sensitive"}),
        ("d", {"const": "x"}),
        ("d", {"type": "string", "not": {"const": "x"}}),
    ],
)
def test_a_rule_moves_the_hash(name: str, schema: dict[str, Any]) -> None:
    assert _hash({**FIELDS, name: schema}) != _hash()


@pytest.mark.parametrize(
    "header",
    [
        {"max_lateness": "1 days"},
        {"max_lateness": "none"},
        {"dedup_lookback": "1 days"},
        {"envelope": {"event_id": "record"}},
        {"envelope": {"event_id": "$.id"}},
        {"envelope": {"schema_version": "none"}},
        {"envelope": {"occurred_at": {"path": "$.time", "epoch": "seconds"}}},
        {"envelope": {"event_type": {"is": "com.example.other"}}},
        {"payload": {"additionalProperties": False}},
    ],
    ids=str,
)
def test_the_envelope_and_the_windows_move_the_hash(header: dict[str, Any]) -> None:
    assert _hash(**header) != _hash()


def test_a_field_becoming_required_moves_the_hash() -> None:
    assert _hash(required=("a",)) != _hash()


def test_the_meaning_of_the_compiler_moves_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    before = _hash()
    monkeypatch.setattr(hashing, "COMPILER_SEMANTICS", hashing.COMPILER_SEMANTICS + 1)
    assert _hash() != before


def test_every_setting_of_a_contract_is_either_hashed_or_known_not_to_be() -> None:
    """A new attribute must be decided on."""
    decided = {"domain", "path", "event", "major", "version", "owner", "channel", "description"}
    decided |= {"payload", "envelope", "tier", "completeness", "raw_retention", "expose"}
    decided |= {"staging_retention", "dedup_lookback", "max_lateness", "examples"}
    decided |= {"latest", "breaks"}  # which staging has the plain name, and what a major broke
    assert set(EventContract.__dataclass_fields__) == decided
    contract = contract_of(FIELDS)
    assert contract_hash([replace(contract, event="other")]) != contract_hash([contract])
