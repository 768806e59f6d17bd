"""The shape of a record: every path that is read, and the kind of value expected there."""

from __future__ import annotations

import re

from headwater.compile.columns import Column, walk
from headwater.contracts.model import EventContract, Path
from headwater.errors import Diagnostic

Shape = dict[str, str]  # dotted path -> kind, parents before children; see json_parse.sql

_STEP = re.compile(r"[A-Za-z0-9_$@:+ -]+")


def dotted(path: Path) -> str:
    """The key of a path in a shape; '' is the record itself."""
    return ".".join(path)


def shape_of(
    contract: EventContract, columns: tuple[Column, ...]
) -> tuple[Shape, tuple[Diagnostic, ...]]:
    """Envelope and payload paths with their kinds, or why they cannot be read together."""
    envelope, payload = contract.envelope, contract.envelope.payload
    shape: Shape = {"": "envelope"}
    for path in (*envelope.paths(), payload):
        for length in range(1, len(path)):
            shape[dotted(path[:length])] = "envelope"
        shape.setdefault(dotted(path), "string")
    shape[dotted(payload)] = "object"
    for column in walk(columns):
        shape[dotted((*payload, *column.path))] = column.shape_kind
    return shape, tuple(_problems(contract, shape))


def _problems(contract: EventContract, shape: Shape) -> list[Diagnostic]:
    """What the parser of contracts lets pass, and the generated SQL could not read."""
    envelope = contract.envelope
    found = [
        (
            f"envelope path {_written(path)} has a name with more than letters, digits, "
            "spaces and _ $ @ : + -",
            "map another path",
        )
        for path in (*envelope.paths(), envelope.payload)
        if not all(_STEP.fullmatch(name) for name in path)
    ]
    found += [
        (
            f"event_id is read from {_written(path)}, "
            "which the payload declares to be neither a string nor an integer",
            "or write `event_id: record`: the hash of the record",
        )
        for path in envelope.event_id or ()
        if shape[dotted(path)] not in ("string", "integer")
    ]
    return [Diagnostic(contract.path, 0, message, hint) for message, hint in found]


def _written(path: Path) -> str:
    return ".".join(("$", *path))
