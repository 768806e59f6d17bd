"""What there is to rebuild: rows by hour or date, and what can no longer be."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from headwater.backfill.asked import DAY, HOUR, Range
from headwater.backfill.batches import Batch, cut, opened
from headwater.database import Database
from headwater.errors import BadInput
from headwater.finding import spans
from headwater.graph import Graph, Node
from headwater.literals import literal
from headwater.raw import any_hour
from headwater.windows import Restated, last_of_period, restated

_NEVER = dt.datetime.min


@dataclass(frozen=True)
class NotHealed:
    """An hour whose raw is gone: these rows of base stay as they are."""

    hour: dt.datetime
    rows: int


@dataclass(frozen=True)
class Work:
    """The batches of a backfill, and what stays: hours without raw, frozen dates."""

    batches: tuple[Batch, ...]
    not_healed: tuple[NotHealed, ...] = ()
    frozen: tuple[dt.date, ...] = ()
    rows: dict[dt.datetime, int] = field(default_factory=dict)

    @property
    def first(self) -> dt.datetime:
        return min(self.rows)

    @property
    def last(self) -> dt.datetime:
        return max(self.rows)


def of_hours(database: Database, node: Node, asked: Range, most: int | None) -> Work:
    """The hours of an event type that raw holds.

    Raises BadInput when the range holds nothing of it.
    """
    event = str(node.meta["event_type"])
    raw = database.name(f"raw.{event}")
    hour = database.hour_of("received_at")
    first, last = asked.first or _NEVER, asked.last or dt.datetime(9999, 12, 31)
    bounds = f"received_at >= {literal(first)} and received_at < {literal(last + HOUR)}"
    rows = {
        moment: int(count)
        for moment, count in database.rows(
            f"select {hour}, count(*) from {raw} where {bounds} group by 1"
        )
    }
    not_healed = _without_raw(database, node, raw, bounds)
    if not rows and not not_healed:
        raise BadInput(
            f"nothing of {event} was received then",
            _history_of(f"{event} has", _bounds_of_hours(database, node, raw)),
        )
    return Work(cut(rows, HOUR, most), not_healed, rows=rows)


def _without_raw(database: Database, node: Node, raw: str, bounds: str) -> tuple[NotHealed, ...]:
    """The hours of which base has slices that raw has not."""
    if node.table not in database.tables():
        return ()
    hour = database.hour_of("received_at")
    return tuple(
        NotHealed(moment, int(count))
        for moment, count in database.rows(
            f"""
            select base._hour, count(*)
            from {node.relation} as base
            left join (
                select distinct _load_id, {hour} as _hour from {raw} where {bounds}
            ) as delivered
                on base._load_id = delivered._load_id and base._hour = delivered._hour
            where delivered._load_id is null and {_prefixed(bounds, "base")}
            group by base._hour
            order by base._hour
            """
        )
    )


def _prefixed(bounds: str, table: str) -> str:
    return bounds.replace("received_at", f"{table}.received_at")


def _bounds_of_hours(
    database: Database, node: Node, raw: str
) -> tuple[dt.datetime | None, dt.datetime | None]:
    parts = [f"select {database.hour_of('received_at')} as hour from {raw} where {any_hour()}"]
    if node.table in database.tables():
        parts.append(f"select _hour from {node.relation}")
    ((first, last),) = database.rows(
        f"select min(hour), max(hour) from ({' union all '.join(parts)}) as known"
        " where hour >= timestamp '0001-01-01 00:00:00'"
    )
    return first, last


def of_dates(
    database: Database,
    known: Graph,
    node: Node,
    asked: Range,
    frozen_before: dt.date | None,
    most: int | None,
) -> Work:
    """The dates of a model, by what it reads and by its own.

    A backfill of all of them has no bounds but the frozen dates: it leaves nothing out that a
    full build has. Raises BadInput when the range holds none.
    """
    rows = _rows_by_date(database, known, node)

    def end_of(moment: dt.datetime) -> dt.datetime:
        return at(last_of_period(moment.date(), node.period))

    first = at(frozen_before) if frozen_before else None
    frozen = {
        moment.date()
        for moment in _own_dates(database, node)
        if asked.holds(moment) and first is not None and moment < first
    }
    if asked.is_all:
        mine = {moment: n for moment, n in rows.items() if first is None or moment >= first}
        batches = opened(cut(mine, DAY, most), end_of, first, None)
        if not batches:
            batches = (Batch(1, first, None),)
        batches = (_with_null(batches[0]), *batches[1:])
        return Work(batches, frozen=tuple(sorted(frozen)), rows=mine)
    mine = {moment: n for moment, n in rows.items() if asked.holds(moment)}
    if not mine:
        bounds = (min(rows, default=None), max(rows, default=None))
        raise BadInput(
            f"{node.name} has no dates then", _history_of(f"{node.name} has", bounds, is_date=True)
        )
    mine = {moment: n for moment, n in mine.items() if first is None or moment >= first}
    if not mine:
        raise BadInput(
            f"{node.name}: {spans(frozen)} can no longer be computed:"
            " what it reads has expired, so its rows stay as they are"
        )
    batches = opened(cut(mine, DAY, most), end_of, min(mine), end_of(max(mine)))
    return Work(batches, frozen=tuple(sorted(frozen)), rows=mine)


def _with_null(batch: Batch) -> Batch:
    return Batch(batch.number, batch.first, batch.last, with_null=True)


def _rows_by_date(database: Database, known: Graph, node: Node) -> dict[dt.datetime, int]:
    """Per date of the model about how many rows are read for it; its own dates count, too."""
    found: dict[dt.datetime, int] = dict.fromkeys(_own_dates(database, node), 0)
    for upstream, window in known.windows(node).items():
        read = _dates_of(database, known.by_name[upstream])
        for moment, count in read.items():
            (start,) = Restated(frozenset([moment.date()])).by(node.period).days
            found[at(start)] = found.get(at(start), 0) + count
        widened = restated((moment.date() for moment in read), window).by(node.period)
        for day in [*widened.days, *([widened.since] if widened.since else [])]:
            found.setdefault(at(day), 0)
    return found


def _own_dates(database: Database, node: Node) -> list[dt.datetime]:
    if node.table not in database.tables():
        return []
    return list(_dates_of(database, node))


def _dates_of(database: Database, node: Node) -> dict[dt.datetime, int]:
    """Rows by date of a model that has dates; of a base, of what staging shows of it."""
    date = str(node.meta.get("date") or "")
    if not date or node.table not in database.tables():
        return {}
    which = "where is_first_valid_copy" if node.is_base else ""
    return {
        at(day): int(count)
        for day, count in database.rows(
            f"select cast({date} as date), count(*) from {node.relation} {which} group by 1"
        )
        if day is not None
    }


def at(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day)


def _history_of(
    what: str,
    bounds: tuple[dt.datetime | None, dt.datetime | None],
    *,
    is_date: bool = False,
) -> str:
    first, last = bounds
    if first is None or last is None:
        return f"{what} no history yet: headwater run"
    style = "%Y-%m-%d" if is_date else "%Y-%m-%d %H:00"
    return f"{what} {first:{style}} to {last:{style}}"
