"""Who, what and when: the envelope on both engines."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from .cases import EVENT, contract_of, record
from .render import raw_rows, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
FIELDS = {"x": {"type": "integer"}}

# Text -> the moment it names, or None; what only an envelope may say comes second.
RFC_3339 = {
    "2024-02-29T12:00:00Z": datetime(2024, 2, 29, 12),
    "2023-02-29T12:00:00Z": None,
    "2024-02-30T12:00:00Z": None,
    "2024-04-31T12:00:00Z": None,
    "1900-02-29T00:00:00Z": None,
    "2000-02-29T00:00:00Z": datetime(2000, 2, 29),
    "2026-01-01t00:00:00z": datetime(2026, 1, 1),
    "2026-01-01T24:00:00Z": None,
    "2026-01-01T23:59:59Z": datetime(2026, 1, 1, 23, 59, 59),
    "2016-12-31T23:59:60Z": None,
    "2026-01-01T23:60:00Z": None,
    "2026-13-01T00:00:00Z": None,
    "2026-00-01T00:00:00Z": None,
    "2026-01-00T00:00:00Z": None,
    "2026-01-01T00:00:00+05:30": datetime(2025, 12, 31, 18, 30),
    "2026-01-01T00:00:00-00:30": datetime(2026, 1, 1, 0, 30),
    "2026-01-01T00:00:00-00:00": datetime(2026, 1, 1),
    "2026-01-01T00:00:00+23:59": datetime(2025, 12, 31, 0, 1),
    "2026-01-01T00:00:00-23:59": datetime(2026, 1, 1, 23, 59),
    "2026-01-01T00:00:00+24:00": None,
    "2026-01-01T00:00:00+05:60": None,
    "2026-01-01T00:00:00+05": None,
    "2026-01-01T00:00:00+0530": None,
    "2026-01-01T00:00:00.5Z": datetime(2026, 1, 1, 0, 0, 0, 500000),
    "2026-01-01T00:00:00.123456Z": datetime(2026, 1, 1, 0, 0, 0, 123456),
    "2026-01-01T00:00:00.1234569Z": datetime(2026, 1, 1, 0, 0, 0, 123456),
    "2026-01-01T00:00:00.999999999999Z": datetime(2026, 1, 1, 0, 0, 0, 999999),
    "1969-12-31T23:59:59.9999999Z": datetime(1969, 12, 31, 23, 59, 59, 999999),
    "2026-01-01T00:00:00.1+01:00": datetime(2025, 12, 31, 23, 0, 0, 100000),
    "2026-01-01T00:00:00.Z": None,
    "2026-01-01T00:00:00,5Z": None,
    "2026-01-01T00:00Z": None,
    "2026-1-01T00:00:00Z": None,
    "2026-01-01T0:00:00Z": None,
    "02026-01-01T00:00:00Z": None,
    "26-01-01T00:00:00Z": None,
    "-2026-01-01T00:00:00Z": None,
    "0000-01-01T00:00:00Z": None,
    "0001-01-01T00:00:00Z": datetime(1, 1, 1),
    "0001-01-01T00:00:00+00:01": None,
    "0001-01-01T00:00:00-00:01": datetime(1, 1, 1, 0, 1),
    "9999-12-31T23:59:59.999999Z": datetime(9999, 12, 31, 23, 59, 59, 999999),
    "9999-12-31T23:59:59-00:01": None,
    "10000-01-01T00:00:00Z": None,
    " 2026-01-01T00:00:00Z": None,
    "2026-01-01T00:00:00Z ": None,
    "2026-01-01T00:00:00Z\n": None,
    "2026-01-01T00:00:00ZZ": None,
    "2026-01-01T00:00:00 Z": None,
    "2026-01-01T00:00:00 UTC": None,
    "2026-01-01T00:00:00 Europe/Berlin": None,
    "\u0662026-01-01T00:00:00Z": None,
    "2026-01-01": None,
    "20260101T000000Z": None,
    "now": None,
    "epoch": None,
    "infinity": None,
    "": None,
}
ONLY_IN_AN_ENVELOPE = {
    "2026-01-01T00:00:00": datetime(2026, 1, 1),
    "2026-01-01 00:00:00": datetime(2026, 1, 1),
    "2026-01-01 00:00:00.25": datetime(2026, 1, 1, 0, 0, 0, 250000),
    "2026-01-01 00:00:00+02:00": datetime(2025, 12, 31, 22),
    "2026-01-01 00:00:00Z": datetime(2026, 1, 1),
    "9999-12-31 23:59:59": datetime(9999, 12, 31, 23, 59, 59),
    "0001-01-01T00:00:00": datetime(1, 1, 1),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_payload_time_is_rfc_3339_to_the_letter(engine: str) -> None:
    contract = contract_of({"moment": {"type": "string", "format": "date-time"}})
    texts = {**RFC_3339, **dict.fromkeys(ONLY_IN_AN_ENVELOPE)}
    rows = ENGINES[engine](
        contract, raw_rows([record(json.dumps({"moment": text})) for text in texts])
    )
    assert {text: row["moment"] for text, row in zip(texts, rows, strict=True)} == texts
    for text, row in zip(texts, rows, strict=True):
        assert row["violations"] == ([] if texts[text] else ["moment.format"]), text


@pytest.mark.parametrize("engine", ENGINES)
def test_a_payload_time_keeps_its_other_rules(engine: str) -> None:
    schema = {"type": "string", "format": "date-time", "maxLength": 20, "pattern": "^2026"}
    texts = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.00Z", "2025-01-01T00:00:00Z", "2026"]
    rows = ENGINES[engine](
        contract_of({"moment": schema, "moments": {"type": "array", "items": schema}}),
        raw_rows([record(json.dumps({"moment": text, "moments": [text]})) for text in texts]),
    )
    assert [row["violations"] for row in rows] == [
        [],
        ["moment.maxLength", "moments.items.maxLength"],
        ["moment.pattern", "moments.items.pattern"],
        ["moment.format", "moments.items.format"],
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_envelope_time_may_do_without_the_t_and_the_zone(engine: str) -> None:
    texts = {**RFC_3339, **ONLY_IN_AN_ENVELOPE}
    rows = ENGINES[engine](
        contract_of(FIELDS), raw_rows([record("{}", time=text) for text in texts])
    )
    assert {text: row["occurred_at"] for text, row in zip(texts, rows, strict=True)} == texts


EPOCHS: list[tuple[str, Any, datetime | None]] = [
    ("seconds", 1767225600, datetime(2026, 1, 1)),
    ("seconds", "1767225600", datetime(2026, 1, 1)),
    ("seconds", 1767225600.25, datetime(2026, 1, 1, 0, 0, 0, 250000)),
    ("seconds", 1.7672256e9, datetime(2026, 1, 1)),
    ("seconds", -1, datetime(1969, 12, 31, 23, 59, 59)),
    ("seconds", 253402300800, None),
    ("seconds", 10**30, None),
    ("seconds", "2026-01-01T00:00:00Z", None),
    ("seconds", "", None),
    ("seconds", True, None),
    ("seconds", [1], None),
    ("milliseconds", 1767225600001, datetime(2026, 1, 1, 0, 0, 0, 1000)),
    ("milliseconds", "1767225600001", datetime(2026, 1, 1, 0, 0, 0, 1000)),
    ("microseconds", 1767225600000001, datetime(2026, 1, 1, 0, 0, 0, 1)),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("unit", ["seconds", "milliseconds", "microseconds"])
def test_an_envelope_time_may_be_an_epoch_with_a_unit(engine: str, unit: str) -> None:
    contract = contract_of(FIELDS, envelope={"occurred_at": {"path": "$.time", "epoch": unit}})
    cases = [(value, wanted) for its_unit, value, wanted in EPOCHS if its_unit == unit]
    rows = ENGINES[engine](contract, raw_rows([record("{}", time=value) for value, _ in cases]))
    assert [row["occurred_at"] for row in rows] == [wanted for _, wanted in cases]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_event_may_be_late_but_not_too_late_nor_early(engine: str) -> None:
    contract = contract_of(FIELDS, max_lateness="2 days", dedup_lookback="2 days")
    times = {  # received at 2026-03-01 12:00
        "2026-02-27T12:00:00Z": [],
        "2026-02-27T11:59:59.999999Z": ["envelope.occurred_at"],
        "2026-03-01T13:00:00Z": [],
        "2026-03-01T13:00:00.000001Z": ["envelope.occurred_at"],
        "nonsense": ["envelope.occurred_at"],
        None: ["envelope.occurred_at"],
    }
    rows = ENGINES[engine](contract, raw_rows([record("{}", time=text) for text in times]))
    assert [row["violations"] for row in rows] == list(times.values())


@pytest.mark.parametrize("engine", ENGINES)
def test_an_event_without_limit_may_be_as_late_as_it_likes(engine: str) -> None:
    contract = contract_of(FIELDS, max_lateness="none")
    times = {
        "0001-01-01T00:00:00Z": [],
        "2026-03-01T13:00:01Z": ["envelope.occurred_at"],
        None: ["envelope.occurred_at"],
    }
    rows = ENGINES[engine](contract, raw_rows([record("{}", time=text) for text in times]))
    assert [row["violations"] for row in rows] == list(times.values())


IDS: list[tuple[dict[str, Any], str | None]] = [
    ({"source": "a", "id": "1"}, "a|1"),
    ({"source": "a|", "id": "1"}, "a\\||1"),
    ({"source": "a", "id": "|1"}, "a|\\|1"),
    ({"source": "a\\", "id": "|1"}, "a\\\\|\\|1"),
    ({"source": "", "id": ""}, "|"),
    ({"source": "a", "id": 7}, "a|7"),
    ({"source": "a", "id": 18446744073709551615}, "a|18446744073709551615"),
    ({"source": "a", "id": None}, None),
    ({"source": "a", "id": True}, None),
    ({"source": "a", "id": 1.5}, None),
    ({"source": "a", "id": 10**30}, None),
    ({"source": "a", "id": {}}, None),
    ({"source": None, "id": "1"}, None),
    ({"source": "\u00e9\U0001f600'\"", "id": "\n"}, "\u00e9\U0001f600'\"|\n"),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_event_id_of_several_parts_is_unambiguous(engine: str) -> None:
    rows = ENGINES[engine](
        contract_of(FIELDS), raw_rows([record("{}", **envelope) for envelope, _ in IDS])
    )
    assert [row["event_id"] for row in rows] == [wanted for _, wanted in IDS]
    for row in rows:
        assert row["violations"] == ([] if row["event_id"] is not None else ["envelope.event_id"])


def test_a_record_identifies_itself_by_the_same_hash_on_both_engines() -> None:
    contract = contract_of(FIELDS, envelope={"event_id": "record"})
    rows = raw_rows([record("{}"), record('{"x": "\u00e9"}'), record("{} ")])
    duckdb, bigquery = run_duckdb(contract, rows), run_bigquery(contract, rows)
    assert [row["event_id"] for row in duckdb] == [row["event_id"] for row in bigquery]
    assert len({row["event_id"] for row in duckdb}) == 3
    assert all(len(row["event_id"]) == 32 for row in duckdb)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_version_must_be_of_a_declared_major(engine: str) -> None:
    good = [("1", "1"), ("1.0", "1.0"), ("1.12.3", "1.12.3"), ("1-0-2", "1-0-2")]
    good += [(1, "1"), (1.4, "1.4"), (None, None)]
    bad = ["2.0", "11", "01", "v1", "1.x", "1.", "", "1\n", "somebody@example.com", True, {}]
    cases: list[tuple[Any, str | None]] = [*good, *((version, "bad") for version in bad)]
    rows = ENGINES[engine](
        contract_of(FIELDS),
        raw_rows([record("{}", dataschemaversion=version) for version, _ in cases]),
    )
    for (version, wanted), row in zip(cases, rows, strict=True):
        is_bad = wanted == "bad"
        assert row["schema_version"] == (None if is_bad else wanted), version
        assert row["violations"] == (["envelope.schema_version"] if is_bad else []), version


@pytest.mark.parametrize("engine", ENGINES)
def test_a_record_of_another_event_type_does_not_pass(engine: str) -> None:
    types = {EVENT: [], None: [], "other": ["envelope.event_type"], 5: ["envelope.event_type"]}
    rows = ENGINES[engine](
        contract_of(FIELDS), raw_rows([record("{}", type=name) for name in types])
    )
    assert [row["violations"] for row in rows] == list(types.values())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("called", ["com.example.x", ["com.example.x", "X: ü 1-2 /y"]])
def test_a_record_may_call_its_type_as_the_contract_says(engine: str, called: Any) -> None:
    listed = [called] if isinstance(called, str) else called
    types = {name: [] for name in (*listed, None)} | {EVENT: ["envelope.event_type"]}
    contract = contract_of(FIELDS, envelope={"event_type": {"is": called}})
    rows = ENGINES[engine](contract, raw_rows([record("{}", type=name) for name in types]))
    assert [row["violations"] for row in rows] == list(types.values())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_fallback_for_received_at_is_a_violation(engine: str) -> None:
    for source in ("record", "file", "fallback"):
        rows = ENGINES[engine](contract_of(FIELDS), raw_rows([record("{}")], _received_from=source))
        wanted = ["envelope.received_at"] if source == "fallback" else []
        assert rows[0]["violations"] == wanted


@pytest.mark.parametrize("engine", ENGINES)
def test_a_record_that_is_no_object_is_only_that(engine: str) -> None:
    records = ["5", '"text"', "null", "true", "[]", '[{"type": "x"}]', "{}"]
    rows = ENGINES[engine](contract_of(FIELDS, ["x"]), raw_rows(records))
    assert [row["violations"] for row in rows[:-1]] == [["record.type"]] * 6
    assert "record.type" not in rows[-1]["violations"]
    assert all(row["unknown_fields"] == [] for row in rows)
    assert not any(row["is_valid"] for row in rows)


def test_what_duckdb_cannot_parse_is_no_object_and_stops_nothing() -> None:
    rows = run_duckdb(contract_of(FIELDS), raw_rows(["no json", '{"a": "\\ud800"}', record("{}")]))
    assert [row["violations"] for row in rows] == [["record.type"], ["record.type"], []]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_payload_that_is_no_object_is_only_that(engine: str) -> None:
    payloads = [None, "null", "5", '"{}"', "[]"]
    rows = ENGINES[engine](
        contract_of(FIELDS, ["x"]), raw_rows([record(payload) for payload in payloads])
    )
    assert [row["violations"] for row in rows] == [["payload.type"]] * len(payloads)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_flat_record_holds_its_envelope_beside_the_payload(engine: str) -> None:
    contract = contract_of(
        {"x": {"type": "integer"}, "at": {"type": "string"}},
        ["x"],
        payload={"additionalProperties": False},
        envelope={
            "event_type": "none",
            "event_id": "$.meta.id",
            "occurred_at": "$.at",
            "received_at": "none",
            "schema_version": "none",
            "payload": "$",
        },
    )
    rows = ENGINES[engine](
        contract,
        raw_rows(
            [
                '{"meta": {"id": "i"}, "at": "2026-03-01T12:00:00Z", "x": 1}',
                '{"meta": {"id": "i"}, "at": "2026-03-01T12:00:00Z", "y": 1}',
                '{"meta": "i", "at": 5, "x": 1}',
            ]
        ),
    )
    assert [row["violations"] for row in rows] == [
        [],
        ["payload.additionalProperties", "x.required"],
        ["envelope.event_id", "envelope.occurred_at", "at.type"],
    ]
    assert rows[0]["event_id"] == "i"
    assert rows[0]["schema_version"] is None
    assert rows[1]["unknown_fields"] == ["y:number"]
