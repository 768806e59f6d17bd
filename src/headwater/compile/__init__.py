"""The compiler: event contracts → the files of models/staging, as values.

compiled = compile_contracts(contracts)
compiled.files         # {"models/staging/listening/base_track_played.sql": File(…), …}
compiled.diagnostics   # what cannot be compiled; nothing is made for those contracts
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from headwater.compile.base import base_sql
from headwater.compile.describe import event_yaml, quarantine_yaml
from headwater.compile.hashing import contract_hash
from headwater.compile.majors import History, majors_of
from headwater.compile.staging import quarantine_sql, staging_name, staging_sql
from headwater.contracts.model import EventContract
from headwater.errors import Diagnostic

__all__ = [
    "FOLDER",
    "Compiled",
    "File",
    "Group",
    "History",
    "Made",
    "compile_contracts",
    "compile_each",
    "contract_hash",
]

FOLDER = "models/staging"
_NONE: Mapping[str, History] = {}
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


@dataclass(frozen=True)
class Group:
    """What is compiled together: the majors of one event type, and what is known of its past."""

    contracts: tuple[EventContract, ...]
    history: History = field(default_factory=History)

    @property
    def event(self) -> str:
        return self.contracts[0].event


def compile_each(groups: Sequence[Group]) -> list[Made]:
    """What is made of each event type."""
    return [_compile(group) for group in groups]


def compile_contracts(
    contracts: Iterable[EventContract],
    kept: Iterable[tuple[str, str]] = (),
    compiler: Callable[[Sequence[Group]], Sequence[Made]] = compile_each,
    histories: Mapping[str, History] = _NONE,
) -> Compiled:
    """Every generated file of these contracts, in a stable order.

    A contract that cannot be compiled gives diagnostics and no files; the others go on.
    `kept` are (domain, event type) whose models stay though nothing is made for them now.
    `compiler` does what compile_each() does, perhaps from what it knows already. `histories`
    are what is known of the past of event types.
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
    groups = [
        Group(tuple(majors), histories.get(event, History()))
        for event, majors in sorted(by_event.items())
    ]
    for group, (made, found) in zip(groups, compiler(groups), strict=True):
        event, domain = group.event, group.contracts[0].domain
        if found:
            problems.extend(found)
            refused.add(event)
        else:
            files.update(made)
            domains[domain].add(event)
    for domain, events in sorted(domains.items()):
        name = f"quarantine_{domain}"
        folder = f"{FOLDER}/{domain}"
        files[f"{folder}/{name}.sql"] = File(quarantine_sql(domain, sorted(events)), name)
        files[f"{folder}/_{name}.yml"] = File(quarantine_yaml(domain, sorted(events)), name)
    return Compiled(dict(sorted(files.items())), tuple(sorted(problems)), frozenset(refused))


def _compile(group: Group) -> Made:
    contracts = group.contracts
    first = contracts[0]
    problems = [
        Diagnostic(first.path, 1, f"{what} {name!r} is not a plain lowercase word")
        for what, name in (("event", first.event), ("domain", first.domain))
        if not _WORD.fullmatch(name)
    ]
    majors, found = majors_of(contracts, group.history)
    problems.extend(found)
    if majors is None or problems:
        return {}, tuple(problems)
    folder, event = f"{FOLDER}/{first.domain}", first.event
    texts = {
        f"base_{event}.sql": base_sql(majors, contract_hash(contracts)),
        f"_{event}.yml": event_yaml(majors),
    }
    for part in majors.parts:
        texts[f"{staging_name(majors, part)}.sql"] = staging_sql(majors, part)
    return {f"{folder}/{name}": File(text, event) for name, text in texts.items()}, ()
