"""What ops knows of backfills: which is under way, and which of its batches are done."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from headwater.backfill.asked import Range
from headwater.backfill.batches import Batch
from headwater.database import BigQuery, Database, DuckDB, insert
from headwater.graph import Node
from headwater.literals import literal

OPEN = ("running", "swapped")
ASIDE = "backfill"  # the schema of what is built aside


@dataclass(frozen=True)
class Backfill:
    """A backfill under way. `since`: upstream to the sequence number that it began at."""

    backfill_id: str
    model: str
    asked: Range
    since: Mapping[str, int]
    status: str
    batches: tuple[Batch, ...]

    @property
    def left(self) -> tuple[Batch, ...]:
        return tuple(batch for batch in self.batches if not batch.is_done)


def find(database: Database, node: Node, asked: Range, code: str) -> Backfill | None:
    """The backfill of just this that was begun with just this code and is not done."""
    table = database.name("ops.backfills")
    for backfill_id, first, last, since, status in database.rows(
        f"select backfill_id, first_at, last_at, since, status from {table}"
        f" where model = {literal(node.name)} and code = {literal(code)}"
        f" and status in {_listed(OPEN)}"
    ):
        if Range(first, last) == asked:
            batches = _batches(database, backfill_id)
            return Backfill(backfill_id, node.name, asked, json.loads(since), status, batches)
    return None


def _batches(database: Database, backfill_id: str) -> tuple[Batch, ...]:
    table = database.name("ops.backfill_batches")
    return tuple(
        Batch(int(number), first, last, bool(with_null), None if done is None else int(rows or 0))
        for number, first, last, with_null, rows, done in database.rows(
            "select batch, first_at, last_at, with_null, row_count, finished_at"
            f" from {table} where backfill_id = {literal(backfill_id)} order by batch"
        )
    )


def begin(
    database: Database,
    node: Node,
    asked: Range,
    code: str,
    batches: Sequence[Batch],
    upstreams: Collection[str],
    run_id: str,
    now: dt.datetime,
) -> Backfill:
    """A new backfill; those of the same model that were under way are abandoned."""
    table = database.name("ops.backfills")
    logged = database.name("ops.changed_dates")
    since = {
        model: int(seq)
        for model, seq in database.rows(f"select model, max(seq) from {logged} group by model")
        if model in upstreams
    }
    made = Backfill(run_id, node.name, asked, since, "running", tuple(batches))
    database.execute(
        f"update {table} set status = 'abandoned', finished_at = {literal(now)}"
        f" where model = {literal(node.name)} and status in {_listed(OPEN)}",
        *insert(
            database,
            "ops.backfill_batches",
            [
                {
                    "backfill_id": run_id,
                    "batch": batch.number,
                    "first_at": batch.first,
                    "last_at": batch.last,
                    "with_null": batch.with_null,
                }
                for batch in batches
            ],
        ),
        *insert(
            database,
            "ops.backfills",
            [
                {
                    "backfill_id": run_id,
                    "model": node.name,
                    "first_at": asked.first,
                    "last_at": asked.last,
                    "is_all": asked.is_all,
                    "code": code,
                    "since": json.dumps(since),
                    "status": "running",
                    "run_id": run_id,
                    "started_at": now,
                }
            ],
        ),
    )
    drop_aside(database, node)
    return made


def done_batches(database: Database, work: Backfill) -> Backfill:
    """The same, as ops knows it now."""
    return replace(work, batches=_batches(database, work.backfill_id))


def finish(database: Database, node: Node, work: Backfill, now: dt.datetime) -> None:
    """All is in its place: the backfill is done, and nothing is left aside."""
    database.execute(
        f"update {database.name('ops.backfills')} set status = 'done',"
        f" finished_at = {literal(now)} where backfill_id = {literal(work.backfill_id)}"
    )
    drop_aside(database, node)


def aside(database: Database, node: Node) -> str:
    """The quoted name of the table that the macro backfill_aside names."""
    return database.name(f"{ASIDE}.{node.name.replace('.', '_')}")


def drop_aside(database: Database, node: Node) -> None:
    """Drops what was built aside, if anything was. Outside of a transaction: BigQuery has no
    other way."""
    schema, table = database.project.schema(ASIDE), node.name.replace(".", "_")
    if (schema, table) not in database.tables():
        return
    statement = f"drop table if exists {aside(database, node)}"
    if isinstance(database, DuckDB):
        database.connection.execute(statement)
    elif isinstance(database, BigQuery):
        database.client.query(statement).result()
    else:
        raise TypeError(f"cannot drop a table of a {type(database).__name__}")


def step(
    work: Backfill, kind: str, batch: Batch, *, is_base: bool, is_all: bool = False
) -> dict[str, Any]:
    """What the macro backfill_step reads."""
    if is_base:
        assert batch.first is not None
        assert batch.last is not None
        last = batch.last + dt.timedelta(hours=1)
        bounds = [moment.isoformat(" ") for moment in (batch.first, last)]
    else:
        bounds = [
            moment.date().isoformat() if moment else "" for moment in (batch.first, batch.last)
        ]
    return {
        "model": work.model,
        "id": work.backfill_id,
        "step": kind,
        "batch": batch.number,
        "first": bounds[0],
        "last": bounds[1],
        "with_null": batch.with_null,
        "is_all": is_all,
        "since": dict(work.since),
    }


def _listed(words: Sequence[str]) -> str:
    return "(" + ", ".join(literal(word) for word in words) + ")"
