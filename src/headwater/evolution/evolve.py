"""From what event contracts said to what they say: what has changed, and what that does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from headwater.compile.hashing import contract_hash
from headwater.compile.majors import History
from headwater.contracts.model import EventContract
from headwater.errors import Diagnostic
from headwater.evolution.changes import Change, changes_of
from headwater.evolution.compatible import added_since
from headwater.evolution.kinds import Restates
from headwater.evolution.lockfile import Entry, Lock
from headwater.evolution.promise import Promise, number_of, promise_of


@dataclass(frozen=True)
class Noted:
    """A change and the contract file it is in; `hint` where its author should do something."""

    path: str
    change: Change
    hint: str = ""


@dataclass(frozen=True)
class Evolution:
    """What became of one event type since it was last synced.

    `restates` is which slices of base the next run rebuilds, `carried` the fields whose
    slices those are. `versions` are majors whose staging is there, or was.
    """

    event: str
    domain: str
    changes: tuple[Noted, ...]
    restates: Restates = "nothing"
    carried: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evolved:
    """The lock as it is to be written, and what is different from the one that was read.

    `lock` is None where it is known to be the file. `histories` are what the compiler has to
    know of the past of event types. `owed` are breaking changes inside a major that nobody has
    acknowledged, `refused` what is not done at all: their event types stay as they are.
    """

    lock: Lock | None
    histories: dict[str, History] = field(default_factory=dict)
    evolutions: tuple[Evolution, ...] = ()
    owed: tuple[Diagnostic, ...] = ()
    refused: tuple[Diagnostic, ...] = ()
    refused_events: frozenset[str] = frozenset()


# What the lock says of an event type, and its contracts; what comes of comparing them.
_Pair = tuple[Entry | None, list[EventContract]]
_Compared = tuple[Entry, Evolution, list[Diagnostic]]


class Settled(Protocol):
    """Knows which event types say what their entry says, and remembers those found to.

    `compare` is `work(pairs)`, by whatever processors there are.
    """

    def compare(
        self, work: Callable[[Sequence[_Pair]], list[_Compared]], pairs: Sequence[_Pair]
    ) -> list[_Compared]: ...

    def is_settled(self, old: Entry, majors: Sequence[EventContract]) -> bool: ...

    def settle(self, old: Entry, majors: Sequence[EventContract]) -> None: ...


class _NothingSettled:
    def compare(
        self, work: Callable[[Sequence[_Pair]], list[_Compared]], pairs: Sequence[_Pair]
    ) -> list[_Compared]:
        return work(pairs)

    def is_settled(self, old: Entry, majors: Sequence[EventContract]) -> bool:
        return False

    def settle(self, old: Entry, majors: Sequence[EventContract]) -> None:
        pass


_NOTHING = _NothingSettled()


def evolve(
    lock: Lock,
    contracts: Iterable[EventContract],
    kept: Collection[str] = (),
    settled: Settled = _NOTHING,
) -> Evolved:
    """Compares contracts with the lock. `kept` are event types that stay as they are, since
    what their files say now cannot be used; those that are `settled` are not compared again.
    """
    by_event: dict[str, list[EventContract]] = defaultdict(list)
    for contract in contracts:
        by_event[contract.event].append(contract)
    entries: dict[str, Entry] = {}
    evolutions: list[Evolution] = []
    owed: list[Diagnostic] = []
    refused: list[Diagnostic] = []
    compared: list[_Pair] = []
    for event in sorted(lock.entries.keys() | by_event.keys()):
        old = lock.entries.get(event)
        if event in kept or event not in by_event:
            if old is not None and event in kept:
                entries[event] = old
            elif old is not None:
                evolutions.append(_removed(event))
            continue
        majors = sorted(by_event[event], key=lambda each: each.major)
        if old is not None and settled.is_settled(old, majors):
            entries[event] = old
            continue
        problems = list(_lowered(old, majors))
        if problems:
            refused += problems
            assert old is not None
            entries[event] = old
            continue
        compared.append((old, majors))
    for (old, majors), (entry, evolution, debts) in zip(
        compared, settled.compare(_evolve_each, compared), strict=True
    ):
        entries[evolution.event] = entry
        owed += debts
        if evolution.changes and lock.entries:  # a first lock makes nothing new
            evolutions.append(evolution)
        elif old is not None and entry == old and not debts:
            settled.settle(old, majors)
    evolutions.sort(key=lambda each: each.event)
    return Evolved(
        Lock(dict(sorted(entries.items()))),
        {
            event: _history(entry)
            for event, entry in entries.items()
            if _history(entry) != History()
        },
        tuple(evolutions),
        tuple(sorted(owed)),
        tuple(sorted(refused)),
        frozenset(each.path.rsplit("/", 1)[-1].split(".")[0] for each in refused),
    )


def _history(entry: Entry) -> History:
    return History(
        entry.retired,
        tuple((each, tuple(fields)) for each, fields in sorted(entry.compatible.items())),
        entry.first,
    )


def _removed(event: str) -> Evolution:
    change = Change("event_removed", event, "has no event contract any more")
    return Evolution(event, "", (Noted("contracts/", change),))


def _lowered(old: Entry | None, majors: Sequence[EventContract]) -> Iterator[Diagnostic]:
    for contract in majors:
        known = old and old.majors.get(contract.major)
        if known and number_of(contract.version) < number_of(known["version"]):
            yield Diagnostic(
                contract.path,
                1,
                f"version is {contract.version}, and was {known['version']} already",
                f"write version: {known['version']}, or a higher one",
            )


def _evolve_each(pairs: Sequence[_Pair]) -> list[_Compared]:
    return [_evolve(old, majors) for old, majors in pairs]


def _evolve(
    old: Entry | None, majors: Sequence[EventContract]
) -> tuple[Entry, Evolution, list[Diagnostic]]:
    event, domain, code = majors[0].event, majors[0].domain, contract_hash(majors)
    promises = {each.major: promise_of(each) for each in majors}
    latest = next((each.major for each in majors if each.latest), majors[0].major)
    new = Entry(code, latest, promises, first=majors[0].major)
    if old is None:
        change = Change("event_added", event, "is new")
        noted = (Noted(majors[0].path, change),)
        return new, Evolution(event, domain, noted, "all"), []
    changes: list[Noted] = []
    debts: list[Diagnostic] = []
    promised: dict[int, Promise] = {}
    for contract in majors:
        major, now = contract.major, promises[contract.major]
        if major not in old.majors:
            change = Change("major_added", f"version {major}", "is new")
            changes.append(Noted(contract.path, change))
            continue
        found = () if now == old.majors[major] else changes_of(old.majors[major], now)
        has_grown = number_of(contract.version) > number_of(old.majors[major]["version"])
        changes += [Noted(contract.path, each, _hint(contract, each, has_grown)) for each in found]
        before = old.promised.get(major, old.majors[major])
        net = () if now == before else changes_of(before, now)
        broken = [each for each in net if each.is_.grade == "major"]
        if broken and not _is_acknowledged(contract, before):
            promised[major] = before
            debts.append(_debt(contract, before, broken))
    gone = sorted(old.majors.keys() - promises.keys())
    changes += [
        Noted("contracts/", Change("major_removed", f"version {major}", "has no file any more"))
        for major in gone
    ]
    if latest != old.latest and old.latest in promises:
        change = Change("latest_moved", f"version {latest}", f"is the latest, not {old.latest}")
        changes.append(Noted(majors[0].path, change))
    compatible, carried = _compatible(old, code, majors, changes)
    restates: Restates = "nothing" if code == old.hash else "carried" if carried else "all"
    if restates == "all" and not any(each.change.is_.restates != "nothing" for each in changes):
        change = Change("headwater_changed", event, "means other rows to this version of headwater")
        changes.append(Noted(majors[0].path, change))
    retired = tuple(sorted({*old.retired, *gone} - promises.keys()))
    new = replace(new, promised=promised, compatible=compatible, retired=retired, first=old.first)
    return new, Evolution(event, domain, tuple(changes), restates, carried), debts


def _compatible(
    old: Entry, code: str, majors: Sequence[EventContract], changes: Sequence[Noted]
) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """The hashes that slices may keep from now on, and the fields added by these changes."""
    if code == old.hash:
        return old.compatible, ()
    added: dict[int, list[str]] = defaultdict(list)
    by_path = {each.path: each.major for each in majors}
    for noted in changes:
        if noted.change.kind == "field_added":
            added[by_path[noted.path]].append(noted.change.where)
        elif noted.change.is_.restates != "nothing":
            return {}, ()
    carried = added_since(old.hash, majors, added) if added else None
    if not carried:
        return {}, ()
    known = {old.hash: [], **old.compatible}
    return {
        each: sorted({*fields, *carried}) for each, fields in known.items() if each != code
    }, carried


def _is_acknowledged(contract: EventContract, before: Promise) -> bool:
    said, known = contract.breaks, number_of(before["version"])
    return said is not None and number_of(said) == known < number_of(contract.version)


def _hint(contract: EventContract, change: Change, has_grown: bool) -> str:
    if change.is_.grade == "minor" and not has_grown:
        return f"write version: {_next(contract.version)}, so that readers see it"
    return ""


def _next(version: str) -> str:
    major, minor = number_of(version)
    return f"{major}.{minor + 1}"


def _debt(contract: EventContract, before: Promise, broken: Sequence[Change]) -> Diagnostic:
    more = f", and {len(broken) - 1} more," if len(broken) > 1 else ""
    version = max(contract.version, _next(before["version"]), key=number_of)
    return Diagnostic(
        contract.path,
        _line(contract, broken[0].where),
        f"{broken[0]}{more} breaks what version {before['version']} promised its readers",
        f"undo it and write {contract.event}.v{contract.major + 1}.yml; or, to mend this one, "
        f"write version: {version} and breaks: {before['version']}",
    )


def _line(contract: EventContract, where: str) -> int:
    """The line of the field that a change is about; 1 where it is in the header, or gone."""
    lines = {".".join(path): field.schema.line for path, field in contract.payload.walk()}
    names = where.split(".")
    above = (".".join(names[:end]) for end in range(len(names), 0, -1))
    return next((lines[each] for each in above if each in lines), 1)
