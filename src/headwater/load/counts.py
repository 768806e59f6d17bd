"""What a batch wrote, counted where it was written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from headwater.load.routes import OTHER

# A file may name as many types as it has records; the books say of so many each.
NAMED = 50


@dataclass(frozen=True)
class OfType:
    """Rows of one event type. Where no contract declares it, the name is one to be shown."""

    event: str
    is_declared: bool
    rows: int


@dataclass(frozen=True)
class Counted:
    """Of one file: rows of raw by event type, unparsed records by reason; most frequent first."""

    types: tuple[OfType, ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()

    @property
    def loaded(self) -> int:
        return sum(each.rows for each in self.types)

    @property
    def unparsed(self) -> int:
        return sum(count for _, count in self.reasons)


def counted(
    loaded: Iterable[tuple[int, str, bool, int]], unparsed: Iterable[tuple[int, str, int]]
) -> dict[int, Counted]:
    """By file id, from rows of (file id, event type, is declared, count) and of
    (file id, reason, count)."""
    types: dict[int, list[OfType]] = {}
    for number, event, is_declared, count in loaded:
        types.setdefault(number, []).append(OfType(event, is_declared, count))
    reasons: dict[int, list[tuple[str, int]]] = {}
    for number, reason, count in unparsed:
        reasons.setdefault(number, []).append((reason, count))
    return {
        number: Counted(
            _fewer(types.get(number, [])),
            tuple(sorted(reasons.get(number, ()), key=lambda each: (-each[1], each[0]))),
        )
        for number in types.keys() | reasons.keys()
    }


def _fewer(types: list[OfType]) -> tuple[OfType, ...]:
    """The same counts, the rarest of very many undeclared names taken together."""
    types.sort(key=lambda each: (-each.rows, each.event))
    declared = [each for each in types if each.is_declared]
    waiting = [each for each in types if not each.is_declared and each.event != OTHER]
    others = sum(each.rows for each in types if not each.is_declared and each.event == OTHER)
    others += sum(each.rows for each in waiting[NAMED:])
    rest = [OfType(OTHER, False, others)] if others else []
    return (*declared, *waiting[:NAMED], *rest)
