"""`headwater run`: load, plan, build what changed, check, publish, record, document, expire.

Each step leaves its mark in the warehouse in its own transaction, so that a run killed
anywhere is finished by the next one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headwater import access, branches, dbt, fingerprint, plan, retain, runs, scratch
from headwater.ahead import Ahead
from headwater.branches import Failing, whose
from headwater.check import CheckReport, check, dbt_results, prepare, suite_hash
from headwater.contracts.model import EventContract
from headwater.database import Database
from headwater.errors import BadInput, ExitCode, HeadwaterError
from headwater.graph import Graph, Node
from headwater.load import LoadResult, load
from headwater.load.progress import OnStream
from headwater.project import Project
from headwater.publish import PublishReport, drafting, publish, publish_ops_only
from headwater.runs import NodeResult

Say = Callable[[str], None]
# `dbt <args>` with these environment variables besides its own.
Call = Callable[[Sequence[str], Mapping[str, str]], dbt.DbtResult]


@dataclass(frozen=True)
class Healed:
    """Rows of one event type whose quarantine a mended event contract ended."""

    event: str
    rows: int
    gained: int  # how many rows more its staging has


NOTHING = plan.Plan()


@dataclass
class Report:
    """What a run did. Lists only ever grow, in the order of the steps."""

    load: LoadResult | None = None
    plan: plan.Plan = NOTHING
    failing: Mapping[str, Failing] = field(default_factory=dict)
    whose: Mapping[str, str] = field(default_factory=dict)  # by model: who is to be asked
    nodes: Sequence[NodeResult] = ()
    dbt_failed: str = ""
    checks: CheckReport | None = None
    published: PublishReport | None = None
    healed: list[Healed] = field(default_factory=list)
    quarantined: tuple[int, int, str] = (0, 0, "")  # rows, of rows, the top reason
    retained: retain.Retained | None = None  # of the job that has this step
    run_id: str = ""

    @property
    def failures(self) -> list[NodeResult]:
        return [node for node in self.nodes if node.has_failed and node.kind != "test"]

    @property
    def exit_code(self) -> ExitCode:
        failed = (
            bool(self.failures)
            or bool(self.dbt_failed)
            or bool(self.failing)
            or bool(self.plan.failing)
            or (self.load is not None and bool(self.load.set_aside))
            or (self.checks is not None and self.checks.exit_code != ExitCode.OK)
            or (self.retained is not None and bool(self.retained.failed))
        )
        return ExitCode.BRANCH_FAILED if failed else ExitCode.OK


def parsed_graph(project: Project, files: str, say: Say) -> Graph:
    """The models as they stand, parsing only when a file changed since the last time, or when
    a dbt that was stopped left no whole manifest.

    `files` is the fingerprint of the project's files.
    """
    known = _known_graph(project, files)
    if known is None:
        say(_PARSING)
        known = _parsed(project, files, dbt.run_dbt(project, ["--quiet", "parse"]))
    return known


_PARSING = "dbt parse: the project changed"


def _known_graph(project: Project, files: str) -> Graph | None:
    if not fingerprint.is_parsed(project, files):
        return None
    try:
        return dbt.graph_of(project)
    except dbt.NoManifest:
        return None


def _parsed(project: Project, files: str, result: dbt.DbtResult) -> Graph:
    """The models as dbt parsed them from files of this fingerprint.

    Raises BadInput when it could not.
    """
    if result.exit_code:
        raise BadInput(
            f"dbt cannot parse the project:\n{result.failure}",
            "mend the file it names; nothing was built",
        )
    fingerprint.mark_parsed(project, files)
    return dbt.graph_of(project)


def suites(project: Project, known: Graph) -> Callable[[Node], str]:
    """The hash of everything that judges a mart: its expectations and its dbt tests."""
    folder = project.root / "tests" / "expectations"

    def of(node: Node) -> str:
        return plan.suite_of(known, node, suite_hash(folder / f"{node.name}.yml"))

    return of


def make_plan(
    project: Project,
    database: Database,
    known: Graph,
    failing: Mapping[str, object],
    only: frozenset[str] | None,
) -> plan.Plan:
    """The plan, without the branches of event types that fail before they begin."""
    leave = {
        node.name
        for node in known.nodes.values()
        if node.is_base and node.meta.get("event_type") in failing
    }
    return plan.make(database, known, suites(project, known), only=only, leave=leave)


def job_models(project: Project, known: Graph, job: str, files: str) -> frozenset[str]:
    """The names that the dbt selector `job` covers; dbt is asked once while `files` stay.

    Raises BadInput when selectors.yml has no such selector.
    """
    remembered = fingerprint.known_job(project, files, job)
    if remembered is not None:
        return remembered
    kinds = ["--resource-types", "model", "seed", "snapshot"]
    found = dbt.run_dbt(project, ["--quiet", "ls", "--selector", job, "--output", "name", *kinds])
    if found.exit_code:
        raise BadInput(f"no job {job!r}", "a job is a selector of selectors.yml")
    names = frozenset(found.output.split()) & frozenset(known.by_name)
    fingerprint.remember_job(project, files, job, names)
    return names


def run(
    project: Project,
    *,
    job: str = "",
    trigger: str = "manual",
    lock: int,
    say: Say,
) -> Report:
    """Does everything there is to do, and nothing else; the caller holds the lock.

    Failures of single branches are in the report; raises only what stops everything.
    """
    with Ahead(project, lock) as ahead:
        return _run(project, job, trigger, ahead, lock, say)


def _run(project: Project, job: str, trigger: str, ahead: Ahead, lock: int, say: Say) -> Report:
    report = Report()
    scratch.clean(project)
    files = fingerprint.of_files(project)
    known = _known_graph(project, files)
    if known is None:
        say(_PARSING)
        ahead.start()
    contracts, report.failing = branches.read(project)
    with access.opened(project) as database:
        report.load = load(
            project,
            contracts,
            access.handle(database),
            progress=_Starting(ahead),
            broken=branches.broken(contracts, report.failing),
        )
        if known is None:
            known = _parsed(project, files, ahead.parse())
        report.whose = {node.name: whose(node.owner, node.channel) for node in known.nodes.values()}
        only = job_models(project, known, job, files) if job else None
        report.plan = make_plan(project, database, known, report.failing, only)
        is_idle = report.plan.is_nothing and not report.load.files
        if is_idle:
            report.quarantined = _quarantined(database)
        else:
            report.run_id = runs.begin(database, job=job, trigger=trigger, target=project.target)
            before = invalid_rows(database)
    if not is_idle:
        is_anew = job == retain.JOB
        build_and_publish(project, report, known, before, ahead.run, say, is_anew=is_anew)
        document(project, files, lock, say)
    if job == retain.JOB:
        _retain(project, report, known, contracts, trigger, say)
    return report


class _Starting(OnStream):
    """Has dbt start once there is something to load, which is something to build."""

    def __init__(self, ahead: Ahead) -> None:
        super().__init__()
        self._ahead = ahead

    def begin(self, files: int, size: int) -> None:
        if files:
            self._ahead.start(writes=False)
        super().begin(files, size)


def build_and_publish(
    project: Project,
    report: Report,
    known: Graph,
    before: Mapping[str, tuple[int, int]],
    call: Call,
    say: Say,
    environment: Mapping[str, str] = dbt.NO_ENVIRONMENT,
    *,
    is_anew: bool,
) -> None:
    """What is planned: built, checked and published. `before` is what invalid_rows() was,
    `environment` what dbt, of which there is one `call`, gets besides its own. `is_anew`: as
    publish() has it."""
    started = time.monotonic()
    results: Mapping[str, Any] = {}
    if report.plan.selected:
        built = report.plan.build
        say(f"building {len(built)} models" if built else "running the tests of dbt")
        results = _build(project, report, call, environment)
        say(f"{'built' if built else 'tested'} in {time.monotonic() - started:.1f} s")
    _judge_and_publish(project, report, known, results, before, say, is_anew)


def _retain(
    project: Project,
    report: Report,
    known: Graph,
    contracts: Sequence[EventContract],
    trigger: str,
    say: Say,
) -> None:
    """Deletes what is over, as a part of this run, or a run of its own when there is none."""
    is_own = not report.run_id

    def run_id(database: Database) -> str:
        if not report.run_id:
            report.run_id = runs.begin(
                database, job=retain.JOB, trigger=trigger, target=project.target
            )
        return report.run_id

    report.retained = retain.retain(project, known, contracts, report.failing, run_id, say)
    if report.retained.is_something or (is_own and report.run_id):
        with access.opened(project) as database:
            runs.finish(database, report.run_id, outcome=outcome(report), nodes=())
            publish_ops_only(project, database)


def document(project: Project, files: str, lock: int, say: Say) -> None:
    """Brings the site up to date."""
    # Imported here: a run with nothing new needs none of it.
    from headwater.docs import refresh_site

    try:
        refresh_site(project, files, keep_fd=lock)
    except HeadwaterError as error:
        # The data is there, checked and published; a page about it is no reason to fail.
        say(f"the site is as it was: {error}")


def check_now(project: Project, models: Sequence[str], *, lock: int, say: Say) -> CheckReport:
    """Runs the dbt tests and expectations of marts (default: all) as they stand now."""
    known = parsed_graph(project, fingerprint.of_files(project), say)
    names = list(models) or [node.name for node in known.nodes.values() if node.is_mart]
    result = dbt.run_dbt(project, ["test", "--select", *names], keep_fd=lock)
    with access.opened(project) as database:
        rows = dbt_results(dbt.manifest(project), result.run_results)
        return check(project, database, models or None, dbt_rows=rows)


def _build(
    project: Project, report: Report, call: Call, environment: Mapping[str, str]
) -> Mapping[str, Any]:
    """Builds what is planned; dbt's run_results."""
    prepare(project, [*report.plan.build, *report.plan.unchecked])
    # Unit tests guard logic and belong to review; data tests guard these rows.
    result = call(
        ["build", "--select", *report.plan.selected, "--exclude-resource-type", "unit_test"],
        {"HEADWATER_RUN_ID": report.run_id, **environment},
    )
    report.nodes = [*report.nodes, *runs.node_results(result.run_results)]
    if result.exit_code and not any(node.has_failed for node in report.nodes):
        report.dbt_failed = result.failure
    return result.run_results


def _judge_and_publish(
    project: Project,
    report: Report,
    known: Graph,
    results: Mapping[str, Any],
    before: Mapping[str, tuple[int, int]],
    say: Say,
    is_anew: bool,
) -> None:
    with access.opened(project) as database:
        tested = dbt_results(dbt.manifest(project), results) if results else []
        judged = _to_judge(database, known, report)
        # A test that fails below the marts holds back every mart above it.
        judged += sorted({row.model for row in tested} - set(judged))
        failed = {node.name: False for node in report.failures}
        hoped = {**dict.fromkeys(judged, True), **failed}
        with drafting(project, database, hoped, is_anew=is_anew) as draft:
            if judged:
                say(f"checking {', '.join(judged)}")
                report.checks = check(
                    project,
                    database,
                    judged,
                    dbt_rows=tested,
                    run_id=report.run_id,
                )
            report.quarantined = _quarantined(database)
            report.healed = _healed(report, known, before, invalid_rows(database))
            # Recorded before it is published, so that the copy of ops in serve has it too.
            runs.finish(database, report.run_id, outcome=outcome(report), nodes=report.nodes)
            verdicts = report.checks.verdicts if report.checks else {}
            verdicts = {**verdicts, **failed}
            report.published = publish(project, database, verdicts, draft, is_anew=is_anew)
        count = len(report.published.published)
        runs.finish(database, report.run_id, outcome={"published": count}, nodes=())


def _to_judge(database: Database, known: Graph, report: Report) -> list[str]:
    """The marts whose rows no check has passed on: built now, or by somebody else before."""
    wanted = {*report.plan.build, *report.plan.unchecked}
    failed = {node.name for node in report.nodes if node.status in ("error", "skipped")}
    existing = database.tables()
    return [
        node.name
        for node in known.nodes.values()
        if node.is_mart
        and node.name in wanted
        and node.name not in failed
        and node.table in existing
    ]


def invalid_rows(database: Database) -> dict[str, tuple[int, int]]:
    """Per event type: quarantined rows, and valid rows that are copies."""
    return {
        event: (int(invalid), int(duplicates))
        for event, invalid, duplicates in database.rows(
            "select event_type, sum(invalid), sum(duplicates)"
            f" from {database.name('ops.hours')} group by event_type"
        )
    }


def _quarantined(database: Database) -> tuple[int, int, str]:
    ((invalid, total),) = database.rows(
        "select coalesce(sum(invalid), 0), coalesce(sum(row_count), 0)"
        f" from {database.name('ops.hours')}"
    )
    top = database.rows(
        f"select violation, sum(row_count) as n from {database.name('ops.violations')}"
        " group by violation order by n desc, violation limit 1"
    )
    return int(invalid), int(total), f"{top[0][0]} ({int(top[0][1]):,})" if top else ""


def _healed(
    report: Report,
    known: Graph,
    before: Mapping[str, tuple[int, int]],
    after: Mapping[str, tuple[int, int]],
) -> list[Healed]:
    found = []
    for each in report.plan.pending:
        node = known.by_name[each.name]
        event = str(node.meta.get("event_type"))
        if not node.is_base or each.reason != "event contract changed" or event not in before:
            continue
        healed = before[event][0] - after.get(event, (0, 0))[0]
        copies = after.get(event, (0, 0))[1] - before[event][1]
        if healed > 0:
            found.append(Healed(event, healed, healed - copies))
    return found


def outcome(report: Report) -> dict[str, Any]:
    """What ops.runs says of a run."""
    models = [node for node in report.nodes if node.kind in ("model", "seed", "snapshot")]
    failures = [f"{node.name}: {node.message}" for node in report.failures]
    if report.retained is not None and report.retained.failed:
        failures.append(report.retained.failed)
    return {
        "status": "ok" if report.exit_code == ExitCode.OK else "failed",
        "exit_code": int(report.exit_code),
        "loaded": report.load.loaded if report.load else 0,
        "unparsed": report.load.unparsed if report.load else 0,
        # A backfill builds a model once for each batch.
        "built": len({node.unique_id for node in models if node.status == "success"}),
        "failed": len(report.failures),
        "message": "; ".join(failures)[:1000],
    }
