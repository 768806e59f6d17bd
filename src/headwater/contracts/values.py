"""Reading single values of a contract: text, words, versions, durations, percentages."""

from __future__ import annotations

import re
from collections.abc import Sequence as Words
from datetime import timedelta

from headwater.contracts.report import Report, did_you_mean, shown
from headwater.contracts.tree import Entry, Node, Scalar

NAME = re.compile(r"[a-z][a-z0-9_]*")
MAX_DAYS = 36_500

VERSION = re.compile(r"(0|[1-9][0-9]{0,5})(?:\.(?:0|[1-9][0-9]{0,5}))?")
DURATION = re.compile(r"([0-9]{1,9}) (minute|hour|day|week)s?")
PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%")
_JINJA = re.compile(r"\{\{|\{%|\{#")


def is_missing(node: Node) -> bool:
    """Nothing was written after the key."""
    return isinstance(node, Scalar) and node.value is None


def has_jinja(text: str) -> bool:
    """dbt would run it: the text holds the start of a template."""
    return _JINJA.search(text) is not None


def text(entry: Entry, name: str, report: Report, *, hint: str = "") -> str | None:
    """The text of `entry`, without surrounding space; None and a problem when it has none."""
    node = entry.value
    if is_missing(node) or (isinstance(node, Scalar) and node.text.strip() == ""):
        report.add(entry.key_line, f"{name} is empty", hint or f"write {entry.key}: some text")
        return None
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        report.add(entry.key_line, f"{name} is not text", hint or 'put it in quotes: "…"')
        return None
    value = node.value.strip()
    if has_jinja(value):
        report.add(node.line, f"{name} holds a template ({{{{, {{% or {{#)", "dbt would run it")
        return None
    if any(not (char.isprintable() or char in "\n\t") for char in value):
        report.add(node.line, f"{name} holds a control character", "remove it")
        return None
    return value


def line_of_text(entry: Entry, name: str, report: Report, *, hint: str = "") -> str | None:
    """Text that must fit on one line of at most 200 characters."""
    value = text(entry, name, report, hint=hint)
    if value is not None and ("\n" in value or "\t" in value or len(value) > 200):
        report.add(entry.value.line, f"{name} is longer than a line", "at most 200 characters")
        return None
    return value


def word(entry: Entry, name: str, words: Words[str], report: Report) -> str | None:
    """One of `words`."""
    node = entry.value
    if isinstance(node, Scalar) and node.text in words and isinstance(node.value, str):
        return node.text
    if not isinstance(node, Scalar) or node.value is None:
        report.add(entry.key_line, f"{name} is empty or not a word", f"one of: {', '.join(words)}")
    else:
        report.add(
            node.line, f"{name} cannot be {shown(node.text)}", did_you_mean(node.text, words)
        )
    return None


def version(entry: Entry, report: Report) -> tuple[str, int] | None:
    """The version as written and its major: `1.10` is ("1.10", 1), quoted or not."""
    node = entry.value
    if isinstance(node, Scalar) and (match := VERSION.fullmatch(node.text)):
        return node.text, int(match[1])
    report.add(
        entry.key_line,
        f"version cannot be {shown(node.text) if isinstance(node, Scalar) else 'a list'}",
        "write major.minor, for example version: 1.0",
    )
    return None


def duration(entry: Entry, name: str, report: Report) -> timedelta | None:
    """`30 days`, `1 hour`, `90 minutes`, `2 weeks`."""
    node = entry.value
    written = node.text if isinstance(node, Scalar) else ""
    match = DURATION.fullmatch(written.strip())
    hint = "a whole number and minutes, hours, days or weeks, for example 30 days"
    if match is None:
        report.add(entry.key_line, f"{name} is not a duration: {shown(written)}", hint)
        return None
    count, unit = int(match[1]), match[2]
    minutes = count * {"minute": 1, "hour": 60, "day": 1440, "week": 10080}[unit]
    if minutes == 0 or minutes > MAX_DAYS * 1440:
        report.add(entry.key_line, f"{name} must be over 0 and at most {MAX_DAYS} days", hint)
        return None
    return timedelta(minutes=minutes)


def percent(entry: Entry, name: str, report: Report) -> float | None:
    """`99.9 %`."""
    node = entry.value
    written = node.text if isinstance(node, Scalar) else ""
    match = PERCENT.fullmatch(written.strip())
    if match is None or not 0 < float(match[1]) <= 100:
        report.add(
            entry.key_line,
            f"{name} is not a percentage: {shown(written)}",
            f"a number over 0 and up to 100 with its sign: {entry.key}: 99.9 %",
        )
        return None
    return float(match[1])
