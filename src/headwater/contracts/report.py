"""Collecting every problem of one contract file, so that all are told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from headwater.errors import Diagnostic


class Report:
    """The problems of one file. `path` is how messages name it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._found: dict[Diagnostic, None] = {}

    def add(self, line: int, message: str, hint: str) -> None:
        """Note a problem; the same one twice is told once."""
        self._found[Diagnostic(self.path, line, message, hint)] = None

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return tuple(sorted(self._found))


def shown(value: object, limit: int = 60) -> str:
    """A value from a file as a message may print it: one line, bounded, quoted."""
    text = ascii(value) if not isinstance(value, str) else _printable(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _printable(text: str) -> str:
    return "'" + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text) + "'"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` is most likely a misspelling of."""
    choices = list(known)
    folded = name.replace("-", "_").lower()
    for choice in choices:
        if choice.lower() == folded or choice.lower().replace("_", "") == folded.replace("_", ""):
            return choice
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.6)
    return close[0] if close else None


def key_hint(name: str, known: Iterable[str]) -> str:
    """A hint for an unknown key."""
    if " " in name.strip():
        return "inside { } a comma ends a text: put text that holds one in quotes"
    return did_you_mean(name, known)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint: the nearest known name, else all of them."""
    choices = list(known)
    match = nearest(name, choices)
    return f"did you mean {match}?" if match else f"one of: {', '.join(choices)}"
