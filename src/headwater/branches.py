"""Event types that cannot take part in a run, while all the others go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from headwater import sync
from headwater.contracts.model import EventContract
from headwater.errors import Diagnostic
from headwater.project import Project


def whose(owner: str | None, channel: str | None) -> str:
    """` [owner channel]`, to end a line with; nothing when nobody is named."""
    known = " ".join(word for word in (owner, channel) if word)
    return f" [{known}]" if known else ""


@dataclass(frozen=True)
class Failing:
    """An event type that fails before it begins, and whose it is, where that can be read.

    `event` is empty for contract files whose name says no event type. `has_errors`: its
    contract does; otherwise its generated models are not what `headwater sync` writes.
    """

    event: str
    owner: str
    channel: str
    has_errors: bool
    diagnostics: tuple[Diagnostic, ...]

    @property
    def reason(self) -> str:
        if self.has_errors:
            return "left out until its event contract is mended"
        return "left out until its models are what headwater sync writes"

    def lines(self) -> Iterator[str]:
        """Every problem with its place and hint, then the event type with its owner."""
        yield from map(str, self.diagnostics)
        if self.event:
            yield f"failed: {self.event}: {self.reason}{whose(self.owner, self.channel)}"


def read(project: Project) -> tuple[tuple[EventContract, ...], dict[str, Failing]]:
    """The event contracts, and by event type (or quarantine model) what leaves some out."""
    found = sync.compare(project.root)
    owners = {each.event: (each.owner, each.channel) for each in found.reading.contracts}
    failing: dict[str, Failing] = {}
    if found.reading.strays:
        failing[""] = Failing("", "", "", True, found.reading.strays)
    for broken in found.reading.broken:
        failing[broken.event] = Failing(
            broken.event, broken.owner or "", broken.channel or "", True, broken.diagnostics
        )
    for has_errors, problems in ((True, found.refused), (False, found.drift)):
        for event, diagnostics in problems.items():
            if event not in failing:
                owner, channel = owners.get(event, ("", ""))
                failing[event] = Failing(event, owner, channel, has_errors, diagnostics)
    return found.reading.contracts, failing


def broken(contracts: Iterable[EventContract], failing: Mapping[str, Failing]) -> frozenset[str]:
    """The event types whose contract nobody can read, so that nothing says where records go."""
    names = {each.event for each in failing.values() if each.has_errors and each.event}
    return frozenset(names - {each.event for each in contracts})
