"""A DuckDB file written anew: equal, without what was deleted, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from headwater import retention
from headwater.errors import HeadwaterError
from headwater.project import Project
from headwater.retention import rewrite

GONE = "Zq7xK2mW9vJt4Rb1"  # no text that compression would split
DELETED = 20_000
COMPRESSION = """
    select distinct compression from pragma_storage_info('raw.e')
    where column_name = 'record' and segment_type = 'VARCHAR'
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A warehouse in which half of a table, and a key, were deleted."""
    output = {"type": "duckdb", "path": "state/warehouse.duckdb", "schema": "main"}
    found = Project(root=tmp_path, name="small", target="duckdb", output=output)
    found.state.mkdir()
    with duckdb.connect(str(found.warehouse_file)) as con:
        con.execute(
            f"""
            create schema raw; create schema ops; create schema staging; create schema marts;
            create table raw.e (id int, record varchar using compression zstd, tags varchar[]);
            insert into raw.e select range, '{{"n":' || range || '}}', ['x'] from range({DELETED});
            create table staging.base_e (id int not null, name varchar, amount decimal(18, 3));
            insert into staging.base_e values (1, '{GONE}', 1.5), (2, 'stays', 2.5);
            create view staging.stg_e as select id, name from staging.base_e;
            create view staging.broken as select id from raw.e;
            create table marts.fct_e as select id, amount from staging.base_e;
            comment on table marts.fct_e is 'What happened.';
            comment on column marts.fct_e.amount is 'How much.';
            create table ops.expired (what varchar, is_compacted bool);
            insert into ops.expired values ('raw', false), ('raw', true);
            """
        )
    with duckdb.connect(str(found.warehouse_file)) as con:
        con.execute(f"delete from raw.e where id < {DELETED // 2}")
        con.execute("delete from staging.base_e where id = 1")
    with duckdb.connect(str(found.keys_file)) as con:
        con.execute("create table identifiers (value varchar)")
        con.execute(f"insert into identifiers values ('{GONE}'), ('stays')")
    with duckdb.connect(str(found.keys_file)) as con:
        con.execute(f"delete from identifiers where value = '{GONE}'")
    return found


def held(project: Project) -> dict[str, Any]:
    with duckdb.connect(str(project.warehouse_file), read_only=True) as con:
        return {
            query: con.execute(query).fetchall()
            for query in (
                "select schema_name, table_name, sql, comment from duckdb_tables() order by all",
                "select schema_name, view_name, sql from duckdb_views() where not internal"
                " order by all",
                "select column_name, data_type, is_nullable, comment from duckdb_columns()"
                " where not internal order by all",
                "from raw.e order by all",
                "from staging.stg_e order by all",
                "from marts.fct_e order by all",
                "select count(*) from ops.expired",
                COMPRESSION,
            )
        }


def beside(project: Project) -> list[str]:
    return sorted(path.name for path in project.state.iterdir() if path.name != "tmp")


def test_it_is_equal_and_smaller_and_nothing_deleted_is_in_it(project: Project) -> None:
    before = held(project)
    files = (project.keys_file, project.warehouse_file)
    assert all(GONE.encode() in path.read_bytes() for path in files)
    mode = project.warehouse_file.stat().st_mode
    done = retention.compact(project)
    assert held(project) == before
    assert before[COMPRESSION] == [("ZSTD",)]
    assert [each.name for each in done] == [path.name for path in files]
    assert not any(GONE.encode() in path.read_bytes() for path in files)
    assert project.warehouse_file.stat().st_mode == mode
    assert beside(project) == ["keys.duckdb", "warehouse.duckdb"]
    with duckdb.connect(str(project.warehouse_file)) as con:
        assert con.execute("from ops.expired").fetchall() == [("raw", True)] * 2


def test_without_room_it_says_how_much_is_missing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 5 * 2**20

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    before = held(project)
    with pytest.raises(HeadwaterError, match=r"MiB are needed, 5 are free"):
        retention.compact(project)
    assert held(project) == before
    assert beside(project) == ["keys.duckdb", "warehouse.duckdb"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("delete from file_new.staging.base_e", "rows of staging.base_e"),
        ("drop view file_new.staging.stg_e", "view staging.stg_e"),
        ("drop table file_new.marts.fct_e", "table marts.fct_e"),
        ("comment on column file_new.marts.fct_e.amount is null", "column marts.fct_e.amount"),
        ("alter table file_new.marts.fct_e alter id type bigint", "column marts.fct_e.id"),
    ],
)
def test_a_copy_that_differs_is_not_taken(
    project: Project, monkeypatch: pytest.MonkeyPatch, change: str, named: str
) -> None:
    compare = rewrite._compare

    def broken(con: duckdb.DuckDBPyConnection, path: Path) -> None:
        if path == project.warehouse_file:
            con.execute(change)
        compare(con, path)

    monkeypatch.setattr(rewrite, "_compare", broken)
    before = held(project)
    with pytest.raises(HeadwaterError, match=named):
        retention.compact(project)
    assert held(project) == before
    assert beside(project) == ["keys.duckdb", "warehouse.duckdb"]


def test_while_somebody_reads_the_file_it_stays(project: Project) -> None:
    child = os.fork()
    if child == 0:
        # DuckDB's lock is between processes.
        con = duckdb.connect(str(project.warehouse_file))
        (project.state / "ready").write_text("")
        while (project.state / "ready").exists():
            pass
        con.close()
        os._exit(0)
    while not (project.state / "ready").exists():
        pass
    try:
        with pytest.raises(HeadwaterError, match="deleted rows are still in its bytes"):
            retention.compact(project)
    finally:
        (project.state / "ready").unlink()
        os.waitpid(child, 0)
    assert beside(project) == ["keys.duckdb", "warehouse.duckdb"]


def test_what_a_killed_one_left_is_cleared(project: Project) -> None:
    for name in ("warehouse.duckdb.tmp-1", "warehouse.duckdb.tmp-1.wal", "keys.duckdb.tmp-2"):
        (project.state / name).write_text("half")
    retention.compact(project)
    assert beside(project) == ["keys.duckdb", "warehouse.duckdb"]
