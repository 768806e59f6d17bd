"""Parses and compiles the event contracts that changed, and takes the others from the last time.

A contract is known by the bytes of its file, and of the schema files if it refers to any, its
path and the code that reads it; the models of an event type by its contracts and the code that
compiles them, as long as the files are those that were written then.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from headwater.compile import File, Group, Made, compile_each
from headwater.contracts.contract import Parsed
from headwater.contracts.files import Source, parse_sources
from headwater.contracts.model import EventContract
from headwater.contracts.pattern import close_engine
from headwater.evolution import Evolved
from headwater.evolution.lockfile import Entry
from headwater.memo import Memo, key_of
from headwater.split import Item, Result, split

_LEAST = 32  # event types that are worth a process


class Reuse:
    """The parser and the compiler of one look at the project at `root`."""

    def __init__(self, root: Path, *, alone: bool = False) -> None:
        """With `alone`, all is done in this process: one that has threads must not fork."""
        self._root = root
        self._least = sys.maxsize if alone else _LEAST
        target = root / os.environ.get("DBT_TARGET_PATH", "target")
        self._memo = Memo(target / "headwater" / "contracts.memo")
        self._keys: dict[str, str] = {}  # of each contract file, by path
        self._made: dict[str, Made] = {}
        self._texts: dict[str, str | None] = {}

    def parse(self, sources: Sequence[Source]) -> list[Parsed]:
        """As contracts.files.parse_sources()."""
        found: dict[str, Parsed] = {}
        unknown: list[Source] = []
        for source in sources:
            key = key_of(source.path, source.text, source.schemas_hash)
            self._keys[source.path] = key
            known = self._memo.get(key)
            if isinstance(known, Parsed):
                found[source.path] = known
            else:
                unknown.append(source)
        for source, parsed in zip(unknown, split(parse_sources, unknown, self._least), strict=True):
            found[source.path] = parsed
            self._memo.put(self._keys[source.path], parsed)
        close_engine()
        return [found[source.path] for source in sources]

    def compile(self, groups: Sequence[Group]) -> list[Made]:
        """As compile.compile_each(), for contracts that this parsed."""
        keys = [self._key_of(group) for group in groups]
        unknown = [
            (key, group)
            for key, group in zip(keys, groups, strict=True)
            if key not in self._made and not self._is_as_written(key, group.event)
        ]
        results = split(compile_each, [group for _, group in unknown], self._least)
        for (key, _), made in zip(unknown, results, strict=True):
            self._made[key] = made
            files, problems = made
            if not problems:
                self._memo.put(key, {path: _hash_of(file.text) for path, file in files.items()})
        return [self._made[key] for key in keys]

    def compare(
        self, work: Callable[[Sequence[Item]], list[Result]], pairs: Sequence[Item]
    ) -> list[Result]:
        """`work(pairs)`, on all processors."""
        return split(work, pairs, self._least)

    def is_settled(self, old: Entry, majors: Sequence[EventContract]) -> bool:
        """Whether these contracts were found to say what their entry in the lock says."""
        return self._memo.get(self._key_of_entry(old, majors)) is True

    def settle(self, old: Entry, majors: Sequence[EventContract]) -> None:
        """They do."""
        self._memo.put(self._key_of_entry(old, majors), True)

    def all_settled(self, lock: str, contracts: Sequence[EventContract]) -> Evolved | None:
        """What comes of comparing this text of the lock with contracts, where that is nothing."""
        known = self._memo.get(self._key_of_lock(lock, contracts))
        return known if isinstance(known, Evolved) else None

    def settle_all(self, lock: str, contracts: Sequence[EventContract], found: Evolved) -> None:
        """Remembers that the comparison finds no difference."""
        self._memo.put(self._key_of_lock(lock, contracts), replace(found, lock=None))

    def text(self, path: str) -> str | None:
        """What is in a file of the project; None when it is not there or no text."""
        if path not in self._texts:
            self._texts[path] = text_of(self._root / path)
        return self._texts[path]

    def save(self) -> None:
        """For the next time."""
        self._memo.save()

    def _key_of_entry(self, old: Entry, majors: Sequence[EventContract]) -> str:
        return key_of("entry", repr(old), *(self._keys[each.path] for each in majors))

    def _key_of_lock(self, lock: str, contracts: Sequence[EventContract]) -> str:
        return key_of("lock", lock, *(self._keys[each.path] for each in contracts))

    def _key_of(self, group: Group) -> str:
        contracts = (self._keys[each.path] for each in group.contracts)
        return key_of("models", repr(group.history), *contracts)

    def _is_as_written(self, key: str, event: str) -> bool:
        known = self._memo.get(key)
        if not isinstance(known, dict):
            return False
        files: dict[str, File] = {}
        for path, hashed in known.items():
            text = self.text(path)
            if text is None or _hash_of(text) != hashed:
                return False
            files[path] = File(text, event)
        self._made[key] = files, ()
        return True


def text_of(path: Path) -> str | None:
    """What is in a file; None when it is not there or no text."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
