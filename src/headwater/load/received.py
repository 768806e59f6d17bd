"""How the time of arrival is read from a record: by the macros that base uses, too."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from headwater import macros
from headwater.contracts.model import EpochUnit


class _Target(NamedTuple):
    """As much of dbt's `target` as the macros ask for."""

    type: str


_DUCKDB = _Target("duckdb")


def received_at_sql(macros_dir: Path, unit: EpochUnit | None) -> str:
    """DuckDB's SQL for the time in `received_text`: RFC 3339, or an epoch of `unit`."""
    name, how = ("parse_timestamp", "optional") if unit is None else ("parse_epoch", unit)
    return str(macros.call(macros_dir, name, "received_text", how, target=_DUCKDB))
