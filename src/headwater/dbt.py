"""Calls dbt through its command line and reads its artifacts; nothing of its insides."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from headwater import graph, messages
from headwater.errors import HeadwaterError
from headwater.graph import Graph
from headwater.project import Project

NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class DbtResult:
    """What one dbt call did. `run_results` is empty when it wrote none (it was killed).

    `output` is as dbt printed it and may quote data: `failure` is what to repeat.
    """

    exit_code: int
    run_results: dict[str, Any]
    output: str

    @property
    def failure(self) -> str:
        """What is to be told of a call that failed, without any row's values; never empty."""
        said = messages.of_output(self.output)
        if self.exit_code < 0:
            said += f"\ndbt was killed by {signal.Signals(-self.exit_code).name}"
        return said.strip() or f"dbt ended with exit code {self.exit_code}"


def die_with_parent() -> None:
    """A killed run must not leave a dbt behind that still writes (Linux; elsewhere the lock,
    which the child inherits, makes the next run wait for it)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run_dbt(
    project: Project,
    args: Sequence[str],
    *,
    keep_fd: int | None = None,
    environment: Mapping[str, str] = NO_ENVIRONMENT,
) -> DbtResult:
    """Runs `dbt <args>` in the project; its output is captured, its exit code returned.

    It writes no logs/dbt.log, which would hold every value that an error quotes, and its
    run_results.json is rewritten without them.
    `keep_fd` (the run's lock) stays open in the child, which gets `environment` besides its
    own. Raises HeadwaterError when dbt
    could not start at all.
    """
    forget_results(project)
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", *arguments(project, args)],
        cwd=project.root,
        env=variables(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        pass_fds=() if keep_fd is None else (keep_fd,),
        preexec_fn=die_with_parent,
    )
    return DbtResult(done.returncode, results(project), done.stdout)


def arguments(project: Project, args: Sequence[str]) -> list[str]:
    """The command line of `dbt <args>` in the project, without dbt itself."""
    return [
        "--no-use-colors",
        "--log-level-file",
        "none",
        *args,
        "--project-dir",
        str(project.root),
        "--profiles-dir",
        str(project.profiles),
        "--target",
        project.target,
        "--target-path",
        str(project.artifacts),
    ]


def variables(environment: Mapping[str, str] = NO_ENVIRONMENT) -> dict[str, str]:
    """What a dbt process gets as its environment: this one's, and `environment`."""
    return {
        **os.environ,
        **environment,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONUNBUFFERED": "1",
    }


def forget_results(project: Project) -> None:
    """Before a call: results found after it are its own."""
    _results(project).unlink(missing_ok=True)


def results(project: Project) -> dict[str, Any]:
    """The run_results.json that a call left, rewritten so that no message quotes a row.

    Nothing when it left none, or was stopped in the middle of one, which is deleted.
    """
    path = _results(project)
    if not path.is_file():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError:
        path.unlink()
        return {}
    for result in found.get("results", ()):
        if result.get("message") and result.get("status") not in ("success", "pass"):
            name = str(result["unique_id"]).split(".")[2]
            result["message"] = messages.of_node(result["message"], name)
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(json.dumps(found), encoding="utf-8")
    draft.replace(path)
    return found


def _results(project: Project) -> Path:
    return project.artifacts / "run_results.json"


class NoManifest(HeadwaterError):
    """dbt never wrote a manifest, or was stopped while it did."""


def manifest(project: Project) -> dict[str, Any]:
    """The manifest that Headwater's own dbt calls last wrote.

    Raises NoManifest when there is none that is whole.
    """
    return _decoded(project, _content(project))


def graph_of(project: Project) -> Graph:
    """The graph of that manifest, which is read again only when it says something else.

    Raises NoManifest when there is none that is whole.
    """
    content = _content(project)
    digest = hashlib.sha256(content).hexdigest()
    if digest not in _graphs:
        _graphs.clear()  # the largest thing in memory; one is enough
        _graphs[digest] = graph.read(_decoded(project, content))
    return _graphs[digest]


_graphs: dict[str, Graph] = {}


def _path(project: Project) -> Path:
    return project.artifacts / "manifest.json"


def _content(project: Project) -> bytes:
    try:
        return _path(project).read_bytes()
    except FileNotFoundError:
        raise NoManifest(f"no {_path(project)}", _ASK_DBT) from None


def _decoded(project: Project, content: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(content)
    except ValueError:
        # dbt writes it in place, in every call, so a kill or a full disk leaves a part of it.
        raise NoManifest(f"{_path(project)} is cut off", _ASK_DBT) from None
    return found


_ASK_DBT = "run: headwater run, or dbt parse"
