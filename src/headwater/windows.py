"""Which dates a model restates for changes of what it reads, as the macro changed_dates has it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headwater.errors import BadInput

MONTH = "month"


@dataclass(frozen=True)
class Window:
    """The days before and after its own that a model reads of an upstream; `before` is None
    when it reads everything until then."""

    before: int | None = 0
    after: int = 0

    def widened(self, other: Window) -> Window:
        """The window that covers both."""
        is_all = self.before is None or other.before is None
        before = None if is_all else max(self.before or 0, other.before or 0)
        return Window(before, max(self.after, other.after))


@dataclass(frozen=True)
class Restated:
    """Dates that a model restates: single ones, and all from `since` on."""

    days: frozenset[dt.date] = field(default_factory=frozenset)
    since: dt.date | None = None

    def __bool__(self) -> bool:
        return bool(self.days) or self.since is not None

    def joined(self, other: Restated) -> Restated:
        starts = [each for each in (self.since, other.since) if each is not None]
        return Restated(self.days | other.days, min(starts, default=None))

    def by(self, period: str, first: dt.date | None = None) -> Restated:
        """As the model names them: by their months where `period` says so, and none before
        `first`, the first date that is not frozen."""
        since = self.since
        if since is not None:
            since = max(_start(since, period), first or dt.date.min)
        starts = (_start(day, period) for day in self.days)
        return Restated(
            frozenset(
                day
                for day in starts
                if (first is None or day >= first) and (since is None or day < since)
            ),
            since,
        )


def restated(changed: Iterable[dt.date], window: Window) -> Restated:
    """The dates a model restates for dates that changed in an upstream."""
    days = list(changed)
    if window.before is None:
        return Restated(since=_shifted(min(days), -window.after)) if days else Restated()
    found: set[dt.date] = set()
    for day in days:
        found |= set(days_around(day, window.after, window.before))
    return Restated(frozenset(found))


def restated_for(changed: Restated, window: Window) -> Restated:
    """The same, where the upstream restates all of its dates from one on."""
    found = restated(changed.days, window)
    if changed.since is not None:
        found = found.joined(Restated(since=_shifted(changed.since, -window.after)))
    return found


def days_around(day: dt.date, before: int, after: int) -> list[dt.date]:
    """A date and those around it, as the macro days_around has them."""
    last = dt.date.max.toordinal()
    return [
        dt.date.fromordinal(number)
        for number in range(day.toordinal() - before, day.toordinal() + after + 1)
        if 1 <= number <= last
    ]


def first_of_period(day: dt.date, period: str) -> dt.date:
    """The first date at or after `day` that begins a period."""
    start = _start(day, period)
    return day if start == day else _start(start + dt.timedelta(days=32), period)


def last_of_period(day: dt.date, period: str) -> dt.date:
    """The last date of the period that `day` is in, as the macro period_end has it."""
    if period != MONTH:
        return day
    return _start(_start(day, period) + dt.timedelta(days=32), period) - dt.timedelta(days=1)


def read(name: str, meta: Mapping[str, Any]) -> dict[str, Window]:
    """A model's meta.windows by upstream.

    Raises BadInput when it, or meta.period, says what the macro check_windows refuses.
    """
    if meta.get("period") not in (None, MONTH):
        raise BadInput(f"meta.period of {name} is {meta['period']}; it is {MONTH}, or left out")
    found = {}
    for upstream, said in (meta.get("windows") or {}).items():
        for word, days in said.items():
            if word not in ("before", "after"):
                raise BadInput(
                    f"meta.windows of {name} says {word} of {upstream};"
                    " it knows before and after, in days"
                )
            is_number = isinstance(days, int) and not isinstance(days, bool) and days >= 0
            if not is_number and (word, days) != ("before", "all"):
                raise BadInput(
                    f"meta.windows of {name} says {word}: {days} of {upstream};"
                    f" that is a whole number of days{', or all' if word == 'before' else ''}"
                )
        before = said.get("before", 0)
        found[upstream] = Window(None if before == "all" else before, said.get("after", 0))
    return found


def _start(day: dt.date, period: str) -> dt.date:
    return day.replace(day=1) if period == MONTH else day


def _shifted(day: dt.date, days: int) -> dt.date:
    last = dt.date.max.toordinal()
    return dt.date.fromordinal(min(max(day.toordinal() + days, 1), last))
