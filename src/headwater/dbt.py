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


@dataclass(frozen=True)
class DbtResult:
    """What one dbt call did. `run_results` is empty when it wrote none (it was killed).

    `output` is as dbt printed it and may quote data: messages.of_output is what to repeat.
    """

    exit_code: int
    run_results: dict[str, Any]
    output: str


def _die_with_parent() -> None:
    """A killed run must not leave a dbt behind that still writes (Linux; elsewhere the lock,
    which the child inherits, makes the next run wait for it)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run_dbt(
    project: Project,
    args: Sequence[str],
    *,
    keep_fd: int | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> DbtResult:
    """Runs `dbt <args>` in the project; its output is captured, its exit code returned.

    It writes no logs/dbt.log, which would hold every value that an error quotes, and its
    run_results.json is rewritten without them.
    `keep_fd` (the run's lock) stays open in the child, which gets `environment` besides its
    own. Raises HeadwaterError when dbt
    could not start at all.
    """
    results = project.artifacts / "run_results.json"
    results.unlink(missing_ok=True)
    variables = {
        **os.environ,
        **environment,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONUNBUFFERED": "1",
    }
    command = [
        sys.executable,
        "-m",
        "dbt.cli.main",
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
    done = subprocess.run(
        command,
        cwd=project.root,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        pass_fds=() if keep_fd is None else (keep_fd,),
        preexec_fn=_die_with_parent,
    )
    found = _without_values(results) if results.is_file() else {}
    return DbtResult(done.returncode, found, done.stdout)


class NoManifest(HeadwaterError):
    """dbt never wrote a manifest, or was stopped while it did."""


def _without_values(path: Path) -> dict[str, Any]:
    """Rewrites a run_results.json so that no message quotes a row; what is in it then.

    Of one that dbt was stopped in the middle of, nothing is left.
    """
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
