"""Bits that flip and files that end too soon: noticed, or of no effect; never silently wrong.

All damaged files of a kind come in one load, among whole ones, and must not hold those up.
Afterwards what producers send again makes the warehouse what it would have been.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from faults import shop, zstandard
from faults.place import Difference, Place, difference
from faults.shop import File
from faults.tally import Family, Tally
from warehouses import lines

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("HEADWATER_FLIP_SEED", "20260131"))
FLIPS = 200


@dataclass(frozen=True)
class Kind:
    """A whole file of one format; `parts` names the places that differ in it, by offset."""

    name: str
    ending: str
    content: bytes
    parts: Mapping[str, Iterable[int]]
    folder: str = "order_placed"

    def file(self, name: str, content: bytes | None = None) -> File:
        whole = self.content if content is None else content
        return File(f"{self.folder}/{name}.{self.ending}", whole)


def texts(first: int, count: int = 60) -> bytes:
    return lines(shop.orders(first, count, SEED)).encode()


def kinds() -> list[Kind]:
    return [gzip_kind(), zstd_kind(), parquet_kind()]


def gzip_kind() -> Kind:
    """Two members; the first has a header with a name, an extra field and a comment."""
    first, second = texts(0), gzip.compress(texts(100), mtime=0)
    plain = gzip.compress(first, mtime=0)
    head = b"\x1f\x8b\x08\x1c" + plain[4:10] + b"\x04\0ab\0\0" + b"name.ndjson\0" + b"comment\0"
    member = head + plain[10:]
    end, total = len(member), len(member) + len(second)
    return Kind(
        "gzip",
        "ndjson.gz",
        member + second,
        {
            "header": range(1, len(head)),
            "block": range(len(head), end - 8, (end - len(head)) // 8),
            "checksum": range(end - 8, end - 4),
            "length": range(end - 4, end),
            "between members": [end],
            "second header": range(end + 1, end + 10),
            "second block": range(end + 10, total - 8, (total - end) // 8),
            "second trailer": range(total - 8, total),
        },
    )


def zstd_kind(*, is_checked: bool = True) -> Kind:
    """Two frames with checksums, and between them one that decoders skip."""
    first, second = (zstandard.frame(texts(n), is_checked=is_checked) for n in (0, 100))
    skipped = b"\x50\x2a\x4d\x18\x08\0\0\0whatever"
    end, total = len(first), len(first + skipped + second)
    return Kind(
        "zstd",
        "ndjson.zst",
        first + skipped + second,
        {
            "magic": range(1, 4),
            "header": range(4, 8),
            "block": range(8, end - 4, end // 8),
            "checksum": range(end - 4, end),
            "between frames": [end, end + len(skipped)],
            "skipped": range(end + 1, end + len(skipped)),
            "second block": range(end + len(skipped) + 8, total - 4, end // 8),
            "second checksum": range(total - 4, total),
        },
    )


def parquet_kind(*, compression: str = "zstd") -> Kind:
    """Three row groups, their pages with checksums; a nested column among others."""
    rows = [json.loads(text) for text in shop.orders(0, 60, SEED)]
    made = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist(rows), made, row_group_size=20, write_page_checksum=True,
        compression=compression,
    )  # fmt: skip
    content = made.getvalue()
    total = len(content)
    footer = total - 8 - int.from_bytes(content[-8:-4], "little")
    return Kind(
        "Parquet",
        "parquet",
        content,
        {
            "magic": range(1, 4),
            "pages": range(4, footer, footer // 40),
            "footer": range(footer, total - 8, (total - footer) // 60),
            "footer's length": range(total - 8, total - 4),
            "last magic": range(total - 4, total),
        },
    )


def flipped(kind: Kind) -> Iterator[File]:
    """A bit in every named place, the others anywhere."""
    dice = random.Random(f"{SEED} {kind.name}")
    offsets = [offset for part in kind.parts.values() for offset in part]
    offsets = dice.sample(offsets, min(len(offsets), FLIPS // 2))
    offsets += dice.choices(range(len(kind.content)), k=FLIPS - len(offsets))
    for number, offset in enumerate(offsets):
        damaged = bytearray(kind.content)
        damaged[offset] ^= 1 << dice.randrange(8)
        yield kind.file(f"flip {number}", bytes(damaged))


@dataclass(frozen=True)
class Verdict:
    """What became of the damaged files: `aside` with a reason, or loaded with equal rows."""

    aside: frozenset[str]
    equal: frozenset[str]
    fewer: frozenset[str]  # loaded with only the first of the rows
    wrong: frozenset[str]  # loaded with other rows
    lost: frozenset[str]  # neither


def judged(place: Place, files: Iterable[File], whole: str) -> Verdict:
    """The damaged files against the whole one, which was loaded from the path `whole`."""
    rows = dict(
        place.query(
            "select _file, list(record order by _line) from ("
            " select _file, record, _line from raw.order_placed"
            " union all select _file, record, _line from raw.order_listed) group by _file"
        )
    )
    status = dict(place.query("select path, status from ops.files where reason is null"))
    reasons = dict(place.query("select path, reason from ops.files where status = 'set_aside'"))
    unparsed = dict(place.query("select _file, count(*) from raw.unparsed group by _file"))
    found: dict[str, set[str]] = {
        word: set() for word in ("aside", "equal", "fewer", "wrong", "lost")
    }
    for file in files:
        mine = rows.get(file.path, [])
        if reasons.get(file.path):
            word = "wrong" if mine else "aside"
        elif status.get(file.path) != "loaded":
            word = "lost"
        elif mine == rows[whole] and not unparsed.get(file.path):
            word = "equal"
        else:
            word = "fewer" if mine == rows[whole][: len(mine)] else "wrong"
        found[word].add(file.path)
    return Verdict(**{word: frozenset(paths) for word, paths in found.items()})


def counted(family: Family, verdict: Verdict) -> None:
    for name, paths in (("lost", verdict.lost), ("wrong", verdict.wrong)):
        setattr(family, name, getattr(family, name) + len(paths))
        family.failures += [f"{name}: {path}" for path in sorted(paths)]


@pytest.fixture(scope="module")
def place(new_place: Callable[[], Place]) -> Place:
    """Where all damage is delivered, and nothing whole but to compare with."""
    return new_place()


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_a_flipped_bit_is_noticed_or_of_no_effect(place: Place, kind: Kind, tally: Tally) -> None:
    family = tally.family(f"a flipped bit in {kind.name}")
    files, whole = list(flipped(kind)), kind.file("whole")
    place.land([*files, whole])
    place.headwater("load", code=1)
    verdict = judged(place, files, whole.path)
    family.faults += len(files)
    counted(family, verdict)
    family.lost += len(verdict.fewer)
    family.failures += sorted(verdict.fewer)
    family.notes.append(f"{len(verdict.aside)} set aside, {len(verdict.equal)} of no effect")
    assert not family.failures
    assert len(verdict.aside) > FLIPS / 2


def cuts(kind: Kind) -> Iterator[File]:
    """The file up to every named place, and to the first byte of it."""
    for name, part in kind.parts.items():
        for offset in part:
            yield kind.file(f"cut {name} {offset}", kind.content[:offset])
    yield kind.file("cut nothing", b"")


def manifest(file: File, whole: Kind) -> File:
    """What the producer says of the file, before it is damaged."""
    said = {"sha256": hashlib.sha256(whole.content).hexdigest()}
    return File(f"{file.path}.manifest.json", json.dumps(said).encode())


def plain_kinds() -> list[Kind]:
    """Formats without a checksum: a cut shows in the record it goes through, or nowhere."""
    text = texts(0, 20)
    ends = [at + 1 for at, byte in enumerate(text) if byte == 10]
    accent = text.index("ï".encode()) + 1
    listed = shop.csv(0, 20, SEED)
    row = listed.index(b"\nl-1,") + 1
    quoted = listed.index(b"of\n", row) + 3
    return [
        Kind(
            "NDJSON",
            "ndjson",
            text,
            {
                "in a record": [end - 9 for end in ends],
                "in a character": [accent],
                "at a line's end": ends[:-1],
                "before a line's end": [end - 1 for end in ends],
            },
        ),
        Kind(
            "CSV",
            "csv",
            listed,
            {
                "in the header": [5, 20],
                "after the header": [listed.index(b"\n"), listed.index(b"\n") + 1],
                "in a row": [row + 4, row + 12, row + 60],
                "in quotes": [quoted - 5, quoted],
                "at a row's end": [row],
            },
            "order_listed",
        ),
    ]


@pytest.mark.parametrize("kind", [*kinds(), *plain_kinds()], ids=lambda kind: kind.name)
def test_a_file_that_ends_too_soon_is_noticed(place: Place, kind: Kind, tally: Tally) -> None:
    family = tally.family(f"{kind.name} cut short")
    files, whole = list(cuts(kind)), kind.file("whole")
    vouched = [kind.file(f"vouched {number}", file.content) for number, file in enumerate(files)]
    place.land([*files, *vouched, *(manifest(file, kind) for file in vouched), whole])
    place.headwater("load", code=1)
    verdict = judged(place, files, whole.path)
    family.faults += len(files) + len(vouched)
    counted(family, verdict)
    # Between two members, frames or lines the rest looks whole: only a manifest knows.
    seams = len(verdict.fewer)
    checked = judged(place, vouched, whole.path)
    counted(family, checked)
    family.lost += len(checked.fewer)
    family.failures += sorted(checked.fewer)
    family.notes.append(f"{seams} look whole, and show against a manifest only")
    assert not family.failures
    assert checked.aside == {file.path for file in vouched}
    if kind.name in ("gzip", "zstd", "Parquet"):
        assert all("between" in path for path in verdict.fewer), verdict.fewer


def test_what_was_damaged_and_comes_again_makes_the_same_warehouse(
    place: Place, new_place: Callable[[], Place], tally: Tally
) -> None:
    family = tally.family("damaged files sent again")
    wholes = [kind.file("whole") for kind in (*kinds(), *plain_kinds())]
    other = new_place()
    other.land(wholes)
    other.headwater("run")
    place.land(kind.file("cut nothing") for kind in (*kinds(), *plain_kinds()))
    place.headwater("run", code=None)
    tables = ("stg_order_placed", "stg_order_listed", "fct_orders", "fct_orders in serve")
    found = difference(other.contents(tables), place.contents(tables))
    family.faults += len(wholes)
    family.lost, family.wrong = found.lost, found.wrong
    assert found == Difference(), found


@pytest.mark.parametrize(
    ("sabotage", "made", "noticed"),
    [
        ("gzip_unverified", lambda: flipped(gzip_kind()), "wrong"),
        ("gzip_ends_anywhere", lambda: cuts(gzip_kind()), "fewer"),
        ("zstd_unasked", lambda: flipped(zstd_kind(is_checked=False)), "wrong"),
        ("parquet_believed", lambda: flipped(parquet_kind(compression="none")), "wrong"),
    ],
)
def test_a_loader_that_believes_its_files_is_noticed(
    new_place: Callable[[], Place], sabotage: str, made: Callable[[], Iterator[File]], noticed: str
) -> None:
    place, files = new_place(), list(made())
    kinds_by_ending = {kind.ending: kind for kind in kinds()}
    kind = kinds_by_ending[files[0].path.split(".", 1)[1]]
    place.land([*files, kind.file("whole")])
    place.headwater("load", code=None, sabotage=[sabotage])
    assert getattr(judged(place, files, kind.file("whole").path), noticed)
