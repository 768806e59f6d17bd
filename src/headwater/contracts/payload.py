"""The `payload:` schema: JSON Schema keywords in, checked values out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from headwater.contracts import (
    decimals,
    generic,
    keywords,
    maps,
    names,
    prefix,
    privacy,
    scalars,
    values,
)
from headwater.contracts.model import Field, JsonType, Path, Pii, Rule, Schema
from headwater.contracts.report import Report, did_you_mean, nearest, shown
from headwater.contracts.tree import Entry, Mapping, Scalar, Sequence

MAX_OBJECTS = 8  # levels of nested objects


def read(entry: Entry, report: Report) -> Schema:
    """The schema of the payload; what is wrong with it goes to `report`."""
    schema = _schema(entry, _Place((), "payload", top=True), report)
    word = entry.value.get("pii") if isinstance(entry.value, Mapping) else None
    if word is not None:
        report.add(word.key_line, "payload has pii", "write it on each property")
    names.check_columns(schema, report, entry.key_line)
    names.check_staged(schema, report)
    return schema


@dataclass(frozen=True)
class _Place:
    """Where a schema stands: its path, how messages call it, whether under pii: drop."""

    path: Path
    name: str
    top: bool = False
    item: bool = False
    dropped: bool = False
    listed: bool = False  # inside the items of an array
    covered: bool = False  # by the pii word of that array


def _schema(entry: Entry, place: _Place, report: Report) -> Schema:
    node = entry.value
    if not isinstance(node, Mapping):
        report.add(entry.key_line, f"{place.name} is not a schema", "write type: string, and so on")
        return Schema(types=())
    _check_keywords(node, place, report)
    types = _types(node, place, report)
    enum = scalars.enum(node, types, place.name, report)
    const = scalars.const(node, types, place.name, report)
    schema = Schema(types=types, enum=enum, const=const, line=entry.key_line)
    kind = schema.kind
    if not _keys(node) & {"type", "enum", "const"}:
        report.add(entry.key_line, f"{place.name} has no type", "write type: string, for example")
    if kind is not None:
        _check_kind(node, kind, place, report, entry.key_line)
    where = "items" if place.item else "listed" if place.listed else ""
    format_ = decimals.format_(node, kind, where, place.name, report)
    is_exact = (format_ or "").startswith("decimal")
    bounds = scalars.bounds(node, None if is_exact else kind, place.name, report)
    bounds = decimals.bounds(node, format_, bounds, place.name, report)
    node, listed = prefix.of_one_type(node, place.name, report)
    items = _items(node, place, report)
    is_unique = scalars.flag(node.get("uniqueItems"), place.name, report)
    rules = (*listed, *generic.rules(node, place.name, report))
    if is_unique and items is not None and items.kind == "object":
        rules = (Rule("uniqueItems", '{"uniqueItems": true}'), *rules)  # no list of structs can say
        is_unique = False
    values_ = None
    may_be_map = kind == "object" and not (place.top or place.item or _has_properties(node))
    if may_be_map and maps.is_map(node):
        values_ = maps.values(rules, place.name, entry.key_line, report)
    return Schema(
        types=types,
        enum=enum,
        const=const,
        minimum=bounds.minimum,
        maximum=bounds.maximum,
        exclusive_minimum=bounds.exclusive_minimum,
        exclusive_maximum=bounds.exclusive_maximum,
        multiple_of=bounds.multiple_of,
        min_length=bounds.min_length,
        max_length=bounds.max_length,
        pattern=scalars.pattern(node, place.name, report),
        format=format_,
        min_items=bounds.min_items,
        max_items=bounds.max_items,
        unique_items=is_unique,
        items=items,
        rules=rules,
        fields=_fields(node, place, report),
        additional_properties=_additional(node),
        values=values_,
        flatten=_flatten(node, kind, place, report),
        line=entry.key_line,
    )


def _keys(node: Mapping) -> set[str]:
    return {entry.key for entry in node.entries}


def _check_keywords(node: Mapping, place: _Place, report: Report) -> None:
    known = {*keywords.KEYWORDS, *keywords.ANNOTATIONS, *keywords.OWN}
    for entry in node.entries:
        if entry.key not in known:
            message, hint = keywords.refusal(entry.key)
            report.add(entry.key_line, f"{place.name}: {message}", hint)


def _types(node: Mapping, place: _Place, report: Report) -> tuple[JsonType, ...]:
    entry = node.get("type")
    if entry is None:
        return ()
    value = entry.value
    written = value.items if isinstance(value, Sequence) else (value,)
    found: list[JsonType] = []
    for each in written:
        if isinstance(each, Scalar) and each.value is None:
            report.add(each.line, f"{place.name}: null as a type is text", 'write "null" in quotes')
        elif not isinstance(each, Scalar) or each.text not in (*keywords.TYPES, "null"):
            text = each.text if isinstance(each, Scalar) else "a list"
            report.add(
                each.line,
                f"{place.name}: unknown type {shown(text)}",
                did_you_mean(text, keywords.TYPES),
            )
        elif each.text in found:
            report.add(each.line, f"{place.name}: the type {each.text} is listed twice", "once")
        else:
            found.append(cast(JsonType, each.text))
    solid = [each for each in found if each != "null"]
    if len(solid) > 1:
        both = set(solid) == {"integer", "number"}
        hint = "write number, which whole numbers are too" if both else "split it into two fields"
        report.add(entry.key_line, f"{place.name} has the types {', '.join(solid)}", hint)
        return ()
    if found and not solid:
        report.add(
            entry.key_line, f"{place.name} can only be null", "leave it undeclared: raw keeps it"
        )
        return ()
    return tuple(found)


def _check_kind(node: Mapping, kind: JsonType, place: _Place, report: Report, line: int) -> None:
    """The declared type must fit the place, and each keyword the type."""
    declared = node.get("type")
    if place.top and (kind != "object" or "null" in _texts(declared)):
        at = line if declared is None else declared.key_line
        report.add(at, "the type of payload is not object", "write type: object")
        return
    for entry in node.entries:
        applies = keywords.KEYWORDS.get(entry.key)
        if applies is not None and kind not in applies:
            report.add(
                entry.key_line,
                f"{place.name}: {entry.key} says nothing about type {kind}",
                f"it is for {' and '.join(applies)}; remove it, or mend the type",
            )
    if (left := node.get("unevaluatedItems")) is not None and kind == "array":
        hint = "items judges every item: remove it"
        report.add(left.key_line, f"{place.name}: unevaluatedItems beside items", hint)
    if place.item and kind == "array":
        report.add(
            line,
            f"{place.name} is an array",
            "BigQuery has no arrays of arrays; leave the field undeclared: raw keeps it",
        )
    if place.item and kind == "object" and not _has_properties(node) and maps.is_map(node):
        hint = "write type: object with a property that is the map"
        report.add(line, f"{place.name} is a map", hint)
    elif kind == "object" and not _has_properties(node) and (place.top or not maps.is_map(node)):
        hint = (
            "declare at least one property, for a map additionalProperties: {type: number}, "
            "or leave the field undeclared: raw keeps it"
        )
        report.add(line, f"{place.name} is an object without properties", hint)
    if kind == "array" and node.get("items") is None and node.get("prefixItems") is None:
        report.add(line, f"{place.name} is an array without items", "write items: {type: string}")


def _texts(entry: Entry | None) -> tuple[str, ...]:
    if entry is None:
        return ()
    value = entry.value
    items = value.items if isinstance(value, Sequence) else (value,)
    return tuple(item.text for item in items if isinstance(item, Scalar))


def _has_properties(node: Mapping) -> bool:
    entry = node.get("properties")
    return entry is not None and not (isinstance(entry.value, Mapping) and not entry.value.entries)


def _items(node: Mapping, place: _Place, report: Report) -> Schema | None:
    entry = node.get("items")
    if entry is None:
        return None
    if not isinstance(entry.value, Mapping):
        report.add(
            entry.key_line, f"{place.name}: items is not a schema", "write items: {type: string}"
        )
        return None
    if (word := entry.value.get("pii")) is not None:
        report.add(word.key_line, f"{place.name}: pii inside items", f"write it on {place.name}")
    said = node.get("pii")
    inner = _Place(
        (*place.path, "items"),
        f"{place.name}.items",
        item=True,
        dropped=place.dropped,
        listed=True,
        covered=place.covered or (said is not None and "none" not in _texts(said)),
    )
    schema = _schema(entry, inner, report)
    names.check_struct(schema, place.name, report)
    if schema.kind is not None and schema.nullable:
        report.add(
            entry.key_line,
            f"{place.name}: its items may be null",
            "BigQuery's arrays hold no nulls; remove null, so that such events are quarantined",
        )
    return schema


def _additional(node: Mapping) -> bool:
    """Whether undeclared properties are let pass here: a rule may judge them instead."""
    entry = node.get("additionalProperties")
    if entry is None:
        return True
    if isinstance(entry.value, Scalar) and isinstance(entry.value.value, bool):
        return entry.value.value or node.get("patternProperties") is not None
    return True


def _flatten(node: Mapping, kind: JsonType | None, place: _Place, report: Report) -> bool:
    """Whether staging shows what is in this object as columns of their own."""
    entry = node.get("flatten")
    if entry is None:
        return False
    if kind is not None and kind != "object":
        hint = "it is for object; remove it, or mend the type"
        report.add(entry.key_line, f"{place.name}: flatten says nothing about type {kind}", hint)
    elif kind == "object" and not _has_properties(node):
        hint = "a map has no columns of its own: remove it"
        report.add(entry.key_line, f"{place.name}: flatten on a map", hint)
    elif place.top or place.item or place.listed:
        where = "the payload" if place.top else "items"
        hint = "write it on an object field outside of arrays; the others are columns, or structs"
        report.add(entry.key_line, f"{place.name}: flatten on {where}", hint)
    return scalars.flag(entry, f"{place.name}", report)


def _fields(node: Mapping, place: _Place, report: Report) -> tuple[Field, ...]:
    entry = node.get("properties")
    declared: tuple[Entry, ...] = ()
    if entry is not None and isinstance(entry.value, Mapping):
        declared = entry.value.entries
    elif entry is not None:
        report.add(entry.key_line, f"{place.name}: properties is not a mapping", "name: {type: …}")
    required = _required(node, [each.key for each in declared], place, report)
    folded: dict[str, str] = {}
    fields = []
    for each in declared:
        refused = names.refusal(each.key, top=place.top)
        if refused is not None:
            report.add(each.key_line, f"{place.name}: {refused[0]}", refused[1])
        other = folded.setdefault(each.key.lower(), each.key)
        if other != each.key:
            report.add(
                each.key_line,
                f"{place.name}: {each.key} and {other} differ only by case",
                "columns ignore case; leave one undeclared: raw keeps it",
            )
        fields.append(_field(each, each.key in required, place, report))
    return tuple(fields)


def _required(node: Mapping, declared: list[str], place: _Place, report: Report) -> set[str]:
    entry = node.get("required")
    if entry is None:
        return set()
    if not isinstance(entry.value, Sequence):
        hint = "write required: [name, …] on the object that has the field"
        report.add(entry.key_line, f"{place.name}: required is not a list of names", hint)
        return set()
    found: set[str] = set()
    for item in entry.value.items:
        name = item.text if isinstance(item, Scalar) else ""
        if name in found:
            report.add(item.line, f"{place.name}: required lists {shown(name)} twice", "once")
        elif name not in declared:
            match = nearest(name, declared)
            report.add(
                item.line,
                f"{place.name}: required lists {shown(name)}, which properties does not declare",
                f"did you mean {match}?" if match else f"declare {name} under properties",
            )
        found.add(name)
    return found


def _field(entry: Entry, required: bool, parent: _Place, report: Report) -> Field:
    path = (*parent.path, entry.key)
    label = f"field {'.'.join(path)}" if entry.key.isprintable() else f"field {shown(entry.key)}"
    if len(path) > MAX_OBJECTS:
        report.add(entry.key_line, f"{label} is nested too deeply", f"at most {MAX_OBJECTS} levels")
        return Field(entry.key, required, Schema(types=()), "")
    word = privacy.word(entry, label, report)
    dropped = parent.dropped or word == "drop"
    place = _Place(path, label, dropped=dropped, listed=parent.listed, covered=parent.covered)
    schema = _schema(entry, place, report)
    description = ""
    if isinstance(entry.value, Mapping):
        said = entry.value.get("description")
        if said is None:
            hint = "say what the name cannot: unit, meaning of null, what is left out"
            report.add(entry.key_line, f"{label} has no description", hint)
        else:
            description = values.text(said, f"{label}: description", report) or ""
        if parent.listed:
            privacy.check_listed(entry, word, path, schema, parent.covered, label, report)
        else:
            privacy.check(entry, word, path, schema, parent.dropped, label, report)
    pii_word: Pii = "drop" if dropped else word or "none"
    return Field(entry.key, required, schema, description, pii_word)
