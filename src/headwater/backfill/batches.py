"""How a range is cut into batches, each built by one call of dbt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

# Rows read in one batch: enough that dbt's start does not matter, few enough for a laptop.
ROWS_AT_ONCE = 5_000_000


@dataclass(frozen=True)
class Batch:
    """Hours or dates from `first` to `last`, both included; None: without a bound.

    `with_null`: rows without a date, too. `rows` when it is done: how many it built.
    """

    number: int
    first: dt.datetime | None
    last: dt.datetime | None
    with_null: bool = False
    rows: int | None = None

    @property
    def is_done(self) -> bool:
        return self.rows is not None


def cut(
    rows: Mapping[dt.datetime, int],
    step: dt.timedelta,
    most_steps: int | None = None,
    most_rows: int = ROWS_AT_ONCE,
) -> tuple[Batch, ...]:
    """Batches of whole hours or dates (`step` long), in order, by how many rows each has.

    `most_steps` limits how many of them share a batch. Hours and dates between two batches
    have no rows.
    """
    return tuple(
        Batch(number, group[0], group[-1])
        for number, group in enumerate(_groups(rows, step, most_steps, most_rows), 1)
    )


def _groups(
    rows: Mapping[dt.datetime, int], step: dt.timedelta, most_steps: int | None, most_rows: int
) -> Iterator[list[dt.datetime]]:
    group: list[dt.datetime] = []
    count = 0
    for moment in sorted(rows):
        is_long = most_steps is not None and group and moment - group[0] >= most_steps * step
        if group and (is_long or count + rows[moment] > most_rows):
            yield group
            group, count = [], 0
        group.append(moment)
        count += rows[moment]
    if group:
        yield group


def opened(
    batches: Sequence[Batch],
    end_of: Callable[[dt.datetime], dt.datetime],
    first: dt.datetime | None,
    last: dt.datetime | None,
) -> tuple[Batch, ...]:
    """The same, covering everything from `first` to `last`: gaps between batches go to the
    later one. `end_of` gives the last date of what a date stands for."""
    found: list[Batch] = []
    for batch in batches:
        before = found[-1].last if found else None
        start = before + dt.timedelta(days=1) if before is not None else first
        assert batch.last is not None
        found.append(replace(batch, first=start, last=end_of(batch.last)))
    if found:
        found[-1] = replace(found[-1], last=last)
    return tuple(found)
