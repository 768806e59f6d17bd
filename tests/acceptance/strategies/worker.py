"""A process that runs dbt commands one after another: dbt's import is paid once, and the
process can be killed in the middle of a build.

Reads a JSON object a line, {"root": "...", "args": [...], "kill_at": n or null, "environment":
{...}}; answers each with {"success": bool, "queries": n, "output": "..."}. With `kill_at` it
kills itself, as kill -9 would, just before it would send its n-th query.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for line in sys.stdin:
        asked = json.loads(line)
        os.chdir(asked["root"])
        ours = dict(os.environ)
        os.environ.update(asked["environment"])
        queries = 0

        def on_event(event: Any, kill_at: int | None = asked["kill_at"]) -> None:
            nonlocal queries
            if event.info.name == "SQLQuery":
                queries += 1
                if queries == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            done = dbtRunner(callbacks=[on_event]).invoke(asked["args"])
        # In-process dbt leaves the warehouse open, and so locked.
        DuckDBConnectionManager.close_all_connections()
        os.environ.clear()
        os.environ.update(ours)
        answer = {
            "success": bool(done.success),
            "queries": queries,
            "output": f"{done.exception or ''}\n{output.getvalue()}",
        }
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
