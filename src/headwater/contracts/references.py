"""`$ref` written out: the schema that it names stands in its place before anything is read."""

from __future__ import annotations

import re
from urllib.parse import unquote

from headwater.contracts.keywords import ANNOTATIONS, OWN
from headwater.contracts.report import Report, nearest, shown
from headwater.contracts.tree import MAX_NODES, Entry, Mapping, Node, Scalar, Sequence

DEFINITIONS = "$defs"

_ONE = ("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then")
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("dependentSchemas", "patternProperties", "properties")


def inlined(payload: Entry, report: Report) -> Entry:
    """The payload without references and definitions; what cannot be goes to `report`."""
    if not isinstance(payload.value, Mapping):
        return payload
    written = _Writer(payload.value, report)
    return Entry(payload.key, payload.key_line, written.payload())


def _below(name: str, keyword: str, key: str) -> str:
    """How messages call what a keyword describes by name: a field by its path."""
    key = key if key.isprintable() else shown(key)
    if keyword != "properties":
        return f"{name}.{keyword}.{key}"
    return f"field {key}" if name == "payload" else f"{name}.{key}"


class _Writer:
    """Writes one payload out; `_seen` is which definitions were used, `_count` how much came."""

    def __init__(self, root: Mapping, report: Report) -> None:
        self._root = root
        self._report = report
        self._seen: set[str] = set()
        self._count = 0
        self._is_found = True  # every reference, so far

    def payload(self) -> Node:
        entries = tuple(each for each in self._root.entries if each.key != DEFINITIONS)
        found = self._schema(Mapping(entries, self._root.line), "payload", ())
        definitions = self._root.get(DEFINITIONS)
        if definitions is not None and not isinstance(definitions.value, Mapping):
            hint = "write $defs: {name: {…}}"
            self._report.add(definitions.key_line, "payload: $defs is not a mapping", hint)
        elif definitions is not None and isinstance(definitions.value, Mapping) and self._is_found:
            for each in definitions.value.entries:
                if each.key not in self._seen:
                    message = f"the definition {shown(each.key)} is used nowhere"
                    self._report.add(each.key_line, message, "remove it, or refer to it by $ref")
        return found

    def _schema(self, node: Node, name: str, inside: tuple[str, ...]) -> Node:
        if not isinstance(node, Mapping):
            return node
        self._count += len(node.entries)
        entries: list[Entry] = []
        for entry in node.entries:
            if entry.key == DEFINITIONS:
                hint = "move it to the top of payload"
                self._report.add(entry.key_line, f"{name}: $defs is not at the top", hint)
            elif entry.key != "$ref":
                value = self._value(entry, name, inside)
                entries.append(Entry(entry.key, entry.key_line, value))
        own = Mapping(tuple(entries), node.line)
        reference = node.get("$ref")
        return own if reference is None else self._joined(own, reference, name, inside)

    def _value(self, entry: Entry, name: str, inside: tuple[str, ...]) -> Node:
        value = entry.value
        if entry.key not in _NAMED:
            name = f"{name}.{entry.key}"
        if entry.key in _ONE:
            return self._schema(value, name, inside)
        if entry.key in _LISTED and isinstance(value, Sequence):
            items = tuple(self._schema(item, name, inside) for item in value.items)
            return Sequence(items, value.line)
        if entry.key in _NAMED and isinstance(value, Mapping):
            named = tuple(
                Entry(
                    each.key,
                    each.key_line,
                    self._schema(each.value, _below(name, entry.key, each.key), inside),
                )
                for each in value.entries
            )
            return Mapping(named, value.line)
        return value

    def _joined(self, own: Mapping, ref: Entry, name: str, inside: tuple[str, ...]) -> Node:
        """What `ref` names, with the keywords beside it; these win where they only describe."""
        target = self._target(ref, name, inside)
        if not isinstance(target, Mapping):
            if own.entries:
                message = f"{name}: keywords beside a $ref to true or false"
                self._report.add(ref.key_line, message, "leave them out")
            return target
        for entry in own.entries:
            if entry.key not in (*ANNOTATIONS, *OWN) and target.get(entry.key) is not None:
                self._report.add(
                    entry.key_line,
                    f"{name}: {entry.key} stands here and in what $ref names",
                    "keep one of them, or write one in allOf",
                )
        keys = {entry.key for entry in own.entries}
        kept = tuple(entry for entry in target.entries if entry.key not in keys)
        return Mapping((*own.entries, *kept), own.line)

    def _target(self, ref: Entry, name: str, inside: tuple[str, ...]) -> Node:
        stub = Mapping(
            tuple(
                Entry(key, ref.key_line, Scalar(text, text, ref.key_line))
                for key, text in (("type", "string"), ("description", "Unknown."))
            ),
            ref.key_line,
        )
        written = ref.value.text if isinstance(ref.value, Scalar) else ""
        if not written.startswith("#"):
            self._report.add(
                ref.key_line,
                f"{name}: $ref {shown(written)} is not in this file",
                'copy it into $defs, and write $ref: "#/$defs/name"',
            )
            return stub
        if written in inside or written in ("#", "#/"):
            self._report.add(
                ref.key_line,
                f"{name}: {written} refers to itself",
                "a column is finite: write out as many levels as there are",
            )
            return stub
        if self._count > MAX_NODES:
            hint = f"at most {MAX_NODES} values with all references written out"
            self._report.add(ref.key_line, f"{name}: the references hold too much", hint)
            return stub
        found = self._at(written)
        is_schema = isinstance(found, Mapping) or (
            isinstance(found, Scalar) and isinstance(found.value, bool)
        )
        if found is None or not is_schema:
            self._is_found = False
            definitions = self._root.get(DEFINITIONS)
            known = (
                definitions.value.entries
                if definitions is not None and isinstance(definitions.value, Mapping)
                else ()
            )
            match = nearest(written, [f"#/$defs/{each.key}" for each in known])
            self._report.add(
                ref.key_line,
                f"{name}: {written} names no schema of this payload",
                f"did you mean {match}?" if match else 'write $ref: "#/$defs/name"',
            )
            return stub
        return self._schema(found, name, (*inside, written))

    def _at(self, pointer: str) -> Node | None:
        """The value at a JSON pointer in the payload, written as a fragment."""
        steps = [
            step.replace("~1", "/").replace("~0", "~") for step in unquote(pointer[1:]).split("/")
        ]
        node: Node | None = self._root if steps[0] == "" else None
        for step in steps[1:]:
            if isinstance(node, Mapping):
                entry = node.get(step)
                node = entry.value if entry is not None else None
            elif isinstance(node, Sequence) and re.fullmatch("0|[1-9][0-9]{0,5}", step):
                node = node.items[int(step)] if int(step) < len(node.items) else None
            else:
                return None
        if steps[1:2] == [DEFINITIONS] and len(steps) > 2:
            self._seen.add(steps[2])
        return node
