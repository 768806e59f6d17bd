"""Turns a foreign JSON Schema (draft 4 to 2020-12, and OpenAPI's) into what contracts know.

What is known is what keywords.KEYWORDS lists. Anything else is rewritten where an equal
exists, and reported where none does: never dropped in silence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from headwater.contracts import decimals, keywords, pattern
from headwater.contracts.scalars import INT64
from headwater.errors import BadInput
from headwater.new.draft import Json
from headwater.new.joining import SILENT, THROUGH, constants_of, is_null, joined_with, target_of
from headwater.new.older import modern

MAX_DEPTH = 60

_APPLY = {
    "allOf": "its parts do not fit into one description",
    "anyOf": "one field has one description; only a choice of one or null can be taken over",
    "oneOf": "one field has one description; only a choice of one or null can be taken over",
}
_DEALT_WITH = {
    *SILENT, THROUGH, "$ref", "type", "enum", "const", "description", "format",
    "pattern", "required", "properties", "items", "additionalProperties",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
}  # fmt: skip
# Where schemas stand inside a schema, besides properties and items.
_HOLDS_ONE = (
    *("additionalProperties", "contains", "else", "if", "not", "propertyNames", "then"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
_HOLDS_LIST = ("allOf", "anyOf", "oneOf", "prefixItems")
_HOLDS_NAMED = ("patternProperties", "dependentSchemas")


@dataclass(frozen=True)
class Problem:
    """Something that could not be taken over: where it stands, the keyword, and why."""

    pointer: str
    keyword: str
    reason: str

    def __str__(self) -> str:
        return f"#{self.pointer}: {self.keyword}: {self.reason}"


@dataclass(frozen=True)
class Converted:
    """An object schema of known keywords, and what it lacks of the other."""

    schema: Json
    problems: tuple[Problem, ...]


def convert(document: Json) -> Converted:
    """The object schema in a document. Raises BadInput when it describes no object."""
    converter = _Converter(document)
    schema = converter.schema(document, "", ())
    data = schema.get("properties", {}).get("data", {})
    if "specversion" in schema.get("properties", {}) and "properties" in data:
        schema = data  # a CloudEvent, whose payload is its data
    if "properties" not in schema:
        raise BadInput(
            "the JSON Schema declares no properties at its top",
            "an event's payload is an object; name the schema of one event",
        )
    schema["type"] = "object"
    return Converted(schema, tuple(converter.problems))


class _Converter:
    def __init__(self, document: Json) -> None:
        self._document = document
        self.problems: list[Problem] = []
        self._rules = 0  # how many keywords such as anyOf the schema at hand is inside of

    def _tell(self, pointer: str, keyword: str, reason: str) -> None:
        self.problems.append(Problem(pointer, keyword, reason))

    def schema(self, node: Any, pointer: str, through: tuple[str, ...]) -> Json:
        """One schema; `through` are the references followed to get here."""
        if node is True:
            return {}
        if not isinstance(node, dict):
            self._tell(pointer, "schema", "nothing can pass it" if node is False else "not one")
            return {}
        if pointer.count("/") > MAX_DEPTH:
            self._tell(pointer, "schema", "nested too deeply")
            return {}
        node = modern(self._merged(node, pointer, through))
        through = node.get(THROUGH, through)
        found: Json = {}
        self._types(node, found, pointer)
        self._plain(node, found, pointer, through)
        self._object(node, found, pointer, through)
        self._array(node, found, pointer, through)
        said = node.get("description") or node.get("title")
        if isinstance(said, str) and said.strip():
            found["description"] = " ".join(said.split())
        return found

    # What stands for another schema

    def _merged(self, node: Json, pointer: str, through: tuple[str, ...]) -> Json:
        """The node with its references, allOf and simple choices put in their place."""
        node = self._referred(node, pointer, through)
        for keyword in ("anyOf", "oneOf"):
            if isinstance(node.get(keyword), list):
                node = self._choice(node, keyword, pointer, through)
        if isinstance(node.get("allOf"), list):
            rest = {key: value for key, value in node.items() if key != "allOf"}
            apart: list[Any] = []
            for number, part in enumerate(node["allOf"]):
                here = f"{pointer}/allOf/{number}"
                if isinstance(part, dict):
                    part = self._merged(part, here, through)
                joined = joined_with(rest, part)
                if joined is not None:
                    rest = joined
                elif "allOf" in keywords.KEYWORDS:
                    apart.append(part)
                else:
                    self._tell(here, "allOf", _APPLY["allOf"])
            node = rest | ({"allOf": apart} if apart else {})
        return node

    def _referred(self, node: Json, pointer: str, through: tuple[str, ...]) -> Json:
        while isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            beside = {key: value for key, value in node.items() if key != "$ref"}
            if reference in through:
                self._tell(pointer, "$ref", f"{reference} holds itself; a contract is finite")
                return beside
            target = target_of(self._document, reference)
            if not isinstance(target, dict):
                what = "is not in this document" if target is None else "is no schema"
                self._tell(pointer, "$ref", f"{reference} {what}")
                return beside
            through = (*through, reference)
            # Notes beside a reference are about this use of it, so they win.
            node = self._within(target, through) | beside
        return node

    def _within(self, target: Json, through: tuple[str, ...]) -> Json:
        """A referred schema; the references inside it remember how they were reached."""
        return {**target, THROUGH: through}

    def _choice(self, node: Json, keyword: str, pointer: str, through: tuple[str, ...]) -> Json:
        """One schema or null, or a list of constants; anything else is told."""
        rest = {key: value for key, value in node.items() if key != keyword}
        parts = [
            self._merged(part, f"{pointer}/{keyword}/{number}", through)
            if isinstance(part, dict)
            else part
            for number, part in enumerate(node[keyword])
        ]
        solid = [part for part in parts if not is_null(part)]
        constants = [constants_of(part) for part in solid]
        if len(solid) == 1 and isinstance(solid[0], dict):
            joined = joined_with(rest, solid[0])
            if joined is not None:
                may_be_null = len(parts) > 1 and "null" in (rest.get("type") or ["null"])
                return joined | ({"nullable": True} if may_be_null else {})
        elif solid and all(each is not None for each in constants) and "enum" not in rest:
            values = [value for each in constants for value in each or ()]
            values += [None] if len(solid) < len(parts) else []
            unique = [value for at, value in enumerate(values) if value not in values[:at]]
            return rest | {"enum": unique}
        if keyword in keywords.KEYWORDS:
            return node
        self._tell(pointer, keyword, _APPLY[keyword])
        return rest

    # Keywords

    def _types(self, node: Json, found: Json, pointer: str) -> None:
        declared = node.get("type")
        types = [declared] if isinstance(declared, str) else list(declared or ())
        if not types and not self._rules:
            for keyword, kind in (("properties", "object"), ("items", "array")):
                if keyword in node:
                    types = [kind]
        if node.get("nullable") is True and types and "null" not in types:
            types.append("null")
        values = self._enum(node, pointer)
        if values is not None:
            if "null" in types and None not in values:
                types.remove("null")  # the list of values does not let it pass anyway
            elif None in values and types and "null" not in types:
                values = [value for value in values if value is not None]
            found["enum"] = values
        if len(types) == 1:
            found["type"] = types[0]
        elif types:
            found["type"] = sorted(types, key=lambda each: each == "null")

    def _enum(self, node: Json, pointer: str) -> list[Any] | None:
        values = [node["const"]] if "const" in node else None
        if isinstance(node.get("enum"), list):
            values = node["enum"]
        if values and any(isinstance(value, (dict, list)) for value in values):
            self._tell(pointer, "enum", "lists and objects cannot be listed; plain values can")
            return None
        if values and node.get("nullable") is True and None not in values:
            values = [*values, None]
        return values

    def _plain(self, node: Json, found: Json, pointer: str, through: tuple[str, ...]) -> None:
        self._bounds(node, found, pointer)
        self._text(node, found, pointer)
        for keyword, value in node.items():
            if keyword in _DEALT_WITH or keyword.startswith("x-"):
                continue
            if keyword in keywords.KEYWORDS:
                if self._applies(keyword, found):
                    found[keyword] = self._inner(keyword, value, pointer, through)
            elif keyword in keywords.OTHERS:
                self._tell(pointer, keyword, f"not supported; {keywords.OTHERS[keyword]}")
            else:
                self._tell(pointer, keyword, "not a keyword of JSON Schema")

    def _inner(self, keyword: str, value: Any, pointer: str, through: tuple[str, ...]) -> Any:
        """A keyword's value, the schemas in it converted as well: they need declare nothing."""
        self._rules += 1
        try:
            return self._converted(keyword, value, f"{pointer}/{keyword}", through)
        finally:
            self._rules -= 1

    def _converted(self, keyword: str, value: Any, here: str, through: tuple[str, ...]) -> Any:
        if keyword in _HOLDS_ONE and isinstance(value, dict):
            return self.schema(value, here, through)
        if keyword in _HOLDS_LIST and isinstance(value, list):
            return [self.schema(each, f"{here}/{at}", through) for at, each in enumerate(value)]
        if keyword in _HOLDS_NAMED and isinstance(value, dict):
            return {
                name: self.schema(each, f"{here}/{_escaped(name)}", through)
                for name, each in value.items()
            }
        return value

    def _applies(self, keyword: str, found: Json) -> bool:
        """A keyword that says nothing about the declared type changes nothing."""
        types = found.get("type")
        listed = [types] if isinstance(types, str) else types or ()
        solid = [each for each in listed if each != "null"]
        return not solid or any(each in keywords.KEYWORDS[keyword] for each in solid)

    def _bounds(self, node: Json, found: Json, pointer: str) -> None:
        """Bounds, with draft 4's and exclusive ones as ones that include themselves."""
        if not self._applies("minimum", found):
            return
        whole = found.get("type") in ("integer", ["integer", "null"])
        for keyword, exclusive, inward in _BOUNDS:
            bound, strict = _number(node.get(keyword)), _number(node.get(exclusive))
            if node.get(exclusive) is True:  # draft 4
                bound, strict = None, bound
            if strict is not None and whole:
                next_ = math.floor(strict) + 1 if inward > 0 else math.ceil(strict) - 1
                bound = next_ if bound is None else inward * max(inward * bound, inward * next_)
            elif strict is not None and exclusive in keywords.KEYWORDS:
                found[exclusive] = strict
            elif strict is not None:
                self._tell(pointer, exclusive, f"not supported; {keyword} allows the bound itself")
                bound = strict if bound is None else bound
            if whole and bound is not None:
                bound = math.ceil(bound) if inward > 0 else math.floor(bound)
                if bound not in INT64:  # what is beyond is the violation int64 anyway
                    bound = None
            if bound is not None:
                found[keyword] = bound

    def _text(self, node: Json, found: Json, pointer: str) -> None:
        written = node.get("format")
        if isinstance(written, str) and self._applies("format", found):
            is_number = found.get("type") in ("number", ["number", "null"])
            if decimals.WRITTEN.fullmatch(written) or (
                written in keywords.FORMATS and not is_number
            ):
                found["format"] = written
            elif not is_number:  # OpenAPI's float and double say nothing
                known = ", ".join(keywords.FORMATS)
                self._tell(pointer, "format", f"{written} is not checked; {known} are")
        written = node.get("pattern")
        if isinstance(written, str) and self._applies("pattern", found):
            try:
                pattern.translate(written)
                found["pattern"] = written
            except pattern.BadPatternError as error:
                self._tell(pointer, "pattern", f"{error.args[0]}; {error.args[1]}")

    def _object(self, node: Json, found: Json, pointer: str, through: tuple[str, ...]) -> None:
        declared = node.get("properties")
        if isinstance(declared, dict):
            found["properties"] = {
                name: self.schema(inner, f"{pointer}/properties/{_escaped(name)}", through)
                for name, inner in declared.items()
            }
            required = node.get("required")
            wanted = required if isinstance(required, list) else []
            # Draft 3 has `required: true` on the property itself.
            wanted += [
                name
                for name, inner in declared.items()
                if isinstance(inner, dict) and inner.get("required") is True
            ]
            known = [name for name in dict.fromkeys(wanted) if name in declared]
            for name in dict.fromkeys(wanted):
                if name not in declared and not self._rules:
                    self._tell(pointer, "required", f"{name} is not declared in properties")
            if known:
                found["required"] = known
        if self._rules and isinstance(node.get("required"), list):
            found["required"] = node["required"]
        others = node.get("additionalProperties")
        if isinstance(others, bool):
            if self._applies("additionalProperties", found) and not others:
                found["additionalProperties"] = False
        elif others and self._applies("additionalProperties", found):
            found["additionalProperties"] = self._inner(
                "additionalProperties", others, pointer, through
            )

    def _array(self, node: Json, found: Json, pointer: str, through: tuple[str, ...]) -> None:
        items = node.get("items")
        if isinstance(items, bool) and (self._rules or (not items and "prefixItems" in found)):
            found["items"] = items
        elif isinstance(items, dict):
            inner = self.schema(items, f"{pointer}/items", through)
            inner.pop("description", None)
            found["items"] = inner


_BOUNDS = (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1))


def _number(value: Any) -> int | float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
