"""What one contract file says to those who read its events, as JSON values.

Flat: a field is an entry by its path (`device.os`, `lines[].sku`; "" is the payload), so that a
change is a line of the lock.
"""

from __future__ import annotations

import json
from typing import Any

from headwater.compile.hashing import described
from headwater.contracts.model import EventContract, Schema

Promise = dict[str, Any]


def promise_of(contract: EventContract) -> Promise:
    """The contract without what no reader depends on: texts, owners, tier, retention."""
    said = described(contract)
    fields: dict[str, Any] = {}
    _flatten("", {"schema": said["payload"]}, fields)
    for path, schema in _objects("", contract.payload):
        if schema.flatten:
            fields[path]["flatten"] = True
        if schema.values is not None:
            fields[path]["map"] = schema.values.kind
    promise = {
        "version": contract.version,
        "envelope": said["envelope"],
        "dedup_lookback": said["dedup_lookback"],
        "max_lateness": said["max_lateness"],
        "expose": sorted(contract.expose),
        "fields": fields,
    }
    found: Promise = json.loads(json.dumps(promise))
    return found


def _flatten(path: str, entry: dict[str, Any], into: dict[str, Any]) -> None:
    schema = dict(entry["schema"])
    fields, items = schema.pop("fields", {}), schema.pop("items", None)
    into[path] = {**entry, "schema": schema}
    if items:
        _flatten(f"{path}[]", {"schema": items}, into)
    for name, (is_required, pii, inner) in sorted(fields.items()):
        below = {"required": is_required, "pii": pii, "schema": inner}
        _flatten(f"{path}.{name}" if path else name, below, into)


def _objects(path: str, schema: Schema) -> list[tuple[str, Schema]]:
    found = [(path, schema)]
    if schema.items is not None:
        found += _objects(f"{path}[]", schema.items)
    for field in schema.fields:
        found += _objects(f"{path}.{field.name}" if path else field.name, field.schema)
    return found


def number_of(version: str) -> tuple[int, int]:
    """`1.10` as (1, 10), `1` as (1, 0)."""
    major, _, minor = version.partition(".")
    return int(major), int(minor or 0)
