"""Serve has every mart that passed, the last good version of those that did not, and no more."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from headwater.check import check
from headwater.database import BigQuery
from headwater.errors import HeadwaterError
from headwater.graph import Node
from headwater.project import Project
from headwater.publish import bigquery_statements, drafting, publish, publish_ops_only
from headwater.serve import New


def served(small: Any, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(small.project.serve_file), read_only=True) as con:
        return con.execute(sql).fetchall()


def tables(small: Any) -> set[str]:
    return {
        f"{schema}.{table}"
        for schema, table in served(
            small, "select table_schema, table_name from information_schema.tables"
        )
    }


def marts(small: Any) -> set[str]:
    return {table for table in tables(small) if not table.startswith("ops.")}


def checked_and_published(small: Any, **verdicts: bool) -> Any:
    check(small.project, small.database)
    return publish(small.project, small.database, verdicts)


def test_what_passed_is_served_with_its_descriptions_and_marked(small: Any) -> None:
    report = checked_and_published(small)
    assert report.published == ("daily_sums", "fct_sums")
    assert marts(small) == {"marts.fct_sums", "marts.daily_sums"}
    assert served(small, "select count(*), sum(amount) from marts.fct_sums") == [(100, 200)]
    assert served(small, "select comment from duckdb_tables() where table_name = 'fct_sums'") == [
        ("One row per sum.",)
    ]
    assert served(
        small,
        "select column_name, comment from duckdb_columns()"
        " where table_name = 'daily_sums' order by column_index",
    ) == [("sum_date", "The day."), ("amount", "How much that day.")]
    for where in (small.sql, lambda sql: served(small, sql)):
        assert where("select model, seq from ops.published order by 1") == [
            ("daily_sums", 1),
            ("fct_sums", 1),
        ]
    assert report.lines() == []


def test_serve_has_no_raw_and_no_keys_and_no_engine_message(small: Any) -> None:
    small.sql("create table raw.thing as select 'secret-in-raw' as record")
    small.sql("insert into keys.main.identifiers values ('secret-in-keys', 'p')")
    small.sql("insert into ops.run_nodes (run_id, message) values ('r', 'secret-in-message')")
    checked_and_published(small)
    assert {table.split(".")[0] for table in tables(small)} == {"marts", "ops"}
    assert served(small, "select run_id, message from ops.run_nodes") == [("r", None)]
    assert b"secret-in" not in small.project.serve_file.read_bytes()


def test_a_mart_that_fails_keeps_its_last_good_version_and_its_descendants_theirs(
    small: Any,
) -> None:
    small.mart("other", "select 1 as n")
    checked_and_published(small)
    small.mart("fct_sums", "select 1 as sum_id, 'x' as person_id, 999 as amount")
    small.mart("daily_sums", "select 999 as amount", parents=("fct_sums",))
    small.mart("other", "select 2 as n")
    report = checked_and_published(small, fct_sums=False)
    assert report.published == ("other",)
    assert report.kept == ("daily_sums", "fct_sums")
    assert served(small, "select sum(amount) from marts.fct_sums") == [(200,)]
    assert served(small, "select sum(amount) from marts.daily_sums") == [(200,)]
    assert served(small, "select n from marts.other") == [(2,)]
    assert report.lines() == [
        "daily_sums: serve keeps its last good version",
        "fct_sums: serve keeps its last good version",
    ]


def test_a_view_between_does_not_hide_whose_descendant_a_mart_is(small: Any) -> None:
    small.node("int_sums", parents=("fct_sums",), folder="intermediate", materialized="view")
    small.mart("far_sums", "select 1 as n", parents=("int_sums",))
    report = checked_and_published(small, fct_sums=False)
    assert report.absent == ("daily_sums", "far_sums", "fct_sums")


def test_a_mart_that_never_passed_is_absent_and_comes_once_it_does(small: Any) -> None:
    small.suite(
        "fct_sums",
        "model: fct_sums\nexpectations:\n"
        "  - expect_table_row_count_to_equal: {value: 1}\n    severity: critical\n",
    )
    report = checked_and_published(small)
    assert report.absent == ("daily_sums", "fct_sums")
    assert marts(small) == set()
    small.mart("fct_sums", "select 1 as sum_id, 'x' as person_id")
    assert checked_and_published(small).published == ("daily_sums", "fct_sums")


def test_an_unchecked_mart_waits(small: Any) -> None:
    check(small.project, small.database)
    small.mart("fct_sums", "select 1 as n")
    report = publish(small.project, small.database)
    assert report.absent == ("daily_sums", "fct_sums")


def test_a_deleted_mart_leaves_serve(small: Any) -> None:
    checked_and_published(small)
    small.drop("daily_sums")
    report = checked_and_published(small)
    assert report.removed == ("daily_sums",)
    assert marts(small) == {"marts.fct_sums"}
    assert small.sql("select model from ops.published") == [("fct_sums",)]


def test_rows_deleted_in_the_warehouse_leave_no_bytes_in_serve(small: Any) -> None:
    small.mart("fct_sums", "select 'forget-me-' || range as person_id from range(5000)")
    checked_and_published(small)
    assert b"forget-me-" in small.project.serve_file.read_bytes()
    small.mart("fct_sums", "select 'kept' as person_id from range(5000)")
    checked_and_published(small)
    assert b"forget-me-" not in small.project.serve_file.read_bytes()


def test_nothing_new_copies_no_mart_but_refreshes_ops(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked_and_published(small)
    copied = []
    monkeypatch.setattr("headwater.serve.New.copy_mart", lambda *args, **named: copied.append(args))
    small.sql("insert into ops.runs (run_id) values ('later')")
    report = publish(small.project, small.database)
    assert (report.published, copied) == ((), [])
    assert served(small, "select run_id from ops.runs") == [("later",)]
    small.sql("insert into ops.runs (run_id) values ('latest')")
    publish_ops_only(small.project, small.database)
    assert served(small, "select count(*) from ops.runs") == [(2,)]
    assert marts(small) == {"marts.fct_sums", "marts.daily_sums"}


def test_what_a_killed_publish_left_is_cleaned_and_nothing_lies_beside_serve(small: Any) -> None:
    for name in ("serve.duckdb.tmp-1-new", "serve.duckdb.tmp-1-new.wal", "serve.duckdb.wal"):
        (small.project.state / name).write_bytes(b"left over")
    checked_and_published(small)
    assert sorted(path.name for path in small.project.state.glob("serve*")) == ["serve.duckdb"]
    assert served(small, "select count(*) from marts.fct_sums") == [(100,)]


def test_a_failure_while_writing_leaves_the_old_file(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked_and_published(small)
    before = small.project.serve_file.read_bytes()
    small.mart("fct_sums", "select 1 as n")
    check(small.project, small.database)

    def fail(*args: Any, **named: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("headwater.serve.New.copy_ops", fail)
    with pytest.raises(OSError, match="disk full"):
        publish(small.project, small.database)
    assert small.project.serve_file.read_bytes() == before
    assert sorted(path.name for path in small.project.state.glob("serve*")) == ["serve.duckdb"]
    monkeypatch.undo()
    assert publish(small.project, small.database).published == ("fct_sums",)
    assert served(small, "select count(*) from marts.fct_sums") == [(1,)]


def test_a_serve_file_that_cannot_be_read_is_said_and_not_thrown_away(small: Any) -> None:
    small.project.serve_file.write_bytes(b"not a database" * 1000)
    check(small.project, small.database)
    with pytest.raises(HeadwaterError, match=r"cannot read .*serve\.duckdb") as raised:
        publish(small.project, small.database)
    assert raised.value.hint.startswith("move it away")
    assert small.project.serve_file.read_bytes().startswith(b"not a database")


def python(script: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_someone_who_holds_serve_open_for_writing_holds_up_nobody(small: Any) -> None:
    checked_and_published(small)
    small.project.serve_file.chmod(0o644)
    holder = python(
        "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True);"
        " sys.stdin.read()",
        str(small.project.serve_file),
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        small.mart("daily_sums", "select 5 as amount", parents=("fct_sums",))
        small.sql("update ops.checked set is_passed = false where model = 'fct_sums'")
        check(small.project, small.database, ["daily_sums"])
        report = publish(small.project, small.database, {"fct_sums": False, "daily_sums": True})
        assert report.kept == ("daily_sums", "fct_sums")
        small.mart("extra", "select 1 as n")
        check(small.project, small.database, ["extra"])
        report = publish(small.project, small.database, {"fct_sums": False})
        assert report.published == ("extra",)
    finally:
        holder.kill()
        holder.wait()
    assert marts(small) == {"marts.fct_sums", "marts.daily_sums", "marts.extra"}


FRESH = """
import duckdb, os, sys
path, until = sys.argv[1], sys.argv[2]
seen, reads = [], 0
while not os.path.exists(until):
    with duckdb.connect(path, read_only=True) as con:
        first = con.execute("select min(version), max(version), count(*) from marts.fct").fetchone()
        second = con.execute("select min(version), max(version) from marts.agg").fetchone()
    assert first[0] == first[1] == second[0] == second[1] and first[2] == 20000, (first, second)
    if not seen or seen[-1] != first[0]:
        seen.append(first[0])
    reads += 1
assert seen == sorted(seen), seen
print(reads, len(seen))
"""

# Whoever keeps a connection keeps the version that was served when it was opened.
HELD = """
import duckdb, os, sys
path, until = sys.argv[1], sys.argv[2]
seen, reads = set(), 0
con = duckdb.connect(path, read_only=True)
while not os.path.exists(until):
    seen.update(con.execute("select version from marts.fct").fetchall())
    seen.update(con.execute("select version from marts.agg").fetchall())
    reads += 1
print(reads, len(seen))
"""


def test_readers_who_query_throughout_see_only_old_or_new(small: Any, tmp_path: Path) -> None:
    def version(number: int) -> None:
        small.mart("fct", f"select range as n, {number} as version from range(20000)")
        small.mart("agg", f"select {number} as version from range(10)", parents=("fct",))
        checked_and_published(small)

    version(0)
    until = tmp_path / "until"
    readers = [python(each, str(small.project.serve_file), str(until)) for each in (FRESH, HELD)]
    time.sleep(0.7)
    for number in range(1, 8):
        version(number)
        assert not small.project.serve_file.with_name("serve.duckdb.wal").exists()
    time.sleep(0.3)
    until.touch()
    counts = []
    for reader in readers:
        out, err = reader.communicate(timeout=60)
        assert reader.returncode == 0, err
        counts.append([int(count) for count in out.split()])
    (fresh_reads, fresh_versions), (held_reads, held_versions) = counts
    assert fresh_reads > fresh_versions > 1
    assert held_reads > held_versions == 1


KILLED = """
import sys, time
from headwater import project, warehouse
from headwater.database import DuckDB
from headwater.publish import publish
p = project.find()
database = DuckDB(p, warehouse.connect(p))
print("ready", flush=True)
sys.stdin.readline()
publish(p, database)
print("done", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("after", [0.0, 0.01, 0.03, 0.06, 0.12])
def test_a_kill_at_any_moment_leaves_old_or_new_and_the_next_publish_ends_the_same(
    small: Any, after: float
) -> None:
    small.mart("fct_sums", "select range as n, 'old' as version from range(50000)")
    checked_and_published(small)
    small.mart("fct_sums", "select range as n, 'new' as version from range(50000)")
    check(small.project, small.database)
    small.database.connection.close()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        cwd=small.project.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("\n")
    process.stdin.flush()
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    ((version, count),) = served(small, "select version, count(*) from marts.fct_sums group by all")
    assert version in ("old", "new")
    assert count == 50000
    from headwater import warehouse

    small.database = type(small.database)(small.project, warehouse.connect(small.project))
    publish(small.project, small.database)
    assert served(small, "select distinct version from marts.fct_sums") == [("new",)]
    assert small.sql("select seq from ops.published where model = 'fct_sums'") == [(3,)]
    assert [path.name for path in small.project.state.glob("serve*")] == ["serve.duckdb"]
    small.database.connection.close()


def bigquery() -> Project:
    output = {"type": "bigquery", "project": "home", "dataset": "music"}
    return Project(root=Path("/nowhere"), name="small", target="bigquery", output=output)


def node(name: str) -> Node:
    return Node(
        unique_id=f"model.small.{name}", name=name, kind="model", materialized="table",
        schema="music_marts", identifier=name, path=f"models/marts/{name}.sql",
        relation=f"`home`.`music_marts`.`{name}`", raw_code="", checksum="", meta={}, parents=(),
    )  # fmt: skip


def test_on_bigquery_each_mart_is_cloned_at_once_into_a_second_dataset() -> None:
    assert bigquery_statements(bigquery(), [node("fct_sums")], ["gone"]) == [
        "create schema if not exists `home.music_serve`",
        "create or replace table `home.music_serve.fct_sums`\nclone `home.music_marts.fct_sums`",
        "drop table if exists `home.music_serve.gone`",
    ]
    assert bigquery_statements(bigquery(), [], []) == []


def test_on_bigquery_only_what_passed_is_cloned_and_only_that_is_marked(small: Any) -> None:
    class Client:
        """As much of a BigQuery client as publishing uses; answers from a small warehouse."""

        def __init__(self) -> None:
            self.asked: list[str] = []

        def query(self, sql: str) -> Any:
            self.asked.append(sql)
            rows: list[Any] = []
            if "max(seq)" in sql and "published" not in sql:
                rows = [("fct_sums", 3), ("daily_sums", 3)]
            found = [type("Row", (), {"values": lambda self, row=row: row})() for row in rows]
            return type("Job", (), {"result": lambda self: found})()

        def list_datasets(self) -> list[Any]:
            return []

    client = Client()
    project = Project(
        root=small.project.root, name="small", target="bigquery", output=bigquery().output
    )
    report = publish(project, BigQuery(project, client), {"daily_sums": False})
    assert report.published == ("fct_sums",)
    assert report.absent == ("daily_sums",)
    cloned = [sql for sql in client.asked if re.search(r"\bclone\b", sql)]
    assert cloned == [
        "create or replace table `home.music_serve.fct_sums`\nclone `home.marts.fct_sums`"
    ]
    assert "('fct_sums', 3, timestamp" in client.asked[-1]


# What is copied while checks are still at work ------------------------------------------------


HOPED = {"fct_sums": True, "daily_sums": True}


def beside_serve(small: Any) -> list[str]:
    return [path.name for path in small.project.state.glob("serve.duckdb.tmp-*")]


def test_what_was_copied_ahead_is_published_as_it_is(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with drafting(small.project, small.database, HOPED) as draft:
        assert draft is not None
        assert draft.result() == {"fct_sums": 1, "daily_sums": 1}
        monkeypatch.setattr(New, "copy_mart", None)  # nothing is copied again
        check(small.project, small.database)
        report = publish(small.project, small.database, {}, draft)
    assert report.published == ("daily_sums", "fct_sums")
    assert marts(small) == {"marts.fct_sums", "marts.daily_sums"}
    assert served(small, "select count(*) from ops.checked") == [(2,)]
    assert beside_serve(small) == []


def test_what_was_copied_ahead_and_failed_is_not_published(small: Any) -> None:
    checked_and_published(small)
    small.mart("fct_sums", "select date '2026-01-01' as sum_date, 7 as amount")
    small.mart("daily_sums", "select date '2026-01-01' as sum_date, 7 as amount")
    with drafting(small.project, small.database, HOPED) as draft:
        check(small.project, small.database)
        report = publish(small.project, small.database, {"daily_sums": False}, draft)
    assert (report.published, report.kept) == (("fct_sums",), ("daily_sums",))
    assert served(small, "select sum(amount) from marts.fct_sums") == [(7,)]
    assert served(small, "select sum(amount) from marts.daily_sums") == [(200,)]
    assert beside_serve(small) == []


def test_what_could_not_be_copied_ahead_is_copied_then(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = New.copy_mart
    attempts: list[str] = []

    def fail_once(new: New, node: Node, *, from_old: bool) -> None:
        attempts.append(node.name)
        if len(attempts) == 2:
            raise duckdb.IOException("no room")
        copy(new, node, from_old=from_old)

    monkeypatch.setattr(New, "copy_mart", fail_once)
    with drafting(small.project, small.database, HOPED) as draft:
        check(small.project, small.database)
        report = publish(small.project, small.database, {}, draft)
    assert len(attempts) == 4
    assert report.published == ("daily_sums", "fct_sums")
    assert beside_serve(small) == []


def test_nothing_is_left_when_a_check_cannot_be_made(small: Any) -> None:
    with (
        pytest.raises(HeadwaterError, match="no suite"),
        drafting(small.project, small.database, HOPED),
    ):
        raise HeadwaterError("no suite", "write one")
    assert beside_serve(small) == []
    assert not small.project.serve_file.exists()
