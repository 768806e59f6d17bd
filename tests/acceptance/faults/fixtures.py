"""What the tests of faults share: one host of forks, one project, one tally."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import warehouses

from faults import shop
from faults.forks import Host
from faults.place import Place
from faults.tally import Tally

TALLY = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Tally:
    """Counts of all families; the session's end prints them, see conftest.py."""
    return request.config.stash.setdefault(TALLY, Tally())


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.close()


@pytest.fixture(scope="session")
def project_of_faults(
    pristine: warehouses.Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The root of a project with the event types and the mart of faults/shop.py."""
    made = warehouses.copied(pristine, tmp_path_factory.mktemp("faults"))
    shop.declare(made)
    return made.root


@pytest.fixture(scope="session")
def new_place(
    host: Host, project_of_faults: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Place]:
    """Makes an empty warehouse with a landing folder of its own, for that project."""
    return lambda: Place(host, project_of_faults, tmp_path_factory.mktemp("place"))
