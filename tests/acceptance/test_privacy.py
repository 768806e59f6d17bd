"""What must not be read outside landing, raw and keys is planted everywhere, and looked for.

Three kinds of words are planted: people (in the identifier), emails (in fields that no
event contract declares, also inside of others) and notes (in a sensitive field).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import warehouses
from warehouses import Warehouse

pytestmark = pytest.mark.slow

PERSON, EMAIL, NOTE = "plantedperson", "planted.example", "plantednote"

CONTRACT = """
event: order_placed
version: 1.0
owner: team-orders
channel: "#orders"
description: A customer ordered.
retention: {raw: 4000 days, staging: 4000 days}
expose: [note]
payload:
  type: object
  required: [customer_id, amount]
  properties:
    customer_id: {type: string, pii: identifier, description: Who ordered.}
    amount: {type: integer, minimum: 0, description: "For how much, in cents."}
    reason: {enum: [gift, need], description: What for.}
    note: {type: string, maxLength: 30, pii: sensitive, description: What they wrote.}
    remark: {type: string, pii: sensitive, description: What the shop wrote.}
    card: {type: string, pii: drop, description: What they paid with.}
    device:
      type: object
      description: What it was ordered on.
      properties:
        os: {type: string, description: Operating system.}
        owner_id: {type: string, pii: identifier, description: Whose it is.}
"""

FCT_ORDERS = """
-- One row per order
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'order_date', 'data_type': 'date'},
    meta={'date': 'order_date'},
) }}

with

orders as (
    select * from {{ ref('stg_order_placed') }}
    where {{ changed_dates('cast(occurred_at as date)') }}
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
        data_tests: [unique, not_null]
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


class Planter:
    """Makes records, each planted word with a number of its own."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def person(self) -> str:
        return f"{PERSON}{next(self._numbers):03}"

    def email(self) -> str:
        return f"e{next(self._numbers):03}@{EMAIL}"

    def record(self, **changes: Any) -> str:
        """A valid record as JSON, its `data` changed."""
        number = next(self._numbers)
        data = {
            "customer_id": self.person(),
            "amount": number,
            "note": f"{NOTE}{number:03}",
            "remark": f"{NOTE}{number:03}",
            "card": self.person(),
            "email": self.email(),
            "device": {
                "os": "x",
                "owner_id": self.person(),
                "contact": {"email": self.email(), "all": [self.email(), {"to": self.email()}]},
            },
            "someone": {"customer_id": self.person(), self.email(): self.person()},
        } | changes
        return json.dumps(
            {
                "id": f"o-{number}",
                "source": "/shop",
                "type": "order_placed",
                "time": f"2026-01-31T10:{number % 60:02}:00Z",
                "receivedtime": f"2026-01-31T10:{number % 60:02}:01Z",
                "dataschemaversion": "1.0",
                "data": data,
                "user": {"email": self.email()},
            }
        )


def ndjson(plant: Planter) -> bytes:
    """Valid, invalid in each way that shows a value, and malformed in each."""
    whole = plant.record()
    valid = [plant.record() for _ in range(3)]
    valid += [whole, whole]  # a duplicate
    valid += [whole.replace('"data":', f'"data": {{"customer_id": "{plant.person()}"}}, "data":')]
    invalid = [
        plant.record(amount=-1),
        plant.record(amount=plant.person()[len(PERSON) :]),
        plant.record(amount=10**25),
        plant.record(customer_id=[plant.person()]),
        plant.record(customer_id={"id": plant.person(), "email": plant.email()}),
        plant.record(customer_id=None),
        plant.record(note=f"{NOTE} that is far longer than it may be"),
        plant.record(device=plant.person()),
        json.dumps({"data": plant.person()}),
        json.dumps(plant.person()),
        json.dumps([plant.person(), {"email": plant.email()}]),
        plant.record().replace('"1.0"', f'"{plant.person()}"'),
        plant.record().replace('"order_placed"', f'"{plant.person()}"'),
        plant.record().replace('"2026-01-31T10', f'"{plant.person()}T10'),
    ]
    malformed = [
        plant.record()[:-20],
        plant.record() + plant.record(),
        plant.record(amount=7).replace(" 7,", " NaN,"),
        plant.person(),
        f"{plant.email()},{plant.email()}",
        plant.record() + "\x00",
        "",
    ]
    text = warehouses.lines([*valid, *invalid, *malformed]).encode()
    return text + plant.record().encode() + b"\xff\n"


def mixed(plant: Planter) -> bytes:
    """Records of several types, one of them declared, and of types that are somebody's email."""
    types = ["order_placed", "of_nobody_else", plant.email(), f"{PERSON} Sk-Live/{EMAIL}", ""]
    return warehouses.lines(
        plant.record().replace('"order_placed"', json.dumps(each)) for each in types
    ).encode()


# The same event from a producer that sends CSV: its columns are the envelope's and the payload's.
FLAT = "envelope: {event_type: none, event_id: $.id, payload: $}\npayload:\n  type"
CSV_CONTRACT = CONTRACT.replace("order_placed", "order_listed").replace("payload:\n  type", FLAT)
CSV_CONTRACT = CSV_CONTRACT.split("    device:")[0]


def comma_separated(plant: Planter) -> bytes:
    # A column that is named like an email, too.
    head = f"id,time,receivedtime,customer_id,amount,note,card,email,{plant.email()}"

    def row(number: int, amount: str, tail: str = "") -> str:
        at = f"2026-01-31 11:{number:02}:00"
        planted = f"{NOTE}{number:03},{plant.person()},{plant.email()},{plant.person()}"
        return f"c-{number},{at},{at},{plant.person()},{amount},{planted}{tail}"

    rows = [
        row(1, "5"),
        row(2, "6"),
        row(3, "-6"),
        row(4, plant.person()[len(PERSON) :] + "x"),
        row(5, "9", f",{plant.email()}"),  # a cell too many
        row(6, "9", '"'),  # a quote too many
    ]
    return warehouses.lines([head, *rows]).encode()


def declare(shop: Warehouse) -> None:
    shop.contract(CONTRACT)
    shop.contract(CSV_CONTRACT)
    shop.model("marts/shop/fct_orders.sql", FCT_ORDERS)
    shop.model("marts/shop/_shop__marts.yml", FCT_ORDERS_YML)
    shop.write("tests/expectations/fct_orders.yml", SUITE)
    shop.sync()


@pytest.fixture(scope="module")
def planted(make_warehouse: Callable[[], Warehouse]) -> Warehouse:
    """Everything delivered, and every command that looks at it."""
    shop, plant = make_warehouse(), Planter()
    declare(shop)
    shop.land("order_placed", "orders.ndjson", ndjson(plant))
    shop.land("order_placed", "cut.ndjson.gz", b"\x1f\x8b\x08\x00" + plant.person().encode())
    shop.land("order_listed", "orders.csv", comma_separated(plant))
    shop.land("of_nobody", "orders.ndjson", ndjson(plant))
    shop.land("_mixed", "collected.ndjson", mixed(plant))
    shop.run(code=1)  # for the broken file
    shop.run(code=0)
    shop.headwater("docs")
    run_id = shop.query("select run_id from ops.runs order by started_at limit 1")[0][0]
    for looking in (["status"], ["status", "--format", "json"], ["status", run_id],
                    ["run", "--dry-run"], ["sync", "--check"], ["check"],
                    ["validate", "order_placed", "landing/order_placed/orders.ndjson"],
                    ["validate", "order_listed", "landing/order_listed/orders.csv"]):  # fmt: skip
        assert shop.headwater(*looking, code=None).code in (0, 1)
    return shop


def places(shop: Warehouse, word: str) -> Counter[str]:
    """Where a word is found: tables of either database, files, and what commands said."""
    found: Counter[str] = Counter()
    for name in ("warehouse", "serve", "keys"):
        with shop.reading(name) as con:
            tables = con.execute(
                "select table_schema || '.' || table_name from information_schema.tables"
            ).fetchall()
            for (table,) in tables:
                rows = f"select count(*) from {table} as each where each::varchar ilike '%{word}%'"
                found[f"{name}:{table}"] = con.execute(rows).fetchall()[0][0]
    for path in files(shop.root):
        found[str(path.relative_to(shop.root.parent)).removeprefix("shop/")] = (
            path.read_bytes().lower().count(word.encode())
        )
    for said in shop.said:
        found[f"said by {said.command}"] = said.text.lower().count(word)
    return +found


def files(root: Path) -> Iterator[Path]:
    """Every file, temporary ones included, but the warehouse's own, whose tables are looked
    through instead: in its bytes raw and staging are one."""
    for path in sorted([*root.rglob("*"), *(root.parent / "tmp").rglob("*")]):
        if path.is_file() and not path.name.startswith("warehouse.duckdb"):
            yield path


RAW = {
    "warehouse:raw.order_placed",
    "warehouse:raw.order_listed",
    "warehouse:raw.undeclared",
    "warehouse:raw.unparsed",
}
LANDING = {
    "landing/order_placed/orders.ndjson",
    "landing/order_placed/cut.ndjson.gz",
    "landing/order_listed/orders.csv",
    "landing/of_nobody/orders.ndjson",
    "landing/_mixed/collected.ndjson",
}
KEYS = {"keys:main.identifiers", "warehouse/keys.duckdb"}
# Where a sensitive field may be read: base, and staging since the contract exposes `note`.
BASE = {"warehouse:staging.base_order_placed", "warehouse:staging.base_order_listed"}
STAGING = {"warehouse:staging.stg_order_placed", "warehouse:staging.stg_order_listed"}


def test_the_delivery_holds_every_kind_of_record(planted: Warehouse) -> None:
    """Or the searches below would find nothing because nothing was there."""
    assert planted.query("select count(*) from staging.stg_order_placed") == [(5,)]
    assert planted.query("select count(*) from staging.stg_order_listed") == [(2,)]
    violations = planted.query(
        "select unnest(violations), count(*) from staging.quarantine_shop group by 1"
    )
    assert {
        "amount.minimum", "amount.type", "amount.int64", "customer_id.type", "note.maxLength",
        "device.type", "payload.type", "record.type", "envelope.schema_version",
        "envelope.event_type", "envelope.occurred_at",
    } <= {name for name, _ in violations}  # fmt: skip
    reasons = dict(planted.query("select reason, count(*) from raw.unparsed group by 1"))
    assert len(reasons) >= 4
    assert planted.query("select count(*) from marts.fct_orders") == [(5,)]
    undeclared = planted.query("select distinct event_type from ops.routed where not is_declared")
    assert sorted(undeclared) == [("(other)",), ("of_nobody",), ("of_nobody_else",)]
    assert planted.query("select unnest(unknown_fields) from staging.base_order_placed limit 1")


def test_identifiers_are_found_in_landing_raw_and_keys_only(planted: Warehouse) -> None:
    assert set(places(planted, PERSON)) == LANDING | RAW | KEYS


def test_undeclared_emails_are_found_in_landing_and_raw_only(planted: Warehouse) -> None:
    assert set(places(planted, EMAIL)) == (LANDING - {"landing/order_placed/cut.ndjson.gz"}) | RAW


def test_a_sensitive_field_is_found_in_base_and_in_staging_that_exposes_it(
    planted: Warehouse,
) -> None:
    found = set(places(planted, NOTE))
    assert found == (LANDING - {"landing/order_placed/cut.ndjson.gz"}) | RAW | BASE | STAGING
    columns = "select column_name from information_schema.columns where table_name = "
    exposed = {name for (name,) in planted.query(f"{columns}'stg_order_placed'")}
    assert "note" in exposed
    assert not exposed & {"remark", "card", "email"}


def test_a_dropped_field_is_no_column_anywhere_but_in_raw(planted: Warehouse) -> None:
    assert planted.query(
        "select count(*) from information_schema.columns where column_name = 'card'"
    ) == [(0,)]


# Models, tests and expectations that fail on a value of a person.
FCT_CAST = """
-- One row per order, with a number that no note is
with final as (
    select event_id, cast(note as bigint) as note_number
    from {{ ref('stg_order_placed') }}
)

select * from final
"""
FCT_RAW = """
-- One row per order, with a number that no customer is
with final as (
    select cast(json_extract_string(record, '$.data.customer_id') as bigint) as customer_number
    from {{ source('raw', 'order_placed') }}
)

select * from final
"""
# What an engine says without quotation marks around it, and over several lines.
FCT_RAISED = """
-- One row per order, unless
with final as (
    select error(concat('of ', json_extract_string(record, '$.data.customer_id'), chr(10),
        json_extract_string(record, '$.data.email'))) as raised
    from {{ source('raw', 'order_placed') }}
)

select * from final
"""
# A quotation mark in the value must not end what is taken for quoted.
FCT_QUOTED = """
-- One row per order, with a date that no customer is
with final as (
    select cast(concat('it''s "', json_extract_string(record, '$.data.customer_id')) as date) as day
    from {{ source('raw', 'order_placed') }}
)

select * from final
"""
FCT_NOTES = """
-- One row per order with a note
with final as (
    select event_id, note from {{ ref('stg_order_placed') }}
)

select * from final
"""
FAILING_YML = """
models:
  - name: fct_notes
    description: Notes.
    config: {meta: {owner: team-notes, channel: "#notes"}}
    columns:
      - {name: event_id, description: The order.}
      - name: note
        description: What they wrote.
        config: {meta: {pii: sensitive}}
        data_tests:
          - accepted_values: {arguments: {values: [nothing]}}
"""
FAILING_SUITE = """
model: fct_notes
expectations:
  - expect_column_values_to_be_in_set: {column: note, value_set: [nothing]}
    severity: critical
    description: Fails.
  - expect_column_max_to_be_between: {column: note, max_value: a}
    severity: critical
    description: Fails.
  - expect_column_distinct_values_to_be_in_set: {column: note, value_set: [nothing]}
    severity: warning
    description: Fails.
  - unexpected_rows_expectation: {unexpected_rows_query: "select note from {batch}"}
    severity: critical
    description: Fails.
  - unexpected_rows_expectation: {unexpected_rows_query: "select cast(note as bigint) from {batch}"}
    severity: critical
    description: Raises.
"""
FAILING = {
    "fct_cast": FCT_CAST,
    "fct_raw": FCT_RAW,
    "fct_raised": FCT_RAISED,
    "fct_quoted": FCT_QUOTED,
}


@pytest.fixture(scope="module")
def failing(planted: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The same, with models, tests and expectations that fail on what was planted."""
    shop = warehouses.copied(planted, tmp_path_factory.mktemp("failing"))
    for name, sql in {**FAILING, "fct_notes": FCT_NOTES}.items():
        shop.model(f"marts/shop/{name}.sql", sql)
    shop.model("marts/shop/_failing.yml", FAILING_YML)
    shop.write("tests/expectations/fct_notes.yml", FAILING_SUITE)
    shop.run(code=1)
    shop.headwater("docs")
    run_id = shop.query("select run_id from ops.runs order by started_at desc limit 1")[0][0]
    for looking in (["status"], ["status", "--format", "json"], ["status", run_id]):
        shop.headwater(*looking)
    return shop


def test_each_failure_is_said_by_its_name_and_kind(failing: Warehouse) -> None:
    said = failing.said[0].text
    for name in FAILING:
        assert f"failed: {name}: " in said
    assert "Conversion Error" in said
    assert "expect_column_values_to_be_in_set" in said
    assert "accepted_values" in said
    nodes = dict(failing.query("select split_part(node, '.', 3), message from ops.run_nodes"))
    assert "Conversion Error" in nodes["fct_cast"]


def test_no_failure_quotes_the_value_it_stumbled_on(failing: Warehouse) -> None:
    assert set(places(failing, PERSON)) == LANDING | RAW | KEYS
    assert set(places(failing, EMAIL)) == (LANDING - {"landing/order_placed/cut.ndjson.gz"}) | RAW
    # The mart shows the field itself, and was never published: its checks failed.
    found = set(places(failing, NOTE)) - LANDING - RAW - BASE - STAGING
    assert found == {"warehouse:marts.fct_notes"}


def test_the_search_finds_what_a_careless_log_would_hold(
    failing: Warehouse, tmp_path: Path
) -> None:
    shop = warehouses.copied(failing, tmp_path)
    shop.write("logs/dbt.log", f"could not convert string '{PERSON.upper()}001'")
    shop.write("target/site/page.html", f"<td>e001@{EMAIL}</td>")
    assert places(shop, PERSON)["logs/dbt.log"] == 1
    assert places(shop, EMAIL)["target/site/page.html"] == 1
