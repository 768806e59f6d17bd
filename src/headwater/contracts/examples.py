"""The `examples:` block: payloads that must reach staging, and payloads that must not."""

from __future__ import annotations

import json
import math
import re
from json.encoder import encode_basestring

from headwater.contracts import violations
from headwater.contracts.model import Example, Schema
from headwater.contracts.report import Report, nearest, shown
from headwater.contracts.tree import Entry, Mapping, Node, Scalar, Sequence

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


class _NotJsonError(ValueError):
    """A value that JSON cannot hold, with its line."""


def read(node: Node, payload: Schema, report: Report) -> tuple[Example, ...]:
    """The examples, valid ones first."""
    if not isinstance(node, Mapping):
        report.add(node.line, "examples is not a mapping", "write valid: [...] and invalid: [...]")
        return ()
    found: list[Example] = []
    known = violations.names(payload)
    for key in ("valid", "invalid"):
        entry = node.get(key)
        if entry is None:
            continue
        if not isinstance(entry.value, Sequence):
            report.add(entry.key_line, f"examples.{key} is not a list", "start each with -")
            continue
        for item in entry.value.items:
            example = (
                _valid(item, payload, report) if key == "valid" else _invalid(item, known, report)
            )
            if example is not None:
                found.append(example)
    for entry in node.entries:
        if entry.key not in ("valid", "invalid"):
            hint = "write valid: and invalid:"
            report.add(entry.key_line, f"unknown key {shown(entry.key)} in examples", hint)
    return tuple(found)


def _valid(item: Node, payload: Schema, report: Report) -> Example | None:
    if isinstance(item, Mapping) and len(item.entries) <= 2:
        keys = {entry.key for entry in item.entries}
        declared = {field.name for field in payload.fields}
        if "payload" in keys and keys <= {"payload", "violates"} and not keys & declared:
            hint = "write the payload itself; only invalid ones have payload: and violates:"
            report.add(item.line, "a valid example has the key payload", hint)
            return None
    text = _payload(item, item.line, report)
    return None if text is None else Example(text, None, item.line)


def _invalid(item: Node, known: tuple[str, ...], report: Report) -> Example | None:
    hint = "write payload: {…} and violates: field.keyword"
    if not isinstance(item, Mapping):
        report.add(item.line, "an invalid example is not a mapping", hint)
        return None
    for entry in item.entries:
        if entry.key not in ("payload", "violates"):
            report.add(entry.key_line, f"unknown key {shown(entry.key)} in an example", hint)
    body, said = item.get("payload"), item.get("violates")
    for key, value in (("payload", body), ("violates", said)):
        if value is None:
            report.add(item.line, f"an invalid example has no {key}", hint)
    text = None if body is None else _payload(body.value, body.key_line, report)
    violates = None if said is None else _violates(said, known, report)
    if text is None or violates is None:
        return None
    return Example(text, violates, item.line)


def _violates(entry: Entry, known: tuple[str, ...], report: Report) -> str | None:
    node = entry.value
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        hint = "one violation, as field.keyword: each example shows one thing"
        report.add(entry.key_line, "violates is not a name", hint)
        return None
    if node.text in known:
        return node.text
    match = nearest(node.text, known)
    hint = f"did you mean {match}?" if match else "a field and a keyword that it has: ms.minimum"
    report.add(node.line, f"nothing in payload is called {shown(node.text)}", hint)
    return None


def _payload(node: Node, line: int, report: Report) -> str | None:
    if not isinstance(node, Mapping):
        report.add(line, "an example's payload is not a mapping", "write {name: value, …}")
        return None
    try:
        return as_json(node)
    except _NotJsonError as error:
        report.add(error.args[1], f"an example holds {error.args[0]}", "JSON has no such value")
        return None


def as_json(node: Node) -> str:
    """The JSON text of a tree; numbers keep their spelling where JSON knows it."""
    if isinstance(node, Mapping):
        members = (f"{_quoted(each.key)}: {as_json(each.value)}" for each in node.entries)
        return "{" + ", ".join(members) + "}"
    if isinstance(node, Sequence):
        return "[" + ", ".join(as_json(item) for item in node.items) + "]"
    value = node.value
    if isinstance(value, float) and not math.isfinite(value):
        raise _NotJsonError("a number without end", node.line)
    if isinstance(value, int | float) and _JSON_NUMBER.fullmatch(node.text):
        return node.text
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return str(encode_basestring(text))
