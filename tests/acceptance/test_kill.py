"""A run killed at any moment: the next one ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.slow

CHAINS = 2
KILLS = 5
NOW = "2026-02-01T02:00:00Z"

# Times, ids of loads and runs differ between any two runs; everything else must not.
_TABLES = {
    "warehouse.duckdb": (
        "select columns(c -> c not in ('_load_id')) from staging.base_track_played",
        "select columns(c -> c not in ('_load_id')) from staging.base_search_performed",
        "from staging.stg_track_played",
        "from staging.stg_search_performed",
        "from marts.fct_streams",
        "from marts.fct_daily_listening",
        "select event_type, hour, row_count, invalid, duplicates from ops.hours",
        "from ops.violations",
        "select path, file_hash, status, records, loaded, unparsed from ops.files",
        "select event_type, _file, _line, bytes, reason from raw.unparsed",
        "select model, is_passed, suite from ops.checked",
        "select model from ops.published",
        "select model, upstream, code from ops.built",
    ),
    "serve.duckdb": ("from marts.fct_streams", "from marts.fct_daily_listening"),
}


@dataclass(frozen=True)
class Place:
    """A landing folder and a warehouse of its own, for the project of this repository."""

    repository: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HEADWATER_LANDING": str(self.folder / "landing"),
            "HEADWATER_WAREHOUSE": str(self.folder / "warehouse"),
            "HEADWATER_NOW": NOW,
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }

    def start(self, *args: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *args],
            cwd=self.repository,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *args: str) -> str:
        process = self.start(*(args or ("-m", "headwater", "run", "--wait")))
        output, _ = process.communicate()
        assert process.returncode == 0, output
        return output

    def contents(self) -> dict[str, list[tuple[object, ...]]]:
        """Every table that must come out the same, its rows in order."""
        found = {}
        for name, queries in _TABLES.items():
            with duckdb.connect(str(self.folder / "warehouse" / name), read_only=True) as con:
                for query in queries:
                    sql = query.replace("c -> ", "lambda c: ")
                    found[f"{name}: {query}"] = con.execute(f"{sql} order by all").fetchall()
        return found


@pytest.fixture(scope="module")
def undisturbed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(repository, tmp_path_factory.mktemp("undisturbed"))
    place.run("scripts/simulate.py", "--users", "150", "--start", "2026-01-31")
    place.run()
    return place


@pytest.mark.parametrize("chain", range(CHAINS))
def test_ten_kills_at_random_moments_change_nothing(
    undisturbed: Place, tmp_path: Path, chain: int
) -> None:
    seed = int(os.environ.get("HEADWATER_KILL_SEED", "20260131")) + chain
    moments = random.Random(seed)
    place = Place(undisturbed.repository, tmp_path)
    shutil.copytree(undisturbed.folder / "landing", tmp_path / "landing")
    # Pseudonyms are random, so warehouses that are to be compared share one key table.
    (tmp_path / "warehouse").mkdir()
    shutil.copy(undisturbed.folder / "warehouse" / "keys.duckdb", tmp_path / "warehouse")
    killed = []
    for _ in range(KILLS):
        process = place.start("-m", "headwater", "run", "--wait")
        moment = moments.uniform(0.3, 12)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed.append(moment)
        time.sleep(moments.uniform(0, 0.2))
    assert killed, "no run was still under way when it was to be killed"
    place.run()
    expected, found = undisturbed.contents(), place.contents()
    for table, rows in expected.items():
        assert found[table] == rows, f"{table} differs after kills at {killed} s (seed {seed})"
    assert "nothing: everything is up to date" in place.run()
    with duckdb.connect(str(tmp_path / "warehouse" / "warehouse.duckdb"), read_only=True) as con:
        states = dict(con.execute("select status, count(*) from ops.runs group by 1").fetchall())
    assert states.get("running") is None
    assert not list((tmp_path / "warehouse").glob("serve.duckdb.*"))
