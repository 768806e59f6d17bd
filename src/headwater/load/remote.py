"""A landing folder in an object store, by way of fsspec: `gs://bucket/folder`.

An object is read in ranges, as a file is, and what vouches for its being the same before and
after is its size, its time and its etag. The library's own exceptions become OSErrors that say
no more than their kind, for their texts may quote what a store answered.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO

from headwater.errors import HeadwaterError

_REQUEST_BYTES = 1 << 20

# Without a time an object is taken to have been written then.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """What tells one state of an object from another."""

    size: int
    mtime_ns: int
    etag: str


@dataclass(frozen=True)
class Store:
    """A folder of an object store. `root` is its path as the file system has it."""

    url: str
    root: str
    filesystem: Any = field(repr=False, compare=False)

    def files(self, below: str = "") -> Iterator[tuple[str, Seen, bool]]:
        """The objects in it, or only `below`: path relative to the root, state, and whether
        the store would hand out other bytes than it holds (gzip, as HTTP has it).

        Raises HeadwaterError when it cannot be listed.
        """
        start = f"{self.root}/{below}" if below else self.root
        try:
            found = self.filesystem.find(start, detail=True)
        except FileNotFoundError:
            return
        except Exception as error:
            raise HeadwaterError(
                f"{self.url} cannot be listed ({type(error).__name__})",
                "see that the bucket exists, and that gcloud auth application-default login, or "
                "the machine's service account, may list and read it",
            ) from None
        for path, info in found.items():
            if not path.endswith("/"):
                relative = path.removeprefix(self.root).lstrip("/")
                yield relative, _seen(info), info.get("contentEncoding") == "gzip"

    def seen(self, path: str) -> Seen:
        """The state of an object now. Raises OSError."""
        with _told():
            return _seen(self.filesystem.info(f"{self.root}/{path}"))

    def read(self, path: str, start: int, end: int) -> bytes:
        """Some of an object's bytes. Raises OSError."""
        with _told():
            found: bytes = self.filesystem.cat_file(f"{self.root}/{path}", start=start, end=end)
        return found


@dataclass(frozen=True)
class StoredFile:
    """An object, as much of a Path as reading a manifest takes."""

    store: Store
    path: str
    size: int

    def read_bytes(self) -> bytes:
        return self.store.read(self.path, 0, self.size)

    def open(self) -> BinaryIO:
        return io.BufferedReader(_Ranges(self), _REQUEST_BYTES)


class _Ranges(io.RawIOBase):
    """The bytes of an object: each read is a request."""

    def __init__(self, file: StoredFile) -> None:
        super().__init__()
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        end = min(self._position + len(buffer), self._file.size)
        if end <= self._position:
            return 0
        found = self._file.store.read(self._file.path, self._position, end)
        buffer[: len(found)] = found
        self._position += len(found)
        return len(found)


def store_of(url: str) -> Store:
    """The folder at a URL. Raises HeadwaterError when the library for it is not installed."""
    try:
        from fsspec.core import url_to_fs

        # What was listed an hour ago must not answer for what is there now.
        filesystem, root = url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError):
        scheme = url.partition("://")[0]
        raise HeadwaterError(
            f"the library for {scheme}:// is not installed", "pip install 'headwater[gcs]'"
        ) from None
    except Exception as error:
        raise HeadwaterError(
            f"{url} cannot be opened ({type(error).__name__})",
            "gcloud auth application-default login, or a machine with a service account",
        ) from None
    return Store(url.rstrip("/"), root.rstrip("/"), filesystem)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(2, "No such file or directory") from None
    except Exception as error:
        raise OSError(5, type(error).__name__) from None


def _seen(info: dict[str, Any]) -> Seen:
    time = next((info[key] for key in _TIMES if info.get(key) is not None), _EPOCH)
    etag = next((str(info[key]) for key in _ETAGS if info.get(key) is not None), "")
    return Seen(int(info["size"]), _nanoseconds(time), etag)


_TIMES = ("mtime", "updated", "LastModified", "last_modified", "created")
_ETAGS = ("generation", "etag", "ETag")


def _nanoseconds(time: datetime | str | float) -> int:
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    if isinstance(time, datetime):
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)
        return round((time - _EPOCH).total_seconds() * 1_000_000) * 1_000
    return round(time * 1_000_000) * 1_000
