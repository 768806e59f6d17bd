"""A landing folder in an object store: in fsspec's memory, and in a Cloud Storage that gcsfs
talks to over HTTP, as far as tests/python/load/fake_gcs.py imitates it."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterator
from typing import Any

import fsspec
import gcsfs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.errors import BadInput, HeadwaterError
from headwater.load import remote
from headwater.load.preview import folders
from load.conftest import Landing
from load.fake_gcs import Bucket, served

URL = "memory://bucket/landing"


@pytest.fixture
def memory(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The file system of a landing folder in memory."""
    monkeypatch.setenv("HEADWATER_LANDING", URL)
    filesystem = fsspec.filesystem("memory")
    yield filesystem
    filesystem.store.clear()


@pytest.fixture
def bucket(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket whose folder `in` is the landing folder."""
    held = Bucket()
    with served(held) as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        monkeypatch.setenv("HEADWATER_LANDING", "gs://landing/in")
        monkeypatch.setitem(fsspec.config.conf, "gs", {"token": "anon"})
        gcsfs.GCSFileSystem.clear_instance_cache()
        yield held
    gcsfs.GCSFileSystem.clear_instance_cache()


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, write_page_checksum=True)
    return sink.getvalue()


FILES = {
    "noted/a.ndjson": b'{"id":1}\nnonsense\n',
    "noted/date=2026-01-31/hour=07/b.json.gz": gzip.compress(b'[{"id":2},{"id":3}]'),
    "noted/x/y/c c#?%.csv": b"id\n4\n",
    "noted/d.parquet": parquet(pa.table({"id": [5, 6]})),
    "noted/.hidden.ndjson": b"{}",
    "noted/.git/e.ndjson": b"{}",
    "noted/f.ndjson.tmp": b"{}",
    "noted/folder/": b"",
    "noted/g.xlsx": b"?",
    "Noted/h.ndjson": b"{}",
    "stray.ndjson": b"{}",
}
LOADED = [
    ("noted/a.ndjson", 1, '{"id":1}'),
    ("noted/d.parquet", 1, '{"id":5}'),
    ("noted/d.parquet", 2, '{"id":6}'),
    ("noted/date=2026-01-31/hour=07/b.json.gz", 1, '{"id":2}'),
    ("noted/date=2026-01-31/hour=07/b.json.gz", 2, '{"id":3}'),
    ("noted/x/y/c c#?%.csv", 2, '{"id":"4"}'),
]


def check_loaded(landing: Landing) -> None:
    result = landing.load()
    assert landing.raw("_file, _line, record") == LOADED
    assert landing.unparsed("_file, _line") == [("noted/a.ndjson", 2)]
    text = "\n".join(result.lines())
    assert "1 file directly in the landing folder not loaded: stray.ndjson" in text
    assert "1 file in Noted/ not loaded" in text
    assert "noted: 1 file not loaded, of a kind it does not read: *.xlsx" in text
    hours = landing.rows("select distinct hour(received_at) from raw.noted where _file like '%07%'")
    assert hours == [(7,)]
    assert landing.load().files == ()


def test_a_folder_in_a_store_is_loaded_as_one_on_disk_is(landing: Landing, memory: Any) -> None:
    for name, content in FILES.items():
        memory.pipe(f"{URL}/{name}".rstrip("/"), content)
    memory.rm(f"{URL}/noted/folder")
    check_loaded(landing)


def test_a_bucket_is_loaded_as_a_folder_on_disk_is(landing: Landing, bucket: Bucket) -> None:
    for name, content in FILES.items():
        bucket.put(f"in/{name}", content)
    bucket.put("inside/noted/z.ndjson", b"{}")
    check_loaded(landing)
    assert not [each for each in bucket.requests if "inside" in each]


def test_an_object_written_again_is_loaded_again(landing: Landing, bucket: Bucket) -> None:
    bucket.put("in/noted/a.ndjson", b'{"id":1}')
    assert landing.load().loaded == 1
    bucket.put("in/noted/a.ndjson", b'{"id":2}')
    assert landing.load().loaded == 1
    bucket.put("in/noted/b.ndjson", b'{"id":2}')
    (again,) = landing.load().files
    assert (again.outcome, again.duplicate_of) == ("duplicate", "noted/a.ndjson")


def test_an_object_that_is_replaced_while_it_is_read_waits(
    landing: Landing, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("in/noted/a.ndjson", b'{"id":1}')
    bucket.put("in/noted/b.ndjson", b'{"id":2}')
    really = remote.Store.read

    def replaced(store: remote.Store, path: str, start: int, end: int) -> bytes:
        found = really(store, path, start, end)
        if path == "noted/a.ndjson":
            bucket.put("in/noted/a.ndjson", b'{"id":7}')
        return found

    with monkeypatch.context() as patched:
        patched.setattr(remote.Store, "read", replaced)
        result = landing.load()
    assert {file.path: file.outcome for file in result.files} == {
        "noted/a.ndjson": "waits", "noted/b.ndjson": "loaded"
    }  # fmt: skip
    landing.load()
    assert landing.raw("record") == [('{"id":7}',), ('{"id":2}',)]


def test_an_object_that_is_gone_or_cannot_be_read_is_tried_again(
    landing: Landing, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("in/noted/a.ndjson", b'{"id":1}')
    bucket.put("in/noted/b.ndjson", b'{"id":2}')
    really = remote.Store.read

    def fails(store: remote.Store, path: str, start: int, end: int) -> bytes:
        if path == "noted/a.ndjson":
            raise OSError(5, "ClientError")
        return really(store, path, start, end)

    with monkeypatch.context() as patched:
        patched.setattr(remote.Store, "read", fails)
        result = landing.load()
    assert [file.reason for file in result.set_aside] == ["cannot be read: ClientError"]
    assert result.loaded == 1
    assert landing.load().loaded == 1


def test_a_manifest_in_a_store_is_read(landing: Landing, memory: Any) -> None:
    memory.pipe(f"{URL}/noted/a.ndjson", b"{}\n{}\n")
    memory.pipe(f"{URL}/noted/a.ndjson.manifest.json", json.dumps({"count": 3}).encode())
    (aside,) = landing.load().set_aside
    assert aside.reason == "its manifest says 3 records, it holds 2"
    memory.pipe(f"{URL}/noted/a.ndjson.manifest.json", json.dumps({"count": 2}).encode())
    assert landing.load(f"{URL}/noted/a.ndjson").loaded == 2


def test_a_manifest_in_a_store_whose_file_is_not_there_is_told(
    landing: Landing, memory: Any
) -> None:
    for name in ("a.ndjson", "a.ndjson.manifest.json", "b.ndjson.manifest.json"):
        memory.pipe(f"{URL}/noted/{name}", b"{}\n")
    assert landing.load().announced == ("noted/b.ndjson",)


def test_urls_limit_what_is_loaded(landing: Landing, memory: Any) -> None:
    for number, name in enumerate(["x/a", "y/b", "y/c"]):
        memory.pipe(f"{URL}/noted/{name}.ndjson", f'{{"id":{number}}}'.encode())
    assert landing.load(f"{URL}/noted/x/a.ndjson").loaded == 1
    assert landing.load(f"{URL}/noted/y").loaded == 2
    with pytest.raises(BadInput, match="no such file or folder"):
        landing.load(f"{URL}/noted/z")
    with pytest.raises(BadInput, match="is not in the landing folder"):
        landing.load("memory://bucket/landing2/noted/a.ndjson")


def test_no_objects_are_nothing_to_load(landing: Landing, memory: Any) -> None:
    assert landing.load().files == ()


def test_an_object_that_would_be_handed_out_decompressed_is_left(
    landing: Landing, bucket: Bucket
) -> None:
    bucket.put("in/noted/a.ndjson", gzip.compress(b"{}"))
    bucket.encodings["in/noted/a.ndjson"] = "gzip"
    (note,) = landing.load().notes
    assert note.startswith("noted/a.ndjson: stored with Content-Encoding: gzip")


def test_a_bucket_that_cannot_be_listed_is_said_in_one_line(
    landing: Landing, bucket: Bucket
) -> None:
    bucket.refuses = True
    with pytest.raises(HeadwaterError) as refused:
        landing.load()
    assert str(refused.value).startswith("gs://landing/in cannot be listed (")
    assert "secret" not in f"{refused.value} {refused.value.hint}"


def test_without_the_library_it_says_what_to_install(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_LANDING", "gs://landing/in")
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(HeadwaterError, match="the library for gs:// is not installed") as refused:
        landing.load()
    assert refused.value.hint == "pip install 'headwater[gcs]'"


def test_a_large_object_is_read_piece_by_piece(
    landing: Landing, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_REQUEST_BYTES", 1000)
    monkeypatch.setattr("headwater.load.files.READ_BYTES", 4000)
    table = pa.table({"id": range(3000), "name": [f"name {n}" for n in range(3000)]})
    bucket.put("in/noted/a.ndjson", b'{"id":1}\n' * 3000)
    bucket.put("in/noted/b.parquet", parquet(table))
    assert landing.load().loaded == 6000
    reads = [each for each in bucket.requests if "/download/" in each]
    assert len(reads) > 12


def test_the_folders_that_are_there_are_found_in_a_store_too(landing: Landing, memory: Any) -> None:
    memory.pipe(f"{URL}/noted/a.ndjson", b"{}")
    assert folders(landing.project, ("noted", "_mixed")) == [f"{URL}/noted"]
