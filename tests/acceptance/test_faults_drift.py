"""An event contract that changes in the middle of a stream, and is synced only later."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import warehouses
from faults import shop
from faults.fixtures import Delivered
from faults.forks import Host
from faults.place import CONTENTS, Place, difference
from faults.shop import File
from faults.tally import Tally
from warehouses import Warehouse, lines

from headwater.errors import ExitCode

pytestmark = pytest.mark.slow

# A producer sends a field before it declares it, and an amount that becomes a valid one.
DRIFTED = (
    shop.CONTRACT.replace("version: 1.0", "version: 1.1").replace("minimum: 0", "minimum: -1")
    + "    coupon: {type: string, description: What made it cheaper.}\n"
)

# A table that gained a column has it last, so of base what it says is compared by name.
TABLES = tuple(name for name in CONTENTS if name != "base_order_placed")
VERDICTS = """
    select
        _file_id, _line, is_valid, is_first_valid_copy, violations, unknown_fields,
        _contract_hash, amount, coalesce(coupon, '')
    from staging.base_order_placed
"""


def with_coupons(first: int) -> bytes:
    texts = []
    for number in range(first, first + 40):
        dice = random.Random(number)
        cheap = {"amount": -1} if number % 10 == 0 else {}
        record = json.loads(shop.order(number, dice, coupon=f"c-{number % 3}", **cheap))
        texts.append(json.dumps(record | {"dataschemaversion": dice.choice(["1.0", "1.1"])}))
    return lines(texts).encode()


def test_a_contract_that_changes_between_loads_gives_what_one_load_would(
    host: Host, project_of_faults: Path, delivered: Delivered, tmp_path: Path, tally: Tally
) -> None:
    family = tally.family("schema drift mid-stream")
    early = File("order_placed/early.ndjson", with_coupons(50_000))
    late = File("order_placed/late.ndjson", with_coupons(60_000))
    place = delivered.place.copy(tmp_path / "place")
    place.land([early])
    place.headwater("run")

    own = warehouses.copied(Warehouse(project_of_faults), tmp_path / "project")
    own.contract(DRIFTED)
    place = Place(host, own.root, place.folder)
    place.land([late])
    said = place.headwater("run", code=ExitCode.BRANCH_FAILED)
    assert "headwater sync" in said.text
    drifted = place.contents(TABLES)
    place.headwater("sync")
    place.headwater("run")

    other = Place(host, own.root, tmp_path / "other")
    other.land([*delivered.files, early, late])
    other.headwater("run")
    wanted = other.contents(TABLES)
    assert difference(wanted, drifted)
    found = difference(wanted, place.contents(TABLES))
    assert sorted(place.query(VERDICTS)) == sorted(other.query(VERDICTS))
    leaks = place.leaks()
    family.found(found.lost, found.wrong, len(leaks), f"{found}, {leaks}")
    family.faults += 3  # the field, the rule, and the load between edit and sync
    assert not family.failures
    coupons = place.query("select count(coupon) from staging.stg_order_placed where amount = -1")
    assert coupons == [(8,)]
