"""Event contracts: one YAML file per event type and major version, read into values.

`read` is all or nothing; `read_each` and `read_all` let the good contracts go on.
"""

from headwater.contracts.files import (
    Broken,
    Reading,
    event_names,
    files_of,
    read,
    read_all,
    read_each,
)
from headwater.contracts.violations import names as violation_names

__all__ = [
    "Broken",
    "Reading",
    "event_names",
    "files_of",
    "read",
    "read_all",
    "read_each",
    "violation_names",
]
