"""Deletes the keys of identifiers that neither raw nor base holds any more.

Whoever comes back later gets another pseudonym: nothing that was kept says who they were.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

from headwater import macros, warehouse
from headwater.compile.columns import columns_of, identifiers
from headwater.contracts.model import EventContract
from headwater.database import Database
from headwater.graph import Graph, Node
from headwater.literals import literal
from headwater.raw import any_hour
from headwater.retention.due import SHARED

# The columns of base that never hold a pseudonym.
_OWN = ("event_id", "_file", "_contract_hash")


def expire(
    database: Database,
    known: Graph,
    contracts: Sequence[EventContract],
    failing: Collection[str],
    *,
    now: dt.datetime,
    run_id: str,
) -> int:
    """Deletes the keys without rows, if any row has left raw or staging since it last did so.

    How many. They are recorded before they go: one DuckDB transaction writes one file.
    """
    if not are_due(database):
        return 0
    tables = database.tables()
    unused = f"""
        create or replace temp table unused_keys as
        select known.value
        from {database.name("keys.identifiers")} as known
        where not exists (
            select 1 from ({_held(database, known, contracts, failing, tables)}) as held
            where held.pseudonym = known.pseudonym
        )
    """
    delivered = [
        f"""
        delete from unused_keys
        where value in (select delivered.value from ({_delivered(database, table)}) as delivered)
        """
        for table in sorted(_raw_tables(database, tables))
    ]
    record = f"""
        insert into {database.name("ops.expired")} (
            what, event_type, hour, row_count, expired_at, run_id, is_compacted
        )
        select
            'keys', '', null, count(*), {literal(now)}, {literal(run_id)},
            {literal(database.project.engine != "duckdb")} or count(*) = 0
        from unused_keys
    """
    delete = f"""
        delete from {database.name("keys.identifiers")}
        where value in (select unused_keys.value from unused_keys)
    """
    if database.project.engine == "duckdb":
        database.execute(unused, *delivered, record)
        database.execute(delete)
        database.execute("drop table unused_keys")
    else:
        database.execute(unused, *delivered, record, delete)
    ((count,),) = database.rows(
        f"select sum(row_count) from {database.name('ops.expired')}"
        f" where what = 'keys' and run_id = {literal(run_id)}"
    )
    return int(count or 0)


def are_due(database: Database) -> bool:
    """Whether rows left since keys were looked at, in a warehouse that staging ever left."""
    ((staging, rows, keys),) = database.rows(
        f"""
        select
            max(case when what = 'staging' then expired_at end),
            max(case when what in ('raw', 'staging') then expired_at end),
            max(case when what = 'keys' then expired_at end)
        from {database.name("ops.expired")}
        """
    )
    return staging is not None and (keys is None or rows >= keys)


def _held(
    database: Database,
    known: Graph,
    contracts: Sequence[EventContract],
    failing: Collection[str],
    tables: set[tuple[str, str]],
) -> str:
    """A query for the pseudonyms in base, column pseudonym.

    Rows under an older contract may hold some in columns that are no identifiers now, so
    every text of theirs counts; so do all texts of a base whose contract nobody can read.
    """
    staging = database.project.schema("staging")
    nodes = {node.identifier: node for node in known.nodes.values() if node.is_base}
    found: list[str] = []
    for schema, table in sorted(tables):
        if schema != staging or not table.startswith("base_"):
            continue
        texts = [each for each in database.text_columns(schema, table) if each not in _OWN]
        personal = _personal(nodes.get(table), contracts, failing)
        found += _selects(database.name(f"staging.{table}"), texts, personal, nodes.get(table))
    return " union all ".join(found) or "select '' as pseudonym"


def _selects(
    base: str, texts: Sequence[str], personal: set[str] | None, node: Node | None
) -> Iterator[str]:
    for column in texts:
        select = f"select {column} as pseudonym from {base} where {column} is not null"
        if personal is None or node is None or column in personal:
            yield select
        else:
            yield f"{select} and _contract_hash <> {literal(node.meta['contract_hash'])}"


def _personal(
    node: Node | None, contracts: Sequence[EventContract], failing: Collection[str]
) -> set[str] | None:
    """The columns that hold pseudonyms; None where no contract says which."""
    event = node.meta.get("event_type") if node else None
    mine = [each for each in contracts if each.event == event]
    if not mine or event in failing:
        return None
    return {column.name for each in mine for column in identifiers(columns_of(each)[0])}


def _raw_tables(database: Database, tables: set[tuple[str, str]]) -> Iterator[str]:
    raw = database.project.schema("raw")
    for schema, table in tables:
        if schema == raw and table != SHARED[0]:
            yield database.name(f"raw.{table}")


def _delivered(database: Database, table: str) -> str:
    """A query for every string and number in a table of raw, column value: a mended contract
    may declare an identifier where today's does not."""
    folder = warehouse.macros_dir(database.project)
    scalars = "{{ unnested(json_scalars('given.record'), 'scalars', 'value') }}"
    unnested = macros.render(folder, scalars, database.project.engine)
    which = any_hour("given")
    return f"select scalars.value from {table} as given cross join {unnested} where {which}"
