"""Real events of media players, with the rows that their publisher expects of them.

Nobody here made this data: it tests another warehouse (see ../shared/data/README.md, which
also has the rules in words). The event contracts and models are in snowplow_media/. Each web
event has several contexts, which come as files of one type each, or all in one.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import warehouses
from warehouses import Warehouse

pytestmark = pytest.mark.slow

FIXTURE = Path(__file__).parent / "snowplow_media"
Rows = list[dict[str, str]]
Make = Callable[[], Warehouse]

# Event type → the publisher's file.
EVENTS = ("web_event", "snowplow_media_player_events.csv")
CONTEXTS = {
    "media_player": "snowplow_media_player_context.csv",
    "media_player_event": "snowplow_media_player_event_context.csv",
    "youtube": "snowplow_youtube_context.csv",
    "media_element": "snowplow_html5_media_element_context.csv",
    "video_element": "snowplow_html5_video_element_context.csv",
}
# What the publisher's last incremental run left out of three plays: page view → its last event.
CUT_OFF = {
    "16b7a187-0437-4573-8fbb-e6d9cf1ac171": "2022-01-19 07:14:59.459",
    "1a2238b8-0abe-4b5e-9d8a-dc8fc1b2a7d6": "2022-01-20 19:03:59.245",
    "8b6256d5-d842-43db-8009-b9f5cf2f92c8": "2022-01-20 17:03:45.324",
}
SPLIT = "2022-01-19 12:00:00"

# The publisher's column → ours. Identifiers are pseudonyms here: `clear` looks them up.
PLAYS = {
    "play_id": "play_id",
    "page_view_id": "page_view_id",
    "media_id": "media_id",
    "media_label": "media_label",
    "domain_sessionid": "domain_sessionid",
    "domain_userid": "clear(domain_userid)",
    "duration::double": "duration",
    "media_type": "media_type",
    "media_player_type": "media_player_type",
    "page_referrer": "page_referrer",
    "page_url": "page_url",
    "source_url": "source_url",
    "geo_region_name": "geo_region_name",
    "br_name": "br_name",
    "dvce_type": "dvce_type",
    "os_name": "os_name",
    "os_timezone": "os_timezone",
    "start_tstamp::timestamp": "started_at",
    "end_tstamp::timestamp": "ended_at",
    "play_time_sec::bigint": "play_time_sec",
    "play_time_sec_muted::bigint": "play_time_sec_muted",
    "is_played::boolean": "is_played",
    "is_valid_play::boolean": "is_valid_play",
    "is_complete_play::boolean": "is_complete_play",
    "round(avg_playback_rate::double, 12)": "round(avg_playback_rate, 12)",
    "retention_rate::double": "retention_rate",
    "seeks::bigint": "seeks",
    "percent_progress_reached": "percent_progress_reached",
}
MEDIA = {
    "media_id": "media_id",
    "media_label": "media_label",
    "duration::double": "duration",
    "media_type": "media_type",
    "media_player_type": "media_player_type",
    "round(play_time_min::double, 12)": "round(play_time_min, 12)",
    "round(avg_play_time_min::double, 12)": "round(avg_play_time_min, 12)",
    "first_play::timestamp": "first_play_at",
    "last_play::timestamp": "last_play_at",
    "plays::bigint": "plays",
    "valid_plays::bigint": "valid_plays",
    "complete_plays::bigint": "complete_plays",
    "impressions::bigint": "impressions",
    "round(avg_playback_rate::double, 12)": "round(avg_playback_rate, 12)",
    "round(play_rate::double, 12)": "round(play_rate, 12)",
    "round(completion_rate_by_plays::double, 12)": "round(completion_rate_by_plays, 12)",
    "round(avg_percent_played::double, 12)": "round(avg_percent_played, 12)",
    "round(avg_retention_rate::double, 12)": "round(avg_retention_rate, 12)",
    **{
        f"_{mark}_percent_reached::bigint": f"reached_{mark}_percent"
        for mark in (10, 25, 50, 75, 100)
    },
}
RELATIONS = (
    "staging.stg_web_event",
    *(f"staging.stg_{event}" for event in CONTEXTS),
    "intermediate.int_media_events",
    "marts.fct_plays",
    "marts.fct_media",
)


@pytest.fixture(scope="module")
def media(shared_data: Path) -> Path:
    """The publisher's files."""
    return shared_data / "snowplow_media"


@pytest.fixture(scope="module")
def declared(make_warehouse: Make) -> Warehouse:
    """A warehouse with the contracts and models, and nothing delivered."""
    made = make_warehouse()
    made.overlay(FIXTURE)
    made.sync()
    return made


@pytest.fixture(scope="module")
def at_once(
    declared: Warehouse, media: Path, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """All of it delivered as it is, each file into the folder of its type, and one run."""
    made = warehouses.copied(declared, tmp_path_factory.mktemp("at_once"))
    for event, name in (EVENTS, *CONTEXTS.items()):
        made.land(event, name, (media / "source" / name).read_bytes())
    made.run()
    return made


def read(media: Path, name: str) -> Rows:
    with (media / "source" / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def as_csv(rows: Rows) -> str:
    """Rows of one or several types, which together have these columns."""
    text = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def differences(
    shop: Warehouse, expected: Path, mart: str, columns: Mapping[str, str]
) -> list[tuple[Any, ...]]:
    """Rows of the publisher's file that the mart lacks, and rows it has besides."""
    with shop.reading("warehouse") as con:
        con.execute(f"attach '{shop.root}/warehouse/keys.duckdb' as keys (read_only)")
        con.execute("create temp table known as select * from keys.identifiers")
        con.execute("create temp macro clear(id) as (select value from known where pseudonym = id)")
        theirs = f"select {', '.join(columns)} from read_csv('{expected}', all_varchar = true)"
        ours = f"select {', '.join(columns.values())} from marts.{mart}"
        return con.execute(
            f"select 'missing' as side, * from (({theirs}) except all ({ours}))"
            f" union all select 'besides', * from (({ours}) except all ({theirs}))"
        ).fetchall()


def plays_expected(media: Path) -> Path:
    return media / "expected" / "bigquery" / "snowplow_media_player_base_expected.csv"


def media_expected(media: Path) -> Path:
    return media / "expected" / "bigquery" / "snowplow_media_player_media_stats_expected.csv"


def contents(shop: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of staging and marts; floats, which are summed in any order, to nine places."""
    return {
        relation: sorted(
            (
                tuple(round(value, 9) if isinstance(value, float) else value for value in row)
                for row in shop.query(f"from {relation}")
            ),
            key=repr,
        )
        for relation in RELATIONS
    }


def without(columns: Mapping[str, str], *names: str) -> dict[str, str]:
    return {theirs: ours for theirs, ours in columns.items() if ours not in names}


def test_44_plays_and_3_media_but_for_what_the_publisher_cut_off(
    at_once: Warehouse, media: Path
) -> None:
    assert at_once.query("select count(*) from marts.fct_plays") == [(44,)]
    assert at_once.query("select count(*) from marts.fct_media") == [(3,)]
    found = differences(at_once, plays_expected(media), "fct_plays", PLAYS)
    assert sorted(row[2] for row in found) == sorted([*CUT_OFF, *CUT_OFF])
    same = without(PLAYS, "ended_at", "seeks", "is_played", "round(avg_playback_rate, 12)")
    assert differences(at_once, plays_expected(media), "fct_plays", same) == []
    of_plays = [ours for ours in MEDIA.values() if "play" in ours and "reached" not in ours]
    same = without(MEDIA, "round(avg_retention_rate, 12)", *of_plays)
    assert differences(at_once, media_expected(media), "fct_media", same) == []


def test_what_breaks_its_contract_is_rows_without_anything_in_them(
    at_once: Warehouse, media: Path
) -> None:
    blank = sum(not row["root_id"] for row in read(media, CONTEXTS["youtube"]))
    assert blank == 85
    assert at_once.query(
        "select event_type, list_contains(violations, 'root_id.required'), count(*)"
        " from staging.quarantine_media group by all"
    ) == [("youtube", True, blank)]
    assert at_once.query("from raw.unparsed") == at_once.query("from raw.undeclared") == []


def test_each_web_event_has_the_contexts_of_its_id(at_once: Warehouse) -> None:
    counts = dict(
        at_once.query(
            "select contexts, count(*) from (select events.event_id, count(*) as contexts"
            " from staging.stg_web_event as events inner join ("
            + " union all ".join(
                f"select root_id, received_at from staging.stg_{event}" for event in CONTEXTS
            )
            + ") as contexts on events.event_id = contexts.root_id"
            " and events.received_at = contexts.received_at group by all) group by all"
        )
    )
    # Two that all have, then one of YouTube or two of HTML5.
    assert sum(counts.values()) == 248
    assert set(counts) == {3, 4}
    # Most contexts belong to no event of these files, and join nothing.
    assert at_once.query("select count(*) from staging.stg_media_player") == [(867,)]
    assert at_once.query("select count(*) from intermediate.int_media_events") == [(248,)]


def part_of(row: dict[str, str], cut_off: Collection[str]) -> int:
    """In which run a row comes: before or after SPLIT, or what the publisher cut off."""
    key, at = ("root_id", "root_tstamp") if "root_id" in row else ("event_id", "collector_tstamp")
    return 2 if row[key] in cut_off else int(row[at] >= SPLIT)


def cut_off_in(events: Sequence[dict[str, str]]) -> set[str]:
    page = "contexts_com_snowplowanalytics_snowplow_web_page_1_0_0"
    return {
        row["event_id"]
        for row in events
        for view, last in CUT_OFF.items()
        if view in row[page] and row["derived_tstamp"] > last
    }


def test_three_runs_of_mixed_files_give_the_publishers_rows_and_then_all(
    at_once: Warehouse, declared: Warehouse, media: Path, tmp_path: Path
) -> None:
    shop = warehouses.copied(declared, tmp_path)
    shutil.copy(at_once.root / "warehouse" / "keys.duckdb", shop.root / "warehouse")
    events = read(media, EVENTS[1])
    contexts = [row for name in CONTEXTS.values() for row in read(media, name)]
    contexts.sort(key=lambda row: (row["root_tstamp"], row["root_id"]))  # the types by turns
    cut_off = cut_off_in(events)
    assert len(cut_off) == 10

    def land(part: int) -> None:
        shop.land("web_event", f"{part}.csv", as_csv(
            [row for row in events if part_of(row, cut_off) == part]
        ))  # fmt: skip
        shop.land("_mixed", f"collector/{part}.csv", as_csv(
            [row for row in contexts if part_of(row, cut_off) == part]
        ))  # fmt: skip

    # At first nobody has declared youtube, and what is built from it is not there yet.
    youtube = shop.root / "contracts" / "media" / "youtube.v1.yml"
    later = youtube.read_text()
    youtube.unlink()
    shutil.move(shop.root / "models" / "intermediate", tmp_path)
    shutil.move(shop.root / "models" / "marts", tmp_path)
    shop.sync()
    land(0)
    said = shop.run()
    assert "undeclared: " in said.err
    assert "records of youtube in raw.undeclared\n  hint: declare it" in said.err
    ((waiting,),) = shop.query("select countif(event_type = 'youtube') from raw.undeclared")
    looked = shop.headwater("status").out
    assert f"undeclared   youtube: {waiting} records of 1 file in raw.undeclared since" in looked

    youtube.write_text(later)
    shutil.move(tmp_path / "intermediate", shop.root / "models")
    shutil.move(tmp_path / "marts", shop.root / "models")
    shop.sync()
    land(1)
    said = shop.run()
    assert f"youtube: {waiting} records that waited in raw.undeclared loaded\n" in said.err
    # What names no type waits on, whoever declares what.
    assert shop.query("select shown_as, count(*) from raw.undeclared group by 1") == [
        ("(no type)", 85)
    ]
    assert differences(shop, plays_expected(media), "fct_plays", PLAYS) == []
    assert differences(shop, media_expected(media), "fct_media", MEDIA) == []

    land(2)
    shop.run()
    assert contents(shop) == contents(at_once)
    assert "nothing: everything is up to date" in shop.run().out


def test_a_row_that_differs_is_found(at_once: Warehouse, media: Path) -> None:
    swapped = {"start_tstamp::timestamp": "ended_at"}
    assert len(differences(at_once, plays_expected(media), "fct_plays", swapped)) > 44
