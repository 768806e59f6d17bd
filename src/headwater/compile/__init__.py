"""The compiler: event contracts → the files of models/staging, as values.

compiled = compile_contracts(contracts)
compiled.files         # {"models/staging/listening/base_track_played.sql": File(…), …}
compiled.diagnostics   # what cannot be compiled; nothing is made for those contracts
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from headwater.compile.base import base_sql
from headwater.compile.columns import columns_of
from headwater.compile.describe import event_yaml, quarantine_yaml
from headwater.compile.hashing import contract_hash
from headwater.compile.shape import shape_of
from headwater.compile.staging import quarantine_sql, staging_sql
from headwater.contracts.model import EventContract
from headwater.errors import Diagnostic

__all__ = [
    "FOLDER",
    "Compiled",
    "File",
    "Made",
    "Majors",
    "compile_contracts",
    "compile_each",
    "contract_hash",
]

FOLDER = "models/staging"
_WORD = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class File:
    """A generated file: its text, and the branch that stands still while it has drifted.

    `branch` is an event type, or the name of a domain's quarantine model.
    """

    text: str
    branch: str


@dataclass(frozen=True)
class Compiled:
    """Files by path relative to the project, and what could not be compiled."""

    files: dict[str, File]
    diagnostics: tuple[Diagnostic, ...] = ()
    refused: frozenset[str] = frozenset()  # the event types those belong to


# The files of one event type, by path, and what is wrong with its contracts.
Made = tuple[dict[str, File], tuple[Diagnostic, ...]]
Majors = Sequence[EventContract]


def compile_each(groups: Sequence[Majors]) -> list[Made]:
    """What is made of each event type."""
    return [_compile(majors) for majors in groups]


def compile_contracts(
    contracts: Iterable[EventContract],
    kept: Iterable[tuple[str, str]] = (),
    compiler: Callable[[Sequence[Majors]], Sequence[Made]] = compile_each,
) -> Compiled:
    """Every generated file of these contracts, in a stable order.

    A contract that cannot be compiled gives diagnostics and no files; the others go on.
    `kept` are (domain, event type) whose models stay though nothing is made for them now.
    `compiler` does what compile_each() does, perhaps from what it knows already.
    """
    files: dict[str, File] = {}
    problems: list[Diagnostic] = []
    refused: set[str] = set()
    domains: dict[str, set[str]] = defaultdict(set)
    for domain, event in kept:
        domains[domain].add(event)
    by_event: dict[str, list[EventContract]] = defaultdict(list)
    for contract in contracts:
        by_event[contract.event].append(contract)
    groups = sorted(by_event.items())
    results = compiler([majors for _, majors in groups])
    for (event, (first, *_)), (made, found) in zip(groups, results, strict=True):
        if found:
            problems.extend(found)
            refused.add(event)
        else:
            files.update(made)
            domains[first.domain].add(event)
    for domain, events in sorted(domains.items()):
        name = f"quarantine_{domain}"
        folder = f"{FOLDER}/{domain}"
        files[f"{folder}/{name}.sql"] = File(quarantine_sql(domain, sorted(events)), name)
        files[f"{folder}/_{name}.yml"] = File(quarantine_yaml(domain, sorted(events)), name)
    return Compiled(dict(sorted(files.items())), tuple(sorted(problems)), frozenset(refused))


def _compile(majors: Majors) -> Made:
    first, *others = majors
    made, found = _compile_one(first)
    found += tuple(
        Diagnostic(
            other.path,
            1,
            f"{first.event} has an event contract already: {first.path}",
            "one major of an event type is compiled; keep one of the files",
        )
        for other in others
    )
    return made, found


def _compile_one(contract: EventContract) -> Made:
    problems = [
        Diagnostic(contract.path, 1, f"{what} {name!r} is not a plain lowercase word")
        for what, name in (("event", contract.event), ("domain", contract.domain))
        if not _WORD.fullmatch(name)
    ]
    columns, found = columns_of(contract)
    problems.extend(found)
    if problems:
        return {}, tuple(problems)
    shape, found = shape_of(contract, columns)
    if found:
        return {}, found
    folder, event = f"{FOLDER}/{contract.domain}", contract.event
    code = contract_hash([contract])
    texts = {
        f"base_{event}.sql": base_sql(contract, columns, shape, code),
        f"stg_{event}.sql": staging_sql(contract, columns),
        f"_{event}.yml": event_yaml(contract, columns),
    }
    return {f"{folder}/{name}": File(text, event) for name, text in texts.items()}, ()
