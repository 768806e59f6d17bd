"""Marts built as the days come are the marts built at once, row for row."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from truths import START, World, differences, true_rows

pytestmark = pytest.mark.slow

# Forty days. HEADWATER_DAY_BY_DAY=1 builds each of them by itself, which takes some minutes.
STEPS = (1, 1, 1, 1, 1, 1, 2, 3, 1, 7, 1, 9, 1, 10)
if os.environ.get("HEADWATER_DAY_BY_DAY"):
    STEPS = (1,) * 40


@pytest.fixture(scope="module")
def in_steps(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("steps"), days=sum(STEPS))
    world.simulate(users=25, seed=4)
    arriving = world.folder / "arriving"
    (world.folder / "landing").rename(arriving)
    (world.folder / "landing").mkdir()
    script = Path(__file__).with_name("day_by_day.py")
    world.call(str(script), str(arriving), str(START), *map(str, STEPS))
    assert not [path for path in arriving.rglob("*") if path.is_file()]
    return world


@pytest.fixture(scope="module")
def at_once(in_steps: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same files, and the same pseudonyms, in one load and one build."""
    world = World(tmp_path_factory.mktemp("once") / "world", days=in_steps.days)
    for name in ("landing", "truth"):
        shutil.copytree(in_steps.folder / name, world.folder / name)
    world.keys.parent.mkdir()
    # With the log of what the last step wrote, which may not be in the file itself yet.
    for path in in_steps.keys.parent.glob("keys.duckdb*"):
        shutil.copy(path, world.keys.parent)
    world.headwater("load")
    world.dbt("run")
    return world


def test_forty_days_were_built_in_many_steps(in_steps: World) -> None:
    assert sum(STEPS) == 40
    assert STEPS.count(1) >= 9
    assert in_steps.value("select count(distinct load_id) from ops.files") == len(STEPS)


@pytest.mark.parametrize("file", ["warehouse", "serve"])
def test_marts_built_and_served_in_steps_equal_marts_built_at_once(
    in_steps: World, at_once: World, file: str
) -> None:
    found = {}
    path = in_steps.warehouse.with_name(f"{file}.duckdb")
    with at_once.reading() as connection:
        connection.execute(f"attach '{path}' as steps (read_only)")
        for mart in sorted(at_once.marts()):
            lines = differences(
                connection, f"from warehouse.marts.{mart}", f"from steps.marts.{mart}"
            )
            if lines:
                found[mart] = lines
    assert not found, "\n".join(f"{mart} {line}" for mart in found for line in found[mart])


def test_both_equal_the_truth(in_steps: World, at_once: World) -> None:
    with in_steps.reading() as connection:
        for mart in sorted(at_once.marts()):
            assert not differences(connection, true_rows(in_steps, mart), f"from marts.{mart}"), (
                mart
            )
