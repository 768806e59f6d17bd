"""What must hold of a value of a column, or of an item, for each keyword."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

from headwater.compile.text import (
    INDENT,
    Call,
    Sql,
    fits,
    inline,
    jinja_value,
    quoted,
    sql_number,
    sql_string,
)
from headwater.contracts.model import JsonType, Scalar, Schema
from headwater.contracts.pattern import translate

SHORT = 4  # values of an enum: DuckDB makes a join of more of them after `in`


def rules_on(schema: Schema, kind: JsonType, value: str) -> Iterator[tuple[str, Sql]]:
    """(keyword, what must hold of a value of this kind)"""
    if kind in ("integer", "number"):
        if schema.minimum is not None:
            least = math.ceil(schema.minimum) if kind == "integer" else schema.minimum
            yield "minimum", (f"{value} >= {sql_number(least)}",)
        if schema.maximum is not None:
            most = math.floor(schema.maximum) if kind == "integer" else schema.maximum
            yield "maximum", (f"{value} <= {sql_number(most)}",)
        if schema.exclusive_minimum is not None:
            yield "exclusiveMinimum", (f"{value} > {sql_number(schema.exclusive_minimum)}",)
        if schema.exclusive_maximum is not None:
            yield "exclusiveMaximum", (f"{value} < {sql_number(schema.exclusive_maximum)}",)
        if schema.multiple_of is not None:
            yield "multipleOf", _is_multiple(schema.multiple_of, kind, value)
    if kind == "string":
        if schema.min_length is not None:
            yield "minLength", (f"length({value}) >= {schema.min_length}",)
        if schema.max_length is not None:
            yield "maxLength", (f"length({value}) <= {schema.max_length}",)
        if schema.pattern is not None:
            pattern = quoted(translate(schema.pattern))
            yield "pattern", (Call(f"regex_match({quoted(value)}, {pattern})"),)
        if schema.format == "uuid":
            yield "format", (Call(f"is_uuid({quoted(value)})"),)
        elif schema.format and schema.format != "date-time" and schema.decimal is None:
            yield "format", (Call(f"has_format({quoted(value)}, {quoted(schema.format)})"),)


def bounds_of_decimal(schema: Schema, value: str) -> Iterator[tuple[str, Sql]]:
    """(keyword, what must hold of a decimal), digit by digit."""
    digits = ", ".join(map(str, schema.decimal or ()))
    for keyword, bound, sign in (
        ("minimum", schema.minimum, ">="),
        ("maximum", schema.maximum, "<="),
        ("exclusiveMinimum", schema.exclusive_minimum, ">"),
        ("exclusiveMaximum", schema.exclusive_maximum, "<"),
    ):
        if bound is not None:
            yield keyword, (f"{value} {sign} ", Call(f"decimal_literal('{bound:f}', {digits})"))
    if schema.multiple_of is not None:
        step = f"decimal_literal('{schema.multiple_of:f}', {digits})"
        yield "multipleOf", (Call(f"remainder({quoted(value)}, {step})"), " = 0")


def _is_multiple(step: Decimal, kind: JsonType, value: str) -> Sql:
    if kind == "integer":
        # A whole number is a multiple of p/q, in lowest terms, when it is one of p.
        return (Call(f"remainder({quoted(value)}, {step.as_integer_ratio()[0]})"), " = 0")
    return (Call(f"is_multiple_of({quoted(value)}, {quoted(f'{step:f}')})"),)


def member_of(enum: tuple[Scalar, ...], kind: JsonType, value: str) -> Sql:
    """That `value`, of this kind, is one of the enum's; its values of other types cannot be."""
    members: dict[str | Call, None] = {}
    for each in enum:
        if kind == "string" and isinstance(each, str):
            members[sql_string(each)] = None
        elif kind == "boolean" and isinstance(each, bool):
            members[str(each).lower()] = None
        elif isinstance(each, (bool, str)) or each is None:
            continue
        elif kind == "number":
            members[sql_number(each)] = None
        elif kind == "integer" and each == int(each) and -(2**63) <= each < 2**63:
            members[sql_number(int(each))] = None
    if not members:
        return ("false",)
    commas: list[str | Call] = []
    for member in members:
        commas += [", ", member] if commas else [member]
    return (f"{value} in (", *commas, ")")


def not_true(holds: Sql) -> str:
    return f"({inline(holds)}) is not true"


def not_one_of(enum: tuple[Scalar, ...], kind: JsonType, value: str) -> str:
    """That an enum does not hold, its values a line each where they are too many for one."""
    holds = member_of(enum, kind, value)
    line, members = not_true(holds), holds[1:-1:2]
    if kind in ("string", "integer") and len(members) > SHORT:
        wanted = str if kind == "string" else int
        texts = dict.fromkeys(each for each in enum if type(each) is wanted)
        listed = "".join(f"\n{INDENT}{jinja_value(each)}," for each in texts)
        return f"({{{{ one_of({quoted(value)}, [{listed}\n]) }}}}) is not true"
    if fits(line, 6) or len(members) < 2:
        return line
    listed = f",\n{INDENT}".join(inline((member,)) for member in members)
    return f"({value} in (\n{INDENT}{listed}\n)) is not true"
