"""The incremental strategies, held against a computation from scratch after random histories.

Unit tests of dbt never reach a strategy. Here whole warehouses live through random arrival,
splits into runs, mended contracts, late files into frozen hours, skipped, edited, failing and
killed models and full refreshes, and after every build each table, log and plan must be what
strategies/oracle.py says.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from strategies.oracle import EVENTS, Contract, Delivered, models
from strategies.process import Dbt
from strategies.simulation import CONTRACTS, Simulation
from strategies.warehouse import STATE, Warehouse

SEEDS = [1, 2]
MORE_SEEDS = range(3, 9)

Start = Callable[[int], Simulation]


@pytest.fixture(scope="module")
def dbt() -> Iterator[Dbt]:
    """A dbt for all warehouses."""
    worker = Dbt(STATE)
    yield worker
    worker.close()


@pytest.fixture
def start(repository: Path, tmp_path: Path, dbt: Dbt) -> Start:
    """Starts a simulation from a seed, in a new warehouse."""
    warehouse = Warehouse.create(repository, tmp_path / "project", dbt)
    return lambda seed: Simulation(warehouse, random.Random(seed), [f"seed {seed}"])


# How the builds of a history end: every kind in every history, in random order.
ENDS = (*["plain"] * 4, *["skip"] * 3, *["fail"] * 2, "kill", "refresh", "twice")


def live(simulation: Simulation) -> None:
    """A random history; ends with a build that finds nothing to do."""
    dice = simulation.random
    if dice.random() < 0.5:
        simulation.deliver_anything()
    simulation.build()
    names = list(models(simulation.oracle.texts))
    for end in dice.sample(ENDS, len(ENDS)):
        for _ in range(dice.randrange(3)):
            simulation.deliver_anything()
        if dice.random() < 0.3:
            simulation.mend(dice.choice(EVENTS), dice.choice(CONTRACTS))
        if dice.random() < 0.4:
            simulation.edit_anything()
        if dice.random() < 0.2:
            simulation.expire(dice.choice(EVENTS), dice.randrange(1, 8))
        elif dice.random() < 0.1:
            simulation.restore(dice.choice(EVENTS))
        match end:
            case "plain":
                simulation.build()
            case "skip":
                simulation.build(exclude=dice.sample(names, dice.randrange(1, 6)))
            case "fail":
                simulation.build(failing=dice.sample(names, dice.randrange(1, 3)))
            case "kill":
                simulation.build(kill_at=dice.randrange(20, 250))
            case "refresh":
                simulation.build(full_refresh=True)
            case "twice":
                simulation.build_twice()
    simulation.build_twice()


def seeds() -> list[Any]:
    """Two for every run, six more for the slow ones, and the one HEADWATER_STRATEGY_SEED names."""
    named = os.environ.get("HEADWATER_STRATEGY_SEED")
    return [
        *SEEDS,
        *([int(named)] if named else []),
        *(pytest.param(seed, marks=pytest.mark.slow) for seed in MORE_SEEDS),
    ]


@pytest.mark.parametrize("seed", seeds())
def test_every_table_equals_a_computation_from_scratch(start: Start, seed: int) -> None:
    live(start(seed))


# What must make the comparison fail ----------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """A strategy broken in one place, what then happens, and which comparison must notice."""

    name: str
    path: str
    old: str
    new: str
    act: Callable[[Simulation], None]
    noticed: str
    exclude: tuple[str, ...] = ()


def record(
    simulation: Simulation, event_id: str, day: int, line: int, v: int = 4, user: str = "u1"
) -> Delivered:
    """A record received at noon of a day of January 2026, and heard of at once."""
    received = dt.datetime(2026, 1, day, 12)
    return Delivered(
        received, simulation.load_id * 1000, line, simulation.load_id,
        event_id, received, user, v, "x1",
    )  # fmt: skip


def deliver(simulation: Simulation, *records: tuple[str, int, int]) -> None:
    """One load of records, each (event id, day, v)."""
    simulation.load_id += 1
    simulation.deliver(
        "ev",
        [record(simulation, name, day, n, v) for n, (name, day, v) in enumerate(records, 1)],
    )


def begin(simulation: Simulation) -> None:
    """The past that all mutants share: `kept` twice, within the look-back of each other."""
    deliver(simulation, ("alone", 5, 4), ("kept", 10, 4), ("kept", 11, 6), ("long ago", 1, 6))
    simulation.build()


def earlier_copy(simulation: Simulation) -> None:
    """A copy arrives late that precedes the one that was first."""
    deliver(simulation, ("kept", 9, 4))


def earlier_copy_of_another_major(simulation: Simulation) -> None:
    """That copy says another major than the one that was first."""
    simulation.load_id += 1
    simulation.deliver("ev", [replace(record(simulation, "kept", 9, 1, 6), major=2)])


def mend(simulation: Simulation) -> None:
    """`alone` and the first copy of `kept` are not valid any more."""
    simulation.mend("ev", Contract(minimum=5))


def of_users(simulation: Simulation, day: int, users: list[str]) -> None:
    """One load with an event of each of these users."""
    simulation.load_id += 1
    simulation.deliver(
        "ev",
        [
            record(simulation, f"{day} {user}", day, line, 6, user)
            for line, user in enumerate(users, 1)
        ],
    )


def mend_of_one_user(simulation: Simulation) -> None:
    """What is not valid any more was all that one of two users had on that day."""
    of_users(simulation, 5, ["u2"])
    simulation.build()
    mend(simulation)


def earlier_copy_and_another_user(simulation: Simulation) -> None:
    """A copy arrives that precedes the one of a day on which a second user has something new."""
    of_users(simulation, 10, ["u2"])
    earlier_copy(simulation)


def declare_note(simulation: Simulation) -> None:
    """A field is declared that one of two loads carried."""
    simulation.load_id += 1
    simulation.deliver("ev", [replace(record(simulation, "noted", 8, 1), note="n")])
    simulation.build()
    simulation.mend("ev", Contract(note=", note"))


def new_day(simulation: Simulation) -> None:
    deliver(simulation, ("another", 8, 6))


def edit_view(simulation: Simulation) -> None:
    simulation.write(replace(simulation.oracle.texts, skipped=6))


def late_into_the_past(simulation: Simulation) -> None:
    """A load of old hours, built after a load of new ones."""
    simulation.load_id += 1
    late = [record(simulation, "late", 2, 1)]
    deliver(simulation, ("newest", 12, 6))
    simulation.build()
    simulation.deliver("ev", late)


def another_lookback(simulation: Simulation) -> None:
    """The copies of `kept` are too far apart for it, and their raw rows are gone."""
    simulation.expire("ev", 15)
    simulation.mend("ev", Contract(lookback_days=0))


def restore(simulation: Simulation) -> None:
    """A row that a mended contract could not reach comes back into raw, without its copy."""
    simulation.expire("ev", 15)
    mend(simulation)
    simulation.build()
    lost = simulation.oracle.expired["ev"]
    simulation.deliver("ev", [row for row in lost if row.received_at.day == 10])


def pings(simulation: Simulation) -> None:
    """Pings of three days, one of which a mended contract takes away again."""
    simulation.load_id += 1
    simulation.deliver("ping", [
        record(simulation, f"ping {day}", day, day, v) for day, v in ((6, 6), (9, 6), (12, 4))
    ])  # fmt: skip


def old_day(simulation: Simulation) -> None:
    """An event before all pings."""
    pings(simulation)
    simulation.build()
    deliver(simulation, ("another", 3, 6))


def last_ping_goes(simulation: Simulation) -> None:
    old_day(simulation)
    simulation.mend("ping", Contract(minimum=5))


INCREMENTAL = "macros/headwater/incremental"
MUTANTS = (
    Mutant(
        "delete the dates that the new rows contain",
        f"{INCREMENTAL}/dates.sql",
        "where {{ changed_dates(date) }}",
        "where {{ date }} in (select {{ date }} from {{ new }})",
        mend,
        "fct_events: ",
    ),
    Mutant(
        "do not settle the copies elsewhere",
        f"{INCREMENTAL}/slices.sql",
        "base._file_id = flags._file_id",
        "false and base._file_id = flags._file_id",
        earlier_copy,
        "base_ev: ",
    ),
    Mutant(
        "settle only the ids that arrived",
        f"{INCREMENTAL}/slices.sql",
        "select event_id from {{ replaced }} where is_valid",
        "select event_id from {{ replaced }} where false",
        restore,
        "base_ev: ",
    ),
    Mutant(
        "look for copies in the same major only",
        f"{INCREMENTAL}/settled_flags.sql",
        "partition by base.event_id ",
        "partition by base.event_id, base._major ",
        earlier_copy_of_another_major,
        "base_ev: ",
    ),
    Mutant(
        "settle the hours that arrived, and none after them",
        f"{INCREMENTAL}/slices.sql",
        "span_widened(span, 0, lookback)",
        "span",
        earlier_copy,
        "base_ev: ",
    ),
    Mutant(
        "a watermark on the load",
        f"{INCREMENTAL}/unbuilt_slices.sql",
        "where held._load_id is null",
        "where delivered._load_id > (select max(_load_id) from {{ this }})",
        late_into_the_past,
        "base_ev: ",
    ),
    Mutant(
        "a watermark on the delivery hour",
        f"{INCREMENTAL}/unbuilt_slices.sql",
        "where held._load_id is null",
        "where delivered._hour > (select max(_hour) from {{ this }})",
        earlier_copy,
        "base_ev: ",
    ),
    Mutant(
        "do not log the dates that settling changes",
        f"{INCREMENTAL}/slices.sql",
        "select changed_date from {{ flags }} where not",
        "select changed_date from {{ flags }} where false and not",
        earlier_copy,
        "fct_events: ",
    ),
    Mutant(
        "do not log the dates that replaced rows had",
        f"{INCREMENTAL}/slices.sql",
        "from {{ replaced }} where is_first_valid_copy",
        "from {{ replaced }} where false",
        mend,
        "fct_events: ",
    ),
    Mutant(
        "restate a part, but delete the whole date",
        f"{INCREMENTAL}/dates.sql",
        "where {{ changed_dates(date) }}",
        "where {{ 'true' if restated is none else within_dates(date, restated) }}",
        lambda simulation: of_users(simulation, 5, ["u2"]),
        "fct_events: ",
    ),
    Mutant(
        "do not log the parts that replaced rows had",
        f"{INCREMENTAL}/slices.sql",
        "select changed_date, part from {{ replaced }} where is_first_valid_copy",
        "select changed_date, part from {{ replaced }} where false",
        mend_of_one_user,
        "fct_events: ",
    ),
    Mutant(
        "do not log the parts that settling changes",
        f"{INCREMENTAL}/slices.sql",
        "select changed_date, part from {{ flags }}",
        "select changed_date, part from {{ flags }} where false",
        earlier_copy_and_another_user,
        "fct_events: ",
    ),
    Mutant(
        "log the dates of every row delivered",
        f"{INCREMENTAL}/slices.sql",
        "where is_first_valid_copy and {{ is_new }}",
        "where is_valid and {{ is_new }}",
        lambda simulation: deliver(simulation, ("kept", 12, 6)),
        "dates logged by base_ev: ",
    ),
    Mutant(
        "restate the changed dates without their windows",
        f"{INCREMENTAL}/changed_dates.sql",
        "days_around(changed, window.after, window.before)",
        "[changed]",
        new_day,
        "fct_active: ",
    ),
    Mutant(
        "restate the changed date only where all later dates read it",
        f"{INCREMENTAL}/changed_dates.sql",
        "since.append(shifted(changed, -window.after))",
        "days.append(changed)",
        old_day,
        "fct_totals: ",
    ),
    Mutant(
        "log of an open range of dates only those that are left",
        f"{INCREMENTAL}/dates.sql",
        "from {{ mart }} where {{ within_dates(date, restated) }}",
        "from {{ mart }} where false",
        last_ping_goes,
        "dates logged by fct_totals: ",
    ),
    Mutant(
        "take a date for its month",
        f"{INCREMENTAL}/changed_dates.sql",
        "day.replace(day=1) if model.config.meta.period else day",
        "day",
        pings,
        "dates logged by fct_months: ",
    ),
    Mutant(
        "take a view that was left out for what its file says",
        f"{INCREMENTAL}/code_of_model.sql",
        "built.get(key_of(view)) or code_of(view, {})",
        "code_of(view, {})",
        edit_view,
        "code of int_both: ",
        exclude=("int_ev",),
    ),
    Mutant(
        "keep the slices that carried a field declared since",
        "macros/headwater/contracts/held_slices.sql",
        "having countif(",
        "having 0 * countif(",
        declare_note,
        "base_ev: ",
    ),
    Mutant(
        "rebuild the slices that did not carry a field declared since",
        "macros/headwater/contracts/held_slices.sql",
        "= 0",
        "< 0",
        declare_note,
        "base_ev: ",
    ),
    Mutant(
        "keep the look-back that frozen copies were settled by",
        f"{INCREMENTAL}/slices.sql",
        "is_marked([code_of_model()] + (meta.compatible | default({})).keys() | list)",
        "is_marked()",
        another_lookback,
        "base_ev: ",
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def begun(repository: Path, tmp_path_factory: pytest.TempPathFactory, dbt: Dbt) -> Simulation:
    """A warehouse with a past, to be copied."""
    root = tmp_path_factory.mktemp("begun") / "project"
    simulation = Simulation(Warehouse.create(repository, root, dbt), random.Random(0))
    begin(simulation)
    return simulation


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_broken_strategy_is_noticed(begun: Simulation, tmp_path: Path, mutant: Mutant) -> None:
    simulation = begun.copy(tmp_path / "project")
    simulation.warehouse.replace(mutant.path, mutant.old, mutant.new)
    mutant.act(simulation)
    with pytest.raises(AssertionError, match=f"^{mutant.noticed}"):
        simulation.build(exclude=mutant.exclude)


def test_the_strategy_as_it_is_survives_all_that(begun: Simulation, tmp_path: Path) -> None:
    simulation = begun.copy(tmp_path / "project")
    for act in (declare_note, earlier_copy, late_into_the_past, restore):
        act(simulation)
        simulation.build()
    for act in (last_ping_goes, another_lookback, new_day, edit_view):
        act(simulation)
    simulation.build_twice()


# What a random history may happen not to meet -------------------------------------------------


def test_a_failure_inside_its_transaction_leaves_a_model_as_it_was(
    begun: Simulation, tmp_path: Path
) -> None:
    simulation = begun.copy(tmp_path / "project")
    earlier_copy(simulation)
    simulation.build(failing=["base_ev"])
    edit_view(simulation)
    simulation.build(failing=["fct_events", "dim_users", "stg_ping", "labels"])
    simulation.build()


def test_a_full_refresh_keeps_what_raw_has_lost(begun: Simulation, tmp_path: Path) -> None:
    simulation = begun.copy(tmp_path / "project")
    simulation.expire("ev", 15)
    simulation.build(full_refresh=True)
    assert len(simulation.oracle.rows("base_ev")) == 4


def test_a_view_left_out_is_caught_up_with_by_the_marts_over_it(
    begun: Simulation, tmp_path: Path
) -> None:
    simulation = begun.copy(tmp_path / "project")
    edit_view(simulation)
    simulation.build(exclude=["int_ev"])
    simulation.build()


def test_a_build_without_rows_is_made_good_by_the_next(begun: Simulation, tmp_path: Path) -> None:
    simulation = begun.copy(tmp_path / "project")
    new_day(simulation)
    simulation.build(exclude=[name for name in models(simulation.oracle.texts) if "fct" in name])
    assert simulation.warehouse.dbt("build", "--empty").success
    assert simulation.warehouse.dbt("build").success
    simulation.oracle.build(models(simulation.oracle.texts))
    simulation.compare_rows()


def parts(simulation: Simulation, model: str, day: int) -> list[str]:
    """What the model's last build logged of one day."""
    with simulation.warehouse.connect() as connection:
        return [
            part
            for (part,) in connection.execute(
                "select part from ops.changed_parts where model = ? and changed_date = ?"
                " and seq = (select max(seq) from ops.changed_dates where model = ?)"
                " order by part",
                [model, dt.date(2026, 1, day), model],
            ).fetchall()
        ]


def test_parts_are_passed_on_to_what_restates_them(begun: Simulation, tmp_path: Path) -> None:
    simulation = begun.copy(tmp_path / "project")
    of_users(simulation, 5, ["u2", "u3"])
    simulation.build()
    for model in ("base_ev", "fct_events", "fct_next"):
        assert parts(simulation, model, 5) == ["u2", "u3"]
    assert parts(simulation, "fct_next", 4) == ["u2", "u3"]
    assert parts(simulation, "fct_active", 5) == []


@pytest.mark.parametrize(
    "users",
    [[f"{n:02x}" for n in range(65)], ["o'", "u2"], ["a;", "\\"], ["", "u2"]],
    ids=["too many", "a quote", "no word", "nothing"],
)
def test_a_date_whose_parts_cannot_be_told_is_restated_whole(
    begun: Simulation, tmp_path: Path, users: list[str]
) -> None:
    simulation = begun.copy(tmp_path / "project")
    of_users(simulation, 5, users)
    simulation.build()
    assert parts(simulation, "fct_events", 5) == []
    of_users(simulation, 5, ["u4"])
    simulation.build()
    assert parts(simulation, "fct_events", 5) == ["u4"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("'fct_events': {'before'", "'fct_event': {'before'", "a window on fct_event but reads"),
        ("{'before': days - 1}", "{'befor': days - 1}", "says befor of fct_events"),
        ("{'before': days - 1}", "{'before': 'al'}", "says before: al of fct_events"),
        ("{'before': days - 1}", "{'after': 'all'}", "says after: all of fct_events"),
        ("{'date': 'active_date'", "{'period': 'week', 'date': 'active_date'", "period of fct_ac"),
        ("'event_date', 'fct_events'", "'event_date', 'stg_ev'", "a window on stg_ev but reads"),
    ],
    ids=["of another model", "another word", "no number", "no end", "a week", "used on another"],
)
def test_a_misspelt_window_is_an_error(
    begun: Simulation, tmp_path: Path, old: str, new: str, said: str
) -> None:
    simulation = begun.copy(tmp_path / "project")
    simulation.warehouse.replace("models/marts/fct_active.sql", old, new)
    # The last is met when the model builds an increment, so once its new code is in place.
    simulation.warehouse.dbt("build", "--select", "fct_active")
    done = simulation.warehouse.dbt("build", "--select", "fct_active")
    assert not done.success
    assert said in done.output


def test_a_column_that_changes_its_type_keeps_what_has_a_value_in_the_new_one(
    begun: Simulation, tmp_path: Path
) -> None:
    simulation = begun.copy(tmp_path / "project")
    simulation.mend("ev", Contract(extra="varchar"))
    simulation.build()
    simulation.expire("ev", 8)
    simulation.mend("ev", Contract(extra="bigint"))
    deliver(simulation, ("kept", 9, 4))
    simulation.build()
    simulation.mend("ev", Contract(extra="varchar"))
    simulation.build()
