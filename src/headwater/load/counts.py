"""What a batch wrote, counted where it was written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Counted:
    """Of one file: rows of raw, and unparsed records by reason, most frequent first."""

    loaded: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def unparsed(self) -> int:
        return sum(count for _, count in self.reasons)


def counted(
    loaded: Iterable[tuple[int, int]], unparsed: Iterable[tuple[int, str, int]]
) -> dict[int, Counted]:
    """By file id, from rows of (file id, count) and of (file id, reason, count)."""
    rows = dict(loaded)
    reasons: dict[int, list[tuple[str, int]]] = {}
    for number, reason, count in unparsed:
        reasons.setdefault(number, []).append((reason, count))
    return {
        number: Counted(
            rows.get(number, 0),
            tuple(sorted(reasons.get(number, ()), key=lambda each: (-each[1], each[0]))),
        )
        for number in rows.keys() | reasons.keys()
    }
