"""What else base makes of a payload: undeclared fields, CSV cells, objects, personal data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headwater.compile import compile_contracts

from .cases import EVENT, contract_of, record
from .render import raw_rows, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
FLAT = {
    "event_type": "none",
    "event_id": "$.id",
    "occurred_at": "$.time",
    "received_at": "none",
    "schema_version": "none",
    "payload": "$",
}


def _column_names(rows: list[dict[str, Any]]) -> list[str]:
    return list(rows[0])


@pytest.mark.parametrize("engine", ENGINES)
def test_undeclared_fields_are_listed_by_name_and_type(engine: str) -> None:
    contract = contract_of(
        {
            "x": {"type": "integer"},
            "device": {"type": "object", "properties": {"os": {"type": "string"}}},
        }
    )
    payload = {
        "x": 1,
        "a_string": "secret",
        "an_integer": 1,
        "a_fraction": 1.5,
        "a_boolean": True,
        "a_null": None,
        "an_object": {"deep": 1},
        "an_array": ["secret"],
        "device": {"os": "x", "model": "secret", "X": 1},
    }
    rows = ENGINES[engine](contract, raw_rows([record(json.dumps(payload)), record('{"x": 1}')]))
    assert rows[0]["unknown_fields"] == [
        "a_boolean:boolean",
        "a_fraction:number",
        "a_null:null",
        "a_string:string",
        "an_array:array",
        "an_integer:number",
        "an_object:object",
        "device.X:number",
        "device.model:string",
    ]
    assert rows[1]["unknown_fields"] == []
    assert [row["violations"] for row in rows] == [[], []]


ODD_NAMES = [
    *("", " ", "a b", "a-b", "a/b", "a~b", "a~1b", "~0", "a'b", 'a"b', "a\\b", "a\nb", "$", "1a"),
    *("somebody@example.com", "\u00e9", "\U0001f600", "a[0]", "a*", "{{ x }}", "x' or '1"),
]
PLAIN_NAMES = ["a.b", "A", "_a", "X", "a1", "x.y.z"]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_odd_name_is_not_told(engine: str) -> None:
    payloads = [json.dumps({name: "v"}) for name in (*ODD_NAMES, *PLAIN_NAMES)]
    rows = ENGINES[engine](
        contract_of({"x": {"type": "integer"}}), raw_rows([record(each) for each in payloads])
    )
    told = [row["unknown_fields"] for row in rows]
    assert told == [["(other):string"]] * len(ODD_NAMES) + [
        [f"{name}:string"] for name in PLAIN_NAMES
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_undeclared_field_delivered_twice_is_told_once(engine: str) -> None:
    rows = ENGINES[engine](
        contract_of({"x": {"type": "integer"}}),
        raw_rows([record('{"y": 1, "y": "two", "a b": 1, "c d": 2}')]),
    )
    assert rows[0]["unknown_fields"] == ["(other):number", "y:number"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_first_of_duplicate_keys_wins_everywhere(engine: str) -> None:
    contract = contract_of(
        {
            "x": {"type": "integer"},
            "device": {"type": "object", "properties": {"os": {"type": "string"}}},
        },
        payload={"additionalProperties": False},
    )
    rows = ENGINES[engine](
        contract,
        raw_rows(
            [
                record('{"x": 1, "x": "two", "device": {"os": "a", "os": 5}, "device": 7}'),
                '{"id": "1", "id": "2", "source": "s", "time": "2026-03-01T12:00:00Z", '
                '"data": {"x": 1}, "data": 5}',
            ]
        ),
    )
    assert [row["violations"] for row in rows] == [[], []]
    assert (rows[0]["x"], rows[0]["device__os"], rows[1]["event_id"]) == (1, "a", "s|1")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_absent_object_is_told_from_an_empty_one(engine: str) -> None:
    contract = contract_of(
        {
            "device": {
                "type": ["object", "null"],
                "required": ["os"],
                "properties": {
                    "os": {"type": "string"},
                    "app": {"type": "object", "properties": {"build": {"type": "integer"}}},
                },
            }
        }
    )
    payloads = {
        "{}": (False, False, []),
        '{"device": null}': (False, False, []),
        '{"device": {}}': (True, False, ["device.os.required"]),
        '{"device": {"os": "a"}}': (True, False, []),
        '{"device": {"os": "a", "app": {}}}': (True, True, []),
        '{"device": {"os": "a", "app": null}}': (True, False, ["device.app.type"]),
        '{"device": {"os": "a", "app": {"build": "1"}}}': (True, True, ["device.app.build.type"]),
        '{"device": "a"}': (False, False, ["device.type"]),
        '{"device": [{"os": "a"}]}': (False, False, ["device.type"]),
    }
    rows = ENGINES[engine](contract, raw_rows([record(text) for text in payloads]))
    found = [(row["has_device"], row["has_device__app"], row["violations"]) for row in rows]
    assert found == list(payloads.values())


CELLS: list[tuple[str, str, list[str]]] = [
    ("n", "5", []),
    ("n", "-5", []),
    ("n", "1.0", []),
    ("n", "1e3", []),
    ("n", "1.5", ["n.type"]),
    ("n", "05", ["n.type"]),
    ("n", "+5", ["n.type"]),
    ("n", " 5", ["n.type"]),
    ("n", "five", ["n.type"]),
    ("n", "NaN", ["n.type"]),
    ("n", "0x1F", ["n.type"]),
    ("n", "9223372036854775808", ["n.int64"]),
    ("n", "100000000000000000000000", ["n.int64"]),
    ("r", "1.10", []),
    ("r", "1e400", ["r.type"]),
    ("r", "Infinity", ["r.type"]),
    ("r", "", ["r.type"]),
    ("b", "true", []),
    ("b", "false", []),
    ("b", "True", ["b.type"]),
    ("b", "1", ["b.type"]),
    ("s", "5", []),
    ("s", "true", []),
    ("s", "null", []),
    ("s", '{"a": 1}', []),
    ("m", "5", []),
    ("m", "null", []),
    ("m", "none", ["m.type"]),
    ("e", "7", []),
    ("e", "8", ["e.enum"]),
    ("l", '["a", "b"]', []),
    ("l", "[]", []),
    ("l", "[1]", ["l.items.type"]),
    ("l", "a,b", ["l.type"]),
    ("l", '["a",]', ["l.type"]),
    ("l", "[NaN]", ["l.type"]),
    ("o", '{"k": 1}', []),
    ("o", '{"k": "1"}', ["o.k.type"]),
    ("o", '{"k": null}', ["o.k.type"]),
    ("o", "[]", ["o.type"]),
    ("o", '{"k": NaN}', ["o.type"]),
    ("o", '{"k": null}', ["o.k.type"]),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_csv_cell_becomes_the_declared_type_when_its_text_is_one(engine: str) -> None:
    contract = contract_of(
        {
            "n": {"type": "integer"},
            "r": {"type": "number"},
            "b": {"type": "boolean"},
            "s": {"type": "string"},
            "m": {"type": ["integer", "null"]},
            "e": {"enum": [7]},
            "l": {"type": "array", "items": {"type": "string"}},
            "o": {"type": "object", "properties": {"k": {"type": "integer"}}},
        },
        envelope=FLAT,
    )
    base = {"id": "1", "time": "2026-03-01 12:00:00"}
    rows = ENGINES[engine](
        contract,
        raw_rows([json.dumps({**base, name: cell}) for name, cell, _ in CELLS], _format="csv"),
    )
    assert [
        (name, cell, row["violations"]) for (name, cell, _), row in zip(CELLS, rows, strict=True)
    ] == CELLS
    assert [row["unknown_fields"] for row in rows] == [[]] * len(CELLS)
    assert [row["n"] for row in rows[:4]] == [5, -5, 1, 1000]


@pytest.mark.parametrize("engine", ENGINES)
def test_only_csv_cells_are_turned(engine: str) -> None:
    contract = contract_of({"n": {"type": "integer"}}, envelope=FLAT)
    text = '{"id": "1", "time": "2026-03-01 12:00:00", "n": "5"}'
    delivered = raw_rows([text], _format="ndjson") + raw_rows([text], _format="csv", _line=2)
    rows = ENGINES[engine](contract, delivered)
    assert sorted(row["violations"] for row in rows) == [[], ["n.type"]]


PERSONAL = {
    "person": {"type": "string", "pii": "identifier"},
    "account": {"type": ["integer", "null"], "pii": "identifier"},
    "query": {"type": "string", "pii": "sensitive"},
    "phone": {"type": "string", "pii": "drop", "maxLength": 5},
    "home": {
        "type": "object",
        "properties": {
            "street": {"type": "string", "pii": "sensitive"},
            "code": {"type": "string", "pii": "drop"},
        },
    },
}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_identifier_becomes_its_pseudonym(engine: str) -> None:
    payloads = [
        '{"person": "p1", "account": 7}',
        '{"person": "p2", "account": 7.0}',
        '{"person": "", "account": null}',
        '{"person": 7, "account": "7"}',
        '{"person": null}',
    ]
    keys = {"p1": "A", "p2": "B", "": "C", "7": "D"}
    rows = ENGINES[engine](
        contract_of(PERSONAL), raw_rows([record(text) for text in payloads]), keys
    )
    assert [(row["person"], row["account"]) for row in rows] == [
        ("A", "D"),
        ("B", "D"),
        ("C", None),
        (None, None),
        (None, None),
    ]
    assert [row["violations"] for row in rows] == [
        [],
        [],
        [],
        ["person.type", "account.type"],
        ["person.type"],
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_identifier_without_a_key_fails_the_statement(engine: str) -> None:
    with pytest.raises(Exception, match="an identifier has no key yet") as raised:
        ENGINES[engine](contract_of(PERSONAL), raw_rows([record('{"person": "planted"}')]))
    assert "planted" not in str(raised.value)


def test_base_keeps_no_dropped_field_but_checks_it() -> None:
    rows = run_duckdb(contract_of(PERSONAL), raw_rows([record('{"phone": "0123456"}')]))
    assert rows[0]["violations"] == ["phone.maxLength"]
    assert "phone" not in _column_names(rows)
    assert "home__code" not in _column_names(rows)
    assert {"query", "has_home", "home__street"} <= set(_column_names(rows))


@pytest.mark.parametrize(
    ("expose", "shown"),
    [
        ([], []),
        (["query"], ["query"]),
        (["home.street"], ["home", "street"]),
    ],
)
def test_staging_shows_what_is_exposed(expose: list[str], shown: list[str]) -> None:
    (sql,) = (
        file.text
        for path, file in compile_contracts([contract_of(PERSONAL, expose=expose)]).files.items()
        if path.endswith(f"stg_{EVENT}.sql")
    )
    found = [word for word in ("query", "home", "street") if word in sql]
    assert found == shown
    assert "phone" not in sql
    assert "code" not in sql
