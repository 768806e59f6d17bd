"""Which formats the texts of records have, as the SQL that will judge them says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from headwater.contracts import keywords
from headwater.contracts.model import Path
from headwater.literals import literal
from headwater.new.draft import ITEMS, Draft, Head, Json, properties, without
from headwater.new.profile import steps
from headwater.new.prune import prune
from headwater.validate.memory import Memory, base_sql

# Formats that a text has by more than chance, the strictest first, each with what all of its
# texts match: only where every value does, the compiled rule is tried.
GUESSED: Mapping[str, str] = {
    "date-time": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]",
    "uuid": "^[0-9A-Fa-f]{8}-",
    "date": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "time": "^[0-9]{2}:[0-9]{2}:",
    "ipv4": "^[0-9.]+$",
    "ipv6": ":.*:",
    "email": "@",
}


def strings(payload: Json) -> list[Path]:
    """The places of texts, among them the items of arrays."""
    found = []
    for path, inner in properties(payload):
        for here, each in ((path, inner), ((*path, ITEMS), inner.get("items") or {})):
            if each.get("type") in ("string", ["string", "null"]):
                found.append(here)
    return found


def with_formats(memory: Memory, head: Head, draft: Draft, inside: Path) -> Draft:
    """Gives a text the first format that all its values have.

    `inside` is where the payload lies in the records whose `nodes` are in `memory`.
    """
    for name, look in GUESSED.items():
        if name not in keywords.FORMATS:
            continue
        alike = _alike(memory, look)
        tried = [
            path
            for path in strings(draft.payload)
            if (*inside, *path) in alike and "format" not in _at(draft.payload, path)
        ]
        for path in _right(memory, head, draft, tried, name) if tried else ():
            draft = replace(draft, payload=_set(draft.payload, path, {"format": name}))
    return draft


def _alike(memory: Memory, look: str) -> set[Path]:
    """The places where all texts match a regular expression."""
    rows = memory.query(
        f"""
        select place
        from nodes
        where kind != 'null'
        group by place
        having bool_and(coalesce(regexp_matches(text, {literal(look)}), false))
        """
    )
    return {steps(place) for (place,) in rows}


def _right(memory: Memory, head: Head, draft: Draft, tried: list[Path], name: str) -> list[Path]:
    """Of these places, those where no value breaks the format."""
    payload = draft.payload
    for path in tried:
        payload = _set(payload, path, {"format": name})
    for path, _ in list(properties(payload)):
        if not any(each[: len(path)] == path or path[: len(each)] == each for each in tried):
            payload = without(payload, path) if _is_there(payload, path) else payload
    _, contract = prune(head, replace(draft, payload=payload), are_names_data=True)
    if contract is None:
        return []
    memory.judge([contract], base_sql([contract]))
    rows = memory.query("select distinct unnest(violations) from judged")
    wrong = {violation for (violation,) in rows}
    return [path for path in tried if f"{_violation(path)}.format" not in wrong]


def _violation(path: Path) -> str:
    """How the violations of the value at `path` begin."""
    return ".".join("items" if each == ITEMS else each for each in path)


def _at(schema: Json, path: Path) -> Json:
    """The schema at `path`."""
    for name in path:
        schema = schema["items"] if name == ITEMS else schema["properties"][name]
    return schema


def _is_there(schema: Json, path: Path) -> bool:
    """Whether nothing above `path` was taken away before."""
    try:
        _at(schema, path)
    except KeyError:
        return False
    return True


def _set(schema: Json, path: Path, keywords_: Json) -> Json:
    """The schema with more keywords at `path`."""
    if not path:
        return schema | keywords_
    name, rest = path[0], path[1:]
    if name == ITEMS:
        return schema | {"items": _set(schema["items"], rest, keywords_)}
    declared = schema["properties"]
    inner = _set(declared[name], rest, keywords_)
    return schema | {"properties": declared | {name: inner}}
