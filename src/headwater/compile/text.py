"""Small helpers that lay out generated SQL and Jinja within 88 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from headwater.contracts.model import Number

WIDTH = 88
INDENT = "    "

_DEPTH: ContextVar[int] = ContextVar("depth", default=0)


@contextmanager
def nested(steps: int = 1) -> Iterator[None]:
    """What is laid out inside will stand that many steps further in than it says."""
    token = _DEPTH.set(_DEPTH.get() + steps)
    try:
        yield
    finally:
        _DEPTH.reset(token)


def quoted(text: str) -> str:
    """A Jinja string literal."""
    mark = '"' if "'" in text and '"' not in text else "'"
    escaped = text.replace("\\", "\\\\").replace(mark, f"\\{mark}")
    escaped = escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    if not escaped.isprintable():
        escaped = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in escaped)
    return f"{mark}{escaped}{mark}"


@dataclass(frozen=True)
class Call:
    """A macro's call inside a piece of SQL: the text between the braces."""

    expression: str


Sql = tuple[str | Call, ...]


def inline(sql: Sql) -> str:
    """The piece as it stands in a model."""
    return "".join(
        f"{{{{ {part.expression} }}}}" if isinstance(part, Call) else part for part in sql
    )


def argument(sql: Sql) -> str:
    """The piece as the argument of another macro."""
    parts = [part.expression if isinstance(part, Call) else quoted(part) for part in sql if part]
    return " ~ ".join(parts)


def sql_string(text: str) -> str | Call:
    """A SQL string that both engines read alike: a literal where that is plain."""
    plain = text.isprintable() and not set("\\'{}") & set(text)
    return f"'{text}'" if plain else Call(f"string_literal({quoted(text)})")


def sql_number(value: Number) -> str:
    """A number literal, exact on both engines where it is an integer of 64 bits."""
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return str(value)
    short = repr(float(value))
    # DuckDB reads 0.1 as a decimal; with an exponent it is the float that JSON means.
    return short if "e" in short or len(short) <= 15 else f"{short}e0"


def indent(text: str, levels: int) -> str:
    """Every line that is not empty, `levels` steps further in."""
    return "\n".join(f"{INDENT * levels}{line}" if line else "" for line in text.split("\n"))


def case_when(conditions: Iterable[str], result: str, levels: int) -> str:
    """`case when … then … end`, on one line where that fits with a comma this far in."""
    parts = list(conditions)
    line = f"case when {' and '.join(parts)} then {result} end"
    if "\n" not in line and fits(f"{line},", levels):
        return line
    together = f"when {' and '.join(parts)}"
    if "\n" not in together and fits(together, levels + 1):
        when = f"{INDENT}{together}"
    else:
        joined = [f"and {part}" if number else part for number, part in enumerate(parts)]
        when = f"{INDENT}when\n" + "\n".join(indent(part, 2) for part in joined)
    return f"case\n{when}\n{INDENT * 2}then {result}\nend"


def macro(name: str, arguments: Iterable[str], levels: int, suffix: str = "") -> str:
    """`{{ name(…) }}` and a suffix, the arguments a line each where they do not fit on one."""
    return call(f"{{{{ {name}", arguments, levels, f" }}}}{suffix}")


def call(head: str, arguments: Iterable[str], levels: int, tail: str = "") -> str:
    """`head(…)` and what ends it, the arguments a line each where they do not fit on one."""
    listed = list(arguments)
    line = f"{head}({', '.join(listed)}){tail}"
    if "\n" not in line and fits(f"{line},", levels):
        return line
    body = ",\n".join(listed)
    return f"{head}(\n{indent(body, 1)}\n){tail}"


def fits(line: str, levels: int) -> bool:
    """Whether a line that far in ends within the width."""
    return len(line) + (levels + _DEPTH.get()) * len(INDENT) <= WIDTH


def jinja_dict(name: str, values: Mapping[str, object]) -> str:
    """`{% set name = {…} %}`, an entry a line."""
    lines = [f"{INDENT}{quoted(key)}: {jinja_value(value)}," for key, value in values.items()]
    return "\n".join([f"{{% set {name} = {{", *lines, "} %}"])


def jinja_block(name: str, value: object) -> str:
    """`{% set name = … %}`, nested lists and dicts broken where a line would be too long."""
    return f"{{% set {name} = {broken(value, 0, 10 + len(name))} %}}"


def broken(value: object, levels: int, taken: int) -> str:
    """A Jinja literal, its entries a line each where it does not fit after what is `taken`."""
    line = jinja_value(value)
    taken += _DEPTH.get() * len(INDENT)
    if taken + len(line) + 3 <= WIDTH or not isinstance(value, (Mapping, list, tuple)) or not value:
        return line
    inner = INDENT * (levels + 1)
    if isinstance(value, Mapping):
        opening, closing = "{", "}"
        parts = [(f"{quoted(str(key))}: ", each) for key, each in value.items()]
    else:
        opening, closing = "[", "]"
        parts = [("", each) for each in value]
    lines = [
        f"{inner}{key}{broken(each, levels + 1, len(inner) + len(key))}," for key, each in parts
    ]
    return "\n".join([opening, *lines, INDENT * levels + closing])


def jinja_value(value: object) -> str:
    """A Jinja literal of a string, number, boolean, none, list or dict."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, Mapping):
        inner = (f"{quoted(str(key))}: {jinja_value(item)}" for key, item in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(jinja_value(item) for item in value) + "]"
    return str(value)


def marker(paths: Sequence[str]) -> str:
    """The comment that names the event contracts a file is generated from."""
    others = "".join(f", {path.rsplit('/', 1)[-1]}" for path in paths[1:])
    return f"-- Generated from {paths[0]}{others} by `headwater sync`: edit that"


def listed(lines: Sequence[str]) -> list[str]:
    """Select expressions with a comma after each but the last."""
    return [line + "," for line in lines[:-1]] + list(lines[-1:])


def cte(name: str, lines: list[str], tail: str, *, first: bool = False, last: bool = False) -> str:
    opening = f"with {name} as (" if first else f"\n{name} as ("
    body = "\n".join(lines)
    closing = ")" if last else "),"
    return "\n".join([opening, f"{INDENT}select", indent(body, 2), indent(tail, 1), closing])
