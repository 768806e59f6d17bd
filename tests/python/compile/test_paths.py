"""Envelope paths and payload names that are odd, and those that cannot be read together."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headwater.compile import compile_contracts

from .cases import EVENT, contract_of, record
from .render import config_of, raw_rows, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
FIELDS = {"x": {"type": "integer"}}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_odd_name_on_an_envelope_path_is_read(engine: str) -> None:
    contract = contract_of(
        FIELDS,
        envelope={
            "event_id": "$['ce-headers']['x:id']",
            "occurred_at": "$['event time']",
            "payload": "$['ce-headers'].body",
        },
    )
    text = json.dumps(
        {
            "type": EVENT,
            "event time": "2026-03-01T12:00:00Z",
            "ce-headers": {"x:id": "i", "body": {"x": 1, "y": 2}, "other": 1},
        }
    )
    (row,) = ENGINES[engine](contract, raw_rows([text]))
    assert (row["event_id"], row["x"], row["violations"]) == ("i", 1, [])
    assert row["unknown_fields"] == ["y:number"]


@pytest.mark.parametrize("engine", ENGINES)
def test_names_with_capitals_become_columns_of_small_letters(engine: str) -> None:
    contract = contract_of(
        {
            "sessionIndex": {"type": "integer", "minimum": 1},
            "order": {"type": "string"},
            "deviceInfo": {"type": "object", "properties": {"osName": {"type": "string"}}},
        }
    )
    payloads = [
        '{"sessionIndex": 1, "order": "a", "deviceInfo": {"osName": "b"}}',
        '{"sessionIndex": 0, "sessionindex": 1, "deviceInfo": {"osName": 5}}',
    ]
    rows = ENGINES[engine](contract, raw_rows([record(text) for text in payloads]))
    assert rows[0]["session_index"] == 1
    assert rows[0]["payload_order"] == "a"
    assert rows[0]["device_info__os_name"] == "b"
    assert rows[1]["violations"] == ["sessionIndex.minimum", "deviceInfo.osName.type"]
    assert rows[1]["unknown_fields"] == ["sessionindex:number"]


@pytest.mark.parametrize(
    ("fields", "envelope", "says"),
    [
        (FIELDS, {"event_id": "$['a.b']"}, "$.a.b has a name with more than letters"),
        ({"x": {"type": "number"}}, {"event_id": "$.data.x"}, "neither a string nor an integer"),
    ],
)
def test_paths_that_cannot_be_read_are_refused_by_file(
    fields: dict[str, Any], envelope: dict[str, Any], says: str
) -> None:
    compiled = compile_contracts([contract_of(fields, envelope=envelope)])
    assert compiled.files == {}
    assert compiled.refused == {EVENT}
    assert [
        str(each).startswith(f"contracts/things/{EVENT}.v1.yml") for each in compiled.diagnostics
    ]
    assert any(says in str(each) for each in compiled.diagnostics)


@pytest.mark.parametrize(("days", "granularity"), [(400, "hour"), (401, "day")])
def test_base_is_partitioned_by_hour_as_long_as_bigquery_allows(
    days: int, granularity: str
) -> None:
    retention = {"raw": "30 days", "staging": f"{days} days"}
    config = config_of(contract_of(FIELDS, retention=retention))
    assert config["partition_by"]["granularity"] == granularity
    assert config["full_refresh"] is False
