"""After `headwater load`, a bare `dbt build` of this repository's project does what a run does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.slow

SCHEMAS = ("raw", "staging", "intermediate", "marts", "seeds")
NOW = "2026-02-01T02:00:00Z"


@dataclass(frozen=True)
class Place:
    """A landing folder and a warehouse of its own, for the project at `root`."""

    root: Path
    folder: Path

    def call(self, *args: str, code: int = 0) -> str:
        """Runs a Python module; what it said."""
        done = subprocess.run(
            [sys.executable, *args],
            cwd=self.root,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(sys.path),
                "HEADWATER_LANDING": str(self.folder / "landing"),
                "HEADWATER_WAREHOUSE": str(self.folder / "warehouse"),
                "HEADWATER_NOW": NOW,
                "DBT_TARGET_PATH": str(self.folder / "target"),
                "DBT_LOG_PATH": str(self.folder / "logs"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def headwater(self, *args: str) -> str:
        return self.call("-m", "headwater", *args)

    def dbt_build(self, code: int = 0) -> str:
        return self.call("-m", "dbt.cli.main", "--no-use-colors", "build", code=code)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "warehouse" / "warehouse.duckdb")) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table and view of the layers, its rows in order, and the counts in ops.

        Floats have nine digits: their last depend on the order in which they are added up.
        """
        names = self.rows(
            "select table_schema || '.' || table_name from information_schema.tables"
            f" where table_schema in {SCHEMAS} and table_catalog = 'warehouse'"
        )
        found = {
            name: [tuple(map(_plain, row)) for row in self.rows(f"from {name} order by all")]
            for (name,) in names
        }
        for counts in ("hours", "violations"):
            found[counts] = self.rows(f"from ops.{counts} order by all")
        found["built"] = self.rows("select * exclude (built_at) from ops.built order by all")
        return found


def _plain(value: Any) -> Any:
    return float(f"{value:.9g}") if isinstance(value, float) else value


@pytest.fixture(scope="module")
def loaded(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two simulated days in raw, and nothing built."""
    place = Place(repository, tmp_path_factory.mktemp("loaded"))
    place.call("scripts/simulate.py", "--users", "80", "--days", "2", "--start", "2026-01-30")
    place.headwater("load")
    return place


@pytest.fixture(scope="module")
def ran(loaded: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The same days after `headwater run`."""
    place = Place(loaded.root, tmp_path_factory.mktemp("ran") / "place")
    shutil.copytree(loaded.folder, place.folder)
    place.headwater("run")
    return place


def share_keys(source: Place, place: Place) -> None:
    """Pseudonyms are random: warehouses that are to be compared share one key table."""
    (place.folder / "warehouse").mkdir(parents=True, exist_ok=True)
    for left in (place.folder / "warehouse").glob("keys.duckdb*"):
        left.unlink()
    shutil.copy(source.folder / "warehouse" / "keys.duckdb", place.folder / "warehouse")


def assert_same(expected: Place, found: Place) -> None:
    wanted, there = expected.tables(), found.tables()
    assert wanted.keys() == there.keys()
    for name, rows in wanted.items():
        assert rows == there[name], f"{name} differs"


def test_a_bare_build_after_a_load_equals_a_run(loaded: Place, ran: Place, tmp_path: Path) -> None:
    place = Place(loaded.root, tmp_path / "place")
    shutil.copytree(loaded.folder, place.folder)
    share_keys(ran, place)
    said = place.dbt_build()
    assert "WARN=0 ERROR=0 SKIP=0" in said
    assert all(rows for name, rows in ran.tables().items() if name.startswith("marts."))
    assert_same(ran, place)
    # Its marts wait for checks; the next run sees that, builds nothing anew and publishes.
    log = place.rows("from ops.changed_dates order by all")
    assert place.rows("select count(*) from ops.published") == [(0,)]
    place.headwater("run")
    assert place.rows("from ops.changed_dates order by all") == log
    published = "select model from ops.published order by all"
    assert place.rows(published) == ran.rows(published) != []
    assert_same(ran, place)


def test_a_bare_build_before_any_record_is_clean_and_a_start_like_any(
    loaded: Place, ran: Place, tmp_path: Path
) -> None:
    place = Place(loaded.root, tmp_path / "place")
    (place.folder / "landing").mkdir(parents=True)
    share_keys(ran, place)
    place.headwater("load")
    assert "WARN=0 ERROR=0 SKIP=0" in place.dbt_build()
    tables = place.tables()
    assert tables.keys() == ran.tables().keys()
    for name, rows in tables.items():
        is_given = name in ("built", "marts.dim_dates") or name.startswith("seeds.")
        assert rows == [] or is_given, name
    shutil.copytree(loaded.folder / "landing", place.folder / "landing", dirs_exist_ok=True)
    place.headwater("load")
    place.dbt_build()
    for name, rows in ran.tables().items():
        if name != "built":  # how often a mart was built differs
            assert place.tables()[name] == rows, f"{name} differs"


def test_a_warning_fails_a_bare_build(repository: Path, loaded: Place, tmp_path: Path) -> None:
    root = tmp_path / "project"
    for name in ("models", "macros", "seeds", "profiles", "tests/dbt"):
        if (repository / name).is_dir():
            shutil.copytree(repository / name, root / name)
    for name in ("dbt_project.yml", "selectors.yml"):
        shutil.copy(repository / name, root / name)
    (root / "profiles.yml").symlink_to("profiles/profiles.yml")
    described = "models:\n  - name: nobody_made_me\n    description: Described, not there.\n"
    (root / "models" / "marts" / "_odd.yml").write_text(described, encoding="utf-8")
    place = Place(root, tmp_path / "place")
    shutil.copytree(loaded.folder, place.folder)
    assert "nobody_made_me" in place.dbt_build(code=2)


def test_a_first_build_killed_before_it_settled_is_settled_by_the_next(
    loaded: Place, ran: Place, tmp_path: Path
) -> None:
    place = Place(loaded.root, tmp_path / "place")
    shutil.copytree(ran.folder, place.folder)
    # What such a kill leaves: the rows of base, every valid copy taken for the first, no mark.
    place.rows("update staging.base_track_played set is_first_valid_copy = is_valid")
    place.rows("delete from ops.built where model = 'base_track_played'")
    place.rows("delete from ops.hours where event_type = 'track_played'")
    said = place.dbt_build()
    assert "WARN=0 ERROR=0 SKIP=0" in said
    repeated = "select countif(is_valid and not is_first_valid_copy) from staging.base_track_played"
    assert place.rows(repeated) > [(0,)]
    wanted, found = ran.tables(), place.tables()
    for name in wanted.keys() - {"built"}:  # there is one more change in the books
        assert wanted[name] == found[name], f"{name} differs"
