"""Commands of Headwater in children forked by faults/host.py, to be waited for or killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import warehouses
from warehouses import Said

HOST = Path(__file__).parent / "host.py"
KILLED = -signal.SIGKILL


class Host:
    """The process that forks; started by the first command."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()

    def ask(self, question: Mapping[str, Any]) -> Any:
        if self._process is None:
            root = warehouses.REPOSITORY
            paths = [str(root / "src"), str(root / "tests" / "acceptance")]
            self._process = subprocess.Popen(
                [sys.executable, str(HOST)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
            self._answer()
        assert self._process.stdin
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def start(
        self,
        args: Sequence[str],
        root: Path,
        output: Path,
        environment: Mapping[str, str],
        sabotage: Sequence[str] = (),
        file_bytes: int = 0,
    ) -> Child:
        """Starts `headwater <args>` (or dbt, when that is the first of them) in `root`.

        `sabotage` names functions of faults/sabotage.py that its process calls first, each with
        its arguments behind colons; `file_bytes` bounds how large a file it may write.
        """
        output.touch()
        begins = output.stat().st_size
        asked = {
            "args": args,
            "cwd": str(root),
            "env": environment,
            "output": str(output),
            "sabotage": sabotage,
            "file_bytes": file_bytes,
        }
        return Child(self, self.ask({"start": asked})["pid"], " ".join(args), output, begins)

    def _answer(self) -> Any:
        assert self._process
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the host of forks died")
        return json.loads(line)


@dataclass
class Child:
    """A command under way. What it says goes to the end of the file `output`."""

    host: Host
    pid: int
    command: str
    output: Path
    begins: int

    def said(self) -> str:
        with self.output.open("rb") as file:
            file.seek(self.begins)
            return file.read().decode("utf-8", "replace")

    def wait(self) -> Said:
        """Waits for its end; a negative exit code is the signal that it died of."""
        code = self.host.ask({"wait": self.pid})["code"]
        return Said(self.command, code, "", self.said())
