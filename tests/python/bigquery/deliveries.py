"""Records of any event type, good and bad, made from its contract: what both engines build on.

Everything is drawn from one seed, so a failure can be had again.
"""

from __future__ import annotations

import copy
import csv
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from headwater.contracts.model import EventContract, Schema

SCALES = {"seconds": 1, "milliseconds": 1000, "microseconds": 1_000_000}
DAY = datetime(2026, 1, 31, tzinfo=UTC)
NOW = "2026-02-20T12:00:00Z"

# What a payload field, an envelope field or a whole payload may be sent as instead.
ODD_VALUES: tuple[Any, ...] = (
    None,
    "",
    " ",
    "x",
    "17",
    "1e2",
    "true",
    "null",
    "Zoë 🎵 日本 \u202e",
    "a|b\\c\"d'e\n",
    "e\u0301" * 20,
    "2026-01-31T10:00:00Z",
    "2026-02-30T10:00:00Z",
    "6F1F64D1-9D5E-4C7B-8F3A-3C1F1F6B2A90",
    0,
    -1,
    1,
    1000,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63),
    -(2**63) - 1,
    10**25,
    0.1,
    1.5,
    2.0,
    1e300,
    True,
    False,
    [],
    ["x"],
    [None],
    [1, "a", True, {"b": 1}],
    ["x", "x"],
    {},
    {"number": 1},
    {"os": None, "odd key": {"deep": [1]}},
)
# Spellings of the same number that json.dumps would not choose.
SPELLINGS = ("1.0", "1e0", "10E-1", "0.10", "-0", "-0.0", "1E+2", "9223372036854775807.0", "1e400")
TIMES = (
    "2026-01-31T10:00:00Z",
    "2026-01-31 10:00:00",
    "2026-01-31t10:00:00z",
    "2026-01-31T10:00:00.1Z",
    "2026-01-31T10:00:00.123456789Z",
    "2026-01-31T23:30:00+05:30",
    "2026-01-31T00:30:00-11:59",
    "2026-01-31T24:00:00Z",
    "2026-01-31T23:59:60Z",
    "2026-02-29T10:00:00Z",
    "2026-1-31T10:00:00Z",
    "2026-01-31T10:00Z",
    "2026-01-31",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "1769853600",
    "not a time",
)
VERSIONS: tuple[Any, ...] = ("1", "1.4", "1-0-2", 1, 1.4, "2.0", "v1", "", "01", None, [], True)
NOT_OBJECTS = ("[1]", '"text"', "5", "null", "true", "[]", "{}")
UNPARSEABLE = ("{", "NaN", "[1,]", "not json", '{"a":NaN}', "", "{'a': 1}", '{"a":1}{"a":2}')


def payloads(contract: EventContract, chance: random.Random) -> Iterator[Any]:
    """Endless payloads: valid examples with values redrawn, and what is wrong in them."""
    valid = [json.loads(each.payload) for each in contract.examples if each.violates is None]
    invalid = [json.loads(each.payload) for each in contract.examples if each.violates]
    fields = list(contract.payload.walk())
    while True:
        if invalid and chance.random() < 0.15:
            yield copy.deepcopy(chance.choice(invalid))
            continue
        payload = copy.deepcopy(chance.choice(valid))
        for path, field in fields:
            if chance.random() < 0.5:
                _redraw(payload, path, field.schema, chance)
        if chance.random() < 0.25:
            _spoil(payload, chance.choice(fields)[0], chance)
        if chance.random() < 0.1:
            odd = chance.choice(["extra", "odd name", "Ünï", "a.b", "user_email"])
            payload[odd] = chance.choice(ODD_VALUES)
        yield payload


def _redraw(payload: Any, path: tuple[str, ...], schema: Schema, chance: random.Random) -> None:
    """Another value that the field, where it is there, may well accept."""
    *above, name = path
    for part in above:
        payload = payload.get(part) if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or name not in payload:
        return
    if schema.enum is not None:
        payload[name] = chance.choice(schema.enum)
    elif schema.kind == "boolean":
        payload[name] = chance.random() < 0.5
    elif schema.kind in ("integer", "number"):
        low = 0 if schema.minimum is None else schema.minimum
        high = low + 100_000 if schema.maximum is None else schema.maximum
        drawn = chance.uniform(float(low), float(high))
        payload[name] = round(drawn) if schema.kind == "integer" else round(drawn, 6)
    elif schema.kind == "string" and schema.pattern is None and schema.format is None:
        payload[name] = chance.choice(
            ["u-1", "u-2", "u 3", "Zoë", "日本の夏", "u-4'", 'u"5', "u\\6"]
        )


def _spoil(payload: Any, path: tuple[str, ...], chance: random.Random) -> None:
    *above, name = path
    for part in above:
        payload = payload.setdefault(part, {}) if isinstance(payload, dict) else {}
    if not isinstance(payload, dict):
        return
    if chance.random() < 0.2:
        payload.pop(name, None)
    else:
        payload[name] = chance.choice(ODD_VALUES)


def records(
    contract: EventContract, seed: int, count: int, first: datetime
) -> list[dict[str, Any]]:
    """Records before they become text: some are copies, late, early or without an envelope."""
    chance = random.Random(f"{contract.event} {contract.major} {seed}")
    made: list[dict[str, Any]] = []
    drawn = payloads(contract, chance)
    envelope = contract.envelope
    while len(made) < count:
        if made and chance.random() < 0.15:
            record = copy.deepcopy(chance.choice(made))
            later = timedelta(seconds=chance.choice([0, 1, 3600, 86400 * 6, 86400 * 15]))
            _put(record, envelope.received_at, _time(first + later, envelope.received_at_unit))
            made.append(record)
            continue
        received = first + timedelta(seconds=chance.randrange(86400), microseconds=seed)
        occurred = received - timedelta(seconds=chance.choice([1, 60, 7200, 86400, 86400 * 40]))
        record = {}
        _put(record, envelope.payload, next(drawn))
        _put(record, envelope.event_type, contract.event)
        for number, path in enumerate(envelope.event_id or ()):
            _put(record, path, f"s{seed}" if number == 0 else f"id-{seed}-{len(made)}")
        _put(record, envelope.occurred_at, _time(occurred, envelope.occurred_at_unit))
        _put(record, envelope.received_at, _time(received, envelope.received_at_unit))
        _put(record, envelope.schema_version, contract.version)
        if chance.random() < 0.2:
            _odd_envelope(record, contract, chance)
        made.append(record)
    return made


def _time(moment: datetime, unit: str | None) -> Any:
    if unit is None:
        return moment.isoformat().replace("+00:00", "Z")
    return int(moment.timestamp() * SCALES[unit])


def _odd_envelope(record: dict[str, Any], contract: EventContract, chance: random.Random) -> None:
    path = chance.choice(contract.envelope.paths())
    if path == contract.envelope.schema_version:
        _put(record, path, chance.choice(VERSIONS))
    elif path in (contract.envelope.occurred_at, contract.envelope.received_at):
        _put(record, path, chance.choice([*TIMES, *ODD_VALUES]))
    else:
        _put(record, path, chance.choice(ODD_VALUES))


def _put(record: dict[str, Any], path: tuple[str, ...] | None, value: Any) -> None:
    """Sets the value at a path; at the record itself, its properties become the record's."""
    if path is None:
        return
    if not path:
        record.update(value if isinstance(value, dict) else {})
        return
    for part in path[:-1]:
        inner = record.get(part)
        record[part] = record = inner if isinstance(inner, dict) else {}
    record[path[-1]] = value


def resent(
    contract: EventContract, delivered: list[dict[str, Any]], seed: int
) -> list[dict[str, Any]]:
    """Copies of delivered records, received as early as can be, or later."""
    chance = random.Random(seed)
    envelope = contract.envelope
    copies = [copy.deepcopy(each) for each in chance.sample(delivered, min(20, len(delivered)))]
    for record in copies:
        occurred = _moment(record, envelope.occurred_at, envelope.occurred_at_unit)
        received = _moment(record, envelope.received_at, envelope.received_at_unit)
        if occurred is None or received is None:
            continue
        later = received + timedelta(days=chance.choice([0, 1, 5, 15]))
        moment = chance.choice([occurred + timedelta(seconds=1), later])
        _put(record, envelope.received_at, _time(moment, envelope.received_at_unit))
    return copies


def _moment(record: Any, path: tuple[str, ...] | None, unit: str | None) -> datetime | None:
    """The time at a path, where `_time` has written it."""
    for part in path or ():
        record = record.get(part) if isinstance(record, dict) else None
    try:
        if unit is None and isinstance(record, str) and record.startswith("202"):
            return datetime.fromisoformat(record).astimezone(UTC)
        if unit is not None and isinstance(record, int):
            return datetime.fromtimestamp(record / SCALES[unit], UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def lines(records: list[dict[str, Any]], seed: int) -> list[str]:
    """NDJSON: some twice, some with numbers spelled oddly, keys repeated, no object, no JSON."""
    chance = random.Random(seed)
    found = []
    for record in records:
        text = json.dumps(record, ensure_ascii=chance.random() < 0.5)
        if chance.random() < 0.1:
            text = text.replace(": 1", f": {chance.choice(SPELLINGS)}", 1)
        if chance.random() < 0.05:
            text = text[:-1] + ', "type": "again", "id": 7}'
        found.append(text)
    return [*found, *found[:8], *NOT_OBJECTS, *UNPARSEABLE]


def deliver(contract: EventContract, landing: Path, number: int) -> None:
    """The `number`th delivery, from 1: NDJSON, with copies of what the one before held, and
    CSV, whose cells are text.

    Few records, and fewer where there are few fields to get wrong: ZetaSQL evaluates a
    base's rules slowly, and `in (select …)` anew for every row.
    """
    count = min(42, max(15, 3 * len(list(contract.payload.walk()))))
    folder = landing / contract.event
    folder.mkdir(parents=True, exist_ok=True)
    first = DAY + timedelta(days=4 * number)
    made = records(contract, number, count, first)
    if number > 1:
        before = records(contract, number - 1, count, first - timedelta(days=4))
        made += resent(contract, before, number)
    text = "\n".join(lines(made, number)) + "\n"
    name = f"{number}-v{contract.major}"
    (folder / f"{name}.ndjson").write_text(text, encoding="utf-8")
    rows = records(contract, number + 1000, count // 3, first)
    names = list(dict.fromkeys(name for record in rows for name in record))
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([_cell(record.get(name)) for name in names] for record in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
