"""What holds of every table of raw."""

from __future__ import annotations

import datetime as dt

from headwater.literals import literal

# Nothing was received before there was Unix time, nor can BigQuery partition it by hour: an
# earlier time is one that its sender got wrong.
EARLIEST = dt.datetime(1970, 1, 1)


def any_hour(table: str = "") -> str:
    """The macro any_hour: true of every row, and says to BigQuery that all hours are meant.

    BigQuery refuses queries of raw that do not bound `received_at`. `table` is its name in
    the query.
    """
    return f"{table}{'.' if table else ''}received_at >= {literal(EARLIEST)}"
