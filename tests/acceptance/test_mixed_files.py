"""Files of many event types in a warehouse: delivered, waiting, declared, and all there."""

from __future__ import annotations

import json

import pytest
import warehouses
from warehouses import Warehouse

pytestmark = pytest.mark.slow

CONTRACT = """
event: {event}
version: 1.0
owner: team-{event}
channel: "#{event}"
description: Something was {event}.
payload:
  type: object
  required: [amount]
  properties:
    amount: {{type: integer, minimum: 0, description: In cents.}}
"""


def record(event: str | None, number: int, amount: int = 1) -> str:
    at = f"2026-01-31T10:{number:02}:00Z"
    said = {} if event is None else {"type": event}
    return json.dumps(
        said
        | {"id": str(number), "source": "/shop", "time": at, "receivedtime": at,
           "dataschemaversion": "1.0", "data": {"amount": amount}}
    )  # fmt: skip


def staged(shop: Warehouse, event: str) -> list[tuple[str, int]]:
    return shop.query(
        f"select split_part(event_id, '|', 2), amount from staging.stg_{event} order by all"
    )


def dbt_calls(shop: Warehouse) -> float:
    return (shop.root / "target" / "headwater" / "run_results.json").stat().st_mtime


def test_what_waits_is_told_and_loads_by_itself_once_it_is_declared(shop: Warehouse) -> None:
    shop.contract(CONTRACT.format(event="order_placed"))
    shop.sync()
    shop.land("_mixed", "collector/1.ndjson", warehouses.lines([
        record("order_placed", 1), record("order_paid", 2), record("order_paid", 3, -1),
        record(None, 4), record("ada@example.com", 5), "bad", record("order_placed", 6, -1),
    ]))  # fmt: skip
    shop.land("order_paid", "whole.ndjson", warehouses.lines([record("order_paid", 7)]))
    said = shop.run()
    assert "_mixed: 1 file, 6 records, order_placed 2, 1 unparsed (not JSON 1)\n" in said.err
    assert (
        "undeclared: 3 records of order_paid in raw.undeclared\n"
        "  hint: declare it, and they load: headwater new order_paid --from undeclared"
        "; files of many event types go to landing/_mixed/\n" in said.err
    )
    assert staged(shop, "order_placed") == [("1", 1)]
    looked = shop.headwater("status").out
    for line in (
        "order_paid: 3 records of 2 files in raw.undeclared since ",
        "(no type): 1 record of 1 file in raw.undeclared since ",
        "(other): 1 record of 1 file in raw.undeclared since ",
    ):
        assert f"undeclared   {line}" in looked
    assert "example.com" not in said.text + looked
    # With nothing new, what waits is still told, and nothing else happens.
    before = dbt_calls(shop)
    again = shop.run()
    assert "nothing: everything is up to date" in again.out
    assert "undeclared: 3 records of order_paid" in again.err
    assert dbt_calls(shop) == before

    # A first contract from what waits.
    made = shop.headwater("new", "order_paid", "--from", "undeclared", "--domain", "shop").err
    assert "3 of 3 records fit the payload that was inferred" in made
    draft = (shop.root / "contracts" / "shop" / "order_paid.v1.yml").read_text()
    assert "Inferred by `headwater new` from 3 records of raw.undeclared." in draft
    assert "amount:\n          type: integer\n" in draft
    asked = shop.headwater("new", "of_nobody", "--from", "undeclared", code=2).err
    assert "no records of of_nobody wait in raw.undeclared" in asked
    shop.headwater("sync", code=2)  # what is left to write is named
    said = shop.run(code=1)
    assert "undeclared: 3 records of order_paid in raw.undeclared\n" in said.err
    assert "  hint: they load once its event contract is mended\n" in said.err

    shop.contract(CONTRACT.format(event="order_paid"))
    shop.sync()
    planned = shop.headwater("run", "--dry-run").out
    assert "would load   3 records of order_paid that wait in raw.undeclared\n" in planned
    said = shop.run()
    assert "order_paid: 3 records that waited in raw.undeclared loaded\n" in said.err
    assert staged(shop, "order_paid") == [("2", 1), ("7", 1)]
    assert shop.query(
        "select violations, _file, _line from staging.quarantine_shop"
        " where event_type = 'order_paid'"
    ) == [(["amount.minimum"], "_mixed/collector/1.ndjson", 3)]
    looked = shop.headwater("status").out
    assert "undeclared   order_paid" not in looked
    # The books of a reader, too.
    with shop.reading("serve") as serve:
        counts = serve.execute(
            "select event_type, is_declared, sum(row_count)::int from ops.routed group by all"
            " order by all"
        ).fetchall()
    assert counts == [
        ("(no type)", False, 1), ("(other)", False, 1), ("order_paid", True, 3),
        ("order_placed", True, 2),
    ]  # fmt: skip
    before = dbt_calls(shop)
    assert "nothing: everything is up to date" in shop.run().out
    assert dbt_calls(shop) == before
