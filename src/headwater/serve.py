"""The serve file of a DuckDB warehouse: written aside, then swapped in by one rename."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from headwater import macros, swap, warehouse
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


# (schema, name) of a mart.
Table = tuple[str, str]


@dataclass(frozen=True)
class Old:
    """The serve file as it is: whether there is one, and its marts.

    `published` has what its own ops say of each, a sequence number and a time; `is_tidy`:
    nobody but publish has written to it, and at most half of it is free.
    """

    exists: bool
    marts: frozenset[Table] = frozenset()
    published: Mapping[str, tuple[int, datetime]] = field(default_factory=dict)
    is_tidy: bool = False


@dataclass(frozen=True)
class New:
    """The serve file being written, attached to the warehouse's connection as NEW."""

    project: Project
    con: duckdb.DuckDBPyConnection

    def copy_mart(self, node: Node, *, from_old: bool) -> None:
        """Copies one mart with its descriptions, from the old serve file or the warehouse."""
        source = [OLD] if from_old else []
        self.con.execute(f"create schema if not exists {quoted(NEW, node.schema)}")
        self.con.execute(
            f"create or replace table {quoted(NEW, *node.table)} as"
            f" from {quoted(*source, *node.table)}"
        )
        self.describe_mart(node)

    def patch_mart(self, node: Node, since: int) -> None:
        """Replaces what a mart has logged as changed after the number `since`: dates, or parts
        of dates. All of it when the two are not of the same length then."""
        source = quoted(*node.table)
        target = quoted(NEW, *node.table)
        date, by = quoted(node.meta["date"]), node.meta.get("restate_by")
        ops = self.project.schema("ops")
        changed = (
            f"(select dates.changed_date, parts.part from {quoted(ops, 'changed_dates')} as dates"
            f" left join {quoted(ops, 'changed_parts')} as parts"
            " using (model, seq, changed_date)"
            f" where dates.model = {literal(node.name)} and dates.seq > {since})"
        )
        within = f"{date} in (select changed_date from {changed} where part is null)"
        if by:
            part = macros.call(warehouse.macros_dir(self.project), "part_of", quoted(by))
            within += (
                f" or row({date}, {part}) in (select row(changed_date, part) from {changed}"
                " where part is not null)"
            )
        self.con.execute(f"delete from {target} where {within}")
        self.con.execute(f"insert into {target} by name from {source} where {within}")
        ((is_same,),) = self.con.execute(
            f"select (select count(*) from {source}) = (select count(*) from {target})"
        ).fetchall()
        if is_same:
            self.describe_mart(node)
        else:
            self.copy_mart(node, from_old=False)

    def describe_mart(self, node: Node) -> None:
        """Puts the descriptions of a mart and its columns on the table, where they differ."""
        target = quoted(NEW, *node.table)
        wanted = {each.name.lower(): each.description for each in node.columns}
        for column, comment in self.con.execute(
            "select column_name, comment from duckdb_columns()"
            " where database_name = $database and schema_name = $schema and table_name = $table"
            " union all select null, comment from duckdb_tables()"
            " where database_name = $database and schema_name = $schema and table_name = $table",
            {"database": NEW, "schema": node.schema, "table": node.identifier},
        ).fetchall():
            text = node.description if column is None else wanted.get(column.lower())
            if (text or None) != comment:
                what = f"table {target}" if column is None else f"column {target}.{quoted(column)}"
                said = literal(text, plain=True) if text else "null"
                self.con.execute(f"comment on {what} is {said}")

    def copy_ops(
        self, published: Mapping[str, int] | None = None, at: datetime | None = None
    ) -> None:
        """Copies Headwater's own tables; `published` marts count as published at that time."""
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
        yield Old(False)
        return
    _detach(con, OLD)
    is_free = _attach_old(project, con)
    try:
        ops = project.schema("ops")
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = ?", [OLD]
        ).fetchall()
        marts = frozenset((schema, table) for schema, table in tables if schema != ops)
        if (ops, "published") not in tables:
            yield Old(True, marts)
            return
        published = con.execute(
            f"select model, max(seq), max(published_at) from {quoted(OLD, ops, 'published')}"
            " group by model"
        ).fetchall()
        ((is_tidy,),) = con.execute(
            "select 2 * free_blocks <= total_blocks and not exists ("
            " select 1 from duckdb_views() where database_name = $name and not internal)"
            " from pragma_database_size() where database_name = $name",
            {"name": OLD},
        ).fetchall()
        yield Old(
            True,
            marts,
            {model: (seq, at) for model, seq, at in published},
            is_tidy=is_tidy and is_free and not swap.log_of(path).exists(),
        )
    finally:
        _detach(con, OLD)


def _attach_old(project: Project, con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file itself is attached, which nobody can write then, and not a copy."""
    path = project.serve_file
    try:
        con.execute(f"attach {literal(str(path))} as {OLD} (read_only)")
        return True
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
    return False


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
