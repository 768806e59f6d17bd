"""The serve file of a DuckDB warehouse: written aside, then swapped in by one rename."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from headwater import clock, swap
from headwater.errors import HeadwaterError
from headwater.graph import Node
from headwater.literals import literal
from headwater.project import Project

OLD, NEW = "serve_old", "serve_new"
# An engine's message may quote a value that it stumbled on: it stays in the warehouse.
NOT_SERVED = {("run_nodes", "message")}


def quoted(*names: str) -> str:
    """A dotted SQL name, every part quoted."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


@dataclass(frozen=True)
class Old:
    """The serve file as it is: whether there is one, and (schema, name) of its marts."""

    exists: bool
    marts: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class New:
    """The serve file being written, attached to the warehouse's connection as NEW."""

    project: Project
    con: duckdb.DuckDBPyConnection

    def copy_mart(self, node: Node, *, from_old: bool) -> None:
        """Copies one mart with its descriptions, from the old serve file or the warehouse."""
        source = [OLD] if from_old else []
        target = quoted(NEW, node.schema, node.identifier)
        self.con.execute(f"create schema if not exists {quoted(NEW, node.schema)}")
        self.con.execute(
            f"create table {target} as from {quoted(*source, node.schema, node.identifier)}"
        )
        if node.description:
            text = literal(node.description, plain=True)
            self.con.execute(f"comment on table {target} is {text}")
        for column in self._columns(node):
            text = literal(column[1], plain=True)
            self.con.execute(f"comment on column {target}.{quoted(column[0])} is {text}")

    def _columns(self, node: Node) -> list[tuple[str, str]]:
        documented = {each.name.lower(): each.description for each in node.columns}
        return [
            (name, documented[name.lower()])
            for (name,) in self.con.execute(
                "select column_name from duckdb_columns()"
                " where database_name = ? and schema_name = ? and table_name = ?",
                [NEW, node.schema, node.identifier],
            ).fetchall()
            if documented.get(name.lower())
        ]

    def copy_ops(self, published: Mapping[str, int] | None = None) -> None:
        """Copies Headwater's own tables; `published` marts count as published now."""
        schema = self.project.schema("ops")
        self.con.execute(f"create schema if not exists {quoted(NEW, schema)}")
        for table, columns in self.con.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns()"
            " where database_name = current_database() and schema_name = ?"
            " group by table_name",
            [schema],
        ).fetchall():
            listed = ", ".join(
                f"null::varchar as {quoted(column)}"
                if (table, column) in NOT_SERVED
                else quoted(column)
                for column in columns
            )
            self.con.execute(
                f"create or replace table {quoted(NEW, schema, table)} as"
                f" select {listed} from {quoted(schema, table)}"
            )
        at = clock.now()
        for model, seq in (published or {}).items():
            table = quoted(NEW, schema, "published")
            self.con.execute(f"delete from {table} where model = ?", [model])
            self.con.execute(
                f"insert into {table} (model, seq, published_at) values (?, ?, ?)",
                [model, seq, at],
            )


def clean(project: Project) -> None:
    """Deletes what a killed publish left beside the serve file. The run's lock is held."""
    for path in project.state.glob(f"{project.serve_file.name}.tmp-*"):
        path.unlink(missing_ok=True)


@contextmanager
def reading(project: Project, con: duckdb.DuckDBPyConnection) -> Iterator[Old]:
    """Attaches the serve file there is as OLD.

    Raises HeadwaterError when it cannot be read: it may hold the only good version of a mart.
    """
    path = project.serve_file
    if not path.exists():
        yield Old(False, frozenset())
        return
    _detach(con, OLD)
    _attach_old(project, con)
    try:
        ops = project.schema("ops")
        marts = con.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where database_name = ? and schema_name <> ?",
            [OLD, ops],
        ).fetchall()
        yield Old(True, frozenset((schema, table) for schema, table in marts))
    finally:
        _detach(con, OLD)


def _attach_old(project: Project, con: duckdb.DuckDBPyConnection) -> None:
    path = project.serve_file
    try:
        con.execute(f"attach {literal(str(path))} as {OLD} (read_only)")
        return
    except duckdb.IOException as error:
        if "lock" not in str(error).lower():
            raise _unreadable(path, error) from error
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    # Someone opened it for writing. Nobody may hold up publishing: what they have is a copy.
    copy = _beside(project, "old")
    shutil.copyfile(path, copy)
    try:
        con.execute(f"attach {literal(str(copy))} as {OLD} (read_only)")
    except duckdb.Error as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> HeadwaterError:
    return HeadwaterError(
        f"cannot read {path}: {str(error).splitlines()[0]}",
        "move it away: the next run writes it anew, without marts that fail their checks",
    )


def begin(project: Project, con: duckdb.DuckDBPyConnection, *, from_current: bool = False) -> New:
    """A new serve file, empty or (`from_current`) a copy of the old one, for writing()."""
    path = _beside(project, "new")
    path.unlink(missing_ok=True)
    if from_current:
        shutil.copyfile(project.serve_file, path)
    _detach(con, NEW)
    con.execute(f"attach {literal(str(path))} as {NEW}")
    return New(project, con)


def discard(project: Project, con: duckdb.DuckDBPyConnection) -> None:
    """Lets go of a new serve file that was begun, if there still is one."""
    _detach(con, NEW)
    _beside(project, "new").unlink(missing_ok=True)


@contextmanager
def writing(
    project: Project,
    con: duckdb.DuckDBPyConnection,
    *,
    from_current: bool = False,
    is_begun: bool = False,
) -> Iterator[New]:
    """A new serve file (that of begin(), if it `is_begun`) that replaces the old one at the
    end; when the block raises, the old one stays."""
    path = _beside(project, "new")
    if not is_begun:
        begin(project, con, from_current=from_current)
    try:
        con.execute("begin")
        try:
            yield New(project, con)
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise
        con.execute(f"checkpoint {NEW}")
        _detach(con, NEW)
        _swap(project, path)
    except BaseException:
        discard(project, con)
        raise
    finally:
        _beside(project, "old").unlink(missing_ok=True)


def _beside(project: Project, what: str) -> Path:
    return project.serve_file.with_name(f"{project.serve_file.name}.tmp-{os.getpid()}-{what}")


def _detach(con: duckdb.DuckDBPyConnection, name: str) -> None:
    with suppress(duckdb.Error):
        con.execute(f"detach database if exists {name}")


def _swap(project: Project, path: Path) -> None:
    """Puts the finished file in the serve file's place, on disk for good."""
    swap.check_finished(path)
    # Readers open it read-only; whoever does not is told so at once.
    path.chmod(0o444)
    # Left by someone who opened the old file for writing: DuckDB would replay it into the new.
    swap.log_of(project.serve_file).unlink(missing_ok=True)
    swap.put(path, project.serve_file)
