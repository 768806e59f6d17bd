"""`format: decimal(p,s)`: numbers that keep the digits they were sent with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from headwater.contracts import scalars
from headwater.contracts.model import JsonType
from headwater.contracts.report import Report
from headwater.contracts.scalars import Bounds
from headwater.contracts.tree import Entry, Mapping, Scalar

WRITTEN = re.compile(r"decimal\(([0-9]{1,3}), ?([0-9]{1,3})\)")
MAX_DIGITS = 38  # of DuckDB's decimal; BigQuery's bignumeric holds as many on either side
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def format_(
    node: Mapping, kind: JsonType | None, where: str, name: str, report: Report
) -> str | None:
    """The field's format. `where` is `items` for the items of an array, `listed` for what is
    inside of objects in one, else empty."""
    entry = node.get("format")
    written = entry.value.text if entry and isinstance(entry.value, Scalar) else ""
    if entry is None or not written.startswith("decimal"):
        found = scalars.format_(node, name, report)
        if entry is not None and found is not None and kind == "number":
            hint = "for digits that are kept write format: decimal(18,6); else remove it"
            report.add(
                entry.key_line, f"{name}: the format {found} says nothing about type number", hint
            )
        return found
    for message, hint in _problems(node, written, kind, where):
        report.add(entry.key_line, f"{name}: {message}", hint)
    return written.replace(" ", "") if WRITTEN.fullmatch(written) else None


def _problems(
    node: Mapping, written: str, kind: JsonType | None, where: str
) -> Iterator[tuple[str, str]]:
    match = WRITTEN.fullmatch(written)
    if match is None:
        yield "a decimal without its digits", "all of them and those after the point: decimal(18,6)"
        return
    digits, scale = int(match[1]), int(match[2])
    if not 1 <= digits <= MAX_DIGITS:
        hint = f"at most {MAX_DIGITS}, as DuckDB does; for more write type: string and a pattern"
        yield f"a decimal holds 1 to {MAX_DIGITS} digits", hint
    elif scale > digits:
        yield f"{scale} of {digits} digits are after the point", "the first number counts them all"
    if where == "items":
        yield "the items of an array are decimals", "make each an object with a decimal in it"
    elif where and kind == "number":
        hint = "write type: string: engines read a number in an array as a float"
        yield "a decimal in an array is a number", hint
    for keyword in ("enum", "const"):
        if node.get(keyword) is not None:
            yield f"{keyword} of a decimal", "write minimum and maximum, or leave the format out"


def bounds(node: Mapping, format_: str | None, found: Bounds, name: str, report: Report) -> Bounds:
    """The bounds of a decimal with the digits that were written; others as they are."""
    match = WRITTEN.fullmatch(format_ or "")
    if match is None:
        return found
    digits, scale = int(match[1]), int(match[2])
    exact: dict[str, Decimal | None] = {}
    for keyword in _BOUNDS:
        entry = node.get(keyword)
        value = None if entry is None else _number(entry)
        if entry is not None and value is not None and not holds(digits, scale, value):
            hint = "round it, or give the decimal more digits"
            report.add(entry.key_line, f"{name}: {keyword} does not fit {format_}", hint)
        exact[keyword] = value
    return replace(
        found,
        minimum=exact["minimum"],
        maximum=exact["maximum"],
        exclusive_minimum=exact["exclusiveMinimum"],
        exclusive_maximum=exact["exclusiveMaximum"],
        multiple_of=exact["multipleOf"],
    )


def holds(digits: int, scale: int, value: Decimal) -> bool:
    """Whether `decimal(digits,scale)` holds this number exactly."""
    _, all_digits, exponent = value.normalize().as_tuple()
    assert isinstance(exponent, int)
    return value == 0 or (-exponent <= scale and len(all_digits) + exponent <= digits - scale)


def _number(entry: Entry) -> Decimal | None:
    leaf = entry.value
    if not isinstance(leaf, Scalar) or isinstance(leaf.value, (bool, str)) or leaf.value is None:
        return None
    return Decimal(leaf.value if isinstance(leaf.value, int) else leaf.text)
