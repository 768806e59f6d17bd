"""scripts/simulate: the same world each time, with the faults of real delivery."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

ARGUMENTS = ("--days", "3", "--users", "120", "--start", "2026-01-30")


def simulate(repository: Path, folder: Path, *args: str) -> Path:
    subprocess.run(
        [sys.executable, repository / "scripts" / "simulate.py", *args],
        env={**os.environ, "HEADWATER_LANDING": str(folder / "landing")},
        check=True,
    )
    return folder


@pytest.fixture(scope="module")
def world(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(repository, tmp_path_factory.mktemp("world"), *ARGUMENTS)


@pytest.fixture(scope="module")
def records(world: Path) -> list[dict[str, Any]]:
    """Every line that Python, too, takes for JSON."""
    found = []
    for line in lines(world):
        try:
            found.append(json.loads(line, parse_constant=lambda word: [][0]))
        except (ValueError, IndexError):
            continue
    return found


def lines(world: Path) -> list[str]:
    paths = sorted(world.glob("landing/*/date=*/hour=*/*.ndjson"))
    return [line for path in paths for line in path.read_text().splitlines()]


def ahead(record: dict[str, Any]) -> timedelta:
    """How far the clock of the record is ahead of its arrival."""
    happened, arrived = (datetime.fromisoformat(record[name]) for name in ("time", "receivedtime"))
    return happened - arrived


def query(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.sql(sql).fetchall()


def digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return whole.hexdigest()


def test_the_same_arguments_give_the_same_bytes(
    world: Path, repository: Path, tmp_path: Path
) -> None:
    again = simulate(repository, tmp_path / "a", *ARGUMENTS)
    other = simulate(repository, tmp_path / "b", *ARGUMENTS, "--seed", "2")
    assert digest(again) == digest(world)
    assert digest(other) != digest(world)


def test_where_one_batch_of_days_ends_shows_nowhere(
    world: Path, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.spec_from_file_location(
        "simulate", repository / "scripts" / "simulate.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "EVENTS_AT_ONCE", 1)
    monkeypatch.setenv("HEADWATER_LANDING", str(tmp_path / "landing"))
    assert len(list(module._batches(date(2026, 1, 30), 3, 120))) == 4
    module.simulate.main(list(ARGUMENTS), standalone_mode=False)
    assert digest(tmp_path) == digest(world)


def test_every_event_type_with_a_contract_is_delivered(world: Path, repository: Path) -> None:
    declared = {path.name.split(".")[0] for path in repository.glob("contracts/*/*.yml")}
    assert {path.name for path in world.glob("landing/*")} == declared


def test_every_file_has_the_producers_own_count_beside_it(world: Path) -> None:
    files = list(world.glob("landing/*/date=*/hour=*/*.ndjson"))
    assert files
    for path in files:
        manifest = json.loads(path.with_name(f"{path.name}.manifest.json").read_text())
        assert manifest["event"] == path.parts[-4]
        assert f"date={manifest['hour'][:10]}" == path.parts[-3]
        assert f"hour={manifest['hour'][11:13]}" == path.parts[-2]
        assert manifest["count"] == path.read_bytes().count(b"\n")
        assert manifest["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_record_lies_in_the_file_of_the_hour_in_which_it_arrived(world: Path) -> None:
    for path in world.glob("landing/*/date=*/hour=*/*.ndjson"):
        hour = f"{path.parts[-3][5:]}T{path.parts[-2][5:]}:"
        for line in path.read_text().splitlines():
            assert f'"receivedtime":"{hour}' in line or not line.endswith("}")


def test_the_world_holds_copies_stragglers_broken_lines_and_old_clients(
    world: Path, records: list[dict[str, Any]]
) -> None:
    ids = Counter(record.get("id") for record in records)
    del ids[None]
    assert len(lines(world)) > len(records), "no line is broken"
    assert max(ids.values()) > 1, "nothing comes twice"
    assert any(record["time"][:10] < record["receivedtime"][:10] for record in records)
    assert any("experiment" in record["data"] for record in records)
    majors = Counter(
        record["dataschemaversion"][0] for record in records if record["type"] == "track_played"
    )
    assert majors["1"] > 0
    assert majors["2"] > 0
    searches = [record["data"] for record in records if record["type"] == "search_performed"]
    assert {"search_id" in search for search in searches} == {True, False}


def test_day_night_and_popularity_have_their_rhythm(world: Path) -> None:
    (heard,) = query(
        f"""
        with streams as (from '{world}/truth/marts/fct_streams.parquet'),
        swedes as (select hour(ended_at) as hour, count(*) as streams from streams
            where country = 'SE' group by hour),
        tracks as (select count(*) as streams from streams group by track_id)

        select
            (select sum(streams) from swedes where hour between 16 and 21),
            (select sum(streams) from swedes where hour between 0 and 4),
            (select max(streams) from tracks),
            (select avg(streams) from tracks),
        """
    )
    assert heard[0] > 3 * (heard[1] or 0)
    assert heard[2] > 5 * heard[3]


def test_the_truth_has_every_play_of_which_a_sound_copy_arrived(
    world: Path, records: list[dict[str, Any]]
) -> None:
    sound = set()
    for record in records:
        payload = record["data"]
        if (
            record["type"] == "track_played"
            and "id" in record
            and -timedelta(days=30) <= ahead(record) <= timedelta(hours=1)
            and record["dataschemaversion"] != "9.0"
            and isinstance(payload.get("user_id"), str)
            and payload.get("ms_played", -1) >= 30000
            and payload["reason_end"] != "bored"
            and len(payload["track_id"]) == 22
            and isinstance(payload.get("is_shuffle", payload.get("shuffle")), bool)
        ):
            sound.add(f"{record['source']}|{record['id']}")
    truth = query(f"select stream_id from '{world}/truth/marts/fct_streams.parquet'")
    assert len(truth) == len(sound)
    assert {stream for (stream,) in truth} == sound
