"""YAML as a tree that knows its lines.

Scalars follow the YAML 1.2 core schema, so `on`, `no` and `2026-01-31` are text, and
every scalar keeps its spelling, so a version of 1.10 stays "1.10". Repeated keys,
tags and second documents are refused; anchors and `<<` work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

import yaml

from headwater.contracts.report import Report

MAX_NODES = 50_000
MAX_DEPTH = 40

_OPENING = (yaml.ScalarEvent, yaml.CollectionStartEvent)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
# YAML counts these as lines, editors do not, and no diagnostic could name the right one.
_ODD_BREAK = re.compile("[\x85\u2028\u2029]|\r(?!\n)")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Scalar:
    """A leaf: its value, and its text as written without quotes."""

    value: str | int | float | bool | None
    text: str
    line: int


@dataclass(frozen=True)
class Sequence:
    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True)
class Entry:
    key: str
    key_line: int
    value: Node


@dataclass(frozen=True)
class Mapping:
    entries: tuple[Entry, ...]
    line: int

    def get(self, key: str) -> Entry | None:
        """The entry called `key`."""
        for entry in self.entries:
            if entry.key == key:
                return entry
        return None


Node = Scalar | Sequence | Mapping


class _RefusedError(Exception):
    """Reading cannot go on; the report says why."""


def parse(text: str, report: Report) -> Node | None:
    """The document in `text`, or None with at least one problem in `report`."""
    if odd := _ODD_BREAK.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        report.add(line, f"a line break of another kind (U+{ord(odd[0]):04X})", "remove it")
        return None
    try:
        return _Builder(text, report).document()
    except _RefusedError:
        return None
    except yaml.MarkedYAMLError as error:
        _report_syntax(error, report)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1 if isinstance(error.position, int) else 0
        report.add(line, "YAML: a character that text must not hold", "remove control characters")
    return None


def _report_syntax(error: yaml.MarkedYAMLError, report: Report) -> None:
    problem = error.problem or "this cannot be read"
    found = error.problem_mark.line + 1 if error.problem_mark else 0
    opened = error.context_mark.line + 1 if error.context_mark else found
    context = error.context or ""
    if "quoted scalar" in context:
        report.add(opened, f"YAML: {problem}, in quotes that open here", "close the quotes")
    elif "flow" in context and opened < found:
        hint = f"is the bracket that opens on line {opened} closed? indent what is inside it"
        report.add(found, f"YAML: {problem}", hint)
    else:
        report.add(found, f"YAML: {problem}", _syntax_hint(problem))


def _syntax_hint(problem: str) -> str:
    if "cannot start any token" in problem or "tab" in problem:
        return "indent by spaces, not tabs, and quote text that starts with @, ` or %"
    if "mapping values are not allowed" in problem:
        return 'quote text that holds ": ", and check the indentation'
    if "alias" in problem:
        return "an anchor (&name) must come before it is used (*name)"
    return "check quotes, brackets and indentation on this line and the one above"


@lru_cache(maxsize=4096)  # the words of a few thousand files are mostly the same
def _resolve(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar, by the core schema."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        if len(text) > 400:
            return float("inf")
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 0


class _Builder:
    """One pass over the parser's events."""

    def __init__(self, text: str, report: Report) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        self._report = report
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._nodes = 0

    def document(self) -> Node | None:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            self._report.add(1, "the file is empty", "start with `event: <name>`")
            return None
        node = self._node(next(self._events), 0)
        next(self._events)  # the document's end
        after = next(self._events)
        if isinstance(after, yaml.DocumentStartEvent):
            self._stop(after, "a second YAML document", "one event contract per file; remove ---")
        return node

    def _stop(self, event: yaml.Event, message: str, hint: str) -> NoReturn:
        self._report.add(_line(event), message, hint)
        raise _RefusedError

    def _node(self, event: yaml.Event, depth: int) -> Node:
        self._nodes += 1
        self._check_size(event, depth)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        assert isinstance(event, _OPENING)
        line = _line(event)
        if event.tag is not None:
            self._stop(event, f"the YAML tag {event.tag}", "remove it; quote what is text")
        before = self._nodes
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0]
            node = Scalar(_resolve(event.value) if plain else event.value, event.value, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Sequence(tuple(self._children(yaml.SequenceEndEvent, depth)), line)
        else:
            node = Mapping(self._entries(depth), line)
        if event.anchor:
            self._anchors[event.anchor] = (node, self._nodes - before)
        return node

    def _alias(self, event: yaml.AliasEvent, depth: int) -> Node:
        known = self._anchors.get(event.anchor or "")
        if known is None:
            self._stop(
                event,
                f"YAML: there is no anchor &{event.anchor} above",
                "an anchor (&name) must be complete before it is used (*name)",
            )
        self._nodes += known[1]
        self._check_size(event, depth)
        return known[0]

    def _check_size(self, event: yaml.Event, depth: int) -> None:
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            self._stop(
                event,
                "the file is nested too deeply or holds too much",
                f"at most {MAX_DEPTH} levels and {MAX_NODES} values; are aliases nested?",
            )

    def _children(self, end: type[yaml.Event], depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), end):
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> tuple[Entry, ...]:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        children = self._children(yaml.MappingEndEvent, depth)
        for key in children:
            value = next(children)
            if not isinstance(key, Scalar):
                self._report.add(key.line, "a key that is not text", "write `name: value`")
            elif key.text == "<<":
                merged.update(self._merge(key, value))
            elif key.text in own:
                self._report.add(
                    key.line,
                    f"the key {key.text!r} is there twice (first on line {own[key.text].key_line})",
                    "keep one of them",
                )
            else:
                own[key.text] = Entry(key.text, key.line, value)
        return tuple({**merged, **own}.values())

    def _merge(self, key: Scalar, value: Node) -> dict[str, Entry]:
        sources = value.items if isinstance(value, Sequence) else (value,)
        merged: dict[str, Entry] = {}
        for source in reversed(sources):
            if isinstance(source, Mapping):
                merged.update({entry.key: entry for entry in source.entries})
            else:
                self._report.add(key.line, "<< takes a mapping", "write <<: *name")
        return merged
