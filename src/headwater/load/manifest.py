"""What a producer says about a file it delivered: `<file>.manifest.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headwater.load.files import FileFaultError
from headwater.load.remote import StoredFile

_KEYS = {"event": str, "hour": str, "count": int, "sha256": str}


@dataclass(frozen=True)
class Manifest:
    """Every part is optional."""

    event: str | None = None
    hour: datetime | None = None
    count: int | None = None
    sha256: str | None = None


def read_manifest(path: Path | StoredFile) -> Manifest:
    """Raises FileFaultError when it cannot be read or understood."""
    try:
        said: Any = json.loads(path.read_bytes())
    except OSError as error:
        why = f"its manifest cannot be read: {error.strerror}"
        raise FileFaultError(why, by_content=False) from None
    except ValueError:
        raise FileFaultError("its manifest is not JSON") from None
    if not isinstance(said, dict):
        raise FileFaultError("its manifest is not a JSON object")
    for key, kind in _KEYS.items():
        value = said.get(key)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise FileFaultError(f"its manifest's {key} is not {_article(kind)}")
    if (said.get("count") or 0) < 0:
        raise FileFaultError("its manifest's count is negative")
    sha256 = said.get("sha256")
    return Manifest(
        event=said.get("event"),
        hour=_hour(said.get("hour")),
        count=said.get("count"),
        sha256=None if sha256 is None else sha256.lower(),
    )


def _article(kind: type) -> str:
    return {"str": "a string", "int": "a whole number"}[kind.__name__]


def _hour(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FileFaultError("its manifest's hour is not an RFC 3339 time") from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.replace(minute=0, second=0, microsecond=0)
