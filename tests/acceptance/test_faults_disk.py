"""A disk that is full, or a limit that stands for one: nothing half done stays behind."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.fixtures import Delivered
from faults.place import Place, difference
from faults.tally import Family, Tally

pytestmark = pytest.mark.slow

KIB, MIB = 1 << 10, 1 << 20
# How many bytes there are to spare: some stop the load, some the build, some the publish.
SPARE_IN_FILES = (0, 64 * KIB, 160 * KIB)
SPARE_ON_DISK = (0, 256 * KIB, MIB, 2 * MIB)
PLENTY = 256 * MIB


def size(folder: Path) -> int:
    return sum(4096 + path.stat().st_size for path in folder.rglob("*"))


def run(place: Place, **options: int) -> int:
    said = place.headwater("run", "--wait", code=None, **options)
    assert "Traceback" not in said.text, said.text
    place.settle()
    return said.code


def mount(folder: Path, size_bytes: int, how: str = "") -> None:
    options = f"{how}size={size_bytes}"
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "headwater-faults", str(folder)], check=True
    )


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """An empty tmpfs."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount(folder, PLENTY)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def survives(
    place: Place, delivered: Delivered, family: Family, squeezed: int, release: Callable[[], None]
) -> None:
    """What a run left that ended with the exit code `squeezed`, and the next one makes good."""
    assert squeezed != 0
    family.faults += 1
    found = place.books()
    family.found(found.lost, found.wrong, what=f"{found}")
    release()
    place.headwater("run", "--wait")
    found = difference(delivered.expected, place.contents())
    family.found(found.lost, found.wrong, what=f"{found}")
    leaks = place.leaks()
    family.found(leaked=len(leaks), what=f"{leaks}")
    assert not family.failures
    assert not place.leftovers()


@pytest.mark.parametrize("spare", SPARE_IN_FILES)
def test_files_that_may_not_grow_are_survived(
    delivered: Delivered, tmp_path: Path, tally: Tally, spare: int
) -> None:
    place = delivered.place.copy(tmp_path / "place")
    allowed = (place.state / "warehouse.duckdb").stat().st_size + spare
    code = run(place, file_bytes=allowed)
    family = tally.family("files that may not grow")
    survives(place, delivered, family, code, release=lambda: None)


# Only root may mount; CI is root, and the limit on files shows the same to everybody.
if os.geteuid() == 0:

    @pytest.mark.parametrize("spare", SPARE_ON_DISK)
    def test_a_full_disk_is_survived(
        delivered: Delivered, disk: Path, tally: Tally, spare: int
    ) -> None:
        shutil.copytree(delivered.place.folder, disk, dirs_exist_ok=True)
        place = Place(delivered.place.host, delivered.place.root, disk)
        mount(disk, size(disk) + spare, "remount,")
        code = run(place)
        family = tally.family("a full disk")
        survives(place, delivered, family, code, lambda: mount(disk, PLENTY, "remount,"))
