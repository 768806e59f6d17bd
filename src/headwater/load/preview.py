"""What a load would look at, without loading it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from headwater.contracts.model import EventContract
from headwater.database import Database, has
from headwater.load.discover import discover
from headwater.load.files import DataFile
from headwater.load.ledger import Ledger
from headwater.load.release import Waiting
from headwater.load.remote import store_of
from headwater.load.routes import of
from headwater.load.run import target_of
from headwater.project import Project


def new_files(project: Project, con: Any, broken: Collection[str]) -> tuple[DataFile, ...]:
    """The files of the landing folder that the ledger has not seen as they are now.

    `con` and `broken` are what `load` takes.
    """
    found = discover(project.landing, broken)
    ledger = Ledger(target_of(project, con).ledger())
    try:
        return ledger.compare(found.files).fresh
    finally:
        ledger.close()


def folders(project: Project, names: Sequence[str]) -> list[Path | str]:
    """Those of these folders of the landing folder that are there."""
    landing = project.landing
    if isinstance(landing, Path):
        return [landing / name for name in names if (landing / name).is_dir()]
    store = store_of(landing)
    return [f"{store.url}/{name}" for name in names if next(store.files(name), None)]


def to_release(
    project: Project, contracts: Sequence[EventContract], database: Database
) -> dict[str, int]:
    """How many records wait in raw.undeclared that the next load moves, by event type."""
    if not has(database, "ops.routing"):
        return {}  # the warehouse is of a version before there was any
    return Waiting(project, database, of(contracts)).counts()
