"""What `headwater status` lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headwater.contracts.model import EventContract

# Worst first: what keeps people from data, then what makes it wrong, then what to know.
ORDER = (
    "failed", "late", "incomplete", "set aside", "unpublished", "quarantined", "unparsed",
    "undeclared", "warning", "revised",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing to look at: `kind` is a word of ORDER, `size` ranks within it."""

    kind: str
    subject: str
    detail: str
    owner: str
    channel: str
    size: float = 0

    def __str__(self) -> str:
        whose = f"  [{self.owner} {self.channel}]" if self.owner or self.channel else ""
        return f"{self.kind:<12} {self.subject}: {self.detail}{whose}"


def whose(by_event: Mapping[str, EventContract], event: str) -> tuple[str, str]:
    """The owner and channel of an event type; empty when no contract declares it."""
    contract = by_event.get(event)
    return (contract.owner, contract.channel) if contract else ("", "")


def spans(dates: Iterable[dt.date]) -> str:
    """Dates in order, three or more in a row as `2026-01-01 to 2026-01-31`."""
    runs: list[list[dt.date]] = []
    for day in sorted(set(dates)):
        if runs and (day - runs[-1][-1]).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(
        f"{run[0].isoformat()} to {run[-1].isoformat()}"
        if len(run) > 2
        else ", ".join(day.isoformat() for day in run)
        for run in runs
    )
