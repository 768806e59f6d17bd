"""What a run says to the person who started it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from headwater import access, branches, clock, fingerprint, lock, plan, retain
from headwater import run as runner
from headwater.database import BigQuery, DuckDB
from headwater.errors import HeadwaterError
from headwater.finding import spans
from headwater.forecast import Dates, Forecast, forecast
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
    only = runner.job_models(project, known, job, files) if job else None
    with reading(project, ops_only=False) as database:
        broken = branches.broken(contracts, failing)
        arriving = new_files(project, access.handle(database), broken)
        for file in arriving:
            yield f"would load   {file.path}"
        for event, count in to_release(project, contracts, database).items():
            yield f"would load   {count:,} records of {event} that wait in raw.undeclared"
        found = runner.make_plan(project, database, known, failing, only)
        able = [contract for contract in contracts if contract.event not in failing]
        told = forecast(project, able, database, known, found, arriving, clock.now(), only)
        expiring = (
            list(retain.preview(database, known, contracts, failing)) if job == retain.JOB else []
        )
    yield from _foretold(told)
    pending = {each.name: each for each in found.pending}
    for node in known.nodes.values():
        each = pending.get(node.name)
        if each is not None:
            yield f"would build  {each.name}: {each.reason}{_slices(each)}{_dates(told, each.name)}"
        elif _is_told(told, node.name) and (only is None or node.name in only):
            reason = "new files" if node.is_base else "what it reads changed"
            yield f"would build  {node.name}: {reason}{_dates(told, node.name)}"
    for name in found.unchecked:
        yield f"would check  {name}"
    for name in found.unpublished:
        yield f"would publish {name}"
    yield from expiring
    if found.is_nothing and not (told.dates or told.unknown):
        yield "nothing to build: everything loaded is up to date"


def _foretold(told: Forecast) -> Iterator[str]:
    for path, reason in told.unusable:
        yield f"would set aside {path}: {reason}"
    for event, violations in told.quarantined.items():
        counts = ", ".join(f"{name} ({count:,})" for name, count in violations.items())
        yield f"would quarantine records of {event}: {counts}"
    for each in told.closed:
        changes = [f"{each.added:,} rows added"] if each.added else []
        changes += [f"{each.replaced:,} judged anew"] if each.replaced else []
        yield (
            f"would revise {each.event}: the hour {each.hour:%Y-%m-%d %H}:00 UTC, closed"
            f" {each.closed_at:%Y-%m-%d %H}:00: {', '.join(changes) or 'copies settled'}"
        )


def _slices(pending: plan.Pending) -> str:
    return f", {pending.slices:,} slices" if pending.slices else ""


def _is_told(told: Forecast, name: str) -> bool:
    return name in told.dates or name in told.unknown


def _dates(told: Forecast, name: str) -> str:
    if name in told.unknown:
        return ", restates dates that are known once its many records are built"
    return f", restates {in_words(told.dates[name])}" if name in told.dates else ""


def in_words(dates: Dates) -> str:
    """The dates that a model restates."""
    if dates is None:
        return "all dates"
    since = [f"all from {dates.since.isoformat()} on"] if dates.since else []
    return ", ".join([*filter(None, [spans(dates.days)]), *since]) or "nothing"


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
