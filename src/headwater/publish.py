"""Write, audit, publish: people read *serve*, which has only marts that passed their checks.

On DuckDB serve is a file of its own, written beside the old one and swapped in by one rename,
so a reader has the old file or the new one. It holds the marts and ops: no raw, no keys. It
is a copy of the old one in which what marts logged as changed is replaced; or written anew,
when that cannot be, and once a day, so that no row that was deleted lingers in its free blocks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from headwater import clock, dbt, serve
from headwater.database import BigQuery, Database, DuckDB, insert
from headwater.graph import Graph, Node
from headwater.literals import literal
from headwater.project import Project


@dataclass(frozen=True)
class PublishReport:
    """What serve now holds. `kept` marts stay at their last good version, `absent` ones never
    had any; `removed` are no longer in the project. `published` are those whose rows are new.
    """

    published: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """One line per mart that people do not get as it stands in the warehouse."""
        return [
            *(f"{name}: serve keeps its last good version" for name in self.kept),
            *(
                f"{name}: never passed its checks, so serve does not have it"
                for name in self.absent
            ),
            *(f"{name}: gone from the project, so gone from serve" for name in self.removed),
        ]


@dataclass(frozen=True)
class _Marks:
    """`logged`, `checked` (that passed) and `published`: the sequence number of each mart."""

    logged: Mapping[str, int]
    passed: Mapping[str, int]
    published: Mapping[str, int]
    published_at: Mapping[str, datetime]

    def numbers(self, names: Iterable[str]) -> dict[str, int]:
        """The sequence numbers at which marts stand."""
        return {name: self.logged.get(name, 0) for name in names}

    def changed(self, names: Iterable[str]) -> set[str]:
        """Those of them that stand at another number than was published."""
        return {
            name
            for name, number in self.numbers(names).items()
            if self.published.get(name, -1) != number
        }


# The marts that a new serve file has already, as they stand at these sequence numbers.
_Drafted = Mapping[str, int]
Draft = Future[_Drafted]


@contextlib.contextmanager
def drafting(
    project: Project, database: Database, verdicts: Mapping[str, bool], *, is_anew: bool = False
) -> Iterator[Draft | None]:
    """Copies the marts for serve while the block finds out whether they pass.

    `verdicts` and `is_anew` are as publish() takes them, the verdicts those hoped for. What is
    yielded is for publish(), which copies again when they came out otherwise.
    """
    if not isinstance(database, DuckDB):
        yield None
        return
    found = dbt.graph_of(project)
    with ThreadPoolExecutor(1) as pool, database.connection.cursor() as beside:
        draft = pool.submit(_draft, DuckDB(project, beside), found, verdicts, is_anew)
        try:
            yield draft
        finally:
            draft.exception()
            serve.discard(project, database.connection)


def _draft(database: DuckDB, found: Graph, verdicts: Mapping[str, bool], is_anew: bool) -> _Drafted:
    marts = {node.name: node for node in found.nodes.values() if node.is_mart}
    marks = _read_marks(database)
    held = _held(found, marts, marks, verdicts)
    fresh = _in_warehouse(database, {name: marts[name] for name in marts if name not in held})
    if held or not marks.changed(fresh):
        return {}
    project, connection = database.project, database.connection
    serve.clean(project)
    with serve.reading(project, connection) as old:
        patch = None if is_anew else _patch(database, marts, fresh, marks, old)
        new = serve.begin(project, connection, from_current=patch is not None)
    _fill(new, fresh, {}, patch)
    return marks.numbers(fresh)


@dataclass(frozen=True)
class _Patch:
    """What a copy of the serve file there is needs to become the next: `same` marts stay as
    they are in it, of others only what they logged after a number in `since` is replaced."""

    same: frozenset[str]
    since: Mapping[str, int]


def _patch(
    database: DuckDB,
    marts: Mapping[str, Node],
    fresh: Mapping[str, Node],
    marks: _Marks,
    old: serve.Old,
) -> _Patch | None:
    """None when the file has to be written anew, or might as well be."""
    if not old.is_tidy or old.marts - {node.table for node in marts.values()}:
        return None
    # A file that was brought back from elsewhere, or is of another warehouse, says otherwise.
    agreed = {
        name
        for name, node in fresh.items()
        if node.table in old.marts
        and old.published.get(name) == (marks.published.get(name), marks.published_at.get(name))
    }
    changed = marks.changed(agreed)
    whole = {
        model
        for (model,) in database.rows(
            f"select distinct dates.model from {database.name('ops.changed_dates')} as dates"
            f" inner join {database.name('ops.published')} as published"
            " on dates.model = published.model and dates.seq > published.seq"
            " where dates.changed_date is null"
        )
    }
    unlike = {
        (schema, table)
        for schema, table in database.rows(
            "select schema_name, table_name from ("
            " select schema_name, table_name, database_name,"
            " list(row(column_name, data_type) order by column_name) as columns"
            " from duckdb_columns()"
            f" where database_name in (current_database(), {literal(serve.OLD)})"
            " group by all"
            ") group by all having count(distinct columns) > 1"
        )
    }
    since = {
        each: marks.published[each]
        for each in changed
        if fresh[each].is_by_dates and each not in whole and fresh[each].table not in unlike
    }
    kept = set(marts) - set(fresh)
    return _Patch(frozenset(agreed - changed | kept), since) if since else None


def _fill(
    new: serve.New, fresh: Mapping[str, Node], kept: Mapping[str, Node], patch: _Patch | None
) -> None:
    """Puts all marts in a new serve file: `fresh` as they are, `kept` as they were."""
    for name, node in sorted({**fresh, **kept}.items()):
        if patch is not None and name in patch.since:
            new.patch_mart(node, patch.since[name])
        elif patch is not None and name in patch.same:
            new.describe_mart(node)
        else:
            new.copy_mart(node, from_old=name in kept)


def publish(
    project: Project,
    database: Database,
    verdicts: Mapping[str, bool] | None = None,
    draft: Draft | None = None,
    *,
    is_anew: bool = False,
) -> PublishReport:
    """Brings serve up to date with every mart that passed, and refreshes ops in it.

    `verdicts` (any model by name) come before the marks in ops.checked, which decide about the
    rest: a mart is passed when it passed as it stands. A model that failed holds back itself
    and everything built from it. Marks go to ops.published once the new serve is in place, so
    a kill in between only makes the next run publish the same again. `draft`: of drafting();
    `is_anew`: nothing is to stay of the bytes of the file there is.
    """
    at = clock.now()
    found = dbt.graph_of(project)
    marts = {node.name: node for node in found.nodes.values() if node.is_mart}
    marks = _read_marks(database)
    held = _held(found, marts, marks, verdicts or {})
    fresh = {name: node for name, node in marts.items() if name not in held}
    changed = marks.changed(fresh)
    if isinstance(database, DuckDB):
        report = _to_file(database, marts, fresh, changed, marks, draft, at, is_anew)
    elif isinstance(database, BigQuery):
        report = _to_dataset(project, database, marts, fresh, changed)
    else:
        raise TypeError(f"cannot publish from a {type(database).__name__}")
    _mark(database, report, marks, at)
    return report


def publish_ops_only(project: Project, database: Database) -> None:
    """Refreshes ops in serve, and nothing else: what `status` reads while a run goes on.

    Does nothing before the first publish, and on BigQuery, where everyone reads ops itself.
    """
    if isinstance(database, DuckDB) and project.serve_file.exists():
        with serve.writing(project, database.connection, from_current=True) as new:
            new.copy_ops()


def _read_marks(database: Database) -> _Marks:
    name = database.name
    published = database.rows(
        f"select model, max(seq), max(published_at) from {name('ops.published')} group by model"
    )
    return _Marks(
        logged=dict(
            database.rows(f"select model, max(seq) from {name('ops.changed_dates')} group by model")
        ),
        passed=dict(
            database.rows(
                f"select model, max(seq) from {name('ops.checked')} where is_passed group by model"
            )
        ),
        published={model: seq for model, seq, _ in published},
        published_at={model: at for model, _, at in published},
    )


def _held(
    found: Graph, marts: Mapping[str, Node], marks: _Marks, verdicts: Mapping[str, bool]
) -> set[str]:
    failed = {name for name, is_passed in verdicts.items() if not is_passed}
    failed |= {
        name
        for name in marts
        if name not in verdicts and marks.passed.get(name, -1) < marks.logged.get(name, 0)
    }
    return found.descendants(failed)


def _in_warehouse(database: DuckDB, marts: Mapping[str, Node]) -> dict[str, Node]:
    existing = database.tables()
    return {name: node for name, node in marts.items() if node.table in existing}


def _to_file(
    database: DuckDB,
    marts: Mapping[str, Node],
    fresh: Mapping[str, Node],
    changed: Collection[str],
    marks: _Marks,
    draft: Draft | None,
    at: datetime,
    is_anew: bool,
) -> PublishReport:
    project = database.project
    fresh = _in_warehouse(database, fresh)
    # What went wrong with a draft goes wrong again below, or does not matter.
    drafted = {} if draft is None or draft.exception() else draft.result()
    is_drafted = bool(drafted) and drafted == marks.numbers(fresh)
    if not is_drafted:
        serve.discard(project, database.connection)
        serve.clean(project)
    with serve.reading(project, database.connection) as old:
        has = {name for name, node in marts.items() if node.table in old.marts}
        known = {node.table for node in marts.values()}
        removed = tuple(sorted(table for schema, table in old.marts - known))
        published = tuple(sorted(name for name in fresh if name in changed or name not in has))
        kept = tuple(sorted(has - set(fresh)))
        report = PublishReport(
            published=published,
            kept=kept,
            absent=tuple(sorted(set(marts) - set(fresh) - has)),
            removed=removed,
        )
        if published or removed or not old.exists:
            is_drafted = is_drafted and not kept
            is_anew = is_anew or is_drafted
            patch = None if is_anew else _patch(database, marts, fresh, marks, old)
            with serve.writing(
                project,
                database.connection,
                from_current=patch is not None,
                is_begun=is_drafted,
            ) as new:
                if not is_drafted:
                    _fill(new, fresh, {name: marts[name] for name in kept}, patch)
                new.copy_ops(marks.numbers(published), at)
            return report
    publish_ops_only(project, database)
    return report


def _to_dataset(
    project: Project,
    database: BigQuery,
    marts: Mapping[str, Node],
    fresh: Mapping[str, Node],
    changed: Collection[str],
) -> PublishReport:
    dataset = project.schema("serve")
    has = {table for schema, table in database.tables() if schema == dataset}
    there = {name for name, node in marts.items() if node.identifier in has}
    published = tuple(sorted(name for name in fresh if name in changed or name not in there))
    removed = tuple(sorted(has - {node.identifier for node in marts.values()}))
    for statement in bigquery_statements(project, [marts[name] for name in published], removed):
        database.client.query(statement).result()
    return PublishReport(
        published=published,
        kept=tuple(sorted(there - set(fresh))),
        absent=tuple(sorted(set(marts) - set(fresh) - there)),
        removed=removed,
    )


def bigquery_statements(
    project: Project, published: Collection[Node], removed: Collection[str]
) -> list[str]:
    """What publishes on BigQuery: a clone per mart, each atomic, none a copy of bytes."""
    home = str(project.output["project"])
    dataset = f"{home}.{project.schema('serve')}"
    statements = [f"create schema if not exists `{dataset}`"] if published else []
    statements += [
        f"create or replace table `{dataset}.{node.identifier}`\n"
        f"clone `{home}.{node.schema}.{node.identifier}`"
        for node in published
    ]
    statements += [f"drop table if exists `{dataset}.{name}`" for name in removed]
    return statements


def _mark(database: Database, report: PublishReport, marks: _Marks, at: datetime) -> None:
    rows = [
        {"model": name, "seq": number, "published_at": at}
        for name, number in marks.numbers(report.published).items()
    ]
    gone = [*report.published, *report.removed]
    if gone:
        table = database.name("ops.published")
        names = ", ".join(literal(name) for name in gone)
        database.execute(
            f"delete from {table} where model in ({names})",
            *insert(database, "ops.published", rows),
        )
