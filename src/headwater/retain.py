"""The last step of `headwater run daily`: what is over is deleted, in the bytes, too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from headwater import access, clock, retention
from headwater.contracts.model import EventContract
from headwater.database import Database, has
from headwater.errors import HeadwaterError
from headwater.graph import Graph
from headwater.project import Project
from headwater.retention.due import Due, Found

JOB = "daily"


@dataclass(frozen=True)
class Retained:
    """What was deleted, and what was not. `keys` of identifiers went; `failed` says why files
    could not be written anew."""

    found: Found
    keys: int = 0
    files: tuple[retention.Compacted, ...] = ()
    failed: str = ""

    @property
    def is_something(self) -> bool:
        return bool(self.found.due or self.keys or self.files or self.failed)

    def __str__(self) -> str:
        """In one line."""
        parts = [_counted(self.found.due, what) for what in ("raw", "staging")]
        parts += [_counted(self.found.due, what) for what in ("unparsed", "undeclared")]
        parts.append(f"{self.keys:,} keys" if self.keys else "")
        parts += [
            f"{each.name} written anew, {_size(each.before)} → {_size(each.after)}"
            for each in self.files
        ]
        return "; ".join(filter(None, parts)) or "nothing: nothing is over"

    def problems(self) -> Iterator[str]:
        """What stays though it is over, one line each."""
        yield from map(str, self.found.overdue)
        if self.failed:
            yield f"failed: {self.failed}"


def retain(
    project: Project,
    known: Graph,
    contracts: Sequence[EventContract],
    failing: Collection[str],
    run_id: Callable[[Database], str],
    say: Callable[[str], None],
) -> Retained:
    """Deletes what is over and records it as of a run, whose id is asked for if anything is.

    The caller holds the lock. Whatever fails leaves the files and tables as they were, for the
    next run to go on.
    """
    now = clock.now()
    with access.opened(project) as database:
        found = retention.find(database, known, contracts, failing, now)
        keys = 0
        if found.due or retention.keys_are_due(database):
            say(f"expiring {len(found.due):,} parts of the past")
            keys = retention.expire(
                database, known, contracts, failing, found.due, now=now, run_id=run_id(database)
            )
        is_due = retention.is_due(database)
        if is_due:
            run_id(database)
    if not is_due:
        return Retained(found, keys)
    say("writing the warehouse anew, without what was deleted")
    try:
        return Retained(found, keys, retention.compact(project))
    except HeadwaterError as error:
        return Retained(found, keys, failed=str(error))


def preview(
    database: Database,
    known: Graph,
    contracts: Sequence[EventContract],
    failing: Collection[str],
) -> Iterator[str]:
    """What would expire if nothing were loaded and built before; nothing is changed."""
    if not has(database, "ops.expired"):
        return  # the warehouse is of a version before there was retention
    found = retention.find(database, known, contracts, failing, clock.now())
    for each in found.due:
        hours = f"{len(each.hours):,} hour{'' if len(each.hours) == 1 else 's'}"
        yield f"would expire {each.rows:,} rows of {hours} of {_name(each)}"
    for overdue in found.overdue:
        yield f"would keep   {overdue}"


def _name(due: Due) -> str:
    if due.what == "staging":
        return f"base_{due.event}"
    if due.what == "raw":
        return f"raw.{due.event}"
    return f"raw.{due.what}" + (f" ({due.event})" if due.event else "")


def _counted(due: Sequence[Due], what: str) -> str:
    mine = [each for each in due if each.what == what]
    rows, hours = sum(each.rows for each in mine), sum(len(each.hours) for each in mine)
    plural = "" if hours == 1 else "s"
    return f"{rows:,} rows of {hours:,} hour{plural} of {what}" if mine else ""


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB"
