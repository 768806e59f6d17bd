"""The load: list, compare with the ledger, and write what is new, batch by batch."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from headwater import warehouse
from headwater.contracts.model import EventContract, newest
from headwater.database import BigQuery, DuckDB
from headwater.errors import HeadwaterError
from headwater.load import undeclared
from headwater.load.discover import discover
from headwater.load.duckdb_target import DuckDBTarget
from headwater.load.ledger import Ledger
from headwater.load.progress import Progress, Silent
from headwater.load.release import Waiting
from headwater.load.result import LoadResult
from headwater.load.routes import of as routes_of
from headwater.load.session import Session
from headwater.load.target import Target
from headwater.project import Project

if TYPE_CHECKING:
    from google.cloud import bigquery


def load(
    project: Project,
    contracts: Sequence[EventContract],
    con: duckdb.DuckDBPyConnection | bigquery.Client,
    paths: Sequence[Path | str] = (),
    progress: Progress | None = None,
    broken: Collection[str] = (),
) -> LoadResult:
    """Loads every file of the landing folder (or of `paths`) that the ledger does not know.

    What waited in raw.undeclared for a contract that is there now goes to its event type first.
    `broken` are event types whose contract has errors: files in their folders wait. A file that
    cannot be used is set aside with its reason and the rest goes on. Raises BadInput for `paths`
    that cannot be loaded, HeadwaterError when the warehouse or the disk fails; what was
    committed before stays, and loading again continues.
    """
    started = time.monotonic()
    by_event = newest(contracts)
    routes = routes_of(by_event.values())
    found = discover(project.landing, broken, paths)
    target = target_of(project, con)
    target.ensure_tables(by_event)
    target.recover()
    load_id = target.next_load_id()
    database = database_of(project, con)
    released = Waiting(project, database, routes).release(load_id)
    ledger = Ledger(target.ledger())
    try:
        listed = ledger.compare(found.files)
        work = Session(
            target,
            ledger,
            by_event,
            routes,
            progress or Silent(),
            warehouse.macros_dir(project),
            load_id,
        )
        work.run(listed.fresh)
        announced = ledger.never_loaded(found.announced)
    finally:
        ledger.close()
    return LoadResult(
        load_id=load_id,
        files=tuple(sorted(work.results, key=lambda each: each.path)),
        waiting=found.waiting,
        released=released,
        undeclared=tuple(undeclared.read(database)),
        still_aside=listed.aside,
        announced=announced,
        notes=found.notes,
        seconds=time.monotonic() - started,
        whose={event: f"{each.owner}, {each.channel}" for event, each in by_event.items()},
    )


def database_of(
    project: Project, con: duckdb.DuckDBPyConnection | bigquery.Client
) -> DuckDB | BigQuery:
    """The warehouse behind a connection or client, as something to ask."""
    if isinstance(con, duckdb.DuckDBPyConnection):
        return DuckDB(project, con)
    return BigQuery(project, con)


def connect(project: Project) -> duckdb.DuckDBPyConnection | bigquery.Client:
    """What `load` writes with: the warehouse file, or a client of BigQuery or its emulator.

    Raises HeadwaterError when the warehouse cannot be opened.
    """
    if project.engine == "duckdb":
        return warehouse.connect(project)
    try:
        from headwater.load import bigquery
    except ImportError:
        raise HeadwaterError(
            "BigQuery's client is not installed", "pip install 'headwater[bigquery]'"
        ) from None
    return bigquery.connect(project)


def target_of(project: Project, con: duckdb.DuckDBPyConnection | bigquery.Client) -> Target:
    """The warehouse behind a connection or client, as something to load into."""
    if isinstance(con, duckdb.DuckDBPyConnection):
        return DuckDBTarget(project, con)
    # Only who loads into BigQuery needs its client installed.
    from headwater.load.bigquery import BigQueryTarget

    return BigQueryTarget(project, con)
