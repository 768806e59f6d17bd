"""What tests of whole warehouses share."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import warehouses
from faults.fixtures import (  # noqa: F401
    TALLY,
    delivered,
    host,
    new_place,
    project_of_faults,
    tally,
)
from faults.tally import Tally
from truths import World
from warehouses import Warehouse


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """What `headwater init` makes, without its example; tests copy it."""
    return warehouses.empty(tmp_path_factory.mktemp("pristine"))


@pytest.fixture(scope="session")
def make_warehouse(
    pristine: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Warehouse]:
    """Makes a warehouse of a test's own, or of a module's."""

    def make() -> Warehouse:
        parent: Path = tmp_path_factory.mktemp("warehouse")
        return warehouses.copied(pristine, parent)

    return make


@pytest.fixture
def shop(make_warehouse: Callable[[], Warehouse]) -> Warehouse:
    """A warehouse without any event type."""
    return make_warehouse()


@pytest.fixture(scope="session")
def world_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, bool], World]:
    """Makes the world of a seed, a large one or not, once: simulated, loaded and built.

    Tests read it, and copy what they change.
    """
    known: dict[tuple[int, bool], World] = {}

    def make(seed: int, is_large: bool) -> World:
        if (seed, is_large) not in known:
            world = World(tmp_path_factory.mktemp("world"), days=34 if is_large else 12)
            world.simulate(users=120 if is_large else 40, seed=seed)
            world.headwater("load")
            world.dbt("run")
            known[seed, is_large] = world
        return known[seed, is_large]

    return make


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None]:
    """A worker of pytest-xdist hands over what it counted."""
    counted = session.config.stash.get(TALLY, None)
    if counted is not None and hasattr(session.config, "workeroutput"):
        session.config.workeroutput["faults"] = counted.values()
    yield


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Adds what a worker counted; one that died has nothing, and has failed."""
    counted = getattr(node, "workeroutput", {}).get("faults")
    if counted:
        node.config.stash.setdefault(TALLY, Tally()).add(counted)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Prints what became of the faults, and leaves it in target/faults.md."""
    counted = config.stash.get(TALLY, None)
    if counted is None or hasattr(config, "workeroutput"):
        return
    report = "\n".join(counted.lines())
    path = config.rootpath / "target" / "faults.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(report + "\n", encoding="utf-8")
    terminalreporter.section("faults")
    terminalreporter.write_line(report)
