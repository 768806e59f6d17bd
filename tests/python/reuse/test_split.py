"""Work that is split over processes gives what it gives in one."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence

import pytest

from headwater import split
from headwater.split import collection_paused


@pytest.fixture(params=[1, 2, 3])
def processors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(split, "_processors", lambda: request.param)
    return int(request.param)


def test_results_come_in_the_order_of_the_items(processors: int) -> None:
    seen: list[int] = []

    def work(items: Sequence[int]) -> list[tuple[int, int]]:
        seen.extend(items)
        return [(item, os.getpid()) for item in items]

    results = split.split(work, range(11), 3)
    assert [item for item, _ in results] == list(range(11))
    assert len({process for _, process in results}) == processors
    assert len(seen) == sum(process == os.getpid() for _, process in results)


def test_a_few_items_are_not_worth_a_process(processors: int) -> None:
    assert set(split.split(lambda items: [os.getpid()] * len(items), range(5), 3)) == {os.getpid()}
    assert split.split(lambda items: list(items), [], 3) == []


def test_what_a_process_could_not_do_is_done_here(processors: int) -> None:
    here = os.getpid()

    def work(items: Sequence[int]) -> list[int]:
        if os.getpid() != here:
            os._exit(9)
        return [item * 2 for item in items]

    assert split.split(work, range(8), 2) == [item * 2 for item in range(8)]


@pytest.mark.parametrize("bad", range(6))
def test_an_error_is_raised_wherever_it_happens(processors: int, bad: int) -> None:
    def work(items: Sequence[int]) -> list[int]:
        if bad in items:
            raise ValueError(f"no {bad}")
        return list(items)

    with pytest.raises(ValueError, match=f"no {bad}"):
        split.split(work, range(6), 2)


def test_more_than_a_pipe_holds_comes_through(processors: int) -> None:
    results = split.split(lambda items: ["x" * 100_000 for _ in items], range(40), 10)
    assert [len(each) for each in results] == [100_000] * 40


def test_garbage_is_searched_for_again_after_a_pause() -> None:
    assert gc.isenabled()
    with collection_paused():
        assert not gc.isenabled()
        with collection_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
