"""Schemas of older drafts of JSON Schema, said as draft 2020-12 says them.

One schema at a time, as it is come to: those inside it are still as they were written, so that
JSON pointers into them hold.
"""

from __future__ import annotations

from collections.abc import Callable

from headwater.contracts.report import Report
from headwater.contracts.tree import Entry, Mapping, Scalar, Sequence

LATEST = "2020-12"
DRAFTS = ("4", "6", "7", "2019-09", LATEST)

_URIS = {
    f"//json-schema.org/{place}/schema": draft
    for place, draft in (
        *((f"draft-0{number}", number) for number in ("4", "6", "7")),
        *((f"draft/{year}", year) for year in ("2019-09", LATEST)),
    )
}
# What a draft does not know yet: there it would be ignored, and its writer hardly meant that.
_SINCE = {
    "6": ("const", "contains", "propertyNames"),
    "7": ("if", "then", "else"),
    "2019-09": (
        *("dependentRequired", "dependentSchemas", "minContains", "maxContains"),
        *("unevaluatedItems", "unevaluatedProperties", "$anchor"),
    ),
    LATEST: ("prefixItems", "$dynamicRef", "$dynamicAnchor"),
}
_NOTES = ("title", "description", "default", "examples", "$comment", "deprecated", "pii")


def draft_of(uri: str) -> str | None:
    """The draft that a `$schema` names; None when it is none of these."""
    return _URIS.get(uri.removesuffix("#").partition(":")[2])


def is_before(draft: str, other: str) -> bool:
    return DRAFTS.index(draft) < DRAFTS.index(other)


def id_of(node: Mapping, draft: str) -> str | None:
    """What a schema calls itself; beside a `$ref` drafts before 2019-09 ignore that."""
    entry = node.get("id" if draft == "4" else "$id")
    if entry is None or (is_before(draft, "2019-09") and node.get("$ref") is not None):
        return None
    value = entry.value.value if isinstance(entry.value, Scalar) else None
    return value if isinstance(value, str) else None


def modern(node: Mapping, draft: str, name: str, report: Report) -> Mapping:
    """The keywords of one schema; what the draft does not know goes to `report`.

    `dependencies` is taken in every draft: 2019-09 split it in two, and still allows it.
    """
    if is_before(draft, "2019-09") and node.get("$ref") is not None:
        kept = ("$ref", *_NOTES)  # whatever else stands there, these drafts ignore
        return Mapping(tuple(each for each in node.entries if each.key in kept), node.line)
    for since, words in _SINCE.items():
        for word in words if is_before(draft, since) else ():
            if (entry := node.get(word)) is not None:
                message = f"{name}: {word} is not in draft {draft}, which ignores it"
                report.add(entry.key_line, message, f"say $schema of draft {since}, or remove it")
    for word in ("dependentRequired", "dependentSchemas") if node.get("dependencies") else ():
        if (entry := node.get(word)) is not None:
            report.add(entry.key_line, f"{name}: {word} beside dependencies", "say all of it here")
    entries: list[Entry] = []
    for entry in node.entries:
        entries.extend(_REWRITTEN.get(entry.key, _as_it_is)(entry, node, draft))
    return Mapping(tuple(entries), node.line)


def _as_it_is(entry: Entry, node: Mapping, draft: str) -> list[Entry]:
    return [entry]


def _id(entry: Entry, node: Mapping, draft: str) -> list[Entry]:
    return [] if draft == "4" else [entry]


def _definitions(entry: Entry, node: Mapping, draft: str) -> list[Entry]:
    return [entry] if draft == LATEST else []


def _items(entry: Entry, node: Mapping, draft: str) -> list[Entry]:
    is_listed = isinstance(entry.value, Sequence) and draft != LATEST
    if is_listed and isinstance(entry.value, Sequence) and not entry.value.items:
        return []
    return [Entry("prefixItems" if is_listed else "items", entry.key_line, entry.value)]


def _additional_items(entry: Entry, node: Mapping, draft: str) -> list[Entry]:
    items = node.get("items")
    if draft == LATEST:
        return [entry]
    if items is None or not isinstance(items.value, Sequence):
        return []  # which says nothing without a list of items
    return [Entry("items", entry.key_line, entry.value)]


def _dependencies(entry: Entry, node: Mapping, draft: str) -> list[Entry]:
    if not isinstance(entry.value, Mapping):
        return [entry]
    found = []
    for keyword, is_list in (("dependentRequired", True), ("dependentSchemas", False)):
        those = tuple(
            each for each in entry.value.entries if isinstance(each.value, Sequence) is is_list
        )
        if those:
            found.append(Entry(keyword, entry.key_line, Mapping(those, entry.value.line)))
    return found


def _bound(entry: Entry, node: Mapping, draft: str) -> list[Entry]:
    other = node.get(f"exclusive{entry.key.capitalize()}")
    is_strict = other is not None and isinstance(other.value, Scalar) and other.value.value is True
    return [] if draft == "4" and is_strict else [entry]


def _exclusive(entry: Entry, node: Mapping, draft: str) -> list[Entry]:
    if draft != "4":
        return [entry]
    bound = node.get(entry.key.removeprefix("exclusive").lower())
    is_strict = isinstance(entry.value, Scalar) and entry.value.value is True
    return [Entry(entry.key, entry.key_line, bound.value)] if is_strict and bound else []


_REWRITTEN: dict[str, Callable[[Entry, Mapping, str], list[Entry]]] = {
    "id": _id,
    "definitions": _definitions,
    "items": _items,
    "additionalItems": _additional_items,
    "dependencies": _dependencies,
    "minimum": _bound,
    "maximum": _bound,
    "exclusiveMinimum": _exclusive,
    "exclusiveMaximum": _exclusive,
}
