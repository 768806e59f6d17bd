"""The one family of errors, and the exit codes every command uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the process tells its scheduler. Documented in docs/reference/exit-codes.md."""

    OK = 0
    BRANCH_FAILED = 1  # something failed, everything independent of it went on
    BAD_INPUT = 2  # the command, a contract, a model or a file named on the command line is wrong
    LOCKED = 3  # another run is writing this warehouse
    ENVIRONMENT = 4  # no project, no warehouse, no disk, no permission


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One thing wrong with one place of one file.

    `path` is relative to the project where it can be; `line` counts from 1, 0 when
    the file as a whole is meant. `hint` says what to do, not what is wrong.
    """

    path: str
    line: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        text = f"{place}: {self.message}"
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class HeadwaterError(Exception):
    """An error a person can act on; its text never holds a payload or a secret."""

    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


class BadInput(HeadwaterError):
    """The command line or a named file cannot be used as it is."""

    exit_code = ExitCode.BAD_INPUT


class ContractErrors(HeadwaterError):
    """Every problem found in the event contracts, in file and line order."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(diagnostics))
        super().__init__("\n".join(str(each) for each in self.diagnostics))


class Locked(HeadwaterError):
    """Another process is writing this warehouse."""

    exit_code = ExitCode.LOCKED


class NoProject(HeadwaterError):
    """No dbt_project.yml above the working directory."""

    def __init__(self, start: Path) -> None:
        super().__init__(
            f"no dbt_project.yml in {start} or above it",
            "run this inside a warehouse, or make one: headwater init my_warehouse",
        )
