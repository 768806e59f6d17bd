"""Makes event contracts: as many as asked for, no two alike, the same ones every time.

They are of the size and mix of this repository's own: some 15 fields, one or two objects,
patterns, enums, formats, lists, nullable fields, personal ones, and examples of which most
are invalid, each for one reason.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS_A_DOMAIN = 30
SUBJECTS = ["order", "cart", "invoice", "parcel", "ticket", "room", "sensor", "playlist"]
SUBJECTS += ["chapter", "route", "lesson", "ward"]
DEEDS = ["opened", "closed", "moved", "rated", "shared", "paid", "split", "merged", "paused"]
DEEDS += ["resumed", "shown", "dropped"]
WHAT = ["main", "first", "final", "former", "quoted", "agreed", "planned", "actual", "local"]
WHAT += ["shared", "outer", "inner"]

Value = Any
Make = Callable[[random.Random], tuple[dict[str, Value], Value, dict[str, Value]]]


@dataclass(frozen=True)
class Declared:
    """A field: its schema, a value that it accepts, and one that each keyword rejects."""

    name: str
    schema: dict[str, Value]
    good: Value
    bad: dict[str, Value]


def _text(chance: random.Random) -> tuple[dict[str, Value], Value, dict[str, Value]]:
    low, high = chance.randint(1, 3), chance.randint(20, 200)
    schema = {"type": "string", "minLength": low, "maxLength": high}
    return schema, "word " * low, {"minLength": "", "maxLength": "x" * (high + 1), "type": 3}


def _code(chance: random.Random) -> tuple[dict[str, Value], Value, dict[str, Value]]:
    length, letters = chance.randint(4, 24), chance.choice(["0-9A-Z", "0-9a-f", "A-Za-z0-9"])
    schema = {"type": "string", "pattern": f"^[{letters}]{{{length}}}$"}
    return schema, "1" * length, {"pattern": "1" * (length - 1) + "!", "type": True}


def _whole(chance: random.Random) -> tuple[dict[str, Value], Value, dict[str, Value]]:
    low, high = chance.randint(-5, 5), chance.randint(100, 10**7)
    schema = {"type": "integer", "minimum": low, "maximum": high}
    return schema, high - 1, {"minimum": low - 1, "maximum": high + 1, "type": 7.5}


def _number(chance: random.Random) -> tuple[dict[str, Value], Value, dict[str, Value]]:
    high = chance.randint(1, 1000)
    schema = {"type": ["number", "null"], "minimum": 0, "exclusiveMaximum": high}
    return schema, high / 2, {"minimum": -0.5, "exclusiveMaximum": high, "type": "1"}


def _choice(chance: random.Random) -> tuple[dict[str, Value], Value, dict[str, Value]]:
    words = [f"{word}-{chance.randint(1, 99)}" for word in chance.sample(DEEDS, 5)]
    return {"enum": words}, words[0], {"enum": "other"}


def _flag(chance: random.Random) -> tuple[dict[str, Value], Value, dict[str, Value]]:
    return {"type": "boolean"}, chance.random() < 0.5, {"type": 1}


def _moment(_: random.Random) -> tuple[dict[str, Value], Value, dict[str, Value]]:
    schema = {"type": ["string", "null"], "format": "date-time"}
    return schema, "2026-01-31T11:56:03.120Z", {"format": "yesterday"}


def _uuid(_: random.Random) -> tuple[dict[str, Value], Value, dict[str, Value]]:
    schema = {"type": "string", "format": "uuid"}
    return schema, "6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90", {"format": "6f1f64d1"}


def _codes(chance: random.Random) -> tuple[dict[str, Value], Value, dict[str, Value]]:
    length = chance.randint(2, 22)
    items = {"type": "string", "pattern": f"^[0-9A-Za-z]{{{length}}}$"}
    return {"type": "array", "items": items}, ["a" * length], {"items.pattern": ["-"], "type": "a"}


def _words(chance: random.Random) -> tuple[dict[str, Value], Value, dict[str, Value]]:
    words = chance.sample(WHAT, 4)
    return {"type": "array", "items": {"enum": words}}, words[:2], {"items.enum": ["other"]}


KINDS: dict[str, Make] = {
    "note": _text,
    "code": _code,
    "count": _whole,
    "ratio": _number,
    "state": _choice,
    "made_at": _moment,
    "session_id": _uuid,
    "codes": _codes,
    "topics": _words,
}
FREQUENT = ("note", "code", "count", "ratio", "state", "note", "count", "code")


def _fields(chance: random.Random, number: int) -> list[Declared]:
    found: dict[str, Declared] = {}
    while len(found) < number:
        kind = chance.choice(FREQUENT if chance.random() < 0.6 else (*KINDS, "flag", "flag"))
        word = chance.choice(WHAT)
        name = f"is_{word}" if kind == "flag" else f"{word}_{kind}"
        schema, good, bad = (_flag if kind == "flag" else KINDS[kind])(chance)
        schema["description"] = f"The {kind.replace('_', ' ')} of the {word} one, number {number}."
        found.setdefault(name, Declared(name, schema, good, bad))
    return list(found.values())


def _object(chance: random.Random, fields: list[Declared]) -> dict[str, Value]:
    required = [each.name for each in fields if chance.random() < 0.6] or [fields[0].name]
    return {
        "type": "object",
        "required": required,
        "properties": {each.name: each.schema for each in fields},
    }


def contract(index: int) -> tuple[str, str, str]:
    """The domain, the event and the YAML text of the contract of this number."""
    chance = random.Random(index)
    domain = f"domain_{index // EVENTS_A_DOMAIN:03}"
    subject, deed = SUBJECTS[index % 12], DEEDS[index // 12 % 12]
    event = f"{subject}_{deed}_{index:04}"
    fields = _fields(chance, chance.randint(9, 16))
    payload = _object(chance, fields)
    valid: dict[str, Value] = {"user_id": f"u-{index}"} | {each.name: each.good for each in fields}
    cases = [(f"{each.name}.{rule}", {each.name: bad}) for each in fields
             for rule, bad in each.bad.items()]  # fmt: skip
    for place in chance.sample(("device", "place"), chance.randint(1, 2)):
        inner = _fields(chance, chance.randint(2, 4))
        schema = _object(chance, inner)
        schema |= {"description": f"The {place} it came from."}
        schema |= {"additionalProperties": False} if chance.random() < 0.3 else {}
        payload["properties"][place] = schema
        valid[place] = {each.name: each.good for each in inner}
        cases += [
            (f"{place}.{each.name}.{rule}", {place: valid[place] | {each.name: bad}})
            for each in inner
            for rule, bad in each.bad.items()
        ]
    payload["properties"]["user_id"] = {
        "type": "string", "minLength": 1, "pii": "identifier",
        "description": "Account that it is about.",
    }  # fmt: skip
    payload["required"].append("user_id")
    needed = {name: valid[name] for name in payload["required"]}
    examples = [f"    - &shown {_flow(valid)}", f"    - {_flow(needed)}"]
    wrong = [
        f"    - violates: {rule}\n      payload: {{<<: *shown, {_flow(bad)[1:-1]}}}"
        for rule, bad in chance.sample(cases, min(6, len(cases)))
    ]
    head = [
        "# yaml-language-server: $schema=../contract.schema.json",
        f"event: {event}",
        f"version: 1.{chance.randint(0, 9)}",
        f"owner: team-{domain}",
        f'channel: "#{domain}"',
        f"description: One {subject} of number {index} was {deed}.",
        f"tier: {chance.choice(['high', 'normal', 'low'])}",
        *(["completeness: 99.9 %"] if chance.random() < 0.2 else []),
        f"retention: {{raw: {chance.randint(7, 30)} days,"
        f" staging: {chance.randint(90, 500)} days}}",
        "payload:",
        *_block(payload, 1),
        "examples:",
        "  valid:",
        *examples,
        "  invalid:",
        *wrong,
    ]
    return domain, event, "\n".join(head) + "\n"


def _block(value: dict[str, Value], depth: int) -> list[str]:
    """YAML lines, one key a line, as people write schemas."""
    lines = []
    for key, each in value.items():
        start = f"{'  ' * depth}{key}:"
        if isinstance(each, dict) and key != "items":
            lines += [start, *_block(each, depth + 1)]
        else:
            lines.append(f"{start} {_flow(each)}")
    return lines


def _flow(value: Value) -> str:
    """A value on one line; JSON is YAML, and plain words need no quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and value.replace("-", "a").replace("_", "a").isalpha():
        return value if value not in ("null", "true", "false") else json.dumps(value)
    return json.dumps(value)


def path_of(index: int) -> str:
    domain, event, _ = contract(index)
    return f"contracts/{domain}/{event}.v1.yml"


def generate(root: Path, count: int) -> int:
    """Writes that many contracts below `root`/contracts; their bytes."""
    size = 0
    for index in range(count):
        domain, event, text = contract(index)
        path = root / "contracts" / domain / f"{event}.v1.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        size += len(text.encode("utf-8"))
    return size


def change(root: Path, index: int) -> None:
    """Declares one more field in the contract of this number."""
    path = root / path_of(index)
    new = "  properties:\n    added_later:\n      type: string\n      description: Came later.\n"
    path.write_text(path.read_text(encoding="utf-8").replace("  properties:\n", new, 1), "utf-8")
