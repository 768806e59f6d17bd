"""Names and values made to break what reads them: in paths and payloads."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest
from faults import shop
from faults.fixtures import SEED
from faults.place import Place
from faults.shop import File
from faults.tally import Tally
from warehouses import lines

pytestmark = pytest.mark.slow

WORDS = (
    "'; drop table raw.order_placed; --",
    '"quoted" and ""twice""',
    "{{ 1 / 0 }}{% raw %}{# #}",
    "$(touch broken) `touch broken` ${HOME}",
    "two\nlines\r\nand\ta tab",
    "naïve ☂ \u202eright to left\u202c \U0001f600",
    "-rf --help",
    "*?[a-z]{1,2}",
    "%s %d {0} {name} \\1 \\n",
    "\\back\\slash\\",
    "a" * 190,
    " spaces around ",
    "hour=99",
    "date=2026-99-99",
    "\x7f\x1b[31mred",
    "null",
    "../../etc/passwd",
    "<script>alert(1)</script>",
)
# What begins with a dot is not there yet.
FILES = tuple(f"order_placed/{word.replace('/', '-').lstrip('.')}.ndjson" for word in WORDS)
# A path on Linux is bytes.
FILES += (os.fsdecode(b"order_placed/\xff\xfe.ndjson"), "order_placed/hour=25/deep/../x.ndjson")


def valid(number: int, word: str) -> str:
    return shop.order(
        number, random.Random(number), amount=1, note=word, customer_id=f"customer-1{word}"
    )


def strange() -> list[str]:
    """Records that are JSON, and ask for trouble."""
    dice = random.Random(SEED)
    plain = shop.order(90, dice, amount=1)
    deep = "[" * 900 + "]" * 900
    return [
        shop.order(91, dice, amount=10**30),
        shop.order(92, dice, amount="1; select 1"),
        shop.order(93, dice, customer_id={"in": ["customer-2"]}),
        plain.replace('"amount": 1', '"amount": 1, "amount": -1'),
        plain.replace('"amount": 1', '"amount": 1e400'),
        plain.replace('"amount": 1', f'"amount": 1, "deep": {deep}'),
        shop.order(94, dice, amount=-1, **dict.fromkeys(WORDS, "card-9")),
        shop.order(95, dice, amount=-1, **{"": 1, "__proto__": {}, "a.b[0]": 2, "x" * 5000: 3}),
        '{"id": {"id": []}, "source": null, "type": "order_placed", "data": []}',
        "[]",
        '"card-9"',
        "{}",
    ]


def test_hostile_paths_and_payloads_are_only_text(
    new_place: Callable[[], Place], tally: Tally
) -> None:
    family = tally.family("hostile paths and payloads")
    place = new_place()
    texts = [valid(number, WORDS[number % len(WORDS)]) for number in range(len(FILES))]
    place.land(File(path, f"{text}\n".encode()) for path, text in zip(FILES, texts, strict=True))
    place.land([File("order_placed/strange.ndjson", lines(strange()).encode())])
    said = place.headwater("run", code=None)
    assert "Traceback" not in said.text, said.text
    notes = {note for (note,) in place.query("select note from staging.stg_order_placed")}
    people = {
        person
        for (person,) in place.query(
            "select value from staging.stg_order_placed inner join keys.identifiers"
            " on pseudonym = customer_id"
        )
    }
    ((records,),) = place.query(
        "select (select count(*) from raw.order_placed) + (select count(*) from raw.unparsed)"
    )
    leaks = place.leaks()
    wanted = {WORDS[number % len(WORDS)] for number in range(len(FILES))}
    missing = wanted - notes | {word for word in wanted if f"customer-1{word}" not in people}
    family.faults += len(FILES) + len(strange())
    family.found(lost=len(missing), what=f"{missing}")
    family.found(lost=abs(len(FILES) + len(strange()) - records), what=f"{records} records")
    family.found(leaked=len(leaks), what=f"{leaks}")
    assert not family.failures
    assert not list(place.root.rglob("broken"))
    served = place.query("select count(*) from serve.marts.fct_orders")
    assert served == place.query("select count(*) from staging.stg_order_placed")
