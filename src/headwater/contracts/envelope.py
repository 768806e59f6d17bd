"""The `envelope:` block: where a record says who, what and when."""

from __future__ import annotations

import re
from dataclasses import replace

from headwater.contracts import paths
from headwater.contracts.model import Envelope, EpochUnit, Path
from headwater.contracts.report import Report, did_you_mean, key_hint, shown
from headwater.contracts.tree import Entry, Mapping, Node, Scalar, Sequence
from headwater.contracts.values import is_missing

ENVELOPE_KEYS = (
    "event_type",
    "event_id",
    "occurred_at",
    "received_at",
    "schema_version",
    "payload",
)
EPOCHS: tuple[EpochUnit, ...] = ("seconds", "milliseconds", "microseconds")
TIMES = ("occurred_at", "received_at")
OPTIONAL = ("event_type", "received_at", "schema_version")
MAX_DEPTH = 10
MAX_CALLED = 20
# What either engine reads alike between quotes, and no template begins with.
_CALLED = re.compile(r"[^\x00-\x1f\x7f'\"\\{}]{1,200}")


def read(node: Node, report: Report) -> tuple[Envelope, dict[str, int]]:
    """The envelope, and the line of each key that the contract sets itself."""
    envelope = Envelope()
    lines: dict[str, int] = {}
    if not isinstance(node, Mapping):
        report.add(node.line, "envelope is not a mapping", "write for example event_id: $.id")
        return envelope, lines
    for entry in node.entries:
        if entry.key not in ENVELOPE_KEYS:
            report.add(
                entry.key_line,
                f"unknown envelope key {shown(entry.key)}",
                key_hint(entry.key, ENVELOPE_KEYS),
            )
            continue
        lines[entry.key] = entry.key_line
        envelope = _apply(envelope, entry, report)
    _check(envelope, lines, node.line, report)
    return envelope, lines


def _apply(envelope: Envelope, entry: Entry, report: Report) -> Envelope:
    key, node = entry.key, entry.value
    if is_missing(node):
        hint = "none unmaps it" if key in OPTIONAL else "leave the key out for the default"
        report.add(entry.key_line, f"envelope.{key} is empty", f"write a path like $.name; {hint}")
        return envelope
    if isinstance(node, Scalar) and node.text == "none":
        if key in OPTIONAL:
            return _with(envelope, key, None)
        hint = "for no id write record: the hash of the record" if key == "event_id" else ""
        hint = hint or ("for flat records write $" if key == "payload" else "map a path to it")
        report.add(entry.key_line, f"envelope.{key} cannot be none", hint)
        return envelope
    if key == "event_id":
        return _event_id(envelope, entry, report)
    if key in TIMES and isinstance(node, Mapping):
        return _epoch(envelope, entry, node, report)
    if key == "event_type" and isinstance(node, Mapping):
        return _event_type(envelope, entry, node, report)
    path = _path(node, key, report)
    return envelope if path is None else _with(envelope, key, path)


def _with(
    envelope: Envelope, key: str, path: Path | None, unit: EpochUnit | None = None
) -> Envelope:
    match key:
        case "event_type":
            return replace(envelope, event_type=path)
        case "schema_version":
            return replace(envelope, schema_version=path)
        case "received_at":
            return replace(envelope, received_at=path, received_at_unit=unit)
    assert path is not None
    if key == "payload":
        return replace(envelope, payload=path)
    return replace(envelope, occurred_at=path, occurred_at_unit=unit)


def _event_id(envelope: Envelope, entry: Entry, report: Report) -> Envelope:
    node = entry.value
    if isinstance(node, Scalar) and node.text == "record":
        return replace(envelope, event_id=None)
    items = node.items if isinstance(node, Sequence) else (node,)
    found = [_path(item, "event_id", report) for item in items]
    mapped = tuple(path for path in found if path is not None)
    if not items:
        report.add(entry.key_line, "envelope.event_id is empty", "list paths, or write record")
    if len(set(mapped)) < len(mapped):
        report.add(entry.key_line, "envelope.event_id names a path twice", "remove one of them")
    return replace(envelope, event_id=mapped) if mapped else envelope


def _check_keys(node: Mapping, known: set[str], name: str, hint: str, report: Report) -> None:
    for inner in node.entries:
        if inner.key not in known:
            message = f"unknown key {shown(inner.key)} in envelope.{name}"
            report.add(inner.key_line, message, hint)


def _event_type(envelope: Envelope, entry: Entry, node: Mapping, report: Report) -> Envelope:
    """`{path: $.type, is: com.example.order.paid}`, or a list of such texts."""
    hint = "write {path: $.type, is: com.example.order.paid}"
    _check_keys(node, {"path", "is"}, "event_type", hint, report)
    where, said = node.get("path"), node.get("is")
    path = envelope.event_type if where is None else _path(where.value, entry.key, report)
    if path is None or said is None:
        return replace(envelope, event_type=path)
    listed = said.value.items if isinstance(said.value, Sequence) else (said.value,)
    texts = [item.text for item in listed if isinstance(item, Scalar) and not is_missing(item)]
    if not 1 <= len(listed) <= MAX_CALLED or len(texts) < len(listed):
        report.add(
            said.key_line,
            "envelope.event_type.is is not a text",
            f"write what records say there, or a list of up to {MAX_CALLED} such texts",
        )
    for text in texts:
        if not _CALLED.fullmatch(text) or texts.count(text) > 1:
            report.add(
                said.key_line,
                f"envelope.event_type.is cannot be {shown(text)}",
                "up to 200 characters, no quotation mark, backslash or brace; each text once",
            )
            break
    return replace(envelope, event_type=path, called=tuple(texts))


def _epoch(envelope: Envelope, entry: Entry, node: Mapping, report: Report) -> Envelope:
    hint = "write {path: $.name, epoch: milliseconds}"
    _check_keys(node, {"path", "epoch"}, entry.key, hint, report)
    where, unit = node.get("path"), node.get("epoch")
    if where is None:
        report.add(entry.key_line, f"envelope.{entry.key} has no path", "path: $.name")
        return envelope
    path = _path(where.value, entry.key, report)
    if unit is None:
        return envelope if path is None else _with(envelope, entry.key, path)
    written = unit.value.text if isinstance(unit.value, Scalar) else ""
    chosen = next((each for each in EPOCHS if each == written), None)
    if chosen is None:
        report.add(
            unit.key_line,
            f"envelope.{entry.key}.epoch cannot be {shown(written)}",
            did_you_mean(written, EPOCHS),
        )
    return envelope if path is None else _with(envelope, entry.key, path, chosen)


def _path(node: Node, key: str, report: Report) -> Path | None:
    if not isinstance(node, Scalar):
        report.add(node.line, f"envelope.{key} is not a path", "write a path like $.name")
        return None
    try:
        path = paths.parse(node.text)
    except paths.BadPathError as error:
        report.add(node.line, f"envelope.{key} {shown(node.text)}: {error.args[0]}", error.args[1])
        return None
    if not path and key != "payload":
        report.add(node.line, f"envelope.{key} cannot be the whole record", "name a property: $.id")
        return None
    if len(path) > MAX_DEPTH:
        report.add(
            node.line, f"envelope.{key} is too deep", f"a path has at most {MAX_DEPTH} names"
        )
        return None
    return path


def _check(envelope: Envelope, lines: dict[str, int], line: int, report: Report) -> None:
    """No mapped value may be an object that another path walks into."""
    mapped = envelope.paths()
    line = min(lines.values(), default=line)
    for path in mapped:
        if path == envelope.payload:
            report.add(line, f"{paths.text(path)} is mapped and the payload", "map another path")
        for other in (*mapped, envelope.payload):
            if path != other and other[: len(path)] == path:
                report.add(
                    line,
                    f"{paths.text(path)} is mapped, and {paths.text(other)} lies inside it",
                    "an envelope field is a plain value, not an object",
                )
