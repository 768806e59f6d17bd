"""`$ref` written out: the schema that it names stands in its place before anything is read.

So what comes out holds no references, names, definitions or keywords of older drafts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import unquote

from headwater.contracts import drafts
from headwater.contracts.documents import (
    DEFINITIONS,
    LISTED,
    NAMED,
    ONE,
    Documents,
    Place,
    entered,
    joined,
)
from headwater.contracts.keywords import ANNOTATIONS, OWN
from headwater.contracts.report import Report, nearest, shown
from headwater.contracts.tree import MAX_NODES, Entry, Mapping, Node, Scalar, Sequence

MAX_CHAIN = 50  # references from one to the next

# Keywords that look at each other: what one of a group says depends on the others beside it.
_GROUPS = (
    ("properties", "patternProperties", "additionalProperties"),
    ("prefixItems", "items"),
    ("contains", "minContains", "maxContains"),
    ("if", "then", "else"),
)
_UNEVALUATED = ("unevaluatedItems", "unevaluatedProperties")
_NAMES = (DEFINITIONS, "$id", "$anchor", "$dynamicAnchor", "$schema", "$ref", "$dynamicRef")


@dataclass(frozen=True)
class _At:
    """Where writing out has come to.

    `base` and `draft` are of the resource at hand, `scope` the resources gone through to it,
    `inside` the schemas being written out, `line` the reference that led into another
    document. `fields`: what stands here becomes columns.
    """

    base: str
    draft: str
    scope: tuple[str, ...]
    inside: tuple[tuple[int, tuple[str, ...]], ...]
    line: int = 0
    fields: bool = True


def inlined(payload: Entry, report: Report, documents: Documents | None = None) -> Entry:
    """The payload without references and definitions; what cannot be goes to `report`.

    `documents` finds what other files hold, by the URI `file:///<path in the project>`.
    """
    root = payload.value
    if not isinstance(root, Mapping):
        return payload
    writer = _Writer(documents or Documents(), f"file:///{report.path}", root, report)
    found = writer.written(fields=True)
    writer.check_definitions()
    return Entry(payload.key, payload.key_line, found)


def written_out(root: Node, uri: str, documents: Documents, report: Report) -> Node:
    """Any schema without references, for what makes no columns."""
    return _Writer(documents, uri, root, report).written(fields=False)


def _below(name: str, keyword: str, key: str) -> str:
    """How messages call what a keyword describes by name: a field by its path."""
    key = key if key.isprintable() else shown(key)
    if keyword != "properties":
        return f"{name}.{keyword}.{key}"
    return f"field {key}" if name == "payload" else f"{name}.{key}"


class _Writer:
    """Writes one document out; `_seen` is which definitions were used, `_count` how much came."""

    def __init__(self, documents: Documents, uri: str, root: Node, report: Report) -> None:
        self._documents = documents
        self._uri = uri
        self._root = root
        self._report = report
        self._seen: set[int | str] = set()  # by name, or by the id of the node
        self._count = 0
        self._is_contract = False
        self._is_found = True  # every reference, so far
        documents.add(uri, root)

    def written(self, *, fields: bool) -> Node:
        self._is_contract = fields
        place = self._documents.find(self._uri)
        assert place is not None, "the document was added"
        start = ((id(self._root), (place.base,)),)
        at = _At(self._uri, place.draft, (place.base,), start, fields=fields)
        return self._schema(self._root, "payload" if fields else "schema", at)

    def check_definitions(self) -> None:
        """Every definition of the document itself is used."""
        entry = self._root.get(DEFINITIONS) if isinstance(self._root, Mapping) else None
        if entry is None:
            return
        if not isinstance(entry.value, Mapping):
            hint = "write $defs: {name: {…}}"
            self._report.add(entry.key_line, "payload: $defs is not a mapping", hint)
            return
        for each in entry.value.entries if self._is_found else ():
            if not self._seen & {each.key, id(each.value)}:
                message = f"the definition {shown(each.key)} is used nowhere"
                self._report.add(each.key_line, message, "remove it, or refer to it by $ref")

    def _schema(self, node: Node, name: str, at: _At) -> Node:
        return self._entered(entered(Place(node, at.base, at.draft)), name, at)

    def _entered(self, place: Place, name: str, at: _At) -> Node:
        """The schema of a place whose URI is that of the schema itself."""
        node = place.node
        if not isinstance(node, Mapping):
            return self._moved(node, at.line)
        self._count += len(node.entries)
        if (place.base, place.draft) != (at.base, at.draft) or place.base not in at.scope:
            scope = at.scope if place.base in at.scope else (*at.scope, place.base)
            at = replace(at, base=place.base, draft=place.draft, scope=scope)
        self._check_dialect(node, name, at)
        node = drafts.modern(node, at.draft, name, self._report)
        own = Mapping(
            tuple(
                Entry(entry.key, at.line or entry.key_line, self._value(entry, name, at))
                for entry in node.entries
                if entry.key not in _NAMES
            ),
            at.line or node.line,
        )
        for key in ("$ref", "$dynamicRef"):
            reference = node.get(key)
            if reference is not None:
                target = self._target(reference, name, at)
                line = at.line or reference.key_line
                merged = self._joined(own, target, line, name, at)
                if not isinstance(merged, Mapping):
                    return merged
                own = merged
        return own

    def _check_dialect(self, node: Mapping, name: str, at: _At) -> None:
        said = node.get("$schema")
        if said is None:
            return
        if self._is_contract and not at.line:
            hint = "leave it out: every event contract is JSON Schema 2020-12"
            self._report.add(said.key_line, f"{name}: the keyword $schema is not supported", hint)
        elif not isinstance(said.value, Scalar) or drafts.draft_of(said.value.text) is None:
            message = f"{name}: the keyword $schema is not supported with another vocabulary"
            self._report.add(at.line or said.key_line, message, "drafts 4 to 2020-12 are known")

    def _value(self, entry: Entry, name: str, at: _At) -> Node:
        value = entry.value
        if entry.key not in NAMED:
            name = f"{name}.{entry.key}"
        fields = at.fields and entry.key in ("properties", "items")
        inner = at if fields == at.fields else replace(at, fields=fields)
        if entry.key in ONE:
            return self._schema(value, name, inner)
        if entry.key in LISTED and isinstance(value, Sequence):
            items = tuple(self._schema(item, name, inner) for item in value.items)
            return Sequence(items, at.line or value.line)
        if entry.key in NAMED and isinstance(value, Mapping):
            named = tuple(
                Entry(
                    each.key,
                    at.line or each.key_line,
                    self._schema(each.value, _below(name, entry.key, each.key), inner),
                )
                for each in value.entries
            )
            return Mapping(named, at.line or value.line)
        return self._moved(value, at.line)

    def _moved(self, node: Node, line: int) -> Node:
        """A value as it is; one of another document as if it stood where the reference does."""
        if isinstance(node, Scalar):
            return replace(node, line=line) if line else node
        if isinstance(node, Sequence):
            self._count += len(node.items)
            if not line:
                return node
            return Sequence(tuple(self._moved(item, line) for item in node.items), line)
        self._count += len(node.entries)
        if not line:
            return node
        entries = (Entry(each.key, line, self._moved(each.value, line)) for each in node.entries)
        return Mapping(tuple(entries), line)

    def _joined(self, own: Mapping, target: Node, line: int, name: str, at: _At) -> Node:
        """`target` with the keywords beside its reference; these win where they only describe."""
        notes = (*ANNOTATIONS, *OWN)
        if not at.fields:
            said = tuple(entry for entry in own.entries if entry.key not in notes)
            if not said:
                return target
            if not isinstance(target, Mapping) or _clash(own, target):
                return _with_part(own, target, line)
        elif not isinstance(target, Mapping):
            if own.entries:
                message = f"{name}: keywords beside a $ref to true or false"
                self._report.add(line, message, "leave them out")
            return target
        elif clash := _clash(own, target):
            self._report.add(
                clash.key_line,
                f"{name}: {clash.key} stands here and in what $ref names, or looks at what does",
                "keep one of them, or write one in allOf",
            )
        keys = {entry.key for entry in own.entries}
        kept = tuple(entry for entry in target.entries if entry.key not in keys)
        return Mapping((*own.entries, *kept), own.line)

    def _target(self, ref: Entry, name: str, at: _At) -> Node:
        line = at.line or ref.key_line
        written = ref.value.text if isinstance(ref.value, Scalar) else ""
        uri = joined(at.base, written)
        if ref.key == "$dynamicRef":
            uri = self._outermost(uri, at)
        found = self._documents.find(uri) if written else None
        if self._count > MAX_NODES or len(at.inside) > MAX_CHAIN:
            hint = f"at most {MAX_NODES} values with all written out, and {MAX_CHAIN} in a row"
            self._report.add(line, f"{name}: the references hold too much", hint)
            return _stub(line)
        if found is None or not _is_schema(found.node):
            self._is_found = False
            self._report.add(line, *self._unknown(written, uri, name))
            return _stub(line)
        document, _, fragment = uri.partition("#")
        is_here = document == self._uri
        self._seen.add(id(found.node))
        if is_here and fragment.startswith(f"/{DEFINITIONS}/"):
            self._seen.add(unquote(fragment.split("/")[2]).replace("~1", "/").replace("~0", "~"))
        outer = at.scope if found.base in at.scope else (*at.scope, found.base)
        key = (id(found.node), outer)
        if key in at.inside:
            message = f"{name}: {written} refers to itself"
            hint = "a column is finite: write out as many levels as there are"
            self._report.add(line, message, hint)
            return _stub(line)
        inside = (*at.inside, key)
        line = at.line if is_here else line
        return self._entered(found, name, replace(at, scope=outer, inside=inside, line=line))

    def _outermost(self, uri: str, at: _At) -> str:
        """Where a `$dynamicRef` leads: to the first `$dynamicAnchor` that was gone through."""
        anchor = uri.partition("#")[2]
        if not self._documents.is_dynamic(uri):
            return uri
        for base in at.scope:
            if self._documents.dynamic(base, anchor) is not None:
                return f"{base}#{anchor}"
        return uri

    def _unknown(self, written: str, uri: str, name: str) -> tuple[str, str]:
        document = uri.partition("#")[0]
        if reason := self._documents.why_broken(document):
            return f"{name}: $ref {shown(written)}: {reason}", "mend that file"
        if self._documents.find(document) is None:
            return (
                f"{name}: $ref {shown(written)} leads to no schema file",
                "name one by its path from here, such as ../shared/money.schema.yml#/$defs/amount, "
                "or by the $id it has",
            )
        definitions = self._root.get(DEFINITIONS) if isinstance(self._root, Mapping) else None
        known = (
            [f"#/$defs/{each.key}" for each in definitions.value.entries]
            if definitions is not None and isinstance(definitions.value, Mapping)
            else []
        )
        match = nearest(written, known)
        return (
            f"{name}: {shown(written)} names no schema of this payload",
            f"did you mean {match}?" if match else 'write $ref: "#/$defs/name"',
        )


def _is_schema(node: Node) -> bool:
    return isinstance(node, Mapping) or (isinstance(node, Scalar) and isinstance(node.value, bool))


def _clash(own: Mapping, target: Mapping) -> Entry | None:
    """A keyword that would mean something else if both schemas were one."""
    notes = (*ANNOTATIONS, *OWN)
    for mine, other in ((own, target), (target, own)):
        for entry in mine.entries:
            group = next((each for each in _GROUPS if entry.key in each), (entry.key,))
            if entry.key not in notes and any(other.get(key) is not None for key in group):
                return (
                    entry
                    if mine is own
                    else next(each for each in own.entries if each.key in group)
                )
            if entry.key in _UNEVALUATED and any(each.key not in notes for each in other.entries):
                return entry
    return None


def _with_part(own: Mapping, part: Node, line: int) -> Mapping:
    """A schema that also is another: `part` among its allOf."""
    present = own.get("allOf")
    before = present.value.items if present and isinstance(present.value, Sequence) else ()
    together = Entry("allOf", line, Sequence((*before, part), line))
    return Mapping((*(each for each in own.entries if each is not present), together), own.line)


def _stub(line: int) -> Mapping:
    """What stands for a reference that leads nowhere, so that reading can go on."""
    said = (("type", "string"), ("description", "Unknown."))
    return Mapping(tuple(Entry(key, line, Scalar(text, text, line)) for key, text in said), line)
