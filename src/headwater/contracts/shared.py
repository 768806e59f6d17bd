"""Schema files: what contracts refer to and no event type has, `contracts/**/*.schema.yml`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import unquote

from headwater.contracts import tree
from headwater.contracts.report import Report
from headwater.contracts.tree import Mapping, Node, Scalar

MAX_BYTES = 2**20
ENDINGS = (".schema.yml", ".schema.yaml", ".schema.json")

_BASE = "file:///"


def is_schema_file(path: Path) -> bool:
    return path.name.lower().endswith(ENDINGS)


def text_of(path: Path, report: Report) -> str | None:
    """The text of a file; None and a problem where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        hint = "make it a readable file, or remove it"
        report.add(0, f"cannot be read: {error.strerror or 'unknown error'}", hint)
        return None
    if len(content) > MAX_BYTES:
        report.add(0, f"larger than {MAX_BYTES} bytes", "an event contract is a page or two")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        report.add(line, "not UTF-8", "save the file as UTF-8")
        return None


class SchemaFiles:
    """The schema files of a project, each read once, when something refers to it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[str, Node | str] = {}
        self._named: dict[str, str] | None = None
        self._digest: str | None = None

    def digest(self) -> str:
        """A hash of all of them."""
        if self._digest is None:
            found = hashlib.sha256()
            for path in self._paths():
                try:
                    content = (self._root / path).read_bytes()
                except OSError as error:
                    content = str(error.errno).encode()
                found.update(f"{path}\0{len(content)}\0".encode() + content)
            self._digest = found.hexdigest()
        return self._digest

    def load(self, uri: str) -> Node | str | None:
        """The schema at a URI: that of a file, or the `$id` of one.

        None when there is none, and why not when there is one that cannot be read.
        """
        if not uri.startswith(_BASE):
            path = self._by_id().get(uri)
            return None if path is None else self._file(path)
        path = unquote(uri.removeprefix(_BASE))
        is_ours = path.startswith("contracts/") and ".." not in path.split("/")
        file = self._root / path
        if not (is_ours and is_schema_file(file) and file.is_file()):
            return None
        return self._file(path)

    def _file(self, path: str) -> Node | str:
        if path not in self._read:
            report = Report(path)
            text = text_of(self._root / path, report)
            node = None if text is None else tree.parse(text, report)
            if node is None or report.diagnostics:
                first = report.diagnostics[0]
                self._read[path] = f"{path}:{first.line}: {first.message}"
            else:
                self._read[path] = node
        return self._read[path]

    def _by_id(self) -> dict[str, str]:
        """The `$id` that a schema file has at its top → its path."""
        if self._named is None:
            self._named = {}
            for path in self._paths():
                node = self._file(path)
                said = node.get("$id") or node.get("id") if isinstance(node, Mapping) else None
                if said is not None and isinstance(said.value, Scalar):
                    self._named.setdefault(said.value.text.removesuffix("#"), path)
        return self._named

    def _paths(self) -> list[str]:
        files = sorted((self._root / "contracts").rglob("*.schema.*"))
        return [
            file.relative_to(self._root).as_posix()
            for file in files
            if is_schema_file(file) and file.is_file()
        ]
