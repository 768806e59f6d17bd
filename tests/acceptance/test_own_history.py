"""A person's own listening history, from the export to the warehouse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.slow

ADDRESS = "203.0.113.77"
PERSON = "a-person-of-flesh-and-blood"


def play(number: int, **other: Any) -> dict[str, Any]:
    """A row of an export, in the words of one: the `number`th play of a spring years ago."""
    return {
        "ts": f"2019-03-{1 + number // 20:02}T{number % 20:02}:03:33Z",
        "username": PERSON,
        "platform": "iOS 13.3 (iPhone11,8)",
        "ms_played": 20_000 + number * 1000,
        "conn_country": "SE",
        "ip_addr": ADDRESS,
        "master_metadata_track_name": "Northern Ferry",
        "master_metadata_album_artist_name": "The Lamplighters",
        "master_metadata_album_album_name": "Harbour Songs",
        "spotify_track_uri": "spotify:track:3kQvPz8LwTnYb5RmXc2HdJ",
        "spotify_episode_uri": None,
        "reason_start": "uriopen",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": None,
        "offline": False,
        "offline_timestamp": 0,
        "incognito_mode": False,
        **other,
    }


PODCAST = {"spotify_track_uri": None, "spotify_episode_uri": "spotify:episode:7makk4oTQel546B0"}
YEARS = {
    "2018_0": [play(0), play(1), play(2, **PODCAST)],
    "2019_1": [play(number) for number in range(1, 40)],  # play(1) is in both files
}


@pytest.fixture(scope="module")
def place(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export, imported and run; then imported again as it is a month later."""
    folder = tmp_path_factory.mktemp("own")
    for name, rows in YEARS.items():
        export(folder, name, rows)
    call(repository, folder, "scripts/import_history.py", str(folder / "export"))
    call(repository, folder, "-m", "headwater", "run")
    export(folder, "2019_1", [*YEARS["2019_1"], play(40)])
    call(repository, folder, "scripts/import_history.py", str(folder / "export"))
    call(repository, folder, "-m", "headwater", "run")
    return folder


def export(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    (folder / "export").mkdir(exist_ok=True)
    path = folder / "export" / f"Streaming_History_Audio_{name}.json"
    path.write_text(json.dumps(rows), encoding="utf-8")


def call(repository: Path, folder: Path, *args: str) -> None:
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


def rows(place: Path, sql: str) -> list[tuple[Any, ...]]:
    path = str(place / "warehouse" / "warehouse.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        return connection.sql(sql).fetchall()


def test_every_play_is_in_staging_once_and_none_in_quarantine(place: Path) -> None:
    assert rows(place, "select count(*) from staging.quarantine_listening") == [(0,)]
    ((plays, people, first, last),) = rows(
        place,
        "select count(*), count(distinct user_id), min(ms_played), max(ms_played)"
        " from staging.stg_track_played_v2",
    )
    assert (plays, people, first, last) == (41, 1, 20_000, 60_000)


def test_the_address_is_nowhere_and_the_name_in_raw_only(place: Path) -> None:
    tables = rows(
        place,
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_catalog = 'warehouse'",
    )
    held = {
        name: text
        for (name,) in tables
        if (text := str(rows(place, f"select to_json(each)::varchar from {name} as each")))
    }
    assert not [name for name, text in held.items() if ADDRESS in text]
    assert [name for name, text in held.items() if PERSON in text] == ["raw.track_played"]
