"""Parquet: every row ends up in raw as JSON with all its digits, or in raw.unparsed."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.load import parquet_records
from load.conftest import Landing

UTC = dt.UTC


def drop(landing: Landing, table: pa.Table, name: str = "a.parquet", **options: Any) -> Path:
    path = landing.drop(name, b"")
    pq.write_table(table, path, **{"write_page_checksum": True, **options})
    return path


def records(landing: Landing, table: pa.Table, **options: Any) -> list[str]:
    """The records that a load makes of a table."""
    landing.empty()
    drop(landing, table, **options)
    landing.load()
    return [record for (record,) in landing.raw("record")]


def one(landing: Landing, value: Any, kind: pa.DataType, **options: Any) -> str:
    """How a value is told."""
    (record,) = records(landing, pa.table({"v": pa.array([value], kind)}), **options)
    assert record.startswith('{"v":')
    return record.removeprefix('{"v":').removesuffix("}")


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        (True, pa.bool_(), "true"),
        (-(2**63), pa.int64(), "-9223372036854775808"),
        (2**64 - 1, pa.uint64(), "18446744073709551615"),
        (-128, pa.int8(), "-128"),
        (0.1, pa.float64(), "0.1"),
        (1e16, pa.float64(), "1e+16"),
        (5e-324, pa.float64(), "5e-324"),
        (1.7976931348623157e308, pa.float64(), "1.7976931348623157e+308"),
        (0.1, pa.float32(), "0.1"),
        (1.5, pa.float16(), "1.5"),
        (Decimal("1.10"), pa.decimal128(5, 2), "1.10"),
        (Decimal("-0.05"), pa.decimal128(38, 2), "-0.05"),
        (Decimal("9" * 38), pa.decimal128(38, 0), "9" * 38),
        (Decimal("0." + "12345" * 7), pa.decimal128(38, 35), "0." + "12345" * 7),
        (Decimal("9" * 50 + ".10"), pa.decimal256(60, 2), "9" * 50 + ".10"),
        ('a"\\\n\x00\x01é\U0001f600', pa.string(), '"a\\"\\\\\\n\\u0000\\u0001é\U0001f600"'),
        ("a", pa.large_string(), '"a"'),
        (b"\xff\x00", pa.binary(), '"/wA="'),
        (b"\xff\x00", pa.binary(2), '"/wA="'),
        (dt.date(2026, 1, 31), pa.date32(), '"2026-01-31"'),
        (dt.date(2026, 1, 31), pa.date64(), '"2026-01-31"'),
        (dt.time(1, 2, 3, 40), pa.time64("us"), '"01:02:03.00004"'),
        (dt.datetime(2026, 1, 31, 10), pa.timestamp("us"), '"2026-01-31T10:00:00Z"'),
        (dt.datetime(2026, 1, 31, 10, 0, 0, 120000), pa.timestamp("ms", "UTC"),
         '"2026-01-31T10:00:00.12Z"'),
        (1_700_000_000_000_000_001, pa.timestamp("ns", "Europe/Stockholm"),
         '"2023-11-14T22:13:20.000000001Z"'),
        (dt.datetime(1, 1, 1), pa.timestamp("us"), '"0001-01-01T00:00:00Z"'),
        (dt.datetime(9999, 12, 31, 23, 59, 59, 999999), pa.timestamp("us"),
         '"9999-12-31T23:59:59.999999Z"'),
        (2**63 - 1, pa.timestamp("us"), str(2**63 - 1)),
        (2**63 - 1, pa.timestamp("ms"), str(2**63 - 1)),
        (-(2**31), pa.date32(), str(-(2**31))),
        (1500, pa.duration("us"), "1500"),
        ([1, None, 3], pa.list_(pa.int32()), "[1,null,3]"),
        ([], pa.list_(pa.int32()), "[]"),
        ([1, 2], pa.list_(pa.int32(), 2), "[1,2]"),
        ([[b"a"], None, []], pa.large_list(pa.list_(pa.binary())), '[["YQ=="],null,[]]'),
        ({"a": 1, "A": None, "é\x00": "x"},
         pa.struct([("a", pa.int32()), ("A", pa.int32()), ("é\x00", pa.string())]),
         '{"a":1,"\\u00e9\\u0000":"x"}'),
        ({"a": None}, pa.struct([("a", pa.int32())]), "{}"),
        ([("k", 1), ("k", None), ('"', 2)], pa.map_(pa.string(), pa.int32()),
         '{"k":1,"k":null,"\\"":2}'),
        ([(7, [{"x": dt.date(2026, 1, 1)}])],
         pa.map_(pa.int32(), pa.list_(pa.struct([("x", pa.date32())]))),
         '{"7":[{"x":"2026-01-01"}]}'),
        (uuid.UUID(int=2**127 + 5).bytes, pa.uuid(), f'"{uuid.UUID(int=2**127 + 5)}"'),
        ('{"x": [1]}', pa.json_(), '{"x": [1]}'),
        ("x]", pa.json_(), '"x]"'),
    ],
)  # fmt: skip
def test_a_value_is_told_with_all_its_digits(
    landing: Landing, value: Any, kind: pa.DataType, told: str
) -> None:
    assert one(landing, value, kind) == told
    json.loads(told)


def test_a_null_is_an_absent_field(landing: Landing) -> None:
    table = pa.table({"a": [None, 1, None], "b": pa.nulls(3), "c": [[None], None, []]})
    assert records(landing, table) == ['{"c":[null]}', '{"a":1}', '{"c":[]}']


def test_times_of_the_older_kind_do_not_wrap_around(landing: Landing) -> None:
    value = dt.datetime(3000, 1, 1, 0, 0, 0, 5)
    told = one(landing, value, pa.timestamp("us"), use_deprecated_int96_timestamps=True)
    assert told == '"3000-01-01T00:00:00.000005Z"'


def test_a_number_that_json_cannot_say_makes_its_row_unparsed(landing: Landing) -> None:
    table = pa.table({
        "id": [1, 2, 3, 4],
        "inner": [{"x": [1.5]}, {"x": [float("nan")]}, {"x": [float("-inf")]}, {"x": [2.5]}],
        "name": ["nan", "inf", "Infinity", ",]"],
    })  # fmt: skip
    drop(landing, table)
    landing.load()
    assert landing.raw() == [
        (1, '{"id":1,"inner":{"x":[1.5]},"name":"nan"}'),
        (4, '{"id":4,"inner":{"x":[2.5]},"name":",]"}'),
    ]
    reason = "not JSON: NaN or Infinity"
    assert landing.unparsed() == [
        (2, reason, b'{"id":2,"inner":{"x":[nan]},"name":"inf"}'),
        (3, reason, b'{"id":3,"inner":{"x":[-inf]},"name":"Infinity"}'),
    ]


def test_a_text_that_is_not_utf8_makes_its_row_unparsed_and_keeps_its_bytes(
    landing: Landing,
) -> None:
    invalid = pa.array([b"a", b"\xff", None, b"\x01"]).view(pa.string())
    inner = pa.StructArray.from_arrays([pa.array([b"\xfe", b"b", b"c", b"d"]).view(pa.string())],
                                       names=["x"])  # fmt: skip
    drop(landing, pa.table({"id": [1, 2, 3, 4], "s": invalid, "t": inner}))
    landing.load()
    assert landing.raw() == [
        (3, '{"id":3,"t":{"x":"c"}}'),
        (4, '{"id":4,"s":"\\u0001","t":{"x":"d"}}'),
    ]
    assert landing.unparsed() == [
        (1, "invalid UTF-8", b'{"id":1,"s":"a","t":{"x":"/g=="}}'),
        (2, "invalid UTF-8", b'{"id":2,"s":"/w==","t":{"x":"b"}}'),
    ]


def test_rows_are_numbered_through_batches_and_row_groups(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_records, "_BATCH_ROWS", 7)
    nested = [None if n % 5 == 0 else [{"n": n, "s": [str(n)] * (n % 3)}] for n in range(100)]
    table = pa.table({"id": range(100), "nested": nested})
    drop(landing, table, row_group_size=30, use_dictionary=True)
    landing.load()
    found = landing.raw()
    assert [line for line, _ in found] == list(range(1, 101))
    for (_, record), row in zip(found, table.to_pylist(), strict=True):
        assert json.loads(record) == {key: each for key, each in row.items() if each is not None}
    assert landing.files("records, loaded, format") == [(100, 100, "parquet")]


def test_a_value_that_stands_once_for_many_rows_is_decoded_for_few_at_once(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(landing, pa.table({"v": ["x" * 100_000] * 300, "n": range(300)}))
    assert path.stat().st_size < 110_000
    rows: list[int] = []
    really = parquet_records._block

    def noted(batch: pa.RecordBatch, *rest: Any) -> Any:
        rows.append(batch.num_rows)
        return really(batch, *rest)

    monkeypatch.setattr(parquet_records, "_block", noted)
    assert landing.load().loaded == 300
    assert max(rows) < 60


def test_what_duckdb_writes_is_read(landing: Landing) -> None:
    path = landing.drop("a.parquet", b"")
    duckdb.sql(
        "select 1::hugeint as h, 'a'::enum('a', 'b') as e, '{\"x\":1}'::json as j,"
        " time '01:02:03' as t, timestamptz '2026-01-01 00:00:00+00' as z,"
        " map {'k': interval 1 day::varchar} as m, '\\xAA'::blob as b,"
        " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as u"
    ).write_parquet(path.as_posix())
    landing.load()
    ((record,),) = landing.raw("record")
    assert json.loads(record) == {
        "h": 1.0, "e": "a", "j": {"x": 1}, "t": "01:02:03", "z": "2026-01-01T00:00:00Z",
        "m": {"k": "1 day"}, "b": "qg==", "u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    }  # fmt: skip


@pytest.mark.parametrize("columns", [{}, {"a": pa.array([], pa.int64())}])
def test_a_table_without_rows_loads_none(landing: Landing, columns: dict[str, pa.Array]) -> None:
    drop(landing, pa.table(columns))
    assert landing.load().loaded == 0
    assert landing.files("status, records") == [("loaded", 0)]


def test_column_names_are_only_names(landing: Landing) -> None:
    names = ["a", "a", "A", "'); drop table x; --", '"\\\n\x00', "c1", "given"]
    table = pa.table([pa.array([n]) for n, _ in enumerate(names)], names=names)
    (record,) = records(landing, table)
    pairs = json.loads(record, object_pairs_hook=list)
    assert pairs == [(name, number) for number, name in enumerate(names)]


ROWS = pa.table({
    "id": range(2000),
    "name": [f"name {n * 7919 % 1000}" for n in range(2000)],
    "share": [n / 7 for n in range(2000)],
})  # fmt: skip


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["none", "snappy", "zstd", "gzip"])
def test_a_flipped_bit_never_changes_a_record(landing: Landing, codec: str, version: str) -> None:
    whole = drop(landing, ROWS, compression=codec, data_page_version=version)
    content = whole.read_bytes()
    footer = int.from_bytes(content[-8:-4], "little") + 8
    pages = len(content) - footer
    for number in range(40):
        flipped = bytearray(content)
        flipped[4 + number * 7919 % (pages - 4)] ^= 1 << number % 8
        landing.drop(f"{number}.parquet", bytes(flipped))
    result = landing.load()
    aside = {file.path for file in result.set_aside}
    assert len(aside) > 35
    assert {file.reason.split(" (noticed")[0] for file in result.set_aside} <= {
        "damaged Parquet: a page does not match its checksum",
        "damaged Parquet: it cannot be decoded",
    }
    # A few bits of a page's header say nothing that matters.
    texts = landing.rows("select distinct string_agg(record, '' order by _line) from raw.noted"
                         " group by _file")  # fmt: skip
    assert len(texts) == 1


@pytest.mark.parametrize("cut", [0, 3, 4, 11, 100, -9, -8, -4, -1])
def test_a_truncated_file_is_set_aside(landing: Landing, cut: int) -> None:
    path = drop(landing, ROWS)
    path.write_bytes(path.read_bytes()[:cut])
    landing.drop("b.ndjson", "{}")
    result = landing.load()
    assert [file.path for file in result.set_aside] == ["noted/a.parquet"]
    assert result.set_aside[0].reason in (
        "not Parquet, or cut short", "damaged Parquet: it cannot be decoded",
    )  # fmt: skip
    assert result.loaded == 1


def test_a_footer_that_contradicts_itself_sets_its_file_aside(landing: Landing) -> None:
    path = drop(landing, pa.table({"unmistakable": [1]}), store_schema=False)
    content = path.read_bytes()
    assert content.count(b"unmistakable") == 2
    path.write_bytes(content.replace(b"unmistakable", b"unmistakably", 1))
    (aside,) = landing.load().set_aside
    assert aside.reason == "damaged Parquet: two names for one column"


def test_a_manifest_vouches_for_parquet_too(landing: Landing) -> None:
    landing.manifest(drop(landing, ROWS), count=1999)
    (aside,) = landing.load().set_aside
    assert aside.reason == "its manifest says 1,999 records, it holds 2,000"


def test_a_time_of_arrival_in_parquet_is_the_records(landing: Landing) -> None:
    arrived = pa.array([dt.datetime(2026, 1, 31, 9, 30, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    drop(landing, pa.table({"receivedtime": arrived}))
    landing.load()
    assert landing.raw("received_at, _received_from") == [
        (dt.datetime(2026, 1, 31, 9, 30), "record")
    ]


def test_parquet_that_changes_while_it_is_read_waits(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(landing, ROWS)
    really = parquet_records._block

    def grows(*args: Any) -> Any:
        path.write_bytes(path.read_bytes() + b"x")
        return really(*args)

    with monkeypatch.context() as patched:
        patched.setattr(parquet_records, "_block", grows)
        assert [file.outcome for file in landing.load().files] == ["waits"]
    assert landing.raw() == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        # Its type: Arrow would end the process when asked for the column's metadata.
        (b"\x15\x0c%\x02\x18\x02id", b"\x15\x04%\x02\x18\x02id", "two types for one column"),
        # The newer word for text, then the older one: it would be read as bytes.
        (b"\x02id%\x00L\x1c", b"\x02id%\x00L\x5c", "two types for one column"),
        (b"\x02id%\x00L\x1c", b"\x02id%\x02L\x1c", "two types for one column"),
        (b"\x02id%\x00L\x1c", b"\x02id%\x00L\x18", "its footer cannot be read"),
        (b"\x02id%\x00L\x1c", b"\x02id\xa5\x00L\x1c", "its footer cannot be read"),
        (b"\x15\x0c%\x02\x18\x02id", b"\x15\x0c%\x02\x18\x7fid", "its footer cannot be read"),
    ],
)
def test_a_bit_of_a_footer_is_missed_where_it_is_said_again(
    landing: Landing, old: bytes, new: bytes, reason: str
) -> None:
    path = drop(landing, pa.table({"id": ["a", "b"], "n": [1, 2]}))
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))
    landing.drop("b.ndjson", "{}")
    result = landing.load()
    assert [file.reason for file in result.set_aside] == [f"damaged Parquet: {reason}"]
    assert result.loaded == 1


def test_a_footer_is_read_whatever_is_in_it(landing: Landing) -> None:
    table = pa.table(
        {
            "many": pa.array([[{"a": 1, "b": [None, "x"]}], None]),
            "map": pa.array([[("k", 1.5)], []], pa.map_(pa.string(), pa.float64())),
            **{f"column {number}": pa.array([number, None]) for number in range(40)},
        }
    )
    for name, options in {
        "old": {"version": "1.0"},
        "grouped": {"row_group_size": 1, "write_page_index": True},
        "bare": {"store_schema": False, "write_statistics": False},
        "sorted": {"sorting_columns": [pq.SortingColumn(2)]},
    }.items():
        drop(landing, table, f"{name}.parquet", **options)
    drop(landing, table.slice(0, 0), "empty.parquet")
    drop(landing, pa.table({}), "without.parquet")
    result = landing.load()
    assert not result.set_aside
    assert result.loaded == 8
