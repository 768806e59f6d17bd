"""Reads what the front page shows: from ops and event contracts, never from records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from headwater import status
from headwater.check import Suite
from headwater.contracts.model import EventContract
from headwater.database import Database
from headwater.docs.values import Check, EventType, Hour, Mart, Reason, Run, State
from headwater.finding import Finding
from headwater.graph import Graph, Node
from headwater.literals import literal

HOURS_SHOWN = 48
DAYS_COUNTED = 7
RUNS_SHOWN = 8
REASONS_SHOWN = 3


def read(
    database: Database,
    contracts: Sequence[EventContract],
    known: Graph,
    suites: Sequence[Suite],
    at: dt.datetime,
) -> State:
    """The state at one moment (`at`, UTC)."""
    findings = status.read(database, contracts, at).findings
    checks = _checks(database, suites)
    return State(
        at=at,
        findings=findings,
        events=_events(database, contracts, known, findings, at),
        marts=_marts(database, known, checks),
        checks=checks,
        runs=_runs(database),
    )


def _latest_majors(contracts: Sequence[EventContract]) -> list[EventContract]:
    """Per event type the major that `ref` means: the one that says so, else the oldest."""
    latest: dict[str, EventContract] = {}
    for contract in sorted(contracts, key=lambda each: (each.latest, -each.major)):
        latest[contract.event] = contract
    return list(latest.values())


def _events(
    database: Database,
    contracts: Sequence[EventContract],
    known: Graph,
    findings: Sequence[Finding],
    at: dt.datetime,
) -> tuple[EventType, ...]:
    hours = database.name("ops.hours")
    since = literal(at - dt.timedelta(days=DAYS_COUNTED))
    latest = dict(
        database.rows(
            f"select event_type, max(hour) from {hours} where row_count > 0 group by event_type"
        )
    )
    counts = {
        event: (int(rows or 0), int(invalid or 0), int(duplicates or 0))
        for event, rows, invalid, duplicates in database.rows(
            "select event_type, sum(row_count), sum(invalid), sum(duplicates)"
            f" from {hours} where hour >= {since} group by event_type"
        )
    }
    unparsed = {
        event: int(count or 0)
        for event, count in database.rows(
            f"select event_type, sum(unparsed) from {database.name('ops.files')}"
            f" where loaded_at >= {since} group by event_type"
        )
    }
    reasons = _reasons(database, since)
    bars = _bars(database, at)
    late = {each.subject: each.detail for each in findings if each.kind == "late"}
    found = []
    for contract in _latest_majors(contracts):
        event = contract.event
        rows, invalid, duplicates = counts.get(event, (0, 0, 0))
        node = known.by_name.get(f"stg_{event}") or known.by_name.get(
            f"stg_{event}.v{contract.major}"
        )
        found.append(
            EventType(
                name=event,
                domain=contract.domain,
                description=contract.description,
                owner=contract.owner,
                channel=contract.channel,
                tier=contract.tier,
                doc=node.unique_id if node else "",
                latest=latest.get(event),
                late=late.get(event, ""),
                rows=rows,
                duplicates=duplicates,
                invalid=invalid,
                unparsed=unparsed.get(event, 0),
                reasons=tuple(reasons.get(event, ())),
                hours=tuple(bars.get(event, ())),
            )
        )
    return tuple(sorted(found, key=lambda each: (not each.late, -each.invalid_share, each.name)))


def _reasons(database: Database, since: str) -> Mapping[str, list[Reason]]:
    found: dict[str, list[Reason]] = {}
    for event, violation, count in database.rows(
        f"select event_type, violation, sum(row_count) as n from {database.name('ops.violations')}"
        f" where hour >= {since} group by event_type, violation order by n desc, violation"
    ):
        listed = found.setdefault(event, [])
        if len(listed) < REASONS_SHOWN:
            listed.append(Reason(violation, int(count)))
    return found


def _bars(database: Database, at: dt.datetime) -> Mapping[str, list[Hour]]:
    """The last hours of each event type up to now, those without rows included."""
    end = at.replace(minute=0, second=0, microsecond=0)
    start = end - dt.timedelta(hours=HOURS_SHOWN - 1)
    counted: dict[str, dict[dt.datetime, tuple[int, int]]] = {}
    for event, hour, rows, invalid in database.rows(
        f"select event_type, hour, row_count, invalid from {database.name('ops.hours')}"
        f" where hour >= {literal(start)}"
    ):
        counted.setdefault(event, {})[hour] = (int(rows or 0), int(invalid or 0))
    moments = [start + dt.timedelta(hours=number) for number in range(HOURS_SHOWN)]
    return {
        event: [Hour(moment, *hours.get(moment, (0, 0))) for moment in moments]
        for event, hours in counted.items()
    }


_RESULTS = ("failed", "warning", "passed")


def _checks(database: Database, suites: Sequence[Suite]) -> tuple[Check, ...]:
    """Each model's latest round of checks."""
    why = {
        (suite.model, each.label, ", ".join(each.columns)): each.description
        for suite in suites
        for each in suite.expectations
    }
    results = database.name("ops.check_results")
    found = []
    for model, name, column, tool, severity, passed, observed, owner, channel, at in database.rows(
        f"""
        select
            model, check_name, column_name, tool, severity, is_passed, observed, owner, channel,
            checked_at
        from {results} as results
        where checked_at = (
            select max(latest.checked_at) from {results} as latest
            where latest.model = results.model
        )
        """
    ):
        found.append(
            Check(
                model=model,
                column=column or "",
                name=name,
                tool=tool,
                severity=severity,
                passed=bool(passed),
                observed=observed or "",
                owner=owner or "",
                channel=channel or "",
                at=at,
                why=why.get((model, name, column or ""), ""),
            )
        )
    found.sort(key=lambda each: (_RESULTS.index(each.result), each.model, each.column, each.name))
    return tuple(found)


_STATES = ("never", "held", "unchecked", "current")


def _marts(database: Database, known: Graph, checks: Sequence[Check]) -> tuple[Mart, ...]:
    def marks(columns: str, table: str, rest: str = "") -> dict[str, tuple[Any, ...]]:
        return {
            model: tuple(values)
            for model, *values in database.rows(
                f"select model, {columns} from {database.name(table)} {rest}"
            )
        }

    built = marks("max(built_at)", "ops.built", "group by model")
    logged = marks("max(seq)", "ops.changed_dates", "group by model")
    published = marks("max(seq), max(published_at)", "ops.published", "group by model")
    judged = marks("is_passed", "ops.checked")
    found = []
    for node in known.nodes.values():
        if node.is_mart:
            seq, at = published.get(node.name, (None, None))
            is_current = seq is not None and seq >= (logged.get(node.name) or (0,))[0]
            found.append(
                Mart(
                    name=node.name,
                    doc=node.unique_id,
                    description=_first_sentence(node),
                    owner=node.owner,
                    channel=node.channel,
                    state=_mart_state(is_current, at, judged.get(node.name, (None,))[0]),
                    built=built.get(node.name, (None,))[0],
                    published=at,
                    checks=tuple(each for each in checks if each.model == node.name),
                )
            )
    return tuple(sorted(found, key=lambda each: (_STATES.index(each.state), each.name)))


def _mart_state(is_current: bool, published: Any, is_passed: bool | None) -> str:
    if published is None:
        return "unchecked" if is_passed is None else "never"
    return "current" if is_current else "held"


def _first_sentence(node: Node) -> str:
    text = " ".join(node.description.split())
    head, dot, _ = text.partition(". ")
    return head + dot.strip()


def _runs(database: Database) -> tuple[Run, ...]:
    rows = database.rows(
        "select run_id, job, status, started_at, finished_at, loaded, unparsed, built, failed,"
        f" published from {database.name('ops.runs')}"
        f" order by started_at desc limit {RUNS_SHOWN}"
    )
    return tuple(
        Run(
            run_id=run_id,
            job=job or "",
            status=said or "",
            started=started,
            seconds=(finished - started).total_seconds() if started and finished else None,
            loaded=int(loaded or 0),
            unparsed=int(unparsed or 0),
            built=int(built or 0),
            failed=int(failed or 0),
            published=int(published or 0),
        )
        for run_id, job, said, started, finished, loaded, unparsed, built, failed, published in rows
    )
