"""What may be repeated of what dbt and the engines say: an error may quote a row's values.

An engine puts the value that it could not convert, or that somebody's SQL raised, into its
message, with quotation marks of its own or none. So nothing is cut out of such messages:
those of kinds that speak of SQL, names and machines are repeated, of all others the kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_KEPT_CHARACTERS = 300
_CLOCK = re.compile(r"^\d\d:\d\d:\d\d  ?")
# As dbt begins a failure; below it, what the engine said.
_HEADING = re.compile(r"(?P<kind>[A-Z]\w+) Error(?P<node> in [\w-]+ \S+ \([^()]*\))?$")
# As DuckDB begins an error.
_KIND = re.compile(r"(?P<kind>[A-Z]\w*(?: \w+){0,3}) (?:Error|Exception): ")
# Kinds whose messages are about the statement or the machine, never about a row.
_ABOUT_NO_ROW = frozenset(
    {"Binder", "Catalog", "Connection", "Dependency", "IO", "Interrupt", "Out of Memory",
     "Parser", "Permission", "Syntax", "Transaction", "TransactionContext"}
)  # fmt: skip
# The same of BigQuery, which names no kinds; what dbt says of a failed test; and our own.
_HARMLESS = re.compile(
    r"Got [\d,]+ results?, configured to \w+ if [!=<>]+ ?\d+$"
    r"|(Unrecognized name|Syntax error|Function not found|No matching signature|Not found"
    r"|Access Denied|Quota exceeded|Resources exceeded|Query exceeded limit)\b"
    r"|(Invalid Input Error: )?an identifier has no key yet; run again$"
)


def of_node(message: str, name: str) -> str:
    """One line of what dbt said of a failed node called `name`, without any row's values."""
    said = list(_kept(message.splitlines(), in_engine=True))
    if said and said[-1].endswith(_WITHHELD):
        said[-1] += f" (dbt build --select {name} shows it)"
    return " ".join(" ".join(said).split())[:_KEPT_CHARACTERS]


def of_engine(message: str) -> str:
    """One line of an engine's own message, without any row's values."""
    return " ".join(" ".join(_kept(message.splitlines(), in_engine=True)).split())


def of_output(output: str, count: int = 12) -> str:
    """The last lines of what a dbt command printed, without any row's values."""
    said: list[str] = []
    for entry in _entries(output):
        said += _kept(entry, in_engine=False)
    return "\n".join(line[:_KEPT_CHARACTERS] for line in said[-count:])


_WITHHELD = "the rest may quote data"


def _entries(output: str) -> Iterator[list[str]]:
    """What dbt printed, cut where it prints the time."""
    entry: list[str] = []
    for line in output.splitlines():
        if _CLOCK.match(line) and entry:
            yield entry
            entry = []
        entry.append(_CLOCK.sub("", line))
    yield entry


def _kept(lines: Iterable[str], *, in_engine: bool) -> Iterator[str]:
    """The lines that may be repeated; `in_engine`: the first may already be the engine's."""
    rest = [line.rstrip() for line in lines if line.strip()]
    while rest:
        line = rest.pop(0)
        text = line.strip()
        kind = _KIND.match(text)
        heading = _HEADING.match(text)
        if _HARMLESS.match(text) or (kind and kind["kind"] in _ABOUT_NO_ROW):
            yield line
            yield from rest
            return
        if kind:
            yield f"{kind['kind']} Error; {_WITHHELD}"
            return
        if heading:
            yield line
            # dbt's own words about the project follow, or those of the engine.
            in_engine = heading["kind"] == "Database" or (
                heading["kind"] == "Runtime" and heading["node"] is not None
            )
        elif in_engine:
            yield f"an error; {_WITHHELD}"
            return
        else:
            yield line
