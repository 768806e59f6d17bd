"""What an event contract says, as plain values.

Times are `datetime.timedelta`; paths into a record are tuples of property names
(`("data", "user_id")` is `$.data.user_id`, `()` the record itself).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal

Path = tuple[str, ...]
JsonType = Literal["string", "integer", "number", "boolean", "object", "array", "null"]
Pii = Literal["none", "identifier", "sensitive", "drop"]
Tier = Literal["high", "normal", "low"]
Scalar = str | int | float | bool | None
Number = int | float | Decimal  # a decimal for what is one
EpochUnit = Literal["seconds", "milliseconds", "microseconds"]


@dataclass(frozen=True)
class Envelope:
    """Where a record says who, what and when.

    `event_id` is the paths whose values together identify the event, or None when the
    whole record does (`record`). A None path means the contract maps nothing. `called` is what
    records say at `event_type` when it is not the event's name. Times are
    RFC 3339 unless their unit (`occurred_at_unit`, `received_at_unit`) says epochs.
    """

    event_type: Path | None = ("type",)
    called: tuple[str, ...] = ()
    event_id: tuple[Path, ...] | None = (("source",), ("id",))
    occurred_at: Path = ("time",)
    occurred_at_unit: EpochUnit | None = None
    received_at: Path | None = ("receivedtime",)
    received_at_unit: EpochUnit | None = None
    schema_version: Path | None = ("dataschemaversion",)
    payload: Path = ("data",)

    def paths(self) -> tuple[Path, ...]:
        """Every mapped path but the payload's, without repeats, in declared order."""
        mapped = [
            self.event_type,
            *(self.event_id or ()),
            self.occurred_at,
            self.received_at,
            self.schema_version,
        ]
        return tuple(dict.fromkeys(path for path in mapped if path is not None))


@dataclass(frozen=True)
class Rule:
    """A keyword that no column answers, such as anyOf: its name in violations, and the JSON
    text of a schema that holds just it."""

    keyword: str
    schema: str


@dataclass(frozen=True)
class Schema:
    """One value of the payload: its JSON Schema keywords, already checked.

    `types` is empty only beside an `enum` or `const`, whose values then say which there are;
    `integer` implies whole numbers. `const` is never null, which is its absence. `pattern`
    is as declared (ECMA-262), and `contracts.pattern.translate` makes RE2 of it. `items` is
    set for arrays, `fields` for objects, `values` for those that are maps instead. `line` is
    where it stands in the contract file.
    """

    types: tuple[JsonType, ...]
    enum: tuple[Scalar, ...] | None = None
    const: Scalar = None
    minimum: Number | None = None
    maximum: Number | None = None
    exclusive_minimum: Number | None = None
    exclusive_maximum: Number | None = None
    multiple_of: Decimal | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool = False
    items: Schema | None = None
    rules: tuple[Rule, ...] = ()
    fields: tuple[Field, ...] = ()
    additional_properties: bool = True
    values: Schema | None = None  # of a map: of each of its names
    flatten: bool = False  # staging shows the fields of this object, not a struct
    line: int = 0

    @property
    def kind(self) -> JsonType | None:
        """The one type besides null: declared, else that of the values listed."""
        for declared in self.types:
            if declared != "null":
                return declared
        listed = self.enum or (self.const,)
        values = [value for value in listed if value is not None]
        if not values:
            return None
        if isinstance(values[0], bool):
            return "boolean"
        if isinstance(values[0], str):
            return "string"
        return "integer" if all(isinstance(value, int) for value in values) else "number"

    @property
    def decimal(self) -> tuple[int, int] | None:
        """How many digits a decimal has, and how many of them after the point."""
        if self.format is None or not self.format.startswith("decimal("):
            return None
        digits, scale = self.format[len("decimal(") : -1].split(",")
        return int(digits), int(scale)

    @property
    def nullable(self) -> bool:
        """An explicit null passes."""
        if self.types and "null" not in self.types:
            return False
        return self.const is None and (self.enum is None or None in self.enum)

    @property
    def counts_items(self) -> bool:
        """A rule asks how many items there are."""
        return self.min_items is not None or self.max_items is not None

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, Field]]:
        """Every field below, with its path; objects before what they hold."""
        for field_ in self.fields:
            yield (*path, field_.name), field_
            yield from field_.schema.walk((*path, field_.name))


@dataclass(frozen=True)
class Field:
    """A declared property: its name, whether it is required, its schema, its meaning."""

    name: str
    required: bool
    schema: Schema
    description: str
    pii: Pii = "none"


@dataclass(frozen=True)
class Example:
    """A payload the contract accepts, or one it must quarantine for exactly `violates`.

    `payload` is the JSON text.
    """

    payload: str
    violates: str | None
    line: int


@dataclass(frozen=True)
class EventContract:
    """One file of contracts/. `path` is relative to the project; `payload` an object schema."""

    path: str
    domain: str
    event: str
    major: int
    version: str
    owner: str
    channel: str
    description: str
    payload: Schema
    envelope: Envelope = field(default_factory=Envelope)
    tier: Tier = "normal"
    completeness: float | None = None  # percent of the producer's own count
    raw_retention: timedelta = timedelta(days=30)
    staging_retention: timedelta = timedelta(days=400)
    dedup_lookback: timedelta = timedelta(days=14)
    max_lateness: timedelta | None = timedelta(days=30)
    expose: tuple[str, ...] = ()  # dotted paths of sensitive fields shown in staging
    examples: tuple[Example, ...] = ()
    breaks: str | None = None  # the version whose readers this one knowingly breaks
    latest: bool = False  # of several majors, the one that ref('stg_<event>') means

    @property
    def called(self) -> tuple[str, ...]:
        """What a record of this event type says at `envelope.event_type`: one of these."""
        return self.envelope.called or (self.event,)

    @property
    def due_after(self) -> timedelta:
        """How long after its end an hour is expected to be there."""
        return timedelta(hours={"high": 1, "normal": 3, "low": 24}[self.tier])

    @property
    def closes_after(self) -> timedelta:
        """How long after its end a change to an hour is a revision."""
        return timedelta(hours={"high": 3, "normal": 24, "low": 72}[self.tier])


def newest(contracts: Iterable[EventContract]) -> dict[str, EventContract]:
    """The newest major of each event type, which speaks for all where they must agree."""
    return {each.event: each for each in sorted(contracts, key=lambda each: each.major)}
