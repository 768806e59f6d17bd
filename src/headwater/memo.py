"""What was worked out before, by a hash of everything it was worked out from.

One file below target/. It saves time and decides nothing: what is missing, of another version
or damaged is worked out again.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import pickle
import sys
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

_PACKAGE = Path(__file__).resolve().parent
# The code that decides what an event contract says and what is generated from it.
_CODE = ("contracts", "compile", "evolution", "errors.py", "reuse.py")
_DIGEST = 32


@functools.cache
def code_hash() -> str:
    """A hash of the code that parses and compiles, and of what it stands on.

    Empty where the sources are not at hand: then nothing can be remembered.
    """
    versions = (sys.version, yaml.__version__, duckdb.__version__)
    digest = hashlib.sha256(repr(versions).encode())
    for name in _CODE:
        top = _PACKAGE / name
        paths = sorted(top.rglob("*.py")) if top.is_dir() else [top]
        if not paths or not all(path.is_file() for path in paths):
            return ""
        for path in paths:
            digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def key_of(*parts: str | bytes) -> str:
    """A hash of these parts, in this order, and of the code."""
    digest = hashlib.sha256(code_hash().encode())
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(b"%d\0" % len(content) + content)
    return digest.hexdigest()


class Memo:
    """Values by key. When one was added, `save` forgets those that nobody asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _read(path) if code_hash() else {}
        self._used: dict[str, bytes] = {}
        self._has_new = False

    def get(self, key: str) -> Any:
        """The value, or None."""
        content = self._kept.get(key)
        if content is None:
            return None
        try:
            value = _Values(io.BytesIO(content)).load()
        except Exception:  # a damaged pickle raises anything; the checksum is only of the file
            return None
        self._used[key] = content
        return value

    def put(self, key: str, value: Any) -> None:
        """Keeps a value: dataclasses of this package and plain values."""
        self._used[key] = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        self._has_new = True

    def save(self) -> None:
        """Where that cannot be written, nothing is lost but time."""
        if not code_hash() or not self._has_new:
            return
        content = pickle.dumps(self._used, pickle.HIGHEST_PROTOCOL)
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_name(f".{self._path.name}.new")
            draft.write_bytes(hashlib.sha256(content).digest() + content)
            draft.replace(self._path)


def _read(path: Path) -> dict[str, bytes]:
    try:
        content = path.read_bytes()
    except OSError:
        return {}
    if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
        return {}
    try:
        found = _Values(io.BytesIO(content[_DIGEST:])).load()
    except Exception:
        return {}
    return found if isinstance(found, dict) else {}


class _Values(pickle.Unpickler):
    """Makes values only: a file that someone put there cannot run anything."""

    def find_class(self, module: str, name: str) -> Any:
        return _class(module, name)


@functools.cache
def _class(module: str, name: str) -> Any:
    for known in (timedelta, Decimal):
        if (known.__module__, known.__qualname__) == (module, name):
            return known
    found = getattr(sys.modules.get(module), name, None) if module.startswith("headwater.") else 0
    if not (isinstance(found, type) and dataclasses.is_dataclass(found)):
        raise pickle.UnpicklingError(f"{module}.{name} is no value")
    return found
