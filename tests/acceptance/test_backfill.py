"""Backfills: history built piece by piece is history built at once, whatever comes between.

The commands run in this process and dbt in one beside it, so that its start is paid once; what
is killed is a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from strategies.process import Dbt
from warehouses import REPOSITORY, Warehouse, copied, lines

from headwater import backfill as backfilling
from headwater import dbt, lock, project
from headwater import run as runner
from headwater.backfill import Report, books
from headwater.dbt import DbtResult
from headwater.errors import BadInput

NOW = "2026-03-09T12:00:00Z"
START = datetime(2026, 3, 1)
DAYS = 4

CONTRACT = """
event: order_placed
version: 1.0
owner: shop-team
channel: "#shop"
description: Somebody ordered.
tier: low
dedup_lookback: 2 days
envelope:
  event_type: none
  event_id: $.id
  occurred_at: $.at
  received_at: $.at
  schema_version: none
  payload: $
payload:
  type: object
  required: [amount]
  properties:
    amount: {type: integer, minimum: 0, description: Price in cents.}
    customer: {type: string, pii: identifier, description: Who ordered.}
"""
HEAD = """
{{{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    meta={{'date': '{date}', 'owner': 'shop-team', 'channel': '#shop'{windows}}},
) }}}}
"""
ORDERS = (
    "-- One row per order"
    + HEAD.format(date="order_date", windows="")
    + """
select
    event_id,
    cast(occurred_at as date) as order_date,
    amount
from {{ ref('stg_order_placed') }}
where {{ changed_dates('cast(occurred_at as date)') }}
"""
)
# A day's row reads the day and the one before it.
ROLLING = (
    "-- One row per date that has orders"
    + HEAD.format(
        date="order_date", windows=", 'windows': {'fct_orders': {'before': 1, 'after': 0}}"
    )
    + """
with orders as (
    select * from {{ ref('fct_orders') }}
    where {{ changed_dates('order_date', 'fct_orders') }}
),

dates as (
    select distinct order_date from orders
)

select
    dates.order_date,
    cast(sum(orders.amount) as bigint) as amount
from dates
inner join orders
    on orders.order_date between dates.order_date - 1 and dates.order_date
where {{ changed_dates('dates.order_date') }}
group by dates.order_date
"""
)
TOTAL = """-- One row
{{ config(materialized='table', meta={'owner': 'shop-team', 'channel': '#shop'}) }}

select cast(sum(amount) as bigint) as amount from {{ ref('fct_orders') }}
"""
MARTS = ("fct_orders", "fct_rolling", "fct_total")
BASE = "staging.base_order_placed"


def order(number: int, day: int, hour: int = 9, amount: int = 100) -> str:
    at = (START + timedelta(days=day, hours=hour)).isoformat() + "Z"
    return json.dumps({"id": f"o{number}", "at": at, "amount": amount, "customer": f"c{number}"})


@pytest.fixture(scope="module")
def worker() -> Iterator[Dbt]:
    made = Dbt("warehouse")
    yield made
    made.close()


@pytest.fixture
def quick(worker: Dbt, monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """dbt without its start, and the calls of it."""
    monkeypatch.setenv("HEADWATER_NOW", NOW)
    calls: list[Sequence[str]] = []

    def run_dbt(
        here: project.Project,
        args: Sequence[str],
        *,
        keep_fd: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> DbtResult:
        calls.append(args)
        results = here.artifacts / "run_results.json"
        results.unlink(missing_ok=True)
        given = {"HEADWATER_NOW": NOW, **(environment or {})}
        place = ("--target-path", str(here.artifacts))
        done = worker.run(here.root, *args, *place, environment=given, profiles=here.profiles)
        found = json.loads(results.read_text()) if results.is_file() else {}
        return DbtResult(0 if done.success else 1, found, done.output)

    monkeypatch.setattr(dbt, "run_dbt", run_dbt)
    monkeypatch.setattr(runner, "document", lambda *_: None)
    return calls


def delivered() -> str:
    """Orders of some days; the last day repeats one of the day before."""
    records = [order(10 * day + n, day, 9 + n, 100 + n) for day in range(DAYS) for n in range(3)]
    return lines([*records, order(10 * (DAYS - 2), DAYS - 1, 20)])


@pytest.fixture(scope="module")
def built(make_warehouse: Callable[[], Warehouse]) -> Warehouse:
    """A warehouse of some days, built at once."""
    shop = make_warehouse()
    shop.contract(CONTRACT)
    for name, sql in zip(MARTS, (ORDERS, ROLLING, TOTAL), strict=True):
        shop.model(f"marts/shop/{name}.sql", sql)
    shop.land("order_placed", "1.ndjson", delivered())
    shop.sync()
    shop.run(HEADWATER_NOW=NOW)
    return shop


@pytest.fixture
def shop(built: Warehouse, tmp_path: Path, quick: list[Sequence[str]]) -> Warehouse:
    """A copy of it for the test."""
    return copied(built, tmp_path)


def backfill(
    shop: Warehouse, name: str, first: str = "", last: str = "", most: int | None = None
) -> Report:
    here = project.find(shop.root)
    with lock.writing(here.lock_file, "test") as descriptor:
        setting = backfilling.settle(here, name, first, last, most, descriptor, lambda _: None)
        return backfilling.backfill(setting)


def would(shop: Warehouse, name: str, first: str = "", last: str = "") -> list[str]:
    here = project.find(shop.root)
    with lock.writing(here.lock_file, "test") as descriptor:
        setting = backfilling.settle(here, name, first, last, None, descriptor, lambda _: None)
        return list(backfilling.dry_run(setting))


def run(shop: Warehouse) -> None:
    here = project.find(shop.root)
    with lock.writing(here.lock_file, "test") as descriptor:
        report = runner.run(here, lock=descriptor, say=lambda _: None)
    assert report.exit_code == 0, report


def marts(shop: Warehouse, file: str = "warehouse") -> dict[str, list[tuple[Any, ...]]]:
    with shop.reading(file) as connection:
        return {
            name: connection.execute(f"from marts.{name} order by all").fetchall() for name in MARTS
        }


def write(shop: Warehouse, *statements: str) -> None:
    with duckdb.connect(str(shop.root / "warehouse" / "warehouse.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


def edit(shop: Warehouse) -> None:
    """Another number, and another column, in a mart that fails on any other column."""
    path = shop.root / "models" / "marts" / "shop" / "fct_orders.sql"
    path.write_text(ORDERS.replace("    amount\n", "    2 * amount as amount,\n    1 as one\n"))


def rows(shop: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    return shop.query(sql)


def test_an_edited_model_day_by_day_is_one_full_build(shop: Warehouse, tmp_path: Path) -> None:
    other = copied(shop, tmp_path / "other")
    write(other, "drop table marts.fct_orders")  # on_schema_change: fail
    for each in (shop, other):
        edit(each)
    run(other)
    report = backfill(shop, "fct_orders", most=1)
    assert len(report.done) == DAYS
    assert marts(shop) == marts(other)
    assert marts(shop, "serve") == marts(other, "serve")
    assert rows(shop, "select distinct one from marts.fct_orders") == [(1,)]
    ((trigger, job, status, built),) = rows(
        shop, "select trigger, job, status, built from ops.runs where trigger = 'backfill'"
    )
    assert (trigger, job, status, built) == ("backfill", "backfill fct_orders", "ok", 3)
    # The next run finds nothing to do, and nothing is left aside.
    assert not rows(shop, "from duckdb_tables() where schema_name = 'backfill'")


def test_a_model_that_was_never_built_is_built_batch_by_batch(
    shop: Warehouse, built: Warehouse
) -> None:
    write(
        shop,
        "drop table marts.fct_orders",
        "delete from ops.built where model = 'fct_orders'",
        "delete from ops.changed_dates where model = 'fct_orders'",
    )
    backfill(shop, "fct_orders", most=2)
    assert marts(shop) == marts(built)


def test_a_range_changes_its_dates_only_and_what_is_built_from_them(shop: Warehouse) -> None:
    write(shop, "update marts.fct_orders set amount = 0")
    backfill(shop, "fct_orders", "2026-03-02", "2026-03-03")
    right = [
        date.day for (date,) in rows(shop, "select distinct order_date from marts.fct_orders"
                                           " where amount > 0 order by all")
    ]  # fmt: skip
    assert right == [2, 3]
    logged = (
        "select model, list(changed_date order by changed_date) from ops.changed_dates"
        " where changed_date is not null group by model order by model"
    )
    days = [(START + timedelta(days=day)).date() for day in range(DAYS)]
    assert rows(shop, logged) == [("fct_orders", days[1:3]), ("fct_rolling", days[1:4])]


def stopped(
    shop: Warehouse, monkeypatch: pytest.MonkeyPatch, after: int, *asked: Any, **options: Any
) -> None:
    """A backfill that ends once so many batches are done."""
    with monkeypatch.context() as patched:
        left = [after]
        known = books.done_batches

        def stop(*args: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt
            return known(*args)

        patched.setattr(books, "done_batches", stop)
        with pytest.raises(KeyboardInterrupt):
            backfill(shop, *asked, **options)


def test_what_changes_upstream_between_two_attempts_is_not_lost(
    shop: Warehouse, built: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("fct_orders", "2026-03-01", "2026-03-03")
    stopped(shop, monkeypatch, 1, *asked, most=1)
    assert marts(shop) == marts(built)
    shop.land("order_placed", "late.ndjson", lines([order(900, 0), order(901, 3)]))
    run(shop)
    fresh = marts(shop)
    report = backfill(shop, *asked, most=1)
    assert (report.resumed, len(report.done)) == (1, 2)
    assert marts(shop) == fresh != marts(built)


def test_another_sql_or_range_begins_anew(shop: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(shop, monkeypatch, 2, "fct_orders", most=1)
    edit(shop)
    stopped(shop, monkeypatch, 1, "fct_orders", most=1)
    report = backfill(shop, "fct_orders", most=4)
    assert (report.resumed, len(report.done)) == (1, DAYS - 1)
    states = "select status, count(*) from ops.backfills group by all order by all"
    assert rows(shop, states) == [("abandoned", 1), ("done", 1)]


def test_an_event_type_is_rebuilt_from_raw_though_nothing_changed(
    shop: Warehouse, built: Warehouse
) -> None:
    write(shop, f"update {BASE} set amount = 0")
    shop.land("order_placed", "again.ndjson", lines([order(10, 1, 8), order(902, 1)]))
    report = backfill(shop, "order_placed", "2026-03-02T08", "2026-03-02T10", most=1)
    assert report.run.load is not None
    assert report.run.load.loaded == 2
    assert len(report.done) == 3
    found = rows(shop, f"select _hour, sum(amount), count(*) from {BASE} group by all order by all")
    assert [(hour.day, hour.hour, total, count) for hour, total, count in found if total] == [
        (2, 8, 100, 1), (2, 9, 200, 2), (2, 10, 101, 1),
    ]  # fmt: skip
    # The copy delivered again came an hour earlier, so it is the one that counts now.
    first = f"select hour(_hour), is_first_valid_copy from {BASE} where event_id = 'o10'"
    assert rows(shop, f"{first} order by all") == [(8, True), (9, False)]
    assert ("o902",) in rows(shop, "select event_id from marts.fct_orders")
    assert rows(shop, "select distinct reason from ops.revisions where rows_replaced > 0") == [
        ("backfill",)
    ]
    run(shop)
    backfill(shop, "order_placed")
    restored = rows(shop, f"select event_id, amount from {BASE} where _load_id = 1 order by all")
    wanted = rows(built, f"select event_id, amount from {BASE} order by all")
    assert restored == wanted


def test_hours_that_raw_has_lost_and_frozen_dates_stay_and_are_listed(
    shop: Warehouse, built: Warehouse
) -> None:
    lost = "received_at < timestamp '2026-03-02'"
    write(shop, f"delete from raw.order_placed where {lost}")
    before = rows(shop, f"from {BASE} order by all")
    report = backfill(shop, "order_placed", "2026-03-01", "2026-03-02")
    assert [(each.hour.hour, each.rows) for each in report.work.not_healed] == [
        (9, 1), (10, 1), (11, 1),
    ]  # fmt: skip
    said = list(backfilling.lines(report))
    assert (
        "not healed   order_placed: 2026-03-01 09:00 UTC, 1 rows: raw no longer holds them" in said
    )
    assert rows(shop, f"from {BASE} order by all") == before
    write(
        shop,
        f"delete from {BASE} where {lost}",
        "insert into ops.expired (what, event_type, hour)"
        " values ('staging', 'order_placed', timestamp '2026-03-01 11:00:00')",
    )
    edit(shop)
    report = backfill(shop, "fct_orders")
    assert "frozen       fct_orders: 2026-03-01: what it reads has expired, its rows stay" in list(
        backfilling.lines(report)
    )
    found = rows(shop, "select day(order_date), one, count(*) from marts.fct_orders group by all")
    assert sorted(found) == [(1, None, 3), (2, 1, 3), (3, 1, 3), (4, 1, 3)]
    with pytest.raises(BadInput, match="2026-03-01 can no longer be computed"):
        backfill(shop, "fct_orders", "2026-03-01", "2026-03-01")


def test_a_failing_batch_leaves_readers_what_they_had(shop: Warehouse, built: Warehouse) -> None:
    path = shop.root / "models" / "marts" / "shop" / "fct_orders.sql"
    path.write_text(ORDERS.replace("    amount\n", "    error('no') as amount\n"))
    report = backfill(shop, "fct_orders")
    assert report.exit_code == 1
    assert "not swapped" in "\n".join(backfilling.lines(report))
    assert marts(shop) == marts(built)
    assert rows(shop, "select status, exit_code from ops.runs where trigger = 'backfill'") == [
        ("failed", 1)
    ]


def test_a_table_is_rebuilt_whole(shop: Warehouse, built: Warehouse) -> None:
    write(shop, "update marts.fct_total set amount = 0")
    report = backfill(shop, "fct_total")
    assert report.is_whole
    assert marts(shop) == marts(built)


def hashes(shop: Warehouse) -> dict[str, str]:
    """Every file of the warehouse, without the lock, which says who had it last."""
    folder = shop.root / "warehouse"
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def test_a_dry_run_says_what_would_change_and_changes_nothing(shop: Warehouse) -> None:
    write(shop, "update marts.fct_orders set amount = 0 where event_id = 'o10'")
    shop.land("order_placed", "again.ndjson", lines([order(10, 1, 8), order(902, 1)]))
    before = hashes(shop)
    assert would(shop, "fct_orders", "2026-03-02", "2026-03-03") == [
        "would rebuild fct_orders: 2 dates, 2026-03-02 to 2026-03-03, in 1 batch",
        "would change  fct_orders: 1 rows new, 1 rows gone, on 2026-03-02",
        "would restate fct_total: all dates",
        "would restate fct_rolling: 2026-03-02 to 2026-03-04",
        "nothing was changed: this was evaluated in a scratch database",
    ]
    assert would(shop, "order_placed", "2026-03-02", "2026-03-02") == [
        "would load    order_placed/again.ndjson",
        "              order_placed: 1 file, 2 records",
        "would rebuild base_order_placed: 4 hours, 2026-03-02 08:00 to 2026-03-02 11:00,"
        " in 1 batch",
        # the two that came, and the one that is a copy now
        "would change  base_order_placed: 3 rows new, 1 rows gone, on 2026-03-02",
        "would restate fct_orders: 2026-03-02",
        "would restate fct_total: all dates",
        "would restate fct_rolling: 2026-03-02, 2026-03-03",
        "nothing was changed: this was evaluated in a scratch database",
    ]
    assert hashes(shop) == before


REFUSED = [
    (("order_place",), "called 'order_place'\n  hint: did you mean order_placed"),
    (("fct_order",), "did you mean fct_orders"),
    (("xyzzy",), "headwater docs lists them"),
    (("stg_order_placed",), "keeps no rows of its own.*\n  hint: .* order_placed"),
    (("fct_orders", "2026-03-03", "2026-03-02"), "comes after --to"),
    (("fct_orders", "2026-03-10"), "--from 2026-03-10 is in the future"),
    (("order_placed", "2026-03-09T10", "2026-03-09T13"), "--to 2026-03-09T13 is in the future"),
    (("fct_orders", "2026-02-01", "2026-02-02"), "no dates then\n.* 2026-03-01 to 2026-03-04"),
    (("order_placed", "2026-02-01", "2026-02-02"), "nothing of order_placed was received then"),
    (("fct_orders", "soon"), "neither a date nor an hour"),
    (("fct_orders", "2026-03-03T10"), "built by dates, not by hours"),
    (("order_placed", "2026-03-03T10:30"), "no full hour"),
    (("fct_total", "2026-03-03"), "always built whole"),
]


@pytest.mark.parametrize(("asked", "reason"), REFUSED, ids=lambda each: " ".join(each))
def test_it_refuses(
    built: Warehouse, quick: list[Sequence[str]], asked: Sequence[str], reason: str
) -> None:
    before = hashes(built)
    with pytest.raises(BadInput, match=f"(?s){reason}"):
        would(built, *asked)
    assert hashes(built) == before
    assert not quick


def test_it_refuses_some_dates_where_all_have_to_follow(shop: Warehouse) -> None:
    edit(shop)
    with pytest.raises(BadInput, match="not only some \\(its SQL changed\\)"):
        backfill(shop, "fct_orders", "2026-03-02", "2026-03-03")


def test_it_refuses_an_event_type_whose_models_drift(shop: Warehouse) -> None:
    shop.contract(CONTRACT.replace("minimum: 0", "minimum: 1"))
    for name in ("order_placed", "fct_orders"):
        with pytest.raises(BadInput, match="hint: run: headwater sync"):
            backfill(shop, name)


@pytest.mark.slow
def test_killed_at_random_it_goes_on_where_it_stopped(built: Warehouse, tmp_path: Path) -> None:
    shop = copied(built, tmp_path)
    edit(shop)
    dice = random.Random(int(os.environ.get("HEADWATER_KILL_SEED", "20260309")))
    command = ["backfill", "fct_orders", "--batch", "1"]
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "headwater", *command],
            cwd=shop.root,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), "HEADWATER_NOW": NOW},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("batch "):
                break
        # Right at the boundary, or somewhere in the next batch.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(dice.choice((0.001, dice.uniform(0, 2))))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
        assert marts(shop) == marts(built)
    # A batch of a killed backfill lets go of the lock once dbt, too, is gone.
    said = shop.headwater(*command, "--wait", HEADWATER_NOW=NOW)
    assert "of 4 batches are done" in said.err
    assert "rebuilt      fct_orders" in said.out
    assert "done before" in said.out
    found = rows(shop, "select amount, one from marts.fct_orders where event_id = 'o10'")
    assert found == [(200, 1)]
    assert rows(shop, "select count(*), sum(amount) from marts.fct_orders") == [(12, 2 * 1212)]
