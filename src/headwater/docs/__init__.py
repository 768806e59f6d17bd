"""The site: the state of the warehouse on a front page, and dbt's documentation behind it.

Two files in target/site, whole in themselves: no script of the front page, no request to
anywhere, so they can be mailed, or served by anything. No value of any record is in them.
"""

from __future__ import annotations

from pathlib import Path

from headwater import access, clock, contracts, dbt
from headwater.check import read_suites
from headwater.database import Database
from headwater.docs import page, state
from headwater.docs.dbt_docs import standalone
from headwater.docs.serve import serve_site
from headwater.errors import HeadwaterError
from headwater.project import Project
from headwater.reuse import Reuse

__all__ = ["build_dbt_docs", "build_front_page", "build_site", "refresh_site", "serve_site"]


def build_site(project: Project, *, keep_fd: int | None = None) -> Path:
    """Writes target/site; the path of its front page. The caller holds the lock (`keep_fd`).

    Raises HeadwaterError when dbt cannot describe the project.
    """
    # DuckDB lets in one process at a time, and dbt wants the file to be there.
    with access.opened(project) as database:
        access.ensure_tables(database)
    build_dbt_docs(project, keep_fd=keep_fd)
    with access.opened(project) as database:
        return build_front_page(project, database)


def refresh_site(project: Project, files: str, *, keep_fd: int | None = None) -> Path:
    """As build_site, but dbt is only asked again when the project changed since it last was.

    `files` is the fingerprint of the project's files.

    Raises HeadwaterError when dbt cannot describe the project.
    """
    stamp = project.site / ".project"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != files:
        build_dbt_docs(project, keep_fd=keep_fd)
        _write(stamp, files)
    with access.opened(project) as database:
        return build_front_page(project, database)


def build_dbt_docs(project: Project, *, keep_fd: int | None = None) -> Path:
    """Writes target/site/dbt.html with dbt itself: models, columns, lineage, code."""
    result = dbt.run_dbt(project, ["docs", "generate", "--static"], keep_fd=keep_fd)
    static = project.artifacts / "static_index.html"
    if result.exit_code or not static.is_file():
        raise HeadwaterError(f"dbt docs generate failed:\n{result.failure}", "mend what it names")
    target = project.site / "dbt.html"
    _write(target, standalone(static.read_text(encoding="utf-8"), home="index.html"))
    return target


def build_front_page(project: Project, database: Database) -> Path:
    """Writes target/site/index.html alone, from what `ops` says now: a query or ten.

    It links to dbt's documentation where that was built before.
    """
    reading = contracts.read_all(project.root, parser=Reuse(project.root, alone=True).parse)
    known = dbt.graph_of(project)
    at = clock.now()
    shown = state.read(database, reading.contracts, known, read_suites(project.root), at)
    target = project.site / "index.html"
    has_dbt = (project.site / "dbt.html").is_file()
    _write(target, page.render(project.name, shown, has_dbt=has_dbt))
    return target


def _write(path: Path, text: str) -> None:
    """A reader has the old page or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
