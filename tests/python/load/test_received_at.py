"""When a record was received: as it says, else as its file says, else now."""

from __future__ import annotations

import pytest

from headwater.load.files import hour_in_path
from load.conftest import Landing


def received(landing: Landing) -> list[tuple[str, str]]:
    rows = landing.raw("received_at::varchar, _received_from")
    return [(str(at), str(how)) for at, how in rows]


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ('"2026-01-31T07:30:00Z"', "2026-01-31 07:30:00"),
        ('"2026-01-31T07:30:00.123456789Z"', "2026-01-31 07:30:00.123456"),
        ('"2026-01-31T07:30:00+02:00"', "2026-01-31 05:30:00"),
        ('"2026-01-31 07:30:00"', "2026-01-31 07:30:00"),
        ('"2026-02-01T13:00:00Z"', "2026-02-01 13:00:00"),
    ],
)
def test_a_time_in_the_record_counts(landing: Landing, said: str, at: str) -> None:
    landing.drop("a.ndjson", f'{{"receivedtime":{said}}}')
    landing.load()
    assert received(landing) == [(at, "record")]


@pytest.mark.parametrize(
    "said",
    [
        '"yesterday"',
        '"2026-01-31"',
        '"2026-02-30T00:00:00Z"',
        '"2026-02-01T13:00:01Z"',  # more than an hour ahead
        '"2099-01-01T00:00:00Z"',
        '"1969-12-31T23:59:59Z"',
        '"9999-12-31T23:59:59-23:00"',
        "20260131",
        "null",
        "{}",
    ],
)
def test_without_a_usable_time_the_file_s_counts(landing: Landing, said: str) -> None:
    landing.drop("hour=2026-01-31T07/a.ndjson", f'{{"receivedtime":{said}}}\n{{}}\n7')
    landing.load()
    assert received(landing) == [("2026-01-31 07:00:00", "fallback")] * 3


def test_a_contract_that_maps_none_takes_the_file_s(landing: Landing) -> None:
    landing.envelope(received_at=None)
    landing.drop("a.ndjson", '{"receivedtime":"2026-01-31T07:30:00Z"}')
    landing.load()
    assert received(landing) == [("2026-02-01 12:00:00", "file")]


def test_the_manifest_s_hour_counts_where_the_path_names_none(landing: Landing) -> None:
    landing.envelope(received_at=None)
    plain = landing.drop("a.ndjson", "{}")
    landing.manifest(plain, hour="2026-01-30T23:00:00+01:00")
    both = landing.drop("2026/01/31/07/b.ndjson", "[]")
    landing.manifest(both, hour="2026-01-30T22:00:00Z")
    landing.load()
    assert [at for at, _ in received(landing)] == ["2026-01-31 07:00:00", "2026-01-30 22:00:00"]


@pytest.mark.parametrize(
    ("unit", "said", "at"),
    [
        ("seconds", "1769844600", "2026-01-31 07:30:00"),
        ("milliseconds", "1769844600123", "2026-01-31 07:30:00.123"),
        ("microseconds", "1769844600123456", "2026-01-31 07:30:00.123456"),
        ("seconds", '"1769844600"', "2026-01-31 07:30:00"),
        ("seconds", "1769844600.5", "2026-01-31 07:30:00.5"),
    ],
)
def test_epochs_are_read_in_the_declared_unit(
    landing: Landing, unit: str, said: str, at: str
) -> None:
    landing.envelope(received_at_unit=unit)
    landing.drop("a.ndjson", f'{{"receivedtime":{said}}}\n{{"receivedtime":1e300}}')
    landing.load()
    assert received(landing) == [(at, "record"), ("2026-02-01 12:00:00", "fallback")]


def test_a_nested_path_with_odd_names_is_followed(landing: Landing) -> None:
    landing.envelope(received_at=("a/b", "it's ~1"))
    landing.drop("a.ndjson", '{"a/b":{"it\'s ~1":"2026-01-31T07:30:00Z"}}')
    landing.load()
    assert received(landing) == [("2026-01-31 07:30:00", "record")]


@pytest.mark.parametrize(
    ("path", "hour"),
    [
        ("noted/date=2026-01-31/hour=07/a.csv", "2026-01-31 07:00:00"),
        ("noted/x/hour=2026-01-31T07/a.csv", "2026-01-31 07:00:00"),
        ("noted/2026/01/31/07/a.csv", "2026-01-31 07:00:00"),
        ("noted/2026/01/31/07.csv", None),
        ("noted/date=2026-01-31/hour=24/a.csv", None),
        ("noted/date=2026-02-30/hour=07/a.csv", None),
        ("noted/date=2026-01-31/a.csv", None),
    ],
)
def test_the_hour_of_a_path(path: str, hour: str | None) -> None:
    found = hour_in_path(path)
    assert (None if found is None else str(found)) == hour
