"""The majors of one event type in one base model: which column holds which field of which.

A field that two majors declare with one type is one column. Where they differ in type, the
later major's column is called `<name>__v<major>`, and staging gives it its plain name back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.compile.columns import Column, columns_of, stored
from headwater.compile.shape import Shape, shape_of
from headwater.contracts import names
from headwater.contracts.model import EventContract, Schema
from headwater.errors import Diagnostic

MAJOR = "_major"  # the column of base that holds the major a row was judged by


@dataclass(frozen=True)
class History:
    """What the contracts of an event type no longer say, and its base model has to know.

    `retired` are majors that had a contract once: rows of theirs whose raw is gone are still
    in base, so it keeps the column `_major`, and staging keeps to its own.
    `compatible` are other hashes that its slices may keep, each with the fields declared since:
    a slice that carried one of them is rebuilt. `first` is the major of the rows from before
    base told majors apart.
    """

    retired: tuple[int, ...] = ()
    compatible: tuple[tuple[str, tuple[str, ...]], ...] = ()
    first: int = 1


@dataclass(frozen=True, eq=False)
class Part:
    """One major: its event contract, and what the compiler makes of its payload."""

    contract: EventContract
    columns: tuple[Column, ...]
    shape: Shape

    @property
    def major(self) -> int:
        return self.contract.major

    @property
    def label(self) -> str:
        """What its pieces of a base model are called: `version_2`."""
        return f"version_{self.major}"


@dataclass(frozen=True)
class BaseColumn:
    """A column of base: `sources` is, by major, the column of that major that fills it."""

    name: str
    column: Column
    sources: dict[int, Column]


@dataclass(frozen=True)
class Majors:
    """Every major of an event type, the oldest first, and the columns of their base model."""

    parts: tuple[Part, ...]
    columns: tuple[BaseColumn, ...]
    history: History

    @property
    def oldest(self) -> Part:
        return self.parts[0]

    @property
    def contracts(self) -> tuple[EventContract, ...]:
        return tuple(part.contract for part in self.parts)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files of the event contracts."""
        return tuple(part.contract.path for part in self.parts)

    @property
    def are_told_apart(self) -> bool:
        """Whether base has `_major`."""
        return len(self.parts) > 1 or bool(self.history.retired)

    @property
    def latest(self) -> int:
        """The major that `ref('stg_<event>')` means where it names none."""
        said = [part.major for part in self.parts if part.contract.latest]
        return said[0] if said else self.oldest.major

    def names(self, part: Part) -> dict[str, str]:
        """Column of a major -> its column in base, where that is another."""
        return {
            each.sources[part.major].stored_name: each.name
            for each in self.columns
            if part.major in each.sources and each.sources[part.major].stored_name != each.name
        }


def majors_of(
    contracts: Sequence[EventContract], history: History
) -> tuple[Majors | None, tuple[Diagnostic, ...]]:
    """The majors of one event type, or why one base model cannot hold them."""
    parts: list[Part] = []
    problems: list[Diagnostic] = []
    for contract in sorted(contracts, key=lambda each: each.major):
        columns, found = columns_of(contract)
        shape: Shape = {}
        if not found:
            shape, found = shape_of(contract, columns)
        problems.extend(found)
        parts.append(Part(contract, columns, shape))
    if problems:
        return None, tuple(problems)
    made = Majors(tuple(parts), tuple(_merged(parts)), history)
    found = tuple(_collisions(made))
    return (None, found) if found else (made, ())


def _merged(parts: Sequence[Part]) -> list[BaseColumn]:
    """The columns in the order in which the majors declare them, an older one's first."""
    made: dict[str, list[BaseColumn]] = {}
    order: list[BaseColumn] = []
    for part in parts:
        for column in stored(part.columns):
            variants = made.setdefault(column.stored_name, [])
            same = [each for each in variants if _type(each.column) == _type(column)]
            if same:
                same[0].sources[part.major] = column
                continue
            name = f"{column.stored_name}__v{part.major}" if variants else column.stored_name
            variants.append(BaseColumn(name, column, {part.major: column}))
            order.append(variants[-1])
    return order


def _type(column: Column) -> Any:
    """Equal for two columns exactly when one column of base can hold both."""
    if column.schema.values is not None:
        return "map", _type_of(column.schema.values, column.schema.values.kind)
    if column.kind == "object":  # flat: has_<name>, and its fields are columns of their own
        return column.kind
    return column.pii == "identifier", _type_of(column.schema, column.kind)


def _type_of(schema: Schema, kind: object) -> Any:
    if kind == "array" and schema.items is not None:
        return kind, _type_of(schema.items, schema.items.kind)
    if schema.values is not None:
        return "map", _type_of(schema.values, schema.values.kind)
    if kind == "object":
        fields = [
            (names.snake(each.name), _type_of(each.schema, each.schema.kind))
            for each in schema.fields
        ]
        return kind, fields
    return kind, kind == "string" and schema.format == "date-time", schema.decimal


def _collisions(made: Majors) -> Iterator[Diagnostic]:
    """A field may be called as another major's column had to be: `size: {v2: …}`."""
    seen: dict[str, BaseColumn] = {}
    for each in made.columns:
        other = seen.setdefault(each.name, each)
        if other is not each:
            major = min(each.sources)
            (contract,) = (one for one in made.contracts if one.major == major)
            yield Diagnostic(
                contract.path,
                each.column.schema.line,
                f"fields {other.column.dotted} and {each.column.dotted} would both be the column "
                f"{each.name} of base_{contract.event}",
                "rename one of them",
            )
