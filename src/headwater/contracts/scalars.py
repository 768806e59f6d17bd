"""The keywords of plain values: enum, bounds, lengths, pattern, format."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from headwater.contracts import pattern as patterns
from headwater.contracts.keywords import FORMATS
from headwater.contracts.model import JsonType, Number, Scalar
from headwater.contracts.report import Report, did_you_mean, shown
from headwater.contracts.tree import Entry, Mapping, Sequence
from headwater.contracts.tree import Scalar as Leaf
from headwater.contracts.values import has_jinja

INT64 = range(-(2**63), 2**63)
MAX_ENUM = 1000


MAX_STEP_DIGITS = 9  # of multipleOf, before the point and after it: see multiple_of.sql


@dataclass(frozen=True)
class Bounds:
    minimum: Number | None = None
    maximum: Number | None = None
    exclusive_minimum: Number | None = None
    exclusive_maximum: Number | None = None
    multiple_of: Decimal | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None


def enum(
    node: Mapping, types: tuple[JsonType, ...], name: str, report: Report
) -> tuple[Scalar, ...] | None:
    """The values of `enum`, or None when there are none that can be used."""
    entry = node.get("enum")
    if entry is None:
        return None
    if not isinstance(entry.value, Sequence) or not entry.value.items:
        report.add(entry.key_line, f"{name}: enum is not a list of values", "write enum: [a, b]")
        return None
    if len(entry.value.items) > MAX_ENUM:
        hint = "for long lists check membership in a mart, against a seed"
        report.add(entry.key_line, f"{name}: enum has over {MAX_ENUM} values", hint)
    found: list[Scalar] = []
    seen: set[tuple[str, Scalar]] = set()
    for item in entry.value.items:
        if not isinstance(item, Leaf):
            report.add(item.line, f"{name}: enum holds a list or mapping", "plain values only")
            continue
        value = whole(item.value)
        key = (_type_name(value), value)
        if key in seen:
            report.add(item.line, f"{name}: enum lists {shown(item.text)} twice", "once")
        elif problem := bad_value(value):
            report.add(item.line, f"{name}: enum value {shown(item.text)} {problem[0]}", problem[1])
        else:
            found.append(value)
        seen.add(key)
    if not _fits(found, types, entry, name, report):
        return None
    return tuple(found) or None


def const(node: Mapping, types: tuple[JsonType, ...], name: str, report: Report) -> Scalar:
    """The value of `const`, or None when there is none that can be used."""
    entry = node.get("const")
    if entry is None:
        return None
    if not isinstance(entry.value, Leaf):
        report.add(entry.key_line, f"{name}: const is a list or mapping", "plain values only")
        return None
    value = whole(entry.value.value)
    problem = bad_value(value)
    if value is None:
        problem = ("is null", "leave the field undeclared: raw keeps it")
    elif node.get("enum") is not None:
        problem = ("stands beside enum", "keep one of them")
    elif "null" in types:
        problem = ("is one value, and the type allows null", "take null from type")
    if problem is not None:
        report.add(entry.key_line, f"{name}: const {problem[0]}", problem[1])
        return None
    return value if _fits([value], types, entry, name, report) else None


def bad_value(value: Scalar, *, is_rule: bool = False) -> tuple[str, str] | None:
    """What a value holds that cannot be written into a model, and a hint.

    `is_rule`: it becomes no comparison in the model's own SQL, so that control characters pass.
    """
    if isinstance(value, str):
        if has_jinja(value):
            return "holds a template ({{, {% or {#)", "dbt would run it; use pattern"
        if not is_rule and any(not (char.isprintable() or char in "\n\t") for char in value):
            return "holds a control character", "remove it"
    elif isinstance(value, float) and not math.isfinite(value):
        return "is not a finite number", "JSON has no infinity and no NaN"
    elif isinstance(value, int) and value not in INT64:
        return "is beyond 64 bits", "such numbers are the violation int64 anyway"
    return None


def _type_name(value: Scalar) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"


def _fits(
    found: list[Scalar], types: tuple[JsonType, ...], entry: Entry, name: str, report: Report
) -> bool:
    """The values agree with each other and with the declared type."""
    kinds = {_type_name(value) for value in found} - {"null"}
    if types:
        declared = next(each for each in types if each != "null")
        allowed = {"number"} if declared in ("integer", "number") else {declared}
        odd = [
            value
            for value in found
            if (value is None and "null" not in types)
            or (value is not None and _type_name(value) not in allowed)
            or (declared == "integer" and isinstance(value, float))
        ]
        for value in odd if declared not in ("object", "array") else ():
            hint = 'quote it if it is text, or write type: [string, "null"] if it is null'
            report.add(
                entry.key_line,
                f"{name}: {entry.key} value {shown(value)} is not of type {' or '.join(types)}",
                hint,
            )
        if entry.key == "enum" and "null" in types and None not in found:
            report.add(
                entry.key_line,
                f"{name}: the type allows null and enum does not",
                "add null to enum, or take it from type",
            )
        return not odd
    if len(kinds) > 1:
        report.add(
            entry.key_line,
            f"{name}: enum mixes {' and '.join(sorted(kinds))} values",
            "a column has one type; quote what is text",
        )
        return False
    if found and not kinds:
        report.add(entry.key_line, f"{name}: enum holds null only", "leave the field undeclared")
        return False
    return True


def whole(value: Scalar) -> Scalar:
    """1.0 is 1 in JSON Schema."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    return value


def bounds(node: Mapping, kind: JsonType | None, name: str, report: Report) -> Bounds:
    """The keywords whose value is a number."""
    low, high, above, below = (
        bound(node.get(key), kind, name, report)
        for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    )
    short, long, few, many = (
        count(node.get(key), name, report)
        for key in ("minLength", "maxLength", "minItems", "maxItems")
    )
    for key, first, second in (
        ("maximum", low, high),
        ("exclusiveMaximum", above, below),
        ("maxLength", short, long),
        ("maxItems", few, many),
    ):
        entry = node.get(key)
        if entry is not None and first is not None and second is not None and first > second:
            other = key.replace("max", "min").replace("Max", "Min")
            report.add(entry.key_line, f"{name}: {key} is under {other}", "no value can pass both")
    step_ = step(node.get("multipleOf"), name, report)
    return Bounds(low, high, above, below, step_, short, long, few, many)


def _number(entry: Entry) -> int | float | None:
    value = entry.value.value if isinstance(entry.value, Leaf) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return whole(value) if math.isfinite(value) else None  # type: ignore[return-value]


def bound(
    entry: Entry | None, kind: JsonType | None, name: str, report: Report
) -> int | float | None:
    if entry is None:
        return None
    value = _number(entry)
    problem: tuple[str, str] | None = None
    if value is None:
        problem = ("is not a number", "write a number without quotes")
    elif kind == "integer" and isinstance(value, float) and not value.is_integer():
        problem = ("is not whole, and the type is integer", "round it")
    elif kind == "integer" and value not in INT64:
        problem = (
            "is beyond 64 bits",
            "remove it: integers beyond 64 bits are the violation int64 anyway",
        )
    elif kind == "number" and isinstance(value, int) and int(float(value)) != value:
        problem = ("is beyond what a number can hold exactly", "use fewer digits")
    if problem is None:
        return value
    report.add(entry.key_line, f"{name}: {entry.key} {problem[0]}", problem[1])
    return None


def count(entry: Entry | None, name: str, report: Report) -> int | None:
    if entry is None:
        return None
    value = _number(entry)
    if isinstance(value, int) and 0 <= value < 2**31:
        return value
    is_length = entry.key.endswith("Length")
    report.add(
        entry.key_line,
        f"{name}: {entry.key} is not a {'length' if is_length else 'count'}",
        f"a whole number{' of characters' if is_length else ''}, 0 or more",
    )
    return None


def step(entry: Entry | None, name: str, report: Report) -> Decimal | None:
    """The value of `multipleOf`, with the digits that were written."""
    if entry is None:
        return None
    value = _number(entry)
    if value is None or value <= 0:
        report.add(
            entry.key_line,
            f"{name}: multipleOf is not a number over 0",
            "write the step, for example multipleOf: 0.01",
        )
        return None
    written = cast(Leaf, entry.value).text
    found = (Decimal(value) if isinstance(value, int) else Decimal(written)).normalize()
    _, digits, exponent = found.as_tuple()
    before, after = len(digits) + int(exponent), -int(exponent)
    if max(before, after) <= MAX_STEP_DIGITS:
        return found
    report.add(
        entry.key_line,
        f"{name}: multipleOf has over {MAX_STEP_DIGITS} digits on one side of the point",
        "check it in a mart",
    )
    return None


def flag(entry: Entry | None, name: str, report: Report) -> bool:
    """Whether a keyword that is true or false says true."""
    if entry is None:
        return False
    value = entry.value.value if isinstance(entry.value, Leaf) else None
    if isinstance(value, bool):
        return value
    report.add(entry.key_line, f"{name}: {entry.key} is neither true nor false", "write true")
    return False


def pattern(node: Mapping, name: str, report: Report) -> str | None:
    """The pattern as declared, once it is known to have an equal in RE2."""
    entry = node.get("pattern")
    if entry is None:
        return None
    if not isinstance(entry.value, Leaf) or not isinstance(entry.value.value, str):
        report.add(entry.key_line, f"{name}: pattern is not text", "put it in quotes")
        return None
    try:
        patterns.translate(entry.value.value)
    except patterns.BadPatternError as error:
        report.add(entry.key_line, f"{name}: pattern refused: {error.args[0]}", error.args[1])
        return None
    return entry.value.value


def format_(node: Mapping, name: str, report: Report) -> str | None:
    """One of keywords.FORMATS."""
    entry = node.get("format")
    if entry is None:
        return None
    written = entry.value.text if isinstance(entry.value, Leaf) else ""
    if written in FORMATS:
        return written
    hint = did_you_mean(written, FORMATS)
    if not hint.startswith("did"):
        hint = f"for another shape write pattern; these are checked: {', '.join(FORMATS)}"
    report.add(entry.key_line, f"{name}: the format {shown(written)} is not supported", hint)
    return None
