"""scripts/simulate: the same day each time, with the faults of real delivery."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb
import pytest


def simulate(repository: Path, folder: Path, *args: str) -> Path:
    subprocess.run(
        [sys.executable, repository / "scripts" / "simulate.py", *args],
        env={**os.environ, "HEADWATER_LANDING": str(folder / "landing")},
        check=True,
    )
    return folder


@pytest.fixture(scope="module")
def day(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("day")
    return simulate(repository, folder, "--date", "2026-01-31", "--users", "300")


def lines(day: Path) -> list[str]:
    paths = sorted(day.glob("landing/*/date=*/hour=*/*.ndjson"))
    return [line for path in paths for line in path.read_text().splitlines()]


def query(sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.sql(sql).fetchall()


def digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return whole.hexdigest()


def test_the_same_day_and_seed_give_the_same_bytes(
    day: Path, repository: Path, tmp_path: Path
) -> None:
    again = simulate(repository, tmp_path / "a", "--date", "2026-01-31", "--users", "300")
    other = simulate(
        repository, tmp_path / "b", "--date", "2026-01-31", "--users", "300", "--seed", "2"
    )
    assert digest(again) == digest(day)
    assert digest(other) != digest(day)


def test_another_day_has_other_ids_and_as_many_events(
    day: Path, repository: Path, tmp_path: Path
) -> None:
    other = simulate(repository, tmp_path, "--date", "2026-02-01", "--users", "300")
    ((shared, mine, theirs),) = query(
        f"""
        with first as (from '{day}/truth/*.parquet'), second as (from '{other}/truth/*.parquet')

        select
            (select count(*) from first inner join second using (event_id)),
            (select count(*) from first),
            (select count(*) from second)
        """
    )
    assert (shared, mine) == (0, theirs)


def test_every_file_has_the_producers_own_count_beside_it(day: Path) -> None:
    files = list(day.glob("landing/*/date=*/hour=*/*.ndjson"))
    assert files
    for path in files:
        manifest = json.loads(path.with_name(f"{path.name}.manifest.json").read_text())
        assert manifest["event"] == path.parts[-4]
        assert f"hour={manifest['hour'][11:13]}" == path.parts[-2]
        assert manifest["count"] == path.read_bytes().count(b"\n")
        assert manifest["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_day_holds_copies_stragglers_broken_lines_and_violations(day: Path) -> None:
    ids: Counter[str] = Counter()
    broken = late = undeclared = 0
    for line in lines(day):
        try:
            record = json.loads(line, parse_constant=lambda word: [][0])
        except (ValueError, IndexError):
            broken += 1
            continue
        ids[record["id"]] += 1
        late += record["time"][:10] < record["receivedtime"][:10]
        undeclared += "experiment" in record["data"]
    assert broken > 0
    assert late > 0
    assert undeclared > 0
    assert max(ids.values()) > 1


def test_the_truth_has_every_event_of_which_a_sound_copy_arrived(day: Path) -> None:
    sound = set()
    for line in lines(day):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        payload = record["data"]
        if (
            record["type"] == "track_played"
            and record["time"] > "2023"
            and (
                "gain" not in payload
                and record["dataschemaversion"] != "9.0"
                and isinstance(payload.get("user_id"), str)
                and payload.get("ms_played", -1) >= 0
                and payload["reason_end"] != "skipped"
                and len(payload["track_id"]) == 22
                and isinstance(payload["is_shuffle"], bool)
            )
        ):
            sound.add(f"{record['source']}|{record['id']}")
    truth = query(f"select event_id from '{day}/truth/*.parquet' where event_type = 'track_played'")
    assert {event_id for (event_id,) in truth} == sound
    assert len(truth) == len(sound)
