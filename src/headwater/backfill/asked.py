"""What was asked for: a model by name, and a range of its hours or dates."""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import dataclass

from headwater.errors import BadInput
from headwater.graph import Graph, Node

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Range:
    """Hours or dates, both ends included; None: without a bound."""

    first: dt.datetime | None = None
    last: dt.datetime | None = None

    @property
    def is_all(self) -> bool:
        return self.first is None and self.last is None

    def holds(self, moment: dt.datetime) -> bool:
        """Whether an hour or date lies in it."""
        return (self.first is None or moment >= self.first) and (
            self.last is None or moment <= self.last
        )


def target(known: Graph, name: str) -> Node:
    """The base model of an event type, or the model itself.

    Raises BadInput for a name that is neither, and for what keeps no rows of its own.
    """
    bases = {_called(node): node for node in known.nodes.values() if node.is_base}
    if name in bases:
        return bases[name]
    node = known.by_name.get(name)
    if node is None:
        near = difflib.get_close_matches(name, [*bases, *known.by_name], n=3)
        raise BadInput(
            f"no event type and no model is called {name!r}",
            f"did you mean {' or '.join(near)}?" if near else "headwater docs lists them",
        )
    if node.kind != "model":
        raise BadInput(f"{name} is a {node.kind}: the next run loads it whole when it changes")
    if not node.is_logged:
        below = [_called(each) for each in known.logged_below(node)]
        raise BadInput(
            f"{name} keeps no rows of its own, it is a {node.materialized}",
            f"what it shows is built in {' and '.join(sorted(below))}" if below else "",
        )
    if node.materialized == "incremental" and not (node.is_base or node.is_by_dates):
        raise BadInput(
            f"{name} is incremental by a strategy of its own",
            f"dbt build --full-refresh --select {name}",
        )
    return node


def _called(node: Node) -> str:
    return str(node.meta["event_type"]) if node.is_base else node.name


def whole_range(node: Node, first: str | None, last: str | None, now: dt.datetime) -> Range:
    """What `--from` and `--to` mean for a model; `now` is UTC, as are they.

    Raises BadInput for what is no date or hour, or none that could be rebuilt.
    """
    if not (node.is_base or node.is_by_dates) and (first or last):
        raise BadInput(
            f"{node.name} is always built whole, there is no part of it to rebuild",
            "leave --from and --to out",
        )
    asked = Range(
        _moment(node, "--from", first) if first else None,
        _moment(node, "--to", last, is_last=True) if last else None,
    )
    if asked.first and asked.last and asked.first > asked.last:
        raise BadInput(f"--from {first} comes after --to {last}", "exchange them")
    for option, text, moment in (("--from", first, asked.first), ("--to", last, asked.last)):
        today = now.replace(minute=0, second=0, microsecond=0)
        if moment and moment > (today if _is_hour(text) else today.replace(hour=23)):
            raise BadInput(f"{option} {text} is in the future: it is {now:%Y-%m-%d %H:%M} UTC")
    return asked


def _is_hour(text: str | None) -> bool:
    return len(text or "") > len("2026-01-31")


def _moment(node: Node, option: str, text: str, *, is_last: bool = False) -> dt.datetime:
    """A date, or an hour of UTC. The last hour of a date where that is what is meant."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{option} {text!r} is neither a date nor an hour", "as 2026-01-31 or 2026-01-31T10"
        ) from None
    if found.tzinfo:
        found = found.astimezone(dt.UTC).replace(tzinfo=None)
    if found != found.replace(minute=0, second=0, microsecond=0):
        raise BadInput(f"{option} {text} is no full hour", "as 2026-01-31T10")
    if not node.is_base:
        if _is_hour(text):
            raise BadInput(
                f"{option} {text}: {node.name} is built by dates, not by hours", "as 2026-01-31"
            )
        # A month is rebuilt as a whole.
        return found.replace(day=1) if node.period and not is_last else found
    return found + 23 * HOUR if is_last and not _is_hour(text) else found
