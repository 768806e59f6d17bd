"""Where references lead: schemas by URI, by anchor, and by JSON pointer, in one file or several."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from headwater.contracts.drafts import LATEST, draft_of, id_of, is_before
from headwater.contracts.tree import Entry, Mapping, Node, Scalar, Sequence

ONE = (
    *("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED = ("dependentSchemas", "patternProperties", "properties")
DEFINITIONS = "$defs"

_REST = "additionalItems"
_OLD = ("definitions", "dependencies", _REST, "items")  # in drafts before 2020-12


Load = Callable[[str], Node | str | None]


@dataclass(frozen=True)
class Place:
    """A schema, the URI of the resource it is in, and the draft that resource is written in."""

    node: Node
    base: str
    draft: str = LATEST


def joined(base: str, reference: str) -> str:
    """The URI that a reference means where `base` is the URI around it."""
    if reference.startswith("#"):
        return base.partition("#")[0] + reference
    return reference if urlsplit(reference).scheme else urljoin(base, reference)


def entered(place: Place) -> Place:
    """The place itself, by the URI and draft that its schema gives itself."""
    node = place.node
    if not isinstance(node, Mapping):
        return place
    said = node.get("$schema")
    written = said.value.text if said is not None and isinstance(said.value, Scalar) else ""
    draft = draft_of(written) or place.draft
    name = (id_of(node, draft) or "").partition("#")[0]
    return Place(node, joined(place.base, name) if name else place.base, draft)


def no_file(uri: str) -> None:
    """What loads documents where there are no others."""


class Documents:
    """The schemas of one or more documents; others are asked of `load`, once each.

    `load` gives a document, nothing, or why it cannot be read. `draft` is that of documents
    which do not say theirs.
    """

    def __init__(self, load: Load = no_file, draft: str = LATEST) -> None:
        self._load = load
        self._draft = draft
        self._resources: dict[str, Place] = {}
        self._anchors: dict[tuple[str, str], Place] = {}
        self._dynamic: dict[tuple[str, str], Place] = {}
        self._asked: set[str] = set()
        self._broken: dict[str, str] = {}

    def add(self, uri: str, root: Node) -> None:
        """Everything in the document that others can name, the document itself by `uri`."""
        place = Place(root, uri, self._draft)
        self._resources[uri] = entered(place)
        self._index(place)

    def find(self, uri: str) -> Place | None:
        """The value at a URI with its fragment."""
        document, _, fragment = uri.partition("#")
        resource = self._resource(document)
        fragment = unquote(fragment)
        if resource is None or not fragment:
            return resource
        if fragment.startswith("/"):
            return _at(resource, fragment)
        return self._anchors.get((resource.base, fragment))

    def why_broken(self, uri: str) -> str | None:
        """Why the document at a URI cannot be read, if there is one and it cannot."""
        return self._broken.get(uri)

    def is_dynamic(self, uri: str) -> bool:
        """Whether what is at a URI is there by a `$dynamicAnchor`."""
        found = self.find(uri)
        return found is not None and self.dynamic(found.base, unquote(uri.partition("#")[2])) == (
            found
        )

    def dynamic(self, base: str, anchor: str) -> Place | None:
        """The `$dynamicAnchor` of this name in the resource of this URI."""
        return self._dynamic.get((base, anchor))

    def _resource(self, uri: str) -> Place | None:
        if uri not in self._resources and uri not in self._asked:
            self._asked.add(uri)
            root = self._load(uri)
            if isinstance(root, str):
                self._broken[uri] = root
            elif root is not None:
                self.add(uri, root)
        return self._resources.get(uri)

    def _index(self, place: Place) -> None:
        outer, place = place, entered(place)
        node = place.node
        if not isinstance(node, Mapping):
            return
        if place.base != outer.base:
            self._resources.setdefault(place.base, place)
        for key, kept in (
            ("$anchor", (self._anchors,)),
            ("$dynamicAnchor", (self._anchors, self._dynamic)),
        ):
            entry = node.get(key)
            if entry is not None and isinstance(entry.value, Scalar):
                for each in kept:
                    each.setdefault((place.base, entry.value.text), place)
        if is_before(place.draft, "2019-09"):
            _, _, anchor = (id_of(node, place.draft) or "").partition("#")
            if anchor:
                self._anchors.setdefault((place.base, anchor), place)
        for inner in _inner(node, place.draft):
            self._index(Place(inner, place.base, place.draft))


def _inner(node: Mapping, draft: str) -> Iterator[Node]:
    """The schemas right inside a schema."""
    for entry in node.entries:
        value, key = entry.value, entry.key
        is_old = draft != LATEST and key in _OLD
        if (key in ONE and not isinstance(value, Sequence)) or (is_old and key == _REST):
            yield value
        elif isinstance(value, Sequence) and (key in LISTED or is_old):
            yield from value.items
        elif isinstance(value, Mapping) and (key in (*NAMED, DEFINITIONS) or is_old):
            yield from (each.value for each in value.entries)


def _at(resource: Place, pointer: str) -> Place | None:
    """The value at a JSON pointer, and the resource it then is in."""
    place = resource
    for raw in pointer.split("/")[1:]:
        step, node = raw.replace("~1", "/").replace("~0", "~"), place.node
        found: Node | None = None
        if isinstance(node, Mapping):
            entry: Entry | None = node.get(step)
            found = entry.value if entry is not None else None
        elif isinstance(node, Sequence) and re.fullmatch("0|[1-9][0-9]{0,5}", step):
            found = node.items[int(step)] if int(step) < len(node.items) else None
        if found is None:
            return None
        place = entered(Place(found, place.base, place.draft))
    return place
