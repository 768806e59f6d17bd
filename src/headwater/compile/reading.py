"""What base reads from a parsed record, or from an item of an array, for each column."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.compile.columns import Column, walk
from headwater.compile.direct import indirect
from headwater.compile.shape import Shape, dotted
from headwater.compile.text import quoted
from headwater.contracts.model import Path, Schema

Read = tuple[str, str, list[str]]  # a column, the macro that makes it, the macro's arguments


@dataclass(frozen=True)
class Place:
    """A parsed document: the Jinja variables of its `shape` and `nodes`, where in it the
    columns are, and what stands before the names of its columns in SQL."""

    shape: str = "shape"
    nodes: str = "nodes"
    payload: Path = ()
    of: str = ""

    def arguments(self, path: Path) -> list[str]:
        """Of a macro that reads a path below the payload."""
        where = [self.shape, quoted(dotted((*self.payload, *path)))]
        return [*where, quoted(self.of)] if self.of else where

    def node(self, path: Path, *, is_read: bool = False) -> tuple[str, list[str]]:
        """The macro that reads a JSON value, and its arguments; `is_read` where the value is
        among the fields as JSON: arrays and maps are."""
        where = [self.shape, quoted(dotted((*self.payload, *path)))]
        if not is_read and path:
            where.append(self.nodes)
        return "json_node", [*where, f"of={quoted(self.of)}"] if self.of else where


def inside(column: Column) -> Place:
    """The items of an array of objects, or the entries of a map."""
    return Place(
        f"shape_{column.list_name}", f"nodes_{column.list_name}", (), f"in_{column.list_name}."
    )


def item_shape(column: Column) -> Shape:
    """As `shape.shape_of`, of the items of an array of objects."""
    return {"": "object", **{dotted(each.path): each.shape_kind for each in walk(column.items)}}


def node_paths(schema: Schema, columns: tuple[Column, ...], place: Place) -> list[str]:
    """The dotted paths, besides arrays, whose JSON value a rule judges."""
    paths = [place.payload] if indirect(schema, columns) and not place.of else []
    paths += [
        (*place.payload, *column.path)
        for column in walk(columns)
        if not column.is_read and indirect(column.schema, column.children)
    ]
    return [dotted(path) for path in paths]


def needs_node(column: Column) -> bool:
    """Whether some rule judges the JSON value of this column."""
    items = column.schema.items
    if indirect(column.schema, column.children):
        return True
    return bool(items and items.rules and not column.holds_objects)


def reads(column: Column, place: Place) -> list[Read]:
    """All that is read for one column; of an array of objects, not the items."""
    of_path = place.arguments(column.path)
    found: list[Read] = [(column.type_name, "json_type", of_path)]
    if needs_node(column):
        found.append((column.node_name, *place.node(column.path, is_read=column.is_read)))
    if column.is_map:
        return found
    if column.kind == "object":
        return [*found, (column.stored_name, "json_is_object", of_path)]
    if not column.holds_objects:
        name = column.text_name if column.is_converted else column.name
        found.append((name, "json_value", of_path))
    if column.kind == "array":
        found.append((column.are_typed_name, "json_items_are_typed", of_path))
        if column.item_kind == "integer" or column.schema.counts_items:
            found.append((column.length_name, "json_length", of_path))
    return found


def converted(column: Column, text: str) -> Read:
    """The timestamp or decimal that a text is; `text` is a Jinja expression."""
    if column.schema.decimal:
        return column.name, "decimal_of", [text, *map(str, column.schema.decimal)]
    return column.name, "parse_timestamp", [text, "zone='required'"]
