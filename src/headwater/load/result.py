"""What a load did, file by file, and how it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from headwater.load.counts import OfType
from headwater.load.routes import MIXED
from headwater.load.undeclared import Undeclared

_SHOWN = 10  # of each kind of oddity, by name

Outcome = Literal["loaded", "duplicate", "set_aside", "waits"]


@dataclass(frozen=True)
class FileResult:
    """What became of one file. `reason` for those set aside, `duplicate_of` for duplicates."""

    event: str
    path: str
    outcome: Outcome
    size: int
    records: int = 0
    loaded: int = 0
    unparsed: int = 0
    types: tuple[OfType, ...] = ()  # of the loaded
    reasons: tuple[tuple[str, int], ...] = ()  # of the unparsed, most frequent first
    expected: int | None = None
    reason: str = ""
    duplicate_of: str = ""


@dataclass(frozen=True)
class LoadResult:
    """What one load did.

    `files` are those it looked at; `waiting` counts the files of event types whose contract is
    broken; `released` the records that waited in raw.undeclared and no longer do, by event
    type; `undeclared` is what waits there now; `still_aside` are (path, reason) of files set
    aside earlier and unchanged since; `announced` are paths of files that never came, though
    their manifests did; `whose` is the owner and channel of each event type.
    """

    load_id: int
    files: tuple[FileResult, ...]
    waiting: dict[str, int]
    still_aside: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    seconds: float
    announced: tuple[str, ...] = ()
    released: dict[str, int] = field(default_factory=dict)
    undeclared: tuple[Undeclared, ...] = ()
    whose: dict[str, str] = field(default_factory=dict)

    @property
    def loaded(self) -> int:
        return sum(file.loaded for file in self.files)

    @property
    def unparsed(self) -> int:
        return sum(file.unparsed for file in self.files)

    @property
    def set_aside(self) -> tuple[FileResult, ...]:
        """The files that this load set aside."""
        return tuple(file for file in self.files if file.outcome == "set_aside")

    @property
    def events(self) -> tuple[str, ...]:
        """The event types of the files it looked at."""
        return tuple(sorted({file.event for file in self.files}))

    def lines(self, failing: Container[str] = ()) -> Iterator[str]:
        """The summary for a person: a line per event type, then what needs a look.

        `failing` are event types whose contract is there, but cannot be used.
        """
        for event in self.events:
            yield _event_line(event, [file for file in self.files if file.event == event])
        for event, count in self.released.items():
            yield f"{event}: {_records(count)} that waited in raw.undeclared loaded"
        for file in self.set_aside[:_SHOWN]:
            whose = self.whose.get(file.event)
            yield f"set aside: {file.path}: {file.reason}{f' ({whose})' if whose else ''}"
        if len(self.set_aside) > _SHOWN:
            yield (
                f"set aside: {len(self.set_aside) - _SHOWN:,} more\n"
                "  hint: all of them are in ops.files, with status 'set_aside' and a reason"
            )
        if self.still_aside:
            path, reason = self.still_aside[0]
            more = _and_more(self.still_aside)
            yield f"still set aside, unchanged: {path}: {reason}{more}"
        if self.announced:
            more = _and_more(self.announced)
            yield (
                f"not there: {self.announced[0]}{more}, though there is a manifest of it\n"
                "  hint: have the file delivered, or the manifest taken away"
            )
        for file in [file for file in self.files if file.outcome == "waits"][:_SHOWN]:
            yield f"waits: {file.path}: it changed while it was read; the next load tries it"
        for event, count in self.waiting.items():
            yield f"waiting: {_files(count)} in {event}/, until its event contract is mended"
        for each in self.undeclared[:_SHOWN]:
            yield (
                f"undeclared: {_records(each.records)} of {each.event} in raw.undeclared\n"
                f"  hint: {each.hint(self.whose, failing)}"
            )
        if len(self.undeclared) > _SHOWN:
            yield f"undeclared: {len(self.undeclared) - _SHOWN:,} more types: headwater status"
        yield from self.notes


def _event_line(event: str, files: list[FileResult]) -> str:
    count: Counter[str] = Counter(file.outcome for file in files)
    parts = [f"{event}: {_files(count['loaded'])}", f"{sum(f.loaded for f in files):,} records"]
    if event == MIXED:
        types: Counter[str] = Counter()
        for each in (each for file in files for each in file.types if each.is_declared):
            types[each.event] += each.rows
        parts[-1] += "".join(f", {name} {rows:,}" for name, rows in types.most_common(_SHOWN))
    unparsed = sum(file.unparsed for file in files)
    if unparsed:
        reasons: Counter[str] = Counter()
        for file in files:
            reasons.update(dict(file.reasons))
        top = ", ".join(f"{reason} {number:,}" for reason, number in reasons.most_common(3))
        parts.append(f"{unparsed:,} unparsed ({top})")
    for outcome, words in (
        ("duplicate", "already loaded under another name"),
        ("set_aside", "set aside"),
        ("waits", "still being written"),
    ):
        if count[outcome]:
            parts.append(f"{count[outcome]:,} {words}")
    return ", ".join(parts)


def _and_more(shown: Sequence[object]) -> str:
    """How many there are besides the first."""
    rest = len(shown) - 1
    return f", and {rest:,} more" if rest else ""


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"
