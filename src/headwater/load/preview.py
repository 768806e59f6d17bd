"""What a load would look at, without loading it."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from headwater.contracts.model import EventContract
from headwater.load.discover import discover
from headwater.load.duckdb_target import DuckDBTarget
from headwater.load.files import DataFile
from headwater.load.ledger import Ledger
from headwater.project import Project


def new_files(
    project: Project, contracts: Sequence[EventContract], con: duckdb.DuckDBPyConnection
) -> tuple[DataFile, ...]:
    """The files of the landing folder that the ledger has not seen as they are now."""
    found = discover(project.landing, {each.event for each in contracts}, ())
    ledger = Ledger(DuckDBTarget(project, con).ledger())
    try:
        return ledger.compare(found.files).fresh
    finally:
        ledger.close()
