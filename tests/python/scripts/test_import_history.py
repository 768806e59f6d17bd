"""scripts/import-history: a made-up export becomes records that the event contract accepts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headwater.contracts import read

TRACK = "3kQvPz8LwTnYb5RmXc2HdJ"
HEARD: dict[str, Any] = {
    "ts": "2019-03-01T10:03:33Z",
    "username": "someone",
    "platform": "Android OS 9 API 28 (samsung, SM-G960F)",
    "ms_played": 213573,
    "conn_country": "SE",
    "ip_addr": "203.0.113.9",
    "ip_addr_decrypted": "203.0.113.9",
    "user_agent_decrypted": "secret agent",
    "city": "Ystad",
    "master_metadata_track_name": 'The "Northern"\nFerry',
    "master_metadata_album_artist_name": "Lamplighters",
    "master_metadata_album_album_name": "Harbour Songs",
    "spotify_track_uri": f"spotify:track:{TRACK}",
    "spotify_episode_uri": None,
    "reason_start": "clickrow",
    "reason_end": "trackdone",
    "shuffle": False,
    "skipped": None,
    "offline": False,
    "offline_timestamp": 1551434613,
    "incognito_mode": False,
}
PODCAST = {
    **HEARD,
    "spotify_track_uri": None,
    "master_metadata_track_name": None,
    "spotify_episode_uri": "spotify:episode:7makk4oTQel546B0PZlDM5",
}
PLATFORMS = {
    "Android OS 9 API 28 (samsung, SM-G960F)": "android",
    "android": "android",
    "iOS 13.3 (iPhone11,8)": "ios",
    "ios": "ios",
    "OS X 10.15.2 [x86 8]": "desktop",
    "Windows 10 (10.0.18363; x64)": "desktop",
    "Linux [x86-64 0]": "desktop",
    "web_player windows 10;chrome 83.0.4103.97;desktop": "web",
    "WebPlayer (websocket RFC6455)": "web",
    "Partner google cast_tv;Chromecast;;": "speaker",
    "Partner android_tv Sony;BRAVIA 4K;;tpapi": "speaker",
    "Partner sonos_ppc Sonos;Play1": "speaker",
    "sonos": "speaker",
    "not_applicable": "speaker",
    "": "speaker",
}


def run(
    folder: Path, export: object, *arguments: str, code: int = 0
) -> tuple[list[dict[str, Any]], str]:
    """The records that an export becomes, and what the script said."""
    file = folder / "export" / "Streaming_History_Audio_2019_0.json"
    file.parent.mkdir(exist_ok=True)
    text = export if isinstance(export, str) else json.dumps(export)
    file.write_text(text, encoding="utf-8")
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, root / "scripts" / "import_history.py", str(file.parent), *arguments],
        env={**os.environ, "HEADWATER_LANDING": str(folder / "landing")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    target = folder / "landing" / "track_played" / "own-history.ndjson"
    lines = target.read_text(encoding="utf-8").splitlines() if target.exists() else []
    return [json.loads(line) for line in lines], done.stderr


def test_a_row_becomes_a_record_of_the_event_contract(tmp_path: Path, repository: Path) -> None:
    ((record,), _) = run(tmp_path, [HEARD])
    contract = next(
        each for each in read(repository) if each.event == "track_played" and each.latest
    )
    assert record["dataschemaversion"] == contract.version
    assert record["time"] == record["receivedtime"] == "2019-03-01T10:03:33.000Z"
    data = record["data"]
    assert set(data) == {path[0] for path, _ in contract.payload.walk()}
    assert data["track_name"] == HEARD["master_metadata_track_name"]
    assert (data["user_id"], data["track_id"], data["artist_ids"]) == ("someone", TRACK, [])
    assert data["skipped"] is None
    assert data["offline_timestamp"] is None


def test_no_address_no_place_and_no_device_are_copied(tmp_path: Path) -> None:
    (records, said) = run(tmp_path, [HEARD])
    for private in ("203.0.113.9", "secret agent", "Ystad", "SM-G960F"):
        assert private in json.dumps(HEARD)
        assert private not in json.dumps(records) + said


def test_every_way_to_name_a_client_becomes_a_kind_of_client(tmp_path: Path) -> None:
    export = [
        {**HEARD, "platform": platform, "ms_played": number}
        for number, platform in enumerate(PLATFORMS)
    ]
    records, said = run(tmp_path, export)
    found = {each["data"]["ms_played"]: each["data"]["platform"] for each in records}
    assert dict(zip(PLATFORMS, (found[n] for n in range(len(PLATFORMS))), strict=True)) == PLATFORMS
    assert "2  plays whose platform says nothing, taken as speaker" in said


def test_what_the_contract_lacks_is_put_in_its_words(tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"reason_start": "clickside"}, {"reason_start": "unknown"}),
        ({"reason_start": ""}, {"reason_start": "unknown"}),
        ({"reason_start": None}, {"reason_start": "unknown"}),
        ({"reason_end": "popup"}, {"reason_end": "unknown"}),
        ({"reason_end": "unexpected-exit-while-paused"}, {"reason_end": "unexpected-exit"}),
        ({"conn_country": "ZZ"}, {"conn_country": None}),
        ({"conn_country": None}, {"conn_country": None}),
        ({"skipped": True}, {"skipped": True}),
        ({"shuffle": None}, {"shuffle": False}),
        ({"username": None}, {"user_id": "me"}),
        ({"offline": True}, {"offline_timestamp": 1551434613000}),
        (
            {"offline": True, "offline_timestamp": 1551434613123},
            {"offline_timestamp": 1551434613123},
        ),
        ({"offline": True, "offline_timestamp": 0}, {"offline_timestamp": None}),
    ]
    records, _ = run(
        tmp_path, [{**HEARD, **given, "ms_played": n} for n, (given, _) in enumerate(cases)]
    )
    found = {each["data"]["ms_played"]: each["data"] for each in records}
    for number, (given, expected) in enumerate(cases):
        assert {name: found[number][name] for name in expected} == expected, given


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    no_track = {**PODCAST, "spotify_episode_uri": None}
    no_time = {**HEARD, "ts": "yesterday"}
    records, said = run(tmp_path, [HEARD, HEARD, PODCAST, PODCAST, no_track, no_time])
    assert len(records) == 1
    for line in (
        "1  plays",
        "2  podcasts and audiobooks left out",
        "1  rows without a track left out",
        "1  rows without a time left out",
        "1  rows that repeat another",
    ):
        assert f" {line}\n" in said


def test_a_stretch_of_use_ends_after_thirty_minutes_of_silence(tmp_path: Path) -> None:
    ends = ["10:03:33", "10:33:33", "10:40:00", "11:13:34"]
    export = [{**HEARD, "ts": f"2019-03-01T{end}Z", "ms_played": 1000} for end in ends]
    records, _ = run(tmp_path, export)
    first, second, third, fourth = (each["data"]["session_id"] for each in records)
    assert first == second == third != fourth


def test_an_export_that_grew_gives_its_plays_the_same_ids(tmp_path: Path) -> None:
    before, _ = run(tmp_path, [HEARD])
    after, _ = run(tmp_path, [{**HEARD, "ts": "2019-02-01T10:00:00Z"}, HEARD])
    assert after[1] == before[0]


@pytest.mark.parametrize("text", ['[{"ts": "2019', '"Harbour Songs"', "Harbour Songs"])
def test_a_file_that_is_no_export_is_refused_without_its_text(tmp_path: Path, text: str) -> None:
    records, said = run(tmp_path, text, code=1)
    assert records == []
    assert "hint:" in said
    assert "Harbour" not in said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("landing/**/*.tmp"))


def test_a_folder_without_an_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    _, said = run(tmp_path, [], str(tmp_path / "empty"), code=1)
    assert f"{tmp_path / 'empty'}: no Streaming_History_Audio*.json there" in said
