"""Deletes what is due, and records it in ops.expired in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from headwater.contracts.model import EventContract
from headwater.database import Database
from headwater.graph import Graph
from headwater.literals import literal
from headwater.load.release import count_waiting
from headwater.retention import keys
from headwater.retention.due import HOUR, Due, waits_for_nobody


def expire(
    database: Database,
    known: Graph,
    contracts: Sequence[EventContract],
    failing: Collection[str],
    due: Iterable[Due],
    *,
    now: dt.datetime,
    run_id: str,
) -> int:
    """Deletes what `find` found due, then the keys that have no rows any more.

    One transaction an event type; killed between two, the next run goes on. How many keys.
    """
    bases = {
        str(node.meta.get("event_type")): node.relation
        for node in known.nodes.values()
        if node.is_base
    }
    by_event: dict[str, list[Due]] = {}
    for each in due:
        by_event.setdefault(each.event, []).append(each)
    for event, listed in by_event.items():
        statements = []
        for each in listed:
            table = bases[event] if each.what == "staging" else _raw(database, each)
            which = _which(each, failing)
            statements.append(_record(database, each, table, which, now, run_id))
            statements.append(f"delete from {table} where {which}")
            statements += _books(database, each)
        database.execute(*statements)
    return keys.expire(database, known, contracts, failing, now=now, run_id=run_id)


def _raw(database: Database, due: Due) -> str:
    return database.name(f"raw.{due.event if due.what == 'raw' else due.what}")


def _which(due: Due, failing: Collection[str]) -> str:
    within = _within("received_at", due.hours)
    if due.what == "unparsed":
        return f"event_type = {literal(due.event)} and {within}"
    if due.what == "undeclared":
        return f"{waits_for_nobody(failing)} and {within}"
    return within


def _within(column: str, hours: Sequence[dt.datetime]) -> str:
    """A predicate for these hours, in order, by ranges: engines prune by them."""
    ranges: list[tuple[dt.datetime, dt.datetime]] = []
    for hour in hours:
        if ranges and ranges[-1][1] == hour:
            ranges[-1] = (ranges[-1][0], hour + HOUR)
        else:
            ranges.append((hour, hour + HOUR))
    listed = " or ".join(
        f"({column} >= {literal(start)} and {column} < {literal(end)})" for start, end in ranges
    )
    return f"({listed})"


def _record(
    database: Database, due: Due, table: str, which: str, now: dt.datetime, run_id: str
) -> str:
    hour = database.hour_of("received_at")
    return f"""
        insert into {database.name("ops.expired")} (
            what, event_type, hour, row_count, expired_at, run_id, is_compacted
        )
        select
            {literal(due.what)}, {literal(due.event)}, {hour}, count(*), {literal(now)},
            {literal(run_id)}, {literal(database.project.engine != "duckdb")}
        from {table}
        where {which}
        group by {hour}
    """


def _books(database: Database, due: Due) -> list[str]:
    """What counts the rows that are gone: it says what is there, as it would after a build."""
    if due.what == "staging":
        gone = f"event_type = {literal(due.event)} and {_within('hour', due.hours)}"
        return [
            f"delete from {database.name(table)} where {gone}"
            for table in ("ops.hours", "ops.violations")
        ]
    return count_waiting(database) if due.what == "undeclared" else []
