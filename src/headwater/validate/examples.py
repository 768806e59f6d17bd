"""Contract examples as tests: each runs through the SQL that judges what is delivered."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from headwater.compile import FOLDER
from headwater.contracts import violation_names
from headwater.contracts.model import EventContract, Example
from headwater.errors import Diagnostic
from headwater.validate.memory import Memory, macros_of, open_memory
from headwater.validate.wrap import RECEIVED_AT, wrapped

HINT = "mend the example or the rule; a valid one reaches staging, an invalid one shows one rule"


def check_examples(
    root: Path, contracts: Sequence[EventContract], texts: Mapping[str, str]
) -> tuple[Diagnostic, ...]:
    """What is wrong with the examples of these event contracts of the project at `root`.

    `texts` are what `sync` generates from them, by path. Examples that were right when last
    looked at, and whose rules have not changed since, are not run again:
    target/headwater/examples.json remembers them.
    """
    macros_dir = macros_of(root)
    groups: dict[str, list[EventContract]] = defaultdict(list)
    for contract in contracts:
        groups[contract.event].append(contract)
    stamp = root / os.environ.get("DBT_TARGET_PATH", "target") / "headwater" / "examples.json"
    known = _remembered(stamp)
    library = _hash_of_folder(macros_dir)
    passed: dict[str, str] = {}
    found: list[Diagnostic] = []
    with ExitStack() as stack:
        memory: Memory | None = None
        for event, majors in groups.items():
            text = texts.get(f"{FOLDER}/{majors[0].domain}/base_{event}.sql")
            if text is None or not any(each.examples for each in majors):
                continue
            mark = _mark(library, text, majors)
            if known.get(event) != mark:
                memory = memory or stack.enter_context(open_memory(macros_dir))
                if problems := judge_examples(memory, majors, text):
                    found.extend(problems)
                    continue
            passed[event] = mark
    if passed != known:
        _remember(stamp, passed)
    return tuple(sorted(found))


def judge_examples(
    memory: Memory, majors: Sequence[EventContract], text: str
) -> tuple[Diagnostic, ...]:
    """The examples of one event type, all of them in one query; `text` is its base model."""
    examples = [(contract, each) for contract in majors for each in contract.examples]
    memory.clear()
    memory.add_records([wrapped(*each) for each in examples], RECEIVED_AT)
    memory.judge(majors, text)
    rows = memory.query("select violations from judged order by _line")
    found = []
    for (contract, example), (violations,) in zip(examples, rows, strict=True):
        known = {*violation_names(contract.payload), "record.type"}
        # Examples are payloads: what the envelope lacks is no fault of theirs.
        message = _problem(example, [each for each in violations if each in known])
        if message:
            found.append(Diagnostic(contract.path, example.line, message, HINT))
    return tuple(found)


def _problem(example: Example, found: Sequence[str]) -> str:
    if example.violates is None:
        return f"this valid example violates {', '.join(found)}" if found else ""
    if list(found) == [example.violates]:
        return ""
    if not found:
        return f"this example is accepted, and should violate {example.violates}"
    return f"this example violates {', '.join(found)}, and should only {example.violates}"


def _mark(library: str, text: str, majors: Sequence[EventContract]) -> str:
    digest = hashlib.sha256(f"{library}\0{text}".encode())
    for contract in majors:
        for each in contract.examples:
            digest.update(f"{contract.major}\0{each.violates}\0{each.payload}\0".encode())
    return digest.hexdigest()


def _hash_of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.sql")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _remembered(stamp: Path) -> dict[str, str]:
    try:
        known = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(stamp: Path, passed: dict[str, str]) -> None:
    """Saves time next time; where that cannot be written, nothing is lost but time."""
    with suppress(OSError):
        stamp.parent.mkdir(parents=True, exist_ok=True)
        draft = stamp.with_name(f".{stamp.name}.new")
        draft.write_text(json.dumps(passed, indent=0), encoding="utf-8")
        draft.replace(stamp)
