"""One writer at a time, by a lock that the kernel drops with its process."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headwater import clock
from headwater.errors import Locked


@contextmanager
def writing(path: Path, job: str, *, wait: bool = False) -> Iterator[int]:
    """Holds the warehouse's lock; yields its file descriptor, for children to inherit.

    Raises Locked, saying who holds it since when, unless `wait`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, wait)
        holder = {"pid": os.getpid(), "job": job, "since": clock.now().isoformat(" ", "seconds")}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, wait: bool) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not wait:
                raise Locked(
                    f"another process is writing this warehouse: {_holder(descriptor)}",
                    "wait for it with --wait",
                ) from None
            time.sleep(0.2)


def _holder(descriptor: int) -> str:
    try:
        known = json.loads(os.pread(descriptor, 4096, 0))
    except json.JSONDecodeError:
        return "it has only just begun"
    return f"{known['job']} (pid {known['pid']}) since {known['since']} UTC"


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock at this moment."""
    try:
        with writing(path, "status"):
            return True
    except Locked:
        return False
