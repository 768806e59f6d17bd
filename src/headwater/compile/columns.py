"""An event contract as columns: which property becomes which column, under what name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from headwater.contracts import maps, names
from headwater.contracts.model import EventContract, Field, JsonType, Path, Pii, Schema
from headwater.errors import Diagnostic


@dataclass(frozen=True)
class Column:
    """A declared property and what becomes of it.

    `path` is inside the payload, or inside the item of an array, whose own path and `items`
    is `above`. `name` is the column of base; for an object, whose own column is `has_<name>`,
    the prefix of its children's. `items` are those of the objects in an array, and `of` what
    stands before the names of these in SQL: `in_lines.`.
    """

    field: Field
    path: Path
    name: str
    kind: JsonType
    item_kind: JsonType | None = None
    children: tuple[Column, ...] = ()
    parent: Column | None = None
    items: tuple[Column, ...] = ()
    above: Path = ()
    of: str = ""

    @property
    def schema(self) -> Schema:
        return self.field.schema

    @property
    def pii(self) -> Pii:
        return self.field.pii

    @property
    def dotted(self) -> str:
        """The path as people write it: `device.os`."""
        return ".".join((*self.above, *self.path))

    @property
    def is_time(self) -> bool:
        """Whether base holds a timestamp instead of the text."""
        return self.schema.format == "date-time" and self.kind == "string"

    @property
    def is_converted(self) -> bool:
        """Whether base holds another type than its JSON value has, and the text of that aside."""
        return self.is_time or self.schema.decimal is not None

    @property
    def shape_kind(self) -> str:
        """Its kind in a shape: see json_parse.sql."""
        if self.kind == "array":
            return f"{self.item_kind}[]"
        if self.is_map:
            return "map"
        return "decimal" if self.kind == "number" and self.schema.decimal else self.kind

    @property
    def stored_name(self) -> str:
        """The name of its column in base."""
        if self.kind != "object" or self.is_map:
            return self.name
        return f"_has_{self.name}" if self.of else f"has_{self.name}"

    @property
    def is_read(self) -> bool:
        """Whether its JSON is read with the fields."""
        return self.kind == "array" or self.is_map

    @property
    def is_map(self) -> bool:
        """Whether it is a list of the entries of an object."""
        return self.schema.values is not None

    @property
    def holds_objects(self) -> bool:
        """Whether it is a list of structs."""
        return self.kind == "array" and self.item_kind == "object"

    @property
    def list_name(self) -> str:
        """What names its items, of an array of objects: `lines`, and `lines__parts` in it."""
        return f"{self.of[3:-1]}__{self.name}" if self.of else self.name

    def at(self, name: str) -> str:
        """One of the names below where a condition needs it."""
        return f"{self.of}{name}"

    # The columns of base's CTEs that are about this one.

    @property
    def type_name(self) -> str:
        """Its JSON type."""
        return f"_type_{self.name}"

    @property
    def text_name(self) -> str:
        """The text of what is kept as another type."""
        return f"_text_{self.name}"

    @property
    def length_name(self) -> str:
        """How many items were delivered in it."""
        return f"_length_{self.name}"

    @property
    def are_typed_name(self) -> str:
        """Whether every item has the declared type."""
        return f"_are_items_typed_{self.name}"

    @property
    def node_name(self) -> str:
        """The JSON value, if a rule asks for it."""
        return f"_json_{self.name}"

    @property
    def items_name(self) -> str:
        """Its items, parsed."""
        return f"_items_{self.name}"

    @property
    def reasons_name(self) -> str:
        """What is wrong in its items; a column of base's CTEs wherever the array is."""
        return f"_reasons_{self.list_name}"


def columns_of(contract: EventContract) -> tuple[tuple[Column, ...], tuple[Diagnostic, ...]]:
    """The properties of the payload in declared order, and which of them no column can hold."""
    problems: list[Diagnostic] = []
    root = Column(Field("", True, contract.payload, ""), (), "", "object")
    columns = _columns(contract, root, None, problems)
    for other, column in _collisions(columns):
        problems.append(
            _problem(
                contract,
                column,
                f"fields {other.dotted} and {column.dotted} would both be the column "
                f"{column.stored_name}",
                "declare one of them only; the other stays in raw",
            )
        )
    return columns, tuple(problems)


def _collisions(columns: tuple[Column, ...]) -> Iterator[tuple[Column, Column]]:
    seen: dict[str, Column] = {}
    for column in walk(columns):
        other = seen.setdefault(column.stored_name, column)
        if other is not column:
            yield other, column


def walk(columns: tuple[Column, ...]) -> Iterator[Column]:
    """Every column at any depth, parents first, in declared order."""
    for column in columns:
        yield column
        yield from walk(column.children)


def lists(columns: tuple[Column, ...]) -> Iterator[Column]:
    """Every array of objects and every map at any depth, those inside of an item after it."""
    for column in walk(columns):
        if column.holds_objects or column.is_map:
            yield column
            yield from lists(column.items)


def stored(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Those that base keeps: all but the ones marked `pii: drop`."""
    return tuple(column for column in walk(columns) if column.pii != "drop")


def is_exposed(contract: EventContract, column: Column) -> bool:
    """Whether staging shows it: neither dropped nor sensitive, unless listed in `expose`."""
    if column.pii == "sensitive":
        return column.dotted in contract.expose
    return column.pii != "drop"


def identifiers(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Those that base replaces by a pseudonym."""
    return tuple(column for column in walk(columns) if column.pii == "identifier")


def _columns(
    contract: EventContract, holder: Column, parent: Column | None, problems: list[Diagnostic]
) -> tuple[Column, ...]:
    """The columns of an object: of `parent`, or of what `holder` stands for."""
    inside = parent or holder
    return tuple(_column(contract, each, holder, parent, problems) for each in inside.schema.fields)


def _column(
    contract: EventContract,
    field: Field,
    holder: Column,
    parent: Column | None,
    problems: list[Diagnostic],
) -> Column:
    path = (*(parent.path if parent else ()), field.name)
    schema = field.schema
    kind = schema.kind or "null"
    item_kind = (schema.items.kind or "null") if schema.items else None
    name = names.column(path)
    column = Column(
        field, path, name, kind, item_kind, (), parent, above=holder.above, of=holder.of
    )
    if not _is_one_kind(schema) or (schema.items and not _is_one_kind(schema.items)):
        problems.append(
            _problem(
                contract,
                column,
                f"field {column.dotted} allows no type, or several: a column holds one",
                "declare the one that is meant, and null beside it where it may be null",
            )
        )
    if kind == "array" and item_kind in (None, "null", "array"):
        problems.append(_problem(contract, column, f"field {column.dotted} is an array of arrays"))
    if field.pii == "identifier" and (kind not in ("string", "integer") or column.is_converted):
        problems.append(
            _problem(
                contract,
                column,
                f"field {column.dotted} is an identifier, but neither a string nor an integer",
                "mark it sensitive or drop",
            )
        )
    column = replace(column, children=_columns(contract, holder, column, problems))
    held = maps.entry(schema.values) if schema.values else schema.items
    if held and (column.holds_objects or column.is_map):
        item = Column(
            replace(field, schema=held),
            (),
            "",
            "object",
            above=(*column.above, *path, "items"),
            of=f"in_{column.list_name}.",
        )
        column = replace(column, items=_columns(contract, item, None, problems))
    return column


def _is_one_kind(schema: Schema) -> bool:
    if schema.types:
        return len([each for each in schema.types if each != "null"]) == 1
    values = [value for value in schema.enum or (schema.const,) if value is not None]
    kinds = {
        "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value)
        for value in values
    }
    return len(kinds) == 1


def _problem(contract: EventContract, column: Column, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(contract.path, column.schema.line, message, hint)
