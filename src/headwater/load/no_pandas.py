"""Arrow without pandas, whose import takes longer than a small load."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

import pyarrow as pa


class _Hidden(MetaPathFinder):
    """Finds no pandas."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not looked for", name=fullname)


def leave_pandas_alone() -> None:
    """Has pyarrow look for pandas now, once and in vain, and not at the first array it makes.

    Who needs pandas can still import it; only pyarrow takes no Series from it.
    """
    if "pandas" in sys.modules:
        return
    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        pa.array([0])  # pyarrow remembers that there was none
    finally:
        sys.meta_path.remove(hidden)
