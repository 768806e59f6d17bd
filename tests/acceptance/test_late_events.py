"""Late events, closed hours and what they restate: one warehouse, hour after hour."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from warehouses import Said, Warehouse, empty, lines

from headwater.finding import spans

CONTRACT = """
event: order_placed
version: 1.0
owner: shop-team
channel: "#shop"
description: Somebody ordered.
tier: high
max_lateness: 30 days
completeness: 99 %
envelope:
  event_type: none
  event_id: $.id
  occurred_at: $.at
  received_at: $.got
  schema_version: none
  payload: $
payload:
  type: object
  required: [amount]
  properties:
    amount: {type: integer, minimum: 0, maximum: 1000, description: Price in cents.}
"""

ORDERS = """-- One row per order
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    meta={'date': 'order_date', 'owner': 'shop-team', 'channel': '#shop'},
) }}

select
    event_id,
    cast(occurred_at as date) as order_date,
    amount
from {{ ref('stg_order_placed') }}
where {{ changed_dates('cast(occurred_at as date)') }}
"""

# A day's row reads the day and the two before it.
ROLLING = """-- One row per date that has orders
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    meta={
        'date': 'order_date',
        'windows': {'fct_orders': {'before': 2, 'after': 0}},
        'owner': 'shop-team',
        'channel': '#shop',
    },
) }}

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
    on orders.order_date between dates.order_date - 2 and dates.order_date
where {{ changed_dates('dates.order_date') }}
group by dates.order_date
"""

TOTAL = """-- One row
{{ config(materialized='table', meta={'owner': 'shop-team', 'channel': '#shop'}) }}

select cast(sum(amount) as bigint) as amount from {{ ref('fct_orders') }}
"""

# The hour 09 of a tier `high` closes at 13:00.
OPEN = "2026-03-01T12:30:00Z"
CLOSED = "2026-03-01T20:00:00Z"


def order(number: int, at: str, got: str = "2026-03-01T09:50:00Z", amount: int = 100) -> str:
    return json.dumps({"id": f"o{number}", "at": at, "got": got, "amount": amount})


def hours(shop: Warehouse, columns: str) -> list[tuple[Any, ...]]:
    return shop.query(f"select hour(hour), {columns} from ops.hours order by hour")


def restated(shop: Warehouse, revision: int) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for model, date in shop.query(
        "select model, restated_date::text from ops.restated"
        f" where revision = {revision} order by model, restated_date"
    ):
        found.setdefault(model, []).append(date)
    return found


def would(said: Said, verb: str) -> list[str]:
    return [line for line in said.out.splitlines() if line.startswith(f"would {verb} ")]


def state_of(shop: Warehouse) -> dict[str, bytes]:
    """The bytes of the warehouse's own files."""
    folder = shop.root / "warehouse"
    return {path.name: path.read_bytes() for path in folder.glob("*.duckdb")}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Orders of two hours, in files with and without a manifest, built while both are open."""
    made = empty(tmp_path_factory.mktemp("late"))
    made.contract(CONTRACT)
    made.model("marts/shop/fct_orders.sql", ORDERS)
    made.model("marts/shop/fct_rolling.sql", ROLLING)
    made.model("marts/shop/fct_total.sql", TOTAL)
    both = [
        order(1, "2026-03-01T09:00:00Z", "2026-03-01T09:10:00Z"),
        order(2, "2026-03-01T09:30:00Z", "2026-03-01T10:10:00Z"),
    ]
    made.land("order_placed", "1.ndjson", lines([*both, "no JSON"]))
    promise = {"count": 3, "hour": "2026-03-01T09:00:00Z"}
    made.write("landing/order_placed/1.ndjson.manifest.json", json.dumps(promise))
    made.land("order_placed", "2.ndjson", lines([order(3, "2026-03-01T10:00:00Z")]))
    short = {"count": 7, "hour": "2026-03-01T10:00:00Z"}
    made.land("order_placed", "3.ndjson", lines([order(4, "2026-03-01T10:00:00Z")]))
    made.write("landing/order_placed/3.ndjson.manifest.json", json.dumps(short))
    made.sync()
    made.run(HEADWATER_NOW=OPEN, code=1)
    return made


def test_an_hour_counts_what_came_and_what_manifests_promised(shop: Warehouse) -> None:
    counts = "row_count, files, unparsed, expected, missing, revisions, closed_at::text"
    assert hours(shop, counts) == [
        (9, 2, 2, 1, 2, 0, 0, "2026-03-01 13:00:00"),
        (10, 1, 1, 0, 8, 7, 0, "2026-03-01 14:00:00"),
    ]


def test_a_late_file_is_one_revision_with_the_dates_it_restates(shop: Warehouse) -> None:
    late = [
        order(10, "2026-01-31T09:51:00Z"),  # 29 days
        order(11, "2026-01-29T09:50:00Z"),  # 31 days
        order(12, "2099-01-01T00:00:00Z"),
        order(13, "2025-03-01T09:50:00Z"),  # a clock a year behind
    ]
    shop.land("order_placed", "late.ndjson", lines(late))
    files = state_of(shop)
    said = shop.headwater("run", "--dry-run", HEADWATER_NOW=CLOSED)
    assert state_of(shop) == files
    assert would(said, "quarantine") == [
        "would quarantine records of order_placed: envelope.occurred_at (3)"
    ]
    assert would(said, "revise") == [
        "would revise order_placed: the hour 2026-03-01 09:00 UTC, closed 2026-03-01 13:00:"
        " 4 rows added"
    ]
    assert sorted(would(said, "build")) == [
        "would build  base_order_placed: new files, restates 2026-01-31",
        "would build  fct_orders: what it reads changed, restates 2026-01-31",
        "would build  fct_rolling: what it reads changed, restates 2026-01-31 to 2026-02-02",
        "would build  fct_total: what it reads changed, restates all dates",
    ]
    shop.run(HEADWATER_NOW=CLOSED)
    assert shop.query(
        "select hour::text, revision, reason, rows_added, rows_replaced, closed_at::text,"
        " revised_at::text, run_id = (select max(run_id) from ops.runs) from ops.revisions"
    ) == [
        ("2026-03-01 09:00:00", 1, "late records", 4, 0, "2026-03-01 13:00:00",
         "2026-03-01 20:00:00", True),
    ]  # fmt: skip
    assert restated(shop, 1) == {
        "base_order_placed": ["2026-01-31"],
        "fct_orders": ["2026-01-31"],
        "fct_rolling": ["2026-01-31", "2026-02-01", "2026-02-02"],
        "fct_total": [None],
    }
    assert hours(shop, "revisions") == [(9, 1), (10, 0)]


def test_other_clocks_are_quarantined(shop: Warehouse) -> None:
    assert shop.query("select violation, row_count from ops.violations") == [
        ("envelope.occurred_at", 3)
    ]


def test_a_rerun_adds_no_revision(shop: Warehouse) -> None:
    shop.run(HEADWATER_NOW=CLOSED)
    assert shop.query("select count(*) from ops.revisions") == [(1,)]


def test_status_says_what_is_incomplete_and_what_was_revised(shop: Warehouse) -> None:
    said = shop.headwater("status", HEADWATER_NOW=CLOSED).out.splitlines()
    kinds = [line.split()[0] for line in said[1:]]
    assert kinds.index("incomplete") < kinds.index("set") < kinds.index("revised")
    assert (
        "incomplete   order_placed: 2026-03-01 10:00 UTC has 0 of the 7 records that manifests"
        " promise (0.0 %, not 99 %)  [shop-team #shop]"
    ) in said
    assert (
        "revised      order_placed: the hour 2026-03-01 09:00 UTC changed after closing"
        " (late records: 4 rows added); restated fct_orders 2026-01-31;"
        " fct_rolling 2026-01-31 to 2026-02-02; fct_total all dates  [shop-team #shop]"
    ) in said


def foretold(said: Said) -> dict[str, str]:
    """What a dry run says each model restates."""
    found = {}
    for line in would(said, "build"):
        model, _, rest = line.removeprefix("would build  ").partition(": ")
        found[model] = rest.partition(", restates ")[2]
    return found


def told(shop: Warehouse, revision: int) -> dict[str, str]:
    """What the run then restated, in the same words."""
    return {
        model: "all dates" if None in days else spans(dt.date.fromisoformat(day) for day in days)
        for model, days in restated(shop, revision).items()
    }


def test_a_device_that_was_offline_and_an_earlier_copy_revise_two_hours(shop: Warehouse) -> None:
    late = [
        order(20, "2026-01-30T09:20:00Z", "2026-03-01T09:20:00Z"),  # 30 days offline
        order(4, "2026-02-20T10:00:00Z", "2026-03-01T09:20:00Z"),
        order(2, "2026-02-25T09:00:00Z", "2026-03-01T09:20:00Z"),  # the copy of 10:10 is none now
    ]
    shop.land("order_placed", "offline.ndjson", lines(late))
    shop.headwater("load", HEADWATER_NOW=CLOSED)
    before = foretold(shop.headwater("run", "--dry-run", HEADWATER_NOW=CLOSED))
    assert before["fct_orders"] == "2026-01-30, 2026-02-20, 2026-02-25, 2026-03-01"
    shop.run(HEADWATER_NOW=CLOSED)
    assert told(shop, 2) == before
    assert shop.query(
        "select hour(hour), reason, rows_added, copies_settled from ops.revisions"
        " where revision = 2 order by hour"
    ) == [(9, "late records", 3, 0), (10, "earlier copy", 0, 1)]
    assert hours(shop, "revisions") == [(9, 2), (10, 1)]


def test_a_mended_contract_revises_the_closed_hours(shop: Warehouse) -> None:
    shop.contract(CONTRACT.replace("maximum: 1000", "maximum: 99"))
    shop.sync()
    before = foretold(shop.headwater("run", "--dry-run", HEADWATER_NOW=CLOSED))
    shop.run(HEADWATER_NOW=CLOSED)
    assert told(shop, 3) == {name: dates for name, dates in before.items() if name[:4] != "stg_"}
    assert shop.query(
        "select hour(hour), reason, rows_added, rows_replaced from ops.revisions"
        " where revision = 3 order by hour"
    ) == [(9, "event contract", 0, 9), (10, "event contract", 0, 1)]
    assert shop.query("select count(*) from staging.stg_order_placed") == [(0,)]


def test_hours_after_the_last_counted_one_are_new_though_the_job_was_late(
    shop: Warehouse,
) -> None:
    at = "2026-03-02T01:10:00Z"
    shop.land("order_placed", "next.ndjson", lines([order(30, at, at, 1)]))
    said = shop.headwater("run", "--dry-run", HEADWATER_NOW="2026-03-04T00:00:00Z")
    assert would(said, "revise") == []
    shop.run(HEADWATER_NOW="2026-03-04T00:00:00Z")
    assert shop.query("select max(revision) from ops.revisions") == [(3,)]


def test_a_dry_run_names_the_file_that_would_be_set_aside(shop: Warehouse) -> None:
    shop.land("order_placed", "short.ndjson", lines([order(40, "2026-03-01T09:00:00Z")]))
    promise = json.dumps({"count": 2})
    shop.write("landing/order_placed/short.ndjson.manifest.json", promise)
    said = shop.headwater("run", "--dry-run", HEADWATER_NOW=CLOSED)
    assert would(said, "set aside") == [
        "would set aside order_placed/short.ndjson: its manifest says 2 records, it holds 1"
    ]
    assert would(said, "revise") == []


def test_the_first_day_of_the_calendar_has_no_days_before_it(shop: Warehouse) -> None:
    shop.contract(CONTRACT.replace("max_lateness: 30 days", "max_lateness: none"))
    shop.sync()
    never_set = order(50, "0001-01-01T00:00:00Z")
    shop.land("order_placed", "never_set.ndjson", lines([never_set]))
    shop.run(HEADWATER_NOW=CLOSED, code=None)
    dates = "select min(order_date)::text, count(*) > 1 from marts.fct_rolling"
    assert shop.query(dates) == [("0001-01-01", True)]
    shop.land("order_placed", "again.ndjson", lines([never_set.replace("o50", "o51")]))
    shop.headwater("run", "--dry-run", HEADWATER_NOW=CLOSED)
    shop.run(HEADWATER_NOW=CLOSED, code=None)
    first = "select amount from marts.fct_rolling where order_date = date '0001-01-01'"
    assert shop.query(first) == [(200,)]
