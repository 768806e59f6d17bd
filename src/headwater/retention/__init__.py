"""Retention: what has been kept for as long as its event contract says is deleted.

A step of `headwater run daily`, on both engines. On DuckDB the files are then written anew,
since deleted rows stay readable in the bytes of the old ones.
"""

from headwater.retention.delete import expire
from headwater.retention.due import find
from headwater.retention.keys import are_due as keys_are_due
from headwater.retention.rewrite import Compacted, compact, is_due

__all__ = ["Compacted", "compact", "expire", "find", "is_due", "keys_are_due"]
