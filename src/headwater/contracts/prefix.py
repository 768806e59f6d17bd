"""Arrays whose first items have schemas of their own: a list column of one type, and rules."""

from __future__ import annotations

import json
from typing import Any

from headwater.contracts import generic, keywords
from headwater.contracts.model import Rule
from headwater.contracts.report import Report
from headwater.contracts.tree import Entry, Mapping, Scalar, Sequence

_KEYWORD = "prefixItems"


def of_one_type(node: Mapping, name: str, report: Report) -> tuple[Mapping, tuple[Rule, ...]]:
    """The array with `items` of the type that all of them have, and what else they must meet.

    The rules judge arrays whose items have that type: others break `items.type` anyway.
    """
    first, rest = node.get(_KEYWORD), node.get("items")
    if first is None:
        return node, ()
    if not isinstance(first.value, Sequence) or not first.value.items:
        hint = f"write {_KEYWORD}: [{{…}}, {{…}}]"
        report.add(first.key_line, f"{name}: {_KEYWORD} is not a list of schemas", hint)
        return node, ()
    if rest is None:
        hint = "write items: false where there are no more, or the schema of those that follow"
        report.add(first.key_line, f"{name}: {_KEYWORD} without items", hint)
        return _with_items(node, first, "string"), ()
    schemas = [
        generic.schema(each, f"{name}.{_KEYWORD}", each.line, report, 1)
        for each in first.value.items
    ]
    others = generic.schema(rest.value, f"{name}.items", rest.key_line, report, 1)
    kind = _kind_of([*schemas, *([] if others is False else [others])])
    if kind is None:
        hint = "its items need one plain type, given for each; else leave the field undeclared"
        report.add(first.key_line, f"{name}: {_KEYWORD} and items are not all of one type", hint)
        return _with_items(node, first, "string"), ()
    rules = [_rule(kind, _KEYWORD, {_KEYWORD: schemas})]
    if others != {"type": [kind]}:
        rules.append(_rule(kind, "items", {_KEYWORD: [True] * len(schemas), "items": others}))
    return _with_items(node, first, kind), tuple(rules)


def _kind_of(schemas: list[Any]) -> str | None:
    kinds = set()
    for each in schemas:
        types = each.get("type", []) if isinstance(each, dict) else []
        kinds.add(types[0] if len(types) == 1 else None)
    if kinds == {"integer", "number"}:
        return "number"
    (kind, *more) = kinds
    return kind if not more and kind in keywords.SCALARS else None


def _rule(kind: str, keyword: str, schema: dict[str, Any]) -> Rule:
    content = {"if": {"items": {"type": [kind]}}, "then": schema}
    return Rule(keyword, json.dumps(content, ensure_ascii=False))


def _with_items(node: Mapping, first: Entry, kind: str) -> Mapping:
    line = first.key_line
    items = Mapping((Entry("type", line, Scalar(kind, kind, line)),), line)
    kept = tuple(each for each in node.entries if each.key not in (_KEYWORD, "items"))
    return Mapping((*kept, Entry("items", line, items)), node.line)
