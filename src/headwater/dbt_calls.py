"""dbt, one call after another in a process that headwater/ahead.py starts.

Standard input is a socket. A line on it, {"args": [...], "environment": {...}}, is a call; the
answer is a line with its exit code. The project as the first call parsed it serves the others.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import sys
from typing import Any

NO_SUCCESS, BROKEN = 1, 2  # the exit codes of dbt's own command


def main() -> None:
    """Answers calls until the other end closes."""
    # The first to be registered is the last to be called. dbt closes the database then; Python
    # would take half a second more to let go of what was imported.
    atexit.register(os._exit, 0)
    from dbt.cli.main import dbtRunner

    manifest: Any = None
    with socket.socket(fileno=0) as caller, caller.makefile("rw", encoding="utf-8") as lines:
        for line in lines:
            call = json.loads(line)
            os.environ.update(call["environment"])
            done = dbtRunner(manifest).invoke(call["args"])
            if manifest is None:
                manifest = done.result
            code = 0 if done.success else BROKEN if done.exception else NO_SUCCESS
            sys.stdout.flush()
            lines.write(f"{code}\n")
            lines.flush()


if __name__ == "__main__":
    main()
