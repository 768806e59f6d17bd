"""What one run does, and what it leaves alone: one warehouse, run after run."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from warehouses import Warehouse, empty, lines

from headwater.errors import ExitCode

CONTRACT = """
event: {event}
version: 1.0
owner: shop-team
channel: "#shop"
description: Something was {event}.
max_lateness: none
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
    amount: {{type: integer, minimum: 0, maximum: {maximum}, description: Price in cents.}}
"""

MART = """-- One row per {event}
{{{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    meta={{'date': 'order_date', 'owner': 'shop-team', 'channel': '#shop'}},
) }}}}

select
    event_id,
    cast(occurred_at as date) as order_date,
    amount
from {{{{ ref('stg_{event}') }}}}
where {{{{ changed_dates('cast(occurred_at as date)') }}}}
"""

DAILY = """-- One row per date
{{ config(materialized='table', meta={'owner': 'shop-team', 'channel': '#shop'}) }}

select
    order_date,
    cast(sum(amount) as bigint) as amount
from {{ ref('fct_orders') }}
group by order_date
"""

SUITE = """model: fct_orders
expectations:
  - expect_column_values_to_be_between: {column: amount, max_value: 1000}
    severity: critical
    description: Nothing in the shop costs more.
"""


def order(number: int, amount: int, day: int = 1) -> str:
    at = f"2026-01-{day:02}T10:00:00Z"
    return json.dumps({"id": f"o{number}", "at": at, "got": at, "amount": amount})


def serve(shop: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    with shop.reading("serve") as connection:
        return connection.execute(sql).fetchall()


def dbt_calls(shop: Warehouse) -> float:
    return (shop.root / "target" / "headwater" / "run_results.json").stat().st_mtime


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Orders and refunds, a mart each, and a daily mart over orders; one run done."""
    made = empty(tmp_path_factory.mktemp("run"))
    for event in ("order_placed", "order_refunded"):
        made.contract(CONTRACT.format(event=event, maximum=1_000_000))
    made.model("marts/shop/fct_orders.sql", MART.format(event="order_placed"))
    made.model("marts/shop/fct_refunds.sql", MART.format(event="order_refunded"))
    made.model("marts/shop/fct_daily_orders.sql", DAILY)
    made.write("tests/expectations/fct_orders.yml", SUITE)
    made.land("order_placed", "1.ndjson", lines([order(1, 100), order(2, 250)]))
    made.land("order_refunded", "1.ndjson", lines([order(1, 100)]))
    made.sync()
    made.run()
    return made


def test_the_first_run_publishes_every_mart(shop: Warehouse) -> None:
    assert serve(shop, "select order_date::text, amount from marts.fct_daily_orders") == [
        ("2026-01-01", 350)
    ]
    assert serve(shop, "select count(*) from marts.fct_refunds") == [(1,)]
    schemas = serve(shop, "select distinct table_schema from information_schema.tables order by 1")
    assert schemas == [("marts",), ("ops",)]


def test_with_nothing_new_no_dbt_is_called_and_nothing_recorded(shop: Warehouse) -> None:
    before, runs = dbt_calls(shop), shop.query("select count(*) from ops.runs")
    said = shop.run()
    assert "nothing: everything is up to date" in said.out
    assert dbt_calls(shop) == before
    assert shop.query("select count(*) from ops.runs") == runs


def test_a_dry_run_says_what_a_run_would_do_and_does_none_of_it(shop: Warehouse) -> None:
    shop.land("order_placed", "2.ndjson", lines([order(3, 5000, day=2)]))
    said = shop.headwater("run", "--dry-run")
    assert "would load   order_placed/2.ndjson" in said.out
    assert shop.query("select count(*) from raw.order_placed") == [(2,)]


def test_a_failed_critical_check_keeps_the_last_good_mart_and_its_descendants(
    shop: Warehouse,
) -> None:
    shop.land("order_refunded", "2.ndjson", lines([order(3, 10, day=2)]))
    said = shop.run(code=1)
    assert "fct_orders" in said.err
    assert "#shop" in said.err
    assert serve(shop, "select max(amount) from marts.fct_orders") == [(250,)]
    assert serve(shop, "select sum(amount) from marts.fct_daily_orders") == [(350,)]
    assert serve(shop, "select count(*) from marts.fct_refunds") == [(2,)]
    assert shop.query("select max(amount) from marts.fct_orders") == [(5000,)]


def test_a_mart_that_fails_goes_on_failing_until_something_changes(shop: Warehouse) -> None:
    before = dbt_calls(shop)
    said = shop.run(code=1)
    assert "still failing, unchanged since its checks failed: fct_orders" in said.err
    assert dbt_calls(shop) == before


def test_status_says_what_failed_and_whose_it_is(shop: Warehouse) -> None:
    said = shop.headwater("status")
    (failed,) = (line for line in said.out.splitlines() if line.startswith("failed"))
    assert "fct_orders.amount" in failed
    assert "[shop-team #shop]" in failed
    found = json.loads(shop.headwater("status", "--format", "json").out)
    assert {each["kind"] for each in found["findings"]} >= {"failed", "unpublished", "late"}


def test_mending_the_contract_heals_the_mart_by_the_next_ordinary_run(shop: Warehouse) -> None:
    shop.contract(CONTRACT.format(event="order_placed", maximum=1000))
    shop.sync()
    shop.run()
    assert shop.query("select violations from staging.quarantine_shop") == [(["amount.maximum"],)]
    assert serve(shop, "select max(amount) from marts.fct_orders") == [(250,)]
    assert serve(shop, "select sum(amount) from marts.fct_daily_orders") == [(350,)]


def test_a_model_that_fails_takes_only_its_own_branch_along(shop: Warehouse) -> None:
    mart = shop.root / "models" / "marts" / "shop" / "fct_refunds.sql"
    good = mart.read_text()
    shop.land("order_placed", "3.ndjson", lines([order(4, 40, day=3)]))
    mart.write_text(good.replace("    amount\n", "    cast(event_id as int) as amount\n"))
    said = shop.run(code=1)
    assert "failed: fct_refunds" in said.err
    assert "o1" not in said.err
    assert serve(shop, "select max(order_date)::text from marts.fct_daily_orders") == [
        ("2026-01-03",)
    ]
    assert serve(shop, "select count(*) from marts.fct_refunds") == [(2,)]
    mart.write_text(good)
    # Its transaction was rolled back: with its SQL as it was, there is nothing to build.
    assert "nothing: everything is up to date" in shop.run().out


def test_what_a_bare_dbt_build_made_is_checked_and_published_by_the_next_run(
    shop: Warehouse,
) -> None:
    shop.land("order_placed", "4.ndjson", lines([order(5, 50, day=4)]))
    shop.headwater("load")
    build = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "build"],
        cwd=shop.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout
    assert shop.query("select max(amount) from marts.fct_orders where order_date = '2026-01-04'")
    assert serve(shop, "select max(order_date)::text from marts.fct_orders") == [("2026-01-03",)]
    shop.run()
    assert serve(shop, "select max(order_date)::text from marts.fct_orders") == [("2026-01-04",)]


def test_every_run_that_did_something_is_recorded_with_its_nodes(shop: Warehouse) -> None:
    runs = shop.query("select run_id, status, exit_code from ops.runs order by started_at")
    assert [status for _, status, _ in runs] == ["ok", "failed", "ok", "failed", "ok"]
    assert [code for *_, code in runs] == [0, 1, 0, 1, 0]
    said = shop.headwater("status", runs[0][0])
    assert "base_order_placed" in said.out


def test_a_project_that_cannot_be_parsed_is_told_and_loads_all_the_same(shop: Warehouse) -> None:
    loaded = shop.query("select count(*) from raw.order_placed")[0][0]
    shop.model("marts/shop/fct_wrong.sql", "select 1 as n from {{ ref('nothing') }}")
    shop.land("order_placed", "late.ndjson", lines([order(90, 100)]))
    said = shop.headwater("run", code=ExitCode.BAD_INPUT)
    assert "fct_wrong.sql" in said.err
    assert "'nothing' which was not found" in said.err
    assert "hint: mend the file it names" in said.err
    assert shop.query("select count(*) from raw.order_placed") == [(loaded + 1,)]
    assert shop.query("select count(*) from marts.fct_orders where event_id = 'o90'") == [(0,)]
    (shop.root / "models/marts/shop/fct_wrong.sql").unlink()
    shop.run()
    assert serve(shop, "select count(*) from marts.fct_orders where event_id = 'o90'") == [(1,)]
