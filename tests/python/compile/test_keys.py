"""Keys are inserted before anything is built, for exactly the identifiers base will ask for."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from bigquery.zetasql_runner import Table, run_sql

from headwater import macros

from .cases import EVENT, contract_of, record
from .render import RAW_COLUMNS, ROOT, config_of, create_raw, raw_rows, render

MACROS = ROOT / "macros" / "headwater"
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
Run = Callable[[str], list[tuple[Any, ...]]]
IDENTIFIERS = {"p1", "7", "o1", "known", "", "1000"}


def _statement(engine: str, run: Run, *, built: bool = False) -> str:
    """What insert_missing_keys() writes when the model of FIELDS is selected.

    `run` answers the queries it makes on the way; `built` says that base exists.
    """
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
        flags=SimpleNamespace(WHICH="build"),
        selected_resources=["model.w.base", "model.w.other", "test.w.t"],
        graph=SimpleNamespace(nodes={"model.w.base": node, "model.w.other": other}),
        adapter=SimpleNamespace(get_relation=lambda *_: relation),
        backfill_step=lambda *_: None,
        any_hour=partial(macros.call, MACROS, "any_hour"),
        received_within=partial(macros.call, MACROS, "received_within"),
        span_from=lambda first, last: {"first": first, "end": last + datetime.timedelta(hours=1)},
        run_query=lambda query: SimpleNamespace(rows=run(query)),
    )


def _on_duckdb(connection: duckdb.DuckDBPyConnection, **built: bool) -> dict[str, str]:
    def run(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query).fetchall()

    statement = _statement("duckdb", run, **built)
    if statement:
        connection.execute(statement)
    found = run("select value, pseudonym from keys_identifiers")
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
    rows = raw_rows([record(payload) for payload in PAYLOADS])
    for row in rows:
        row["received_at"] = datetime.datetime.fromisoformat(row["received_at"])
    tables = {
        f"raw_{EVENT}": Table(RAW_COLUMNS, rows),
        "keys_identifiers": Table(
            {"value": "string", "pseudonym": "string"}, [{"value": "known", "pseudonym": "K"}]
        ),
    }
    statement = _statement(
        "bigquery", lambda query: [tuple(row.values()) for row in run_sql(query, tables)]
    )
    start = "insert into keys_identifiers (value, pseudonym)"
    assert statement.startswith(start)
    found = run_sql(statement.removeprefix(start), tables)
    assert {row["value"] for row in found} == IDENTIFIERS - {"known"}


def test_raw_is_pruned_by_literal_bounds(connection: duckdb.DuckDBPyConnection) -> None:
    text = _statement("duckdb", lambda query: connection.execute(query).fetchall())
    assert "received_at >= timestamp '2026-03-01 12:00:00'" in text
    assert "received_at < timestamp '2026-03-01 13:00:00'" in text
    assert "_load_id between 1 and 1" in text


def test_a_json_cell_of_a_csv_record_is_looked_into(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    cell = json.dumps({"data": json.dumps({"person": "in a cell"})})
    connection.execute(f"update raw_{EVENT} set _format = 'csv', record = ?", [cell])
    assert set(_on_duckdb(connection)) == {"known", "in a cell"}


def test_nothing_is_written_when_no_selected_model_has_identifiers() -> None:
    builds = SimpleNamespace(WHICH="build")
    nothing = {"selected_resources": [], "graph": SimpleNamespace(nodes={}), "flags": builds}
    assert render("{{ insert_missing_keys() }}", "duckdb", execute=True, **nothing) == ""
    compiles = {"execute": True, "flags": SimpleNamespace(WHICH="compile")}
    assert render("{{ insert_missing_keys() }}", "duckdb", **compiles) == ""
    assert render("{{ insert_missing_keys() }}", "duckdb", execute=False, flags=builds) == ""
