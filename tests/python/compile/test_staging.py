"""Staging and quarantine, run on both engines over what base made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
import yaml
from bigquery.zetasql_runner import Table, run_sql

from headwater.compile import compile_contracts
from headwater.compile.columns import columns_of, walk

from .cases import EVENT, contract_of, record
from .render import create_raw, generated, raw_rows, render, run_bigquery

FIELDS: dict[str, Any] = {
    "person": {"type": "string", "pii": "identifier"},
    "query": {"type": "string", "pii": "sensitive"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "device": {
        "type": "object",
        "properties": {
            "osName": {"type": "string"},
            "street": {"type": "string", "pii": "sensitive"},
            "app": {"type": "object", "properties": {"build": {"type": "integer"}}},
        },
    },
    "nothing": {"type": "object", "properties": {"secret": {"type": "string", "pii": "drop"}}},
}
PAYLOADS = [
    '{"person": "p", "query": "q", "tags": ["a"], '
    '"device": {"osName": "x", "street": "s", "app": {"build": 7}}, "nothing": {"secret": "s"}}',
    '{"device": {}}',
    "{}",
    '{"person": 5}',
    "5",
]
COLUMNS = ["event_id", "occurred_at", "received_at", "schema_version", "person", "tags", "device"]


def _on_duckdb(name: str) -> list[dict[str, Any]]:
    contract = contract_of(FIELDS)
    with duckdb.connect() as connection:
        create_raw(connection, EVENT, raw_rows([record(payload) for payload in PAYLOADS]))
        connection.execute("insert into keys_identifiers values ('p', 'P')")
        base = render(generated(contract, f"base_{EVENT}.sql"), "duckdb")
        connection.execute(f"create table base_{EVENT} as {base}")
        found = connection.execute(render(generated(contract, name), "duckdb"))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _on_bigquery(name: str) -> list[dict[str, Any]]:
    contract = contract_of(FIELDS)
    base = run_bigquery(contract, raw_rows([record(text) for text in PAYLOADS]), {"p": "P"})
    kinds = {bool: "bool", int: "int64", str: "string", datetime: "timestamp"}
    columns = {
        column: "array<string>"
        if isinstance(base[0][column], list)
        else kinds.get(type(base[0][column]), "string")
        for column in base[0]
    }
    sql = render(generated(contract, name), "bigquery")
    return run_sql(sql, {f"base_{EVENT}": Table(columns, base)})


def test_staging_shows_valid_rows_with_their_objects_as_structs() -> None:
    rows = _on_duckdb(f"stg_{EVENT}.sql")
    assert list(rows[0]) == COLUMNS
    assert [row["device"] for row in rows] == [
        {"os_name": "x", "app": {"build": 7}},
        {"os_name": None, "app": None},
        None,
    ]
    assert [row["person"] for row in rows] == ["P", None, None]
    assert [row["tags"] for row in rows] == [["a"], [], []]


def test_staging_is_the_same_on_both_engines() -> None:
    assert _on_duckdb(f"stg_{EVENT}.sql") == _on_bigquery(f"stg_{EVENT}.sql")


def test_quarantine_says_why_and_where_but_never_what() -> None:
    rows = _on_duckdb("quarantine_things.sql")
    assert [(row["event_type"], row["violations"], row["_line"]) for row in rows] == [
        (EVENT, ["person.type"], 4),
        (EVENT, ["payload.type"], 5),
    ]
    payload = {column.stored_name for column in walk(columns_of(contract_of(FIELDS))[0])}
    assert not (payload | {"event_id", "record"}) & set(rows[0])


def test_quarantine_is_the_same_on_both_engines() -> None:
    assert _on_duckdb("quarantine_things.sql") == _on_bigquery("quarantine_things.sql")


def _documented() -> dict[str, dict[str, str]]:
    """Model or source table -> its columns and their descriptions."""
    found: dict[str, dict[str, str]] = {}
    for path, file in compile_contracts([contract_of(FIELDS)]).files.items():
        if path.endswith(".yml"):
            content = yaml.safe_load(file.text)
            tables = [table for each in content.get("sources", ()) for table in each["tables"]]
            for entry in (*content["models"], *tables):
                assert entry["description"]
                columns = {each["name"]: each["description"] for each in entry["columns"]}
                assert len(columns) == len(entry["columns"])
                found[entry["name"]] = columns
    return found


def test_every_column_of_staging_and_quarantine_is_documented() -> None:
    documented = _documented()
    shown = [name for name in documented[f"stg_{EVENT}"] if "." not in name]
    assert shown == COLUMNS
    assert list(documented["quarantine_things"]) == list(_on_duckdb("quarantine_things.sql")[0])
    inside = [name for name in documented[f"stg_{EVENT}"] if "." in name]
    assert inside == ["device.os_name", "device.app", "device.app.build"]
    assert all(text for columns in documented.values() for text in columns.values())


def test_base_documents_what_staging_does_not_show() -> None:
    documented = _documented()
    base = set(documented[f"base_{EVENT}"])
    assert {"query", "device__street", "violations", "is_first_valid_copy", "_line"} <= base
    assert not base & {"person", "tags", "device__os_name"}


def test_freshness_follows_the_tier() -> None:
    found = {}
    for tier in ("high", "normal", "low"):
        text = generated(contract_of(FIELDS, tier=tier), f"_{EVENT}.yml")
        config = yaml.safe_load(text)["sources"][0]["tables"][0]["config"]
        assert config["loaded_at_field"] == "received_at"
        found[tier] = [config["freshness"][each]["count"] for each in ("warn_after", "error_after")]
    assert found == {"high": [2, 4], "normal": [4, 25], "low": [25, 73]}


FLAT: dict[str, Any] = {
    "device": {
        "type": "object",
        "flatten": True,
        "properties": {
            "osName": {"type": "string"},
            "street": {"type": "string", "pii": "sensitive"},
            "app": {
                "type": "object",
                "flatten": True,
                "properties": {"build": {"type": "integer"}},
            },
            "screen": {"type": "object", "properties": {"width": {"type": "integer"}}},
        },
    },
    "parcel": {
        "type": "object",
        "properties": {
            "box": {"type": "object", "flatten": True, "properties": {"size": {"type": "integer"}}}
        },
    },
}
FLAT_PAYLOADS = [
    '{"device": {"osName": "x", "street": "s", "app": {"build": 7}, "screen": {"width": 3}}, '
    '"parcel": {"box": {"size": 2}}}',
    "{}",
]


def _flat(engine: str) -> list[dict[str, Any]]:
    contract = contract_of(FLAT)
    rows = raw_rows([record(payload, id=str(at)) for at, payload in enumerate(FLAT_PAYLOADS)])
    staging = render(generated(contract, f"stg_{EVENT}.sql"), engine)
    if engine == "duckdb":
        base = render(generated(contract, f"base_{EVENT}.sql"), "duckdb")
        with duckdb.connect() as connection:
            create_raw(connection, EVENT, rows)
            connection.execute(f"create table base_{EVENT} as {base}")
            found = connection.execute(staging)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    made = run_bigquery(contract, rows)
    kinds = {bool: "bool", int: "int64", str: "string", datetime: "timestamp"}
    columns = {name: kinds.get(type(value), "string") for name, value in made[0].items()}
    columns |= {name: "array<string>" for name, value in made[0].items() if isinstance(value, list)}
    return run_sql(staging, {f"base_{EVENT}": Table(columns, made)})


def test_a_flattened_object_is_columns_and_a_struct_in_it_stays_one() -> None:
    full, empty = _flat("duckdb")
    assert list(full)[4:] == ["device_os_name", "device_app_build", "device_screen", "parcel"]
    assert list(full.values())[4:] == ["x", 7, {"width": 3}, {"box_size": 2}]
    assert list(empty.values())[4:] == [None, None, None, None]


def test_flattened_objects_are_the_same_on_both_engines() -> None:
    assert _flat("duckdb") == _flat("bigquery")


def test_flattened_fields_are_documented_by_the_names_they_have() -> None:
    text = generated(contract_of(FLAT), f"_{EVENT}.yml")
    (staging,) = [m for m in yaml.safe_load(text)["models"] if m["name"] == f"stg_{EVENT}"]
    names = [column["name"] for column in staging["columns"]][4:]
    assert names == [
        *("device_os_name", "device_app_build", "device_screen", "device_screen.width"),
        *("parcel", "parcel.box_size"),
    ]
