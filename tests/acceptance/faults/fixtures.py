"""What the tests of faults share: one host of forks, one project, one tally."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import warehouses

from faults import shop
from faults.forks import Host
from faults.place import Place, Rows
from faults.tally import Tally

TALLY = pytest.StashKey[Tally]()
SEED = int(os.environ.get("HEADWATER_FAULTS_SEED", "20260131"))


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


@dataclass(frozen=True)
class Delivered:
    """A warehouse with a past and with files that came since, and what its next run makes of it.

    `lasts` has the seconds that each step of that run took.
    """

    files: tuple[shop.File, ...]
    place: Place
    expected: Mapping[str, Rows]
    lasts: dict[str, float]

    def only(self, tables: Iterable[str]) -> dict[str, Rows]:
        """What these tables are expected to hold."""
        return {name: self.expected[name] for name in tables}


@pytest.fixture(scope="session")
def delivered(
    new_place: Callable[[], Place], tmp_path_factory: pytest.TempPathFactory
) -> Delivered:
    """The warehouse of shop.deliveries, of which half are in it already; tests copy it."""
    files = tuple(shop.deliveries(SEED))
    place = new_place()
    place.land(files[:12])
    place.headwater("run")
    place.land(files[12:])
    undisturbed = place.copy(tmp_path_factory.mktemp("undisturbed") / "place")
    said = undisturbed.headwater("run", sabotage=["without_site", "timed"])
    lasts = {step: float(seconds) for step, seconds in re.findall(r"step (\w+) (\S+)", said.text)}
    return Delivered(files, place, undisturbed.contents(), lasts)
