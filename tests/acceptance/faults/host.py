"""A process that has everything imported and forks a child for each command it is asked for.

A command then costs no start of an interpreter, and is killed as any process is: a child that
gets SIGKILL has no more chance to tidy up than a fresh interpreter would have, and the dbt it
started dies with it. Faults by the hundred are affordable in this way.

Reads a JSON object a line: {"start": {"args", "cwd", "env", "output", "sabotage", "file_bytes"}}
is answered with {"pid": n}, {"wait": n} with {"code", "cpu"}: negative for a signal, and seconds.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NoReturn

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a fork copies no threads
os.environ["GX_ANALYTICS_ENABLED"] = "false"

from faults import sabotage

PRELOADED = (
    "headwater.cli",
    "headwater.run",
    "headwater.summary",
    "headwater.check.gx",
    "headwater.check.engines",
    "headwater.docs",
    "headwater.validate",
    "dbt.cli.main",
    "dbt.adapters.duckdb",
)
_DBT = [sys.executable, "-m", "dbt.cli.main"]


def main() -> None:
    for name in PRELOADED:
        importlib.import_module(name)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    answers.write(json.dumps({"ready": True}) + "\n")
    for line in sys.stdin:
        asked = json.loads(line)
        if "start" in asked:
            pid = os.fork()
            if not pid:
                _leave(_command, asked["start"])
            answer = {"pid": pid}
        else:
            _, status, used = os.wait4(asked["wait"], 0)
            answer = {
                "code": os.waitstatus_to_exitcode(status),
                "cpu": used.ru_utime + used.ru_stime,
            }
        answers.write(json.dumps(answer) + "\n")


def _leave(work: Callable[..., int], *args: Any) -> NoReturn:
    """Does the work and ends this process with its exit code, without what the host has open."""
    code = 70
    try:
        code = work(*args)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _exit_code(call: Callable[[], object]) -> int:
    try:
        call()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return int(end.code or 0)
    return 0


def _command(asked: Mapping[str, Any]) -> int:
    """`headwater <args>`, or dbt when the first argument is `dbt`."""
    _become(asked["cwd"], asked["env"])
    output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if asked["file_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["file_bytes"], asked["file_bytes"]))
    sys.argv = ["headwater", *asked["args"]]
    if asked["args"][0] == "dbt":
        return _dbt(asked["args"][1:])
    from headwater import ahead, cli, dbt

    dbt.subprocess = ahead.subprocess = _Forking()  # type: ignore[assignment]
    for name in asked["sabotage"]:
        name, *values = name.split(":")
        getattr(sabotage, name)(*values)
    return _exit_code(cli.main)


def _become(cwd: str, env: Mapping[str, str]) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)


def _dbt(args: list[str]) -> int:
    from dbt.cli.main import cli

    return _exit_code(lambda: cli.main(args, prog_name="dbt"))


def _dbt_calls() -> int:
    from headwater import dbt_calls

    dbt_calls.main()
    return 0


class _Forking(SimpleNamespace):
    """What headwater.dbt knows as `subprocess`: a dbt comes from a fork made before there was
    any thread, connection or lock, and dies with its parent, as the real one does."""

    def __init__(self) -> None:
        mine = ("run", "Popen")
        super().__init__(**{name: it for name, it in vars(subprocess).items() if name not in mine})
        self._asking, answering = socket.socketpair()
        if not os.fork():
            self._asking.close()
            _leave(_template, answering, os.getppid())
        answering.close()

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        if command[:3] != _DBT:
            return subprocess.run(command, **options)
        reading, writing = os.pipe()
        self._ask(command[3:], options, [writing])
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8", errors="replace") as said:
            output = said.read()
        return subprocess.CompletedProcess(command, self._answer(), output)

    def Popen(self, command: list[str], **options: Any) -> _Forked:  # noqa: N802
        """headwater.dbt_calls, whose calls come on a socket."""
        assert command[1:] == ["-m", "headwater.dbt_calls"]
        self._ask([], options, [options["stdout"], options["stdin"]])
        return _Forked(self._answer())

    def _ask(self, args: list[str], options: Mapping[str, Any], held: list[int]) -> None:
        asked = {"args": args, "cwd": str(options["cwd"]), "env": options["env"]}
        content = json.dumps(asked).encode()
        held = [*held, *options["pass_fds"]]
        socket.send_fds(self._asking, [len(content).to_bytes(4, "big")], held)
        self._asking.sendall(content)

    def _answer(self) -> int:
        return int.from_bytes(self._asking.recv(4), "big", signed=True)


class _Forked:
    """A process of the template's, as far as headwater.ahead knows one."""

    def __init__(self, pid: int) -> None:
        self._pid, self._file = pid, os.pidfd_open(pid)

    def kill(self) -> None:
        signal.pidfd_send_signal(self._file, signal.SIGKILL)

    def wait(self) -> int:
        """Waits for its end; not how it ended, which only its parent is told."""
        select.select([self._file], [], [])
        return 0


def _template(answering: socket.socket, parent: int) -> int:
    """Forks a dbt whenever its parent wants one, until that is gone."""
    from headwater.dbt import die_with_parent

    die_with_parent()
    if os.getppid() != parent:
        return 1
    while True:
        head, held, _, _ = socket.recv_fds(answering, 4, 8)
        if not head:
            return 0
        size, content = int.from_bytes(head, "big"), b""
        while len(content) < size:
            content += answering.recv(size - len(content))
        asked = json.loads(content)
        template = os.getpid()
        pid = os.fork()
        if not pid:
            die_with_parent()
            if os.getppid() != template:
                os._exit(1)
            os.dup2(held[0], 1)
            os.dup2(held[0], 2)
            _become(asked["cwd"], asked["env"])
            if asked["args"]:
                _leave(_dbt, asked["args"])
            os.dup2(held[1], 0)
            answering.close()
            _leave(_dbt_calls)
        for descriptor in held:
            os.close(descriptor)
        number = pid
        if asked["args"]:
            _, status = os.waitpid(pid, 0)
            number = os.waitstatus_to_exitcode(status)
        answering.sendall(number.to_bytes(4, "big", signed=True))


if __name__ == "__main__":
    main()
