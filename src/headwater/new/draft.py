"""A first event contract as values: what is known, and what only a person can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from headwater.contracts.model import Path

Json = dict[str, Any]
ITEMS = "[]"  # the step of a path from an array to its items; no property can be called so


@dataclass(frozen=True)
class Head:
    """The header; an empty text is left for a person."""

    event: str
    domain: str
    owner: str = ""
    channel: str = ""
    description: str = ""
    origin: str = ""  # what it was made from, for the comment on top

    @property
    def path(self) -> str:
        """Relative to the project."""
        return f"contracts/{self.domain}/{self.event}.v1.yml"


@dataclass(frozen=True)
class Mapped:
    """One key of `envelope:`; `value` is YAML, empty where nothing could be guessed."""

    value: str
    remark: str = ""


@dataclass(frozen=True)
class Draft:
    """What becomes the file.

    `payload` is an object schema of the keywords that event contracts know. `left_out` is
    said in a comment below it: what is not declared, or not taken over, and why.
    """

    payload: Json
    envelope: Mapping[str, Mapped] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def properties(schema: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every property below an object schema, or below its items, with its path."""
    for name, inner in schema.get("properties", {}).items():
        yield (*path, name), inner
        yield from properties(inner, (*path, name))
    if isinstance(schema.get("items"), dict):
        yield from properties(schema["items"], (*path, ITEMS))


def without(schema: Json, path: Path) -> Json:
    """The schema without the property at `path`, which it then neither requires nor forbids."""
    name, rest = path[0], path[1:]
    if name == ITEMS:
        return schema | {"items": without(schema["items"], rest)}
    declared = dict(schema["properties"])
    if rest:
        declared[name] = without(declared[name], rest)
    else:
        del declared[name]
    required = [each for each in schema.get("required", ()) if each in declared]
    found = schema | {"properties": declared, "required": required}
    if not rest:
        found.pop("additionalProperties", None)
    return found


def is_closed(schema: Json) -> bool:
    """Whether this object or one below it refuses what it does not declare."""
    objects = [schema, *(inner for _, inner in properties(schema))]
    return any(
        each.get("additionalProperties") is False
        for inner in objects
        for each in (inner, inner.get("items") or {})
    )


def dotted(path: Path) -> str:
    """The path as people write it: `device.os`, `lines[].price`."""
    return ".".join(path).replace(f".{ITEMS}", ITEMS)
