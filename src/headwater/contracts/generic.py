"""Schemas that describe a value wherever it stands: those inside anyOf, contains and so on.

They make no column and need no description; every keyword is allowed, whatever the type.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from headwater.contracts import keywords, scalars
from headwater.contracts import pattern as patterns
from headwater.contracts.model import Rule
from headwater.contracts.report import Report, shown
from headwater.contracts.tree import Entry, Mapping, Node, Scalar, Sequence

MAX_LEVELS = 8  # of schemas inside schemas

_Reader = Callable[[Entry, str, Report, int], Any]


def rules(node: Mapping, name: str, report: Report) -> tuple[Rule, ...]:
    """What the schema of a field or of the payload asks besides what its column answers."""
    found = {
        entry.key: _READERS[entry.key](entry, name, report, 0)
        for entry in node.entries
        if entry.key in keywords.HOISTED
    }
    made = [Rule(key, _text({key: found[key]})) for key in _ALONE if key in found]
    made += _additional(node, found, name, report)
    made += _contains(node, found, name, report)
    made += _conditions(node, found, name, report)
    made += _unevaluated(node, found)
    return tuple(made)


def schema(node: Node, name: str, line: int, report: Report, level: int = 0) -> Any:
    """A schema as JSON has it; what is wrong with it goes to `report`."""
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value
    if not isinstance(node, Mapping):
        report.add(line, f"{name} is not a schema", "write type: string, and so on")
        return True
    if level > MAX_LEVELS:
        report.add(line, f"{name} is nested too deeply", f"at most {MAX_LEVELS} schemas")
        return True
    found: dict[str, Any] = {}
    for entry in node.entries:
        if entry.key in _READERS:
            found[entry.key] = _READERS[entry.key](entry, name, report, level)
        elif entry.key in keywords.OWN:
            hint = "write it on the field"
            report.add(entry.key_line, f"{name}: {entry.key} says nothing here", hint)
        elif entry.key not in keywords.ANNOTATIONS:
            message, hint = keywords.refusal(entry.key)
            report.add(entry.key_line, f"{name}: {message}", hint)
    return found


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)


def _additional(node: Mapping, found: dict[str, Any], name: str, report: Report) -> list[Rule]:
    entry = node.get("additionalProperties")
    if entry is None:
        return []
    is_flag = isinstance(entry.value, Scalar) and isinstance(entry.value.value, bool)
    allowed = schema(entry.value, f"{name}.additionalProperties", entry.key_line, report, 1)
    if allowed is True or (is_flag and "patternProperties" not in found):
        return []
    properties = node.get("properties")
    declared = (
        properties.value.entries if properties and isinstance(properties.value, Mapping) else ()
    )
    content = {
        "properties": dict.fromkeys((each.key for each in declared), True),
        "patternProperties": dict.fromkeys(found.get("patternProperties") or (), True),
        "additionalProperties": allowed,
    }
    return [Rule("additionalProperties", _text(content))]


def _contains(node: Mapping, found: dict[str, Any], name: str, report: Report) -> list[Rule]:
    counts = [key for key in ("minContains", "maxContains") if key in found]
    if "contains" not in found:
        for key in counts:
            entry = node.get(key)
            assert entry is not None
            report.add(entry.key_line, f"{name}: {key} without contains", "write contains")
        return []
    inner = found["contains"]
    made = []
    if "minContains" not in found:
        made.append(Rule("contains", _text({"contains": inner})))
    for key in counts:
        content = {"contains": inner, "minContains": 0, key: found[key]}
        made.append(Rule(key, _text(content)))
    return made


def _conditions(node: Mapping, found: dict[str, Any], name: str, report: Report) -> list[Rule]:
    outcomes = [key for key in ("then", "else") if key in found]
    condition = node.get("if")
    if condition is not None and not outcomes:
        report.add(condition.key_line, f"{name}: if without then or else", "write then")
    if condition is None:
        for key in outcomes:
            entry = node.get(key)
            assert entry is not None
            report.add(entry.key_line, f"{name}: {key} without if", "write if")
        return []
    return [Rule(key, _text({"if": found["if"], key: found[key]})) for key in outcomes]


def _unevaluated(node: Mapping, found: dict[str, Any]) -> list[Rule]:
    """Its rule holds what stands beside it, since that decides what is left to judge."""
    key, plain = "unevaluatedProperties", node.get("properties")
    is_idle = found.get(key, True) is True or node.get("additionalProperties") is not None
    if is_idle or plain is None or not isinstance(plain.value, Mapping):
        return []
    beside = ("patternProperties", "dependentSchemas", "allOf", "anyOf", "oneOf")
    content = {each: found[each] for each in (*beside, "if", "then", "else") if each in found}
    content["properties"] = dict.fromkeys((each.key for each in plain.value.entries), True)
    return [Rule(key, _text({**content, key: found[key]}))]


# Those whose rule needs no other keyword of the same schema.
_ALONE = (
    *("minProperties", "maxProperties", "dependentRequired", "propertyNames", "patternProperties"),
    *("dependentSchemas", "allOf", "anyOf", "oneOf", "not"),
)


def _one(entry: Entry, name: str, report: Report, level: int) -> Any:
    return schema(entry.value, f"{name}.{entry.key}", entry.key_line, report, level + 1)


def _many(entry: Entry, name: str, report: Report, level: int) -> list[Any]:
    if not isinstance(entry.value, Sequence) or not entry.value.items:
        hint = f"write {entry.key}: [{{…}}, {{…}}]"
        report.add(entry.key_line, f"{name}: {entry.key} is not a list of schemas", hint)
        return [True]
    return [
        schema(item, f"{name}.{entry.key}", item.line, report, level + 1)
        for item in entry.value.items
    ]


def _named(entry: Entry, name: str, report: Report, level: int) -> dict[str, Any]:
    found = {}
    for each in _entries(entry, name, report):
        label = (
            f"{name}.{entry.key}.{each.key}" if each.key.isprintable() else f"{name}.{entry.key}"
        )
        found[each.key] = schema(each.value, label, each.key_line, report, level + 1)
    return found


def _by_pattern(entry: Entry, name: str, report: Report, level: int) -> dict[str, Any]:
    found = _named(entry, name, report, level)
    for each in _entries(entry, name, Report(report.path)):
        _translates(each.key, f"{name}: {entry.key}", each.key_line, report)
    return found


def _entries(entry: Entry, name: str, report: Report) -> tuple[Entry, ...]:
    if not isinstance(entry.value, Mapping):
        report.add(entry.key_line, f"{name}: {entry.key} is not a mapping", "write name: {…}")
        return ()
    for each in entry.value.entries:
        if problem := scalars.bad_value(each.key, is_rule=True):
            report.add(each.key_line, f"{name}: {entry.key}: a name {problem[0]}", problem[1])
    return entry.value.entries


def _translates(pattern: str, label: str, line: int, report: Report) -> None:
    try:
        patterns.translate(pattern)
    except patterns.BadPatternError as error:
        report.add(line, f"{label} refused: {error.args[0]}", error.args[1])


def _lists(entry: Entry, name: str, report: Report, level: int) -> dict[str, list[str]]:
    return {
        each.key: _names(each, f"{name}.{entry.key}", report, level)
        for each in _entries(entry, name, report)
    }


def _names(entry: Entry, name: str, report: Report, _: int) -> list[str]:
    items = entry.value.items if isinstance(entry.value, Sequence) else None
    if items is None or not all(
        isinstance(item, Scalar) and isinstance(item.value, str) for item in items
    ):
        hint = f"write {entry.key}: [name, …]"
        report.add(entry.key_line, f"{name}: {entry.key} is not a list of names", hint)
        return []
    found = [str(item.value) for item in items if isinstance(item, Scalar)]
    for each in found:
        if problem := scalars.bad_value(each, is_rule=True):
            report.add(entry.key_line, f"{name}: {entry.key}: a name {problem[0]}", problem[1])
    return found


def _types(entry: Entry, name: str, report: Report, _: int) -> list[str]:
    items = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
    known = (*keywords.TYPES, "null")
    found = [item.text for item in items if isinstance(item, Scalar) and item.value in known]
    if len(found) != len(items) or not found:
        hint = f"one of: {', '.join(known)} (null in quotes)"
        report.add(entry.key_line, f"{name}: unknown type", hint)
    return found


def _values(entry: Entry, name: str, report: Report, _: int) -> list[Any]:
    if not isinstance(entry.value, Sequence) or not entry.value.items:
        report.add(entry.key_line, f"{name}: enum is not a list of values", "write enum: [a, b]")
        return [None]
    return [_json(item, f"{name}: enum value", report) for item in entry.value.items]


def _value(entry: Entry, name: str, report: Report, _: int) -> Any:
    return _json(entry.value, f"{name}: const", report)


def _json(node: Node, label: str, report: Report) -> Any:
    if isinstance(node, Sequence):
        return [_json(item, label, report) for item in node.items]
    if isinstance(node, Mapping):
        for each in node.entries:
            if problem := scalars.bad_value(each.key, is_rule=True):
                report.add(each.key_line, f"{label}: a name {problem[0]}", problem[1])
        return {each.key: _json(each.value, label, report) for each in node.entries}
    value = scalars.whole(node.value)
    if problem := scalars.bad_value(value, is_rule=True):
        report.add(node.line, f"{label} {shown(node.text)} {problem[0]}", problem[1])
        return None
    return value


def _number(entry: Entry, name: str, report: Report, _: int) -> Any:
    return scalars.bound(entry, None, name, report) or 0


def _step(entry: Entry, name: str, report: Report, _: int) -> Any:
    step = scalars.step(entry, name, report)
    return 1 if step is None else float(step)


def _count(entry: Entry, name: str, report: Report, _: int) -> int:
    return scalars.count(entry, name, report) or 0


def _flag(entry: Entry, name: str, report: Report, _: int) -> bool:
    return scalars.flag(entry, name, report)


def _pattern(entry: Entry, name: str, report: Report, _: int) -> str:
    return scalars.pattern(Mapping((entry,), entry.key_line), name, report) or ""


def _format(entry: Entry, name: str, report: Report, _: int) -> str | None:
    if isinstance(entry.value, Scalar) and entry.value.text.startswith("decimal"):
        hint = "a decimal is a column's; here write type, minimum and maximum, or a pattern"
        report.add(entry.key_line, f"{name}: format decimal inside a rule", hint)
        return None
    return scalars.format_(Mapping((entry,), entry.key_line), name, report)


_READERS: dict[str, _Reader] = {
    "type": _types,
    "enum": _values,
    "const": _value,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _number),
    "multipleOf": _step,
    **dict.fromkeys(
        (
            *("minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains"),
            *("minProperties", "maxProperties"),
        ),
        _count,
    ),
    "uniqueItems": _flag,
    "pattern": _pattern,
    "format": _format,
    "required": _names,
    "dependentRequired": _lists,
    **dict.fromkeys(
        (
            *("additionalProperties", "propertyNames", "items", "contains"),
            *("not", "if", "then", "else", "unevaluatedItems", "unevaluatedProperties"),
        ),
        _one,
    ),
    **dict.fromkeys(("prefixItems", "allOf", "anyOf", "oneOf"), _many),
    **dict.fromkeys(("properties", "dependentSchemas"), _named),
    "patternProperties": _by_pattern,
}
JUDGED = tuple(_READERS)  # every keyword that can decide whether a value passes
