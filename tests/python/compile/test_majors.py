"""Several majors of one event type in one base model, on both engines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bigquery.deliveries import DAY, lines, records

from headwater.compile import History, compile_contracts
from headwater.contracts.contract import parse

from .cases import EVENT, contract_of, record
from .render import config_of, generated, raw_rows, run_bigquery, run_duckdb

Run = Callable[..., list[dict[str, Any]]]

OLD = {
    "person": {"type": "integer", "pii": "identifier"},
    "size": {"type": "integer", "maximum": 9},
    "kind": {"enum": ["a", "b"]},
    "share": {"type": "number"},
    "items": {"type": "array", "items": {"type": "string"}},
    "device": {"type": "object", "properties": {"os": {"type": "string"}}},
}
NEW = {
    "person": {"type": "string", "pii": "identifier"},
    "size": {"type": "string", "maxLength": 4},
    "kind": {"enum": ["b", "c"]},
    "items": {"type": "array", "items": {"type": "integer"}},
    "device": {
        "type": "object",
        "required": ["os"],
        "additionalProperties": False,
        "properties": {"os": {"type": "integer"}, "model": {"type": "string"}},
    },
}
MAJORS = (contract_of(OLD, ["size"]), contract_of(NEW, major=2))


@pytest.fixture(params=[run_duckdb, run_bigquery], ids=["duckdb", "bigquery"])
def run(request: pytest.FixtureRequest) -> Run:
    found: Run = request.param
    return found


def judged(run: Run, *sent: tuple[Any, Mapping[str, Any]], **columns: Any) -> list[dict[str, Any]]:
    """What base says of payloads, each sent as of a version."""
    records = [
        record(json.dumps(payload), dataschemaversion=version, id=str(number))
        for number, (version, payload) in enumerate(sent)
    ]
    keys = {"1": "p-1", "2": "p-2"}
    return run(MAJORS, raw_rows(records, **columns), keys)


def test_a_row_is_judged_by_the_major_it_states(run: Run) -> None:
    rows = judged(
        run,
        ("1.0", {"size": 10, "kind": "a"}),
        ("2.0", {"size": "large", "kind": "a"}),
        ("2.7", {"size": 10, "kind": "c"}),
        (2, {"size": "10", "device": {"os": 5}}),
        ("1-0-2", {"kind": "c"}),
    )
    assert [row["violations"] for row in rows] == [
        ["size.maximum"],
        ["size.maxLength", "kind.enum"],
        ["size.type"],
        [],
        ["size.required", "kind.enum"],
    ]
    assert [row["_major"] for row in rows] == [1, 2, 2, 2, 1]


@pytest.mark.parametrize("version", [None, ""])
def test_a_row_that_states_none_is_the_oldest(run: Run, version: Any) -> None:
    (row,) = judged(run, (version, {"size": 5}))
    assert (row["_major"], row["size"], row["schema_version"]) == (1, 5, None)


@pytest.mark.parametrize("version", ["3.0", "22", "v2", "02", "2x", [2], True])
def test_an_undeclared_major_is_a_violation_and_judged_by_the_oldest(
    run: Run, version: Any
) -> None:
    (row,) = judged(run, (version, {"size": "5"}))
    assert row["violations"] == ["envelope.schema_version", "size.type"]
    assert (row["_major"], row["schema_version"]) == (1, None)


def test_a_field_of_another_type_is_a_column_of_its_own(run: Run) -> None:
    old, new = judged(
        run,
        ("1.0", {"size": 5, "items": ["x"], "device": {"os": "o"}, "share": 1}),
        ("2.0", {"size": "5", "items": [7], "device": {"os": 3, "model": "m"}}),
    )
    names = ("size", "size__v2", "items", "items__v2", "has_device", "device__os")
    names += ("device__os__v2", "device__model", "share", "kind")
    assert [old[name] for name in names] == [
        *(5, None, ["x"], [], True, "o"),
        *(None, None, 1.0, None),
    ]
    assert [new[name] for name in names] == [
        *(None, "5", [], [7], True, None),
        *(3, "m", None, None),
    ]


def test_maps_and_decimals_of_one_major_are_absent_in_the_other(run: Run) -> None:
    old = {"cost": {"type": "number", "format": "decimal(9,2)"}}
    new = {
        "cost": {"type": "number", "format": "decimal(9,4)"},
        "votes": {"type": "object", "additionalProperties": {"type": "integer"}},
    }
    sent = [('{"cost": 1.25}', "1.0"), ('{"cost": 1.2534, "votes": {"a": 1}}', "2.0")]
    records = [record(text, dataschemaversion=version) for text, version in sent]
    rows = run([contract_of(old), contract_of(new, major=2)], raw_rows(records))
    assert [(row["cost"], row["cost__v2"], row["votes"]) for row in rows] == [
        (Decimal("1.25"), None, []),
        (None, Decimal("1.2534"), [{"key": "a", "value": 1}]),
    ]


def test_unknown_fields_are_those_the_row_s_own_major_does_not_declare(run: Run) -> None:
    rows = judged(run, ("1", {"size": 5, "share": 1}), ("2", {"share": 1, "device": {"os": 1}}))
    assert [row["unknown_fields"] for row in rows] == [[], ["share:number"]]


def test_one_person_has_one_pseudonym_in_every_major(run: Run) -> None:
    rows = judged(run, ("1", {"size": 5, "person": 1}), ("2", {"person": "1"}))
    assert [(row["person"], row["person__v2"]) for row in rows] == [("p-1", None), (None, "p-1")]


def test_cells_of_csv_are_read_as_their_major_says(run: Run) -> None:
    flat = [
        contract_of(
            OLD, envelope={"payload": "$", "event_type": "$.type", "schema_version": "$.about.v"}
        ),
        contract_of(
            NEW,
            major=2,
            envelope={"payload": "$", "event_type": "$.type", "schema_version": "$.about.v"},
        ),
    ]
    head = {"type": EVENT, "source": "s", "id": "1", "time": "2026-03-01T11:59:00Z", "size": "5"}
    sent = [json.dumps({**head, "about": json.dumps({"v": version})}) for version in ("1", "2")]
    rows = run(flat, raw_rows(sent, _format="csv"))
    assert [(row["violations"], row["size"], row["size__v2"]) for row in rows] == [
        ([], 5, None),
        ([], None, "5"),
    ]


def test_keys_are_read_as_each_major_reads_its_identifiers() -> None:
    meta = config_of(MAJORS)["meta"]
    assert meta["identifiers"] == {"data.person": "integer"}
    (other,) = meta["identifiers_of_others"]
    assert other["identifiers"] == {"data.person": "string"}
    same = config_of([MAJORS[0], contract_of(OLD, major=2)])["meta"]
    assert "identifiers_of_others" not in same


def test_staging_gives_each_major_its_own_names_back() -> None:
    first = generated(MAJORS, f"stg_{EVENT}.sql")
    second = generated(MAJORS, f"stg_{EVENT}_v2.sql")
    assert "size__v2" not in first
    assert "coalesce(_major, 1) = 1\n" in first
    assert "size__v2 as size," in second
    assert "'os': 'device__os__v2'," in second
    assert "    and _major = 2\n" in second


def test_the_oldest_is_the_latest_until_a_contract_says_otherwise() -> None:
    assert "latest_version: 1\n" in generated(MAJORS, f"_{EVENT}.yml")
    said = [MAJORS[0], contract_of(NEW, major=2, latest=True)]
    assert "latest_version: 2\n" in generated(said, f"_{EVENT}.yml")


def test_what_is_left_of_two_majors_keeps_to_its_own_rows() -> None:
    files = compile_contracts(MAJORS[1:], histories={EVENT: History((1,))}).files
    texts = {path.rsplit("/", 1)[-1]: file.text for path, file in files.items()}
    assert "    and _major = 2\n" in texts[f"stg_{EVENT}.sql"]
    assert "versions:" not in texts[f"_{EVENT}.yml"]
    assert "2 as _major" in texts[f"base_{EVENT}.sql"]


def test_a_field_called_like_another_major_s_column_is_refused() -> None:
    inner = {"size": {"type": "object", "properties": {"v2": {"type": "string"}}}}
    clash = [MAJORS[0], MAJORS[1], contract_of(inner, major=3)]
    (problem,) = compile_contracts(clash).diagnostics
    assert problem.path.endswith(".v3.yml")
    assert problem.message == (
        f"fields size and size.v2 would both be the column size__v2 of base_{EVENT}"
    )


def test_each_major_is_judged_as_if_it_were_alone() -> None:
    """Random records of both: each row is that of a base model of its major only."""
    folder = Path(__file__).parents[1] / "bigquery" / "contracts" / "odd"
    contracts = []
    for major in (1, 2):
        path = folder / f"door_opened.v{major}.yml"
        found = parse(path.read_text("utf-8"), path.name, "odd", "door_opened", major)
        assert found.contract is not None
        contracts.append(found.contract)
    made = [record for each in contracts for record in records(each, 1, 60, DAY)]
    texts = [text for text in lines(made, 1) if _is_json(text)]
    keys = {text: f"p-{text}" for text in _texts(texts)}
    majors = {text: 2 if re.fullmatch(r"2([.-][0-9]+)*", _version(text)) else 1 for text in texts}
    together = run_duckdb(contracts, raw_rows(texts), keys)
    names = {column for row in together for column in row} - {"_contract_hash", "_major"}
    for contract in contracts:
        own = [text for text in texts if majors[text] == contract.major]
        assert len(own) > 20
        alone = run_duckdb(contract, raw_rows(own), keys)
        rows = [row for row in together if row["_major"] == contract.major]
        for expected, row in zip(alone, rows, strict=True):
            for name in expected.keys() - {"_contract_hash", "_line"}:
                there = f"{name}__v2" if contract.major == 2 and f"{name}__v2" in names else name
                assert row[there] == expected[name], name


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _version(text: str) -> str:
    found = json.loads(text, parse_float=str)
    for name in ("about", "version"):
        found = found.get(name) if isinstance(found, dict) else None
    return str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""


def _texts(records: list[str]) -> set[str]:
    """Everything that could be an identifier, as base joins it."""
    found = set()
    for text in records:
        record = json.loads(text)
        card = record.get("data", {}) if isinstance(record, dict) else {}
        card = card.get("card") if isinstance(card, dict) else None
        if isinstance(card, (str, int, float)):
            found |= {str(card), str(int(card)) if not isinstance(card, str) else card}
    return found
