"""Runs the examples of event contracts, except those that are known to pass.

contracts/examples.lock lists, per event type, a hash of everything that decides about its
examples: their text, the SQL, the macros, the code that runs them and the version of DuckDB.
Only `sync` writes it, and only what it saw pass. A line of it therefore holds wherever it comes
from: what has changed has another hash and is run, whether or not someone remembered to.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from headwater import share
from headwater.compile import FOLDER
from headwater.contracts.model import EventContract
from headwater.errors import Diagnostic, HeadwaterError
from headwater.split import split

PATH = "contracts/examples.lock"
_HEAD = """\
# The event types whose examples `headwater sync` has seen pass, each with a hash of all that
# decides it: what is not listed is run. Generated; keep any lines of a merge, or none.
"""
_LINE = re.compile(r"(\w+) ([0-9a-f]{64})")
_LEAST = 16  # event types that are worth a process
_PACKAGE = Path(__file__).resolve().parent
# The code that makes records of examples, runs the SQL on them and judges what it says.
_CODE = (
    "contracts/violations.py",
    "macros.py",
    "plain_jinja.py",
    "validate/examples.py",
    "validate/memory.py",
    "validate/wrap.py",
)


class Bar(Protocol):
    """Shows how far long work has come."""

    def update(self, n_steps: int) -> object: ...


class _NoBar:
    def update(self, n_steps: int) -> None:
        pass


Progress = Callable[[int], AbstractContextManager[Bar]]


def silent(count: int) -> AbstractContextManager[Bar]:
    """No bar."""
    return nullcontext(_NoBar())


@dataclass(frozen=True)
class Checked:
    """What is wrong with examples, and of how many event types they were run.

    `written` is the record, where it was written anew.
    """

    problems: tuple[Diagnostic, ...]
    run: int
    written: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unproven:
    """An event type whose examples have to be run: its majors, and its base model."""

    majors: tuple[EventContract, ...]
    text: str


def check_examples(
    root: Path,
    contracts: Sequence[EventContract],
    texts: Mapping[str, str],
    *,
    check: bool = False,
    progress: Progress = silent,
) -> Checked:
    """Runs the examples of these event contracts of the project at `root`.

    `texts` are what `sync` generates from them, by path. With `check`, nothing is written.
    `progress` is asked for a bar of as many steps as there are event types to run.
    Raises HeadwaterError where the record cannot be written.
    """
    macros = macros_of(root)
    known = _read(root / PATH)
    library = _hash_of_library(macros)
    groups: dict[str, list[EventContract]] = defaultdict(list)
    for contract in contracts:
        groups[contract.event].append(contract)
    passed: dict[str, str] = {}
    unproven: dict[str, Unproven] = {}
    for event, majors in sorted(groups.items()):
        text = texts.get(f"{FOLDER}/{majors[0].domain}/base_{event}.sql")
        if text is None or not any(each.examples for each in majors):
            continue
        passed[event] = _hash_of(library, text, majors)
        if passed[event] not in known:
            unproven[event] = Unproven(tuple(majors), text)
    problems: list[Diagnostic] = []
    if unproven:
        results = _judged(macros, list(unproven.values()), progress)
        for event, found in zip(unproven, results, strict=True):
            if found:
                problems.extend(found)
                del passed[event]
    written = () if check else _write(root / PATH, passed)
    return Checked(tuple(sorted(problems)), len(unproven), written)


def macros_of(root: Path) -> Path:
    """The framework's macros in the project at `root`; where it has none yet, this version's."""
    own = root / share.MACROS
    return own if own.is_dir() else share.folder() / share.MACROS


def _judged(
    macros: Path, unproven: Sequence[Unproven], progress: Progress
) -> list[tuple[Diagnostic, ...]]:
    def work(part: Sequence[Unproven]) -> Iterable[tuple[Diagnostic, ...]]:
        # Imported here: it starts threads, which a fork must not find, and is seldom needed.
        from headwater.validate.examples import judge

        return judge(macros, part)

    with progress(len(unproven)) as bar:
        return split(work, unproven, _LEAST, bar.update)


def _hash_of(library: str, text: str, majors: Sequence[EventContract]) -> str:
    digest = hashlib.sha256(f"{library}\0{text}".encode())
    for contract in majors:
        # What record is made of an example; which violations are its own is in the text.
        declared = [field.name for field in contract.payload.fields]
        digest.update(
            f"\0{contract.major} {contract.version} {contract.envelope!r} {declared!r}".encode()
        )
        for each in contract.examples:
            digest.update(f"\0{each.violates}\0{each.payload}".encode())
    return digest.hexdigest()


def _hash_of_library(macros: Path) -> str:
    digest = hashlib.sha256(version("duckdb").encode())
    for path in [*(_PACKAGE / name for name in _CODE), *sorted(macros.rglob("*.sql"))]:
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _read(path: Path) -> frozenset[str]:
    """The hashes; lines that are none, such as the marks of a merge, are passed over."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return frozenset()
    return frozenset(match[2] for match in map(_LINE.fullmatch, lines) if match)


def _write(path: Path, passed: Mapping[str, str]) -> tuple[str, ...]:
    text = _HEAD + "".join(f"{event} {hashed}\n" for event, hashed in passed.items())
    try:
        if not passed:
            if not path.exists():
                return ()
            path.unlink()
            return ()
        if path.is_file() and path.read_bytes() == text.encode():
            return ()
        draft = path.with_name(f".{path.name}.new")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise HeadwaterError(f"cannot write {PATH}: {error.strerror}") from error
    return (PATH,)
