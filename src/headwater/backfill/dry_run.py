"""What a backfill would change, without changing anything: it is done in a scratch warehouse,
where the batches are built as they would be, and compared with what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

from headwater import access, clock, runs, scratch, summary
from headwater.backfill import books
from headwater.backfill.batches import Batch
from headwater.backfill.history import Work
from headwater.backfill.told import not_healed
from headwater.backfill.work import (
    Report,
    Setting,
    build_batches,
    load_redelivered,
    planned,
    prepare,
    refuse,
    span,
    stale_views,
)
from headwater.database import Database, DuckDB
from headwater.errors import HeadwaterError
from headwater.finding import spans
from headwater.forecast import Told, downstream
from headwater.graph import Node
from headwater.load.preview import new_files
from headwater.scratch import LIVE
from headwater.serve import quoted
from headwater.windows import Restated

# The columns that say when and under what a row was built, not what it is.
_OF_THE_BUILD = ("_contract_hash", "_load_id")


def dry_run(setting: Setting) -> Iterator[str]:
    """What would be loaded, rebuilt, changed and restated, a line each; the caller holds the
    lock.

    Raises BadInput as the backfill would, and HeadwaterError when dbt fails.
    """
    project = setting.project
    if project.engine == "duckdb" and not project.warehouse_file.is_file():
        raise HeadwaterError(f"no warehouse at {project.warehouse_file}", "make one: headwater run")
    with access.opened(project, read_only=True) as database:
        refuse(setting, database)
        arriving = [
            file
            for file in new_files(project, access.handle(database), ())
            if setting.node.is_base and file.event == setting.name
        ]
        for file in arriving:
            yield f"would load    {file.path}"
        known = None if arriving else setting.work(database)
    if project.engine != "duckdb":
        yield from _planned(setting, known)
        return
    with scratch.made(project) as place:
        yield from _Trial(setting, replace(setting, project=place)).lines()


def _planned(setting: Setting, work: Work | None) -> Iterator[str]:
    """All that can be said without building anything."""
    if work is not None:
        yield from _rebuilt(setting, work)
        yield from not_healed(setting.node, work)
    above = setting.known.descendants({setting.node.name}) - {setting.node.name}
    logged = sorted(name for name in above if setting.known.by_name[name].is_logged)
    yield f"would restate {', '.join(logged) or 'nothing else'}"
    yield "not evaluated: on BigQuery a scratch copy would be billed; nothing was changed"


def _rebuilt(setting: Setting, work: Work) -> Iterator[str]:
    node = setting.node
    if not setting.is_in_parts:
        yield f"would rebuild {node.name}, as a whole"
        return
    if not work.batches:
        yield f"would rebuild nothing of {node.name}"
        return
    count, parts = len(work.batches), len(work.rows)
    what = f"{parts:,} {'hour' if node.is_base else 'date'}{'' if parts == 1 else 's'}"
    all_of_it = Batch(0, work.first, work.last) if work.rows else work.batches[0]
    yield (
        f"would rebuild {node.name}: {what}, {span(node, all_of_it)}"
        f", in {count:,} batch{'' if count == 1 else 'es'}"
    )


class _Trial:
    """The same backfill, as `trial` on the scratch warehouse."""

    def __init__(self, setting: Setting, trial: Setting) -> None:
        self.setting, self.trial, self.node = setting, trial, setting.node

    def lines(self) -> Iterator[str]:
        trial, node = self.trial, self.node
        report = Report(node, is_whole=not trial.is_in_parts)
        with self._opened() as database:
            scratch.fill(database, self._copied(database))
            access.ensure_tables(database)
            if node.is_base:
                report.run.load = load_redelivered(trial, database)
                yield from (f"              {line}" for line in self._loaded(report))
            report.work = trial.work(database)
            yield from _rebuilt(trial, report.work)
            if report.is_whole:
                yield from self._descendants(database, report.work)
                return
            report.run.run_id = runs.begin(
                database, job="", trigger="backfill", target=trial.project.target
            )
            work = books.begin(
                database, node, trial.asked, trial.code, report.work.batches,
                trial.known.windows(node), report.run.run_id, clock.now(),
            )  # fmt: skip
            views = stale_views(trial, database)
            is_there = node.table in database.tables()
        is_built = prepare(trial, report, views, is_there) and build_batches(trial, report, work)
        if not is_built:
            raise HeadwaterError("\n".join(["it would fail", *summary.failures(report.run)]))
        with self._opened() as database:
            yield from self._changes(database, report.work, is_there=is_there)
            yield from self._descendants(database, report.work)
        yield from not_healed(node, report.work)
        yield "nothing was changed: this was evaluated in a scratch database"

    def _opened(self) -> AbstractContextManager[DuckDB]:
        assert isinstance(self.trial.project, scratch.Scratch)
        return scratch.opened(self.setting.project, self.trial.project)

    def _loaded(self, report: Report) -> Iterator[str]:
        if report.run.load is not None and report.run.load.files:
            yield from report.run.load.lines(self.trial.failing)

    def _copied(self, database: DuckDB) -> dict[tuple[str, str], str]:
        """The tables that are written: the range of raw, and of base as much more as a
        look-back reaches; of a mart the columns."""
        node, asked = self.node, self.trial.asked
        if not node.is_base:
            return {node.table: "false"}
        look_back = dt.timedelta(seconds=int(node.meta["dedup_lookback_seconds"]))
        raw = database.project.schema("raw")
        return {
            (raw, str(node.meta["event_type"])): _between("received_at", asked.first, asked.last),
            (raw, "unparsed"): "true",
            (raw, "undeclared"): "true",
            node.table: _between(
                "_hour",
                asked.first and asked.first - look_back,
                asked.last and asked.last + look_back,
            ),
        }

    def _changes(self, database: DuckDB, work: Work, *, is_there: bool) -> Iterator[str]:
        node = self.node
        here = quoted(*node.table) if node.is_base else books.aside(database, node)
        if not is_there:
            ((count,),) = database.rows(f"select count(*) from {here}")
            yield f"would change  {node.name}: {count:,} rows new, it is not there yet"
            return
        columns, gone, new = _columns(database, node, here)
        there = quoted(LIVE, *node.table)
        which = self._which(work)
        before, after = (f"select {columns} from {table} where {which}" for table in (there, here))
        gained, lost = f"{after} except all {before}", f"{before} except all {after}"
        ((more,),) = database.rows(f"select count(*) from ({gained})")
        ((less,),) = database.rows(f"select count(*) from ({lost})")
        date = f"cast({node.meta['date']} as date)"
        days = database.rows(
            f"select distinct {date} as day from (({gained}) union all ({lost}))"
            " where day is not null"
        )
        on = f", on {spans(day for (day,) in days)}" if days else ""
        yield f"would change  {node.name}: {more:,} rows new, {less:,} rows gone{on}"
        if new or gone:
            yield f"              columns: {', '.join([*new, *(f'no more {n}' for n in gone)])}"

    def _which(self, work: Work) -> str:
        """The rows to compare: those of the range, and in base also later ones, which may be
        copies of them."""
        node, asked = self.node, self.trial.asked
        if node.is_base:
            look_back = dt.timedelta(seconds=int(node.meta["dedup_lookback_seconds"]))
            return _between("_hour", asked.first, asked.last and asked.last + look_back)
        first, last = work.batches[0].first, work.batches[-1].last
        date = f"cast({node.meta['date']} as date)"
        within = _between(date, first, last and last - dt.timedelta(hours=1))
        return f"({within} or {date} is null)" if work.batches[0].with_null else within

    def _descendants(self, database: Database, work: Work) -> Iterator[str]:
        known, node, told = self.trial.known, self.node, Told()
        found = planned(self.trial, database, is_swapped=True)
        if not node.is_base:
            is_all = self.trial.asked.is_all or self.trial.is_in_parts is False
            days = frozenset(moment.date() for moment in work.rows)
            told.dates[node.name] = None if is_all else Restated(days)
        downstream(known, found, told)
        above = known.descendants({node.name}) - {node.name}
        for each in known.nodes.values():
            if each.name in above and each.name in told.dates:
                yield f"would restate {each.name}: {summary.in_words(told.dates[each.name])}"


def _between(column: str, first: dt.datetime | None, last: dt.datetime | None) -> str:
    """Whole hours, the last one included."""
    parts = []
    if first is not None:
        parts.append(f"{column} >= timestamp '{first}'")
    if last is not None:
        parts.append(f"{column} < timestamp '{last + dt.timedelta(hours=1)}'")
    return " and ".join(parts) or "true"


def _columns(database: DuckDB, node: Node, here: str) -> tuple[str, list[str], list[str]]:
    """The columns that both have, those that are gone, and those that are new."""
    old, new = (
        [row[0] for row in database.rows(f"describe {table}")]
        for table in (quoted(LIVE, *node.table), here)
    )
    both = [name for name in new if name in old and name not in _OF_THE_BUILD]
    return (
        ", ".join(quoted(name) for name in both),
        [name for name in old if name not in new],
        [name for name in new if name not in old],
    )
