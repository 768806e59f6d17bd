"""How the time of arrival is read from a record: by the macros that base uses, too."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from headwater import macros
from headwater.contracts.model import Envelope
from headwater.literals import literal


class _Target(NamedTuple):
    """As much of dbt's `target` as the macros ask for."""

    type: str


_DUCKDB = _Target("duckdb")


def of_one_type(macros_dir: Path, envelope: Envelope) -> str:
    """What a Checker asks of records of one event type: when they came, where they say it."""
    path, unit = envelope.received_at, envelope.received_at_unit
    found, arrived = "null", "null::timestamp"
    if path is not None:
        found = f"json_extract_string(record, {_pointer(path)})"
        name, how = ("parse_timestamp", "optional") if unit is None else ("parse_epoch", unit)
        arrived = macros.call(macros_dir, name, "received_text", how, target=_DUCKDB)
    return f"""
        select position, is_json, {path is not None} as is_mapped, {arrived} as arrived_at
        from (select position, is_json, {found} as received_text from records)
    """


def _pointer(path: tuple[str, ...]) -> str:
    """A JSON pointer as a SQL literal."""
    steps = (name.replace("~", "~0").replace("/", "~1") for name in path)
    return literal("".join(f"/{step}" for step in steps))
