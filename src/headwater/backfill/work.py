"""`headwater backfill`: rebuilds hours of an event type, or dates of a model, batch by batch.

An event type's hours are replaced in its base model, a batch in one transaction. A model's dates
are built aside and put in the place of the old ones all at once. Either is followed by what
`headwater run` does about the models above: build, check, publish.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from headwater import access, branches, clock, dbt, fingerprint, plan, runs, scratch
from headwater import run as runner
from headwater.backfill import asked as asking
from headwater.backfill import books, history
from headwater.backfill.asked import Range
from headwater.backfill.batches import Batch
from headwater.backfill.books import Backfill
from headwater.backfill.history import Work
from headwater.contracts.model import EventContract
from headwater.database import BigQuery, Database, DuckDB
from headwater.errors import BadInput, ExitCode
from headwater.graph import Graph, Node
from headwater.load import LoadResult, load
from headwater.load.preview import folders
from headwater.load.progress import OnStream
from headwater.load.routes import MIXED
from headwater.project import Project
from headwater.publish import publish_ops_only
from headwater.warehouse import macros_dir

Say = Callable[[str], None]
# Reasons to rebuild all dates of a model: rebuilding some would leave the others of another kind.
_STALE = "all of its dates are to be restated"


@dataclass
class Report:
    """What a backfill did. `resumed` batches had been done before; `is_whole`: the model has
    no parts, and was built as one."""

    node: Node
    run: runner.Report = field(default_factory=runner.Report)
    work: Work = field(default_factory=lambda: Work(()))
    done: tuple[Batch, ...] = ()
    resumed: int = 0
    is_whole: bool = False
    is_stopped: bool = False

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.BRANCH_FAILED if self.is_stopped else self.run.exit_code


@dataclass(frozen=True)
class Setting:
    """Everything that the steps of one backfill need."""

    project: Project
    contracts: Sequence[EventContract]
    known: Graph
    node: Node
    asked: Range
    failing: Mapping[str, branches.Failing]
    most: int | None
    say: Say
    lock: int

    @property
    def name(self) -> str:
        """What the target is called on the command line."""
        return str(self.node.meta["event_type"]) if self.node.is_base else self.node.name

    @property
    def is_in_parts(self) -> bool:
        return self.node.is_base or self.node.is_by_dates

    @property
    def code(self) -> str:
        """What decides the rows: another one, and a backfill begins anew. Of macros nothing
        else would notice a change."""
        digest = hashlib.sha256(self.known.code(self.node).encode())
        for path in sorted(macros_dir(self.project).rglob("*.sql")):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def work(self, database: Database) -> Work:
        """What there is to rebuild.

        Raises BadInput when that is nothing.
        """
        if not self.is_in_parts:
            return Work(())
        if self.node.is_base:
            return history.of_hours(database, self.node, self.asked, self.most)
        first = runner.make_plan(
            self.project, database, self.known, {}, frozenset({self.node.name})
        ).frozen.get(self.node.name)
        return history.of_dates(database, self.known, self.node, self.asked, first, self.most)


def settle(
    project: Project,
    name: str,
    first: str | None,
    last: str | None,
    most: int | None,
    lock: int,
    say: Say,
) -> Setting:
    """What was asked for, understood.

    Raises BadInput when it cannot be done, and for what fails before it begins.
    """
    contracts, failing = branches.read(project)
    known = runner.parsed_graph(project, fingerprint.of_files(project), say)
    node = asking.target(known, name)
    asked = asking.whole_range(node, first, last, clock.now())
    setting = Setting(project, contracts, known, node, asked, failing, most, say, lock)
    below = _ancestors(known, node) | {node.name}
    for event, each in failing.items():
        if known.by_name.get(f"base_{event}") and f"base_{event}" in below:
            raise BadInput("\n".join(each.lines()))
    return setting


def _ancestors(known: Graph, node: Node) -> set[str]:
    found: set[str] = set()
    for parent in (known.nodes[unique_id] for unique_id in node.parents):
        found |= {parent.name} | _ancestors(known, parent)
    return found


def backfill(setting: Setting) -> Report:
    """Does it, or goes on where a killed one stopped; the caller holds the lock.

    Raises BadInput for a range without anything to rebuild. Failures are in the report.
    """
    project = setting.project
    scratch.clean(project)
    report = Report(setting.node, is_whole=not setting.is_in_parts)
    report.run.failing = setting.failing
    report.run.whose = {
        node.name: branches.whose(node.owner, node.channel) for node in setting.known.nodes.values()
    }
    with access.opened(project) as database:
        access.ensure_tables(database)
        refuse(setting, database)
        if setting.node.is_base:
            report.run.load = load_redelivered(setting, database)
        report.work = setting.work(database)
        before = runner.invalid_rows(database)
        report.run.run_id = runs.begin(
            database, job=f"backfill {setting.name}", trigger="backfill", target=project.target
        )
        work = _begun(setting, database, report)
        tables = database.tables()
        views = stale_views(setting, database)
    is_there = setting.node.table in tables
    is_ready = prepare(setting, report, views, is_there)
    if is_ready and build_batches(setting, report, work):
        _finish(setting, report, work, before)
    else:
        report.is_stopped = True
        setting.say("stopped; what is done stays, and the same command goes on from there")
        with access.opened(project) as database:
            values = {**runner.outcome(report.run), "status": "failed", "exit_code": 1}
            runs.finish(database, report.run.run_id, outcome=values, nodes=report.run.nodes)
            publish_ops_only(project, database)
    runner.document(project, fingerprint.of_files(project), setting.lock, setting.say)
    return report


def refuse(setting: Setting, database: Database) -> None:
    """Raises BadInput for some dates of a model that has to be restated as a whole."""
    node = setting.node
    if not node.is_by_dates or setting.asked.is_all:
        return
    found = runner.make_plan(setting.project, database, setting.known, {}, frozenset({node.name}))
    for each in found.pending:
        if each.dates is None and not each.waits_for:
            raise BadInput(
                f"{node.name}: {_STALE}, not only some ({each.reason})",
                "leave --from and --to out; or the next run does it, in one go",
            )


def load_redelivered(setting: Setting, database: DuckDB | BigQuery) -> LoadResult | None:
    """Loads the new files of an event type, and those of many types; None: there is no folder."""
    project = setting.project
    found = folders(project, (setting.name, MIXED))
    if not found:
        return None
    return load(
        project,
        setting.contracts,
        access.handle(database),
        found,
        progress=OnStream(),
        broken=branches.broken(setting.contracts, setting.failing),
    )


def _begun(setting: Setting, database: Database, report: Report) -> Backfill:
    node, run_id, now = setting.node, report.run.run_id, clock.now()
    found = books.find(database, node, setting.asked, setting.code)
    if found is None:
        upstreams = setting.known.windows(node)
        return books.begin(
            database, node, setting.asked, setting.code, report.work.batches, upstreams, run_id, now
        )
    report.resumed = len(found.batches) - len(found.left)
    if report.resumed:
        setting.say(
            f"going on with the backfill {found.backfill_id}:"
            f" {report.resumed:,} of {len(found.batches):,} batches are done"
        )
    return found


def stale_views(setting: Setting, database: Database) -> list[str]:
    """The views below it whose file changed since they were built: batches read them."""
    below = frozenset(_ancestors(setting.known, setting.node))
    found = runner.make_plan(setting.project, database, setting.known, setting.failing, below)
    return [each.name for each in found.pending if not setting.known.by_name[each.name].is_logged]


def prepare(setting: Setting, report: Report, views: Sequence[str], is_there: bool) -> bool:
    """Builds what batches need: views as they are now, and a table, with no rows in it."""
    is_ready = not views or _dbt(setting, report, ["run", "--select", *views])
    if is_ready and setting.is_in_parts and not is_there:
        return _dbt(setting, report, ["run", "--empty", "--select", setting.node.name])
    return is_ready


def _dbt(
    setting: Setting, report: Report, args: Sequence[str], step: Mapping[str, object] | None = None
) -> bool:
    """One call of dbt; whether it did all it should."""
    environment = {"HEADWATER_RUN_ID": report.run.run_id}
    if step:
        environment["HEADWATER_BACKFILL"] = json.dumps(step)
    done = _call(setting, args, environment)
    nodes = runs.node_results(done.run_results)
    report.run.nodes = [*report.run.nodes, *nodes]
    if done.exit_code and not any(node.has_failed for node in nodes):
        report.run.dbt_failed = done.failure
    return done.exit_code == 0


def _call(setting: Setting, args: Sequence[str], environment: Mapping[str, str]) -> dbt.DbtResult:
    return dbt.run_dbt(setting.project, args, keep_fd=setting.lock, environment=environment)


def build_batches(setting: Setting, report: Report, work: Backfill) -> bool:
    """Builds the batches that are left, one after the other; whether all are done now."""
    if report.is_whole:
        return True
    started, count = time.monotonic(), len(work.batches)
    for number, batch in enumerate(work.left, 1):
        begun = time.monotonic()
        step = books.step(work, "batch", batch, is_base=setting.node.is_base)
        if not _dbt(setting, report, ["run", "--select", setting.node.name], step):
            return False
        with access.opened(setting.project) as database:
            work = books.done_batches(database, work)
        report.done = tuple(each for each in work.batches if each.is_done)[report.resumed :]
        now = time.monotonic()
        left = (now - started) / number * len(work.left)
        setting.say(
            f"batch {batch.number} of {count}: {span(setting.node, batch)},"
            f" {work.batches[batch.number - 1].rows or 0:,} rows, {now - begun:.1f} s"
            + (f"; about {left:,.0f} s left" if work.left else "")
        )
    return True


def _finish(
    setting: Setting,
    report: Report,
    work: Backfill,
    before: Mapping[str, tuple[int, int]],
) -> None:
    """Puts what was built in its place, and does what a run does about the models above."""
    node = setting.node
    environment = {}
    with access.opened(setting.project) as database:
        report.run.plan = planned(setting, database, is_swapped=work.status == "swapped")
        if node.is_by_dates and work.status != "swapped":
            step = books.step(
                work, "swap", _all_of(setting, database, work),
                is_base=False, is_all=work.asked.is_all,
            )  # fmt: skip
            environment["HEADWATER_BACKFILL"] = json.dumps(step)
    runner.build_and_publish(
        setting.project,
        report.run,
        setting.known,
        before,
        partial(_call, setting),
        setting.say,
        environment,
        is_anew=True,
    )
    if any(each.name == node.name and each.has_failed for each in report.run.nodes):
        report.is_stopped = True
    elif not report.run.dbt_failed:
        with access.opened(setting.project) as database:
            books.finish(database, node, work, clock.now())
            publish_ops_only(setting.project, database)


def planned(setting: Setting, database: Database, *, is_swapped: bool) -> plan.Plan:
    """What is to be built: of an event type what is pending above its base; of a model itself,
    and what keeps rows and is built from it."""
    known, node = setting.known, setting.node
    above = frozenset(known.descendants({node.name}))
    found = runner.make_plan(setting.project, database, known, setting.failing, above)
    if node.is_base or is_swapped:
        return found
    left = known.descendants(
        {f"base_{event}" for event in setting.failing if f"base_{event}" in known.by_name}
    )
    pending = {each.name: each for each in found.pending}
    for each in known.nodes.values():
        if each.name in above and each.is_logged and each.kind == "model" and each.name not in left:
            why = "backfilled" if each == node else f"{node.name} was backfilled"
            pending.setdefault(each.name, plan.Pending(each.name, why))
    ordered = [pending[each.name] for each in known.nodes.values() if each.name in pending]
    return replace(found, pending=tuple(ordered), unchecked=(), tested=(), unpublished=())


def _all_of(setting: Setting, database: Database, work: Backfill) -> Batch:
    """All batches as one, without what has been frozen since they were built."""
    first, last = work.batches[0].first, work.batches[-1].last
    found = runner.make_plan(
        setting.project, database, setting.known, {}, frozenset({setting.node.name})
    )
    frozen = found.frozen.get(setting.node.name)
    if frozen is not None:
        bound = history.at(frozen)
        first = bound if first is None else max(first, bound)
    return Batch(0, first, last, with_null=work.batches[0].with_null)


def span(node: Node, batch: Batch) -> str:
    """`2026-01-01 to 2026-01-31`, or hours; open where there is no bound."""
    first, last = (
        (f"{moment:%Y-%m-%d %H}:00" if node.is_base else moment.date().isoformat())
        if moment
        else ""
        for moment in (batch.first, batch.last)
    )
    if first and last:
        return first if first == last else f"{first} to {last}"
    if last:
        return f"until {last}"
    return f"from {first}" if first else "all dates"
