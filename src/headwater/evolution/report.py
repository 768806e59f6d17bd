"""What `headwater sync` says of changed event contracts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headwater.evolution.evolve import Evolution
from headwater.evolution.kinds import RESTATES
from headwater.graph import Graph

_STAGING_ONLY = ("exposed", "hidden", "flattened", "latest_moved")


def lines(evolutions: Iterable[Evolution], graph: Graph | None) -> Iterator[str]:
    """Each change with its class, then what it does to which models; nothing for nothing.

    `graph` is that of the models as dbt last parsed them; without it, what analysts have
    built on the generated models is not named.
    """
    for each in evolutions:
        for noted in each.changes:
            grade = noted.change.is_.grade
            word = "" if grade == "none" else f" ({grade})"
            yield f"{noted.path}: {noted.change}{word}"
            if noted.hint:
                yield f"  hint: {noted.hint}"
        if any(noted.change.kind != "event_removed" for noted in each.changes):
            yield f"  {each.event}: the next run restates {_restated(each)}"
        touched = _touched(each, graph)
        if touched:
            yield f"  {each.event}: touches {', '.join(touched)}"


def _restated(each: Evolution) -> str:
    if each.restates == "carried":
        return f"only the slices that carried {' or '.join(each.carried)}"
    return RESTATES[each.restates]


def _touched(each: Evolution, graph: Graph | None) -> list[str]:
    """The models whose columns or rows may change: the generated ones, then those on them."""
    base, staging = f"base_{each.event}", f"stg_{each.event}"
    nodes = [] if graph is None else list(graph.nodes.values())
    views = [node.name for node in nodes if node.model == staging] or [staging]
    only_staging = all(noted.change.kind in _STAGING_ONLY for noted in each.changes)
    quarantine = [f"quarantine_{each.domain}"] if each.domain else []
    generated = views if only_staging else [base, *views, *quarantine]
    below = set() if graph is None else graph.descendants(set(generated))
    order = [node.name for node in nodes if node.name in below and node.name not in generated]
    return [*generated, *order]
