"""Renders generated SQL without dbt, for either engine, and runs it on records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
from bigquery.zetasql_runner import Table, run_sql

from headwater import macros, plain_jinja
from headwater.compile import compile_contracts
from headwater.contracts.model import EventContract
from headwater.errors import ContractErrors

ROOT = Path(__file__).parents[3]
RECEIVED_AT = "2026-03-01 12:00:00"
RAW_COLUMNS = {
    "received_at": "timestamp",
    "record": "string",
    "_format": "string",
    "_file": "string",
    "_file_id": "int64",
    "_line": "int64",
    "_load_id": "int64",
    "_received_from": "string",
}


def render(sql: str, engine: str, **context: Any) -> str:
    """The SQL that dbt would run, every relation a table of one plain name."""
    folder = ROOT / "macros" / "headwater"
    found = macros.render(folder, sql, engine, **context)
    # A short cut leads to the same place, or somebody has to know.
    with patch.object(plain_jinja, "render", lambda *_: None):
        assert found == macros.render(folder, sql, engine, **context)
    return found


def generated(contract: EventContract | Sequence[EventContract], name: str) -> str:
    """The text of one generated file of a contract, or of the majors of an event type.

    Raises ContractErrors.
    """
    compiled = compile_contracts([contract] if isinstance(contract, EventContract) else contract)
    if compiled.diagnostics:
        raise ContractErrors(compiled.diagnostics)
    (text,) = (file.text for path, file in compiled.files.items() if path.endswith(f"/{name}"))
    return text


def _event(contract: EventContract | Sequence[EventContract]) -> str:
    return contract.event if isinstance(contract, EventContract) else contract[0].event


def raw_rows(records: Sequence[str], **columns: Any) -> list[dict[str, Any]]:
    """Rows of raw.<event>, one for each record text, all received at RECEIVED_AT."""
    constant = {
        "received_at": RECEIVED_AT,
        "_format": "ndjson",
        "_file": "f.ndjson",
        "_file_id": 1,
        "_load_id": 1,
        "_received_from": "record",
        **columns,
    }
    return [{**constant, "record": text, "_line": n} for n, text in enumerate(records, start=1)]


def config_of(contract: EventContract | Sequence[EventContract]) -> dict[str, Any]:
    """What the base model of a contract passes to `config()`."""
    found: dict[str, Any] = {}
    sql = generated(contract, f"base_{_event(contract)}.sql")
    render(sql, "duckdb", config=lambda **given: found.update(given))
    return found


def create_raw(
    connection: duckdb.DuckDBPyConnection, event: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Makes raw.<event> with these rows, and an empty key table."""
    kinds = {"string": "varchar", "int64": "bigint", "timestamp": "timestamp"}
    columns = ", ".join(f"{name} {kinds[kind]}" for name, kind in RAW_COLUMNS.items())
    connection.execute(f"create table raw_{event} ({columns})")
    connection.execute("create table keys_identifiers (value varchar, pseudonym varchar)")
    marks = ", ".join("?" for _ in RAW_COLUMNS)
    connection.executemany(
        f"insert into raw_{event} values ({marks})",
        [[row[name] for name in RAW_COLUMNS] for row in rows],
    )


def run_duckdb(
    contract: EventContract | Sequence[EventContract],
    rows: Sequence[Mapping[str, Any]],
    keys: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """The rows of the base model on DuckDB, in the order of `rows`."""
    event = _event(contract)
    sql = render(generated(contract, f"base_{event}.sql"), "duckdb")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Tokyo'")  # nothing may depend on it
        create_raw(connection, event, rows)
        for value, pseudonym in (keys or {}).items():
            connection.execute("insert into keys_identifiers values (?, ?)", [value, pseudonym])
        found = connection.execute(f"select * from ({sql}) order by _line")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def run_bigquery(
    contract: EventContract | Sequence[EventContract],
    rows: Sequence[Mapping[str, Any]],
    keys: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """The rows of the base model by ZetaSQL, in the order of `rows`."""
    event = _event(contract)
    sql = render(generated(contract, f"base_{event}.sql"), "bigquery")
    received = [{**row, "received_at": datetime.fromisoformat(row["received_at"])} for row in rows]
    known = [{"value": value, "pseudonym": name} for value, name in (keys or {}).items()]
    tables = {
        f"raw_{event}": Table(RAW_COLUMNS, received),
        "keys_identifiers": Table({"value": "string", "pseudonym": "string"}, known),
    }
    return sorted(run_sql(sql, tables), key=lambda row: row["_line"])
