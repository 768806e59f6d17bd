"""Rows on which each expectation of the reference warehouse holds, and how to break it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any


def _known(name: str) -> dict[Any, str]:
    """What every module in rows/, one for each folder of marts, holds under a name."""
    modules = [
        importlib.import_module(f"check.rows.{path.stem}")
        for path in sorted((Path(__file__).parent / "rows").glob("*.py"))
    ]
    return {key: value for module in modules for key, value in getattr(module, name).items()}


# Model: a select of rows that its suite has nothing to say against.
GOOD: dict[str, str] = _known("GOOD")
# Model, number of the expectation in its suite: an update that breaks it and nothing else.
BROKEN: dict[tuple[str, int], str] = _known("BROKEN")
