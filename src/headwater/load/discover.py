"""Listing the landing folder: what is data, what is not, and what to say about the rest."""

from __future__ import annotations

import contextlib
import os
import stat
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from headwater.contracts.files import name_problems
from headwater.errors import BadInput
from headwater.load.files import Compression, DataFile, Format
from headwater.load.remote import Store, StoredFile, store_of
from headwater.load.routes import MIXED

MANIFEST = ".manifest.json"
_FORMATS: dict[str, Format] = {
    "ndjson": "ndjson",
    "jsonl": "ndjson",
    "json": "json",
    "csv": "csv",
    "parquet": "parquet",
}
_COMPRESSIONS: dict[str, Compression] = {"gz": "gz", "zst": "zst"}


@dataclass(frozen=True)
class Found:
    """What the landing folder holds: data in path order, and a line for each oddity.

    `waiting` counts the files that wait there, by the event type whose contract is broken;
    `announced` are paths that have a manifest and no file.
    """

    files: tuple[DataFile, ...]
    waiting: dict[str, int]
    notes: tuple[str, ...]
    announced: tuple[str, ...]


@dataclass
class _Listing:
    broken: Collection[str]
    files: dict[str, DataFile] = field(default_factory=dict)
    waiting: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    other: Counter[tuple[str, str]] = field(default_factory=Counter)
    nameless: Counter[str] = field(default_factory=Counter)
    outside: list[str] = field(default_factory=list)


def discover(
    landing: Path | str, broken: Collection[str], paths: Sequence[Path | str] = ()
) -> Found:
    """Lists the data below `landing`, or only below `paths`.

    `landing` is a folder, or the URL of one in an object store. `broken` are the event types
    whose contract has errors: their files wait where they are. Raises BadInput when a path
    named on the command line is missing or lies elsewhere, HeadwaterError when the store
    cannot be listed.
    """
    listing = _Listing(broken)
    if isinstance(landing, str):
        store = store_of(landing)
        for url in paths or (None,):
            _stored(listing, store, None if url is None else str(url))
    elif paths:
        for path in paths:
            _named(listing, landing, Path(path))
    elif landing.is_dir():
        _folder(listing, landing, (), ())
    return Found(
        files=tuple(listing.files[path] for path in sorted(listing.files)),
        waiting=dict(sorted(listing.waiting.items())),
        notes=tuple(_notes(listing)),
        announced=tuple(listing.announced),
    )


def _notes(listing: _Listing) -> list[str]:
    notes = sorted(listing.notes)
    if listing.outside:
        shown = ", ".join(sorted(listing.outside)[:3])
        notes.append(
            f"{_count(len(listing.outside))} directly in the landing folder not loaded: {shown}\n"
            "  hint: put each into the folder of its event type: landing/<event>/, "
            f"or, with records of many types, into landing/{MIXED}/"
        )
    for folder, count in sorted(listing.nameless.items()):
        notes.append(
            f"{_count(count)} in {folder}/ not loaded: no event can have that name\n"
            "  hint: an event's name is small letters, digits and _, beginning with a letter; "
            f"files of many event types go to {MIXED}/"
        )
    for (event, ending), count in sorted(listing.other.items()):
        notes.append(
            f"{event}: {_count(count)} not loaded, of a kind it does not read: *{ending}\n"
            "  hint: it reads .ndjson, .jsonl (a record per line), .json (one array, or a record "
            "per line) and .csv, each plain, .gz or .zst, and .parquet"
        )
    return notes


def _count(number: int) -> str:
    return f"{number:,} file{'' if number == 1 else 's'}"


def _named(listing: _Listing, landing: Path, path: Path) -> None:
    absolute = path.absolute()
    if not absolute.exists():
        raise BadInput(f"no such file or folder: {path}")
    try:
        below = absolute.relative_to(landing).parts
    except ValueError:
        try:
            below = absolute.resolve().relative_to(landing.resolve()).parts
        except ValueError:
            raise BadInput(
                f"{path} is not in the landing folder",
                f"move it to {landing}/<event>/, where its folder says what it is",
            ) from None
        absolute = landing.joinpath(*below)
    if absolute.is_dir():
        _folder(listing, absolute, below, ())
    else:
        siblings = frozenset(entry.name for entry in os.scandir(absolute.parent))
        _entry(listing, str(absolute), below, absolute.stat(), siblings)


def _stored(listing: _Listing, store: Store, url: str | None = None) -> None:
    """Lists a landing folder in an object store, or what is at or below one URL in it."""
    below = ""
    if url is not None:
        if url != store.url and not url.startswith(f"{store.url}/"):
            raise BadInput(
                f"{url} is not in the landing folder",
                f"move it to {store.url}/<event>/, where its folder says what it is",
            )
        below = url.removeprefix(store.url).strip("/")
    found = list(store.files(below))
    if url is not None and not found:
        raise BadInput(f"no such file or folder: {url}")
    states = {path: seen for path, seen, _ in found}
    for path, seen, is_recoded in found:
        parts = tuple(path.split("/"))
        if any(part.startswith(".") for part in parts):
            continue
        _manifest(listing, parts, path.removesuffix(MANIFEST) in states)
        kind = _kind(listing, parts)
        if kind is None:
            continue
        if is_recoded:
            listing.notes.append(
                f"{_shown(parts)}: stored with Content-Encoding: gzip, so that its bytes are not "
                "what its checksum is of; not loaded\n"
                "  hint: store it without, under a name that ends with .gz"
            )
            continue
        beside = path + MANIFEST
        manifest = states.get(beside)
        if manifest is None and path == below:
            with contextlib.suppress(OSError):
                manifest = store.seen(beside)
        shown = _shown(parts)
        listing.files[shown] = DataFile(
            event=parts[0],
            path=shown,
            full=path,
            size=seen.size,
            mtime_ns=seen.mtime_ns,
            modified_ns=max(seen.mtime_ns, manifest.mtime_ns if manifest else 0),
            format=kind[0],
            compression=kind[1],
            manifest=None if manifest is None else StoredFile(store, beside, manifest.size),
            store=store,
            etag=seen.etag,
        )


def _folder(
    listing: _Listing, folder: Path, below: tuple[str, ...], above: tuple[tuple[int, int], ...]
) -> None:
    """Lists one folder and those in it. `above`: the folders it lies in, to notice a loop."""
    try:
        here = folder.stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        listing.notes.append(f"{_shown(below)}: cannot be listed: {error.strerror}")
        return
    identity = (here.st_dev, here.st_ino)
    if identity in above:
        listing.notes.append(f"{_shown(below)}: a link to a folder it lies in; not followed")
        return
    names = frozenset(entry.name for entry in entries)
    for entry in entries:
        inside = (*below, entry.name)
        if entry.name.startswith("."):
            continue
        try:
            status = entry.stat()
        except OSError as error:
            listing.notes.append(f"{_shown(inside)}: cannot be read: {error.strerror}")
            continue
        if stat.S_ISDIR(status.st_mode):
            if below and kind_of(entry.name) is not None:
                listing.notes.append(f"{_shown(inside)}: a folder named like a file; looked inside")
            _folder(listing, Path(entry.path), inside, (*above, identity))
        else:
            _manifest(listing, inside, entry.name.removesuffix(MANIFEST) in names)
            _entry(listing, entry.path, inside, status, names)


def _entry(
    listing: _Listing,
    full: str,
    below: tuple[str, ...],
    status: os.stat_result,
    siblings: Collection[str],
) -> None:
    kind = _kind(listing, below, is_file=stat.S_ISREG(status.st_mode))
    if kind is None:
        return
    manifest = Path(full + MANIFEST) if below[-1] + MANIFEST in siblings else None
    modified = status.st_mtime_ns
    if manifest is not None:
        try:
            modified = max(modified, manifest.stat().st_mtime_ns)
        except OSError:
            manifest = None
    path = _shown(below)
    listing.files[path] = DataFile(
        event=below[0],
        path=path,
        full=full,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        modified_ns=modified,
        format=kind[0],
        compression=kind[1],
        manifest=manifest,
    )


def _manifest(listing: _Listing, below: tuple[str, ...], has_file: bool) -> None:
    """Notes what a manifest announces, when that is not there."""
    name = below[-1].removesuffix(MANIFEST)
    if not has_file and len(below) > 1 and name != below[-1] and kind_of(name) is not None:
        listing.announced.append(_shown((*below[:-1], name)))


def _kind(
    listing: _Listing, below: tuple[str, ...], *, is_file: bool = True
) -> tuple[Format, Compression] | None:
    """What is to be loaded as what. What is not, and should be known of, is noted."""
    name = below[-1]
    if name.startswith(".") or name.endswith((".tmp", ".partial", MANIFEST)):
        return None
    if len(below) == 1:
        listing.outside.append(_shown(below))
        return None
    event = below[0]
    kind = kind_of(name)
    if kind is None:
        ending = "".join(Path(name).suffixes[-2:])
        listing.other[_shown((event,)), _shown((ending or name,))] += 1
        return None
    if not is_file:
        listing.notes.append(f"{_shown(below)}: neither a file nor a folder; not loaded")
        return None
    if event in listing.broken:
        listing.waiting[_shown((event,))] += 1
        return None
    if event != MIXED and name_problems("", "any", event):
        listing.nameless[_shown((event,))] += 1
        return None
    return kind


def kind_of(name: str) -> tuple[Format, Compression] | None:
    """What a file called `name` holds, None when it is of a kind that is not read."""
    stem, _, ending = name.lower().rpartition(".")
    compression = _COMPRESSIONS.get(ending, "")
    if compression:
        stem, _, ending = stem.rpartition(".")
    found = _FORMATS.get(ending) if stem else None
    if found is None or (found == "parquet" and compression):
        return None  # Parquet is read from its end, and compressed inside
    return found, compression


def _shown(parts: Sequence[str]) -> str:
    """A path that any terminal and any warehouse can hold, whatever bytes the name has."""
    text = "/".join(parts)
    if text.isascii() and text.isprintable():
        return text
    text = os.fsencode(text).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
