"""Writes the DuckDB files anew, so that what was deleted is gone from their bytes, too.

DuckDB frees the blocks of deleted rows, but neither clears them nor makes the file smaller. A
new file is written aside, compared, and put in the old one's place by one rename: killed at any
moment, there is the old file or the new one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from headwater import swap
from headwater.database import Database
from headwater.errors import HeadwaterError
from headwater.literals import literal
from headwater.project import Project
from headwater.serve import quoted

OLD, NEW = "file_old", "file_new"
# Beside the bytes that the new file can have: what is written while it grows.
_MARGIN = 64 * 2**20


@dataclass(frozen=True)
class Compacted:
    """One file, and its bytes before and after."""

    name: str
    before: int
    after: int


def is_due(database: Database) -> bool:
    """Whether ops.expired knows of deleted rows whose bytes may still be in a file."""
    if database.project.engine != "duckdb":
        return False
    return bool(
        database.rows(
            f"select 1 from {database.name('ops.expired')} where not is_compacted limit 1"
        )
    )


def compact(project: Project) -> tuple[Compacted, ...]:
    """Writes the keys' file and then the warehouse anew; the new one says that it was.

    The caller holds the lock, and no connection is open. Raises HeadwaterError, the files being
    as they were, when there is no room, a new file is not equal, or somebody reads the old one.
    """
    clean(project)
    done = []
    for path in (project.keys_file, project.warehouse_file):
        if path.is_file():
            done.append(_rewritten(project, path))
    return tuple(done)


def clean(project: Project) -> None:
    """Deletes what a killed compaction left beside the files."""
    for path in (project.keys_file, project.warehouse_file):
        for left in path.parent.glob(f"{path.name}.tmp-*"):
            left.unlink(missing_ok=True)


def _rewritten(project: Project, path: Path) -> Compacted:
    before = path.stat().st_size
    new = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        with _attached(project, path) as con:
            _refuse_without_room(con, path)
            con.execute(f"attach {literal(str(new))} as {NEW}")
            con.execute(f"copy from database {OLD} to {NEW}")
            _compare(con, path)
            if path == project.warehouse_file:
                expired = quoted(NEW, project.schema("ops"), "expired")
                con.execute(f"update {expired} set is_compacted = true where not is_compacted")
            con.execute(f"checkpoint {NEW}")
        _swap(new, path)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise HeadwaterError(
            f"cannot write {path.name} anew, deleted rows are still in its bytes: {reason}",
            "close whatever reads it; the next run with this job tries again",
        ) from error
    finally:
        for left in (new, swap.log_of(new)):
            left.unlink(missing_ok=True)
    return Compacted(path.name, before, path.stat().st_size)


@contextmanager
def _attached(project: Project, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The old file as OLD, with nothing left in its write-ahead log."""
    con = duckdb.connect(config={"temp_directory": str(project.state / "tmp")})
    try:
        con.execute(f"attach {literal(str(path))} as {OLD}")
        con.execute(f"checkpoint {OLD}")
        yield con
    finally:
        with suppress(duckdb.Error):
            con.execute(f"detach database if exists {NEW}")
        con.close()


def _refuse_without_room(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    row = con.execute(
        "select block_size * used_blocks from pragma_database_size() where database_name = ?",
        [OLD],
    ).fetchone()
    assert row is not None
    needed, free = int(row[0]) + _MARGIN, shutil.disk_usage(path.parent).free
    if free < needed:
        raise HeadwaterError(
            f"no room to write {path.name} anew, deleted rows are still in its bytes:"
            f" {needed / 2**20:,.0f} MiB are needed, {free / 2**20:,.0f} are free",
            "make room; the next run with this job tries again",
        )


def _compare(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Fails when the new file differs in a table, column, view or comment, or holds other
    numbers of rows."""
    differences = con.execute(
        """
        with things as (
            select database_name, 'table ' || schema_name || '.' || table_name as thing,
                sql, comment
            from duckdb_tables()
            union all
            select database_name, 'view ' || schema_name || '.' || view_name, sql, comment
            from duckdb_views()
            where not internal
            union all
            select database_name, 'column ' || schema_name || '.' || table_name || '.'
                || column_name, data_type || ' ' || is_nullable, comment
            from duckdb_columns()
            where not internal
            union all
            select database_name, 'index ' || schema_name || '.' || index_name, sql, comment
            from duckdb_indexes()
            union all
            select database_name, 'schema ' || schema_name, sql, comment
            from duckdb_schemas()
            where not internal
        )
        select thing
        from (select thing, sql, comment from things where database_name = $old) as before
        full join (select thing, sql, comment from things where database_name = $new) as after
            using (thing)
        where before.sql is distinct from after.sql
            or before.comment is distinct from after.comment
        order by thing
        """,
        {"old": OLD, "new": NEW},
    ).fetchall()
    found = [thing for (thing,) in differences] or list(_differently_filled(con))
    if found:
        raise HeadwaterError(
            f"{path.name} was not written anew: the copy differs in {', '.join(found)}",
            "the file is as it was; deleted rows are still in its bytes",
        )


def _differently_filled(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for schema, table in con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ?", [OLD]
    ).fetchall():
        before, after = (
            con.execute(f"select count(*) from {quoted(database, schema, table)}").fetchone()
            for database in (OLD, NEW)
        )
        if before != after:
            yield f"rows of {schema}.{table}"


def _swap(new: Path, path: Path) -> None:
    """Puts the new file in the place of the old one, on disk for good."""
    for file in (new, path):
        swap.check_finished(file)
    shutil.copymode(path, new)
    swap.put(new, path)
