"""Work that needs the processor, split over processes of its own."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def split(
    work: Callable[[Sequence[Item]], Iterable[Result]],
    items: Sequence[Item],
    least: int,
    advance: Callable[[int], object] = lambda _: None,
) -> list[Result]:
    """`work(items)`, its parts done at the same time, each of at least `least` items.

    `work` gives a result for each item, in order, and leaves nothing else behind. It begins
    with the memory of this process, so nothing is sent to it; results come back by pickle.
    What a process of its own could not do is done here, so that errors are as without it.
    `advance` is told of about how many more items are done.
    """
    count = max(1, min(_processors(), len(items) // least))
    parts = [items[start::count] for start in range(count)]
    others = [_Process(work, part) for part in parts[1:]]
    own: list[Result] = []
    try:
        for result in work(parts[0]):
            own.append(result)
            advance(count)
    finally:
        received = [other.results() for other in others]
    done = [own]
    for part, results in zip(parts[1:], received, strict=True):
        done.append(list(work(part)) if results is None else results)
    return [done[at % count][at // count] for at in range(len(items))]


@contextmanager
def collection_paused() -> Iterator[None]:
    """No search for cyclic garbage while many objects are made that all stay."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _processors() -> int:
    if not hasattr(os, "fork"):
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Process:
    """A fork that works on one part and writes the pickled results to a pipe."""

    def __init__(self, work: Callable[[Sequence[Item]], Iterable[Result]], part: Sequence[Item]):
        self._reader, writer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            status = 1
            try:
                os.close(self._reader)
                with os.fdopen(writer, "wb") as pipe:
                    pickle.dump(list(work(part)), pipe, pickle.HIGHEST_PROTOCOL)
                status = 0
            finally:
                # No clean-up: what is open here belongs to the process that forked.
                os._exit(status)
        os.close(writer)

    def results(self) -> list[Any] | None:
        """The results; None where there are none."""
        with os.fdopen(self._reader, "rb") as pipe:
            content = pipe.read()
        _, status = os.waitpid(self._pid, 0)
        return pickle.loads(content) if status == 0 else None
