"""What a run has to build, and why: the marks that raw, models and checks left compared."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from headwater.database import Database
from headwater.graph import Graph, Node
from headwater.raw import any_hour
from headwater.windows import Restated, Window, restated


@dataclass(frozen=True)
class Pending:
    """A model to build. `dates` are those it will restate, None when all or unknown yet; with
    `since`, all from there on are, too.

    Unknown are those that follow from upstreams which are to be built first: `waits_for`;
    `logged` are then the ones that are known already.
    """

    name: str
    reason: str
    dates: tuple[dt.date, ...] | None = None
    slices: int = 0
    waits_for: tuple[str, ...] = ()
    logged: tuple[dt.date, ...] = ()
    since: dt.date | None = None

    @property
    def restated(self) -> Restated:
        """The dates that are known already."""
        return Restated(frozenset(self.dates or self.logged), self.since)


@dataclass(frozen=True)
class Plan:
    """What to build, in order.

    `unchecked` marts have rows that no check has judged, `tested` are those of them that dbt
    has tests of; `unpublished` ones passed and are not in serve yet; `failing` ones failed as
    they stand, and nothing in this plan changes them. `frozen` has the first date that a model
    can still compute, where some of its past is gone.
    """

    pending: tuple[Pending, ...] = ()
    unchecked: tuple[str, ...] = ()
    tested: tuple[str, ...] = ()
    unpublished: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    frozen: Mapping[str, dt.date] = field(default_factory=dict)

    @property
    def build(self) -> tuple[str, ...]:
        """The names of the models to build."""
        return tuple(each.name for each in self.pending)

    @property
    def selected(self) -> tuple[str, ...]:
        """What dbt selects: what is pending with its tests, and of unchecked marts the tests.

        Building those again would restate all that is built from them, for a test's sake.
        """
        return (*self.build, *(f"{name},resource_type:test" for name in self.tested))

    @property
    def is_nothing(self) -> bool:
        return not (self.pending or self.unchecked or self.unpublished)


@dataclass(frozen=True)
class _Marks:
    built: Mapping[tuple[str, str], tuple[int, str]]
    logged: Mapping[str, int]
    checked: Mapping[str, tuple[int, str, bool]]
    published: Mapping[str, int]
    expired: Mapping[str, dt.datetime]  # event type to the last hour that left its base


def make(
    database: Database,
    graph: Graph,
    suites: Callable[[Node], str],
    *,
    only: Collection[str] | None = None,
    leave: Collection[str] = (),
) -> Plan:
    """Compares the four marks: raw to base, base to mart, mart to checked, checked to published.

    `suites` gives the hash of a mart's checks; `only` limits the plan to these names (a
    job's); `leave` names what this run must not touch, with all that is built from it.
    """
    existing = database.tables()
    marks = _read_marks(database, existing)
    left = graph.descendants(set(leave))
    pending: dict[str, Pending] = {}
    for node in graph.nodes.values():
        if node.name in left or (only is not None and node.name not in only):
            continue
        if node.materialized == "ephemeral" or _is_held(graph, node, marks, suites, pending):
            continue
        found = _why(database, graph, node, marks, existing, pending)
        if found:
            pending[node.name] = found
    marts = [
        node
        for node in graph.nodes.values()
        if node.is_mart and node.name not in left and (only is None or node.name in only)
    ]
    unchecked = [
        node.name
        for node in marts
        if node.name not in pending
        and not _is_checked(node, marks, suites)
        and not _is_held(graph, node, marks, suites, pending)
        and marks.logged.get(node.name)
    ]
    unpublished = [
        node.name
        for node in marts
        if node.name not in pending
        and node.name not in unchecked
        and _has_passed(node, marks, suites)
        and marks.published.get(node.name, -1) < marks.logged.get(node.name, 0)
        and not _is_held(graph, node, marks, suites, pending)
    ]
    failing = [
        node.name
        for node in marts
        if node.name not in pending
        and _is_checked(node, marks, suites)
        and not _has_passed(node, marks, suites)
    ]
    frozen = {
        node.name: first
        for node in graph.nodes.values()
        if marks.expired and (first := graph.frozen_before(node, marks.expired)) is not None
    }
    return Plan(
        tuple(pending.values()),
        tuple(unchecked),
        tuple(name for name in unchecked if graph.tests.get(graph.by_name[name].unique_id)),
        tuple(unpublished),
        tuple(failing),
        frozen,
    )


def suite_of(graph: Graph, node: Node, expectations: str) -> str:
    """The hash of everything that judges a model: its expectations and its dbt tests."""
    parts = [expectations, *graph.tests.get(node.unique_id, ())]
    return hashlib.md5("\n".join(parts).encode(), usedforsecurity=False).hexdigest()


def _read_marks(database: Database, existing: set[tuple[str, str]]) -> _Marks:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        return database.rows(sql)

    return _Marks(
        built={
            (model, upstream): (seq, code)
            for model, upstream, seq, code in rows(
                f"select model, upstream, seq, code from {database.name('ops.built')}"
            )
        },
        logged=dict(
            rows(f"select model, max(seq) from {database.name('ops.changed_dates')} group by model")
        ),
        checked={
            model: (seq, suite, passed)
            for model, seq, suite, passed in rows(
                f"select model, seq, suite, is_passed from {database.name('ops.checked')}"
            )
        },
        published=dict(
            rows(f"select model, max(seq) from {database.name('ops.published')} group by model")
        ),
        expired=dict(
            rows(
                f"select event_type, max(hour) from {database.name('ops.expired')}"
                " where what = 'staging' group by event_type"
            )
            if any(schema.endswith("ops") and name == "expired" for schema, name in existing)
            else ()  # a warehouse of an older version, only looked at
        ),
    )


def _is_checked(node: Node, marks: _Marks, suites: Callable[[Node], str]) -> bool:
    seq, suite, _ = marks.checked.get(node.name, (-1, "", False))
    return seq >= marks.logged.get(node.name, 0) and suite == suites(node)


def _has_passed(node: Node, marks: _Marks, suites: Callable[[Node], str]) -> bool:
    return _is_checked(node, marks, suites) and marks.checked[node.name][2]


def _is_held(
    graph: Graph,
    node: Node,
    marks: _Marks,
    suites: Callable[[Node], str],
    pending: Collection[str],
) -> bool:
    """Whether a mart it is built from failed its checks and this plan does not change it: dbt
    would only skip it again."""
    for parent in (graph.nodes[unique_id] for unique_id in node.parents):
        is_failing = (
            parent.is_mart
            and parent.name not in pending
            and _is_checked(parent, marks, suites)
            and not _has_passed(parent, marks, suites)
        )
        if is_failing or _is_held(graph, parent, marks, suites, pending):
            return True
    return False


def _why(
    database: Database,
    graph: Graph,
    node: Node,
    marks: _Marks,
    existing: set[tuple[str, str]],
    pending: Mapping[str, Pending],
) -> Pending | None:
    if node.table not in existing:
        return Pending(node.name, "is not there yet")
    known = marks.built.get((node.name, ""))
    if node.is_base:
        slices = _unbuilt_slices(database, node)
        changed = known is not None and known[1] != graph.code(node)
        if slices:
            why = "event contract changed" if changed else "new records"
            return Pending(node.name, why, slices=slices)
        if known is None:
            return Pending(node.name, "was never finished")
        # Nothing to rebuild from raw, but another look-back settles copies anew.
        return Pending(node.name, "event contract changed") if changed else None
    if known is None:
        return Pending(node.name, "was never finished")
    if known[1] != graph.code(node):
        return Pending(node.name, "its SQL changed")
    if node.kind == "seed" or not node.is_logged:
        return None
    dates: Restated | None = Restated()
    reasons = []
    waits_for = []
    for upstream, window in graph.windows(node).items():
        seq, _ = marks.built.get((node.name, upstream), (None, ""))
        if seq is None:
            return Pending(node.name, f"was never built from {upstream}")
        if upstream in pending:
            reasons.append(upstream)
            waits_for.append(upstream)
        elif marks.logged.get(upstream, 0) > seq:
            reasons.append(upstream)
            dates = _restated(database, upstream, window, seq, dates)
    if not reasons:
        return None
    reason = f"{', '.join(reasons)} changed"
    if dates is None or node.materialized != "incremental":
        return Pending(node.name, reason)
    first = graph.frozen_before(node, marks.expired)
    dates = dates.by(node.period, first)
    listed, since = tuple(sorted(dates.days)), dates.since
    if waits_for:
        return Pending(node.name, reason, waits_for=tuple(waits_for), logged=listed, since=since)
    return Pending(node.name, reason, listed, since=since)


def _unbuilt_slices(database: Database, node: Node) -> int:
    hour = database.hour_of("received_at")
    raw = database.name(f"raw.{node.meta['event_type']}")
    held = database.held_slices(
        node.relation, node.meta["contract_hash"], node.meta.get("compatible") or {}
    )
    ((count,),) = database.rows(
        f"""
        select count(*) from (
            select distinct _load_id, {hour} as _hour from {raw} where {any_hour()}
            except distinct
            select _load_id, _hour from ({held}) as held
        ) as missing
        """
    )
    return int(count)


def _restated(
    database: Database, upstream: str, window: Window, since: int, so_far: Restated | None
) -> Restated | None:
    """The dates a node restates for the changes of one upstream, added to `so_far`."""
    if so_far is None:
        return None
    changed = [
        day
        for (day,) in database.rows(
            f"select distinct changed_date from {database.name('ops.changed_dates')}"
            f" where model = '{upstream}' and seq > {since}"
        )
    ]
    if None in changed:
        return None
    return so_far.joined(restated(changed, window))
