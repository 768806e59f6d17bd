"""Files of many event types, and types that no contract declares: routed by SQL, none lost."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from headwater.contracts.model import EventContract
from headwater.database import DuckDB
from headwater.load import write
from headwater.load.duckdb_target import DuckDBTarget
from headwater.load.release import Waiting
from headwater.load.routes import MIXED
from load.conftest import CONTRACT, Landing, sha256_of

ROW = "received_at, record, _format, _file, _file_id, _line, _received_from"


def contract(event: str, **envelope: Any) -> EventContract:
    return replace(CONTRACT, event=event, envelope=replace(CONTRACT.envelope, **envelope))


def said(event: str | None, number: int = 0, **more: Any) -> str:
    return json.dumps({"type": event, "id": number} | more)


def lines(*records: str) -> str:
    return "".join(f"{record}\n" for record in records)


def waiting(landing: Landing, columns: str = "event_type, shown_as, _line") -> list[Any]:
    return landing.rows(f"select {columns} from raw.undeclared order by _file, _line")


def routed(landing: Landing) -> list[Any]:
    return landing.rows(
        "select event_type, is_declared, sum(row_count)::int from ops.routed"
        " group by all order by all"
    )


@pytest.fixture
def two(landing: Landing) -> Landing:
    """With two declared event types, `noted` and `paid`."""
    landing.contracts = (CONTRACT, contract("paid"))
    return landing


def test_each_line_goes_where_its_type_says(two: Landing) -> None:
    two.drop(
        "collector/a.ndjson",
        lines(said("noted", 1), said("paid", 2), said("unheard_of", 3), "bad", said("noted", 5)),
        event=MIXED,
    )
    result = two.load()
    assert two.raw("_line, record") == [(1, said("noted", 1)), (5, said("noted", 5))]
    assert two.raw("_line, record", event="paid") == [(2, said("paid", 2))]
    assert waiting(two) == [("unheard_of", "unheard_of", 3)]
    assert two.unparsed("event_type, _line, reason") == [("_mixed", 4, "not JSON")]
    assert two.files("event_type, path, records, loaded, unparsed") == [
        ("_mixed", "_mixed/collector/a.ndjson", 5, 4, 1)
    ]
    assert routed(two) == [("noted", True, 2), ("paid", True, 1), ("unheard_of", False, 1)]
    assert list(result.lines()) == [
        "_mixed: 1 file, 4 records, noted 2, paid 1, 1 unparsed (not JSON 1)",
        "undeclared: 1 record of unheard_of in raw.undeclared\n"
        "  hint: declare it, and they load: headwater new unheard_of --from undeclared",
    ]


def test_without_any_contract_everything_waits(landing: Landing) -> None:
    landing.contracts = ()
    landing.drop("a.ndjson", lines(said("a"), said("b"), said("a"), "7", "{}"), event=MIXED)
    assert landing.load().loaded == 5
    assert routed(landing) == [("(no type)", False, 2), ("a", False, 2), ("b", False, 1)]


def test_each_contract_may_say_the_type_elsewhere(landing: Landing) -> None:
    landing.contracts = (
        CONTRACT,
        contract("paid", event_type=("meta", "kind's /~")),
        contract("seen", event_type=None),
    )
    at = {"meta": {"kind's /~": "paid"}}
    landing.drop(
        "a.ndjson",
        lines(
            said("noted"),
            json.dumps(at),
            said("unheard_of", **at),  # the declared one counts
            said("noted", **at),  # two declared ones
            said("paid"),  # but not where paid says it
            said("seen"),  # which says it nowhere
            json.dumps({"type": ["noted"]}),
            json.dumps({"type": 5, "meta": 7}),
        ),
        event=MIXED,
    )
    text = "\n".join(landing.load().lines())
    assert landing.raw("_line") == [(1,)]
    assert landing.raw("_line", event="paid") == [(2,), (3,)]
    assert landing.raw("_line", event="seen") == []
    assert waiting(landing) == [
        (None, "(several types)", 4),
        ("paid", "paid", 5),
        ("seen", "seen", 6),
        (None, "(no type)", 7),
        (None, "(no type)", 8),
    ]
    assert "1 record of paid in raw.undeclared\n  hint: its contract looks for the type" in text
    assert "1 record of (several types) in raw.undeclared\n  hint: each names two" in text


def test_a_contract_may_say_what_its_records_are_called(landing: Landing) -> None:
    landing.contracts = (
        CONTRACT,
        contract("paid", called=("com.example.paid.v1", "Paid: \u20ac 1-5 /x")),
        contract("seen", event_type=("kind",), called=("noted",)),
    )
    landing.drop(
        "a.ndjson",
        lines(
            said("com.example.paid.v1"),
            said("Paid: \u20ac 1-5 /x"),
            said("paid"),  # which it is not called
            said("com.example.Seen_1"),
            json.dumps({"kind": "noted"}),
            said("noted"),
            said("noted", kind="noted"),
        ),
        event=MIXED,
    )
    text = "\n".join(landing.load().lines())
    assert landing.raw("_line", event="paid") == [(1,), (2,)]
    assert landing.raw("_line", event="seen") == [(5,)]
    assert landing.raw("_line") == [(6,)]
    assert waiting(landing) == [
        ("paid", "paid", 3),
        ("com.example.Seen_1", "com.example.Seen_1", 4),
        (None, "(several types)", 7),
    ]
    assert "hint: declare an event whose envelope.event_type is com.example.Seen_1" in text
    landing.contracts = (*landing.contracts, contract("late", called=("com.example.Seen_1",)))
    assert landing.load().released == {"late": 1}


def test_a_file_of_many_types_is_known_by_its_bytes(two: Landing) -> None:
    content = lines(said("noted"), said("paid"), said("unheard_of"))
    two.drop("a.ndjson", content, event=MIXED)
    assert two.load().loaded == 3
    assert two.load().files == ()
    two.drop("elsewhere/b.ndjson", content, event=MIXED)
    assert [file.duplicate_of for file in two.load().files] == ["_mixed/a.ndjson"]
    assert sum(count for _, _, count in routed(two)) == 3


def test_the_same_bytes_in_the_folder_of_an_event_are_other_rows(two: Landing) -> None:
    content = lines(said("noted"), said("paid"))
    two.drop("a.ndjson", content)
    two.drop("a.ndjson", content, event=MIXED)
    two.drop("a.ndjson", content, event="unheard_of")
    two.drop("a.ndjson", content, event="unseen")
    assert two.load().loaded == 8
    rows = two.raw("_file, _line, _file_id")
    assert [row[:2] for row in rows] == [
        ("_mixed/a.ndjson", 1), ("noted/a.ndjson", 1), ("noted/a.ndjson", 2)
    ]  # fmt: skip
    assert len({(number, line) for _, line, number in rows}) == 3
    two.contracts = (*two.contracts, contract("unheard_of"), contract("unseen"))
    assert two.load().released == {"unheard_of": 2, "unseen": 2}


def test_csv_is_routed_by_its_column(two: Landing) -> None:
    two.drop("a.csv.gz", 'id,type\n1,noted\n2,paid\n3,\n4,"un\nheard"\n', event=MIXED)
    two.load()
    assert two.raw("_line, record, _format") == [(2, '{"id":"1","type":"noted"}', "csv")]
    assert two.raw("_line", event="paid") == [(3,)]
    assert waiting(two) == [(None, "(no type)", 4), ("un\nheard", "(other)", 5)]


def test_a_file_that_cannot_be_used_leaves_nothing(two: Landing) -> None:
    short = two.drop("a.ndjson", lines(said("noted"), said("unheard_of")), event=MIXED)
    two.manifest(short, count=3)
    cut = two.drop("b.ndjson.gz", lines(said("noted")), event=MIXED)
    cut.write_bytes(cut.read_bytes()[:-4])
    two.drop("c.ndjson", lines(said("paid")), event=MIXED)
    result = two.load()
    assert [file.path for file in result.set_aside] == ["_mixed/a.ndjson", "_mixed/b.ndjson.gz"]
    assert (two.raw(), waiting(two)) == ([], [])
    assert two.raw("_file", event="paid") == [("_mixed/c.ndjson",)]


# -- what waits, and what moves --------------------------------------------------------------

MAPPINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "none": {"received_at": None},
    "epoch": {"received_at": ("data", "at"), "received_at_unit": "milliseconds"},
}
ARRIVALS = [
    {"receivedtime": "2026-01-31T07:30:00.123456789Z", "data": {"at": 1769844600123}},
    {"receivedtime": "2026-02-01T13:00:00Z", "data": {"at": 1769950800000}},  # an hour ahead
    {"receivedtime": "2026-02-01T13:00:01Z", "data": {"at": 1769950801000}},  # and more
    {"receivedtime": "yesterday", "data": {"at": "yesterday"}},
    {"receivedtime": "1969-12-31T23:59:59Z", "data": {"at": -1}},
    {},
]


def deliver(landing: Landing, folder: str) -> None:
    records = [said("late", number, **each) for number, each in enumerate(ARRIVALS)]
    landing.drop("a.ndjson", lines(*records), event=folder)
    landing.drop("hour=2026-01-30T05/b.ndjson.gz", lines(*records, "bad"), event=folder)
    hour = landing.drop("c.csv", "type,receivedtime\nlate,2026-01-31 07:30:00\n", event=folder)
    landing.manifest(hour, hour="2026-01-29T04:00:00Z")


@pytest.mark.parametrize("folder", [MIXED, "late"])
@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS)
def test_declared_late_or_early_the_rows_are_the_same(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, mapping: dict[str, Any], folder: str
) -> None:
    late = contract("late", **mapping)
    landing.contracts = (CONTRACT, late)
    deliver(landing, folder)
    landing.load()
    early = landing.raw(ROW, event="late")
    books = landing.files("path, file_id, records, loaded, unparsed")
    assert len(early) == 13

    landing.empty()
    landing.contracts = (CONTRACT,)
    deliver(landing, folder)
    landing.load()
    assert landing.raw(ROW, event="late") == []
    assert len(waiting(landing)) == 13
    landing.contracts = (CONTRACT, late)
    monkeypatch.setenv("HEADWATER_NOW", "2026-03-01T00:00:00Z")  # which must not matter
    assert landing.load().released == {"late": 13}
    assert landing.raw(ROW, event="late") == early
    assert landing.files("path, file_id, records, loaded, unparsed") == books
    assert waiting(landing) == []
    assert {row[:2] for row in routed(landing)} == {("late", True)}


def test_what_moves_is_of_a_new_load_and_moves_once(landing: Landing) -> None:
    landing.drop("a.ndjson", lines(said("late")), event=MIXED)
    landing.load()
    landing.contracts = (CONTRACT, contract("late"))
    moved = landing.load()
    assert (moved.released, moved.files) == ({"late": 1}, ())
    assert list(moved.lines()) == ["late: 1 record that waited in raw.undeclared loaded"]
    assert landing.raw("_load_id", event="late") == [(2,)]
    assert landing.load().released == {}
    landing.drop("b.ndjson", lines(said("late", 1)), event=MIXED)
    landing.load()
    # A load id that was given out is never given again, or base would miss the slice.
    assert landing.raw("_load_id", event="late") == [(2,), (3,)]


def test_a_file_of_an_undeclared_folder_is_not_loaded_again_once_declared(
    landing: Landing,
) -> None:
    landing.contracts = ()
    path = landing.drop("a.ndjson", lines(said("whatever"), said(None)))
    landing.load()
    assert (
        waiting(landing, "event_type, shown_as, _file")
        == [("noted", "noted", "noted/a.ndjson")] * 2
    )
    assert landing.files("event_type, file_hash, loaded") == [("noted", sha256_of(path), 2)]
    landing.contracts = (CONTRACT,)
    assert landing.load().released == {"noted": 2}
    landing.drop("again.ndjson", path.read_bytes())
    assert [file.outcome for file in landing.load().files] == ["duplicate"]
    assert len(landing.raw()) == 2


def test_a_new_path_finds_the_types_of_what_waits(landing: Landing) -> None:
    landing.drop(
        "a.ndjson",
        lines(json.dumps({"kind": "paid"}), json.dumps({"kind": "gone"}), said("x", kind="paid")),
        event=MIXED,
    )
    landing.load()
    assert waiting(landing) == [
        (None, "(no type)", 1), (None, "(no type)", 2), ("x", "x", 3)
    ]  # fmt: skip
    landing.contracts = (CONTRACT, contract("paid", event_type=("kind",)))
    assert landing.load().released == {"paid": 2}
    assert waiting(landing) == [("gone", "gone", 2)]
    assert routed(landing) == [("gone", False, 1), ("paid", True, 2)]


def test_a_contract_that_is_gone_for_a_while_costs_nothing(two: Landing) -> None:
    declared = two.contracts
    for number, contracts in enumerate([declared, (CONTRACT,), declared, (CONTRACT,), declared]):
        two.contracts = contracts
        two.drop(f"{number}.ndjson", lines(said("paid", number)), event=MIXED)
        two.load()
    assert [json.loads(record)["id"] for (record,) in two.raw("record", event="paid")] == [
        0, 1, 2, 3, 4
    ]  # fmt: skip
    assert routed(two) == [("paid", True, 5)]


def kept(landing: Landing) -> list[Any]:
    return [
        landing.rows(f"from raw.{table} order by _file, _line")
        for table in ("noted", "late", "undeclared", "unparsed")
    ] + [landing.rows(f"from ops.{table} order by all") for table in ("files", "routed", "routing")]


@pytest.mark.parametrize(
    "moment",
    ["create temp table", 'into "raw"."late"', 'delete from "raw"', 'update "raw"',
     'delete from "ops"."routed"', 'insert into "ops"."routing"'],
)  # fmt: skip
def test_a_move_that_stops_anywhere_has_not_begun(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    landing.contracts = (CONTRACT,)
    landing.drop("a.ndjson", lines(said("late"), said("other"), "bad"), event=MIXED)
    landing.load()
    landing.contracts = (CONTRACT, contract("late"))
    landing.rows("create table raw.late as from raw.noted limit 0")
    before = kept(landing)
    really = landing.con

    class Killing:
        """Runs each statement, and dies after one."""

        def __getattr__(self, name: str) -> Any:
            return getattr(really, name)

        def execute(self, sql: str, *more: Any) -> Any:
            done = really.execute(sql, *more)
            if moment in " ".join(sql.split()):
                raise KeyboardInterrupt
            return done

    killing: Any = Killing()
    monkeypatch.setattr(
        "headwater.load.run.database_of", lambda project, _: DuckDB(project, killing)
    )
    with pytest.raises(KeyboardInterrupt):
        landing.load()
    monkeypatch.undo()
    monkeypatch.setenv("HEADWATER_NOW", "2026-02-01T12:00:00Z")
    assert kept(landing) == before
    assert landing.load().released == {"late": 1}


def test_a_batch_that_fails_at_its_end_leaves_no_table_changed(
    two: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.drop("a.ndjson", lines(said("noted"), said("paid"), said("x"), "bad"), event=MIXED)

    def stopped(target: DuckDBTarget, entries: Any, routed: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(DuckDBTarget, "commit", stopped)
        with pytest.raises(KeyboardInterrupt):
            two.load()
    assert (two.raw(), two.raw(event="paid"), waiting(two), two.unparsed()) == ([], [], [], [])
    assert (two.files(), routed(two)) == ([], [])
    assert two.load().loaded == 3


def test_a_count_that_differs_stops_the_file(two: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    two.drop("a.ndjson", lines(said("noted"), said("x")), event=MIXED)
    monkeypatch.setattr(DuckDBTarget, "write_undeclared", lambda target, rows: None)
    result = two.load()
    assert [file.reason for file in result.set_aside] == ["could not be loaded (CountsDifferError)"]
    assert (two.raw(), waiting(two)) == ([], [])


# -- names ------------------------------------------------------------------------------------

HOSTILE = [
    "x'); drop table ops.files; --",
    "{{ run_query('drop table y') }}",
    "ada@example.com",
    "Sk-Live-51Hc",
    "new\nline\x1b[31m",
    "a" * 101,
    "x" * 100_000,
    "../../noted",
    "нота",
    "",
    " noted",
    "urn:noted",
]


def test_names_that_no_event_can_have_are_never_shown(landing: Landing) -> None:
    landing.drop("a.ndjson", lines(*(said(name) for name in HOSTILE)), event=MIXED)
    result = landing.load()
    assert [row[0] for row in waiting(landing)] == HOSTILE
    text = "\n".join(result.lines())
    assert f"{len(HOSTILE)} records of (other) in raw.undeclared" in text
    books = "".join(
        str(landing.rows(f"from ops.{table}"))
        for (table,) in landing.rows(
            "select table_name from information_schema.tables where table_schema = 'ops'"
        )
    )
    for name in HOSTILE:
        if name:
            assert name not in text
            assert name not in books
    landing.contracts = (CONTRACT, contract("noted_too"))
    assert landing.load().released == {}
    assert [row[0] for row in waiting(landing)] == HOSTILE


def test_a_file_that_names_a_thousand_types_takes_few_rows_of_the_books(landing: Landing) -> None:
    names = [f"type_{number}" for number in range(1000)] + ["often"] * 5
    landing.drop("a.ndjson", lines(*(said(name) for name in names)), event=MIXED)
    text = list(landing.load().lines())
    assert text[1].startswith("undeclared: 951 records of (other)")
    assert text[2].startswith("undeclared: 5 records of often")
    assert text[-1] == "undeclared: 41 more types: headwater status"
    rows = routed(landing)
    assert (len(rows), sum(count for *_, count in rows)) == (51, 1005)
    landing.contracts = (CONTRACT, contract("type_999"))
    assert landing.load().released == {"type_999": 1}
    rows = routed(landing)
    assert (len(rows), sum(count for *_, count in rows)) == (52, 1005)


# -- any mix ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_any_mix_in_any_order_of_declaring_leaves_every_line_somewhere_once(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(write, "CHECK_BYTES", 2000)
    monkeypatch.setattr(write, "ROUTED_BYTES", 3000 * seed)
    chance = random.Random(seed)
    types = [CONTRACT, contract("paid", event_type=("kind",)), contract("late", received_at=None)]
    folders = [MIXED, MIXED, "noted", "late", "unheard_of"]
    ends: list[list[Any]] = []

    def some(number: int) -> str:
        """A line; what names a type at both paths names at most one that is ever declared."""
        one = said(chance.choice(["noted", "late", "x", None]), number, kind="late")
        other = said(chance.choice(["paid", "x", None]), number, kind="paid")
        return chance.choice([one, one, other, "bad", "7", ""])

    files = {
        f"{file}.ndjson": lines(*(some(number) for number in range(chance.randrange(60))))
        for file in range(8)
    }
    placed = {name: chance.choice(folders) for name in files}
    for _ in range(3):
        landing.empty()
        names = list(files)
        chance.shuffle(names)
        for name in names:
            landing.drop(name, files[name], event=placed[name])
            if chance.random() < 0.4:
                landing.contracts = tuple(chance.sample(types, chance.randrange(len(types) + 1)))
                landing.load()
        landing.contracts = tuple(types)
        landing.load()
        ends.append(
            [landing.raw(ROW, event=each.event) for each in types]
            + [waiting(landing), landing.unparsed("event_type, _file, _line, reason")]
        )
        everywhere = [row for table in ends[-1] for row in table]
        assert len(everywhere) == sum(text.count("\n") for text in files.values())
        for records, loaded, unparsed in landing.files("records, loaded, unparsed"):
            assert records == loaded + unparsed
        from_mixed = dict(
            landing.rows(
                "select event_type, sum(row_count) from ops.routed"
                " where is_declared and starts_with(path, '_mixed/') group by event_type"
            )
        )
        for each in types:
            files_of = [file for (file,) in landing.raw("_file", event=each.event)]
            count = sum(file.startswith("_mixed/") for file in files_of)
            assert from_mixed.get(each.event, 0) == count
    assert ends[0] == ends[1] == ends[2]


def test_the_routes_are_asked_again_only_when_contracts_route_otherwise(
    two: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.drop("a.ndjson", lines(said("x")), event=MIXED)
    two.load()
    asked = []
    really = Waiting.counts

    def counts(of: Waiting) -> dict[str, int]:
        asked.append(of.routes.events)
        return really(of)

    monkeypatch.setattr(Waiting, "counts", counts)
    two.contracts = (CONTRACT, contract("paid", received_at=None))
    two.load()
    assert asked == []
    two.contracts = (CONTRACT, contract("paid", event_type=("kind",)))
    two.load()
    assert asked == [("noted", "paid")]
