"""What a run says to the person who started it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from headwater import access, branches, fingerprint, lock, plan, retain
from headwater import run as runner
from headwater.database import BigQuery, DuckDB
from headwater.errors import HeadwaterError
from headwater.load.preview import new_files, to_release
from headwater.project import Project
from headwater.run import Report


def failures(report: Report) -> Iterator[str]:
    """Everything that failed, each with whose it is; nothing when nothing did."""
    for failing in report.failing.values():
        yield from failing.lines()
    if report.load is not None:
        yield from report.load.lines(report.failing)
    for node in report.failures:
        yield f"failed: {node.name}: {node.message}{report.whose.get(node.name, '')}"
    if report.dbt_failed:
        yield f"dbt stopped:\n{report.dbt_failed}"
    for name in report.plan.failing:
        owner = report.whose.get(name, "")
        yield f"still failing, unchanged since its checks failed: {name}{owner}"
    if report.checks is not None:
        yield from report.checks.lines()[:-1]
    if report.published is not None:
        yield from report.published.lines()
    if report.retained is not None:
        yield from report.retained.problems()


def lines(project: Project, report: Report) -> Iterator[str]:
    """Five lines: loaded, quarantined, built, checked, and what to open next; of the job with
    retention a sixth, what expired."""
    assert report.load is not None
    loaded = report.load
    yield (
        f"loaded       {loaded.loaded:,} records of {len(loaded.files):,} files"
        f" ({loaded.unparsed:,} unparsed), {loaded.seconds:.1f} s"
    )
    invalid, total, top = report.quarantined
    reason = f", mostly {top}" if top else ""
    healed = "".join(
        f"; {each.event}: {each.rows:,} rows left quarantine, staging has {each.gained:,} more"
        for each in report.healed
    )
    yield f"quarantined  {invalid:,} of {total:,} rows{reason}{healed}"
    built = [node for node in report.nodes if node.kind == "model" and node.status == "success"]
    if report.plan.is_nothing:
        yield "built        nothing: everything is up to date"
    else:
        rest = f", {len(report.failures):,} failed" if report.failures else ""
        yield f"built        {len(built):,} models{rest}"
    if report.checks is None:
        yield "checked      nothing: no mart changed"
    else:
        yield f"checked      {report.checks.lines()[-1]}"
    if report.retained is not None:
        yield f"expired      {report.retained}"
    yield f"open next    {_open_next(project)}"


def _open_next(project: Project) -> str:
    page = project.site / "index.html"
    return str(page if page.is_file() else project.serve_file)


def dry_run(project: Project, job: str) -> Iterator[str]:
    """What a run would load and build; nothing is written."""
    contracts, failing = branches.read(project)
    for branch in failing.values():
        yield from branch.lines()
    if project.engine == "duckdb" and not project.warehouse_file.is_file():
        yield "no warehouse yet: would load every file and build every model"
        return
    files = fingerprint.of_files(project)
    if not fingerprint.is_parsed(project, files):
        yield "the project changed since the last run: parsing it"
    known = runner.parsed_graph(project, files, lambda _: None)
    only = runner.job_models(project, known, job) if job else None
    with reading(project, ops_only=False) as database:
        broken = branches.broken(contracts, failing)
        for file in new_files(project, access.handle(database), broken):
            yield f"would load   {file.path}"
        for event, count in to_release(project, contracts, database).items():
            yield f"would load   {count:,} records of {event} that wait in raw.undeclared"
        found = runner.make_plan(project, database, known, failing, only)
        expiring = (
            list(retain.preview(database, known, contracts, failing)) if job == retain.JOB else []
        )
    for each in found.pending:
        slices = f", {each.slices:,} slices" if each.slices else ""
        dates = "" if each.dates is None else f", restates {_dates(each)}"
        yield f"would build  {each.name}: {each.reason}{slices}{dates}"
    for name in found.unchecked:
        yield f"would check  {name}"
    for name in found.unpublished:
        yield f"would publish {name}"
    yield from expiring
    if found.is_nothing:
        yield "nothing to build: everything loaded is up to date"


def _dates(pending: plan.Pending) -> str:
    assert pending.dates is not None
    return ", ".join(day.isoformat() for day in pending.dates) or "nothing"


@contextmanager
def reading(project: Project, *, ops_only: bool = True) -> Iterator[DuckDB | BigQuery]:
    """The warehouse to read. While a run writes it, its copy of `ops` in serve.

    Raises Locked when more than `ops` is asked for and somebody writes; HeadwaterError
    when there is no warehouse.
    """
    if project.engine != "duckdb":
        with access.opened(project) as database:
            yield database
        return
    path = project.warehouse_file
    if not path.is_file():
        raise HeadwaterError(f"no warehouse at {path}", "make one: headwater run")
    if ops_only and not lock.is_free(project.lock_file):
        if not project.serve_file.is_file():
            raise HeadwaterError("the first run is still under way; nothing is published yet")
        with duckdb.connect(str(project.serve_file), read_only=True) as connection:
            yield DuckDB(project, connection)
        return
    with (
        lock.writing(project.lock_file, "reading"),
        access.opened(project, read_only=True) as database,
    ):
        yield database
