"""What a dry run found, for a person and for a program. Nothing here is a payload's value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from headwater.contracts import violation_names
from headwater.contracts.model import EventContract
from headwater.errors import ExitCode

SHOWN_LINES = 5

# What a producer can do about an envelope, which no line of the contract's payload names.
ENVELOPE = {
    "envelope.event_type": "the record names another event type than this one",
    "envelope.event_id": "the record has no event id where the contract maps one",
    "envelope.occurred_at": "no time, none that can be read, over an hour after it was received, "
    "or longer before than max_lateness; a record that says no time of arrival is judged as if "
    "it came now",
    "envelope.received_at": "no time of arrival where the contract maps one, none that can be "
    "read, or over an hour ahead; where collectors send none, write received_at: none",
    "envelope.schema_version": "no major version that a contract declares",
    "record.type": "the record is JSON, but not an object",
}


@dataclass(frozen=True)
class Reason:
    """Why records are not accepted: a violation, or what makes a line no JSON.

    `lines` are the first few of the file. `place` is where the contract has the rule.
    """

    name: str
    records: int
    lines: tuple[int, ...]
    place: str = ""


@dataclass(frozen=True)
class UnknownField:
    """A field that the contract does not declare, with the JSON types it was seen with."""

    name: str
    types: tuple[str, ...]
    records: int


@dataclass(frozen=True)
class Verdict:
    """What would become of each record of a file.

    records = accepted + rejected + unparsed. `duplicates` are accepted, but copies of an
    event id before them in the file: staging shows the first.
    """

    event: str
    file: str
    records: int
    accepted: int
    rejected: int
    unparsed: int
    duplicates: int
    violations: tuple[Reason, ...] = ()
    unreadable: tuple[Reason, ...] = ()
    unknown_fields: tuple[UnknownField, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.BRANCH_FAILED if self.rejected or self.unparsed else ExitCode.OK

    def as_json(self) -> dict[str, Any]:
        """The same as plain values; docs/guides/producers.md shows one."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        yield f"{self.file} as {self.event}: {_counted(self.records, 'record')}"
        yield f"  accepted  {self.accepted:>10,}"
        if self.duplicates:
            yield (
                f"            {self.duplicates:>10,} of them repeat an event id: "
                "staging shows the first copy"
            )
        yield f"  rejected  {self.rejected:>10,}"
        yield from _reasons(self.violations)
        for reason in self.violations:
            if reason.name in ENVELOPE:
                yield f"    {reason.name}: {ENVELOPE[reason.name]}"
        yield f"  unparsed  {self.unparsed:>10,}"
        yield from _reasons(self.unreadable)
        if self.unknown_fields:
            yield "  not declared (kept in raw; declare one, and its past values come with it)"
            width = max(len(field.name) for field in self.unknown_fields)
            for field in self.unknown_fields:
                yield (
                    f"    {field.name:<{width}}  {' or '.join(field.types)}, "
                    f"in {_counted(field.records, 'record')}"
                )


def _reasons(reasons: Sequence[Reason]) -> Iterator[str]:
    if not reasons:
        return
    width = max(len(reason.name) for reason in reasons)
    for reason in reasons:
        more = ", …" if reason.records > len(reason.lines) else ""
        where = f"line{'s' if reason.records > 1 else ''} {', '.join(map(str, reason.lines))}{more}"
        place = f"  ({reason.place})" if reason.place else ""
        yield f"    {reason.name:<{width}}  {reason.records:>8,}  {where}{place}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def places(contracts: Sequence[EventContract]) -> dict[tuple[str, int], str]:
    """Where each violation of the payload stands in each major, as file:line."""
    found: dict[tuple[str, int], str] = {}
    for contract in contracts:
        lines = {".".join(path): field.schema.line for path, field in contract.payload.walk()}
        for name in violation_names(contract.payload):
            parts = name.split(".")
            above = (".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))
            line = next((lines[each] for each in above if each in lines), contract.payload.line)
            found[name, contract.major] = f"{contract.path}:{line}"
    return found
