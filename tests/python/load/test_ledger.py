"""Once each: what the ledger knows is not loaded again, and what failed is tried again."""

from __future__ import annotations

import io
import os
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.errors import HeadwaterError
from headwater.load import files, session
from headwater.load.duckdb_target import DuckDBTarget
from headwater.load.files import DataFile
from headwater.load.ledger import Ledger, file_id
from headwater.macros import table_columns
from headwater.warehouse import macros_dir
from load.conftest import CONTRACT, Landing, sha256_of


def parquet(number: int, text: str = "") -> bytes:
    """A Parquet file of one row."""
    sink = io.BytesIO()
    rows = pa.table({"id": [number], f"name {text}": [text]})
    pq.write_table(rows, sink, write_page_checksum=True)
    return sink.getvalue()


def test_loading_twice_changes_nothing(landing: Landing) -> None:
    landing.drop("a.ndjson", '{"id":1}\nbad')
    landing.load()
    before = landing.raw("*"), landing.unparsed("*"), landing.files("*")
    assert landing.load().files == ()
    assert (landing.raw("*"), landing.unparsed("*"), landing.files("*")) == before


def test_the_ledger_says_what_a_file_was(landing: Landing) -> None:
    path = landing.drop("a.ndjson", '{"id":1}\nbad\n')
    landing.load()
    digest = sha256_of(path)
    status = path.stat()
    assert landing.files(
        "file_hash, file_id, event_type, size_bytes, modified_ns, format, status, records, loaded,"
        " unparsed, load_id, loaded_at::varchar"
    ) == [
        (digest, int(digest[:16], 16) >> 1, "noted", status.st_size, status.st_mtime_ns, "ndjson",
         "loaded",
         2, 1, 1, 1, "2026-02-01 12:00:00")
    ]  # fmt: skip
    assert landing.raw("_file_id, _load_id") == [(file_id(digest, "noted"), 1)]


def test_a_file_seen_before_is_not_even_opened(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.drop("a.ndjson", "{}")
    landing.load()

    def refuse(file: DataFile) -> str:
        raise AssertionError(file.path)

    monkeypatch.setattr(session, "sha256", refuse)
    assert landing.load().files == ()


def test_a_second_path_to_the_same_bytes_is_a_duplicate(landing: Landing) -> None:
    landing.drop("b.ndjson", '{"id":1}')
    landing.drop("c.ndjson", '{"id":1}')
    landing.load()
    landing.drop("a.ndjson", '{"id":1}')
    result = landing.load()
    assert [(file.outcome, file.duplicate_of) for file in result.files] == [
        ("duplicate", "noted/b.ndjson")
    ]
    assert landing.files("path, status, duplicate_of") == [
        ("noted/a.ndjson", "duplicate", "noted/b.ndjson"),
        ("noted/b.ndjson", "loaded", None),
        ("noted/c.ndjson", "duplicate", "noted/b.ndjson"),
    ]
    assert len(landing.raw()) == 1
    assert landing.load().files == ()


def test_the_same_bytes_as_another_event_type_are_not_a_duplicate(landing: Landing) -> None:
    from dataclasses import replace

    landing.contracts = (CONTRACT, replace(CONTRACT, event="quoted"))
    landing.drop("a.ndjson", '{"id":1}')
    landing.drop("a.ndjson", '{"id":1}', event="quoted")
    assert landing.load().loaded == 2


def test_a_twin_of_a_file_that_cannot_be_used_is_loaded_in_its_place(landing: Landing) -> None:
    first = landing.drop("a.ndjson", '{"id":1}')
    landing.manifest(first, count=2)
    landing.drop("b.ndjson", '{"id":1}')
    landing.load()
    assert landing.files() == [("noted/a.ndjson", "set_aside"), ("noted/b.ndjson", "loaded")]


def test_a_file_touched_but_not_changed_is_not_loaded_again(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = landing.drop("a.ndjson", '{"id":1}')
    landing.load()
    os.utime(path, ns=(1, 1))
    assert landing.load().files == ()
    assert landing.files("status, modified_ns") == [("loaded", 1)]
    assert len(landing.raw()) == 1
    monkeypatch.setattr(session, "sha256", None)  # nor looked into a second time
    assert landing.load().files == ()


def test_a_manifest_may_come_after_its_file_was_loaded(landing: Landing) -> None:
    path = landing.drop("a.ndjson", '{"id":1}')
    landing.load()
    manifest = landing.manifest(path, count=2)
    later = path.stat().st_mtime_ns + 1_000_000
    os.utime(manifest, ns=(later, later))
    landing.load()
    assert landing.files("status, records, expected_records") == [("loaded", 1, 2)]
    assert landing.load().files == ()


def test_an_older_warehouse_gets_the_columns_added_since(landing: Landing) -> None:
    landing.drop("a.ndjson", '{"id":1}')
    landing.load()
    landing.rows("alter table ops.files drop column hour")
    for column in ("files", "unparsed", "expected", "missing", "closed_at", "revisions"):
        landing.rows(f"alter table ops.hours drop column {column}")
    landing.drop("date=2026-01-31/hour=07/b.ndjson", '{"id":2}')
    landing.load()
    assert landing.files("path, hour::text") == [
        ("noted/a.ndjson", None),
        ("noted/date=2026-01-31/hour=07/b.ndjson", "2026-01-31 07:00:00"),
    ]
    declared = table_columns(macros_dir(landing.project))
    for name in ("ops.files", "ops.hours"):
        names = [row[0] for row in landing.rows(f"describe {name}")]
        assert names == [column for column, _ in declared[name]]


def test_a_file_has_the_hour_that_its_path_or_manifest_names(landing: Landing) -> None:
    landing.manifest(landing.drop("a.ndjson", '{"id":1}'), hour="2026-01-31T09:59:00+01:00")
    landing.drop("b.ndjson", '{"id":2}')
    short = landing.drop("hour=2026-01-30T05/c.ndjson", '{"id":3}')
    landing.manifest(short, hour="2026-01-31T09:00:00Z", count=5)
    landing.load()
    assert landing.files("path, status, expected_records, hour::text") == [
        ("noted/a.ndjson", "loaded", None, "2026-01-31 08:00:00"),
        ("noted/b.ndjson", "loaded", None, "2026-02-01 12:00:00"),
        ("noted/hour=2026-01-30T05/c.ndjson", "set_aside", 5, "2026-01-30 05:00:00"),
    ]


def test_many_copies_of_an_unusable_file_are_all_set_aside(landing: Landing) -> None:
    for number in range(1200):
        landing.drop(f"{number}.csv", "a,a\n1,2\n")
    landing.drop("same.ndjson", "a,a\n1,2\n")
    result = landing.load()
    text = list(result.lines())
    assert len(result.set_aside) == 1200
    assert text[1].endswith("columns 1 and 2 the same name (notes, #notes)")
    assert text[11].startswith("set aside: 1,190 more\n  hint: ")
    assert len(text) == 12
    assert result.unparsed == 2


def test_a_file_that_grew_is_loaded_as_the_new_file_it_is(landing: Landing) -> None:
    path = landing.drop("a.ndjson", '{"id":1}\n')
    landing.load()
    path.write_text('{"id":1}\n{"id":2}\n')
    result = landing.load()
    assert (result.loaded, result.load_id) == (2, 2)
    assert landing.raw("_load_id, _line") == [(1, 1), (2, 1), (2, 2)]


FORMS = {
    "a.ndjson": b'{"id":1}\n',
    "a.ndjson.gz": b'{"id":1}\n',
    "a.json": b'[{"id":1}]',
    "a.csv": b"id\n1\n",
    "a.parquet": parquet(1),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_file_that_changes_while_it_is_read_waits(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Also where what it has become is no whole file yet."""
    path = landing.drop(name, FORMS[name])
    landing.drop("b.ndjson", '{"id":2}\n')
    really = session.sha256

    def then_append(file: DataFile) -> str:
        found = really(file)
        if file.path == f"noted/{name}":
            path.write_bytes(path.read_bytes()[:-3])
        return found

    with monkeypatch.context() as patched:
        patched.setattr(session, "sha256", then_append)
        result = landing.load()
    assert [(file.path, file.outcome) for file in result.files] == [
        (f"noted/{name}", "waits"),
        ("noted/b.ndjson", "loaded"),
    ]
    assert f"waits: noted/{name}" in "\n".join(result.lines())
    landing.drop(name, FORMS[name])
    assert landing.load().loaded == 1
    assert landing.raw("_file") == [(f"noted/{name}",), ("noted/b.ndjson",)]


def test_a_manifest_is_held_against_its_file(landing: Landing) -> None:
    said: list[tuple[str, dict[str, Any], str | None]] = [
        ("a", {"count": 1, "event": "noted"}, None),
        ("b", {"count": 2}, "its manifest says 2 records, it holds 1"),
        ("c", {"sha256": "0" * 64}, "its manifest's sha256 is not that of its bytes"),
        ("d", {"event": "quoted"}, "its manifest says it holds 'quoted' events"),
        ("e", {"count": "1"}, "its manifest's count is not a whole number"),
        ("f", {"hour": "noon"}, "its manifest's hour is not an RFC 3339 time"),
        ("g", {"count": -1}, "its manifest's count is negative"),
    ]
    promised = {"a": 1, "b": 2}
    for name, manifest, _ in said:
        landing.manifest(landing.drop(f"{name}.ndjson", f'{{"id":"{name}"}}'), **manifest)
    landing.drop("h.ndjson", '{"id":"h"}')
    (landing.project.landing / "noted" / "h.ndjson.manifest.json").write_text("count: 1")
    landing.load()
    assert landing.files("path, reason, expected_records") == [
        *((f"noted/{name}.ndjson", why, promised.get(name)) for name, _, why in said),
        ("noted/h.ndjson", "its manifest is not JSON", None),
    ]


def test_a_manifest_whose_file_is_not_there_is_told_until_it_comes(landing: Landing) -> None:
    came = landing.drop("hour=07/a.ndjson", '{"id":1}')
    landing.manifest(came, count=1)
    for name in ("hour=07/late.ndjson.gz", "later.csv", ".hidden.ndjson", "notes.txt"):
        landing.manifest(landing.project.landing / "noted" / name, count=1)
    result = landing.load()
    assert result.announced == ("noted/hour=07/late.ndjson.gz", "noted/later.csv")
    assert list(result.lines())[-1].splitlines() == [
        "not there: noted/hour=07/late.ndjson.gz, and 1 more, though there is a manifest of it",
        "  hint: have the file delivered, or the manifest taken away",
    ]
    came.unlink()  # what was loaded may be put elsewhere
    landing.drop("later.csv", "id\n1\n")
    assert landing.load().announced == ("noted/hour=07/late.ndjson.gz",)


def test_a_file_set_aside_is_tried_again_when_it_or_its_manifest_changes(
    landing: Landing,
) -> None:
    path = landing.drop("a.ndjson", '{"id":1}')
    manifest = landing.manifest(path, count=2)
    assert len(landing.load().set_aside) == 1
    again = landing.load()
    assert again.files == ()
    assert again.still_aside == (("noted/a.ndjson", "its manifest says 2 records, it holds 1"),)
    landing.manifest(path, count=1)
    later = path.stat().st_mtime_ns + 1_000_000
    os.utime(manifest, ns=(later, later))
    assert landing.load().loaded == 1
    assert landing.files() == [("noted/a.ndjson", "loaded")]


def test_a_count_that_does_not_add_up_is_never_committed(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.drop("a.ndjson", '{"id":1}\n{"id":2}')
    landing.drop("b.ndjson", '{"id":3}')
    really = DuckDBTarget.write_rows

    def losing_one(target: DuckDBTarget, batches: Any, schema: Any) -> None:
        def fewer() -> Any:
            for batch in batches:
                keep = [row for row in range(batch.num_rows) if '"id":2' not in str(batch[1][row])]
                yield batch.take(keep)

        really(target, fewer(), schema)

    monkeypatch.setattr(DuckDBTarget, "write_rows", losing_one)
    result = landing.load()
    assert [(file.path, file.reason) for file in result.set_aside] == [
        ("noted/a.ndjson", "could not be loaded (CountsDifferError)")
    ]
    assert landing.raw("record") == [('{"id":3}',)]


def test_one_file_that_breaks_the_engine_does_not_sink_its_batch(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        landing.drop(f"{number}.ndjson", f'{{"id":{number}}}')
    really = DuckDBTarget.counts

    def choking(target: DuckDBTarget) -> Any:
        if landing.rows("select 1 from raw.noted where record like '%5%'"):
            raise duckdb.InternalException("secret payload")
        return really(target)

    monkeypatch.setattr(DuckDBTarget, "counts", choking)
    result = landing.load()
    assert result.loaded == 8
    assert [(f.path, f.reason) for f in result.set_aside] == [
        ("noted/5.ndjson", "could not be loaded (InternalException)")
    ]
    monkeypatch.undo()
    assert landing.load().loaded == 1


def test_a_full_disk_stops_the_load_and_keeps_what_was_committed(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DuckDBTarget, "batch_files", 1)
    landing.drop("a.ndjson", '{"id":1}')
    landing.drop("b.ndjson", '{"id":2}')
    really = DuckDBTarget.commit

    def full(target: DuckDBTarget, entries: Any, routed: Any) -> None:
        if entries["path"][0].as_py() == "noted/b.ndjson":
            raise duckdb.IOException("No space left on device")
        really(target, entries, routed)

    monkeypatch.setattr(DuckDBTarget, "commit", full)
    with pytest.raises(HeadwaterError, match="No space left on device"):
        landing.load()
    monkeypatch.undo()
    assert landing.files() == [("noted/a.ndjson", "loaded")]
    assert landing.load().loaded == 1


def test_records_too_long_for_the_usual_memory_get_more(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "select current_setting('memory_limit')"
    usual = landing.rows(query)
    landing.drop("a.ndjson", '{"id":1}')
    limits = []
    really = DuckDBTarget.counts

    def choking(target: DuckDBTarget) -> Any:
        limits.append(landing.rows(query))
        if len(limits) == 1:
            raise duckdb.OutOfMemoryException("failed to pin block")
        return really(target)

    monkeypatch.setattr(DuckDBTarget, "counts", choking)
    assert landing.load().loaded == 1
    assert limits == [[("488.2 MiB",)], usual]
    assert landing.rows(query) == usual


def test_a_file_for_which_there_is_no_memory_does_not_stop_the_others(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.drop("a.ndjson", '{"id":1}')
    landing.drop("b.ndjson", '{"id":2}')
    really = DuckDBTarget.counts

    def choking(target: DuckDBTarget) -> Any:
        if landing.rows("select 1 from raw.noted where _file like '%a.ndjson'"):
            raise duckdb.OutOfMemoryException("failed to pin block")
        return really(target)

    monkeypatch.setattr(DuckDBTarget, "counts", choking)
    result = landing.load()
    assert result.loaded == 1
    assert [file.reason for file in result.set_aside] == [
        "could not be loaded (OutOfMemoryException)"
    ]


@pytest.mark.parametrize("moment", ["write_rows", "write_unparsed", "counts", "commit"])
def test_a_kill_in_the_second_batch_leaves_only_the_first(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setattr(DuckDBTarget, "batch_files", 2)
    for number in range(6):
        landing.drop(f"{number}.ndjson", f'{{"id":{number}}}\nbad {number}')
    really = getattr(DuckDBTarget, moment)
    calls = []

    def killed(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return really(*given)

    with monkeypatch.context() as patched:
        patched.setattr(DuckDBTarget, moment, killed)
        with pytest.raises(KeyboardInterrupt):
            landing.load()
    assert len(landing.files()) == len(landing.raw()) == len(landing.unparsed()) == 2
    landing.load()
    assert len(landing.files()) == len(landing.raw()) == len(landing.unparsed()) == 6
    assert {load for (load,) in landing.raw("_load_id")} == {1, 2}


def test_many_small_files_share_a_transaction(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        landing.drop(f"{number:02}.ndjson", f'{{"id":{number}}}')
    commits = []
    really = DuckDBTarget.commit

    def counted(target: DuckDBTarget, entries: Any, routed: Any) -> None:
        commits.append(entries.num_rows)
        really(target, entries, routed)

    monkeypatch.setattr(DuckDBTarget, "commit", counted)
    landing.load()
    assert commits == [30]


def test_ten_thousand_old_files_are_compared_at_once() -> None:
    listing = [
        DataFile("noted", f"noted/{n}.ndjson", f"/x/{n}", n, n, n, "ndjson", "", None)
        for n in range(10_000)
    ]
    known = (
        duckdb.connect()
        .sql(
            "select '00' as file_hash, 1 as file_id, 'noted' as event_type,"
            " 'noted/' || range || '.ndjson' as path, range as size_bytes, range as modified_ns,"
            " 'loaded' as status, null::varchar as reason from range(9999)"
        )
        .to_arrow_table()
    )
    ledger = Ledger(known)
    assert [file.path for file in ledger.compare(listing).fresh] == ["noted/9999.ndjson"]
    ledger.close()


def test_no_message_shows_a_payload(landing: Landing) -> None:
    secret = "jane@example.com"
    landing.drop("a.ndjson", f'{{"email":"{secret}"}}\n{{"email":"{secret}",}}\n{secret}')
    landing.drop("b.csv", f"{secret},{secret}\n1,2")
    landing.drop("c.csv", f'id\n"{secret}\n')
    landing.drop("d.ndjson.gz", f'"{secret}"').write_bytes(secret.encode())
    landing.drop("e.json", f'["{secret}", {secret}], "{secret}"')
    landing.drop("f.parquet", parquet(1, secret))
    damaged = bytearray(parquet(2, secret))
    damaged[damaged.index(secret.encode())] ^= 1
    landing.drop("g.parquet", bytes(damaged))
    result = landing.load()
    told = "\n".join(result.lines()) + str(result) + str(landing.rows("from ops.files"))
    assert secret not in told
    assert len(result.set_aside) == 3


def test_the_summary_says_what_happened_per_event_type(landing: Landing) -> None:
    landing.drop("a.ndjson", '{"id":1}\nbad\nworse\n\n')
    landing.drop("b.ndjson", '{"id":1}\nbad\nworse\n\n')
    landing.drop("c.ndjson.gz", "{}").write_bytes(b"no")
    first = next(landing.load().lines())
    assert first == (
        "noted: 1 file, 1 records, 3 unparsed (not JSON 2, blank 1), "
        "1 already loaded under another name, 1 set aside"
    )


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz"])
def test_a_file_larger_than_a_batch_is_read_in_pieces(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(files, "READ_BYTES", 1000)
    monkeypatch.setattr("headwater.load.write.CHECK_BYTES", 2500)
    monkeypatch.setattr("headwater.load.write.UNPARSED_BYTES", 300)
    text = "".join(f'{{"id":{n}}}\n' if n % 3 else f"bad {n}\n" for n in range(1, 1001))
    landing.drop(name, text)
    result = landing.load()
    assert (result.loaded, result.unparsed) == (667, 333)
    assert landing.raw() == [(n, f'{{"id":{n}}}') for n in range(1, 1001) if n % 3]
