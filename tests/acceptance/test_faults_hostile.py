"""Names and values made to break what reads them: in paths, payloads and contracts."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import warehouses
import yaml
from faults import shop
from faults.fixtures import SEED
from faults.forks import Host
from faults.place import Place
from faults.shop import File
from faults.tally import Tally
from warehouses import Warehouse, lines

from headwater.errors import ExitCode

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


# Names of fields and of event types, and why an event contract with one is refused; none: it is
# a name like any other.
FIELDS = {
    "select": "", "Group": "", "row": "",
    "order by": "cannot be a column", 'a"b': "cannot be a column", "a'b": "cannot be a column",
    "{{ x }}": "cannot be a column", "--": "cannot be a column", "/* */": "cannot be a column",
    "naïve": "cannot be a column", "1st": "cannot be a column", "": "cannot be a column",
    "a.b": "cannot be a column", "a[0]": "cannot be a column", "$": "cannot be a column",
    "x" * 300: "longer than 128 characters", "_file": "starts with _",
    "event_id": "every event has", "received_at": "every event has", "is_valid": "every event has",
}  # fmt: skip
EVENTS = {
    "con": "", "raw": "", "files": "",
    "select": "an SQL word", "unparsed": "raw has such a table", "undeclared": "raw has such",
    **dict.fromkeys(
        ("drop table", "a'b", 'a"b', "Ünï", "{{ x }}", "order-placed", "9lives", "a" * 150, "x; y"),
        "is not a name",
    ),
}  # fmt: skip


def contract(event: str, field: str) -> str:
    said = yaml.safe_load(shop.CONTRACT)
    said["event"] = event
    said["payload"]["properties"][field] = {"type": "string", "description": "Whatever."}
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False)


def test_hostile_names_in_contracts_are_refused_for_what_they_are_or_only_text(
    host: Host, project_of_faults: Path, tmp_path: Path, tally: Tally
) -> None:
    family = tally.family("hostile names in event contracts")
    own = warehouses.copied(Warehouse(project_of_faults), tmp_path / "project")
    place = Place(host, own.root, tmp_path / "place")
    wanted = {event: (event, "plain", why) for event, why in EVENTS.items()}
    for number, (name, why) in enumerate(FIELDS.items()):
        wanted[f"hostile_{number}"] = (f"hostile_{number}", name, why)
    for event, name, _ in wanted.values():
        own.write(f"contracts/shop/{event}.v1.yml", contract(event, name))
    said = place.headwater("sync", code=ExitCode.BAD_INPUT).text.splitlines()
    assert "Traceback" not in said
    taken = {}
    for event, name, why in wanted.values():
        path = f"contracts/shop/{event}.v1.yml"
        reasons = [line for line in said if line.startswith(f"{path}:") and " is new" not in line]
        family.faults += 1
        if why:
            is_right = any(why in line for line in reasons)
            (own.root / path).unlink()
        else:
            is_right = not reasons
            taken[event] = name
        family.found(wrong=not is_right, what=f"{event}, {name}: {reasons}")
    assert not family.failures
    for event, name in taken.items():
        record = shop.order(1, random.Random(1), amount=1, **{name: "value"})
        record = record.replace('"order_placed"', f'"{event}"')
        place.land([File(f"{event}/1.ndjson", f"{record}\n".encode())])
    place.headwater("run")
    for event, name in taken.items():
        found = place.query(f'from staging."stg_{event}"')
        there = [row for row in found if row.count("value") == 1]
        family.found(lost=not len(found) == len(there) == 1, what=f"{event}, {name}: {found}")
    assert not family.failures
    assert {"con", "hostile_0"} <= taken.keys()
