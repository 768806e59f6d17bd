"""What became of all faults, family by family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Family:
    """Faults of one kind. `notes` say what happened, in words; `failures` what went wrong."""

    name: str
    faults: int = 0
    lost: int = 0
    wrong: int = 0
    leaked: int = 0
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def found(self, lost: int = 0, wrong: int = 0, leaked: int = 0, what: str = "") -> None:
        """One fault that was not survived, unless all numbers are 0."""
        self.lost += lost
        self.wrong += wrong
        self.leaked += leaked
        if lost or wrong or leaked:
            self.failures.append(what)

    @property
    def survived(self) -> int:
        return self.faults - len(self.failures)


@dataclass
class Tally:
    """The families by name, in the order in which they came."""

    families: dict[str, Family] = field(default_factory=dict)

    def family(self, name: str) -> Family:
        return self.families.setdefault(name, Family(name))

    def values(self) -> list[dict[str, Any]]:
        """The families as plain values, which one process can tell another."""
        return [asdict(each) for each in self.families.values()]

    def add(self, values: Sequence[dict[str, Any]]) -> None:
        """Adds what another process counted."""
        for each in values:
            mine = self.family(each["name"])
            for name in ("faults", "lost", "wrong", "leaked", "notes", "failures"):
                setattr(mine, name, getattr(mine, name) + each[name])

    def lines(self) -> Iterator[str]:
        """A table in Markdown."""
        yield "| faults | number | survived | lost | wrong | leaked |"
        yield "|---|--:|--:|--:|--:|--:|"
        for each in self.families.values():
            numbers = (each.faults, each.survived, each.lost, each.wrong, each.leaked)
            yield f"| {each.name} | {' | '.join(f'{number:,}' for number in numbers)} |"
        yield ""
        for each in self.families.values():
            for note in each.notes:
                yield f"- {each.name}: {note}"
