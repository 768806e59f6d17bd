"""Simulated days, through the whole of Headwater, against what truly happened."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def day(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three simulated days of 200 listeners, loaded, built, checked and published."""
    folder = tmp_path_factory.mktemp("demo")
    command(repository, folder, "scripts/simulate.py", "--days", "3", "--users", "200")
    (folder / "out").write_text(command(repository, folder, "-m", "headwater", "run"))
    return folder


def command(repository: Path, folder: Path, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, *args],
        cwd=repository,
        env={
            **os.environ,
            "HEADWATER_LANDING": str(folder / "landing"),
            "HEADWATER_WAREHOUSE": str(folder / "warehouse"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def rows(day: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(day / "warehouse" / "serve.duckdb"), read_only=True) as connection:
        return connection.sql(
            sql.format(truth=f"'{day}/truth/marts/fct_streams.parquet'")
        ).fetchall()


def test_its_last_five_lines_say_what_happened(day: Path) -> None:
    lines = (day / "out").read_text().splitlines()
    for line, begin in zip(
        lines,
        [
            r"loaded       [\d,]+ records of \d+ files \([1-9]\d* unparsed\)",
            r"quarantined  [1-9][\d,]* of [\d,]+ rows, mostly [\w.]+ \(\d+\)",
            r"built        [1-9]\d* models$",
            r"checked      [1-9]\d* checks",
            r"open next    /",
        ],
        strict=True,
    ):
        assert re.match(begin, line), line
    assert Path(lines[-1].split()[-1]).exists()


def test_every_stream_that_happened_is_in_the_mart_and_no_other(day: Path) -> None:
    difference = rows(
        day,
        """
        with truth as (
            select stream_id, ms_played, track_id, stream_date as day from {truth}
        ),

        mart as (
            select stream_id, ms_played, track_id, stream_date as day from marts.fct_streams
        )

        (select 'lacks', * from (from truth except all from mart))
        union all
        (select 'invents', * from (from mart except all from truth))
        """,
    )
    assert difference == []


def test_a_listener_has_one_pseudonym_and_a_pseudonym_one_listener(day: Path) -> None:
    assert rows(
        day,
        """
        select
            count(*) > 50,
            count(distinct listener) = count(*),
            count(distinct pseudonym) = count(*),
        from (
            select distinct truth.user_id as listener, streams.user_id as pseudonym
            from marts.fct_streams as streams
            inner join {truth} as truth using (stream_id)
        )
        """,
    ) == [(True, True, True)]


def test_the_days_add_up_to_the_streams(day: Path) -> None:
    assert rows(
        day,
        """
        select sum(streams) = (select count(*) from marts.fct_streams)
        from marts.fct_daily_listening
        """,
    ) == [(True,)]


def test_the_questions_are_answered_as_it_happened(day: Path, repository: Path) -> None:
    said = command(repository, day, "scripts/questions.py")
    tracks, retention, royalties = (
        [re.split(r"\s{2,}", line.strip()) for line in part.splitlines()[2:-1]]
        for part in said.strip().split("\n\n")
    )
    ((streams, listeners),) = rows(
        day,
        """
        select count(*) as streams, count(distinct user_id) as listeners
        from {truth}
        where stream_date = (select max(stream_date) from {truth})
        group by track_id
        order by streams desc, listeners desc, track_id
        limit 1
        """,
    )
    assert len(tracks) == 5
    assert tracks[0][-2:] == [f"{streams:,}", f"{listeners:,}"]
    assert [row[0] for row in retention] == ["day 1", "day 7", "day 28"]
    assert royalties == sorted(royalties, key=lambda row: -float(row[-1]))


def test_questions_about_what_is_not_published_get_one_error(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "warehouse").mkdir()
    duckdb.connect(str(tmp_path / "warehouse" / "serve.duckdb")).close()
    done = subprocess.run(
        [sys.executable, "scripts/questions.py"],
        cwd=repository,
        env={**os.environ, "HEADWATER_WAREHOUSE": str(tmp_path / "warehouse")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "never passed its checks" in done.stderr
    assert "Traceback" not in done.stderr


def test_running_again_changes_nothing(day: Path, repository: Path) -> None:
    before = (day / "warehouse" / "serve.duckdb").read_bytes()
    out = command(repository, day, "-m", "headwater", "run")
    assert "built        nothing: everything is up to date" in out
    assert (day / "warehouse" / "serve.duckdb").read_bytes() == before
