"""What unevaluatedProperties and unevaluatedItems leave out: all that other keywords judged.

An answer is a list of parts, each with the schemas the value must meet for it to count
(`when`): {"when": [{"required": ["a"]}], "names": ["b"], "patterns": []}, or {…, "all": True}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Part = dict[str, Any]
_When = tuple[Any, ...]


def known_names(schema: Any) -> list[Part]:
    """The properties that a schema judges, by `names` and `patterns`."""
    return list(_parts(schema, (), _names))


def known_items(schema: Any) -> list[Part]:
    """The items that a schema judges: the first `upto`, and those that meet `contains`."""
    return list(_parts(schema, (), _items))


def _parts(
    schema: Any, when: _When, own: Callable[[dict[str, Any]], Part | None]
) -> Iterator[Part]:
    if not isinstance(schema, dict):
        return
    part = own(schema)
    if part is not None:
        yield {"when": list(when), **part}
    for inner in schema.get("allOf", ()):
        yield from _parts(inner, when, own)
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _parts(inner, (*when, inner), own)
    if "if" in schema:
        condition = schema["if"]
        met, unmet = (*when, condition), (*when, {"not": condition})
        yield from _parts(condition, met, own)
        yield from _parts(schema.get("then"), met, own)
        yield from _parts(schema.get("else"), unmet, own)
    for name, inner in schema.get("dependentSchemas", {}).items():
        yield from _parts(inner, (*when, {"required": [name]}), own)


def _names(schema: dict[str, Any]) -> Part | None:
    if "additionalProperties" in schema or "unevaluatedProperties" in schema:
        return {"all": True}
    names, patterns = schema.get("properties", ()), schema.get("patternProperties", ())
    if names or patterns:
        return {"names": list(names), "patterns": list(patterns)}
    return None


def _items(schema: dict[str, Any]) -> Part | None:
    if "items" in schema or "unevaluatedItems" in schema:
        return {"all": True}
    part: Part = {"upto": len(schema.get("prefixItems", ()))}
    if "contains" in schema:
        part["contains"] = schema["contains"]
    return part if part != {"upto": 0} else None
