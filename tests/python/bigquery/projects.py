"""Copies of this repository's warehouse, to load, build and break."""

from __future__ import annotations

import shutil
from pathlib import Path

from headwater.sync import sync

REPOSITORY = Path(__file__).resolve().parents[3]
PARTS = ("contracts", "dbt_project.yml", "macros", "models", "profiles", "seeds", "selectors.yml")


ODD = Path(__file__).parent / "contracts"


def copy_project(to: Path, odd: bool = False) -> Path:
    """The dbt project without what tests of models add, in the folder `to`.

    `odd` adds event contracts with what the repository's own do not have.
    """
    to.mkdir(parents=True)
    for name in PARTS:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, to / name)
        elif source.is_file():
            shutil.copy(source, to / name)
    for folder in ("generic", "singular", "fixtures"):
        source = REPOSITORY / "tests" / "dbt" / folder
        if source.is_dir():
            shutil.copytree(source, to / "tests" / "dbt" / folder)
    (to / "profiles.yml").symlink_to("profiles/profiles.yml")
    if odd:
        shutil.copytree(ODD, to / "contracts", dirs_exist_ok=True)
        result = sync(to)
        assert result.exit_code == 0, "\n".join(result.lines())
    return to
