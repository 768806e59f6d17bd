"""What the front page shows, as plain values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from headwater.finding import Finding


@dataclass(frozen=True)
class Hour:
    """One bar of an event type's chart."""

    hour: dt.datetime
    rows: int
    invalid: int


@dataclass(frozen=True)
class Reason:
    """Why rows are in quarantine, and how many of them."""

    violation: str
    rows: int


@dataclass(frozen=True)
class EventType:
    """An event type's delivery. Counts are of the last state.DAYS_COUNTED days."""

    name: str
    domain: str
    description: str
    owner: str
    channel: str
    tier: str
    doc: str  # the unique id of its staging model, or ''
    latest: dt.datetime | None
    late: str  # what is late about it, '' when nothing is
    rows: int
    duplicates: int
    invalid: int
    unparsed: int
    reasons: tuple[Reason, ...]
    hours: tuple[Hour, ...]

    @property
    def invalid_share(self) -> float:
        return self.invalid / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class Check:
    """The latest answer of one check."""

    model: str
    column: str
    name: str
    tool: str
    severity: str
    passed: bool
    observed: str
    owner: str
    channel: str
    at: dt.datetime | None
    why: str = ""  # what its suite says it is for

    @property
    def result(self) -> str:
        """passed | warning | failed."""
        return "passed" if self.passed else "failed" if self.severity == "critical" else "warning"


@dataclass(frozen=True)
class Mart:
    """A mart as people get it. `state`: current | held | never | unchecked."""

    name: str
    doc: str
    description: str
    owner: str
    channel: str
    state: str
    built: dt.datetime | None
    published: dt.datetime | None
    checks: tuple[Check, ...]

    @property
    def passed(self) -> int:
        return sum(each.passed for each in self.checks)


@dataclass(frozen=True)
class Run:
    """A row of ops.runs."""

    run_id: str
    job: str
    status: str
    started: dt.datetime | None
    seconds: float | None
    loaded: int
    unparsed: int
    built: int
    failed: int
    published: int


@dataclass(frozen=True)
class State:
    """Everything on the page; each list has its worst first."""

    at: dt.datetime
    findings: tuple[Finding, ...]
    events: tuple[EventType, ...]
    marts: tuple[Mart, ...]
    checks: tuple[Check, ...]
    runs: tuple[Run, ...]
