"""Keeps contracts/contract.schema.json, which editors read, as this version makes it."""

from __future__ import annotations

from pathlib import Path

from headwater.contracts import editor
from headwater.errors import Diagnostic


def drift(root: Path) -> list[Diagnostic]:
    """What is wrong with the schema of the project at `root`."""
    if _is_current(root / editor.PATH):
        return []
    hint = "run: headwater sync"
    return [Diagnostic(editor.PATH, 0, "missing, or not of this version of headwater", hint)]


def write(root: Path) -> list[str]:
    """Writes the schema where it is not current; what was written."""
    path = root / editor.PATH
    if _is_current(path):
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(editor.text(), encoding="utf-8")
    draft.replace(path)
    return [editor.PATH]


def _is_current(path: Path) -> bool:
    try:
        return path.read_text(encoding="utf-8") == editor.text()
    except (OSError, UnicodeDecodeError):
        return False
