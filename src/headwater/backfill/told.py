"""What a backfill says to the person who started it."""

from __future__ import annotations

from collections.abc import Iterator

from headwater import summary
from headwater.backfill.history import Work
from headwater.backfill.work import Report, span
from headwater.finding import spans
from headwater.graph import Node


def failures(report: Report) -> Iterator[str]:
    """Everything that failed, each with whose it is."""
    yield from summary.failures(report.run)


def lines(report: Report) -> Iterator[str]:
    """What was rebuilt, what was not and never will be, and what followed from it."""
    node, run = report.node, report.run
    if run.load is not None and run.load.files:
        yield f"loaded       {run.load.loaded:,} records of {len(run.load.files):,} files"
    if report.is_whole:
        yield f"rebuilt      {node.name}, as a whole"
    else:
        rows = sum(batch.rows or 0 for batch in report.done)
        before = f", {report.resumed:,} had been done before" if report.resumed else ""
        yield f"rebuilt      {node.name}: {rows:,} rows in {_batches(len(report.done))}{before}"
    yield from not_healed(node, report.work)
    if report.is_stopped:
        yield "not swapped  readers have what they had; give the same command again"
        return
    above = {each.name for each in run.nodes if each.kind == "model" and each.status == "success"}
    others = sorted(above - {node.name})
    yield f"followed by  {', '.join(others) or 'nothing: no model was built from it'}"
    if run.checks is not None:
        yield f"checked      {run.checks.lines()[-1]}"
    if run.published is not None:
        yield f"published    {', '.join(run.published.published) or 'nothing'}"


def not_healed(node: Node, work: Work) -> Iterator[str]:
    """The hours and dates that stay as they are, because what they came from is gone."""
    for each in work.not_healed:
        yield (
            f"not healed   {node.meta['event_type']}: {each.hour:%Y-%m-%d %H}:00 UTC,"
            f" {each.rows:,} rows: raw no longer holds them"
        )
    if work.frozen:
        yield (
            f"frozen       {node.name}: {spans(work.frozen)}: what it reads has expired,"
            " its rows stay"
        )


def _batches(count: int) -> str:
    return f"{count:,} batch{'' if count == 1 else 'es'}"


__all__ = ["failures", "lines", "not_healed", "span"]
