"""Keeps models/staging equal to what the event contracts say.

`sync` writes it, `sync(check=True)` compares, `compare` tells a run which branches to leave
alone. Only files that carry the generated marker are ever overwritten or deleted.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from headwater import contracts, dbt, evolution
from headwater.compile import FOLDER, Compiled, compile_contracts
from headwater.contracts.model import EventContract
from headwater.errors import ContractErrors, Diagnostic, ExitCode, HeadwaterError
from headwater.evolution import Evolution, Evolved, Lock, report
from headwater.project import Project
from headwater.reuse import Reuse, text_of
from headwater.split import collection_paused

MARKER = "Generated from contracts/"
HINT = "run: headwater sync"
_VERSION = re.compile(r"_v[0-9]+$")  # no event type is called so


@dataclass(frozen=True)
class LockResult:
    """The lock of contracts, and what has changed since it was written.

    `problems` are set by a check only: it is out of date, or a breaking change inside a major
    is not acknowledged (`owed`, which sync tells of and does not hold against anybody).
    """

    evolutions: tuple[Evolution, ...] = ()
    owed: tuple[Diagnostic, ...] = ()
    problems: tuple[Diagnostic, ...] = ()


LOCK_AS_IT_IS = LockResult()


@dataclass(frozen=True)
class SyncResult:
    """What was done, as paths relative to the project, and what is wrong.

    `drift` is set by a check only, `diagnostics` are the contracts' own problems.
    `contracts` are the usable ones, `texts` what should be generated, by path.
    """

    written: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    drift: tuple[Diagnostic, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    contracts: tuple[EventContract, ...] = field(default=(), repr=False)
    texts: dict[str, str] = field(default_factory=dict, repr=False)
    lock: LockResult = LOCK_AS_IT_IS

    @property
    def exit_code(self) -> ExitCode:
        if self.diagnostics:
            return ExitCode.BAD_INPUT
        failed = self.drift or self.lock.problems
        return ExitCode.BRANCH_FAILED if failed else ExitCode.OK

    def lines(self) -> list[str]:
        """What to tell a person: problems first, then each change, then the sum."""
        found = (*self.diagnostics, *self.drift, *self.lock.problems)
        lines = [str(problem) for problem in found]
        if not self.lock.problems:
            lines += [f"warning: {owed}" for owed in self.lock.owed]
        lines += [f"wrote {path}" for path in self.written]
        lines += [f"deleted {path}" for path in self.deleted]
        if self.drift:
            lines.append(f"{len(self.drift)} generated files differ from their event contracts")
        else:
            lines.append(
                f"{len(self.written)} written, {len(self.deleted)} deleted, "
                f"{len(self.unchanged)} unchanged"
            )
        return lines


@dataclass(frozen=True)
class Comparison:
    """The event contracts as read, and which of them models/staging does not equal.

    `refused`: event type → why no models can be made of it. `drift`: branch (event type, or
    quarantine model) → its generated files that differ.
    """

    reading: contracts.Reading
    refused: dict[str, tuple[Diagnostic, ...]]
    drift: dict[str, tuple[Diagnostic, ...]]


@dataclass(frozen=True)
class _Plan:
    """The difference between the folder and what it should be; `branches` by path."""

    reading: contracts.Reading
    compiled: Compiled
    evolved: Evolved
    diagnostics: tuple[Diagnostic, ...]
    write: tuple[str, ...]
    delete: tuple[str, ...]
    unchanged: tuple[str, ...]
    branches: dict[str, str]


def sync(root: Path, check: bool = False, *, remember: bool = True) -> SyncResult:
    """Writes, or only compares, the generated files of the project at `root`.

    With `remember`, the next time takes from target/ what has not changed until then.

    An event type whose contract has errors is reported and its files stay as they are; the
    others go on. Raises HeadwaterError when a file cannot be written.
    """
    plan = _plan(root, remember)
    texts = {path: file.text for path, file in plan.compiled.files.items()}
    if check:
        return SyncResult(
            unchanged=plan.unchanged,
            drift=tuple(_drift(plan)),
            diagnostics=plan.diagnostics,
            contracts=plan.reading.contracts,
            texts=texts,
            lock=LockResult(
                plan.evolved.evolutions,
                plan.evolved.owed,
                (*_lock_drift(root, plan), *plan.evolved.owed),
            ),
        )
    foreign = {path for path in plan.write if _is_foreign(root / path)}
    problems = [
        Diagnostic(path, 0, "this file was not generated, so it is not replaced", "move it away")
        for path in sorted(foreign)
    ]
    written = tuple(path for path in plan.write if path not in foreign)
    try:
        for path in written:
            _write(root / path, texts[path])
        for path in plan.delete:
            (root / path).unlink()
            _remove_if_empty((root / path).parent)
        if any(_lock_drift(root, plan)):
            assert plan.evolved.lock is not None, "what has not changed is not written"
            _write(root / evolution.PATH, plan.evolved.lock.text)
    except OSError as error:
        raise HeadwaterError(f"cannot write {error.filename}: {error.strerror}") from error
    return SyncResult(
        written=written,
        deleted=plan.delete,
        unchanged=plan.unchanged,
        diagnostics=(*plan.diagnostics, *problems),
        contracts=plan.reading.contracts,
        texts=texts,
        lock=LockResult(plan.evolved.evolutions, plan.evolved.owed),
    )


def _lock_drift(root: Path, plan: _Plan) -> Iterator[Diagnostic]:
    known, wanted = text_of(root / evolution.PATH), plan.evolved.lock
    if wanted is not None and known != wanted.text and (known is not None or wanted.entries):
        yield Diagnostic(evolution.PATH, 0, "is not what the event contracts say", HINT)


def what_changed(project: Project, result: SyncResult) -> Iterator[str]:
    """The changes of event contracts, and what they do to which models as dbt last saw them."""
    if result.lock.evolutions:
        try:
            known = dbt.graph_of(project)
        except dbt.NoManifest:
            known = None
        yield from report.lines(result.lock.evolutions, known)


def compare(root: Path) -> Comparison:
    """What a run has to know of the event contracts and of the models made from them.

    A lock that cannot be read is told; only event types that depend on it have drifted.
    """
    lost: tuple[Diagnostic, ...] = ()
    try:
        plan = _plan(root)
    except ContractErrors as error:
        lost = error.diagnostics
        plan = _plan(root, lock=evolution.Lock())
    drift: dict[str, list[Diagnostic]] = defaultdict(list)
    for diagnostic in _drift(plan):
        drift[plan.branches[diagnostic.path]].append(diagnostic)
    refused: dict[str, list[Diagnostic]] = defaultdict(list)
    for diagnostic in (*plan.compiled.diagnostics, *plan.evolved.refused):
        refused[diagnostic.path.rsplit("/", 1)[-1].split(".")[0]].append(diagnostic)
    return Comparison(
        replace(plan.reading, strays=(*plan.reading.strays, *lost)),
        {event: tuple(each) for event, each in sorted(refused.items())},
        {branch: tuple(each) for branch, each in sorted(drift.items())},
    )


def _plan(root: Path, remember: bool = True, lock: Lock | None = None) -> _Plan:
    reuse = Reuse(root)
    with collection_paused():
        plan = _planned(root, reuse, lock)
        if remember:
            reuse.save()
    return plan


def _planned(root: Path, reuse: Reuse, lock: Lock | None) -> _Plan:
    reading = contracts.read_all(root, parser=reuse.parse)
    present = {path: _branch_of(path) for path in _generated(root, reuse)}
    broken = {each.event for each in reading.broken}
    evolved = _evolved(root, reuse, reading, broken, lock)
    broken |= evolved.refused_events
    compiled = _compiled(reading, evolved, [], reuse)
    if compiled.refused:  # what they said before is still what is built
        broken |= compiled.refused
        evolved = _evolved(root, reuse, reading, broken, lock)
    if broken:  # their models stay, and so does their part of the quarantine
        kept = [
            (path.split("/")[-2], branch)
            for path, branch in present.items()
            if branch in broken and path.endswith(f"/base_{branch}.sql")
        ]
        compiled = _compiled(reading, evolved, kept, reuse)
    write: list[str] = []
    unchanged: list[str] = []
    for path, file in compiled.files.items():
        (unchanged if reuse.text(path) == file.text else write).append(path)
    return _Plan(
        reading=reading,
        compiled=compiled,
        evolved=evolved,
        diagnostics=tuple(sorted({*reading.diagnostics, *compiled.diagnostics, *evolved.refused})),
        write=tuple(write),
        delete=tuple(
            path
            for path, branch in present.items()
            if path not in compiled.files and branch not in broken
        ),
        unchanged=tuple(unchanged),
        branches=present | {path: file.branch for path, file in compiled.files.items()},
    )


def _compiled(
    reading: contracts.Reading, evolved: Evolved, kept: list[tuple[str, str]], reuse: Reuse
) -> Compiled:
    usable = [each for each in reading.contracts if each.event not in evolved.refused_events]
    return compile_contracts(usable, kept, reuse.compile, evolved.histories)


def _evolved(
    root: Path, reuse: Reuse, reading: contracts.Reading, broken: set[str], lock: Lock | None
) -> Evolved:
    """The lock (None: the file) and the contracts compared, unless nothing is new since they
    were equal."""
    text = text_of(root / evolution.PATH) or ""
    known = reuse.all_settled(text, reading.contracts)
    if known is not None and not broken:
        return known
    if lock is None:
        lock = evolution.read(root)
    found = evolution.evolve(lock, reading.contracts, broken, reuse)
    is_as_written = found.lock is not None and found.lock.text == text
    if is_as_written and not broken | found.refused_events:
        reuse.settle_all(text, reading.contracts, found)
    return found


def _drift(plan: _Plan) -> Iterator[Diagnostic]:
    for path in plan.write:
        yield Diagnostic(path, 0, "differs from its event contract", HINT)
    for path in plan.delete:
        yield Diagnostic(path, 0, "its event contract is gone", HINT)


def _generated(root: Path, reuse: Reuse) -> Iterator[str]:
    """The files below models/staging that say in their first lines that they are generated."""
    for folder, folders, names in os.walk(root / FOLDER):
        folders.sort()
        below = Path(folder).relative_to(root).as_posix()
        for name in sorted(names):
            path = f"{below}/{name}"
            if name.endswith((".sql", ".yml")) and _is_marked(reuse.text(path)):
                yield path


def _is_marked(text: str | None) -> bool:
    return any(MARKER in line for line in (text or "").split("\n", 2)[:2])


def _is_foreign(path: Path) -> bool:
    """Whether there is something that generating would destroy."""
    return path.exists() and not _is_marked(text_of(path))


def _branch_of(path: str) -> str:
    """The event type, or quarantine model, that a generated file belongs to, by its name."""
    name = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if name.startswith("stg_"):
        return _VERSION.sub("", name.removeprefix("stg_"))
    for prefix in ("base_", "_"):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def _write(path: Path, text: str) -> None:
    """Replaces a file whole, so that a kill leaves the old or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(text.encode("utf-8"))
    draft.replace(path)


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
