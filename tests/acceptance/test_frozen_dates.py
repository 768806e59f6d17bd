"""What retention deletes from base stays in marts, and nothing that it deleted comes back.

The fixture project of the strategies, with a real expiry in the middle of its life.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from strategies.oracle import Contract, Delivered
from strategies.process import Dbt
from strategies.simulation import Simulation
from strategies.warehouse import STATE, Warehouse

from headwater import retention
from headwater.database import DuckDB
from headwater.retention.due import Due

DAYS = 10
LAST = 4  # the day whose noon is the last hour to expire; the first date left whole is the fifth
MARTS = ("fct_events", "fct_active", "fct_next", "fct_labelled")
MACROS = "macros/headwater/incremental"


@pytest.fixture(scope="module")
def dbt() -> Iterator[Dbt]:
    worker = Dbt(STATE)
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def begun(repository: Path, tmp_path_factory: pytest.TempPathFactory, dbt: Dbt) -> Simulation:
    """Ten days of one event each; of `twice` the second copy comes after the first expires."""
    root = tmp_path_factory.mktemp("frozen") / "project"
    simulation = Simulation(Warehouse.create(repository, root, dbt), random.Random(0))
    deliver(simulation, *((f"day {day}", day) for day in range(1, DAYS + 1)))
    deliver(simulation, ("twice", LAST), ("twice", LAST + 2))
    assert build(simulation.warehouse)
    return simulation


@pytest.fixture
def frozen(begun: Simulation, tmp_path: Path) -> Simulation:
    """The same, with what came in the first days expired."""
    simulation = begun.copy(tmp_path / "project")
    expire(simulation.warehouse, LAST, "raw", "staging")
    return simulation


def deliver(simulation: Simulation, *records: tuple[str, int]) -> None:
    """One load of records, each (event id, day of January)."""
    simulation.load_id += 1
    noon = [dt.datetime(2026, 1, day, 12) for _, day in records]
    simulation.warehouse.deliver("ev", [
        Delivered(at, simulation.load_id * 1000, line, simulation.load_id, name, at, "u1", 6, "x1")
        for line, ((name, _), at) in enumerate(zip(records, noon, strict=True), 1)
    ])  # fmt: skip


def expire(warehouse: Warehouse, last: int, *what: str) -> None:
    hours = tuple(dt.datetime(2026, 1, day, 12) for day in range(1, last + 1))
    known = warehouse.graph()
    with warehouse.connect() as connection:
        retention.expire(
            DuckDB(warehouse.project, connection), known, (), (),
            [Due(each, "ev", hours, 0) for each in what],
            now=dt.datetime(2026, 2, 1), run_id="r",
        )  # fmt: skip


def build(warehouse: Warehouse, *options: str) -> bool:
    names = ("labels", "base_ev", "stg_ev", "stg_ev_v2", "int_ev", *MARTS)
    return warehouse.dbt("build", *options, "--select", *names).success


def rows(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    with warehouse.connect() as connection:
        return connection.execute(f"{sql} order by all").fetchall()


def marts(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {name: rows(warehouse, f"from marts.{name}") for name in MARTS}


def staged(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return rows(warehouse, "select event_id, day(received_at) from staging.stg_ev")


def test_dates_older_than_staging_survive_a_full_refresh(
    begun: Simulation, frozen: Simulation
) -> None:
    warehouse = frozen.warehouse
    assert len(staged(warehouse)) == DAYS - LAST
    assert build(warehouse, "--full-refresh")
    assert marts(warehouse) == marts(begun.warehouse)
    assert min(row[1] for row in marts(warehouse)["fct_events"]) == dt.date(2026, 1, 1)
    assert build(warehouse)
    assert marts(warehouse) == marts(begun.warehouse)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (f"{MACROS}/should_full_refresh.sql", "and not keeps_frozen_dates()", ""),
        (f"{MACROS}/changed_dates.sql", "frozen_before() if is_incremental() else none", "none"),
    ],
)
def test_without_the_macros_they_would_not(
    begun: Simulation, frozen: Simulation, path: str, old: str, new: str
) -> None:
    frozen.warehouse.replace(path, old, new)
    assert build(frozen.warehouse, "--full-refresh")
    assert marts(frozen.warehouse) != marts(begun.warehouse)


def test_an_edited_mart_keeps_its_frozen_dates(begun: Simulation, frozen: Simulation) -> None:
    warehouse, texts = frozen.warehouse, frozen.oracle.texts
    frozen.write(replace(texts, threshold=7))
    assert build(warehouse)
    before = marts(begun.warehouse)["fct_events"]
    kept = [row for row in before if row[1] <= dt.date(2026, 1, LAST)]
    assert marts(warehouse)["fct_events"] == kept != before
    # A window that looks back four days reads the expired ones until the eighth.
    frozen.write(texts)
    assert build(warehouse)
    assert marts(warehouse) == marts(begun.warehouse)


def test_a_full_refresh_gives_a_mart_another_column(frozen: Simulation) -> None:
    warehouse = frozen.warehouse
    warehouse.replace("models/marts/fct_events.sql", "user_id, v\n", "user_id, v, 2 * v as w\n")
    assert build(warehouse, "--full-refresh")
    found = rows(warehouse, "select distinct w, event_date <= '2026-01-04' from marts.fct_events")
    assert found == [(12, False), (None, True)]


def test_a_late_event_of_a_frozen_date_is_in_staging_only(
    begun: Simulation, frozen: Simulation
) -> None:
    warehouse = frozen.warehouse
    deliver(frozen, ("late", 2), ("late", 9))
    assert warehouse.dbt("build", "--select", "base_ev").success
    with warehouse.connect() as connection:
        planned = warehouse.plan(warehouse.graph(), connection).pending
    (fct_events,) = (each for each in planned if each.name == "fct_events")
    assert fct_events.dates == (dt.date(2026, 1, 9),)
    assert build(warehouse)
    assert {("late", 2), ("late", 9)} <= set(staged(warehouse))
    late = [row[:2] for row in marts(warehouse)["fct_events"] if row[0] == "late"]
    assert late == [("late", dt.date(2026, 1, 9))]
    assert marts(warehouse)["fct_events"][:DAYS] == marts(begun.warehouse)["fct_events"][:DAYS]


def first_copies(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return rows(
        warehouse,
        "select day(received_at), is_first_valid_copy from staging.base_ev"
        " where event_id = 'twice'",
    )


def third_copy(simulation: Simulation) -> None:
    """In the hour of the second: those are the hours whose copies are settled."""
    deliver(simulation, ("twice", LAST + 2))


def mend(simulation: Simulation) -> None:
    simulation.mend("ev", Contract(minimum=4))


@pytest.mark.parametrize("act", [third_copy, mend])
def test_a_duplicate_of_an_expired_copy_stays_one(frozen: Simulation, act: Any) -> None:
    assert first_copies(frozen.warehouse) == [(LAST + 2, False)]
    act(frozen)
    assert frozen.warehouse.dbt("build", "--select", "base_ev").success
    assert first_copies(frozen.warehouse)[0] == (LAST + 2, False)
    assert not any(first for _, first in first_copies(frozen.warehouse))


@pytest.mark.parametrize(
    ("act", "old"),
    [
        (third_copy, "{%- if expired is not none %}\n        and (copies"),
        (mend, "{%- if expired is not none %}\n    update"),
    ],
)
def test_else_it_would_become_the_first(frozen: Simulation, act: Any, old: str) -> None:
    name = "settled_flags" if "copies" in old else "slices"
    frozen.warehouse.replace(
        f"{MACROS}/{name}.sql", old, old.replace("if expired", "if false and expired")
    )
    act(frozen)
    assert frozen.warehouse.dbt("build", "--select", "base_ev").success
    assert (LAST + 2, True) in first_copies(frozen.warehouse)


def test_a_copy_is_the_first_once_a_whole_look_back_is_left(frozen: Simulation) -> None:
    deliver(frozen, ("again", LAST + 1), ("twice", LAST + 6), ("again", LAST + 5))
    assert frozen.warehouse.dbt("build", "--select", "base_ev").success
    assert first_copies(frozen.warehouse) == [(LAST + 2, False), (LAST + 6, True)]
    assert {("again", LAST + 1), ("again", LAST + 5)} <= set(staged(frozen.warehouse))
