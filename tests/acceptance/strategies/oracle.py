"""What every table of the fixture project must hold, computed from scratch in Python.

It shares no SQL with the models: from the rows delivered, the texts of the project that
were in force when each model was last built, and the order of builds it says each table's
rows, and which dates each model may and must have logged as changed.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Row = tuple[Any, ...]
Dates = frozenset[dt.date] | None  # None: all of them
# Single dates, and the one from which on all are restated.
Restated = tuple[frozenset[dt.date], dt.date | None] | None
DAY = dt.timedelta(days=1)
EVENTS = ("ev", "ping")


@dataclass(frozen=True)
class Delivered:
    """One record as it arrived."""

    received_at: dt.datetime
    file_id: int
    line: int
    load_id: int
    event_id: str
    occurred_at: dt.datetime | None
    user_id: str | None
    v: int
    extra: str
    note: str | None = None
    major: int = 1  # as the record says it; none declares 3

    @property
    def slice(self) -> tuple[int, dt.datetime]:
        return self.load_id, self.hour

    @property
    def hour(self) -> dt.datetime:
        return self.received_at.replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Contract:
    """The event contract of one event type: what decides its rows."""

    minimum: int = 3
    lookback_days: int = 3
    extra: str = ""  # the type of a field that only some contracts declare
    note: str = ""  # `, note`, where it declares that optional field, which few records have

    @property
    def hash(self) -> str:
        rest = f"minimum {self.minimum}, lookback {self.lookback_days}, extra {self.extra}"
        return rest + self.note


@dataclass(frozen=True)
class Base:
    """A row of a base model: a record, under the contract that it was built with.

    `extra` is what the column holds, which may have changed its type since.
    """

    record: Delivered
    contract: Contract
    extra: Any
    is_first: bool = False

    @property
    def violations(self) -> tuple[str, ...]:
        return (
            *(["v.minimum"] if self.record.v < self.minimum else []),
            *(["user_id.required"] if self.record.user_id is None else []),
            *(["envelope.occurred_at"] if self.record.occurred_at is None else []),
            *(["envelope.schema_version"] if self.record.major > 2 else []),
        )

    @property
    def major(self) -> int:
        """The major that judges it: of an undeclared one the oldest."""
        return 2 if self.record.major == 2 else 1

    @property
    def minimum(self) -> int:
        """The second major's is one more."""
        return self.contract.minimum + self.major - 1

    @property
    def note(self) -> str | None:
        return self.record.note if self.contract.note else None

    @property
    def unknown_fields(self) -> tuple[str, ...]:
        return ("note:string",) if self.record.note and not self.contract.note else ()

    @property
    def is_valid(self) -> bool:
        return not self.violations

    @property
    def date(self) -> dt.date:
        assert self.record.occurred_at is not None
        return self.record.occurred_at.date()


@dataclass(frozen=True)
class Texts:
    """What the files of the project say at one moment."""

    contracts: Mapping[str, Contract]
    skipped: int = 5  # int_ev
    least: int = 0  # int_both
    most: int = 9  # int_pings, which is ephemeral: part of fct_pairs
    threshold: int = 2  # fct_events
    days: int = 4  # fct_active
    labels: tuple[tuple[str, str], ...] = (("u1", "red"), ("u2", "blue"))


@dataclass(frozen=True)
class Model:
    """How a model comes about.

    `upstreams` are the logged models below it with days (before, after), before being None
    where it reads everything until then; `views` the hand-written views between; `text` what
    of the files decides its own rows; `monthly` whether its dates are those of months.
    """

    kind: str  # base | view | table | dates | seed
    parents: tuple[str, ...] = ()
    upstreams: Mapping[str, tuple[int | None, int]] = field(default_factory=dict)
    views: tuple[str, ...] = ()
    text: Callable[[Texts], Any] = lambda texts: ""
    monthly: bool = False


def models(texts: Texts) -> dict[str, Model]:
    """The models by name, parents first; a window may be part of the texts."""
    plain: tuple[int | None, int] = (0, 0)
    both = {"base_ev": plain, "base_ping": plain}
    return {
        "labels": Model("seed", text=lambda t: t.labels),
        "base_ev": Model("base", text=lambda t: t.contracts["ev"]),
        "base_ping": Model("base", text=lambda t: t.contracts["ping"]),
        "stg_ev": Model("view", ("base_ev",), {"base_ev": plain}),
        "stg_ev_v2": Model("view", ("base_ev",), {"base_ev": plain}),
        "stg_ping": Model("view", ("base_ping",), {"base_ping": plain}),
        "quarantine_all": Model("view", ("base_ev", "base_ping"), both),
        "int_ev": Model(
            "view", ("stg_ev", "stg_ev_v2"), {"base_ev": plain}, text=lambda t: t.skipped
        ),
        "int_both": Model("view", ("int_ev", "stg_ping"), both, ("int_ev",), lambda t: t.least),
        "fct_events": Model(
            "dates", ("int_ev",), {"base_ev": plain}, ("int_ev",), lambda t: t.threshold
        ),
        "fct_active": Model(
            "dates", ("fct_events",), {"fct_events": (texts.days - 1, 0)}, text=lambda t: t.days
        ),
        "fct_next": Model("dates", ("stg_ev",), {"base_ev": (0, 1)}),
        "fct_peaks": Model("dates", ("fct_active",), {"fct_active": (0, 1)}),
        "fct_pairs": Model(
            "dates",
            ("stg_ev", "stg_ping"),
            {"base_ev": (1, 0), "base_ping": (0, 2)},
            text=lambda t: t.most,
        ),
        "fct_totals": Model(
            "dates",
            ("int_ev", "stg_ping"),
            {"base_ev": (None, 1), "base_ping": plain},
            ("int_ev",),
        ),
        "fct_months": Model(
            "dates",
            ("fct_totals", "stg_ev"),
            {"fct_totals": (0, 1), "base_ev": (None, 0)},
            monthly=True,
        ),
        "fct_labelled": Model(
            "dates", ("fct_events", "labels"), {"fct_events": plain, "labels": plain}
        ),
        "dim_users": Model("table", ("int_both",), both, ("int_ev", "int_both")),
        "fct_user_days": Model(
            "dates",
            ("int_both", "dim_users"),
            {**both, "dim_users": plain},
            ("int_ev", "int_both"),
        ),
    }


def descendants(names: Iterable[str]) -> set[str]:
    """The names given, and every model built from them."""
    found = set(names)
    for name, model in models(Texts({})).items():
        if found & set(model.parents):
            found.add(name)
    return found


def settle(rows: Iterable[Base], lookback_days: int) -> list[Base]:
    """The rows with `is_first` as the design defines it: a valid row is a duplicate when
    some other valid copy precedes it by at most the look-back."""
    kept = list(rows)
    by_id: dict[str, list[Base]] = {}
    for row in kept:
        if row.is_valid:
            by_id.setdefault(row.record.event_id, []).append(row)

    def order(row: Base) -> tuple[dt.datetime, int, int]:
        return row.record.received_at, row.record.file_id, row.record.line

    def is_first(row: Base) -> bool:
        return row.is_valid and not any(
            order(other) < order(row)
            and row.record.received_at - other.record.received_at <= lookback_days * DAY
            for other in by_id[row.record.event_id]
        )

    return [replace(row, is_first=is_first(row)) for row in kept]


def _cast(value: Any, type_: str) -> Any:
    """What a column of that type holds of a value; None where it cannot."""
    if value is None or type_ == "varchar":
        return None if value is None else str(value)
    return int(value) if str(value).isdigit() else None


class Oracle:
    """The state that the warehouse must be in; `deliver`, `expire` and `build` move it."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.raw: dict[str, list[Delivered]] = {event: [] for event in EVENTS}
        self.expired: dict[str, list[Delivered]] = {}
        self.bases: dict[str, list[Base]] = {}
        self.extra: dict[str, str] = {}  # event type -> type of the column, once it is there
        self.noted: set[str] = set()  # event types that have the column `note`
        self.tables: dict[str, list[Row]] = {}
        self.built_text: dict[str, Any] = {}
        self.log: dict[str, list[Dates]] = {}
        self.consumed: dict[str, dict[str, int]] = {}
        self._built_code: dict[str, Any] = {}

    # What the warehouse holds -----------------------------------------------------------

    def staged(self, event: str) -> list[Base]:
        return [row for row in self.bases[event] if row.is_first]

    def rows(self, name: str) -> list[Row]:
        """What a select of everything from `name` gives now."""
        if name.startswith("base_"):
            return [self._base_row(name, row) for row in self.bases[name[5:]]]
        if name in self.tables:
            return self.tables[name]
        if name not in self.built_text:
            return []
        return self._compute(name, self.built_text)

    def hours(self) -> list[Row]:
        """What ops.hours counts of rows."""
        found = []
        for event, rows in self.bases.items():
            for hour in {row.record.hour for row in rows}:
                within = [row for row in rows if row.record.hour == hour]
                found.append(
                    (
                        event,
                        hour,
                        len(within),
                        sum(not row.is_valid for row in within),
                        sum(row.is_valid and not row.is_first for row in within),
                        min(row.record.received_at for row in within),
                        max(row.record.received_at for row in within),
                        max(row.record.load_id for row in within),
                        len({row.record.file_id for row in within}),
                    )
                )
        return found

    def violations(self) -> list[Row]:
        """ops.violations."""
        counts = Counter(
            (event, row.record.hour, violation)
            for event, rows in self.bases.items()
            for row in rows
            for violation in row.violations
        )
        return [(*key, count) for key, count in counts.items()]

    def is_current(self, name: str) -> bool:
        """Whether a model was last built from what the files say now."""
        return name in self._built_code and bool(self._built_code[name] == self._code(name))

    def is_pending(self, name: str) -> bool:
        """Whether a model has something to catch up with."""
        model = models(self.texts)[name]
        if not self.is_current(name):
            return True
        if model.kind == "base":
            return bool(self._unbuilt(name[5:]))
        if model.kind in ("view", "seed"):
            return False
        return any(
            len(self.log.get(upstream, [])) > self.consumed[name][upstream]
            for upstream in model.upstreams
        )

    def restated(self, name: str) -> Restated:
        """The dates that a build of a mart must restate as things are."""
        if not self.is_current(name):
            return None
        model = models(self.texts)[name]
        found: set[dt.date] = set()
        since: list[dt.date] = []
        for upstream, (before, after) in model.upstreams.items():
            for dates in self.log.get(upstream, [])[self.consumed[name][upstream] :]:
                if dates is None:
                    return None
                for date in dates:
                    if before is None:
                        since.append(date - after * DAY)
                    else:
                        found |= {date + shift * DAY for shift in range(-after, before + 1)}
        if model.monthly:
            found = {date.replace(day=1) for date in found}
            since = [date.replace(day=1) for date in since]
        first = min(since, default=None)
        return frozenset(date for date in found if first is None or date < first), first

    def _logged(self, restated: Restated, before: Iterable[Row], after: Iterable[Row]) -> Dates:
        """The dates that a mart logs: of an open range those there were, and those there are.
        A date is the first column of the marts that have one."""
        if restated is None:
            return None
        days, since = restated
        rows = [*before, *after] if since else []
        return days | {row[0] for row in rows if since and row[0] >= since}

    # What happens to it -----------------------------------------------------------------

    def deliver(self, event: str, records: Iterable[Delivered]) -> None:
        self.raw[event].extend(records)

    def expire(self, event: str, before: dt.datetime) -> None:
        """Raw loses the hours before `before`."""
        self.expired.setdefault(event, []).extend(
            row for row in self.raw[event] if row.hour < before
        )
        self.raw[event] = [row for row in self.raw[event] if row.hour >= before]

    def build(self, built: Iterable[str], *, full_refresh: bool = False) -> None:
        """Every model of `built` was built with the texts as they are now."""
        names = set(built)
        for name, model in models(self.texts).items():
            if name not in names:
                continue
            logged: Dates = frozenset()
            restated: Restated = (frozenset(), None)
            if model.kind == "base":
                logged = self._build_base(name[5:])
            elif model.kind == "seed":
                changed = self.built_text.get(name) != model.text(self.texts)
                logged = None if changed else frozenset()
            elif model.kind == "table" or (model.kind == "dates" and full_refresh):
                logged = None
            elif model.kind == "dates":
                restated = self.restated(name)
            self.built_text[name] = model.text(self.texts)
            if model.kind in ("table", "dates", "seed"):
                old = self.tables.get(name, [])
                self.tables[name] = self._compute(name, self.built_text)
                if logged is not None and model.kind == "dates":
                    logged = self._logged(restated, old, self.tables[name])
            if logged is None or logged:
                self.log.setdefault(name, []).append(logged)
            self._built_code[name] = self._code(name, built=True)
            self.consumed[name] = {
                upstream: len(self.log.get(upstream, [])) for upstream in model.upstreams
            }

    def _code(self, name: str, *, built: bool = False) -> Any:
        """What decides a model's rows besides those of its upstreams; with `built`, what did,
        since a view below it may not be the one that its file describes."""
        model = models(self.texts)[name]
        views = {view: self._code(view) for view in model.views}
        if built:
            # A view that was left out keeps its code, views below it and all: what reads it is
            # built once more when it comes along, even if only those have changed.
            views = {view: self._built_code.get(view, code) for view, code in views.items()}
        return model.text(self.texts), views

    def _unbuilt(self, event: str) -> set[tuple[int, dt.datetime]]:
        contract = self.texts.contracts[event]
        rows = self.bases.get(event, [])
        held = {row.record.slice for row in rows if row.contract == contract}
        if contract.note:  # what was built before the field was declared stays if it had none
            before = replace(contract, note="")
            carried = {row.record.slice for row in rows if row.record.note}
            held |= {row.record.slice for row in rows if row.contract == before} - carried
        return {record.slice for record in self.raw[event]} - held

    def _build_base(self, event: str) -> Dates:
        contract = self.texts.contracts[event]
        is_new = event not in self.bases
        old = self.bases.get(event, [])
        unbuilt = self._unbuilt(event)
        delivered = {(record.file_id, record.line) for record in self.raw[event]}
        frozen = [row for row in old if (row.record.file_id, row.record.line) not in delivered]
        kept = [row for row in old if row not in frozen and row.record.slice not in unbuilt]
        if contract.extra and contract.extra != self.extra.get(event):
            self.extra[event] = contract.extra
            frozen = [replace(row, extra=_cast(row.extra, contract.extra)) for row in frozen]
        if contract.note:
            self.noted.add(event)
        fresh = [
            Base(record, contract, _cast(record.extra if contract.extra else None, contract.extra))
            for record in self.raw[event]
            if record.slice in unbuilt
        ]
        self.bases[event] = settle([*frozen, *kept, *fresh], contract.lookback_days)
        if is_new:
            return None
        was_first = {row.record for row in old if row.is_first}
        replaced = {row.date for row in old if row.is_first and row.record.slice in unbuilt}
        restated = {
            row.date for row in self.bases[event] if row.is_first and row.record.slice in unbuilt
        }
        flipped = {
            row.date
            for row in self.bases[event]
            if row.is_valid
            and row.record.slice not in unbuilt
            and row.is_first != (row.record in was_first)
        }
        return frozenset(replaced | restated | flipped)

    # How each model's rows come about ---------------------------------------------------

    def _base_row(self, name: str, row: Base) -> Row:
        record = row.record
        return (
            record.event_id,
            record.occurred_at,
            record.received_at,
            record.user_id,
            record.v,
            *([row.extra] if name[5:] in self.extra else []),
            *([row.note] if name[5:] in self.noted else []),
            row.unknown_fields,
            row.violations,
            row.is_valid,
            row.is_first,
            record.file_id,
            record.line,
            record.load_id,
            record.hour,
            row.contract.hash,
            row.major,
        )

    def _compute(self, name: str, texts: Mapping[str, Any]) -> list[Row]:
        return getattr(self, f"_rows_of_{name}")(texts.get(name))  # type: ignore[no-any-return]

    def _rows_of_labels(self, labels: Any) -> list[Row]:
        return list(labels)

    def _staging(self, event: str, majors: Iterable[int] = (1, 2)) -> list[Row]:
        return [
            (
                row.record.event_id,
                row.record.occurred_at,
                row.record.received_at,
                row.date,
                row.record.user_id,
                row.record.v,
            )
            for row in self.staged(event)
            if row.major in majors
        ]

    def _rows_of_stg_ev(self, _: Any) -> list[Row]:
        return self._staging("ev", [1])

    def _rows_of_stg_ev_v2(self, _: Any) -> list[Row]:
        return self._staging("ev", [2])

    def _rows_of_stg_ping(self, _: Any) -> list[Row]:
        return self._staging("ping")

    def _rows_of_quarantine_all(self, _: Any) -> list[Row]:
        return [
            (
                event,
                row.record.received_at,
                row.record.hour,
                row.violations,
                row.contract.hash,
                row.record.file_id,
                row.record.line,
                row.record.load_id,
            )
            for event in EVENTS
            for row in self.bases[event]
            if not row.is_valid
        ]

    def _rows_of_int_ev(self, skipped: Any) -> list[Row]:
        return [
            (event_id, date, user, v)
            for event_id, _, _, date, user, v in self._staging("ev")
            if v != skipped
        ]

    def _rows_of_int_both(self, least: Any) -> list[Row]:
        return [
            *(("ev", date, user, v) for _, date, user, v in self.rows("int_ev") if v >= least),
            *(("ping", d, user, v) for _, _, _, d, user, v in self._staging("ping") if v >= least),
        ]

    def _rows_of_fct_events(self, threshold: Any) -> list[Row]:
        return [row for row in self.rows("int_ev") if row[3] >= threshold]

    def _rows_of_fct_active(self, days: Any) -> list[Row]:
        users: dict[dt.date, set[str]] = {}
        for _, date, user, _ in self.rows("fct_events"):
            for shift in range(days):
                users.setdefault(date + shift * DAY, set()).add(user)
        return [(date, len(found)) for date, found in users.items()]

    def _rows_of_fct_next(self, _: Any) -> list[Row]:
        events = self._staging("ev", [1])
        days = Counter((user, date) for _, _, _, date, user, _ in events)
        return [
            (event_id, date, user, received_at, days[user, date + DAY])
            for event_id, _, received_at, date, user, _ in events
        ]

    def _rows_of_fct_peaks(self, _: Any) -> list[Row]:
        users: dict[dt.date, int] = dict(self.rows("fct_active"))
        return [(date, count > users.get(date + DAY, 0)) for date, count in users.items()]

    def _rows_of_fct_pairs(self, most: Any) -> list[Row]:
        events = Counter(
            row[3] + shift * DAY for row in self._staging("ev", [1]) for shift in (0, 1)
        )
        pings = Counter(
            row[3] - shift * DAY
            for row in self._staging("ping")
            if row[5] <= most
            for shift in (0, 1, 2)
        )
        return [(date, events[date], pings[date]) for date in {*events, *pings}]

    def _rows_of_fct_totals(self, _: Any) -> list[Row]:
        pings = Counter(row[3] for row in self._staging("ping"))
        dates = [date for _, date, _, _ in self.rows("int_ev")]
        return [
            (date, count, sum(each <= date + DAY for each in dates))
            for date, count in pings.items()
        ]

    def _rows_of_fct_months(self, _: Any) -> list[Row]:
        days = {date: (pings, until) for date, pings, until in self.rows("fct_totals")}
        found = []
        for month in {date.replace(day=1) for date in days}:
            after = (month + 32 * DAY).replace(day=1)
            within = [days[date] for date in days if month <= date < after]
            users = {row[4] for row in self._staging("ev", [1]) if row[3] < after}
            pings, until = zip(*within, strict=True)
            found.append((month, sum(pings), max(until), days.get(after, (0, 0))[0], len(users)))
        return found

    def _rows_of_fct_labelled(self, _: Any) -> list[Row]:
        labels: dict[str, str] = dict(self.rows("labels"))
        return [
            (event_id, date, labels.get(user, "none"))
            for event_id, date, user, _ in self.rows("fct_events")
        ]

    def _rows_of_dim_users(self, _: Any) -> list[Row]:
        dates: dict[str, list[dt.date]] = {}
        for _, date, user, _ in self.rows("int_both"):
            dates.setdefault(user, []).append(date)
        return [(user, len(found), min(found)) for user, found in dates.items()]

    def _rows_of_fct_user_days(self, _: Any) -> list[Row]:
        ever = {user: count for user, count, _ in self.rows("dim_users")}
        days = Counter((date, user) for _, date, user, _ in self.rows("int_both"))
        return [(*key, count, ever.get(key[1], 0)) for key, count in days.items()]
