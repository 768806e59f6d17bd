"""Keys are inserted before anything is built, for exactly the identifiers base will ask for."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from bigquery.zetasql_runner import Table, run_sql

from .cases import EVENT, contract_of, record
from .render import RAW_COLUMNS, config_of, create_raw, raw_rows, render

FIELDS = {
    "person": {"type": "string", "pii": "identifier"},
    "account": {"type": "integer", "pii": "identifier"},
    "device": {
        "type": "object",
        "properties": {"owner": {"type": "string", "pii": "identifier"}},
    },
}
PAYLOADS = [
    '{"person": "p1", "account": 7, "device": {"owner": "o1"}}',
    '{"person": "p1", "account": 7.0}',
    '{"person": "known", "account": 10000000000000000000}',
    '{"person": null, "account": null, "device": null}',
    '{"person": "", "account": 1e3, "device": {}}',
    "{}",
    "5",
]
IDENTIFIERS = {"p1", "7", "o1", "known", "", "1000"}


def _statement(engine: str, *, built: bool = False) -> str:
    """What insert_missing_keys() writes when the model of FIELDS is selected."""
    meta = config_of(contract_of(FIELDS))["meta"]
    node = SimpleNamespace(
        config=SimpleNamespace(meta=SimpleNamespace(**meta)),
        database="warehouse",
        schema="staging",
        alias=f"base_{EVENT}",
    )
    other = SimpleNamespace(config=SimpleNamespace(meta=SimpleNamespace(identifiers=None)))
    relation = f"base_{EVENT}" if built else None
    return render(
        "{{ insert_missing_keys() }}",
        engine,
        execute=True,
        selected_resources=["model.w.base", "model.w.other", "test.w.t"],
        graph=SimpleNamespace(nodes={"model.w.base": node, "model.w.other": other}),
        adapter=SimpleNamespace(get_relation=lambda *_: relation),
    )


def _on_duckdb(connection: duckdb.DuckDBPyConnection, **built: bool) -> dict[str, str]:
    connection.execute(_statement("duckdb", **built))
    found = connection.execute("select value, pseudonym from keys_identifiers").fetchall()
    assert len({value for value, _ in found}) == len(found)
    return dict(found)


@pytest.fixture
def connection() -> Any:
    with duckdb.connect() as made:
        create_raw(made, EVENT, raw_rows([record(payload) for payload in PAYLOADS]))
        made.execute("insert into keys_identifiers values ('known', 'K')")
        yield made


def test_every_new_identifier_gets_one_random_pseudonym(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    keys = _on_duckdb(connection)
    assert set(keys) == IDENTIFIERS
    assert keys["known"] == "K"
    assert len(set(keys.values())) == len(keys)
    assert all(re.fullmatch("[0-9a-f-]{36}", keys[value]) for value in IDENTIFIERS - {"known"})


def test_inserting_keys_again_changes_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    first = _on_duckdb(connection)
    assert _on_duckdb(connection) == first


def test_only_slices_that_base_lacks_are_read(connection: duckdb.DuckDBPyConnection) -> None:
    code = config_of(contract_of(FIELDS))["meta"]["contract_hash"]
    connection.execute(
        f"create table base_{EVENT} as select 1::bigint as _load_id, "
        f"timestamp '2026-03-01 12:00:00' as _hour, '{code}' as _contract_hash"
    )
    assert _on_duckdb(connection, built=True) == {"known": "K"}
    connection.execute(f"update base_{EVENT} set _contract_hash = 'another'")
    assert set(_on_duckdb(connection, built=True)) == IDENTIFIERS


def test_one_bad_record_does_not_stop_the_keys_of_others(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(f"update raw_{EVENT} set record = 'no json' where _line = 7")
    assert set(_on_duckdb(connection)) == IDENTIFIERS


def test_bigquery_finds_the_same_identifiers() -> None:
    statement = _statement("bigquery")
    assert statement.startswith("insert into keys_identifiers (value, pseudonym)")
    query = statement.removeprefix("insert into keys_identifiers (value, pseudonym)")
    rows = raw_rows([record(payload) for payload in PAYLOADS])
    tables = {
        f"raw_{EVENT}": Table(RAW_COLUMNS, [{**row, "received_at": None} for row in rows]),
        "keys_identifiers": Table(
            {"value": "string", "pseudonym": "string"}, [{"value": "known", "pseudonym": "K"}]
        ),
    }
    assert {row["value"] for row in run_sql(query, tables)} == IDENTIFIERS - {"known"}


def test_a_json_cell_of_a_csv_record_is_looked_into(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    cell = json.dumps({"data": json.dumps({"person": "in a cell"})})
    connection.execute(f"update raw_{EVENT} set _format = 'csv', record = ?", [cell])
    assert set(_on_duckdb(connection)) == {"known", "in a cell"}


def test_nothing_is_written_when_no_selected_model_has_identifiers() -> None:
    nothing = {"execute": True, "selected_resources": [], "graph": SimpleNamespace(nodes={})}
    assert render("{{ insert_missing_keys() }}", "duckdb", **nothing) == ""
    assert render("{{ insert_missing_keys() }}", "duckdb", execute=False) == ""
