"""Renders the framework's own table macros outside dbt, so that Python and dbt share them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

Columns = list[tuple[str, str]]


class _ReturnedError(Exception):
    """Carries the value of `{% do return(…) %}` out of a macro, as dbt's own does."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def _return(value: Any) -> None:
    raise _ReturnedError(value)


def call(macros: Path, name: str, *args: Any, **context: Any) -> Any:
    """What the macro `name` in `macros`/**/`name`.sql returns or renders.

    `context` is what dbt would provide to it (`target`, `env_var` …).
    """
    macro = getattr(_module(macros, name, tuple(sorted(context.items()))), name)
    try:
        return str(macro(*args))
    except _ReturnedError as returned:
        return returned.value


@cache
def _module(macros: Path, name: str, context: tuple[tuple[str, Any], ...]) -> Any:
    (path,) = macros.rglob(f"{name}.sql")
    environment = jinja2.Environment(
        extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.globals.update({"return": _return, "none": None}, **dict(context))
    return environment.from_string(path.read_text(encoding="utf-8")).module


def table_columns(macros: Path) -> dict[str, Columns]:
    """Headwater's own tables: `schema.table` to its (column, portable type) pairs."""
    return dict(_columns_of(macros, "table_columns"))


def raw_columns(macros: Path) -> Columns:
    """The columns of every raw.<event>, in order, as (column, portable type)."""
    return list(_columns_of(macros, "raw_columns"))


def _columns_of(macros: Path, name: str) -> Any:
    module = _module(macros / "tables", "table_columns", ())
    try:
        getattr(module, name)()
    except _ReturnedError as returned:
        return returned.value
    raise AssertionError(f"{name} returns nothing")


def create_table(
    macros: Path, engine: str, table: str, columns: Columns, *, hourly: bool = False
) -> str:
    """The `create table if not exists` statement dbt would run for this table."""
    return str(call(macros / "tables", "create_table", engine, table, columns, hourly))
