"""Forty days of events, raw expired, then staging: what stays, what goes, and that it is gone.

One warehouse lives through it by the injected clock; the tests look at it as it then is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from warehouses import REPOSITORY, Said, Warehouse, copied, lines

CONTRACT = """
event: noted
version: "1.0"
owner: notes
channel: "#notes"
description: Somebody noted something.
tier: low
retention: {raw: 30 days, staging: 60 days}
dedup_lookback: 5 days
payload:
  type: object
  required: [user_id, n]
  properties:
    user_id: {type: string, pii: identifier, description: Who.}
    n: {type: integer, description: A number.}
examples:
  valid: [{user_id: u1, n: 1}]
"""
MART = """
-- One row per date on which something was noted
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='append_new_columns',
    meta={'date': 'noted_date'},
) }}

select
    cast(occurred_at as date) as noted_date,
    count(*) as notes
from {{ ref('stg_noted') }}
where {{ changed_dates('cast(occurred_at as date)') }}
group by noted_date
"""
START = datetime(2026, 1, 1)
DAY = timedelta(days=1)
STAGING = """
    select count(*), bit_xor(hash(stg_noted)), min(occurred_at) from staging.stg_noted
"""


def at(days: float) -> str:
    return (START + days * DAY).isoformat() + "Z"


def person(day: int) -> str:
    """Somebody who is seen on one day only, by a name that compression leaves as it is."""
    return f"mark{(day * 7919 + 13) ** 5:x}Q{day:02}"


def event(day: int, user: str, name: str = "") -> str:
    time = (START + day * DAY + timedelta(hours=10)).isoformat() + "Z"
    return json.dumps(
        {
            "specversion": "1.0", "source": "s", "id": name or f"{day} {user}", "type": "noted",
            "time": time, "receivedtime": time, "data": {"user_id": user, "n": day},
        }
    )  # fmt: skip


@dataclass
class Life:
    """The warehouse at the end, and what it said and held at each moment."""

    warehouse: Warehouse
    said: dict[str, Said] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)

    def look(self, moment: str) -> None:
        query = self.warehouse.query
        self.held[moment] = {
            "staging": query(STAGING),
            "raw": query("select count(*), min(received_at) from raw.noted"),
            "marts": query("from marts.fct_notes order by all"),
            "keys": query("select value from keys.main.identifiers order by all"),
        }


def load(warehouse: Warehouse, first: int, last: int) -> None:
    text = lines(event(day, user) for day in range(first, last) for user in ("all", person(day)))
    warehouse.land("noted", f"{first}.ndjson", text)
    warehouse.headwater("load", HEADWATER_NOW=at(last))


def dbt(warehouse: Warehouse, *args: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--quiet", *args],
        cwd=warehouse.root,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "HEADWATER_NOW": at(41)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def daily(warehouse: Warehouse, day: float, *args: str, code: int = 0) -> Said:
    return warehouse.headwater("run", "daily", *args, code=code, HEADWATER_NOW=at(day))


@pytest.fixture(scope="module")
def life(make_warehouse: Callable[[], Warehouse]) -> Life:
    warehouse = make_warehouse()
    warehouse.contract(CONTRACT, "notes")
    warehouse.model("marts/notes/fct_notes.sql", MART)
    warehouse.sync()
    life = Life(warehouse)
    for first, last in ((0, 10), (10, 20), (20, 40)):
        load(warehouse, first, last)
    # Nothing is over yet; another job than `daily` would not look.
    warehouse.headwater("run", HEADWATER_NOW=at(39.5))
    life.look("built")
    life.held["bytes"] = marks(warehouse)
    warehouse.headwater("run", "hourly", HEADWATER_NOW=at(45))
    life.look("hourly")
    life.said["preview"] = daily(warehouse, 45, "--dry-run")
    life.look("preview")
    life.said["raw"] = daily(warehouse, 45)
    life.look("raw")
    dbt(warehouse, "build", "--full-refresh")
    life.look("refreshed")
    life.said["staging"] = daily(warehouse, 75)
    life.look("staging")
    dbt(warehouse, "build", "--full-refresh")
    life.look("refreshed again")
    life.said["again"] = daily(warehouse, 75)
    life.look("again")
    return life


def marks(warehouse: Warehouse) -> dict[str, set[int]]:
    """Per file of the warehouse, the days whose person its bytes name."""
    folder = warehouse.root / "warehouse"
    return {
        path.name: {day for day in range(40) if person(day).encode() in path.read_bytes()}
        for path in folder.glob("*.duckdb*")
    }


def test_expired_raw_leaves_staging_as_it_was_also_after_a_full_refresh(life: Life) -> None:
    before, after = life.held["built"], life.held["refreshed"]
    assert before["raw"] == [(80, START + timedelta(hours=10))]
    assert before["staging"][0][0] == 80
    # Loaded on the tenth day: ten days are over on the 45th, forty days after their load.
    assert life.held["raw"]["raw"] == [(60, START + 10 * DAY + timedelta(hours=10))]
    assert after["staging"] == life.held["raw"]["staging"] == before["staging"]
    assert after["marts"] == before["marts"]
    assert after["raw"] == life.held["raw"]["raw"]
    assert len(after["keys"]) == 41


def test_only_the_daily_job_expires_and_a_dry_run_says_what(life: Life) -> None:
    assert life.held["hourly"] == life.held["preview"] == life.held["built"]
    assert "would expire 20 rows of 10 hours of raw.noted" in life.said["preview"].out
    assert "expired      20 rows of 10 hours of raw; keys.duckdb written" in life.said["raw"].out


def test_dates_older_than_staging_survive_in_marts(life: Life) -> None:
    before, after = life.held["built"], life.held["refreshed again"]
    assert life.held["staging"]["staging"][0][0] == 60
    assert after["staging"] == life.held["staging"]["staging"]
    assert after["marts"] == before["marts"]
    assert after["raw"] == [(0, None)]


def test_the_keys_of_people_without_rows_are_gone(life: Life) -> None:
    left = {value for (value,) in life.held["staging"]["keys"]}
    assert left == {"all", *(person(day) for day in range(10, 40))}


def test_nobody_who_expired_is_in_the_bytes(life: Life) -> None:
    assert life.held["bytes"]["keys.duckdb"] == set(range(40))
    assert marks(life.warehouse)["keys.duckdb"] == set(range(10, 40))
    for name, days in marks(life.warehouse).items():
        assert not days & set(range(10)), name


def test_it_is_recorded(life: Life) -> None:
    query = life.warehouse.query
    found = query(
        "select what, event_type, sum(row_count), min(hour), max(hour), bool_and(is_compacted),"
        " count(distinct run_id) from ops.expired group by all order by all"
    )
    ten = START + timedelta(hours=10)
    assert found == [
        ("keys", "", 10, None, None, True, 2),
        ("raw", "noted", 80, ten, ten + 39 * DAY, True, 2),
        ("staging", "noted", 20, ten, ten + 9 * DAY, True, 1),
    ]
    runs = query("select run_id from ops.runs where job = 'daily' and status = 'ok'")
    assert set(query("select distinct run_id from ops.expired")) == set(runs)
    with life.warehouse.reading("serve") as serve:
        assert serve.execute("select count(*) from ops.expired where what = 'raw'").fetchone() == (
            40,
        )


def test_a_second_run_finds_nothing(life: Life) -> None:
    assert life.held["again"] == life.held["refreshed again"]
    assert "expired      nothing: nothing is over" in life.said["again"].out


def test_the_same_file_never_comes_back_and_a_new_one_leaves_marts_alone(
    life: Life, tmp_path: Path
) -> None:
    warehouse = copied(life.warehouse, tmp_path)
    landed = warehouse.root / "landing" / "noted" / "0.ndjson"
    text = landed.read_text()
    landed.unlink()
    warehouse.land("noted", "moved.ndjson", text)
    # The same records, but another file.
    warehouse.land("noted", "late.ndjson", event(3, "all", "other"))
    daily(warehouse, 76)
    now = Life(warehouse)
    now.look("late")
    assert now.held["late"]["raw"] == [(1, START + 3 * DAY + timedelta(hours=10))]
    assert now.held["late"]["staging"][0][0] == 61
    assert now.held["late"]["marts"] == life.held["again"]["marts"]


KILLED = """
import os, sys
from headwater import cli
from headwater.retention import rewrite
step = sys.argv.pop(1)
real = getattr(rewrite, step, None)
if step == "replace":
    from pathlib import Path
    moved = Path.replace
    def then_die(self, target):
        if "warehouse.duckdb" in str(target):
            moved(self, target)
            os._exit(9)
        return moved(self, target)
    Path.replace = then_die
else:
    def die(new, path, *rest):
        if path.name == "warehouse.duckdb" or len(rest):
            os._exit(9)
        return real(new, path, *rest)
    setattr(rewrite, step, die)
cli.main()
"""


@pytest.mark.parametrize(
    "step",
    ["_swap", *(pytest.param(step, marks=pytest.mark.slow) for step in ("_compare", "replace"))],
)
def test_killed_while_it_writes_a_file_anew(life: Life, tmp_path: Path, step: str) -> None:
    warehouse = copied(life.warehouse, tmp_path)
    folder = warehouse.root / "warehouse"
    # Ten more days are over.
    done = subprocess.run(
        [sys.executable, "-c", KILLED, step, "run", "daily"],
        cwd=warehouse.root,
        env={
            "PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "HEADWATER_NOW": at(81),
            "PYTHONPATH": str(REPOSITORY / "src"),
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 9, done.stderr
    assert warehouse.query("select count(*) from staging.stg_noted") == [(40,)]
    is_new = warehouse.query("select bool_and(is_compacted) from ops.expired") == [(True,)]
    assert is_new == (step == "replace")
    assert bool(list(folder.glob("*.tmp-*"))) == (step != "replace")
    said = daily(warehouse, 81)
    assert ("written anew" in said.out) == (step != "replace")
    assert not list(folder.glob("*.tmp-*"))
    assert warehouse.query("select bool_and(is_compacted) from ops.expired") == [(True,)]
    assert marks(warehouse)["keys.duckdb"] == set(range(20, 40))
