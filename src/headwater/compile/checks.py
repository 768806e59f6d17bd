"""The rules of an event contract as conditions: each true where a row breaks that rule.

A keyword judges the values of its own JSON type, as JSON Schema says; a value that is not
of a declared type breaks `type` and nothing else. Every condition is proof against nulls:
what cannot be computed counts as broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headwater.compile.columns import Column, walk
from headwater.compile.conditions import (
    bounds_of_decimal,
    member_of,
    not_one_of,
    not_true,
    rules_on,
)
from headwater.compile.direct import direct
from headwater.compile.reading import Place, inside
from headwater.compile.shape import dotted
from headwater.compile.text import (
    INDENT,
    Call,
    argument,
    case_when,
    fits,
    jinja_value,
    quoted,
)
from headwater.contracts.model import EventContract, Path, Rule, Schema

SKEW_SECONDS = 3600  # how far occurred_at may lie after received_at


@dataclass(frozen=True)
class Check:
    """A violation's name and the conditions that must all hold for it."""

    name: str
    conditions: tuple[str, ...]


def checks_of(contract: EventContract, columns: tuple[Column, ...]) -> Iterator[Check]:
    """Every rule, envelope first, then the payload's in declared order."""
    yield from _envelope(contract)
    payload = contract.envelope.payload
    if payload:
        yield Check("payload.type", ("not _has_payload",))
    if not contract.payload.additional_properties:
        yield _additional("payload", payload)
    for rule in contract.payload.rules:
        there = ("_has_payload",) if payload else ()
        named = f"payload.{rule.keyword}"
        yield Check(
            named, (*there, _breaks(rule, contract.payload, columns, named, "_json_payload"))
        )
    for column in walk(columns):
        yield from _column(column, Place(payload=payload))
        for holder, check in _all_inside(column):
            yield Check(check.name, (_has(holder.reasons_name, check.name),))


def faults_inside(column: Column) -> Iterator[Check]:
    """The rules of the items of an array of objects, of one item; without arrays inside."""
    for holder, check in _all_inside(column):
        if holder is column:
            yield check


def unfit(column: Column) -> list[str]:
    """The violations, among those, of what its struct cannot hold."""
    kinds, parsed = (
        {"type", "int64"},
        {each.dotted for each in walk(column.items) if each.is_converted},
    )
    found = []
    for check in faults_inside(column):
        path, _, keyword = check.name.rpartition(".")
        if keyword in kinds or (keyword == "format" and path in parsed):
            found.append(check.name)
    return found


def case_of(check: Check, levels: int) -> str:
    """A violation's name where a row, or an item, has it, else null; `levels` far in."""
    return case_when(check.conditions, f"'{check.name}'", levels)


def _all_inside(column: Column) -> Iterator[tuple[Column, Check]]:
    """The rules of the items of an array of objects, each with the array it is about."""
    items = column.schema.items
    if items is None or not column.holds_objects:
        return
    place, name = inside(column), f"{column.dotted}.items"
    yield column, Check(f"{name}.type", (f"({_is(f'{place.of}_type', 'object')}) is not true",))
    if not items.additional_properties:
        yield column, Check(f"{name}.additionalProperties", (f"{place.of}_has_unknown_keys",))
    for rule in items.rules:
        named = f"{name}.{rule.keyword}"
        judged = _breaks(rule, items, column.items, named, f"{place.of}_json_item")
        yield column, Check(named, (f"{place.of}_has_item", judged))
    for inner in walk(column.items):
        for check in _column(inner, place):
            yield column, check
        yield from _all_inside(inner)


def _has(reasons: str, name: str) -> str:
    return f"{{{{ list_has_any({quoted(reasons)}, [{quoted(name)}]) }}}}"


def _envelope(contract: EventContract) -> Iterator[Check]:
    envelope = contract.envelope
    if envelope.event_type is not None:
        present = f"not {_is('_type_event_type', 'null')}"
        names = ", ".join(f"'{name}'" for name in contract.called)
        is_called = f"= {names}" if len(contract.called) == 1 else f"in ({names})"
        same = f"(_event_type {is_called}) is not true"
        yield Check("envelope.event_type", (present, same))
    if envelope.event_id is not None:
        yield Check("envelope.event_id", ("event_id is null",))
    latest = f"{{{{ add_seconds('received_at', {SKEW_SECONDS}) }}}}"
    if contract.max_lateness is None:
        within = f"occurred_at <= {latest}"
    else:
        seconds = int(contract.max_lateness.total_seconds())
        earliest = f"{{{{ add_seconds('received_at', {-seconds}) }}}}"
        start = f"occurred_at between {earliest}"
        if not fits(start, 6):
            start = f"occurred_at\n    between {earliest}"
        within = f"\n    {start}\n    and {latest}\n"
    yield Check("envelope.occurred_at", (f"({within}) is not true",))
    yield Check("envelope.received_at", ("_received_from = 'fallback'",))
    if envelope.schema_version is not None:
        present = f"not {_is('_type_schema_version', 'null')}"
        yield Check("envelope.schema_version", (present, "schema_version is null"))


def _column(column: Column, place: Place) -> Iterator[Check]:
    name, type_name = column.dotted, column.at(column.type_name)
    if column.field.required:
        around = _presence_of_parent(column, place)
        yield Check(f"{name}.required", (*around, f"{type_name} is null"))
    types = column.schema.types
    if types:
        yield Check(f"{name}.type", (f"not {_is(type_name, *types)}",))
    there = _is(type_name, *types) if types else f"{type_name} is not null"
    for rule in column.schema.rules:
        named = f"{name}.{rule.keyword}"
        yield Check(
            named,
            (
                there,
                _breaks(rule, column.schema, column.children, named, column.at(column.node_name)),
            ),
        )
    if column.kind == "object":
        if not column.schema.additional_properties:
            yield _additional_inside(column, place)
        return
    if column.kind == "array":
        yield from _counts(column)
        yield from _items(column)
        return
    own = column.at(column.name)
    if column.kind == "integer" and types:
        yield Check(f"{name}.int64", (_is(type_name, "integer"), f"{own} is null"))
    value = column.at(column.text_name) if column.is_converted else own
    of_type = _is(type_name, column.kind) if column.kind != "integer" else f"{value} is not null"
    yield from _enum(column, type_name, value, of_type)
    if column.is_converted:
        yield Check(f"{name}.format", (of_type, f"{own} is null"))
    if column.kind == "number" and column.schema.decimal:
        for keyword, holds in bounds_of_decimal(column.schema, own):
            yield Check(f"{name}.{keyword}", (f"{own} is not null", not_true(holds)))
        return
    for keyword, holds in rules_on(column.schema, column.kind, value):
        yield Check(f"{name}.{keyword}", (of_type, not_true(holds)))


def _presence_of_parent(column: Column, place: Place) -> tuple[str, ...]:
    if column.parent is not None:
        return (column.at(column.parent.stored_name),)
    if place.of:
        return (f"{place.of}_has_item",)
    return ("_has_payload",) if place.payload else ()


def _breaks(rule: Rule, schema: Schema, fields: Sequence[Column], named: str, node: str) -> str:
    """That an object with these fields breaks a rule, by its columns where they tell."""
    holds = direct(rule, schema, fields)
    return _misfit(named, node) if holds is None else f"not ({holds})"


def _misfit(name: str, node: str) -> str:
    """That a JSON value breaks the rule of this name."""
    line = f"not {{{{ fits({quoted(node)}, rules[{quoted(name)}]) }}}}"
    if fits(line, 6):
        return line
    return f"not {{{{ fits(\n{INDENT}{quoted(node)},\n{INDENT}rules[{quoted(name)}]\n) }}}}"


def _additional(name: str, path: Path) -> Check:
    unknown = f"{{{{ has_unknown_keys(shape, {quoted(dotted(path))}) }}}}"
    return Check(f"{name}.additionalProperties", (unknown,))


def _additional_inside(column: Column, place: Place) -> Check:
    if not place.of:
        return _additional(column.dotted, (*place.payload, *column.path))
    unknown = f"{place.of}_has_unknown_keys_{column.name}"
    return Check(f"{column.dotted}.additionalProperties", (unknown,))


def _enum(column: Column, type_name: str, value: str, of_type: str) -> Iterator[Check]:
    schema, types = column.schema, column.schema.types
    enum = schema.enum if schema.const is None else (schema.const,)
    if enum is None:
        return
    name = f"{column.dotted}.{'enum' if schema.const is None else 'const'}"
    member = not_one_of(enum, column.kind, value)
    if types:
        yield Check(name, (of_type, member))
        if "null" in types and None not in enum:
            yield Check(name, (_is(type_name, "null"),))
        return
    # The enum alone says which types there may be: the column is null for any other.
    present = f"not {_is(type_name, 'null')}" if None in enum else f"{type_name} is not null"
    yield Check(name, (present, member))


def _counts(column: Column) -> Iterator[Check]:
    """The keywords of an array as a whole."""
    name, schema, length = column.dotted, column.schema, column.at(column.length_name)
    is_array = _is(column.at(column.type_name), "array")
    if schema.min_items is not None:
        yield Check(f"{name}.minItems", (is_array, f"({length} >= {schema.min_items}) is not true"))
    if schema.max_items is not None:
        yield Check(f"{name}.maxItems", (is_array, f"({length} <= {schema.max_items}) is not true"))
    if schema.unique_items:
        own = quoted(column.at(column.name))
        unique = f"list_is_unique({own}, {quoted(column.item_kind or '')})"
        yield Check(f"{name}.uniqueItems", (f"not {{{{ {unique} }}}}",))


def _items(column: Column) -> Iterator[Check]:
    """The rules of plain items; those of objects are asked of each item by itself."""
    items, kind = column.schema.items, column.item_kind
    if items is None or kind is None or column.holds_objects:
        return
    name, own = f"{column.dotted}.items", column.at(column.name)
    typed = column.at(column.are_typed_name)
    by_value = "enum" if items.const is None else "const"
    yield Check(f"{name}.{'type' if items.types else by_value}", (f"not {typed}",))
    length = f"{{{{ list_length({quoted(own)}) }}}}"
    is_cut = f"{length} < {column.at(column.length_name)}"  # of the integers beyond 64 bits
    if kind == "integer" and items.types:
        yield Check(f"{name}.int64", (typed, is_cut))
    for rule in items.rules:
        named = f"{name}.{rule.keyword}"
        yield Check(named, (typed, _misfit(named, column.at(column.node_name))))
    rules = list(rules_on(items, kind, "item"))
    listed = items.enum if items.const is None else (items.const,)
    if listed is not None:
        member = member_of(listed, kind, "item")
        rules.insert(0, (by_value, member))
        if kind == "integer" and not items.types:
            every = f"every_item({quoted(own)}, {argument(member)})"
            yield Check(f"{name}.{by_value}", (typed, is_cut, f"{{{{ {every} }}}}"))
    if items.format == "date-time":
        parsed = Call("parse_timestamp('item', zone='required')")
        rules.insert(0, ("format", (parsed, " is not null")))
    for keyword, holds in rules:
        every = f"every_item({quoted(own)}, {argument(holds)})"
        yield Check(f"{name}.{keyword}", (f"not {{{{ {every} }}}}",))


def _is(type_name: str, *kinds: str) -> str:
    listed = kinds[0] if len(kinds) == 1 else list(kinds)
    return f"{{{{ json_is({quoted(type_name)}, {jinja_value(listed)}) }}}}"
