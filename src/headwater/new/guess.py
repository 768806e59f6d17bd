"""Guesses where records say who, what and when, from names and what stands there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as File

from headwater import macros
from headwater.contracts import paths
from headwater.contracts.model import Envelope, EpochUnit, Path
from headwater.contracts.names import snake
from headwater.new.draft import Mapped
from headwater.new.profile import Profile
from headwater.validate.memory import Memory

# Names in order of preference, in snake case.
EVENT_ID = ("event_id", "id", "uuid", "message_id", "insert_id", "event_uuid", "_id")
OCCURRED_AT = (
    "occurred_at",
    "event_time",
    "event_timestamp",
    "timestamp",
    "time",
    "ts",
    "created_at",
    "sent_at",
    "datetime",
    "date_time",
)
RECEIVED_AT = (
    "received_at",
    "receivedtime",
    "received_time",
    "server_time",
    "server_timestamp",
    "collector_tstamp",
    "ingested_at",
    "arrived_at",
)
SCHEMA_VERSION = ("schema_version", "dataschemaversion", "event_version")
EVENT_TYPE = ("event_type", "event", "event_name", "type", "name")

CLOUD_EVENT = ("specversion", "id", "source", "type")
# Copies are delivered too, so an id may come back; a field that is mostly unique is one.
UNIQUE = 0.9

# Between the years 2000 and 2100 no two units can be taken for each other.
_YEARS = (946_684_800, 4_102_444_800)
_UNITS: Mapping[EpochUnit, int] = {
    "seconds": 1,
    "milliseconds": 1_000,
    "microseconds": 1_000_000,
}


@dataclass(frozen=True)
class Column:
    """What the values at one place at the top of the records are like."""

    records: int  # that have it, and not as null
    distinct: int
    times: int  # of them, how many are RFC 3339
    unit: EpochUnit | None
    versions: int  # how many are a version of major 1
    only: str | None  # the one value, where all are the same


@dataclass(frozen=True)
class Guess:
    """The envelope to write, where the payload is, and the places that the envelope takes."""

    envelope: Mapping[str, Mapped]
    payload: Path = ()
    taken: frozenset[Path] = field(default_factory=frozenset)


def columns(memory: Memory, macros_dir: File) -> dict[str, Column]:
    """What stands in the top-level properties, of those that hold plain values."""
    parsed = macros.render(macros_dir, "{{ parse_timestamp('text', 'optional') }}", "duckdb")
    units = "".join(
        f"when min(number) >= {_YEARS[0] * per} and max(number) < {_YEARS[1] * per} then '{unit}' "
        for unit, per in _UNITS.items()
    )
    rows = memory.query(
        f"""
        select
            place[3:],
            count(*),
            count(distinct text),
            countif({parsed} is not null),
            case when count(number) = count(*) then case {units} end end,
            countif(regexp_matches(text, '^1([.-][0-9]+)*$')),
            case when count(distinct text) = 1 then min(text) end
        from (
            select
                *,
                case when kind in ('integer', 'number') then try_cast(text as double) end as number
            from nodes
        )
        where regexp_matches(place, '^[$][.][A-Za-z_][A-Za-z0-9_]*$')
            and kind in ('string', 'integer', 'number')
        group by place
        """
    )
    return {name: Column(*found) for name, *found in rows}


def guess(seen: Profile, found: Mapping[str, Column], event: str) -> Guess:
    """CloudEvents where the records are, else flat records with the likeliest names."""
    top = {path[0]: seen.places[path] for path in seen.below(())}
    data = top.get("data")
    if all(name in found for name in CLOUD_EVENT) and data is not None and data.objects:
        return _cloud_events(seen, found, event)
    return _flat(seen, found, event)


def _cloud_events(seen: Profile, found: Mapping[str, Column], event: str) -> Guess:
    """Only what is not as the default has it."""
    envelope: dict[str, Mapped] = {}
    if found["type"].only != event:
        envelope["event_type"] = Mapped("none", "the records' type is not this event's name")
    if "time" not in found or found["time"].times < found["time"].records:
        envelope["occurred_at"] = _occurred_at(seen, found)
    if _named(found, ("receivedtime",), lambda each: each.times == each.records) is None:
        envelope["received_at"] = _received_at(seen, found)
    return Guess(envelope, Envelope().payload)


def _flat(seen: Profile, found: Mapping[str, Column], event: str) -> Guess:
    everywhere = {name: each for name, each in found.items() if each.records == seen.records}
    event_id = _named(everywhere, EVENT_ID, lambda each: each.distinct >= UNIQUE * seen.records)
    event_type = _named(everywhere, EVENT_TYPE, lambda each: each.only == event)
    version = _named(found, SCHEMA_VERSION, lambda each: each.versions == each.records)
    envelope = {
        "event_type": Mapped(_path(event_type) if event_type else "none"),
        "event_id": Mapped(_path(event_id))
        if event_id
        else Mapped("record", "no field identifies an event: equal records count as copies"),
        "occurred_at": _occurred_at(seen, found),
        "received_at": _received_at(seen, found),
        "schema_version": Mapped(_path(version) if version else "none"),
        "payload": Mapped("$"),
    }
    taken = [event_type, event_id, version, _time(seen, found), _arrival(seen, found)]
    return Guess(envelope, (), frozenset((name,) for name in taken if name))


def _named(
    found: Mapping[str, Column], names: Sequence[str], is_it: Callable[[Column], bool]
) -> str | None:
    """The field with the first of these names that holds what is looked for."""
    spelled = {snake(name): name for name in found}
    for name in names:
        spelling = spelled.get(name)
        if spelling is not None and is_it(found[spelling]):
            return spelling
    return None


def _is_time(column: Column) -> bool:
    return column.times == column.records or column.unit is not None


def _time(seen: Profile, found: Mapping[str, Column]) -> str | None:
    everywhere = {name: each for name, each in found.items() if each.records == seen.records}
    named = _named(everywhere, OCCURRED_AT, _is_time)
    others = (
        name
        for name, each in everywhere.items()
        if each.times == each.records and snake(name) not in RECEIVED_AT
    )
    return named or next(others, None)


def _arrival(seen: Profile, found: Mapping[str, Column]) -> str | None:
    everywhere = {name: each for name, each in found.items() if each.records == seen.records}
    return _named(everywhere, RECEIVED_AT, _is_time)


def _occurred_at(seen: Profile, found: Mapping[str, Column]) -> Mapped:
    name = _time(seen, found)
    if name is None:
        return Mapped("", "the field that says when it happened, as $.name")
    return Mapped(_moment(name, found[name]))


def _received_at(seen: Profile, found: Mapping[str, Column]) -> Mapped:
    name = _arrival(seen, found)
    if name is None:
        return Mapped("none", "the hour in the file's path, else the load's")
    return Mapped(_moment(name, found[name]))


def _moment(name: str, column: Column) -> str:
    if column.unit is None or column.times == column.records:
        return _path(name)
    return f"{{path: {_path(name)}, epoch: {column.unit}}}"


def _path(name: str) -> str:
    return paths.text((name,))
