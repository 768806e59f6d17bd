"""Deliveries as they should not be: tiny, malformed, twice, changing; and two runs at once."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults import shop, zstandard
from faults.fixtures import SEED, Delivered
from faults.place import LOADED, Difference, Place, difference
from faults.shop import File
from faults.tally import Family, Tally
from warehouses import lines

from headwater.errors import ExitCode

pytestmark = pytest.mark.slow

TINY, MALFORMED = 10_000, 1_000
BUILT = ("stg_order_placed", "stg_order_listed", "fct_orders", "fct_orders in serve")


def noted(family: Family, found: Difference, what: str) -> None:
    family.found(found.lost, found.wrong, what=f"{what}: {found}")


def searched(family: Family, place: Place) -> None:
    leaks = place.leaks()
    family.found(leaked=len(leaks), what=f"leaked: {leaks}")


def malformed(number: int, text: str) -> File:
    """One of ten ways in which no record can be read."""
    content = f"{text}\n".encode()
    packed = bytearray(gzip.compress(content, mtime=0))
    packed[-6] ^= 1  # its checksum
    ways: list[tuple[str, bytes]] = [
        ("ndjson", content[: len(content) // 2]),
        ("ndjson", b"\n"),
        ("ndjson", b""),
        ("ndjson", content.replace(b"{", b"\xff{", 1)),
        ("ndjson", content.replace(b":", b":\0", 1)),
        ("ndjson", content.replace(b'"data": {', b'"data": NaN, "x": {')),
        ("ndjson.gz", bytes(packed)),
        ("ndjson.gz", gzip.compress(content)[:-5]),
        ("ndjson.zst", zstandard.frame(content)[:-2]),
        ("parquet", content),
    ]
    ending, damaged = ways[number // 10 % len(ways)]
    # So that no two are the same bytes, which would make them copies of each other.
    return File(f"order_placed/{number // 1000}/{number}.{ending}", damaged)


def tiny(texts: list[str]) -> Iterator[File]:
    """A file for each record, of which every tenth is malformed."""
    for number, text in enumerate(texts):
        if number % (TINY // MALFORMED):
            path = f"order_placed/{number // 1000}/{number}.ndjson"
            yield File(path, f"{text}\n".encode())
        else:
            yield malformed(number, text)


def test_ten_thousand_tiny_files_of_which_a_tenth_is_malformed(
    new_place: Callable[[], Place], tally: Tally
) -> None:
    family = tally.family("tiny files, a tenth malformed")
    texts = shop.orders(0, TINY, SEED)
    good = [text for number, text in enumerate(texts) if number % (TINY // MALFORMED)]
    place, other = new_place(), new_place()
    place.land(tiny(texts))
    other.land([File("order_placed/all.ndjson", lines(good).encode())])
    place.headwater("run", code=ExitCode.BRANCH_FAILED)
    other.headwater("run")
    noted(family, place.books(), "books")
    noted(family, difference(other.contents(BUILT), place.contents(BUILT)), "built")
    searched(family, place)
    family.faults += MALFORMED
    told = dict(place.query("select status, count(*) from ops.files group by all"))
    ((unparsed,),) = place.query("select count(distinct _file) from raw.unparsed")
    ((empty,),) = place.query("select count(*) from ops.files where size_bytes = 0")
    family.notes.append(f"{told}, {unparsed} with a line that is no record, {empty} empty")
    assert not family.failures
    assert told["loaded"] + told["set_aside"] + told.get("duplicate", 0) == TINY
    assert told["set_aside"] >= MALFORMED * 4 // 10
    texts_of_raw = Counter(text for (text,) in place.query("select record from raw.order_placed"))
    assert texts_of_raw == Counter(good)


def test_copies_of_files_and_records_change_nothing(
    delivered: Delivered, tmp_path: Path, tally: Tally
) -> None:
    family = tally.family("duplicates")
    place, files = delivered.place.copy(tmp_path / "place"), delivered.files
    place.headwater("load")
    # The same bytes under other names, and the same records in other bytes.
    place.land(File(f"{file.path.split('/')[0]}/copy of {n}/{file.path.rsplit('/')[-1]}",
                    file.content) for n, file in enumerate(files))  # fmt: skip
    place.headwater("load")
    noted(family, difference(delivered.only(LOADED), place.contents(LOADED)), "loaded")
    again = [file for file in files if file.path.endswith((".ndjson", ".jsonl"))]
    place.land(
        File(f"{file.path}.again.ndjson.gz", gzip.compress(file.content + file.content))
        for file in again
    )
    place.headwater("run")
    noted(family, difference(delivered.only(BUILT), place.contents(BUILT)), "built")
    noted(family, place.books(), "books")
    searched(family, place)
    family.faults += len(files) + len(again)
    assert not family.failures


def test_runs_at_once_take_turns(delivered: Delivered, tmp_path: Path, tally: Tally) -> None:
    family = tally.family("runs at once")
    place = delivered.place.copy(tmp_path / "place")
    running = [place.start("load", "--wait") for _ in range(2)]
    running += [place.start("run", "--wait") for _ in range(2)]
    # Whoever does not wait either gets its turn or is told who has it.
    impatient = [place.start("load"), place.start("run")]
    codes = [child.wait().code for child in running]
    told = [child.wait() for child in impatient]
    noted(family, difference(delivered.expected, place.contents()), "after runs at once")
    family.faults += len(running) + len(impatient)
    assert codes == [0] * len(codes)
    assert {said.code for said in told} <= {ExitCode.OK, ExitCode.LOCKED}
    assert not family.failures


WAYS = ("grown", "cut", "rewritten", "replaced", "deleted")


def changing(place: Place, how: str, when: str, *sabotage: str) -> tuple[set[bytes], bytes | None]:
    """Loads a file that changes while it is read, and again; what may be in raw, and must be."""
    path = f"order_placed/changing {how} {when}.ndjson"
    before = lines(shop.orders(0, 20, SEED + WAYS.index(how))).encode()
    # Of the same size, so that only a second look or the bytes themselves give it away.
    coming = before.replace(b'"id": "o-', b'"id": "p-')
    place.land([File(path, before)])
    file = place.landing / path
    file.with_name(f".{file.name}.next").write_bytes(coming)
    place.headwater("load", code=None, sabotage=[f"changing:{how}:{when}", *sabotage])
    place.headwater("load", code=None)
    after = file.read_bytes() if file.exists() else None
    return {before} | ({after} if after is not None else set()), after


def torn(place: Place, allowed: set[bytes], needed: bytes | None) -> Difference:
    """Files in raw that are neither what was there before nor after; and what is missing."""
    found = {
        "\n".join(texts) + "\n"
        for (texts,) in place.query(
            "select list(text order by _line) from ("
            " select _file_id, _line, record as text from raw.order_placed"
            " union all select _file_id, _line, decode(bytes) from raw.unparsed)"
            " group by _file_id"
        )
    }
    known = {content.decode() if content.endswith(b"\n") else f"{content.decode()}\n"
             for content in allowed}  # fmt: skip
    lost = needed is not None and needed.decode() not in {*found, *(f[:-1] for f in found)}
    return Difference(int(lost), len(found - known), tuple(sorted(found - known)))


@pytest.mark.parametrize("when", ["hashed", "loaded"])
def test_a_file_that_changes_while_it_is_read_is_never_torn(
    new_place: Callable[[], Place], tally: Tally, when: str
) -> None:
    family = tally.family("files changed while read")
    for how in WAYS:
        place = new_place()
        allowed, needed = changing(place, how, when)
        noted(family, torn(place, allowed, needed), f"{how} while {when}")
        noted(family, place.books(), f"{how} while {when}, books")
        family.faults += 1
    assert not family.failures


# What must be noticed -------------------------------------------------------------------------


def test_a_loader_that_does_not_look_again_is_noticed(new_place: Callable[[], Place]) -> None:
    place = new_place()
    assert torn(place, *changing(place, "rewritten", "loaded", "unaware"))


def test_a_loader_that_swallows_lines_is_noticed(new_place: Callable[[], Place]) -> None:
    place, other = new_place(), new_place()
    files = [File("order_placed/1.ndjson", lines(shop.orders(0, 9, SEED)).encode())]
    for each, sabotage in ((other, "without_site"), (place, "line_swallowed")):
        each.land(files)
        each.headwater("load", code=None, sabotage=[sabotage])
    assert difference(other.contents(LOADED), place.contents(LOADED)).lost


def test_a_loader_that_knows_no_file_again_is_noticed(new_place: Callable[[], Place]) -> None:
    place = new_place()
    content = lines(shop.orders(0, 9, SEED)).encode()
    place.land([File("order_placed/1.ndjson", content)])
    place.headwater("load")
    once = place.contents(LOADED)
    place.land([File("order_placed/2.ndjson", content)])
    place.headwater("load", sabotage=["forgetful"])
    assert difference(once, place.contents(LOADED)).wrong


def test_runs_without_a_lock_are_noticed(new_place: Callable[[], Place]) -> None:
    place = new_place()
    place.land(shop.deliveries(SEED))
    running = [place.start("load", "--wait", sabotage=["without_lock"]) for _ in range(3)]
    codes = [child.wait().code for child in running]
    assert any(codes)


def test_a_planted_word_is_found_wherever_it_leaks(new_place: Callable[[], Place]) -> None:
    place = new_place()
    place.land([File("order_placed/1.ndjson", lines(shop.orders(0, 9, SEED)).encode())])
    place.headwater("load")
    assert not place.leaks()
    with place.output.open("a") as file:
        file.write(json.dumps({"customer_id": "customer-7"}))
    assert place.leaks() == [str(place.output)]
    place.write("create table ops.leak as select {'card': 'card-9'} as row")
    assert place.leaks() == ["warehouse.ops.leak", str(place.output)]
