"""Commands killed at random moments: what follows ends as if nothing had happened.

A chain of kills goes through the steps of one warehouse's run; between any two the ledger of
files and raw agree, and the run after the last leaves what an undisturbed one would have.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from faults.fixtures import Delivered
from faults.forks import KILLED
from faults.place import CONTENTS, Difference, Place, difference
from faults.tally import Family, Tally

from headwater.errors import ExitCode

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("HEADWATER_KILL_SEED", "20260131"))
CHAINS = 8


# How often a chain is killed in each step of a run: 25 times.
KILLS = {"load": 10, "build": 4, "check": 2, "publish": 9}


@pytest.mark.parametrize("chain", range(CHAINS))
def test_a_run_killed_25_times_ends_as_an_undisturbed_one(
    delivered: Delivered, tmp_path: Path, new_place: Callable[[], Place], tally: Tally, chain: int
) -> None:
    dice = random.Random(f"{SEED} {chain}")

    def begun() -> Place:
        if chain % 2:
            return delivered.place.copy(tmp_path / f"{dice.random()}")
        place = new_place()  # a warehouse that has no past
        place.land(delivered.files)
        return place

    place = begun()
    for step, wanted in KILLS.items():
        family = tally.family(f"killed in {step}")
        states: list[Place] = []
        kills = 0
        while kills < wanted:
            moment = dice.uniform(0, delivered.lasts[step])
            sabotage = ["without_site", "small_batches:2", f"killed_in:{step}:{moment}"]
            said = place.headwater("run", "--wait", code=None, sabotage=sabotage)
            place.settle()
            noted(family, place.books(), f"{SEED}, chain {chain}, kill {kills} in {step}")
            if said.code == KILLED:
                kills += 1
                states.append(place.copy(tmp_path / f"{step} {kills}"))
                continue
            # It ended before: it is itself the run after the kills so far. The others go on
            # from one of these, as there is no more to do. The machine is faster than it was.
            assert not said.code, said.text
            delivered.lasts[step] *= 0.8
            noted(family, difference(delivered.expected, place.contents()), f"{SEED}, {chain}")
            place = states.pop() if states else begun()
        family.faults += kills
    place.headwater("run", "--wait")
    noted(family, difference(delivered.expected, place.contents()), f"{SEED}, chain {chain}")
    leaks = place.leaks()
    family.found(leaked=len(leaks), what=f"{SEED}, chain {chain}: {leaks}")
    assert not [each.failures for each in tally.families.values() if each.failures]
    assert not place.leftovers()
    assert "nothing: everything is up to date" in place.headwater("run").text


def noted(family: Family, found: Difference, when: str) -> None:
    family.found(found.lost, found.wrong, what=f"{when}: {found}")


@pytest.mark.parametrize(
    "names",
    [
        ["manifest.json"],
        ["partial_parse.msgpack", "run_results.json", "contracts.memo"],
        ["parsed.json"],
    ],
)
def test_files_in_target_that_were_cut_off_are_written_again(
    delivered: Delivered, tmp_path: Path, tally: Tally, names: list[str]
) -> None:
    place = delivered.place.copy(tmp_path / "place")
    paths = [place.root / "target" / "headwater" / name for name in names]
    for path in paths:
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])
    family = tally.family("cut-off files in target/")
    family.faults += 1
    place.headwater("run")
    noted(family, difference(delivered.expected, place.contents()), f"{names}")
    assert not family.failures
    for path in paths:
        assert path.suffix != ".json" or json.loads(path.read_bytes()), path


@pytest.mark.parametrize("seconds", [0.3, 2])
def test_a_dbt_that_is_killed_alone_is_told_and_made_good(
    delivered: Delivered, tmp_path: Path, tally: Tally, seconds: float
) -> None:
    place = delivered.place.copy(tmp_path / "place")
    sabotage = ["without_site", f"dbt_killed:{seconds}"]
    said = place.headwater("run", code=ExitCode.BRANCH_FAILED, sabotage=sabotage)
    assert "dbt stopped" in said.text
    family = tally.family("dbt killed alone")
    family.faults += 1
    noted(family, place.books(), f"{seconds}")
    place.headwater("run")
    noted(family, difference(delivered.expected, place.contents()), f"{seconds}")
    assert not family.failures
    assert not place.leftovers()


@pytest.mark.parametrize(
    ("sabotage", "noticed"),
    [
        ("ledger_after_the_data:2", "wrong"),
        ("ledger_before_the_data", "lost"),
        ("published_before_it_is", "lost"),
    ],
)
def test_a_run_that_leaves_something_half_done_is_noticed(
    delivered: Delivered, tmp_path: Path, sabotage: str, noticed: str
) -> None:
    place = delivered.place.copy(tmp_path / "place")
    place.headwater(
        "run", "--wait", code=None, sabotage=["without_site", "small_batches:2", sabotage]
    )
    place.settle()
    found = place.books()
    if not sabotage.startswith("ledger"):
        place.headwater("run", "--wait", code=None)
        found = difference(delivered.expected, place.contents())
    assert getattr(found, noticed)


def test_a_row_more_or_less_is_noticed_in_every_table(delivered: Delivered) -> None:
    for name, rows in delivered.expected.items():
        assert rows, name
        row = next(iter(rows))
        fewer, more = rows.copy(), rows.copy()
        fewer[row] -= 1
        more[row] += 1
        found = [difference(delivered.expected, {**delivered.expected, name: each})
                 for each in (fewer, more, rows)]  # fmt: skip
        assert [(each.lost, each.wrong) for each in found] == [(1, 0), (0, 1), (0, 0)], name
    assert delivered.expected.keys() == CONTENTS.keys()
