"""The name of every violation that a payload of this shape can have."""

from __future__ import annotations

from collections.abc import Iterator

from headwater.contracts.model import Path, Schema


def names(payload: Schema) -> tuple[str, ...]:
    """Every `field.path.keyword`, in the order in which the fields are declared."""
    own = ["payload.type"]
    if not payload.additional_properties:
        own.append("payload.additionalProperties")
    own += [f"payload.{rule.keyword}" for rule in payload.rules]
    return (*own, *_of_fields(payload, ()))


def _of_fields(schema: Schema, path: Path) -> Iterator[str]:
    for field in schema.fields:
        here = (*path, field.name)
        if field.required:
            yield ".".join((*here, "required"))
        yield from _of_value(field.schema, here)


def _of_value(schema: Schema, path: Path) -> Iterator[str]:
    for keyword, declared in (
        ("type", bool(schema.types)),
        ("int64", "integer" in schema.types),
        ("enum", schema.enum is not None),
        ("const", schema.const is not None),
        ("minimum", schema.minimum is not None),
        ("maximum", schema.maximum is not None),
        ("exclusiveMinimum", schema.exclusive_minimum is not None),
        ("exclusiveMaximum", schema.exclusive_maximum is not None),
        ("multipleOf", schema.multiple_of is not None),
        ("minLength", schema.min_length is not None),
        ("maxLength", schema.max_length is not None),
        ("pattern", schema.pattern is not None),
        ("format", schema.format is not None),
        ("minItems", schema.min_items is not None),
        ("maxItems", schema.max_items is not None),
        ("uniqueItems", schema.unique_items),
        ("additionalProperties", not schema.additional_properties),
    ):
        if declared:
            yield ".".join((*path, keyword))
    for rule in schema.rules:
        yield ".".join((*path, rule.keyword))
    if schema.items is not None:
        yield from _of_value(schema.items, (*path, "items"))
    yield from _of_fields(schema, path)
