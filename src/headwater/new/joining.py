"""Several JSON Schemas as one: what references, parts and choices stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from headwater.new.draft import Json

# These say nothing about values, or only name what others refer to.
SILENT = {
    "$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$vocabulary", "$comment", "$defs",
    "definitions", "title", "examples", "example", "default", "deprecated", "self",
    "readOnly", "writeOnly", "nullable", "contentEncoding", "contentMediaType",
}  # fmt: skip
THROUGH = "\0through"  # no keyword can be called so


def target_of(document: Any, reference: str) -> Any:
    """What a reference inside this document names; None when there is nothing."""
    base = document.get("$id", document.get("id", "")) if isinstance(document, dict) else ""
    place = reference.removeprefix(base if isinstance(base, str) else "")
    if place in ("", "#"):
        return document
    if place.startswith("#/"):
        found: Any = document
        for step in place[2:].split("/"):
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdigit() and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, dict) and name in found:
                found = found[name]
            else:
                return None
        return found
    return _anchored(document, place.removeprefix("#"), reference)


def _anchored(node: Any, anchor: str, reference: str) -> Any:
    """The schema that calls itself so, by $anchor, $id or draft 4's id."""
    if isinstance(node, dict):
        names = {node.get("$anchor"), node.get("$id"), node.get("id")}
        if names & {anchor, f"#{anchor}", reference}:
            return node
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in inner:
        found = _anchored(each, anchor, reference)
        if found is not None:
            return found
    return None


def joined_with(first: Json, second: Any) -> Json | None:
    """Two schemas as one that says both; None when they speak of the same thing differently."""
    if second is True:
        return first
    if not isinstance(second, dict):
        return None
    if any(_is_closed(each) and "properties" in other for each, other in _both(first, second)):
        return None  # each refuses what the other declares
    found = dict(first)
    for key, value in second.items():
        if key not in found or found[key] == value or key in SILENT:
            found.setdefault(key, value)
        elif key == "required" and isinstance(value, list) and isinstance(found[key], list):
            found[key] = [*found[key], *(name for name in value if name not in found[key])]
        elif key == "properties" and isinstance(value, dict) and isinstance(found[key], dict):
            properties = dict(found[key])
            for name, inner in value.items():
                if name not in properties:
                    properties[name] = inner
                elif isinstance(properties[name], dict):
                    joined = joined_with(properties[name], inner)
                    if joined is None:
                        return None
                    properties[name] = joined
            found[key] = properties
        elif key not in ("description", THROUGH):
            return None
    return found


def _both(first: Json, second: Json) -> tuple[tuple[Json, Json], ...]:
    return (first, second), (second, first)


def _is_closed(schema: Json) -> bool:
    others = ("additionalProperties", "unevaluatedProperties")
    return any(schema.get(key, True) is not True for key in others)


def constants_of(part: Any) -> list[Any] | None:
    """The values that a schema lists, when it does nothing else."""
    if not isinstance(part, dict):
        return None
    if set(part) - SILENT - {"const", "enum", "type", "description", THROUGH}:
        return None
    if "const" in part:
        return [part["const"]]
    return part["enum"] if isinstance(part.get("enum"), list) else None


def is_null(part: Any) -> bool:
    return isinstance(part, Mapping) and (
        part.get("type") in ("null", ["null"])
        or part.get("enum") == [None]
        or part.get("const", 0) is None
    )
