"""Contract examples as tests: each runs through the SQL that judges what is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from headwater.contracts import violation_names
from headwater.contracts.model import EventContract, Example
from headwater.errors import Diagnostic
from headwater.examples import Unproven
from headwater.validate.memory import Memory, open_memory
from headwater.validate.wrap import RECEIVED_AT, wrapped

HINT = "mend the example or the rule; a valid one reaches staging, an invalid one shows one rule"


def judge(macros_dir: Path, part: Sequence[Unproven]) -> Iterator[tuple[Diagnostic, ...]]:
    """What is wrong with the examples of each of these event types."""
    with open_memory(macros_dir, threads=1) as memory:
        for each in part:
            yield judge_examples(memory, each.majors, each.text)


def judge_examples(
    memory: Memory, majors: Sequence[EventContract], text: str
) -> tuple[Diagnostic, ...]:
    """The examples of one event type, all of them in one query; `text` is its base model."""
    examples = [(contract, each) for contract in majors for each in contract.examples]
    memory.clear()
    memory.add_records([wrapped(*each) for each in examples], RECEIVED_AT)
    found = []
    rows = memory.violations(majors, text)
    for (contract, example), violations in zip(examples, rows, strict=True):
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
