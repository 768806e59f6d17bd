"""A DuckDB file written aside takes the place of another, by one rename."""

from __future__ import annotations

import os
from pathlib import Path

from headwater.errors import HeadwaterError


def log_of(path: Path) -> Path:
    """The write-ahead log of a DuckDB file, which DuckDB replays into whatever is there."""
    return path.with_name(f"{path.name}.wal")


def check_finished(path: Path) -> None:
    """Raises HeadwaterError when DuckDB has left a log beside the file."""
    log = log_of(path)
    if log.exists():
        raise HeadwaterError(f"{path} is unfinished: DuckDB left {log.name} beside it")


def put(new: Path, path: Path) -> None:
    """Puts the new file in the place of `path`, on disk for good."""
    _sync(new)
    new.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
