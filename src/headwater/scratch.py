"""A scratch warehouse: as the real one, which it reads, and writes nothing to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from headwater import access
from headwater.database import DuckDB
from headwater.literals import literal
from headwater.project import Project
from headwater.serve import quoted

LIVE = "live"  # what the real warehouse is attached as
_FOLDER = "scratch.tmp-"


@dataclass(frozen=True)
class Scratch(Project):
    """The same project, on files of its own in `folder`, beside the real ones."""

    folder: Path = Path()

    @property
    def artifacts(self) -> Path:
        return self.folder / "target"

    @property
    def profiles(self) -> Path:
        return self.folder


def clean(project: Project) -> None:
    """Deletes what a killed dry run left. The caller holds the lock."""
    for left in project.state.glob(f"{_FOLDER}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def made(project: Project) -> Iterator[Scratch]:
    """A scratch warehouse with nothing in it, until the block ends. It may hold records, and
    the keys: nobody else may look into it."""
    clean(project)
    folder = project.state / f"{_FOLDER}{os.getpid()}"
    folder.mkdir(mode=0o700)
    try:
        output = {**project.output, "path": str(folder / "warehouse.duckdb")}
        scratch = Scratch(project.root, project.name, project.target, output, folder)
        attached: list[dict[str, object]] = [
            {"path": str(scratch.keys_file), "alias": "keys"},
            {"path": str(project.warehouse_file), "alias": LIVE, "read_only": True},
        ]
        declared = yaml.safe_load((project.root / "dbt_project.yml").read_text(encoding="utf-8"))
        threads = int(output.get("threads", 1))  # as profiles.yml renders it, a text
        outputs = {project.target: {**output, "attach": attached, "threads": threads}}
        profile = {declared["profile"]: {"target": project.target, "outputs": outputs}}
        (folder / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
        if project.keys_file.is_file():
            shutil.copyfile(project.keys_file, scratch.keys_file)
        yield scratch
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def opened(project: Project, scratch: Scratch) -> Iterator[DuckDB]:
    """The scratch warehouse, with the real one attached to read."""
    with access.opened(scratch) as database:
        assert isinstance(database, DuckDB)
        path = literal(str(project.warehouse_file))
        database.connection.execute(f"attach {path} as {LIVE} (read_only)")
        yield database


def fill(database: DuckDB, copied: Mapping[tuple[str, str], str]) -> None:
    """Makes every table and view that the real warehouse has.

    Of ops a copy; of the tables in `copied`, (schema, name), the rows that a predicate chooses,
    of others of raw none, for only base reads them; everything else is a view of the real one.
    """
    con, project = database.connection, database.project
    views = []
    for schema, name, kind in con.execute(
        "select table_schema, table_name, table_type from information_schema.tables"
        " where table_catalog = ?",
        [LIVE],
    ).fetchall():
        con.execute(f"create schema if not exists {quoted(schema)}")
        here, there = quoted(schema, name), quoted(LIVE, schema, name)
        if (schema, name) in copied:
            con.execute(f"create table {here} as from {there} where {copied[schema, name]}")
        elif schema == project.schema("ops"):
            con.execute(f"create table {here} as from {there}")
        elif schema == project.schema("raw"):
            con.execute(f"create table {here} as from {there} where false")
        elif kind == "VIEW":
            views.append(f"create view {here} as from {there}")
        else:
            con.execute(f"create view {here} as from {there}")
    _create(con, views)


def _create(con: duckdb.DuckDBPyConnection, views: list[str]) -> None:
    """Creates views in whichever order they are built from each other."""
    while views:
        left = []
        for statement in views:
            try:
                con.execute(statement)
            except duckdb.Error:
                left.append(statement)
        if len(left) == len(views):
            return  # these are broken in the real warehouse, too
        views = left
