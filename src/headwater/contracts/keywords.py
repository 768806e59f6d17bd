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
    "format": ("string", "number"),
    "properties": ("object",),
    "required": ("object",),
    "additionalProperties": ("object",),
    "items": ("array",),
    "minItems": ("array",),
    "maxItems": ("array",),
    "uniqueItems": ("array",),
    "$ref": TYPES,
    "dependencies": ("object",),
    "$dynamicRef": TYPES,
    "$defs": TYPES,
    "$id": TYPES,
    "$anchor": TYPES,
    "$dynamicAnchor": TYPES,
    "prefixItems": ("array",),
    "contains": ("array",),
    "minContains": ("array",),
    "maxContains": ("array",),
    "minProperties": ("object",),
    "maxProperties": ("object",),
    "propertyNames": ("object",),
    "patternProperties": ("object",),
    "dependentRequired": ("object",),
    "dependentSchemas": ("object",),
    "allOf": TYPES,
    "anyOf": TYPES,
    "oneOf": TYPES,
    "not": TYPES,
    "if": TYPES,
    "then": TYPES,
    "else": TYPES,
    "unevaluatedProperties": ("object",),
    "unevaluatedItems": ("array",),
}
# Those that are judged on the JSON value, since no column answers them.
HOISTED = tuple(KEYWORDS)[tuple(KEYWORDS).index("contains") :]
ANNOTATIONS = (
    *("title", "description", "examples", "default", "$comment", "deprecated"),
    *("contentEncoding", "contentMediaType", "contentSchema"),
)
OWN = ("pii", "flatten")
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
    "idn-email",
    "uri-reference",
    "iri",
    "iri-reference",
    "uri-template",
    "relative-json-pointer",
)

# Every other keyword of draft 2020-12, older drafts and OpenAPI that is likely to be met.
OTHERS: dict[str, str] = {
    "$recursiveRef": "write the referenced schema out here",
    "$recursiveAnchor": "leave it out",
    "definitions": "write $defs",
    "$schema": "leave it out: every event contract is JSON Schema 2020-12",
    "$vocabulary": "leave it out",
    "additionalItems": "write prefixItems, and items for those that follow",
    "readOnly": "leave it out: an event is never written back",
    "writeOnly": "leave it out: an event is never written back",
    "nullable": 'write type: [string, "null"]',
    "example": "write examples: [the value]",
    "discriminator": "write if and then, or anyOf",
}


def refusal(keyword: str) -> tuple[str, str]:
    """Message and hint for a key of a schema that is not in KEYWORDS, ANNOTATIONS or OWN."""
    if keyword in OTHERS:
        return f"the keyword {keyword} is not supported", OTHERS[keyword]
    known = (*KEYWORDS, *ANNOTATIONS, *OWN)
    return f"unknown keyword {shown(keyword)}", key_hint(keyword, known)
