"""The clock: every time Headwater writes or compares comes from `now`."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from headwater.errors import BadInput


def now() -> datetime:
    """The current time, UTC, without a zone (as the warehouse stores it).

    HEADWATER_NOW (RFC 3339) overrides it, for tests, backfills and rehearsals.
    """
    text = os.environ.get("HEADWATER_NOW")
    if not text:
        return datetime.now(UTC).replace(tzinfo=None)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            "HEADWATER_NOW is not an RFC 3339 time", "for example 2026-01-31T12:00:00Z"
        ) from None
    return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None)
