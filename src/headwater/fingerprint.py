"""Whether anything that a plan is made from has changed since dbt last parsed it."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

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


def is_parsed(project: Project, fingerprint: str) -> bool:
    """Whether the manifest at hand was made from files with this fingerprint."""
    if not (project.artifacts / "manifest.json").is_file():
        return False
    try:
        known = json.loads(_stamp(project).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return False
    return bool(known.get("fingerprint") == fingerprint)


def mark_parsed(project: Project, fingerprint: str) -> None:
    """Records that the manifest was made from files with this fingerprint."""
    _stamp(project).write_text(json.dumps({"fingerprint": fingerprint}), encoding="utf-8")
