"""A JSON Schema of several files as one: those beside it that it refers to, among its $defs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from headwater.new.draft import Json

MAX_FILES = 200

Read = Callable[[Path], Any]


def bundled(document: Json, path: Path, read: Read) -> Json:
    """The document with what its references to files lead to, as far as there are such files.

    `read` gives the document in a file, or None. References that lead nowhere stay as they are.
    """
    bundle = _Bundle(path, read)
    found = bundle.within(document, path, "")
    if not bundle.files:
        return document
    definitions = found.get("$defs")
    own = definitions if isinstance(definitions, dict) else {}
    return {**found, "$defs": {**own, **bundle.files}}


class _Bundle:
    """`files` are the documents that were added, by their key in $defs."""

    def __init__(self, path: Path, read: Read) -> None:
        self._read = read
        self._keys: dict[Path, str] = {path.resolve(): ""}
        self.files: dict[str, Any] = {}

    def within(self, node: Any, path: Path, place: str) -> Any:
        """A value of the file `path`, which stands at the pointer `place` of the whole."""
        if isinstance(node, list):
            return [self.within(each, path, place) for each in node]
        if not isinstance(node, dict):
            return node
        found = {key: self.within(each, path, place) for key, each in node.items()}
        if isinstance(node.get("$ref"), str):
            found["$ref"] = self._reference(node["$ref"], path, place)
        return found

    def _reference(self, written: str, path: Path, place: str) -> str:
        file, _, fragment = written.partition("#")
        if not file:
            is_pointer = not fragment or fragment.startswith("/")
            return f"#{place}{fragment}" if is_pointer else written
        key = None if urlsplit(file).scheme else self._key(path.parent / unquote(file))
        if key is None:
            return written
        if fragment and not fragment.startswith("/"):
            return f"#{fragment}"  # an anchor, which is looked for everywhere
        return f"#{_pointer(key)}{fragment}"

    def _key(self, path: Path) -> str | None:
        """What a file is called in $defs; it is read when it is met first."""
        known = path.resolve()
        if known not in self._keys:
            document = self._read(known) if len(self._keys) <= MAX_FILES else None
            if not isinstance(document, dict):
                return None
            key = known.name if known.name not in self.files else f"{known.name} {len(self.files)}"
            self._keys[known] = key
            self.files[key] = {}  # taken, before what is inside of it is met
            self.files[key] = self.within(document, known, _pointer(key))
        return self._keys[known]


def _pointer(key: str) -> str:
    return "/$defs/" + key.replace("~", "~0").replace("/", "~1").replace("%", "%25") if key else ""
