"""What is late, incomplete, failing or quarantined, worst first, and whose it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from headwater import hours
from headwater.branches import Failing
from headwater.contracts.model import EventContract
from headwater.database import Database, has
from headwater.finding import ORDER, Finding, whose
from headwater.literals import literal
from headwater.load import undeclared
from headwater.runs import name_of

_LOOK_BACK = dt.timedelta(days=7)


@dataclass(frozen=True)
class Status:
    """`as_of` is when the numbers were true; `run` the latest run's row, None before any."""

    as_of: dt.datetime
    run: Mapping[str, Any] | None
    findings: tuple[Finding, ...]

    def lines(self) -> list[str]:
        if self.run is None:
            head = "no run yet: headwater run"
        else:
            began = f"{self.run['started_at']:%Y-%m-%d %H:%M} UTC"
            head = f"last run {self.run['run_id']} {self.run['status']}, began {began}"
        if not self.findings:
            return [head, "nothing late, failing or quarantined"]
        return [head, *(str(each) for each in self.findings)]

    def as_json(self) -> dict[str, Any]:
        run = None
        if self.run is not None:
            run = {
                key: value.isoformat() if isinstance(value, dt.datetime) else value
                for key, value in self.run.items()
            }
        return {
            "as_of": self.as_of.isoformat(),
            "run": run,
            "findings": [asdict(each) for each in self.findings],
        }


def read(
    database: Database,
    contracts: Sequence[EventContract],
    at: dt.datetime,
    failing: Iterable[Failing] = (),
) -> Status:
    """The state of everything at one moment (`at`, UTC)."""
    by_event = {contract.event: contract for contract in contracts}
    failed = list(failing)
    since = literal(at - _LOOK_BACK)
    findings = [
        *_failing(failed),
        *hours.late(database, contracts, at),
        *hours.incomplete(database, contracts, at - _LOOK_BACK),
        *_quarantined(database, by_event, since),
        *_files(database, by_event, since),
        *_undeclared(database, by_event, failed),
        *_checks(database),
        *_unpublished(database),
        *hours.revised(database, contracts, at - _LOOK_BACK),
    ]
    findings.sort(key=lambda each: (ORDER.index(each.kind), -each.size, each.subject))
    runs = _records(
        database,
        ("run_id", "job", "status", "started_at", "finished_at", "exit_code", "message"),
        "ops.runs",
        "order by started_at desc limit 1",
    )
    return Status(at, runs[0] if runs else None, tuple(findings))


def run_nodes(database: Database, run_id: str) -> list[Mapping[str, Any]]:
    """What one run did, node by node, slowest first; empty when there is no such run."""
    return _records(
        database,
        ("node", "status", "seconds", "row_count", "message"),
        "ops.run_nodes",
        f"where run_id = {literal(run_id)} order by seconds desc",
    )


def _records(
    database: Database, columns: Sequence[str], table: str, rest: str
) -> list[Mapping[str, Any]]:
    rows = database.rows(f"select {', '.join(columns)} from {database.name(table)} {rest}")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _failing(failing: Iterable[Failing]) -> Iterator[Finding]:
    for each in failing:
        first = str(each.diagnostics[0]).splitlines()[0]
        subject = each.event or "contracts/"
        yield Finding("failed", subject, f"{each.reason}: {first}", each.owner, each.channel)


def _quarantined(
    database: Database, by_event: Mapping[str, EventContract], since: str
) -> list[Finding]:
    top: dict[str, tuple[str, int]] = {}
    for event, violation, count in database.rows(
        f"select event_type, violation, sum(row_count) as n from"
        f" {database.name('ops.violations')} where hour >= {since}"
        " group by event_type, violation order by n, violation desc"
    ):
        top[event] = (violation, int(count))
    found = []
    for event, invalid, total in database.rows(
        f"select event_type, sum(invalid), sum(row_count) from {database.name('ops.hours')}"
        f" where hour >= {since} group by event_type having sum(invalid) > 0"
    ):
        share = 100 * invalid / total
        reason = f", mostly {top[event][0]} ({top[event][1]:,})" if event in top else ""
        detail = f"{int(invalid):,} of {int(total):,} rows in 7 days ({share:.1f} %){reason}"
        found.append(Finding("quarantined", event, detail, *whose(by_event, event), share))
    return found


def _files(database: Database, by_event: Mapping[str, EventContract], since: str) -> list[Finding]:
    found = []
    for event, path, reason in database.rows(
        f"select event_type, path, reason from {database.name('ops.files')}"
        f" where status = 'set_aside' and loaded_at >= {since}"
    ):
        found.append(Finding("set aside", path, reason or "", *whose(by_event, event)))
    for event, unparsed, files in database.rows(
        f"select event_type, sum(unparsed), count(*) from {database.name('ops.files')}"
        f" where unparsed > 0 and loaded_at >= {since} group by event_type"
    ):
        detail = f"{int(unparsed):,} records of {files:,} files are in raw.unparsed"
        found.append(Finding("unparsed", event, detail, *whose(by_event, event), float(unparsed)))
    return found


def _undeclared(
    database: Database, by_event: Mapping[str, EventContract], failing: Sequence[Failing]
) -> list[Finding]:
    if not has(database, "ops.routed"):
        return []  # the warehouse, or the copy in serve, is of a version before there were any
    broken = {each.event for each in failing}
    found = []
    for each in undeclared.read(database):
        records = f"{each.records:,} record{'' if each.records == 1 else 's'}"
        files = f"{each.files:,} file{'' if each.files == 1 else 's'}"
        detail = (
            f"{records} of {files} in raw.undeclared since {each.since:%Y-%m-%d %H:%M} UTC;"
            f" {each.hint(by_event, broken)}"
        )
        to_ask = whose(by_event, each.event)
        found.append(Finding("undeclared", each.event, detail, *to_ask, float(each.records)))
    return found


def _checks(database: Database) -> list[Finding]:
    results = database.name("ops.check_results")
    found = []
    for model, check, column, severity, observed, owner, channel in database.rows(
        f"""
        select model, check_name, column_name, severity, observed, owner, channel
        from {results} as results
        where not is_passed and checked_at = (
            select max(latest.checked_at) from {results} as latest
            where latest.model = results.model
        )
        """
    ):
        place = f"{model}.{column}" if column else model
        kind = "failed" if severity == "critical" else "warning"
        detail = f"{check}{': ' + observed if observed else ''}"
        found.append(Finding(kind, place, detail, owner or "", channel or ""))
    nodes, runs = database.name("ops.run_nodes"), database.name("ops.runs")
    for node, message in database.rows(
        f"""
        select node, message from {nodes}
        where status = 'error' and run_id = (
            select run_id from {runs} where status <> 'running'
            order by started_at desc limit 1
        )
        """
    ):
        found.append(Finding("failed", name_of(node), message or "", "", ""))
    return found


def _unpublished(database: Database) -> list[Finding]:
    found = []
    for model, checked_at, published_at in database.rows(
        f"""
        select checked.model, checked.checked_at, published.published_at
        from {database.name("ops.checked")} as checked
        left join {database.name("ops.published")} as published
            on checked.model = published.model
        where not checked.is_passed
        """
    ):
        if published_at is None:
            detail = "never passed its checks, so it is not in serve"
        else:
            detail = f"serve has its last good version, of {published_at:%Y-%m-%d %H:%M} UTC"
        size = checked_at.timestamp() if checked_at else 0.0
        found.append(Finding("unpublished", model, detail, "", "", size))
    return found
