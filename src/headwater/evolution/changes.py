"""What is different between two promises of one major, by kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from headwater.evolution.kinds import KINDS, Kind
from headwater.evolution.promise import Promise

# In which direction a rule gets looser; one that is new is tighter, one that is gone looser.
_LOWER = ("minimum", "exclusive_minimum", "min_length", "min_items")
_HIGHER = ("maximum", "exclusive_maximum", "max_length", "max_items")
_SCALARS = ("string", "integer", "number", "boolean")


@dataclass(frozen=True)
class Change:
    """One change: its kind, the field (or header key) it is about, and a word on it."""

    kind: str
    where: str = ""
    detail: str = ""

    @property
    def is_(self) -> Kind:
        return KINDS[self.kind]

    def __str__(self) -> str:
        return " ".join(part for part in (self.where, self.detail) if part)


def changes_of(old: Promise, new: Promise) -> tuple[Change, ...]:
    """What became of a major, header first, then field by field."""
    return (*_header(old, new), *_fields(old["fields"], new["fields"]))


def _header(old: Promise, new: Promise) -> Iterator[Change]:
    if old["envelope"] != new["envelope"]:
        yield Change("envelope_changed", "envelope", "changed")
    if old["dedup_lookback"] != new["dedup_lookback"]:
        yield Change("lookback_changed", "dedup_lookback", "changed")
    before, after = old["max_lateness"], new["max_lateness"]
    if before != after:
        is_longer = after is None or (before is not None and after > before)
        if is_longer:
            yield Change("lateness_loosened", "max_lateness", "longer")
        else:
            yield Change("lateness_tightened", "max_lateness", "shorter")
    # A field that came or went says so itself.
    known = old["fields"].keys() & new["fields"].keys()
    for name in sorted((set(new["expose"]) - set(old["expose"])) & known):
        yield Change("exposed", name, "exposed")
    for name in sorted((set(old["expose"]) - set(new["expose"])) & known):
        yield Change("hidden", name, "exposed no more")


def _fields(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for path in sorted(old.keys() | new.keys()):
        if path in old and path in new:
            if old[path] != new[path]:
                yield from _changed(path, old[path], new[path])
        elif path in new and not _is_below(path, new, old):
            yield _added(path, new[path])
        elif path in old and not _is_below(path, old, new):
            yield Change("field_removed", path, "removed")


def _is_below(path: str, those: dict[str, Any], others: dict[str, Any]) -> bool:
    """Whether it came (went) with the object or array around it, which says so."""
    if path.endswith("[]"):
        return True
    parent = path.rpartition(".")[0]
    return bool(parent) and parent in those and parent not in others


def _added(path: str, entry: Any) -> Change:
    if entry["required"]:
        return Change("required_added", path, "added, required")
    if "[]" in path or kind_of(entry["schema"]) not in _SCALARS:
        return Change("structure_added", path, "added, optional")
    return Change("field_added", path, "added, optional")


def _changed(path: str, old: Any, new: Any) -> Iterator[Change]:
    name = path or "payload"
    if old.get("pii") != new.get("pii"):
        yield Change("pii_changed", name, f"pii {old['pii']} is now {new['pii']}")
    if old.get("flatten") != new.get("flatten"):
        yield Change("flattened", name, "flattened" if new.get("flatten") else "flattened no more")
    before, after = old["schema"], new["schema"]
    if _column(old) != _column(new):
        yield Change("field_retyped", name, f"{_column(old)} is now {_column(new)}")
        return
    if old.get("required") != new.get("required"):
        word = "required" if new["required"] else "optional"
        yield Change(f"made_{word}", name, f"now {word}")
    yield from _rules(name, before, after)


def _column(entry: Any) -> str:
    """What decides the type of the column, in words."""
    written = entry["schema"].get("format", "")
    has_own_type = written == "date-time" or written.startswith("decimal(")
    kind = f"map of {entry['map']}" if "map" in entry else kind_of(entry["schema"])
    return f"{kind}, {written}" if has_own_type else kind


def kind_of(schema: Any) -> str:
    """The one type besides null, of the values listed where none is declared."""
    for each in schema.get("types", ()):
        if each != "null":
            return str(each)
    listed = [json.loads(value) for value in schema.get("enum", ())]
    if "const" in schema:
        listed = [json.loads(schema["const"])]
    kinds = {type(value) for value in listed if value is not None}
    if kinds == {str}:
        return "string"
    if kinds == {bool}:
        return "boolean"
    return "integer" if kinds == {int} else "number" if kinds else "any"


def _rules(name: str, old: Any, new: Any) -> Iterator[Change]:
    for rule in sorted(old.keys() | new.keys()):
        before, after = old.get(rule), new.get(rule)
        if before == after:
            continue
        if rule == "rules":
            for keyword in sorted((before or {}).keys() | (after or {}).keys()):
                one, other = (before or {}).get(keyword), (after or {}).get(keyword)
                if one != other:
                    yield _rule(f"{name}.{keyword}", "", one, other)
        else:
            yield _rule(f"{name}.{rule}", rule, before, after)


def _rule(where: str, rule: str, before: Any, after: Any) -> Change:
    direction = _direction(rule, before, after)
    word = {"rule_loosened": "loosened", "rule_tightened": "tightened"}.get(direction, "changed")
    return Change(direction, where, word)


def _direction(rule: str, before: Any, after: Any) -> str:
    loosened, tightened = "rule_loosened", "rule_tightened"
    if rule == "additional_properties":
        return loosened if after else tightened
    if rule == "types" and before and after:
        return loosened if "null" in after else tightened
    if before is None:
        return tightened
    if after is None:
        return loosened
    if rule in _LOWER:
        return loosened if after < before else tightened
    if rule in _HIGHER:
        return loosened if after > before else tightened
    if rule == "enum" and set(before) < set(after):
        return loosened
    if rule == "enum" and set(after) < set(before):
        return tightened
    return "rule_changed"
