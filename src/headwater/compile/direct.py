"""Rules that columns answer after all: which of them an object has, and plain values.

`anyOf: [{required: [a]}, {required: [b]}]` of an object that declares both is
`(_type_a is not null or _type_b is not null)`: nothing has to be parsed again for it. Every
condition made here is never null.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from headwater.compile.columns import Column
from headwater.compile.text import INDENT, WIDTH, jinja_value, quoted, sql_number, sql_string
from headwater.contracts.model import Rule, Schema

SHORT = 4  # values, as in conditions.py
_TYPES = {"string", "boolean", "object", "array", "null"}  # whose JSON type alone tells
_TAKEN = {"string": str, "integer": int, "boolean": bool}


class _IndirectError(Exception):
    """No column answers it."""


def direct(rule: Rule, schema: Schema, columns: Sequence[Column]) -> str | None:
    """That an object of this schema meets a rule, asked of the columns of its fields; None
    where these do not answer it. The object is known to be one."""
    if not columns or schema.kind != "object" or schema.nullable:
        return None
    try:
        return _holds(json.loads(rule.schema), {each.path[-1]: each for each in columns})
    except _IndirectError:
        return None


def indirect(schema: Schema, columns: Sequence[Column]) -> tuple[Rule, ...]:
    """The other rules of a schema: those that are asked of the JSON value."""
    return tuple(rule for rule in schema.rules if direct(rule, schema, columns) is None)


def _holds(schema: Any, columns: dict[str, Column]) -> str:
    if isinstance(schema, bool):
        return str(schema).lower()
    parts: list[str] = []
    for keyword, value in schema.items():
        if keyword == "type":
            if value != "object" and value != ["object"]:
                raise _IndirectError
        elif keyword == "required":
            parts += [f"{_type(columns, name)} is not null" for name in value]
        elif keyword == "dependentRequired":
            parts += [
                f"({_type(columns, name)} is null or {_type(columns, other)} is not null)"
                for name, others in value.items()
                for other in others
            ]
        elif keyword == "properties":
            parts += [
                f"({_type(columns, name)} is null or {_value(inner, columns[name])})"
                for name, inner in value.items()
            ]
        elif keyword in ("allOf", "anyOf"):
            word = "and" if keyword == "allOf" else "or"
            parts.append(_joined(word, [_holds(each, columns) for each in value]))
        elif keyword == "oneOf":
            counted = [f"case when {_holds(each, columns)} then 1 else 0 end" for each in value]
            parts.append(f"{_joined('+', counted)} = 1")
        elif keyword == "not":
            parts.append(f"not ({_holds(value, columns)})")
        elif keyword == "if":
            outcomes = [_holds(schema.get(each, True), columns) for each in ("then", "else")]
            lines = [f"when {_holds(value, columns)}", f"{INDENT}then {outcomes[0]}"]
            inner = "\n".join([*lines, f"else {outcomes[1]}"]).replace("\n", f"\n{INDENT}")
            parts.append(f"case\n{INDENT}{inner}\nend")
        elif keyword not in ("then", "else"):
            raise _IndirectError
    return _joined("and", parts) if parts else "true"


def _type(columns: dict[str, Column], name: str) -> str:
    if name not in columns:
        raise _IndirectError
    return columns[name].at(columns[name].type_name)


def _value(schema: Any, column: Column) -> str:
    """That the value of a column, where it has one, meets a schema."""
    if isinstance(schema, bool):
        return str(schema).lower()
    parts = []
    for keyword, value in schema.items():
        if keyword in ("const", "enum"):
            parts.append(_is_one_of([value] if keyword == "const" else value, column))
        elif keyword == "type":
            kinds = [value] if isinstance(value, str) else list(value)
            if not set(kinds) <= _TYPES:
                raise _IndirectError
            asked = kinds[0] if len(kinds) == 1 else kinds
            name = quoted(column.at(column.type_name))
            parts.append(f"({{{{ json_is({name}, {jinja_value(asked)}) }}}}) is true")
        else:
            raise _IndirectError
    return _joined("and", parts) if parts else "true"


def _is_one_of(values: list[Any], column: Column) -> str:
    wanted = _TAKEN.get(column.kind)
    if not values or len(values) > SHORT or any(type(each) is not wanted for each in values):
        raise _IndirectError
    listed = []
    for each in values:
        literal: Any = str(each).lower() if isinstance(each, bool) else each
        if isinstance(each, str):
            literal = sql_string(each)
        elif not isinstance(each, bool):
            literal = sql_number(each)
        if not isinstance(literal, str):
            raise _IndirectError
        listed.append(literal)
    value = column.at(column.text_name if column.is_converted else column.name)
    return f"({value} in ({', '.join(listed)})) is true"


def _joined(word: str, parts: list[str]) -> str:
    """`(a or b)`, a line each where they are too many for one."""
    if len(parts) == 1:
        return parts[0]
    line = f"({f' {word} '.join(parts)})"
    if "\n" not in line and len(line) + 8 * len(INDENT) <= WIDTH:
        return line
    body = f"\n{word} ".join(parts).replace("\n", f"\n{INDENT}")
    return f"(\n{INDENT}{body}\n)"
