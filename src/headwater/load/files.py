"""Where delivered files lie, what a name says about them, and how their bytes are read."""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

import pyarrow as pa

from headwater.load import zstd
from headwater.load.remote import Store, StoredFile

Format = Literal["ndjson", "json", "csv", "parquet"]
Compression = Literal["", "gz", "zst"]

READ_BYTES = 4 << 20
_COMPRESSED_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class DataFile:
    """One delivered file as the listing saw it.

    `path` is relative to the landing folder, with `/`, printable; `modified_ns` the later of
    the file's and its manifest's, so that a corrected manifest is a change. In an object store
    (`store`) `full` is the path below its root, and `etag` what the store calls this state.
    """

    event: str
    path: str
    full: str
    size: int
    mtime_ns: int
    modified_ns: int
    format: Format
    compression: Compression
    manifest: Path | StoredFile | None
    store: Store | None = None
    etag: str = ""

    def open(self) -> BinaryIO:
        """Raises OSError."""
        if self.store is None:
            return Path(self.full).open("rb", buffering=0)
        return StoredFile(self.store, self.full, self.size).open()

    def is_as_listed(self, handle: BinaryIO) -> bool:
        """Whether the open file still is the one that the listing saw."""
        try:
            if self.store is not None:
                seen = self.store.seen(self.full)
                listed = (self.size, self.mtime_ns, self.etag)
                return (seen.size, seen.mtime_ns, seen.etag) == listed
            # A decoder that gives up closes what it was given.
            now = Path(self.full).stat() if handle.closed else os.fstat(handle.fileno())
        except OSError:
            return False
        return (now.st_size, now.st_mtime_ns) == (self.size, self.mtime_ns)


class FileFaultError(Exception):
    """A file cannot be used; the reason holds no payload.

    `by_content` says that only other bytes (or another manifest) would change that, so the
    file need not be tried again as it is; `by_manifest` that other files with these bytes may
    be well; `names_place` that the reason says where in the file.
    """

    def __init__(
        self,
        reason: str,
        *,
        by_content: bool = True,
        by_manifest: bool = False,
        names_place: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.by_content = by_content
        self.by_manifest = by_manifest
        self.names_place = names_place

    def after(self, records: int) -> FileFaultError:
        """The same fault of a file of which so many records had been read."""
        if self.names_place or not self.by_content or not records:
            return self
        return FileFaultError(
            f"{self.reason} (noticed after record {records:,})", by_manifest=self.by_manifest
        )


class CountsDifferError(Exception):
    """Two ways of counting records disagree. Nothing may be committed."""


class StillWrittenError(Exception):
    """The file changed while it was read: it waits for the next run."""


def open_unchanged(file: DataFile) -> BinaryIO:
    """The opened file, which is still the one that was listed."""
    try:
        handle = file.open()
    except OSError as error:
        raise FileFaultError(f"cannot be read: {_why(error)}", by_content=False) from None
    if not file.is_as_listed(handle):
        handle.close()
        raise StillWrittenError
    return handle


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__


def sha256(file: DataFile) -> str:
    """The hash of the file's bytes, in hex. Raises FileFaultError or StillWrittenError."""
    digest = hashlib.sha256()
    with open_unchanged(file) as handle:
        for chunk in _raw_chunks(file, handle, READ_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def chunks(file: DataFile, *, is_verified: bool = False) -> Iterator[bytes]:
    """The file's content, decompressed, in pieces of about READ_BYTES.

    Raises FileFaultError when a checksum or the compressed stream is wrong, StillWrittenError
    when the file changed meanwhile; both before the last piece could be committed.
    `is_verified`: a manifest has vouched for the bytes.
    """
    with open_unchanged(file) as handle:
        try:
            if file.compression == "gz":
                yield from _gunzip(_raw_chunks(file, handle, _COMPRESSED_READ_BYTES))
            elif file.compression == "zst":
                yield from _unzstd(file, handle, is_verified)
            else:
                yield from _raw_chunks(file, handle, READ_BYTES)
        except FileFaultError:
            if not file.is_as_listed(handle):
                raise StillWrittenError from None
            raise


def _raw_chunks(file: DataFile, handle: BinaryIO, size: int) -> Iterator[bytes]:
    total = 0
    while True:
        try:
            chunk = handle.read(size)
        except OSError as error:
            raise FileFaultError(f"cannot be read: {_why(error)}", by_content=False) from None
        if not chunk:
            break
        total += len(chunk)
        yield chunk
    if total != file.size or not file.is_as_listed(handle):
        raise StillWrittenError


def _gunzip(compressed: Iterator[bytes]) -> Iterator[bytes]:
    """Every member of a gzip file; zlib verifies each one's CRC-32 and length at its end."""
    member: zlib._Decompress | None = None
    started = False
    try:
        for chunk in compressed:
            rest = chunk
            while rest:
                if member is None:
                    if started and not rest.strip(b"\0"):
                        break  # padding after the last member, as tar and tape leave it
                    member = zlib.decompressobj(31)
                    started = True
                while rest and not member.eof:
                    data = member.decompress(rest, READ_BYTES)
                    rest = member.unconsumed_tail
                    if data:
                        yield data
                if member.eof:
                    rest = member.unused_data
                    member = None
    except zlib.error as error:
        raise FileFaultError(f"damaged gzip: {_zlib_why(error)}") from None
    if member is not None and (data := member.flush()):
        yield data
    if not started or (member is not None and not member.eof):
        raise FileFaultError("damaged gzip: it ends before its checksum")


def _zlib_why(error: zlib.error) -> str:
    text = str(error)
    return text.split(": ", 1)[1] if ": " in text else text


def _unzstd(file: DataFile, handle: BinaryIO, is_verified: bool) -> Iterator[bytes]:
    """Every frame of a zstd file; the library verifies each one's checksum at its end."""
    if not file.size:
        raise FileFaultError("damaged zstd: it is empty")
    try:
        if not (is_verified or zstd.is_checked(handle)):
            raise FileFaultError(
                "zstd without a checksum cannot be verified: compress with --check, or put a "
                "manifest with its sha256 beside it"
            )
        handle.seek(0)
        with pa.CompressedInputStream(pa.PythonFile(handle, "r"), "zstd") as stream:
            while data := stream.read(READ_BYTES):
                yield data
            if not file.is_as_listed(handle):
                raise StillWrittenError
    except OSError as error:
        if error.errno is not None:
            raise FileFaultError(f"cannot be read: {_why(error)}", by_content=False) from None
        why = str(error).removeprefix("ZSTD decompress failed: ")
        raise FileFaultError(f"damaged zstd: {why}") from None


_HOUR_IN_PATH = (
    re.compile(r"(?:^|/)date=(\d{4})-(\d\d)-(\d\d)/hour=(\d\d)(?=/)"),
    re.compile(r"(?:^|/)hour=(\d{4})-(\d\d)-(\d\d)T(\d\d)(?:(?::|%3A)?00)?Z?(?=/)"),
    re.compile(r"/(\d{4})/(\d\d)/(\d\d)/(\d\d)(?=/)"),
)


def hour_in_path(path: str) -> datetime | None:
    """The UTC hour that the folders of `path` name, if they name one."""
    for pattern in _HOUR_IN_PATH:
        for found in pattern.finditer(path):
            try:
                return datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type]
            except ValueError:
                continue
    return None
