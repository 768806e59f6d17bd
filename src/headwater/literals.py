"""Values as SQL."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

_ESCAPED = "'\\\n\r"


def literal(value: Any, *, plain: bool = False) -> str:
    """A SQL literal that both engines read: text, number, boolean, date, time or null.

    A text with quotes, backslashes or line breaks becomes an expression. `plain` keeps it one
    literal of DuckDB's, for `comment on`, which takes nothing else.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dt.datetime):
        return f"timestamp '{value.isoformat(sep=' ')}'"
    if isinstance(value, dt.date):
        return f"date '{value.isoformat()}'"
    text = str(value)
    return "'" + text.replace("'", "''") + "'" if plain else _text(text)


def _text(value: str) -> str:
    # The engines escape quotes and backslashes differently; both know characters by number.
    parts = [
        f"chr({ord(part)})" if part in _ESCAPED else f"'{part}'"
        for part in re.split(f"([{re.escape(_ESCAPED)}])", value)
        if part
    ]
    if not parts:
        return "''"
    return parts[0] if len(parts) == 1 else f"concat({', '.join(parts)})"
