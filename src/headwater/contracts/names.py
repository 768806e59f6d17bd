"""Which payload names can be columns, on both engines, without quoting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from headwater.contracts.model import Path
from headwater.contracts.report import shown

MAX_NAME = 128
MAX_COLUMN = 250
SEPARATOR = "__"

RESERVED_COLUMNS = (
    "event_id",
    "schema_version",
    "occurred_at",
    "received_at",
    "unknown_fields",
    "violations",
    "is_valid",
    "is_first_valid_copy",
)

# What DuckDB or GoogleSQL reserves; a bare column of this name is a syntax error there.
_SQL_WORDS = """
    all analyse analyze and any array as asc assert_rows_modified asymmetric at between both by
    case cast check collate column constraint contains create cross cube current default
    deferrable define desc describe distinct do else end enum escape except exclude exists
    extract false fetch following for foreign from full group grouping groups hash having if
    ignore in initially inner intersect interval into is join lambda lateral leading left like
    limit lookup merge natural new no not null nulls of offset on only or order outer over
    partition pivot pivot_longer pivot_wider placing preceding primary proto qualify range
    recursive references respect returning right rollup rows select set show some struct
    summarize symmetric table tablesample then to trailing treat true unbounded union unique
    unnest unpivot using variadic when where window with within
"""
SQL_WORDS = frozenset(_SQL_WORDS.split())


def refusal(name: str, *, top: bool) -> tuple[str, str] | None:
    """Why a property cannot be called `name` (message, hint), or None when it can."""
    keep = "leave it undeclared: raw keeps it, and base lists its name"
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return (
            f"the name {shown(name)} cannot be a column",
            f"both engines take letters, digits and _ only; {keep}",
        )
    if name.startswith("_"):
        return f"the name {name} starts with _, as Headwater's own columns do", keep
    if SEPARATOR in name:
        return f"the name {name} holds __, which joins the names of nested fields", keep
    if name.endswith("_"):
        return f"the name {name} ends with _, so nesting it would look like another name", keep
    if len(name) > MAX_NAME:
        return f"the name {shown(name)} is longer than {MAX_NAME} characters", keep
    if top and name.lower() in RESERVED_COLUMNS:
        return (
            f"the name {name} is a column that every event has",
            f"map it in envelope: instead, or {keep}",
        )
    if name.lower() in SQL_WORDS:
        return f"the name {name} is an SQL word", keep
    return None


def column(path: Path) -> str:
    """The flat column of a payload field: `device.os` is `device__os`."""
    return SEPARATOR.join(path)


def clashes(leaves: Iterable[Path], objects: Iterable[Path]) -> Iterator[tuple[Path, Path, str]]:
    """Pairs of fields whose columns would have one name; an object's is `has_<object>`."""
    columns: dict[str, Path] = {}
    named = [(path, column(path)) for path in leaves]
    named += [(path, f"has_{column(path)}") for path in objects]
    for path, name in named:
        other = columns.setdefault(name.lower(), path)
        if other != path:
            yield path, other, name
