"""Whether anything that a plan is made from has changed since dbt last parsed it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from headwater.project import Project

_FOLDERS = ("models", "macros", "seeds", "snapshots", "tests/dbt", "contracts")
_FILES = ("dbt_project.yml", "selectors.yml", "packages.yml", "profiles.yml")


def of_files(project: Project) -> str:
    """A hash of every file that dbt reads, and of the versions that read them."""
    digest = hashlib.sha256()
    for package in ("dbt-core", f"dbt-{project.engine}"):
        digest.update(f"{package} {version(package)} {project.target}".encode())
    paths = [project.root / name for name in _FILES]
    for folder in _FOLDERS:
        paths += sorted((project.root / folder).rglob("*"))
    for path in paths:
        if path.is_file():
            digest.update(str(path.relative_to(project.root)).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _stamp(project: Project) -> Path:
    return project.artifacts / "parsed.json"


def _stamped(project: Project) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(_stamp(project).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return {}
    return found


def is_parsed(project: Project, fingerprint: str) -> bool:
    """Whether dbt's last manifest was made from files with this fingerprint."""
    return bool(_stamped(project).get("fingerprint") == fingerprint)


def mark_parsed(project: Project, fingerprint: str) -> None:
    """Records that the manifest was made from files with this fingerprint."""
    _write(project, {"fingerprint": fingerprint})


def known_job(project: Project, fingerprint: str, job: str) -> frozenset[str] | None:
    """What remember_job() was told of a job in files with this fingerprint; None if nothing."""
    stamped = _stamped(project)
    if stamped.get("fingerprint") != fingerprint:
        return None
    names = stamped.get("jobs", {}).get(job)
    return None if names is None else frozenset(names)


def remember_job(project: Project, fingerprint: str, job: str, names: Iterable[str]) -> None:
    """Keeps the names that a job covers for as long as the parsed files are these."""
    stamped = _stamped(project)
    if stamped.get("fingerprint") == fingerprint:
        jobs = stamped.get("jobs", {}) | {job: sorted(names)}
        _write(project, {"fingerprint": fingerprint, "jobs": jobs})


def _write(project: Project, stamped: dict[str, Any]) -> None:
    _stamp(project).write_text(json.dumps(stamped), encoding="utf-8")
