"""Lays out a draft as the YAML that a person goes on with."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from headwater.contracts import pii
from headwater.contracts.editor import MODELINE
from headwater.contracts.model import Path
from headwater.contracts.report import Report
from headwater.contracts.tree import Scalar, parse
from headwater.new.draft import ITEMS, Draft, Head, Json, dotted

WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z_/$][A-Za-z0-9_./$ -]*")
# Written in this order; any other keyword stands between the last of `_FIRST` and `_LAST`.
_FIRST = ("type", "enum", "format", "pattern")
_LAST = ("pii", "description", "properties")

_LEFT = (
    "What is empty below is for a person to write, and `headwater sync` names it by its line.",
    "A description says what the name cannot: unit, meaning of null, what is left out.",
)
_ENVELOPE = (
    "Records are CloudEvents unless envelope: says otherwise. For flat ones, say for example",
    "envelope: {event_type: none, event_id: $.id, occurred_at: $.time, received_at: none,",
    "  schema_version: none, payload: $}",
)
_PROPERTIES = (
    "One entry for each field, for example:",
    "item_count: {type: integer, minimum: 1, description: Items that were in it.}",
)
_EMPTY = {
    "owner": "the team that answers for it",
    "channel": 'where to ask, in quotes: "#data-orders"',
    "description": "when this event is sent",
}
_FILLED = "to be written"


@dataclass
class Written:
    """The text, the property that each line belongs to, and what a person has to fill in."""

    lines: list[str] = field(default_factory=list)
    owners: dict[int, Path] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def write(head: Head, draft: Draft, *, is_filled: bool = False) -> Written:
    """The contract file.

    `is_filled` puts a placeholder wherever a person has to decide, so that what the parser
    still refuses is refused for another reason.
    """
    writer = _Writer(draft, is_filled)
    writer.file(head)
    return writer.written


class _Writer:
    def __init__(self, draft: Draft, is_filled: bool) -> None:
        self._draft = draft
        self._is_filled = is_filled
        self.written = Written()

    def file(self, head: Head) -> None:
        self._line(0, MODELINE)
        for line in (head.origin, *_LEFT) if head.origin else _LEFT:
            self._line(0, f"# {line}")
        self._line(0, f"event: {head.event}")
        self._line(0, "version: 1.0")
        for key in ("owner", "channel", "description"):
            self._fill(0, key, getattr(head, key), _EMPTY[key], key)
        if self._draft.envelope:
            self._line(0, "envelope:  # guessed: look at each")
            for key, mapped in self._draft.envelope.items():
                if mapped.value:
                    remark = f"  # {mapped.remark}" if mapped.remark else ""
                    self._line(1, f"{key}: {mapped.value}{remark}")
                else:
                    self._fill(1, key, "", mapped.remark, f"envelope.{key}", f"$.{key}")
        elif not self._is_filled:
            for line in _ENVELOPE:
                self._line(0, f"# {line}")
        self._line(0, "payload:")
        self._schema(1, self._draft.payload, ())
        if not self._draft.payload["properties"] and not self._is_filled:
            self.written.open.append("payload.properties")
            for line in _PROPERTIES:
                self._line(2, f"# {line}")
        if self._draft.left_out and not self._is_filled:
            self._line(0, "")
            self._line(0, "# Not in this contract:")
            for reason in self._draft.left_out:
                self._line(0, f"# - {reason}")

    def _line(self, level: int, text: str, owner: Path = ()) -> None:
        self.written.lines.append("  " * level + text if text else "")
        if owner:
            self.written.owners[len(self.written.lines)] = owner

    def _fill(
        self,
        level: int,
        key: str,
        value: str,
        comment: str,
        label: str,
        placeholder: str = _FILLED,
        owner: Path = (),
    ) -> None:
        """A key with its value; without one it is left for a person, with what to write."""
        if not value and self._is_filled:
            value = placeholder
        if value:
            self._line(level, f"{key}: {scalar(value)}", owner)
        else:
            self.written.open.append(label)
            self._line(level, f"{key}:" + (f"  # {comment}" if comment else ""), owner)

    def _schema(self, level: int, schema: Json, path: Path) -> None:
        """The keywords of a schema, and its properties, each on lines of its own."""
        keywords = [*_FIRST, *(each for each in schema if each not in (*_FIRST, *_LAST))]
        for keyword in keywords:
            value = schema.get(keyword)
            if value is None or (keyword == "required" and not value):
                continue
            if keyword == "items" and "properties" in value:
                self._line(level, "items:", path)
                self._schema(level + 1, value, (*path, ITEMS))
            else:
                self._value(level, keyword, value, path)
        if path and path[-1] != ITEMS:
            self._person(level, schema, path)
        if "properties" in schema:
            self._line(level, "properties:", path)
            for name, inner in schema["properties"].items():
                here = (*path, name)
                self._line(level + 1, f"{scalar(name)}:", here)
                self._schema(level + 2, inner, here)

    def _value(self, level: int, keyword: str, value: Any, path: Path) -> None:
        text = f"{keyword}: {flow(value)}"
        if len(text) + 2 * level <= WIDTH or not isinstance(value, list):
            self._line(level, text, path)
            return
        self._line(level, f"{keyword}:", path)
        for each in value:
            self._line(level + 1, f"- {flow(each)}", path)

    def _person(self, level: int, schema: Json, path: Path) -> None:
        """What only a person can say of a field."""
        label = dotted(path)
        looks = personal(path, schema)
        if looks and "pii" not in schema:
            words = (
                f"looks personal ({looks}): {', '.join(pii.PII_WORDS[1:])} or {pii.PII_WORDS[0]}"
            )
            self._fill(level, "pii", "", words, f"{label}: pii", "none", path)
        elif "pii" in schema:
            self._line(level, f"pii: {schema['pii']}", path)
        said = "" if self._is_filled else schema.get("description", "")
        self._fill(level, "description", said, "", f"{label}: description", owner=path)


def personal(path: Path, schema: Json) -> str | None:
    """What makes the field look personal, for the kinds of value that can be."""
    types = schema.get("type")
    if "properties" in schema or types in ("object", "boolean") or types == ["boolean", "null"]:
        return None
    names = [each for each in path if each != ITEMS]
    return pii.looks_personal(names, schema.get("pattern"), schema.get("format"))


def flow(value: Any) -> str:
    """YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A plain value; in quotes where YAML or its readers would take the text for another."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value == value.strip():
        node = parse(value, Report(""))
        if isinstance(node, Scalar) and node.value == value and value.lower() not in _OLD_BOOLEANS:
            return value
    return json.dumps(value, ensure_ascii=not value.isprintable())


_OLD_BOOLEANS = ("yes", "no", "on", "off", "y", "n")  # YAML 1.1, which other tools read
