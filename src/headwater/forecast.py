"""What a run would change, before it runs: closed hours, and the dates that marts restate.

The records that no base model holds yet, those of files in landing included, are judged in
memory by the base model itself, and settled against the copies that base has. Nothing is
written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from headwater import warehouse
from headwater.contracts.model import EventContract, newest
from headwater.database import Database, has
from headwater.errors import BadInput
from headwater.graph import Graph, Node
from headwater.literals import literal
from headwater.load.check import ROWS
from headwater.load.files import DataFile, FileFaultError, StillWrittenError, sha256
from headwater.plan import Plan
from headwater.project import Project
from headwater.raw import any_hour
from headwater.validate.memory import Memory, open_memory
from headwater.validate.records import read_into
from headwater.windows import Restated, restated_for

# More than this is not judged for a forecast: what it restates is known once it is built.
MOST_RECORDS = 500_000
MOST_BYTES = 256 << 20
_IDS_AT_ONCE = 5_000
_HOUR = dt.timedelta(hours=1)

Dates = Restated | None  # None: all of them
_COPY = pa.schema(
    [
        ("_file_id", pa.int64()),
        ("_line", pa.int64()),
        ("_hour", pa.timestamp("us")),
        ("event_id", pa.string()),
        ("received_at", pa.timestamp("us")),
        ("changed_date", pa.date32()),
        ("is_valid", pa.bool_()),
        ("was_first", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Closed:
    """A closed hour that a run would change: rows it gets, and rows it judges anew."""

    event: str
    hour: dt.datetime
    closed_at: dt.datetime
    added: int
    replaced: int


@dataclass(frozen=True)
class Forecast:
    """`dates` by model that would be built: what it restates. `quarantined` by event type:
    violation to rows, of the records that would be new. `unusable` are (path, reason).
    `unknown` would be built too, from more records than a forecast judges."""

    dates: Mapping[str, Dates] = field(default_factory=dict)
    unknown: Collection[str] = ()
    closed: tuple[Closed, ...] = ()
    quarantined: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unusable: tuple[tuple[str, str], ...] = ()


@dataclass
class Told:
    """What is known so far."""

    dates: dict[str, Dates] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    closed: list[Closed] = field(default_factory=list)
    quarantined: dict[str, dict[str, int]] = field(default_factory=dict)
    unusable: list[tuple[str, str]] = field(default_factory=list)


def forecast(
    project: Project,
    contracts: Sequence[EventContract],
    database: Database,
    known: Graph,
    found: Plan,
    files: Sequence[DataFile],
    at: dt.datetime,
    only: Collection[str] | None = None,
) -> Forecast:
    """What follows from a plan, and from loading `files`, at one moment (`at`, UTC).

    `only` limits it to these models, as it does the plan.
    """
    told = Told()
    pending = {each.name: each for each in found.pending}
    by_event: dict[str, list[EventContract]] = {}
    for contract in contracts:
        by_event.setdefault(contract.event, []).append(contract)
    for node in known.nodes.values():
        event = str(node.meta.get("event_type"))
        if not node.is_base or event not in by_event:
            continue
        if only is not None and node.name not in only:
            continue
        delivered = [file for file in files if file.event == event]
        if node.name in pending or delivered:
            # A base that is not there yet, or was never finished, has nothing to compare.
            is_whole = node.name in pending and pending[node.name].reason not in (
                "new records",
                "event contract changed",
            )
            base = _Base(project, database, node, by_event[event], at)
            if is_whole:
                told.dates[node.name] = None
            elif (dates := base.told(delivered, told)) is not None:
                told.dates[node.name] = Restated(dates)
            else:
                told.unknown.add(node.name)
    downstream(known, found, told)
    return Forecast(
        told.dates, told.unknown, tuple(told.closed), told.quarantined, tuple(told.unusable)
    )


def downstream(known: Graph, found: Plan, told: Told) -> None:
    """Adds what models restate for the dates that change below them, to what is told already."""
    dates = told.dates
    pending = {each.name: each for each in found.pending}
    for node in known.nodes.values():
        if node.is_base or node.kind == "seed" or not node.is_logged or node.name in dates:
            continue
        planned = pending.get(node.name)
        if planned and planned.dates is None and not planned.waits_for:
            dates[node.name] = None
            continue
        if not told.unknown.isdisjoint(known.windows(node)):
            told.unknown.add(node.name)
            continue
        mine = planned.restated if planned else Restated()
        is_all = False
        changes = False
        for upstream, window in known.windows(node).items():
            if upstream not in dates:
                continue
            changed = dates[upstream]
            changes = changes or changed is None or bool(changed)
            if changed is None or node.materialized != "incremental":
                is_all = is_all or changed is None or bool(changed)
                continue
            mine = mine.joined(restated_for(changed, window))
        if planned or changes:
            first = found.frozen.get(node.name)
            dates[node.name] = None if is_all else mine.by(node.period, first)


@dataclass(frozen=True)
class _Base:
    """One base model, and what would come to it."""

    project: Project
    database: Database
    node: Node
    contracts: Sequence[EventContract]
    at: dt.datetime

    @property
    def event(self) -> str:
        return self.contracts[0].event

    @property
    def newest(self) -> EventContract:
        return newest(self.contracts)[self.event]

    def told(self, files: Sequence[DataFile], told: Told) -> frozenset[dt.date] | None:
        """The dates that change in it; None when too many records came to be judged."""
        raw = self.database.name(f"raw.{self.event}")
        is_loaded = has(self.database, f"raw.{self.event}")
        ((count,),) = (
            self.database.rows(f"select count(*) from {raw} as delivered {self._missing(raw)}")
            if is_loaded
            else [(0,)]
        )
        if count > MOST_RECORDS or sum(file.size for file in files) > MOST_BYTES:
            return None
        with open_memory(warehouse.macros_dir(self.project)) as memory:
            if count:
                columns = ", ".join(f"delivered.{name}" for name in ROWS.names)
                rows = self.database.rows(
                    f"select {columns} from {raw} as delivered {self._missing(raw)}"
                )
                memory.add_rows(_table(ROWS, rows))
            known = self._known_files()
            for file in files:
                self._read(memory, file, known, told)
            memory.judge_rows(self.contracts, self.node.raw_code)
            return self._compare(memory, raw if count else None, told)

    def _missing(self, raw: str) -> str:
        """The join that leaves those rows of raw whose slices base does not hold."""
        held = self.database.held_slices(
            self.node.relation,
            self.node.meta["contract_hash"],
            self.node.meta.get("compatible") or {},
        )
        hour = self.database.hour_of("delivered.received_at")
        return f"""
            left join ({held}) as held
                on delivered._load_id = held._load_id and {hour} = held._hour
            where held._load_id is null and {any_hour("delivered")}
        """

    def _known_files(self) -> set[str]:
        return {
            file_hash
            for (file_hash,) in self.database.rows(
                f"select file_hash from {self.database.name('ops.files')}"
                f" where event_type = {literal(self.event)} and status = 'loaded'"
            )
        }

    def _read(self, memory: Memory, file: DataFile, known: set[str], told: Told) -> None:
        folder = warehouse.macros_dir(self.project)
        try:
            file_hash = sha256(file)
            if file_hash not in known:
                read_into(memory, file, self.newest.envelope, folder, self.at)
                known.add(file_hash)
        except BadInput as bad:
            memory.query("delete from raw where _file = $path", path=file.path)
            reason = str(bad).splitlines()[0]
            told.unusable.append((file.path, reason.rpartition(" would be set aside: ")[2]))
        except (FileFaultError, StillWrittenError):
            pass  # the load will say so

    def _compare(self, memory: Memory, raw: str | None, told: Told) -> frozenset[dt.date]:
        replaced = self._replaced(raw) if raw else []
        memory.add_table("replaced", _table(_COPY, replaced))
        ids = [
            event_id
            for (event_id,) in memory.query(
                "select event_id from rows where is_valid"
                " union select event_id from replaced where is_valid"
            )
        ]
        memory.add_table("copies", _table(_COPY, self._copies(ids)))
        seconds = int(self.contracts[0].dedup_lookback.total_seconds())
        memory.query(
            f"""
            create or replace table settled as
            select
                _file_id, _line, _hour, changed_date, was_first,
                coalesce(
                    received_at - lag(received_at) over (
                        partition by event_id order by received_at, _file_id, _line
                    ) > to_seconds({seconds}),
                    true
                ) as is_first
            from (
                select
                    _file_id, _line, _hour, event_id, received_at, changed_date,
                    cast(null as boolean) as was_first
                from rows
                where is_valid
                union all
                select
                    copies._file_id, copies._line, copies._hour, copies.event_id,
                    copies.received_at, copies.changed_date, copies.was_first
                from copies
                anti join replaced using (_file_id, _line)
            )
            """
        )
        memory.query(
            """
            create or replace table changes as
            select _hour, changed_date from replaced where was_first
            union
            select _hour, changed_date from settled
            where case when was_first is null then is_first else was_first <> is_first end
            """
        )
        self._closed(memory, told)
        violations = memory.query(
            """
            select violation, count(*) as n
            from (select unnest(violations) as violation from rows)
            group by violation
            order by n desc, violation
            """
        )
        if violations:
            told.quarantined[self.event] = dict(violations)
        return frozenset(
            day for (day,) in memory.query("select distinct changed_date from changes")
        )

    def _replaced(self, raw: str) -> list[tuple[Any, ...]]:
        """The rows of base that those of missing slices replace."""
        hour = self.database.hour_of("delivered.received_at")
        return self.database.rows(
            f"""
            select {_columns("base")}
            from {self.node.relation} as base
            inner join (
                select distinct delivered._load_id, {hour} as _hour
                from {raw} as delivered
                {self._missing(raw)}
            ) as missing
                on base._load_id = missing._load_id and base._hour = missing._hour
            where base._contract_hash <> {literal(self.node.meta["contract_hash"])}
            """
        )

    def _copies(self, ids: Sequence[str]) -> list[tuple[Any, ...]]:
        """The valid rows of base with one of these event ids."""
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(ids), _IDS_AT_ONCE):
            listed = ", ".join(literal(each) for each in ids[start : start + _IDS_AT_ONCE])
            found += self.database.rows(
                f"select {_columns('base')} from {self.node.relation} as base"
                f" where base.is_valid and base.event_id in ({listed})"
            )
        return found

    def _closed(self, memory: Memory, told: Told) -> None:
        """Notes the closed hours that change, as the macro log_revisions would."""
        ((latest,),) = self.database.rows(
            f"select max(hour) from {self.database.name('ops.hours')}"
            f" where event_type = {literal(self.event)}"
        )
        for hour, arrived, replaced in memory.query(
            """
            select _hour, sum(arrived), sum(replaced)
            from (
                select _hour, count(*) as arrived, 0 as replaced from rows group by _hour
                union all
                select _hour, 0, count(*) from replaced group by _hour
                union all
                select _hour, 0, 0 from changes
            )
            group by _hour
            order by _hour
            """
        ):
            closed_at = hour + _HOUR + self.newest.closes_after
            if latest is not None and hour <= latest and closed_at <= self.at:
                added = max(int(arrived) - int(replaced), 0)
                told.closed.append(Closed(self.event, hour, closed_at, added, int(replaced)))


def _columns(table: str) -> str:
    names = ", ".join(f"{table}.{name}" for name in ("_file_id", "_line", "_hour", "event_id"))
    return (
        f"{names}, {table}.received_at, cast({table}.occurred_at as date) as changed_date,"
        f" {table}.is_valid, {table}.is_first_valid_copy"
    )


def _table(schema: pa.Schema, rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    listed = list(rows)
    arrays = []
    for position, column in enumerate(schema):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        arrays.append(pa.array([row[position] for row in listed], kind))
    return pa.table(arrays, names=schema.names)
