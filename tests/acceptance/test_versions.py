"""Majors of one event type side by side: one base model, staging as dbt model versions."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
import warehouses
from warehouses import Warehouse

CONTRACT = """\
event: order_placed
version: {version}
owner: team-orders
channel: "#orders"
description: Somebody ordered.
retention: {{raw: 4000 days, staging: 4000 days}}
{header}payload:
  type: object
  required: [buyer, amount]
  properties:
    buyer: {{type: string, pii: identifier, description: Who ordered.}}
    amount: {{{amount}, description: What it cost.}}
{fields}"""
V1 = {"version": "1.0", "amount": "type: integer, maximum: 100", "header": "", "fields": ""}
V2 = {
    "version": "2.0",
    "amount": 'type: string, pattern: "^[0-9]+ EUR$"',
    "header": "",
    "fields": "    places:\n      type: array\n      items: {type: string}\n"
    "      description: Where to.\n",
}
MART = """\
-- One row per order of {ref}
{{{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='append_new_columns',
    partition_by={{'field': 'order_date', 'data_type': 'date'}},
    meta={{'date': 'order_date', 'windows': {{'stg_order_placed': {{'before': 1}}}}}},
) }}}}

with orders as (
    select * from {{{{ ref({ref}) }}}}
),

final as (
    select
        event_id,
        cast(occurred_at as date) as order_date,
        buyer,
        amount
    from orders
    where {{{{ changed_dates('cast(occurred_at as date)') }}}}
)

select * from final
"""


def contract(**said: str) -> str:
    return CONTRACT.format(**said)


def record(number: int, amount: Any, version: str | None, minute: int = 0, **payload: Any) -> str:
    at = f"2026-01-31T10:{minute:02}:00Z"
    content: dict[str, Any] = {
        "id": str(number),
        "source": "/shop",
        "type": "order_placed",
        "time": at,
        "receivedtime": at,
        "dataschemaversion": version,
        "data": {"buyer": "b-1", "amount": amount, **payload},
    }
    return json.dumps({key: value for key, value in content.items() if value is not None})


SENT = [
    record(1, 50, "1.0"),
    record(2, "60 EUR", "2.0", places=["here"]),
    record(3, 70, None),  # says none: the oldest
    record(4, 80, "3.0"),  # no contract declares it
    record(5, "90 EUR", "1.0"),  # right in the other major
    record(6, 90, "2.1"),
    record(7, 20, "1.0", minute=1),
    record(7, "20 EUR", "2.0", minute=2),  # the same event, sent again by a newer producer
]
OF_V1 = [("0", 40), ("1", 50), ("3", 70), ("7", 20)]


def ids(shop: Warehouse, table: str) -> list[tuple[Any, ...]]:
    return shop.query(f"select split_part(event_id, '|', 2), amount from {table} order by all")


def rejected(shop: Warehouse) -> list[tuple[Any, ...]]:
    return shop.query(
        "select _line, schema_version, violations from staging.quarantine_shop order by _line"
    )


@pytest.mark.slow
def test_majors_live_side_by_side(shop: Warehouse) -> None:
    shop.contract(contract(**V1))
    shop.model("marts/fct_orders.sql", MART.format(ref="'stg_order_placed'"))
    newest = MART.format(ref="'stg_order_placed'").replace("  amount", "  0 as amount")
    shop.model("marts/fct_newest.sql", newest)
    shop.land("order_placed", "a.ndjson", warehouses.lines(SENT))
    old = record(0, 40, "1.0").replace("T10:", "T09:")
    shop.land("order_placed", "old.ndjson", old + "\n")
    shop.sync()
    shop.run()
    assert ids(shop, "staging.stg_order_placed") == OF_V1
    assert [row[2] for row in rejected(shop)] == [
        ["envelope.schema_version", "amount.type"],
        ["envelope.schema_version"],
        ["amount.type"],
        ["envelope.schema_version"],
        ["envelope.schema_version", "amount.type"],
    ]
    # Of one hour, raw is gone: base cannot build it anew.
    with duckdb.connect(str(shop.root / "warehouse/warehouse.duckdb")) as connection:
        connection.execute("delete from raw.order_placed where hour(received_at) = 9")

    # A second major: what said it was one heals; v1 is as it was, under its old name.
    shop.contract(contract(**V2))
    shop.model("marts/fct_orders_v2.sql", MART.format(ref="'stg_order_placed', v=2"))
    said = shop.sync().err
    assert "wrote models/staging/shop/stg_order_placed_v2.sql" in said
    shop.run()
    assert ids(shop, "staging.stg_order_placed") == OF_V1
    assert ids(shop, "marts.fct_orders") == OF_V1
    assert ids(shop, "staging.stg_order_placed_v2") == [("2", "60 EUR")]
    assert ids(shop, "marts.fct_orders_v2") == [("2", "60 EUR")]
    assert rejected(shop) == [
        (4, None, ["envelope.schema_version"]),
        (5, "1.0", ["amount.type"]),
        (6, "2.1", ["amount.type"]),
    ]
    assert shop.query(
        "select _line, _major, amount, amount__v2, places, is_first_valid_copy"
        " from staging.base_order_placed where is_valid order by _hour, _line"
    ) == [
        (1, None, 40, None, None, True),
        (1, 1, 50, None, [], True),
        (2, 2, None, "60 EUR", ["here"], True),
        (3, 1, 70, None, [], True),
        (7, 1, 20, None, [], True),
        (8, 2, None, "20 EUR", [], False),
    ]
    # One person has one pseudonym in both.
    assert shop.query("select count(*), count(distinct pseudonym) from keys.identifiers") == [
        (1, 1)
    ]
    ((pseudonym,),) = shop.query("select distinct buyer from marts.fct_orders")
    assert shop.query("select distinct buyer from marts.fct_orders_v2") == [(pseudonym,)]

    # Nothing is left to do, for anybody.
    assert "nothing to build" in shop.headwater("run", "--dry-run").out
    built = {name for (name,) in shop.query("select model from ops.built where upstream = ''")}
    assert {"stg_order_placed.v1", "stg_order_placed.v2"} <= built
    shop.headwater("sync", "--check")
    shop.headwater("status")
    shop.headwater("docs")

    # More of both arrives.
    shop.land(
        "order_placed", "b.ndjson", warehouses.lines([record(8, 1, "1.0"), record(9, "2 EUR", "2")])
    )

    # And v2 becomes what `ref` means; the relations keep their names.
    shop.contract(contract(**{**V2, "header": "latest: true\n"}))
    (shop.root / "models/marts/fct_orders.sql").unlink()
    shop.sync()
    shop.run()
    assert ids(shop, "marts.fct_orders_v2") == [("2", "60 EUR"), ("9", "2 EUR")]
    assert ids(shop, "marts.fct_newest") == [("2", 0), ("9", 0)]
    assert ids(shop, "staging.stg_order_placed")[-1] == ("8", 1)

    # A major that is deleted takes its files with it; its records are in quarantine again.
    (shop.root / "contracts/shop/order_placed.v2.yml").unlink()
    (shop.root / "models/marts/fct_orders_v2.sql").unlink()
    assert "deleted models/staging/shop/stg_order_placed_v2.sql" in shop.sync().err
    shop.run()
    of_v1 = [*OF_V1, ("8", 1)]
    assert ids(shop, "staging.stg_order_placed") == of_v1
    assert ids(shop, "marts.fct_newest") == [(number, 0) for number, _ in of_v1]
    assert len(rejected(shop)) == 6
    assert "nothing to build" in shop.headwater("run", "--dry-run").out


def test_validate_judges_each_record_by_its_major(shop: Warehouse) -> None:
    shop.contract(contract(**V1))
    shop.contract(contract(**V2))
    file = shop.write("sent.ndjson", warehouses.lines(SENT))
    verdict = json.loads(
        shop.headwater("validate", "order_placed", str(file), "--format", "json", code=1).out
    )
    assert (verdict["accepted"], verdict["rejected"], verdict["duplicates"]) == (5, 3, 1)
    assert [(each["name"], each["lines"], each["place"]) for each in verdict["violations"]] == [
        (
            "amount.type",
            [5, 6],
            "contracts/shop/order_placed.v1.yml:12, contracts/shop/order_placed.v2.yml:12",
        ),
        ("envelope.schema_version", [4], ""),
    ]


def slices(shop: Warehouse) -> list[tuple[Any, ...]]:
    return shop.query(
        "select _load_id, hour(_hour), _contract_hash from staging.base_order_placed"
        " group by all order by all"
    )


@pytest.mark.slow
def test_a_new_optional_field_rebuilds_only_the_slices_that_carried_it(shop: Warehouse) -> None:
    shop.contract(contract(**V1))
    shop.model("marts/fct_orders.sql", MART.format(ref="'stg_order_placed'"))
    shop.sync()
    plain = [record(1, 50, "1.0"), record(1, 50, "1.0", minute=1)]
    carrying = [record(2, 60, "1.0", Note="odd"), record(3, 70, "1.0", note="old")]
    shop.land("order_placed", "a.ndjson", warehouses.lines(plain))
    shop.headwater("load")
    shop.land("order_placed", "b.ndjson", warehouses.lines(carrying))
    shop.run()
    (old,) = {code for _, _, code in slices(shop)}

    fields = "    note: {type: string, description: What they wrote.}\n"
    shop.contract(contract(**{**V1, "fields": fields}))
    said = shop.sync().err
    assert (
        "contracts/shop/order_placed.v1.yml: note added, optional (minor)\n"
        "  hint: write version: 1.1, so that readers see it\n"
        "  order_placed: the next run restates only the slices that carried note\n"
        "  order_placed: touches base_order_placed, stg_order_placed, quarantine_shop, fct_orders\n"
    ) in said
    assert "note added" not in shop.sync().err
    shop.headwater("sync", "--check")
    assert (
        "base_order_placed: event contract changed, 1 slices"
        in shop.headwater("run", "--dry-run").out
    )
    shop.run()
    # The first load's slice kept its rows and their hash; the other has the past value.
    (kept, built) = slices(shop)
    assert kept == (1, 10, old)
    assert built[0] == 2
    assert built[2] != old
    assert shop.query(
        "select _line, note, unknown_fields, is_first_valid_copy"
        " from staging.base_order_placed order by _load_id, _line"
    ) == [
        (1, None, [], True),
        (2, None, [], False),
        (1, None, ["Note:string"], True),
        (2, "old", [], True),
    ]
    assert "nothing to build" in shop.headwater("run", "--dry-run").out

    # A field in a slice of each hash: one that no slice carried costs none.
    both = fields + "    tip: {type: integer, description: In cents.}\n"
    shop.contract(contract(**{**V1, "fields": both}))
    shop.sync()
    shop.land("order_placed", "c.ndjson", record(4, 80, "1.0", tip=5) + "\n")
    shop.run()
    assert slices(shop)[:2] == [kept, built]
    assert shop.query("select note, tip from staging.stg_order_placed order by event_id") == [
        (None, None),
        (None, None),
        ("old", None),
        (None, 5),
    ]

    # A breaking change is told and done, and not accepted in review until it is meant.
    broken = contract(**{**V1, "fields": both, "amount": "type: integer, maximum: 60"})
    shop.contract(broken)
    said = shop.sync().err
    assert "order_placed.v1.yml: amount.maximum tightened (major)\n" in said
    assert "the next run restates all slices\n" in said
    owed = "amount.maximum tightened breaks what version 1.0 promised its readers"
    assert f"warning: contracts/shop/order_placed.v1.yml:12: {owed}" in said
    assert owed in shop.headwater("sync", "--check", code=1).err
    shop.run()
    assert len({code for _, _, code in slices(shop)}) == 1
    shop.contract(broken.replace("version: 1.0", "version: 1.1\nbreaks: 1.0"))
    shop.sync()
    shop.headwater("sync", "--check")
