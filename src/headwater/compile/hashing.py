"""The contract hash: equal exactly when two versions of the contracts decide the same rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from headwater.contracts.model import EventContract, Field, Number, Schema

# Raise it when the same contracts come to mean other rows: it rebuilds every base model.
COMPILER_SEMANTICS = 1


def contract_hash(contracts: Iterable[EventContract]) -> str:
    """MD5 over what decides the rows of one event type, all its majors together.

    Left out: owner, channel, description, tier, completeness, retention, expose, examples,
    and the order of properties, types and enum values.
    """
    parts = {str(contract.major): described(contract) for contract in contracts}
    text = json.dumps([COMPILER_SEMANTICS, parts], sort_keys=True, ensure_ascii=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def described(contract: EventContract) -> dict[str, Any]:
    """What decides the rows of one major, as plain values."""
    envelope = contract.envelope
    return {
        "event": contract.event,
        "envelope": [
            # As it was written before there was anything else to say.
            [envelope.event_type, sorted(envelope.called)]
            if envelope.called
            else envelope.event_type,
            envelope.event_id,
            [envelope.occurred_at, envelope.occurred_at_unit],
            [envelope.received_at is not None],
            envelope.schema_version,
            envelope.payload,
        ],
        "payload": _schema(contract.payload),
        "max_lateness": contract.max_lateness and contract.max_lateness.total_seconds(),
        "dedup_lookback": contract.dedup_lookback.total_seconds(),
    }


def _schema(schema: Schema) -> dict[str, Any]:
    rules = {
        "types": sorted(schema.types),
        "enum": schema.enum and sorted(json.dumps(value) for value in schema.enum),
        "const": None if schema.const is None else json.dumps(schema.const),
        "minimum": _number(schema.minimum),
        "maximum": _number(schema.maximum),
        "exclusive_minimum": _number(schema.exclusive_minimum),
        "exclusive_maximum": _number(schema.exclusive_maximum),
        "multiple_of": schema.multiple_of and str(schema.multiple_of),
        "min_length": schema.min_length,
        "max_length": schema.max_length,
        "pattern": schema.pattern,
        "format": schema.format,
        "min_items": schema.min_items,
        "max_items": schema.max_items,
        "unique_items": schema.unique_items or None,
        "rules": {rule.keyword: rule.schema for rule in schema.rules},
        "items": schema.items and _schema(schema.items),
        "additional_properties": schema.additional_properties,
        "fields": {field.name: _field(field) for field in schema.fields},
    }
    if schema.items and schema.items.kind == "integer" and not schema.items.types:
        rules["semantics"] = (
            2  # integers beyond 64 bits break such an enum, since it is compiled so
        )
    if schema.items and schema.items.kind == "object":
        rules["semantics"] = 3  # what is wrong in one item is told whatever the others are
    if any('"uniqueItems": true' in rule.schema for rule in schema.rules):
        rules["unique"] = 2  # items are compared as they are, not as 64-bit floats
    return {key: value for key, value in rules.items() if value not in (None, {}, [])}


def _number(value: Number | None) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _field(field: Field) -> list[Any]:
    return [field.required, field.pii, _schema(field.schema)]
