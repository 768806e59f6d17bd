"""dbt in a process beside the test, started once for many calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

NOTHING: Mapping[str, str] = MappingProxyType({})
WORKER = Path(__file__).parent / "worker.py"


class KilledError(Exception):
    """dbt was killed in the middle of its work, as asked."""


@dataclass(frozen=True)
class Built:
    """The outcome of a dbt call; `queries` is how many it sent."""

    success: bool
    queries: int
    output: str


class Dbt:
    """Runs dbt commands one after another; `state` is the folder of the warehouse file,
    relative to each project."""

    def __init__(self, state: str) -> None:
        self._environment = {
            **os.environ,
            "HEADWATER_WAREHOUSE": state,
            "HEADWATER_TARGET": "duckdb",
        }
        self._worker: subprocess.Popen[str] | None = None

    def close(self) -> None:
        if self._worker:
            # It ends when there is nothing more to read; one that was killed has ended.
            self._worker.communicate()
            self._worker = None

    def run(
        self,
        root: Path,
        *args: str,
        kill_at: int | None = None,
        environment: Mapping[str, str] = NOTHING,
        profiles: Path | None = None,
    ) -> Built:
        """Runs dbt in the project at `root`, with `environment` besides its own; `profiles` is
        the folder of another profiles.yml.

        Raises KilledError when it died before its query number `kill_at`.
        """
        if self._worker is None:
            self._worker = subprocess.Popen(
                [sys.executable, str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=self._environment,
            )
        assert self._worker.stdin
        assert self._worker.stdout
        asked = {
            "root": str(root),
            "args": [*args, "--project-dir", str(root), "--profiles-dir", str(profiles or root)],
            "kill_at": kill_at,
            "environment": dict(environment),
        }
        self._worker.stdin.write(json.dumps(asked) + "\n")
        self._worker.stdin.flush()
        answer = self._worker.stdout.readline()
        if not answer:
            self.close()
            if kill_at is None:
                raise RuntimeError("dbt died")
            raise KilledError
        return Built(**json.loads(answer))
