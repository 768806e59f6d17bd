"""Generated models, mended to and fro while records arrive, end as a fresh build would.

tests/acceptance/test_strategies.py holds the strategies against a computation of its own,
on models written for it; here the models are what `headwater sync` generates.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from strategies.process import Dbt
from warehouses import Warehouse

from headwater import contracts, sync, warehouse
from headwater import project as projects
from headwater.load import load

pytestmark = pytest.mark.slow

STEPS = 8
FIRST_DAY = dt.datetime(2026, 1, 1)
CONTRACT: dict[str, Any] = yaml.safe_load(
    """
    event: order_placed
    version: 1.0
    owner: shop
    channel: "#shop"
    description: Somebody ordered something.
    tier: normal
    retention: {raw: 30 days, staging: 400 days}
    dedup_lookback: 3 days
    max_lateness: none
    payload:
      type: object
      required: [buyer, amount]
      properties:
        buyer: {type: string, pii: identifier, description: Account that ordered.}
        amount: {type: integer, minimum: 0, description: Price in cents.}
        tags: {type: array, items: {type: string}, description: Words on the order.}
        device:
          type: object
          description: What it was ordered with.
          properties:
            os: {type: string, description: Operating system.}
    """
)


def contract(**changes: Any) -> dict[str, Any]:
    """The contract with header keys and properties changed; None removes one, or its keyword."""
    made: dict[str, Any] = json.loads(json.dumps(CONTRACT))
    for name, value in changes.items():
        if name in made:
            made[name] = value
        elif value is None:
            del made["payload"]["properties"][name]
        else:
            merged = {**made["payload"]["properties"].get(name, {}), **value}
            kept = {word: rule for word, rule in merged.items() if rule is not None}
            made["payload"]["properties"][name] = kept
    return made


CONTRACTS = (
    contract(),
    contract(amount={"minimum": 40}),
    contract(amount={"type": "number"}),
    contract(amount={"type": "string", "minimum": None}),
    contract(coupon={"type": "string", "description": "What was typed to pay less."}),
    contract(tags=None),
    contract(device={"additionalProperties": False}),
    contract(buyer={"pii": "none"}),
    contract(dedup_lookback="1 day"),
)


def record(dice: random.Random) -> dict[str, Any]:
    """A record that is valid under some of the contracts, or all, or none."""
    received = FIRST_DAY + dt.timedelta(hours=dice.randrange(24 * 8))
    occurred = received - dt.timedelta(hours=dice.choice((0, 1, 30)))
    data = {
        "buyer": dice.choice(("ann", "bob", "cy", None, "dee")),
        "amount": dice.choice((10, 50, 50, 60, 70.5, "80")),
        "tags": dice.choice(([], ["new"], ["new", "gift"], "gift")),
        "device": dice.choice(({}, {"os": "a"}, {"os": "a", "colour": "red"})),
        "coupon": dice.choice(("x", 1)),
    }
    return {
        "specversion": "1.0",
        "type": "order_placed",
        "source": "shop",
        "id": f"o{dice.randrange(60)}",
        "time": f"{occurred.isoformat()}Z",
        "receivedtime": f"{received.isoformat()}Z",
        "dataschemaversion": "1.0",
        "data": {key: value for key, value in data.items() if dice.random() < 0.9},
    }


class Place:
    """A warehouse made by init, its loads and syncs in this process, dbt in another."""

    def __init__(self, root: Path, dbt: Dbt) -> None:
        self.project = projects.find(root)
        self.dbt = dbt

    def mend(self, declared: dict[str, Any]) -> None:
        path = self.project.root / "contracts" / "shop" / "order_placed.v1.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(declared, sort_keys=False), encoding="utf-8")
        assert sync.sync(self.project.root).diagnostics == ()

    def deliver(self, name: str, records: list[dict[str, Any]]) -> None:
        file = self.project.landing / "order_placed" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{json.dumps(each)}\n" for each in records), encoding="utf-8")

    def load(self) -> None:
        connection = warehouse.connect(self.project)
        try:
            load(self.project, contracts.read_each(self.project.root)[0], connection)
        finally:
            connection.close()

    def build(self) -> None:
        done = self.dbt.run(self.project.root, "build")
        assert done.success, done.output

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        connection = warehouse.connect(self.project)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def columns(self, table: str) -> str:
        return ", ".join(f'"{name}"' for name, *_ in self.execute(f"describe {table}"))

    def rebuilt(self, root: Path) -> Place:
        """What a build from raw alone gives, with the same keys."""
        shutil.copytree(self.project.root, root, symlinks=True)
        fresh = Place(root, self.dbt)
        fresh.execute("drop schema staging cascade")
        for name in ("built", "changed_dates", "hours", "violations"):
            fresh.execute(f"delete from ops.{name}")
        fresh.build()
        return fresh


@pytest.fixture
def place(shop: Warehouse) -> Iterator[Place]:
    dbt = Dbt("warehouse")
    yield Place(shop.root, dbt)
    dbt.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_mending_to_and_fro_ends_as_a_fresh_build(place: Place, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    place.mend(CONTRACTS[0])
    for step, mended in enumerate(dice.sample(CONTRACTS, STEPS)):
        if step:
            place.mend(mended)
        if dice.random() < 0.7:
            place.deliver(f"{step}.ndjson", [record(dice) for _ in range(60)])
        place.load()
        if dice.random() < 0.8:
            place.build()
    place.build()
    fresh = place.rebuilt(tmp_path / "fresh")
    assert place.execute("select count(*) from staging.stg_order_placed")[0][0] > 10
    for table in (
        "staging.base_order_placed",
        "staging.stg_order_placed",
        "staging.quarantine_shop",
        "ops.hours",
        "ops.violations",
    ):
        # A field that is no longer declared stays a column of base, and empty.
        # A warehouse made at once revised nothing.
        columns = fresh.columns(table).replace(', "counted_at"', "").replace(', "revisions"', "")
        wanted = fresh.execute(f"select {columns} from {table} order by all")
        assert place.execute(f"select {columns} from {table} order by all") == wanted, table
