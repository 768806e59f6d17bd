"""`check`: judges models in the warehouse and records what it found."""

from __future__ import annotations

import difflib
import os
import threading
from collections.abc import Iterable, Mapping, Sequence

from headwater import clock, dbt, plan
from headwater.check.results import CheckReport, CheckResult, Mark, record
from headwater.check.suite import Suite, read_suites, suite_path
from headwater.database import Database
from headwater.errors import BadInput, Diagnostic
from headwater.graph import Node
from headwater.project import Project


def check(
    project: Project,
    database: Database,
    models: Sequence[str] | None = None,
    *,
    dbt_rows: Sequence[CheckResult] = (),
    run_id: str = "",
) -> CheckReport:
    """Runs the suites of `models` (default: every mart and every model with a suite).

    `dbt_rows` (from `dbt_results`) are recorded with them and count towards the verdicts.
    Rows go to ops.check_results, and each judged model gets its mark in ops.checked at the
    sequence number it stands at. A model with no suite passes, unless a dbt test failed it.

    Raises BadInput for a name in `models` that is no model.
    """
    found = dbt.graph_of(project)
    known = found.by_name
    suites = {suite.model: suite for suite in read_suites(project.root)}
    chosen = _chosen(models, known, suites)
    existing = database.tables()
    built = [name for name in chosen if name in known and known[name].table in existing]
    pairs = [(suites[name], known[name]) for name in built if name in suites]
    results, wrong = _judge(database, pairs, known)
    wrong += [each for name in chosen if name in suites for each in suites[name].diagnostics]
    wrong += _suites_of_nothing(chosen, known, suites)
    results += [row for row in dbt_rows if row.model in chosen]
    verdicts = _verdicts(built, results, wrong, suites)
    logged = dict(
        database.rows(
            f"select model, max(seq) from {database.name('ops.changed_dates')} group by model"
        )
    )
    at = clock.now()
    record(
        database,
        results=[*results, *_rows_of(wrong, suites, known)],
        marks=[
            Mark(
                name,
                logged.get(name, 0),
                plan.suite_of(found, known[name], suites[name].hash if name in suites else ""),
                passed,
            )
            for name, passed in verdicts.items()
        ],
        run_id=run_id or f"check-{at:%Y%m%dT%H%M%S}",
        at=at,
    )
    return CheckReport(
        results=tuple(results),
        diagnostics=tuple(sorted(wrong)),
        verdicts=verdicts,
        not_built=tuple(name for name in chosen if name in known and name not in built),
    )


def prepare(project: Project, models: Iterable[str]) -> None:
    """Imports Great Expectations beside whatever the caller waits for next (dbt, in a run),
    when one of `models` has a suite. Nothing has to wait for it."""
    if any(suite_path(project.root, model).is_file() for model in models):
        # Not at once: a fork in the middle of an import may leave its child a lock nobody frees.
        threading.Timer(0.5, _import).start()


def _import() -> None:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read once, while importing
    from headwater.check import gx  # noqa: F401


def _chosen(
    models: Sequence[str] | None, known: Mapping[str, Node], suites: dict[str, Suite]
) -> list[str]:
    if models is not None:
        for name in models:
            if name not in known and name not in suites:
                close = difflib.get_close_matches(name, known, n=1)
                raise BadInput(f"no model {name!r}", f"did you mean {close[0]}?" if close else "")
        return list(dict.fromkeys(models))
    marts = {name for name, node in known.items() if node.is_mart}
    return sorted(marts | set(suites))


def _judge(
    database: Database, pairs: Sequence[tuple[Suite, Node]], known: Mapping[str, Node]
) -> tuple[list[CheckResult], list[Diagnostic]]:
    results: list[CheckResult] = []
    wrong: list[Diagnostic] = []
    if any(suite.expectations for suite, _ in pairs):
        _import()
        from headwater.check import engines, gx

        engine = engines.engine_for(database)
        try:
            for suite, model in pairs:
                found, complaints = gx.evaluate(engine, suite, model, known)
                results += found
                wrong += complaints
        finally:
            engine.close()
    return results, wrong


def _suites_of_nothing(
    chosen: Iterable[str], known: Mapping[str, Node], suites: dict[str, Suite]
) -> list[Diagnostic]:
    return [
        Diagnostic(
            suites[name].path,
            1,
            f"there is no model {name}",
            "delete the suite, or name the file after its model",
        )
        for name in chosen
        if name in suites and name not in known
    ]


def _verdicts(
    built: Iterable[str],
    results: Iterable[CheckResult],
    diagnostics: Iterable[Diagnostic],
    suites: dict[str, Suite],
) -> dict[str, bool]:
    failed = {each.model for each in results if not each.passed and each.severity == "critical"}
    unreadable = {each.path for each in diagnostics}
    failed |= {name for name, suite in suites.items() if suite.path in unreadable}
    return {name: name not in failed for name in built}


def _rows_of(
    diagnostics: Iterable[Diagnostic], suites: dict[str, Suite], known: Mapping[str, Node]
) -> list[CheckResult]:
    """What is wrong with a suite is a failed check too: it must be seen where those are."""
    suite_at = {suite.path: suite for suite in suites.values()}
    rows = []
    for each in diagnostics:
        suite = suite_at[each.path]
        model = known.get(suite.model)
        rows.append(
            CheckResult(
                model=suite.model,
                check=f"{each.path}:{each.line}",
                tool="great_expectations",
                column="",
                severity="critical",
                passed=False,
                observed=each.message,
                owner=suite.owner or (model.owner if model else ""),
                channel=suite.channel or (model.channel if model else ""),
            )
        )
    return rows
