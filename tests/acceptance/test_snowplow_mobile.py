"""Real events of a mobile app, with the rows that their publisher expects of them.

Nobody here made this data: it tests another warehouse (see ../shared/data/README.md, which
also has the rules in words). The event contracts and models are in snowplow_mobile/.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import warehouses
from warehouses import Warehouse

pytestmark = pytest.mark.slow

FIXTURE = Path(__file__).parent / "snowplow_mobile"
Rows = list[dict[str, str]]
Make = Callable[[], Warehouse]

# Event type → the publisher's file, and its column with the time the collector had it.
FILES = {
    "mobile_event": ("snowplow_mobile_events.csv", "collector_tstamp"),
    "mobile_session": ("snowplow_mobile_client_session_context.csv", "root_tstamp"),
    "mobile_screen_view": ("snowplow_mobile_screen_view_context.csv", "root_tstamp"),
    "mobile_geolocation": ("snowplow_mobile_geolocation_context.csv", "root_tstamp"),
}
CONTEXTS = [event for event in FILES if event != "mobile_event"]
# Days on which to split: each part is a run, and the longest session spans all of them.
PARTS = ("2021-03-09", "2021-03-27")

# The publisher's column → ours. Identifiers are pseudonyms here: `clear` looks them up.
SCREEN_VIEWS = {
    "screen_view_id": "screen_view_id",
    "event_id": "event_id",
    "user_id": "clear(user_id)",
    "device_user_id": "clear(device_user_id)",
    "network_userid": "clear(network_userid)",
    "session_id": "session_id",
    "session_index::bigint": "session_index",
    "previous_session_id": "previous_session_id",
    "session_first_event_id": "session_first_event_id",
    "screen_view_in_session_index::bigint": "screen_view_in_session_index",
    "screen_views_in_session::bigint": "screen_views_in_session",
    "dvce_created_tstamp::timestamp": "device_created_at",
    "collector_tstamp::timestamp": "received_at",
    "derived_tstamp::timestamp": "occurred_at",
    "screen_view_name": "screen_view_name",
    "screen_view_transition_type": "screen_view_transition_type",
    "screen_view_type": "screen_view_type",
    "screen_view_previous_id": "screen_view_previous_id",
    "platform": "platform",
    "dvce_screenwidth::bigint": "dvce_screenwidth",
    "dvce_screenheight::bigint": "dvce_screenheight",
    "device_latitude::double": "device_latitude",
    "device_longitude::double": "device_longitude",
    "geo_country": "geo_country",
    "geo_city": "geo_city",
}
SESSIONS = {
    "session_id": "session_id",
    "session_index::bigint": "session_index",
    "previous_session_id": "previous_session_id",
    "start_tstamp::timestamp": "started_at",
    "end_tstamp::timestamp": "ended_at",
    "user_id": "clear(user_id)",
    "device_user_id": "clear(device_user_id)",
    "first_event_name": "first_event_name",
    "last_event_name": "last_event_name",
    "session_last_event_id": "last_event_id",
}


@pytest.fixture(scope="module")
def mobile(shared_data: Path) -> Path:
    """The publisher's files."""
    return shared_data / "snowplow_mobile"


@pytest.fixture(scope="module")
def declared(make_warehouse: Make) -> Warehouse:
    """A warehouse with the contracts and models, and nothing delivered."""
    made = make_warehouse()
    made.overlay(FIXTURE)
    made.sync()
    return made


@pytest.fixture(scope="module")
def at_once(
    declared: Warehouse, mobile: Path, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """All of it delivered as it is, and one run."""
    made = warehouses.copied(declared, tmp_path_factory.mktemp("at_once"))
    for event, (name, _) in FILES.items():
        made.land(event, name, (mobile / "source" / name).read_bytes())
    made.run()
    return made


def read(mobile: Path, event: str) -> Rows:
    with (mobile / "source" / FILES[event][0]).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def as_csv(rows: Rows) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
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


def test_all_77_screen_views_equal_the_publishers(at_once: Warehouse, mobile: Path) -> None:
    expected = mobile / "expected" / "snowplow_mobile_screen_views_expected.csv"
    assert at_once.query("select count(*) from marts.fct_screen_views") == [(77,)]
    assert differences(at_once, expected, "fct_screen_views", SCREEN_VIEWS) == []


def test_all_7_sessions_equal_the_publishers(at_once: Warehouse, mobile: Path) -> None:
    expected = mobile / "expected" / "snowplow_mobile_sessions_expected.csv"
    assert at_once.query("select count(*) from marts.fct_sessions") == [(7,)]
    assert differences(at_once, expected, "fct_sessions", SESSIONS) == []
    # The publisher says null where a session has none.
    views = {"session_id": "session_id", "coalesce(screen_views, '0')::bigint": "screen_views"}
    assert differences(at_once, expected, "fct_sessions", views) == []


def test_a_row_that_differs_is_found(at_once: Warehouse, mobile: Path) -> None:
    expected = mobile / "expected" / "snowplow_mobile_sessions_expected.csv"
    swapped = {"start_tstamp::timestamp": "ended_at"}
    assert len(differences(at_once, expected, "fct_sessions", swapped)) == 14


def count_by_case(shop: Warehouse, relation: str) -> dict[str, int]:
    """Rows of a relation with a user_id, by the edge case that it names."""
    return dict(
        shop.query(
            f"select value, count(*) from {relation} as rows"
            " inner join keys.identifiers on pseudonym = rows.user_id group by value"
        )
    )


def test_duplicates_of_an_event_keep_the_copy_the_collector_had_first(at_once: Warehouse) -> None:
    copies = at_once.query(
        "select received_at::varchar, is_valid, is_first_valid_copy"
        " from staging.base_mobile_event where event_id like '3cfe1cd4-%' order by 1"
    )
    assert copies == [
        ("2021-03-26 10:50:55.286", True, True),
        ("2021-03-26 10:50:55.461", True, False),
    ]
    assert at_once.query(
        "select received_at::varchar from staging.stg_mobile_event where event_id like '3cfe1cd4-%'"
    ) == [("2021-03-26 10:50:55.286",)]
    case = "dupe: event_id different collector_tstamp"
    assert count_by_case(at_once, "staging.base_mobile_event")[case] == 45
    assert count_by_case(at_once, "staging.stg_mobile_event")[case] == 44


def test_a_screen_view_sent_with_three_events_is_that_of_the_earliest(at_once: Warehouse) -> None:
    screen = "691e7790-808a-4bfe-b7dd-5c888adaf020"
    sent = at_once.query(
        "select events.event_id[:8], events.occurred_at::varchar"
        " from staging.stg_mobile_event as events"
        " inner join staging.stg_mobile_screen_view as screens on events.event_id = screens.root_id"
        f" and events.received_at = screens.received_at where screens.id = '{screen}' order by 1"
    )
    assert sent == [
        ("3cfe1cd4", "2021-03-26 10:50:51.526"),
        ("db9754bb", "2021-03-26 10:50:51.526"),
        ("dc688d69", "2021-03-26 10:50:46.672"),
    ]
    assert at_once.query(
        f"select event_id[:8] from marts.fct_screen_views where screen_view_id = '{screen}'"
    ) == [("dc688d69",)]


def test_events_sent_three_days_late_are_quarantined_for_their_time(
    at_once: Warehouse, mobile: Path
) -> None:
    late = "late arriving: device created/sent >3 days"
    found = at_once.query(
        "select json_extract_string(raw.record, '$.user_id'), quarantined.violations, count(*)"
        " from staging.quarantine_mobile as quarantined inner join raw.mobile_event as raw"
        " on quarantined._file_id = raw._file_id and quarantined._line = raw._line group by all"
    )
    assert found == [(late, ["envelope.occurred_at"], 3)]
    assert late not in count_by_case(at_once, "staging.stg_mobile_event")
    # All of quarantine: nothing else in these files breaks its contract.
    assert at_once.query("select count(*) from staging.quarantine_mobile") == [(3,)]


def test_a_long_session_ends_three_days_after_its_start(at_once: Warehouse) -> None:
    assert count_by_case(at_once, "staging.stg_mobile_event")["long session"] == 34
    assert count_by_case(at_once, "intermediate.int_mobile_events")["long session"] == 3
    assert at_once.query(
        "select ended_at - started_at < interval 3 day, screen_views from marts.fct_sessions"
        " where session_id like 'ce997048-%'"
    ) == [(True, 2)]


def test_cases_named_after_nulls_that_their_rows_do_not_have_are_kept(at_once: Warehouse) -> None:
    """The publisher's own models made those nulls; in the files the ids are there."""
    kept = count_by_case(at_once, "intermediate.int_mobile_events")
    assert {case: rows for case, rows in kept.items() if case.startswith("NULL")} == {
        "NULL session_id": 2,
        "NULL screen_view_id": 4,
        "NULL domain_userid": 5,
    }


def test_contexts_that_do_lack_their_id_are_quarantined_by_name(
    at_once: Warehouse, mobile: Path, tmp_path: Path
) -> None:
    """The events called so once more, under new ids, now with the nulls."""
    shop = warehouses.copied(at_once, tmp_path)
    before = counts(shop)
    cases = {"NULL session_id": "session_id", "NULL screen_view_id": "id"}
    events = [row for row in read(mobile, "mobile_event") if row["user_id"] in cases]
    emptied = {row["event_id"]: cases[row["user_id"]] for row in events}
    for event in FILES:
        rows = events if event == "mobile_event" else read(mobile, event)
        key = "event_id" if event == "mobile_event" else "root_id"
        again = []
        for row in rows:
            if row[key] in emptied:
                empty = emptied[row[key]]
                nulled = {empty: ""} if empty in row and event != "mobile_event" else {}
                again.append(row | {key: f"again-{row[key]}"} | nulled)
        shop.land(event, "nulls.csv", as_csv(again))
    shop.run()
    found = shop.query(
        "select event_type, violations, count(*) from staging.quarantine_mobile"
        " where _file like '%nulls.csv' group by all order by 1"
    )
    assert found == [
        ("mobile_screen_view", ["id.required"], 3),
        ("mobile_session", ["session_id.required"], 2),
    ]
    after = counts(shop)
    # Without a session nothing of an event is left; without a screen view, its session is.
    assert after["stg_mobile_event"] - before["stg_mobile_event"] == 6
    assert after["int_mobile_events"] - before["int_mobile_events"] == 4
    assert after["fct_screen_views"] == before["fct_screen_views"]
    assert after["fct_sessions"] == before["fct_sessions"]


RELATIONS = (
    *(f"staging.stg_{event}" for event in FILES),
    "intermediate.int_mobile_events",
    "marts.fct_screen_views",
    "marts.fct_sessions",
)


def counts(shop: Warehouse) -> dict[str, int]:
    return {
        relation.split(".")[1]: int(shop.query(f"select count(*) from {relation}")[0][0])
        for relation in RELATIONS
    }


def contents(shop: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of staging, marts and quarantine, which names files that differ by delivery."""
    found = {relation: sorted(shop.query(f"from {relation}"), key=repr) for relation in RELATIONS}
    found["quarantine"] = sorted(
        shop.query("select event_type, received_at, violations from staging.quarantine_mobile"),
        key=repr,
    )
    return found


def part_of(day: str) -> int:
    return sum(day >= first for first in PARTS)


def land_day(shop: Warehouse, mobile: Path, event: str, days: Sequence[str]) -> None:
    """Delivers one file per day; a day without rows has none."""
    column = FILES[event][1]
    rows = read(mobile, event)
    for day in days:
        of_day = [row for row in rows if row[column].startswith(day)]
        if of_day:
            shop.land(event, f"{day}.csv", as_csv(of_day))


def days_by_part(mobile: Path) -> list[list[str]]:
    days = sorted({row["collector_tstamp"][:10] for row in read(mobile, "mobile_event")})
    assert len(days) == 35
    assert all(first < second for first, second in pairwise(days))
    return [[day for day in days if part_of(day) == part] for part in range(len(PARTS) + 1)]


def with_keys_of(at_once: Warehouse, declared: Warehouse, parent: Path) -> Warehouse:
    """A new warehouse that gives everybody the pseudonym they have in the other one."""
    shop = warehouses.copied(declared, parent)
    shutil.copy(at_once.root / "warehouse" / "keys.duckdb", shop.root / "warehouse")
    return shop


def test_day_by_day_gives_the_rows_that_all_at_once_gives(
    at_once: Warehouse, declared: Warehouse, mobile: Path, tmp_path: Path
) -> None:
    shop = with_keys_of(at_once, declared, tmp_path)
    for days in days_by_part(mobile):
        for event in FILES:
            land_day(shop, mobile, event, days)
        shop.run()
    assert contents(shop) == contents(at_once)


def test_the_days_in_reverse_with_late_contexts_give_the_same_rows(
    at_once: Warehouse, declared: Warehouse, mobile: Path, tmp_path: Path
) -> None:
    shop = with_keys_of(at_once, declared, tmp_path)
    parts = days_by_part(mobile)[::-1]
    early: list[str] = []
    for number, days in enumerate(parts):
        land_day(shop, mobile, "mobile_event", days)
        is_last = number == len(parts) - 1
        for event in CONTEXTS:  # those of a day come one run after its events
            land_day(shop, mobile, event, [*early, *(days if is_last else ())])
        early = days
        shop.run()
        if not is_last:
            assert contents(shop) != contents(at_once)
    assert contents(shop) == contents(at_once)
