"""What is over: hours of raw, staging, unparsed and undeclared records, asked as sets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from headwater.contracts.model import EventContract
from headwater.database import Database
from headwater.graph import Graph, Node
from headwater.literals import literal

HOUR = dt.timedelta(hours=1)
# How long records of no declared type are kept, and unparsed ones: as raw is where a contract
# does not say.
UNDECLARED = EventContract.raw_retention
# Tables of raw that are no event type's.
SHARED = ("unparsed", "undeclared")


@dataclass(frozen=True)
class Due:
    """Hours to delete. `what` is raw, staging, unparsed or undeclared; `event` is empty for
    the last, whose types nobody declared."""

    what: str
    event: str
    hours: tuple[dt.datetime, ...]
    rows: int


@dataclass(frozen=True)
class Overdue:
    """Hours of raw whose time is over, but which stay: `why`."""

    event: str
    hours: int
    why: str

    def __str__(self) -> str:
        hours = f"{self.hours:,} hour{'' if self.hours == 1 else 's'} of " if self.hours else ""
        return f"{hours}raw.{self.event} stay{'' if self.hours > 1 else 's'}: {self.why}"


@dataclass(frozen=True)
class Found:
    """All that is due, and what stays though it is over."""

    due: tuple[Due, ...] = ()
    overdue: tuple[Overdue, ...] = ()


@dataclass(frozen=True)
class _Kept:
    """How long an event type keeps its records; of several majors, the longest."""

    raw: dt.timedelta
    staging: dt.timedelta


@dataclass(frozen=True)
class _Hour:
    hour: dt.datetime
    loaded_at: dt.datetime | None  # the last of its loads, where the ledger knows it
    rows: int
    missing: int = 0  # how many of its slices base does not hold

    def is_over(self, kept: dt.timedelta, now: dt.datetime) -> bool:
        """Counted from the later of the hour's end and its last load."""
        since = self.hour + HOUR
        return max(since, self.loaded_at or since) + kept <= now


def find(
    database: Database,
    known: Graph,
    contracts: Sequence[EventContract],
    failing: Collection[str],
    now: dt.datetime,
) -> Found:
    """What is over at `now`. Nothing of `failing` event types is, as long as they fail."""
    return _Finding(database, known, contracts, failing, now, database.tables()).all()


@dataclass
class _Finding:
    database: Database
    known: Graph
    contracts: Sequence[EventContract]
    failing: Collection[str]
    now: dt.datetime
    tables: set[tuple[str, str]]
    due: list[Due] = field(default_factory=list)
    overdue: list[Overdue] = field(default_factory=list)

    def all(self) -> Found:
        kept = _kept(self.contracts)
        bases = {
            str(node.meta["event_type"]): node
            for node in self.known.nodes.values()
            if node.is_base and "event_type" in node.meta
        }
        for event in sorted(self._raw_tables()):
            if event in self.failing:
                self.overdue.append(Overdue(event, 0, "nothing of it expires while it fails"))
            elif event not in kept or event not in bases:
                why = "no event contract says for how long"
                self.overdue.append(Overdue(event, 0, why))
            else:
                self._event(event, kept[event], bases[event])
        self._unparsed(kept)
        self._undeclared()
        return Found(tuple(self.due), tuple(self.overdue))

    def _raw_tables(self) -> set[str]:
        raw = self.database.project.schema("raw")
        return {name for schema, name in self.tables if schema == raw and name not in SHARED}

    def _event(self, event: str, kept: _Kept, base: Node) -> None:
        is_built = base.table in self.tables
        raw = self._raw_hours(event, kept.raw, base if is_built else None)
        over = [each for each in raw if each.is_over(kept.raw, self.now)]
        unbuilt = [each for each in over if each.missing]
        expired = [each for each in over if not each.missing]
        self._add("raw", event, expired)
        if unbuilt:
            why = "base does not hold all of it as the event contract is now"
            self.overdue.append(Overdue(event, len(unbuilt), why))
        if is_built:
            # Rows of base outlive those of raw, or the next build would make them again.
            left = {each.hour for each in raw} - {each.hour for each in expired}
            self._add("staging", event, [
                each
                for each in self._hours(base.relation, "_hour", kept.staging)
                if each.is_over(kept.staging, self.now) and each.hour not in left
            ])  # fmt: skip

    def _add(self, what: str, event: str, hours: Sequence[_Hour]) -> None:
        if hours:
            listed = tuple(sorted(each.hour for each in hours))
            self.due.append(Due(what, event, listed, sum(each.rows for each in hours)))

    def _before(self, kept: dt.timedelta) -> str:
        """The end of the last hour that may be over; the partitions of later ones are not read."""
        return literal((self.now - kept).replace(minute=0, second=0, microsecond=0))

    def _raw_hours(self, event: str, kept: dt.timedelta, base: Node | None) -> list[_Hour]:
        raw = self.database.name(f"raw.{event}")
        if base is None:
            hour = self.database.hour_of("received_at")
            return [_Hour(*row[:3], missing=1) for row in self._rows(raw, hour, kept)]
        held = self.database.held_slices(
            base.relation, base.meta["contract_hash"], base.meta.get("compatible") or {}
        )
        hour = self.database.hour_of("received_at")
        return [_Hour(*row) for row in self._rows(raw, hour, kept, held)]

    def _hours(self, table: str, hour: str, kept: dt.timedelta) -> list[_Hour]:
        return [_Hour(*row[:3]) for row in self._rows(table, hour, kept)]

    def _rows(
        self, table: str, hour: str, kept: dt.timedelta, held: str | None = None
    ) -> list[tuple[dt.datetime, dt.datetime | None, int, int]]:
        is_missing, join = "0", ""
        if held is not None:
            is_missing = "case when held._load_id is null then 1 else 0 end"
            join = f"""
                left join ({held}) as held
                    on held._load_id = slices._load_id and held._hour = slices.hour
            """
        found = self.database.rows(
            f"""
            select slices.hour, max(loads.loaded_at), sum(slices.n), sum({is_missing})
            from (
                select _load_id, {hour} as hour, count(*) as n
                from {table}
                where received_at < {self._before(kept)}
                group by _load_id, {hour}
            ) as slices
            left join ({self._loads()}) as loads on loads.load_id = slices._load_id
            {join}
            group by slices.hour
            """
        )
        return [(hour, loaded, int(rows), int(missing)) for hour, loaded, rows, missing in found]

    def _loads(self) -> str:
        files, routed = self.database.name("ops.files"), self.database.name("ops.routed")
        return (
            "select load_id, max(loaded_at) as loaded_at from ("
            f"select load_id, loaded_at from {files} union all"
            f" select load_id, loaded_at from {routed} where is_declared"
            ") as known group by load_id"
        )

    def _unparsed(self, kept: Mapping[str, _Kept]) -> None:
        hour = self.database.hour_of("received_at")
        shortest = min([UNDECLARED, *(each.raw for each in kept.values())])
        by_event: dict[str, list[_Hour]] = {}
        for event, *found in self.database.rows(
            f"""
            select unparsed.event_type, unparsed.hour, max(loads.loaded_at), sum(unparsed.n)
            from (
                select event_type, _load_id, {hour} as hour, count(*) as n
                from {self.database.name("raw.unparsed")}
                where received_at < {self._before(shortest)}
                group by event_type, _load_id, {hour}
            ) as unparsed
            left join ({self._loads()}) as loads on loads.load_id = unparsed._load_id
            group by unparsed.event_type, unparsed.hour
            """
        ):
            by_event.setdefault(event, []).append(_Hour(found[0], found[1], int(found[2])))
        for event, hours in sorted(by_event.items()):
            if event not in self.failing:
                limit = kept[event].raw if event in kept else UNDECLARED
                self._add("unparsed", event, [
                    each for each in hours if each.is_over(limit, self.now)
                ])  # fmt: skip

    def _undeclared(self) -> None:
        hour = self.database.hour_of("received_at")
        rows = self.database.rows(
            f"""
            select {hour}, max(loaded_at), count(*)
            from {self.database.name("raw.undeclared")}
            where
                received_at < {self._before(UNDECLARED)}
                and {waits_for_nobody(self.failing)}
            group by {hour}
            """
        )
        hours = [_Hour(hour, loaded, int(count)) for hour, loaded, count in rows]
        self._add("undeclared", "", [each for each in hours if each.is_over(UNDECLARED, self.now)])


def waits_for_nobody(failing: Iterable[str]) -> str:
    """Which rows of raw.undeclared no failing event type will take once it is mended."""
    names = ", ".join(literal(event) for event in sorted(failing) if event)
    return f"coalesce(event_type, '') not in ({names})" if names else "true"


def _kept(contracts: Iterable[EventContract]) -> dict[str, _Kept]:
    found: dict[str, _Kept] = {}
    for each in contracts:
        other = found.get(each.event, _Kept(each.raw_retention, each.staging_retention))
        found[each.event] = _Kept(
            max(other.raw, each.raw_retention), max(other.staging, each.staging_retention)
        )
    return found
