"""Compressed files: what their checksum does not vouch for is never committed."""

from __future__ import annotations

import gzip
import shutil
import subprocess

import pytest

from headwater.load import files
from load.conftest import Landing, sha256_of

TEXT = "".join(f'{{"id":{n},"note":"{n * 7919 % 1000}"}}\n' for n in range(500))

needs_zstd = pytest.mark.skipif(shutil.which("zstd") is None, reason="needs the zstd command")


def zstd(data: bytes, *options: str) -> bytes:
    return subprocess.run(
        ["zstd", "-q", "-c", *options], input=data, capture_output=True, check=True
    ).stdout


def test_members_of_a_gzip_file_are_read_one_after_the_other(landing: Landing) -> None:
    path = landing.drop("a.ndjson.gz", TEXT)
    path.write_bytes(gzip.compress(b'{"id":') + gzip.compress(b"1}\n{}") + b"\0" * 512)
    landing.load()
    assert landing.raw() == [(1, '{"id":1}'), (2, "{}")]


@pytest.mark.parametrize("cut", [0, 1, 9, 10, 50, -9, -8, -4, -1])
def test_a_truncated_gzip_file_is_set_aside(landing: Landing, cut: int) -> None:
    path = landing.drop("a.ndjson.gz", TEXT)
    path.write_bytes(path.read_bytes()[:cut])
    landing.drop("b.ndjson", "{}")
    result = landing.load()
    assert [file.path for file in result.set_aside] == ["noted/a.ndjson.gz"]
    assert result.set_aside[0].reason.startswith("damaged gzip: ")
    assert result.loaded == 1


def test_a_flipped_bit_in_gzip_never_changes_a_record(landing: Landing) -> None:
    path = landing.drop("a.ndjson.gz", TEXT)
    whole = path.read_bytes()
    for number in range(60):
        flipped = bytearray(whole)
        flipped[number * 7919 % len(whole)] ^= 1 << number % 8
        landing.drop(f"{number}.ndjson.gz", "").write_bytes(bytes(flipped))
    path.unlink()
    result = landing.load()
    assert len(result.set_aside) > 50
    assert all(file.reason.startswith("damaged gzip") for file in result.set_aside)
    assert result.unparsed == 0
    whole_texts = landing.rows(
        "select string_agg(record || chr(10), '' order by _line) from raw.noted group by _file"
    )
    assert all(text == TEXT for (text,) in whole_texts)  # bits of the header vouch for nothing


def test_rubbish_after_a_gzip_file_sets_it_aside(landing: Landing) -> None:
    path = landing.drop("a.ndjson.gz", TEXT)
    path.write_bytes(path.read_bytes() + b"rubbish")
    assert len(landing.load().set_aside) == 1
    assert landing.raw() == []


def test_a_fault_far_into_a_file_takes_back_what_was_written(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "READ_BYTES", 1000)
    monkeypatch.setattr("headwater.load.write.CHECK_BYTES", 1000)
    path = landing.drop("b.ndjson.gz", TEXT)
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0")
    landing.drop("a.ndjson", '{"id":"a"}')
    landing.drop("c.ndjson", '{"id":"c"}')
    result = landing.load()
    assert [file.reason for file in result.set_aside] == [
        "damaged gzip: incorrect length check (noticed after record 465)"
    ]
    assert landing.raw("record") == [('{"id":"a"}',), ('{"id":"c"}',)]


@needs_zstd
def test_zstd_is_read_frame_by_frame(landing: Landing) -> None:
    landing.drop("a.ndjson.zst", zstd(b'{"id":') + zstd(b"1}\n{}"))
    landing.load()
    assert landing.raw() == [(1, '{"id":1}'), (2, "{}")]


@needs_zstd
def test_damaged_zstd_is_set_aside_and_no_record_changed(landing: Landing) -> None:
    whole = zstd(TEXT.encode())
    for number in range(60):
        flipped = bytearray(whole)
        flipped[number * 7919 % len(whole)] ^= 1 << number % 8
        landing.drop(f"{number}.ndjson.zst", bytes(flipped))
    for cut in (0, 3, 5, -5, -4, -1):
        landing.drop(f"cut{cut}.ndjson.zst", whole[:cut])
    landing.drop("whole.ndjson.zst", whole)
    result = landing.load()
    assert len(result.set_aside) > 60
    assert all(file.reason.startswith(("damaged zstd", "zstd")) for file in result.set_aside)
    assert "noted/whole.ndjson.zst" in {file.path for file in result.files if file.loaded == 500}
    assert result.unparsed == 0
    texts = landing.rows(
        "select string_agg(record || chr(10), '' order by _line) from raw.noted group by _file"
    )
    assert all(text == TEXT for (text,) in texts)


@needs_zstd
def test_zstd_without_a_checksum_needs_a_manifest(landing: Landing) -> None:
    path = landing.drop("a.ndjson.zst", zstd(TEXT.encode(), "--no-check"))
    (aside,) = landing.load().set_aside
    assert aside.reason.startswith("zstd without a checksum cannot be verified")
    landing.manifest(path, count=500)
    assert len(landing.load().set_aside) == 1
    landing.manifest(path, sha256=sha256_of(path), count=500)
    assert landing.load().loaded == 500


@needs_zstd
def test_each_frame_of_a_zstd_file_needs_a_checksum(landing: Landing) -> None:
    checked, unchecked = zstd(b'{"id":1}\n'), zstd(b'{"id":2}\n', "--no-check")
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0size"
    landing.drop("well.ndjson.zst", skipped + checked + skipped + zstd(b"{}\n" * 300_000))
    for name, content in {
        "second": checked + unchecked,
        "third": checked + skipped + zstd(b'{"a":1}\n' * 9000) + unchecked,
        "first": skipped + unchecked + checked,
    }.items():
        landing.drop(f"{name}.ndjson.zst", content)
    result = landing.load()
    assert len(result.set_aside) == 3
    assert all("without a checksum" in file.reason for file in result.set_aside)
    assert result.loaded == 300_001
