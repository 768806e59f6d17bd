"""Makes a record of an example, which is a payload only."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from headwater.contracts.model import EpochUnit, EventContract, Example, Path

RECEIVED_AT = datetime(2026, 1, 1, 12)
_PER_SECOND: dict[EpochUnit, int] = {
    "seconds": 1,
    "milliseconds": 1_000,
    "microseconds": 1_000_000,
}


def wrapped(contract: EventContract, example: Example) -> str:
    """The JSON text of a record that holds the example as its payload, spelled as it is.

    The envelope around it is complete where it lies outside the payload, and inside it
    where it names fields that the payload does not declare.
    """
    inside = contract.envelope.payload
    around: dict[str, Any] = {}
    within: dict[str, Any] = {}
    declared = {field.name for field in contract.payload.fields}
    present = json.loads(example.payload).keys()
    for path, value in _values(contract).items():
        below = path[len(inside) :]
        if path[: len(inside)] != inside or not below:
            _put(around, path, value)
        elif below[0] not in declared and below[0] not in present:
            _put(within, below, value)
    payload = example.payload
    if within:
        start = payload[:-1] + (", " if present else "")
        payload = start + json.dumps(within)[1:]
    return _document(around, inside, payload)


def _values(contract: EventContract) -> dict[Path, Any]:
    """What stands at each path that the envelope maps."""
    envelope = contract.envelope
    values: dict[Path, Any] = dict.fromkeys(envelope.event_id or (), "example")
    values[envelope.occurred_at] = _moment(envelope.occurred_at_unit)
    if envelope.received_at is not None:
        values[envelope.received_at] = _moment(envelope.received_at_unit)
    if envelope.event_type is not None:
        values[envelope.event_type] = contract.called[0]
    if envelope.schema_version is not None:
        values[envelope.schema_version] = contract.version
    return values


def _moment(unit: EpochUnit | None) -> str | int:
    if unit is None:
        return f"{RECEIVED_AT.isoformat()}Z"
    return int(RECEIVED_AT.replace(tzinfo=UTC).timestamp()) * _PER_SECOND[unit]


def _put(tree: dict[str, Any], path: Path, value: Any) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


def _document(around: dict[str, Any], inside: Path, payload: str) -> str:
    """`around` as JSON text with `payload`, a JSON text, at the path `inside`."""
    if not inside:
        return payload
    name, rest = inside[0], inside[1:]
    inner = _document(around.get(name, {}), rest, payload)
    others = {key: value for key, value in around.items() if key != name}
    start = json.dumps(others)[:-1] + (", " if others else "")
    return f"{start}{json.dumps(name)}: {inner}}}"
