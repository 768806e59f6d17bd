"""Delivery hours: those that are late, incomplete, or changed after they closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from headwater.contracts.model import EventContract
from headwater.database import Database, has
from headwater.finding import Finding, spans, whose
from headwater.literals import literal

_HOUR = dt.timedelta(hours=1)
_SHOWN_MODELS = 5


def late(database: Database, contracts: Sequence[EventContract], at: dt.datetime) -> list[Finding]:
    """Event types whose latest hour with rows is not the one that is due at `at`."""
    latest = dict(
        database.rows(
            f"select event_type, max(hour) from {database.name('ops.hours')}"
            " where row_count > 0 group by event_type"
        )
    )
    found = []
    for contract in contracts:
        due = (at - contract.due_after).replace(minute=0, second=0, microsecond=0)
        expected = due - _HOUR
        hour = latest.get(contract.event)
        if hour is None:
            detail, size = "nothing was ever delivered", 0.0
        elif hour < expected:
            behind = (expected - hour).total_seconds() / 3600
            detail = f"{behind:.0f} h behind: the latest hour is {hour:%Y-%m-%d %H}:00 UTC"
            size = behind
        else:
            continue
        found.append(
            Finding("late", contract.event, detail, contract.owner, contract.channel, size)
        )
    return found


def incomplete(
    database: Database, contracts: Sequence[EventContract], since: dt.datetime
) -> list[Finding]:
    """Event types of whose hours less came than manifests promised, or than their SLO says.

    Asks ops.files, so that it also knows of files that no build has counted yet.
    """
    if not has(database, "ops.revisions"):
        return []  # the warehouse, or the copy in serve, is of a version before there were any
    by_event = {contract.event: contract for contract in contracts}
    short: dict[str, list[tuple[float, dt.datetime, int, int]]] = {}
    for event, hour, promised, came in database.rows(
        f"""
        select event_type, hour, sum(expected_records), sum(came)
        from (
            select
                event_type,
                hour,
                expected_records,
                case
                    when status = 'loaded' then least(records, expected_records)
                    else 0
                end as came
            from {database.name("ops.files")}
            where
                status in ('loaded', 'set_aside')
                and expected_records > 0
                and hour >= {literal(since)}
        ) as promises
        group by event_type, hour
        having sum(came) < sum(expected_records)
        """
    ):
        contract = by_event.get(event)
        wanted = contract.completeness if contract else None
        share = 100 * int(came) / int(promised)
        if wanted is None or share < wanted:
            short.setdefault(event, []).append((share, hour, int(came), int(promised)))
    found = []
    for event, hours in short.items():
        share, hour, came, promised = min(hours)
        contract = by_event.get(event)
        slo = f", not {contract.completeness:g} %" if contract and contract.completeness else ""
        more = f"; {len(hours) - 1:,} more in 7 days" if len(hours) > 1 else ""
        detail = (
            f"{hour:%Y-%m-%d %H}:00 UTC has {came:,} of the {promised:,} records that manifests"
            f" promise ({share:.1f} %{slo}){more}"
        )
        found.append(Finding("incomplete", event, detail, *whose(by_event, event), 100 - share))
    return found


def revised(
    database: Database, contracts: Sequence[EventContract], since: dt.datetime
) -> list[Finding]:
    """Event types of which closed hours changed, with the dates that this restated."""
    if not has(database, "ops.revisions"):
        return []  # the warehouse, or the copy in serve, is of a version before there were any
    by_event = {contract.event: contract for contract in contracts}
    dates = _restated(database, since)
    reasons: dict[str, list[str]] = {}
    for event, reason in database.rows(
        f"select distinct event_type, reason from {database.name('ops.revisions')}"
        f" where revised_at >= {literal(since)} order by event_type, reason"
    ):
        reasons.setdefault(event, []).append(reason)
    found = []
    for event, hours, first, last, added, replaced in database.rows(
        f"""
        select
            event_type, count(distinct hour), min(hour), max(hour),
            sum(rows_added), sum(rows_replaced)
        from {database.name("ops.revisions")}
        where revised_at >= {literal(since)}
        group by event_type
        """
    ):
        changed = ", ".join(
            text
            for text, count in (
                (f"{int(added):,} rows added", added),
                (f"{int(replaced):,} judged anew", replaced),
            )
            if count
        )
        detail = (
            f"{_hours(int(hours), first, last)} changed after closing"
            f" ({' and '.join(reasons[event])}{': ' if changed else ''}{changed});"
            f" restated {restated_text(dates.get(event, {}))}"
        )
        found.append(Finding("revised", event, detail, *whose(by_event, event), float(hours)))
    return found


def restated_text(dates: Mapping[str, Iterable[dt.date | None]]) -> str:
    """`fct_a 2026-01-31; fct_b all dates`: a few models, a null date being all."""
    texts = [
        f"{model} {'all dates' if None in days else spans(day for day in days if day)}"
        for model, days in ((model, set(dates[model])) for model in sorted(dates))
    ]
    left = len(texts) - _SHOWN_MODELS
    more = [f"{left:,} more models"] if left > 0 else []
    return "; ".join([*texts[:_SHOWN_MODELS], *more]) or "nothing"


def _hours(count: int, first: dt.datetime, last: dt.datetime) -> str:
    if count == 1:
        return f"the hour {first:%Y-%m-%d %H}:00 UTC"
    return f"{count:,} hours from {first:%Y-%m-%d %H}:00 to {last:%Y-%m-%d %H}:00 UTC"


def _restated(database: Database, since: dt.datetime) -> dict[str, dict[str, list[dt.date | None]]]:
    """Per event type the models below its base, with their restated dates."""
    found: dict[str, dict[str, list[dt.date | None]]] = {}
    for event, model, day in database.rows(
        f"""
        select distinct restated.event_type, restated.model, restated.restated_date
        from {database.name("ops.restated")} as restated
        inner join {database.name("ops.revisions")} as revisions
            on
                restated.event_type = revisions.event_type
                and restated.hour = revisions.hour
                and restated.revision = revisions.revision
        where revisions.revised_at >= {literal(since)}
        """
    ):
        if model != f"base_{event}":
            found.setdefault(event, {}).setdefault(model, []).append(day)
    return found
