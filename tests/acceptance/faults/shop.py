"""The small warehouse that all faults happen to: two event types, a mart with tests and a suite.

What is delivered is made from a seed, and says which of it must be read where.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from warehouses import Warehouse, lines

from faults import zstandard

NOW = "2026-02-01T02:00:00Z"
# Raw is over then, and some of staging.
LATER = "2026-02-20T02:00:00Z"

CONTRACT = """
event: order_placed
version: 1.0
owner: team-orders
channel: "#orders"
description: A customer ordered.
retention: {raw: 10 days, staging: 40 days}
expose: [note]
payload:
  type: object
  required: [customer_id, amount]
  properties:
    customer_id: {type: string, pii: identifier, description: Who ordered.}
    amount: {type: integer, minimum: 0, description: "For how much, in cents."}
    note: {type: string, pii: sensitive, description: What they wrote.}
    card: {type: string, pii: drop, description: What they paid with.}
"""
FLAT = "envelope: {event_type: none, event_id: $.id, payload: $}\npayload:\n  type"
CSV_CONTRACT = CONTRACT.replace("order_placed", "order_listed").replace("payload:\n  type", FLAT)

FCT_ORDERS = """
-- One row per order
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='append_new_columns',
    partition_by={'field': 'order_date', 'data_type': 'date'},
    meta={'date': 'order_date'},
) }}

with

placed as (
    select event_id, occurred_at, customer_id, amount from {{ ref('stg_order_placed') }}
    where {{ changed_dates('cast(occurred_at as date)', 'stg_order_placed') }}
),

listed as (
    select event_id, occurred_at, customer_id, amount from {{ ref('stg_order_listed') }}
    where {{ changed_dates('cast(occurred_at as date)', 'stg_order_listed') }}
),

orders as (
    select * from placed
    union all
    select * from listed
),

final as (
    select
        event_id as order_id,
        cast(occurred_at as date) as order_date,
        customer_id,
        amount
    from orders
)

select * from final
where {{ changed_dates('order_date') }}
"""
FCT_ORDERS_YML = """
models:
  - name: fct_orders
    description: Orders.
    config:
      contract: {enforced: true}
      meta: {owner: team-orders, channel: "#orders"}
    columns:
      - name: order_id
        data_type: string
        description: The order.
        data_tests: [unique]
      - {name: order_date, data_type: date, description: UTC date.}
      - name: customer_id
        data_type: string
        description: Pseudonym.
        config: {meta: {pii: identifier}}
      - {name: amount, data_type: bigint, description: In cents.}
"""
SUITE = """
model: fct_orders
expectations:
  - expect_column_values_to_not_be_null: {column: customer_id}
    severity: critical
    description: Every order is somebody's.
"""
START = datetime(2026, 1, 10)


def declare(warehouse: Warehouse) -> None:
    warehouse.contract(CONTRACT)
    warehouse.contract(CSV_CONTRACT)
    warehouse.model("marts/shop/fct_orders.sql", FCT_ORDERS)
    warehouse.model("marts/shop/_shop__marts.yml", FCT_ORDERS_YML)
    warehouse.write("tests/expectations/fct_orders.yml", SUITE)
    warehouse.sync()


@dataclass(frozen=True)
class File:
    """One delivery: where it goes below landing/, and its bytes."""

    path: str
    content: bytes


def order(number: int, dice: random.Random, **changes: object) -> str:
    """One order as JSON; of thirty, one has an amount below zero, which its contract forbids."""
    at = START + timedelta(hours=dice.randrange(500), minutes=number % 60)
    data = {
        "customer_id": f"customer-{dice.randrange(40)}",
        "amount": -1 if dice.random() < 1 / 30 else dice.randrange(10_000),
        "note": "naïve ☂ note",
        "card": f"card-{number}",
    } | changes
    return json.dumps(
        {
            "id": f"o-{number}",
            "source": "/shop",
            "type": "order_placed",
            "time": at.isoformat() + "Z",
            "receivedtime": (at + timedelta(seconds=5)).isoformat() + "Z",
            "dataschemaversion": "1.0",
            "data": data,
        },
        ensure_ascii=False,
    )


def orders(first: int, count: int, seed: int) -> list[str]:
    dice = random.Random(f"{seed} {first}")
    return [order(number, dice) for number in range(first, first + count)]


def csv(first: int, count: int, seed: int) -> bytes:
    dice = random.Random(f"{seed} csv {first}")
    rows = []
    for number in range(first, first + count):
        at = START + timedelta(hours=dice.randrange(500), minutes=number % 60)
        rows.append(
            f'l-{number},{at:%Y-%m-%d %H:%M:%S},{at:%Y-%m-%d %H:%M:%S},'
            f'customer-{dice.randrange(40)},{dice.randrange(10_000)},"a ""note"", of\ntwo lines"'
        )  # fmt: skip
    return lines(["id,time,receivedtime,customer_id,amount,note", *rows]).encode()


def deliveries(seed: int, *, files: int = 24, records: int = 30) -> Sequence[File]:
    """Files of both event types, plain and compressed: with copies of records of other files,
    with lines that are no JSON, and one of them twice."""
    return tuple(_deliveries(seed, files, records))


def _deliveries(seed: int, files: int, records: int) -> Iterator[File]:
    dice = random.Random(seed)
    for number in range(files):
        first = 1000 * number
        if number % 4 == 3:
            yield File(f"order_listed/{number}.csv", csv(first, records, seed))
            continue
        texts = orders(first, records, seed)
        if number:
            texts += dice.sample(orders(1000 * (number // 4 * 4 - number % 4), records, seed), 3)
        texts += ['{"id": "cut', "", "NaN"]
        content = lines(dice.sample(texts, len(texts))).encode()
        match number % 4:
            case 0:
                yield File(f"order_placed/{number}.ndjson", content)
            case 1:
                yield File(f"order_placed/{number}.ndjson.gz", gzip.compress(content, mtime=0))
            case _ if number % 8 == 2:
                yield File(f"order_placed/{number}.ndjson.zst", zstandard.frame(content))
            case _:
                yield File(f"order_placed/date=2026-01-31/hour=02/{number}.jsonl", content)
    yield File("order_placed/again.ndjson", content)
