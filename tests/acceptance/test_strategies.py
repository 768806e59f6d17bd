"""The incremental strategies, held against a computation from scratch after random histories.

Unit tests of dbt never reach a strategy. Here whole warehouses live through random arrival,
splits into runs, mended contracts, late files into frozen hours, skipped, edited, failing and
killed models and full refreshes, and after every build each table, log and plan must be what
strategies/oracle.py says.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from strategies.oracle import EVENTS, models
from strategies.simulation import CONTRACTS, Simulation
from strategies.warehouse import Warehouse

STEPS = 12
SEEDS = [1, 2]
MORE_SEEDS = range(3, 13)

Start = Callable[[int], Simulation]


@pytest.fixture
def start(repository: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts a simulation from a seed, in a new warehouse."""
    warehouse = Warehouse(repository, tmp_path / "project")
    yield lambda seed: Simulation(warehouse, random.Random(seed), [f"seed {seed}"])
    warehouse.close()


def live(simulation: Simulation, steps: int) -> None:
    """A random history of `steps` steps; ends with a build that finds nothing to do."""
    dice = simulation.random
    if dice.random() < 0.5:
        simulation.deliver_anything()
    simulation.build()
    names = list(models(simulation.oracle.texts))
    for _ in range(steps):
        for _ in range(dice.randrange(3)):
            simulation.deliver_anything()
        if dice.random() < 0.3:
            simulation.mend(dice.choice(EVENTS), dice.choice(CONTRACTS))
        if dice.random() < 0.4:
            simulation.edit_anything()
        if dice.random() < 0.2:
            simulation.expire(dice.choice(EVENTS), dice.randrange(1, 8))
        match dice.choices(("plain", "skip", "fail", "kill", "refresh"), (4, 3, 2, 1, 1))[0]:
            case "plain":
                simulation.build()
            case "skip":
                simulation.build(exclude=dice.sample(names, dice.randrange(1, 6)))
            case "fail":
                simulation.build(failing=dice.sample(names, dice.randrange(1, 3)))
            case "kill":
                simulation.build(kill_at=dice.randrange(20, 300))
            case "refresh":
                simulation.build(full_refresh=True)
    simulation.build_twice()


def seeds() -> list[Any]:
    """Two for every run, ten more for the slow ones, and the one HEADWATER_STRATEGY_SEED names."""
    named = os.environ.get("HEADWATER_STRATEGY_SEED")
    return [
        *SEEDS,
        *([int(named)] if named else []),
        *(pytest.param(seed, marks=pytest.mark.slow) for seed in MORE_SEEDS),
    ]


@pytest.mark.parametrize("seed", seeds())
def test_every_table_equals_a_computation_from_scratch(start: Start, seed: int) -> None:
    live(start(seed), STEPS)
