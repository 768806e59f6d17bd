"""What a load would look at, without loading it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.contracts.model import EventContract
from headwater.load.discover import discover
from headwater.load.files import DataFile
from headwater.load.ledger import Ledger
from headwater.load.run import target_of
from headwater.project import Project


def new_files(
    project: Project, contracts: Sequence[EventContract], con: Any
) -> tuple[DataFile, ...]:
    """The files of the landing folder that the ledger has not seen as they are now.

    `con` is what `load` takes: DuckDB's connection, or BigQuery's client.
    """
    found = discover(project.landing, {each.event for each in contracts}, ())
    ledger = Ledger(target_of(project, con).ledger())
    try:
        return ledger.compare(found.files).fresh
    finally:
        ledger.close()
