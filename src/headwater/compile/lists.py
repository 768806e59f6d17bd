"""Arrays of objects: each item is parsed once, as a record is, and becomes a struct."""

from __future__ import annotations

from collections.abc import Iterator

from headwater.compile.checks import case_of, faults_inside, unfit
from headwater.compile.columns import Column, lists, walk
from headwater.compile.direct import indirect
from headwater.compile.reading import (
    Place,
    Read,
    converted,
    inside,
    item_shape,
    node_paths,
    reads,
)
from headwater.compile.text import INDENT, call, indent, jinja_block, jinja_dict, quoted
from headwater.contracts import maps, names
from headwater.contracts.model import Schema


def settings(columns: tuple[Column, ...]) -> Iterator[str]:
    """The Jinja variables that say what the items of each array of objects look like."""
    for column in lists(columns):
        place = inside(column)
        yield jinja_dict(place.shape, item_shape(column))
        if paths := _nodes(column):
            yield jinja_block(place.nodes, paths)


def opened(column: Column, place: Place, levels: int) -> Read:
    """The items of an array of objects, each parsed; those of the arrays inside of it too."""
    here = inside(column)
    fields: list[Read] = []
    if not column.is_map:
        fields = [
            ("_type", "json_type", here.arguments(())),
            ("_has_item", "json_is_object", here.arguments(())),
        ]
    if indirect(_items(column), column.items):
        fields.append(("_json_item", *here.node(())))
    if not _items(column).additional_properties:
        fields.append(("_has_unknown_keys", "has_unknown_keys", here.arguments(())))
    for inner in walk(column.items):
        found = reads(inner, here)
        if inner.is_converted:
            found.append(converted(inner, call(*found[-1][1:], levels + 4)))
        if not inner.schema.additional_properties:
            given = here.arguments(inner.path)
            found.append((f"_has_unknown_keys_{inner.name}", "has_unknown_keys", given))
        if inner.items:
            found.append(opened(inner, here, levels + 2))
        fields += found
    node = call(*place.node(column.path, is_read=True), levels + 1)
    arguments = [
        call("json_entries", [node], levels + 1) if column.is_map else node,
        quoted(here.of[:-1]),
        here.shape,
        here.nodes if _nodes(column) else "[]",
        _dict([(name, call(how, given, levels + 3)) for name, how, given in fields]),
    ]
    return column.items_name, "json_opened", arguments


def all_reasons(columns: tuple[Column, ...], found: str = "") -> Iterator[str]:
    """What is wrong in the items of each array of objects, as columns of base."""
    for column in walk(columns):
        if column.holds_objects:
            name = quoted(column.items_name)
            here = f"items_below({found}, {name})" if found else name
            yield _reasons(column, here)
            yield from all_reasons(column.items, here)


def _reasons(column: Column, found: str) -> str:
    cases = ",\n".join(case_of(check, 3) for check in faults_inside(column))
    head = call("item_reasons", [found, quoted(inside(column).of[:-1])], 5)
    return f"{{% call {head} %}}\n{indent(cases, 1)}\n{{% endcall %}} as {column.reasons_name}"


def structs(column: Column) -> str:
    """The column of base for an array of objects: a list of structs."""
    given = [
        quoted(f"checked.{column.items_name}"),
        quoted(inside(column).of[:-1]),
        _dict(
            [
                (f"checked.{each.reasons_name}", _list(unfit(each)))
                for each in lists((column,))
                if not each.is_map
            ]
        ),
        _fields(column.items),
    ]
    return f"{{{{ {call('json_structs', given, 2)} }}}} as {column.name}"


def _fields(columns: tuple[Column, ...]) -> str:
    """The fields of a struct, by the names that they have in it."""
    return _dict([(names.snake(each.path[-1]), _value(each)) for each in columns])


def _value(column: Column) -> str:
    if column.kind == "object" and not column.is_map:
        given = [quoted(column.at(column.stored_name)), _fields(column.children)]
        return call("assemble_struct", given, 4)
    if column.items:
        struct = call("assemble_struct", ["'true'", _fields(column.items)], 5)
        given = [quoted(column.at(column.items_name)), quoted(inside(column).of[:-1]), struct]
        return call("mapped_list", given, 4)
    return quoted(column.at(column.name))


def _items(column: Column) -> Schema:
    if column.schema.values is not None:
        return maps.entry(column.schema.values)
    assert column.schema.items is not None
    return column.schema.items


def _nodes(column: Column) -> list[str]:
    return node_paths(_items(column), column.items, inside(column))


def _list(texts: list[str]) -> str:
    body = "".join(f"\n{INDENT}{quoted(text)}," for text in texts)
    return f"[{body}\n]"


def _dict(entries: list[tuple[str, str]]) -> str:
    body = "".join(f"\n{indent(f'{quoted(name)}: {value},', 1)}" for name, value in entries)
    return f"{{{body}\n}}"
