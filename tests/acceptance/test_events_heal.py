"""What one event type's contract does to its own rows, now and later, and to nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest
import warehouses
from warehouses import Warehouse

FCT_ORDERS = """
-- One row per order
{{ config(
    materialized='incremental',
    incremental_strategy='dates',
    on_schema_change='fail',
    partition_by={'field': 'order_date', 'data_type': 'date'},
    meta={'date': 'order_date', 'owner': 'team-marts', 'channel': '#marts'},
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
        amount
    from orders
)

select * from final
"""
FCT_BROKEN = """
-- One row per order, of a column that is not there
with final as (
    select amounts from {{ ref('stg_order_placed') }}
)

select * from final
"""


def contract(event: str = "order_placed", maximum: int = 100, **header: str) -> str:
    """An event with an amount; its team and channel are called like it."""
    lines = {
        "event": event,
        "version": "1.0",
        "owner": f"team-{event}",
        "channel": f'"#{event}"',
        "description": "Something was paid.",
        "retention": "{raw: 4000 days, staging: 4000 days}",
    } | header
    return warehouses.lines(f"{key}: {value}" for key, value in lines.items()) + (
        "payload:\n"
        "  type: object\n"
        "  required: [amount]\n"
        "  properties:\n"
        f"    amount: {{type: integer, maximum: {maximum}, description: In cents.}}\n"
    )


def record(number: int, amount: Any, *, minute: int = 0, event: str = "order_placed") -> str:
    at = f"2026-01-31T10:{minute:02}:00Z"
    return json.dumps(
        {
            "id": str(number),
            "source": "/shop",
            "type": event,
            "time": at,
            "receivedtime": at,
            "dataschemaversion": "1.0",
            "data": {"amount": amount},
        }
    )


def staged(shop: Warehouse, event: str = "order_placed") -> list[tuple[str, int]]:
    """(id, amount) of the staging rows, by id."""
    return shop.query(
        f"select split_part(event_id, '|', 2), amount from staging.stg_{event} order by all"
    )


@pytest.mark.slow
def test_an_event_first_invalid_then_valid_is_one_row_and_a_mended_contract_keeps_the_first(
    shop: Warehouse,
) -> None:
    shop.contract(contract(maximum=100))
    shop.model("marts/shop/fct_orders.sql", FCT_ORDERS)
    shop.sync()
    sent = [
        record(1, 500, minute=1),  # too much, and sent again as it should be
        record(1, 50, minute=2),
        record(2, 20, minute=3),
        record(3, 700, minute=4),  # too much, and never sent again
    ]
    shop.land("order_placed", "a.ndjson", warehouses.lines(sent))
    said = shop.run().out
    assert "quarantined  2 of 4 rows, mostly amount.maximum (2)\n" in said
    before = [("1", 50), ("2", 20)]
    assert staged(shop) == before
    assert marts(shop) == before

    mend(shop, 1000)
    said = shop.run().out
    assert (
        "quarantined  0 of 4 rows; order_placed: 2 rows left quarantine, staging has 1 more\n"
        in said
    )
    mended = [("1", 500), ("2", 20), ("3", 700)]
    assert staged(shop) == mended
    assert marts(shop) == mended
    assert shop.query(
        "select amount, is_first_valid_copy from staging.base_order_placed"
        " where event_id like '%|1' order by received_at"
    ) == [(500, True), (50, False)]

    mend(shop, 100)  # and back
    said = shop.run().out
    assert "quarantined  2 of 4 rows, mostly amount.maximum (2)\n" in said
    assert staged(shop) == before
    assert marts(shop) == before
    assert shop.run().out.count("nothing: everything is up to date") == 1


def mend(shop: Warehouse, maximum: int) -> None:
    shop.contract(contract(maximum=maximum))
    shop.sync()


def marts(shop: Warehouse) -> list[tuple[str, int]]:
    return shop.query(
        "select split_part(order_id, '|', 2), amount from marts.fct_orders order by all"
    )


# A file name and event values that would be SQL or Jinja if they were ever pasted into any.
HOSTILE_FILE = "x'; drop table y.v1.yml"
HOSTILE_EVENTS = (
    '''"x'; drop table y"''',
    """'x"; drop table y --'""",
    '''"{{ run_query('drop table y') }}"''',
    '"../../order_placed"',
    '"order_placed; drop schema raw cascade"',
)


@pytest.mark.slow
def test_a_broken_drifting_or_unknown_event_type_fails_its_own_branch_only(
    shop: Warehouse,
) -> None:
    events = ("order_placed", "broken", "drifting")
    for event in events:
        shop.contract(contract(event))
        shop.land(event, "a.ndjson", record(1, 50, event=event) + "\n")
    shop.model("marts/shop/fct_orders.sql", FCT_ORDERS)
    shop.model("marts/shop/fct_broken.sql", FCT_BROKEN)
    shop.model(
        "marts/shop/_marts.yml",
        'models: [{name: fct_broken, config: {meta: {owner: team-b, channel: "#b"}}}]\n',
    )
    shop.land("unknown", "a.ndjson", record(1, 50, event="unknown") + "\n")
    shop.land(HOSTILE_FILE.removesuffix(".v1.yml"), "a.ndjson", record(1, 50) + "\n")
    shop.sync()
    shop.contract(contract("broken").replace("maximum", "maxinum"))
    shop.contract(contract("drifting", maximum=1000))
    shop.write(f"contracts/shop/{HOSTILE_FILE}", contract())
    said = shop.run(code=1)

    assert staged(shop) == marts(shop) == [("1", 50)]
    # Each with place, hint, and whom to ask.
    for line in (
        "contracts/shop/broken.v1.yml:11: field amount: unknown keyword 'maxinum'\n"
        "  hint: did you mean maximum?",
        "failed: broken: left out until its event contract is mended [team-broken #broken]",
        "models/staging/shop/base_drifting.sql: differs from its event contract\n"
        "  hint: run: headwater sync",
        "failed: drifting: left out until its models are what headwater sync writes"
        " [team-drifting #drifting]",
        f"contracts/shop/{HOSTILE_FILE}: the event in the file name is not a name",
        "waiting: 1 file in broken/, until its event contract is mended",
        "undeclared: 1 record of unknown in raw.undeclared\n"
        "  hint: declare it, and they load: headwater new unknown --from undeclared"
        "; files of many event types go to landing/_mixed/",
        "1 file in x'; drop table y/ not loaded: no event can have that name",
    ):
        assert f"{line}\n" in said.err
    failed = next(line for line in said.err.splitlines() if line.startswith("failed: fct_broken"))
    assert failed.endswith("[team-b #b]")
    assert '"amounts" not found' in failed
    # The quarantine of the domain reads the two that are left out, so it waits for them.
    assert "built        3 models, 1 failed\n" in said.out
    looked = shop.headwater("status").out
    assert "failed       broken: left out until its event contract is mended" in looked
    assert "failed       drifting: left out until its models are" in looked
    assert "undeclared   unknown: 1 record of 1 file in raw.undeclared since " in looked

    # Nothing that waited is lost: mended, the next run takes it.
    for event in ("broken", "drifting", "unknown"):
        shop.contract(contract(event))
    (shop.root / "contracts" / "shop" / HOSTILE_FILE).unlink()
    (shop.root / "models" / "marts" / "shop" / "fct_broken.sql").unlink()
    (shop.root / "models" / "marts" / "shop" / "_marts.yml").unlink()
    shop.sync()
    shop.run()
    for event in (*events, "unknown"):
        assert staged(shop, event) == [("1", 50)]


def test_drift_is_named_by_sync_check_and_healed_by_sync(shop: Warehouse) -> None:
    shop.contract(contract())
    said = shop.headwater("sync", "--check", code=1)
    assert "models/staging/shop/base_order_placed.sql: differs from its event contract" in said.err
    shop.sync()
    shop.headwater("sync", "--check")


@pytest.mark.parametrize("event", HOSTILE_EVENTS)
def test_a_hostile_event_name_is_refused_and_nothing_is_generated_for_it(
    shop: Warehouse, event: str
) -> None:
    shop.contract(contract())
    shop.write("contracts/shop/evil.v1.yml", contract(event, owner="t", channel='"#t"'))
    said = shop.sync(code=2)
    assert "contracts/shop/evil.v1.yml:1: " in said.err
    assert "Traceback" not in said.err
    # The good one goes on, and only it.
    made = {path.name for path in (shop.root / "models" / "staging").rglob("*.sql")}
    assert made == {"base_order_placed.sql", "stg_order_placed.sql", "quarantine_shop.sql"}


@pytest.mark.parametrize(
    "path",
    [
        f"contracts/shop/{HOSTILE_FILE}",
        "contracts/x'; drop table y/order_paid.v1.yml",
        "contracts/shop/{{ run_query('drop table y') }}.v1.yml",
        "contracts/shop/order_paid.v1'.yml",
        "contracts/shop/order paid.v1.yml",
    ],
)
def test_a_hostile_path_is_refused_by_name(shop: Warehouse, path: str) -> None:
    shop.contract(contract())
    shop.write(path, contract("order_paid"))
    said = shop.sync(code=2)
    assert f"{path}: " in said.err
    assert "  hint: " in said.err
    assert "Traceback" not in said.err
    made = {file.name for file in (shop.root / "models" / "staging").rglob("*.sql")}
    assert made == {"base_order_placed.sql", "stg_order_placed.sql", "quarantine_shop.sql"}
