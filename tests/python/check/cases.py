"""Rows on which each expectation of the reference warehouse holds, and how to break it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

SUITES = Path(__file__).resolve().parents[2] / "expectations"


def _known(name: str) -> dict[Any, str]:
    """What every module in rows/, one for each folder of marts, holds under a name."""
    modules = [
        importlib.import_module(f"check.rows.{path.stem}")
        for path in sorted((Path(__file__).parent / "rows").glob("*.py"))
    ]
    return {key: value for module in modules for key, value in getattr(module, name, {}).items()}


# Model: a select of rows that its suite has nothing to say against.
GOOD: dict[str, str] = _known("GOOD")
# Model, number of the expectation in its suite: an update that breaks it and nothing else.
BROKEN: dict[tuple[str, int], str] = _known("BROKEN")
# Mart, another model that its suite reads: a select of rows that agree with the good ones,
# where that other model's own good rows do not.
READ: dict[tuple[str, str], str] = _known("READ")


def read_by(model: str) -> dict[str, str]:
    """What the suite of a mart reads beside it, with rows that agree with its good ones."""
    suite = (SUITES / f"{model}.yml").read_text(encoding="utf-8")
    names = re.findall(r"ref\('(\w+)'\)", suite)
    return {name: READ.get((model, name)) or GOOD[name] for name in dict.fromkeys(names)}
