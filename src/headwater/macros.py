"""Renders the framework's macros, and models that call them, outside dbt.

Python and dbt so share one text: the tables, the time of arrival, and the SQL that decides
which records an event contract accepts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from headwater import plain_jinja

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


@dataclass(frozen=True)
class Target:
    """dbt's `target`, as far as macros look at it."""

    type: str
    schema: str = "main"
    database: str = "warehouse"


# The folders whose macros say what a value is; the others need dbt's graph and adapter.
_PURE = ("cross_db", "contracts")


def render(macros: Path, sql: str, engine: str, **context: Any) -> str:
    """The SQL of a generated model, every relation a table of one plain name.

    `context` adds to what dbt provides, and takes the place of macros of the same name.
    """
    provided: dict[str, Any] = {
        "target": Target(engine),
        "config": lambda **_: "",
        "source": lambda schema, table: f"{schema}_{table}",
        "ref": lambda model: model,
        "headwater_relation": lambda name: name.replace(".", "_"),
        "unbuilt_slices": lambda *_: "true",
        "tojson": json.dumps,
        "var": lambda _, default=None: default,
        **context,
    }
    environment, names = _library(macros.resolve())
    module = environment.get_template("macros").make_module(provided)
    own = {name: getattr(module, name) for name in names if name not in context}
    known = {**provided, **own}
    made = plain_jinja.render(sql, known)
    return (by_jinja(macros, sql, known) if made is None else made).strip()


def by_jinja(macros: Path, sql: str, known: Mapping[str, Any]) -> str:
    """As Jinja itself renders it, and with its errors."""
    environment, _ = _library(macros.resolve())
    return environment.from_string(sql).render(known)


@cache
def _library(macros: Path) -> tuple[jinja2.Environment, tuple[str, ...]]:
    """Jinja with the pure macros as one file, and their names."""
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in _PURE
        for path in sorted((macros / folder).glob("*.sql"))
    )
    environment = jinja2.Environment(
        loader=jinja2.DictLoader({"macros": text}),
        extensions=["jinja2.ext.do"],
        undefined=jinja2.StrictUndefined,
    )
    return environment, tuple(re.findall(r"\{%-?\s*macro\s+(\w+)", text))


def table_columns(macros: Path) -> dict[str, Columns]:
    """Headwater's own tables: `schema.table` to its (column, portable type) pairs."""
    return dict(_columns_of(macros, "table_columns"))


def raw_columns(macros: Path) -> Columns:
    """The columns of every raw.<event>, in order, as (column, portable type)."""
    return list(_columns_of(macros, "raw_columns"))


def widened_tables(macros: Path) -> list[str]:
    """Those of Headwater's own tables that gained columns since they were first made."""
    return list(_columns_of(macros, "widened_tables"))


def _columns_of(macros: Path, name: str) -> Any:
    module = _module(macros / "tables", "table_columns", ())
    try:
        getattr(module, name)()
    except _ReturnedError as returned:
        return returned.value
    raise AssertionError(f"{name} returns nothing")


def create_table(macros: Path, engine: str, table: str, columns: Columns, name: str) -> str:
    """The `create table if not exists` statement dbt would run for the table `schema.table`."""
    return str(call(macros / "tables", "create_table", engine, table, columns, name))


def about_table(macros: Path, name: str) -> str:
    """What the table `schema.table` holds, in a sentence."""
    module = _module(macros / "tables", "create_table", ())
    return str(module.about_table(name)).strip()


def add_columns(
    macros: Path, engine: str, table: str, columns: Columns, known: Collection[str]
) -> str:
    """The statements that give a table the columns it lacks; empty when it lacks none."""
    module = _module(macros / "tables", "create_table", ())
    return str(module.add_columns(engine, table, columns, known)).strip()
