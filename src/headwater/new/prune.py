"""Leaves out what an event contract cannot declare, by asking the parser itself."""

from __future__ import annotations

from dataclasses import replace

from headwater.compile import compile_contracts
from headwater.contracts import names
from headwater.contracts.contract import parse
from headwater.contracts.model import EventContract, Path
from headwater.errors import Diagnostic
from headwater.new.draft import ITEMS, Draft, Head, dotted, is_closed, properties, without
from headwater.new.write import Written, write


def prune(head: Head, draft: Draft, *, are_names_data: bool) -> tuple[Draft, EventContract | None]:
    """The draft without the fields that are refused, and what the parser makes of the rest.

    Each field left out is told in `left_out`. The contract has placeholders where a person
    has to decide; None when nothing is left, or when what is refused is no field.
    """
    before = draft
    draft = _without_odd_names(draft, are_names_data)
    while True:
        written = write(head, draft, is_filled=True)
        parsed = parse(written.text, head.path, head.domain, head.event, 1)
        problems: tuple[Diagnostic, ...] = parsed.diagnostics
        if parsed.contract is not None:
            problems = compile_contracts([parsed.contract]).diagnostics
        if not problems:
            return _told_if_opened(before, draft), parsed.contract
        refused = _refused(written, problems)
        if not refused:
            return draft, None
        payload = draft.payload
        for path in refused:
            payload = without(payload, path)
        draft = replace(draft, payload=payload, left_out=(*draft.left_out, *refused.values()))


def _told_if_opened(before: Draft, after: Draft) -> Draft:
    """What is left out would be refused where nothing undeclared is allowed."""
    if before.payload == after.payload or not is_closed(before.payload):
        return after
    reason = "additionalProperties: false, around the fields that are not declared"
    return replace(after, left_out=(*after.left_out, reason))


def _refused(written: Written, problems: tuple[Diagnostic, ...]) -> dict[Path, str]:
    """The fields that problems belong to, the innermost ones, each with the first reason."""
    found: dict[Path, str] = {}
    for problem in problems:
        owner = written.owners.get(problem.line)
        if owner:
            field = owner[:-1] if owner[-1] == ITEMS else owner
            found.setdefault(field, problem.message.removeprefix("field "))
    return {
        path: reason
        for path, reason in found.items()
        if not any(other != path and other[: len(path)] == path for other in found)
    }


def _without_odd_names(draft: Draft, are_names_data: bool) -> Draft:
    """Without names that no column can have: in records those may be keys of a map, so data."""
    refused: dict[Path, str] = {}
    for path, _ in properties(draft.payload):
        why = names.refusal(path[-1], top=len(path) == 1)
        if why is not None and not any(path[: len(other)] == other for other in refused):
            refused[path] = why[0]
    payload, reasons, hidden = draft.payload, [], 0
    for path, reason in refused.items():
        payload = without(payload, path)
        is_word = all(each == ITEMS or names.NAME.fullmatch(each) for each in path)
        if is_word or not are_names_data:
            reasons.append(f"{dotted(path)}: {reason}")
        else:
            hidden += 1
    if hidden:
        noun = "field" if hidden == 1 else "fields"
        reasons.append(f"{hidden} {noun} whose names hold more than letters, digits and _")
    return replace(draft, payload=payload, left_out=(*draft.left_out, *reasons))
