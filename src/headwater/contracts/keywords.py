"""The JSON Schema keywords that Headwater compiles, and what to do instead of the others."""

from __future__ import annotations

from headwater.contracts.report import key_hint, shown

SCALARS = ("string", "integer", "number", "boolean")
TYPES = (*SCALARS, "object", "array")

# keyword → the types it says something about
KEYWORDS: dict[str, tuple[str, ...]] = {
    "type": TYPES,
    "enum": SCALARS,
    "const": SCALARS,
    "minimum": ("integer", "number"),
    "maximum": ("integer", "number"),
    "exclusiveMinimum": ("integer", "number"),
    "exclusiveMaximum": ("integer", "number"),
    "multipleOf": ("integer", "number"),
    "minLength": ("string",),
    "maxLength": ("string",),
    "pattern": ("string",),
    "format": ("string",),
    "properties": ("object",),
    "required": ("object",),
    "additionalProperties": ("object",),
    "items": ("array",),
    "minItems": ("array",),
    "maxItems": ("array",),
    "uniqueItems": ("array",),
}
ANNOTATIONS = ("title", "description", "examples", "default", "$comment", "deprecated")
OWN = ("pii",)
FORMATS = (
    "date-time",
    "uuid",
    "date",
    "time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uri",
    "json-pointer",
)

_COMPOSE = 'describe one shape; for a value that may be null write type: [string, "null"]'
_LATER = "not supported yet: leave it out, and check it in a mart"

# Every other keyword of draft 2020-12, older drafts and OpenAPI that is likely to be met.
OTHERS: dict[str, str] = {
    "$ref": "write the referenced schema out here",
    "$dynamicRef": "write the referenced schema out here",
    "$defs": "write each schema out where it is used",
    "definitions": "write each schema out where it is used",
    "$schema": "leave it out: every event contract is JSON Schema 2020-12",
    "$id": "leave it out: the file name is the id",
    "$anchor": "leave it out",
    "$dynamicAnchor": "leave it out",
    "$vocabulary": "leave it out",
    "allOf": _COMPOSE,
    "anyOf": _COMPOSE,
    "oneOf": _COMPOSE,
    "not": _COMPOSE,
    "if": _COMPOSE,
    "then": _COMPOSE,
    "else": _COMPOSE,
    "dependentRequired": _LATER,
    "dependentSchemas": _LATER,
    "dependencies": _LATER,
    "minProperties": "list what must be there in required",
    "maxProperties": "write additionalProperties: false",
    "patternProperties": "declare each property; an undeclared one stays in raw",
    "propertyNames": "declare each property; an undeclared one stays in raw",
    "unevaluatedProperties": "write additionalProperties",
    "unevaluatedItems": _LATER,
    "prefixItems": "all items of an array have one schema: write items",
    "additionalItems": "all items of an array have one schema: write items",
    "contains": _LATER,
    "minContains": _LATER,
    "maxContains": _LATER,
    "contentEncoding": _LATER,
    "contentMediaType": _LATER,
    "contentSchema": _LATER,
    "readOnly": "leave it out: an event is never written back",
    "writeOnly": "leave it out: an event is never written back",
    "nullable": 'write type: [string, "null"]',
    "example": "write examples: [the value]",
    "discriminator": _COMPOSE,
}


def refusal(keyword: str) -> tuple[str, str]:
    """Message and hint for a key of a schema that is not in KEYWORDS, ANNOTATIONS or OWN."""
    if keyword in OTHERS:
        return f"the keyword {keyword} is not supported", OTHERS[keyword]
    known = (*KEYWORDS, *ANNOTATIONS, *OWN)
    return f"unknown keyword {shown(keyword)}", key_hint(keyword, known)
