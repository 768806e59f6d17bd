"""Which payload names can be columns, on both engines, without quoting."""

from __future__ import annotations

import re
from collections.abc import Iterator

from headwater.contracts.model import Field, Path, Schema
from headwater.contracts.report import Report, shown

MAX_NAME = 128
MAX_COLUMN = 250
MAX_FIELDS = 1000
SEPARATOR = "__"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

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
    if not NAME.fullmatch(name):
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
    if top and snake(name) in RESERVED_COLUMNS:
        return (
            f"the name {name} is a column that every event has",
            f"map it in envelope: instead, or {keep}",
        )
    return None


def snake(name: str) -> str:
    """`sessionIndex` as `session_index`: columns have one case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def column(path: Path) -> str:
    """The flat column of a payload field: `device.osName` is `device__os_name`.

    An SQL word at the top gets `payload_` in front.
    """
    joined = SEPARATOR.join(snake(name) for name in path)
    return f"payload_{joined}" if joined in SQL_WORDS else joined


def check_columns(schema: Schema, report: Report, line: int) -> None:
    """Refuse two fields whose columns would have one name, and columns without end."""
    every = dict(schema.walk())
    columns: dict[str, Path] = {}
    for path, field in every.items():
        # An object has a column of its own, and its name begins those of its fields.
        taken = [column(path)]
        if field.schema.kind == "object":
            taken.append(f"has_{column(path)}")
        if len(taken[-1]) > MAX_COLUMN:
            report.add(
                field.schema.line,
                f"field {shown('.'.join(path))} has too long a column name",
                f"at most {MAX_COLUMN} characters with the names around it",
            )
        others = {name: columns.setdefault(name, path) for name in taken}
        for name, other in others.items():
            if other != path and ".".join(other).lower() != ".".join(path).lower():
                report.add(
                    field.schema.line,
                    f"field {'.'.join(path)} and field {'.'.join(other)} would both be column "
                    f"{name}",
                    "leave one undeclared: raw keeps it",
                )
    if len(every) > MAX_FIELDS:
        report.add(line, f"payload has {len(every)} fields", f"at most {MAX_FIELDS}")


def staged(path: Path) -> str:
    """The column of staging for a field whose objects are all flattened: `device_os_name`."""
    joined = "_".join(snake(name) for name in path)
    return f"payload_{joined}" if joined in SQL_WORDS else joined


def check_staged(schema: Schema, report: Report) -> None:
    """Refuse what a flattened object would show under a name that is there already."""
    _check_level(schema, (), report, dict.fromkeys(RESERVED_COLUMNS))


def _check_level(
    schema: Schema, above: Path, report: Report, taken: dict[str, Path | None]
) -> None:
    """One level of columns, or of a struct's fields; `taken` are those that it has anyway."""
    for path, field in _shown(schema, ()):
        whole = (*above, *path)
        if field.schema.kind == "object":
            _check_level(field.schema, whole, report, {})
        name = staged(path)
        if name not in taken:
            taken[name] = path
            continue
        other = taken[name]
        if len(path) > 1 or (other is not None and len(other) > 1):
            of = f"field {'.'.join((*above, *other))}" if other else "a column that every event has"
            report.add(
                field.schema.line,
                f"field {'.'.join(whole)}, flattened, would be {name}, as is {of}",
                "remove flatten from its object, or leave one of them undeclared: raw keeps it",
            )


def _shown(schema: Schema, path: Path) -> Iterator[tuple[Path, Field]]:
    """What staging shows of an object at its own level, those that are flattened opened up."""
    for field in schema.fields:
        if field.pii == "drop":
            continue
        if field.schema.flatten:
            yield from _shown(field.schema, (*path, field.name))
        else:
            yield (*path, field.name), field


def check_struct(schema: Schema, name: str, report: Report) -> None:
    """Refuse two fields of one object, in an array's items, that would be one struct field."""
    seen: dict[Path, Path] = {}
    for path, field in schema.walk():
        other = seen.setdefault((*path[:-1], snake(path[-1])), path)
        if other != path and other[-1].lower() != path[-1].lower():
            report.add(
                field.schema.line,
                f"{name}: fields {other[-1]} and {path[-1]} would both be {snake(path[-1])}",
                "leave one undeclared: raw keeps it",
            )
