"""How far a load has come, on stderr."""

from __future__ import annotations

import sys
import time
from typing import Protocol, TextIO


class Progress(Protocol):
    """Told how much there is to do, and what has been done since it was last told."""

    def begin(self, files: int, size: int) -> None: ...

    def advance(self, records: int, size: int) -> None: ...

    def end(self) -> None: ...


class Silent:
    """Says nothing."""

    def begin(self, files: int, size: int) -> None:
        pass

    def advance(self, records: int, size: int) -> None:
        pass

    def end(self) -> None:
        pass


class OnStream:
    """A line that rewrites itself on a terminal; elsewhere a line every ten seconds."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._is_live = self._stream.isatty()
        self._pause = 0.2 if self._is_live else 10.0
        self._records = self._size = self._total = self._width = 0
        self._started = self._said = time.monotonic()

    def begin(self, files: int, size: int) -> None:
        self._total = size
        self._started = self._said = time.monotonic()

    def advance(self, records: int, size: int) -> None:
        self._records += records
        self._size += size
        now = time.monotonic()
        if now - self._said >= self._pause:
            self._said = now
            self._say(now)

    def end(self) -> None:
        if self._is_live and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def _say(self, now: float) -> None:
        rate = self._records / max(now - self._started, 1e-9)
        share = min(100, 100 * self._size // max(self._total, 1))
        line = f"loading: {share} %, {self._records:,} records, {rate:,.0f} rows/s"
        if self._is_live:
            padding = " " * max(0, self._width - len(line))
            self._stream.write("\r" + line + padding)
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()
