"""The dbt of a run, started before it is known what to build.

dbt takes seconds to start and to parse a project, and a load leaves a processor free.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from headwater import dbt
from headwater.dbt import NO_ENVIRONMENT, DbtResult
from headwater.dbt_calls import BROKEN
from headwater.project import Project


class Ahead:
    """One process that parses the project, then does one call of dbt more.

    `lock` is the run's, which stays open in it. Leaving the block ends it. The project is
    parsed as its files are when start() is called.
    """

    def __init__(self, project: Project, lock: int) -> None:
        self._project, self._lock = project, lock
        self._process: subprocess.Popen[bytes] | None = None
        self._parsed: DbtResult | None = None
        self._told = 0  # how many bytes of its output are known

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._end()
            os.close(self._output)

    def start(self, *, writes: bool = True) -> None:
        """Has dbt start and parse, unless it has been. `writes`: the manifest, too."""
        if self._process is not None:
            return
        self._calls, theirs = socket.socketpair()
        self._answers = self._calls.makefile("r", encoding="utf-8")
        self._output, path = tempfile.mkstemp()
        Path(path).unlink()  # only the two processes have it
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "headwater.dbt_calls"],
                cwd=self._project.root,
                env=dbt.variables(),
                stdin=theirs.fileno(),
                stdout=self._output,
                stderr=subprocess.STDOUT,
                pass_fds=(self._lock,),
                preexec_fn=dbt.die_with_parent,
            )
        self._call(["--quiet", *([] if writes else ["--no-write-json"]), "parse"])

    def parse(self) -> DbtResult:
        """What came of parsing the project."""
        self.start()
        if self._parsed is None:
            self._parsed = self._result(self._answers.readline())
        return self._parsed

    def run(self, args: Sequence[str], environment: Mapping[str, str]) -> DbtResult:
        """`dbt <args>`, as run_dbt() does it; the last call. What came of parsing when that
        failed."""
        self.start(writes=False)
        parsed = self.parse()
        if parsed.exit_code:
            return parsed
        dbt.forget_results(self._project)
        self._call(args, environment)
        answer = self._answers.readline()
        self._end()  # only then has it let go of the warehouse
        return self._result(answer, has_results=True)

    def _call(self, args: Sequence[str], environment: Mapping[str, str] = NO_ENVIRONMENT) -> None:
        call = {"args": dbt.arguments(self._project, args), "environment": dict(environment)}
        with contextlib.suppress(ConnectionError):  # it died: there will be no answer
            self._calls.sendall(json.dumps(call).encode() + b"\n")

    def _result(self, answer: str, *, has_results: bool = False) -> DbtResult:
        """What came of a call; without an answer, how the process ended."""
        code = int(answer) if answer else self._end() or BROKEN
        begins = self._told
        self._told = os.fstat(self._output).st_size
        # Not through the file: its position is the other process's, too.
        said = os.pread(self._output, self._told - begins, begins)
        results = dbt.results(self._project) if has_results else {}
        return DbtResult(code, results, said.decode("utf-8", "replace"))

    def _end(self) -> int:
        """Lets the process end; how it did."""
        assert self._process
        self._answers.close()
        self._calls.close()
        return self._process.wait()
