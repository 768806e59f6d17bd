"""Event contracts and records for tests, made from a payload schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from headwater.contracts.contract import parse
from headwater.contracts.model import EventContract
from headwater.errors import ContractErrors

EVENT = "thing_happened"


def contract_of(
    properties: Mapping[str, Any], required: Sequence[str] = (), *, major: int = 1, **header: Any
) -> EventContract:
    """An event contract with these payload properties, read by the real parser.

    `header` adds or replaces top-level keys; `payload` in it adds keywords to the payload.
    Raises ContractErrors.
    """
    payload = {
        "type": "object",
        "required": list(required),
        "properties": {name: _described(schema) for name, schema in properties.items()},
        **header.pop("payload", {}),
    }
    content = {
        "event": EVENT,
        "version": f"{major}.0",
        "owner": "team",
        "channel": "#team",
        "description": "Something happened.",
        **header,
        "payload": payload,
    }
    text = json.dumps(content, ensure_ascii=False)
    path = f"contracts/things/{EVENT}.v{major}.yml"
    parsed = parse(text, path, "things", EVENT, major)
    if parsed.contract is None:
        raise ContractErrors(parsed.diagnostics)
    return parsed.contract


def _described(schema: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": "What it says.", **schema}
    if "properties" in schema:
        described["properties"] = {
            name: _described(inner) for name, inner in schema["properties"].items()
        }
    return described


def record(payload: str | None, **envelope: Any) -> str:
    """A CloudEvents record with this JSON text as its payload (None: none)."""
    fields = {
        "type": EVENT,
        "source": "tests",
        "id": "1",
        "time": "2026-03-01T11:59:00Z",
        "dataschemaversion": "1.0",
        **envelope,
    }
    head = ", ".join(
        f"{json.dumps(name)}: {json.dumps(value)}"
        for name, value in fields.items()
        if value is not None
    )
    body = "" if payload is None else f', "data": {payload}'
    return f"{{{head}{body}}}"
