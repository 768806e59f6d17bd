"""Write, audit, publish: people read *serve*, which has only marts that passed their checks.

On DuckDB serve is a file of its own. It is always written anew beside the old one and swapped
in by one rename, so a reader has the old file or the new one, and no row that was deleted in
the warehouse lingers in its free blocks. It holds the marts and ops: no raw, no keys.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

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
    project: Project, database: Database, verdicts: Mapping[str, bool]
) -> Iterator[Draft | None]:
    """Copies the marts for serve while the block finds out whether they pass.

    `verdicts`, as publish() takes them, are those hoped for. What is yielded is for
    publish(), which copies anew when they came out otherwise.
    """
    if not isinstance(database, DuckDB):
        yield None
        return
    found = dbt.graph_of(project)
    with ThreadPoolExecutor(1) as pool, database.connection.cursor() as beside:
        draft = pool.submit(_draft, DuckDB(project, beside), found, verdicts)
        try:
            yield draft
        finally:
            draft.exception()
            serve.discard(project, database.connection)


def _draft(database: DuckDB, found: Graph, verdicts: Mapping[str, bool]) -> _Drafted:
    marts = {node.name: node for node in found.nodes.values() if node.is_mart}
    marks = _read_marks(database)
    held = _held(found, marts, marks, verdicts)
    fresh = _in_warehouse(database, {name: marts[name] for name in marts if name not in held})
    if held or not marks.changed(fresh):
        return {}
    serve.clean(database.project)
    new = serve.begin(database.project, database.connection)
    for _, node in sorted(fresh.items()):
        new.copy_mart(node, from_old=False)
    return marks.numbers(fresh)


def publish(
    project: Project,
    database: Database,
    verdicts: Mapping[str, bool] | None = None,
    draft: Draft | None = None,
) -> PublishReport:
    """Brings serve up to date with every mart that passed, and refreshes ops in it.

    `verdicts` (any model by name) come before the marks in ops.checked, which decide about the
    rest: a mart is passed when it passed as it stands. A model that failed holds back itself
    and everything built from it. Marks go to ops.published once the new serve is in place, so
    a kill in between only makes the next run publish the same again. `draft`: of drafting().
    """
    found = dbt.graph_of(project)
    marts = {node.name: node for node in found.nodes.values() if node.is_mart}
    marks = _read_marks(database)
    held = _held(found, marts, marks, verdicts or {})
    fresh = {name: node for name, node in marts.items() if name not in held}
    changed = marks.changed(fresh)
    if isinstance(database, DuckDB):
        report = _to_file(project, database, marts, fresh, changed, marks, draft)
    elif isinstance(database, BigQuery):
        report = _to_dataset(project, database, marts, fresh, changed)
    else:
        raise TypeError(f"cannot publish from a {type(database).__name__}")
    _mark(database, report, marks)
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
    return _Marks(
        logged=dict(
            database.rows(f"select model, max(seq) from {name('ops.changed_dates')} group by model")
        ),
        passed=dict(
            database.rows(
                f"select model, max(seq) from {name('ops.checked')} where is_passed group by model"
            )
        ),
        published=dict(
            database.rows(f"select model, max(seq) from {name('ops.published')} group by model")
        ),
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
    return {
        name: node for name, node in marts.items() if (node.schema, node.identifier) in existing
    }


def _to_file(
    project: Project,
    database: DuckDB,
    marts: Mapping[str, Node],
    fresh: Mapping[str, Node],
    changed: Collection[str],
    marks: _Marks,
    draft: Draft | None,
) -> PublishReport:
    fresh = _in_warehouse(database, fresh)
    # What went wrong with a draft goes wrong again below, or does not matter.
    drafted = {} if draft is None or draft.exception() else draft.result()
    is_drafted = bool(drafted) and drafted == marks.numbers(fresh)
    if not is_drafted:
        serve.discard(project, database.connection)
        serve.clean(project)
    with serve.reading(project, database.connection) as old:
        has = {name for name, node in marts.items() if (node.schema, node.identifier) in old.marts}
        known = {(node.schema, node.identifier) for node in marts.values()}
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
            with serve.writing(project, database.connection, is_begun=is_drafted) as new:
                for name in () if is_drafted else sorted({*fresh, *kept}):
                    new.copy_mart(marts[name], from_old=name in kept)
                new.copy_ops(marks.numbers(published))
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


def _mark(database: Database, report: PublishReport, marks: _Marks) -> None:
    at = clock.now()
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
