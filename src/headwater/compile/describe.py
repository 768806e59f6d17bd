"""The YAML beside the generated models: descriptions, owners, freshness."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from headwater.compile import yaml_text
from headwater.compile.columns import Column, is_exposed, walk
from headwater.compile.majors import MAJOR, Majors, Part
from headwater.compile.staging import QUARANTINE_COLUMNS, leaves, staging_name, struct_field
from headwater.compile.text import marker
from headwater.contracts import names
from headwater.contracts.model import EventContract, Schema
from headwater.raw import any_hour

RAW_SCHEMA = "{{ 'raw' if target.schema == 'main' else target.schema ~ '_raw' }}"
_HOUR = timedelta(hours=1)

_ENVELOPE = {
    "event_id": "Identifies the event; copies of it share it.",
    "occurred_at": "When it happened, UTC, by the clock of whoever sent it.",
    "received_at": "When it was received, UTC; decides its delivery hour.",
    "schema_version": "Version of the event contract the producer states; null when none.",
}
_VERDICT = {
    "unknown_fields": "Fields of the payload that the event contract does not declare, as "
    "`path:type`; their values stay in raw.",
    "violations": "Rules of the event contract that the record breaks, as `field.keyword`; "
    "empty when it is valid.",
}
_POINTER = {
    "_hour": "Delivery hour: the UTC hour of received_at.",
    "_contract_hash": "Hash of what decided the row; rows of another one are rebuilt.",
    "_file": "File that delivered the record, below the landing folder.",
    "_file_id": "The first 63 bits of the SHA-256 of that file.",
    "_line": "Where in the file the record begins, from 1.",
    "_load_id": "Load that brought it, from 1.",
}
_OF_RAW = ("_file", "_file_id", "_line", "_load_id")
_FLAGS = {
    "is_valid": "The record breaks no rule.",
    "is_first_valid_copy": "Valid, and no other valid copy of the event precedes it within the "
    "look-back: the rows that staging shows.",
}
_RAW = {
    "received_at": "When it was received, UTC; computed once, when it is loaded.",
    "record": "Text of the record as delivered.",
    "_format": "Format of the file: ndjson, json, csv or parquet.",
    "_received_from": "Where received_at comes from: the record, the file where the event "
    "contract maps none, or the fallback where the record's is missing, invalid or ahead.",
}


def event_yaml(majors: Majors) -> str:
    """models/staging/<domain>/_<event>.yml: the raw table and the models on it."""
    several = len(majors.parts) > 1
    (part, *_) = majors.parts
    return _dump(
        majors.paths,
        {
            "version": 2,
            "sources": [_source(part.contract)],
            "models": [_base(majors), _versions(majors) if several else _staging(part)],
        },
    )


def quarantine_yaml(domain: str, events: Sequence[str]) -> str:
    """models/staging/<domain>/_quarantine_<domain>.yml"""
    known = {**_ENVELOPE, **_VERDICT, **_POINTER}
    columns = {"event_type": "Event type the record was delivered as."}
    columns |= {name: known[name] for name in QUARANTINE_COLUMNS}
    model = {
        "name": f"quarantine_{domain}",
        "description": f"Records of {', '.join(events)} that break their event contract. They "
        "heal by themselves: mend the event contract, `headwater sync`, and run. What was sent "
        "is in raw, at the same `_file_id` and `_line`; it is never shown here.",
        "config": {"meta": {"kind": "staging"}},
        "columns": _columns(columns),
    }
    return _dump([f"contracts/{domain}/"], {"version": 2, "models": [model]})


def _source(contract: EventContract) -> dict[str, Any]:
    columns = {**_RAW, **{name: _POINTER[name] for name in _OF_RAW}}
    return {
        "name": "raw",
        "schema": RAW_SCHEMA,
        "tables": [
            {
                "name": contract.event,
                "description": f"Every delivered {contract.event} record, as delivered.",
                "config": {
                    "loaded_at_field": "received_at",
                    # An hour's rows are as old as the hour is long when it falls due.
                    "freshness": {
                        "warn_after": _period(contract.due_after + _HOUR),
                        "error_after": _period(contract.closes_after + _HOUR),
                        # BigQuery refuses to read all of raw unasked.
                        "filter": any_hour(),
                    },
                    "meta": _whose(contract),
                },
                "columns": _columns(columns),
            }
        ],
    }


def _base(majors: Majors) -> dict[str, Any]:
    contract = majors.oldest.contract
    own = {**_VERDICT, **_FLAGS, **_POINTER}
    told_apart = ""
    if majors.are_told_apart:
        own[MAJOR] = "Major version of the event contract that judged the row; null for rows "
        own[MAJOR] += "from before there was another."
        told_apart = " All majors are here; a field that a later one declares with another type "
        told_apart += "is the column `<field>__v<major>`."
    listed: dict[str, str] = {}
    for part in majors.parts:
        names = majors.names(part)
        for column in walk(part.columns):
            if column.pii != "drop" and not is_exposed(part.contract, column):
                name = names.get(column.stored_name, column.stored_name)
                listed.setdefault(name, _meaning(column, in_base=True))
    return {
        "name": f"base_{contract.event}",
        "description": f"Every delivered {contract.event} record, typed and checked, invalid ones "
        f"and copies included. Columns as in stg_{contract.event}, its structs flat "
        f"(`device__os`, with `has_device`), and these.{told_apart}",
        "config": {"meta": _whose(contract)},
        "columns": _columns(listed) + _columns(own),
    }


def _staging(part: Part) -> dict[str, Any]:
    return {
        "name": f"stg_{part.contract.event}",
        "description": part.contract.description,
        "config": {"meta": {"kind": "staging", **_whose(part.contract)}},
        "columns": _staged(part),
    }


def _versions(majors: Majors) -> dict[str, Any]:
    """Staging as dbt model versions, the oldest under the name it had when it was alone."""
    contract = majors.oldest.contract
    versions = []
    for part in majors.parts:
        name = staging_name(majors, part)
        versions.append(
            {
                "v": part.major,
                "defined_in": name,
                "description": part.contract.description,
                "config": {"alias": name},
                "columns": _staged(part),
            }
        )
    return {
        "name": f"stg_{contract.event}",
        "description": contract.description,
        "latest_version": majors.latest,
        "config": {"meta": {"kind": "staging", **_whose(contract)}},
        "versions": versions,
    }


def _staged(part: Part) -> list[dict[str, Any]]:
    listed = _columns(_ENVELOPE)
    for path, column in leaves(part.contract, part.columns):
        name = names.staged(path) if path[1:] else column.name
        listed.extend(_documented(part.contract, column, name))
    return listed


def _documented(contract: EventContract, column: Column, name: str) -> list[dict[str, Any]]:
    """A column and, for a struct, the fields inside it."""
    entries = [{"name": name, "description": _meaning(column)}]
    if not column.children:
        return entries + _inside(column.schema, name)
    for path, child in leaves(contract, column.children):
        entries.extend(_documented(contract, child, f"{name}.{struct_field(path)}"))
    return entries


def _inside(schema: Schema, name: str) -> list[dict[str, Any]]:
    """The fields of the structs in a list, at any depth."""
    if schema.values is not None:
        key = {"name": f"{name}.key", "description": "Name in the map, whose entries it orders."}
        value = f"{name}.value"
        under = {"name": value, "description": "What the map has under that name."}
        return [key, under, *_inside(schema.values, value)]
    entries = []
    for field in schema.items.fields if schema.items else schema.fields:
        inner = f"{name}.{names.snake(field.name)}"
        entries.append({"name": inner, "description": field.description or field.name})
        entries.extend(_inside(field.schema, inner))
    return entries


def _meaning(column: Column, *, in_base: bool = False) -> str:
    description = column.field.description
    if column.pii == "identifier":
        return f"{description} A pseudonym: the same for the same person everywhere."
    if in_base and column.pii == "sensitive":
        return f"{description} Sensitive: not in staging."
    return description


def _whose(contract: EventContract) -> dict[str, Any]:
    whose: dict[str, Any] = {
        "owner": contract.owner,
        "channel": contract.channel,
        "tier": contract.tier,
    }
    if contract.completeness is not None:
        whose["completeness_percent"] = contract.completeness
    return whose


def _period(length: timedelta) -> dict[str, Any]:
    return {"count": int(length / _HOUR), "period": "hour"}


def _columns(described: dict[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "description": text} for name, text in described.items()]


def _dump(paths: Sequence[str], content: dict[str, Any]) -> str:
    return f"{marker(paths).replace('--', '#', 1)}\n{yaml_text.dump(content)}"
