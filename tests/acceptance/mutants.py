"""Breaks one rule of one model in a built warehouse, and looks what the truth says to that.

dbt compiles the models once. A mutant is the compiled SQL of one of them with a piece of text
replaced; it and all that stands on it are built anew in a transaction that is rolled back, in
a fraction of the time that dbt takes.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from truths import World, differences, true_rows


@dataclass(frozen=True)
class Rule:
    """Where a rule stands, and what breaks it: all of `text` (a pattern) becomes `broken`."""

    model: str
    text: str
    broken: str


@dataclass(frozen=True)
class Model:
    """A model as dbt compiled it: all of it, not an increment."""

    unique_id: str
    relation: str
    materialized: str
    sql: str
    upstream: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.relation.split(".")[-1].strip('"')

    @property
    def is_mart(self) -> bool:
        return '"marts"' in self.relation


class Laboratory:
    """A copy of a world's warehouse in which rules can be broken, one at a time."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = replace(world, folder=folder)
        for name in ("warehouse", "truth", "target"):
            shutil.copytree(world.folder / name, folder / name)
        self.world.dbt("compile", "--full-refresh")
        self.models = {model.unique_id: model for model in self._models()}

    def _models(self) -> Iterator[Model]:
        for unique_id, node in self.world.manifest()["nodes"].items():
            if node["resource_type"] == "model":
                yield Model(
                    unique_id,
                    node["relation_name"],
                    node["config"]["materialized"],
                    node["compiled_code"],
                    tuple(node["depends_on"]["nodes"]),
                )

    def broken_marts(self, rule: Rule) -> set[str]:
        """The marts that no longer equal their truth when `rule` is broken.

        Raises AssertionError when the text of the rule is not in its model: it then says
        nothing, and must follow what the model says now.
        """
        (mutant,) = [model for model in self.models.values() if model.name == rule.model]
        sql, times = re.subn(rule.text, rule.broken, mutant.sql)
        assert times, f"{rule.model} does not say {rule.text!r}: adapt the rule to the model"
        return self._differing(replace(mutant, sql=sql))

    def marts_that_differ(self, name: str) -> set[str]:
        """The same for a model as it is, built anew: none, or this laboratory is at fault."""
        (model,) = [model for model in self.models.values() if model.name == name]
        return self._differing(model)

    def _differing(self, changed: Model) -> set[str]:
        found = set()
        with self._writing() as connection:
            for model in [changed, *self._downstream(changed)]:
                kind = "view" if model.materialized == "view" else "table"
                connection.execute(f"create or replace {kind} {model.relation} as {model.sql}")
                if model.is_mart and differences(
                    connection, true_rows(self.world, model.name), f"from {model.relation}"
                ):
                    found.add(model.name)
        return found

    def _downstream(self, changed: Model) -> list[Model]:
        """What stands on a model, each after all that it stands on itself."""
        reached = {changed.unique_id}
        while (
            more := {
                model.unique_id for model in self.models.values() if reached & set(model.upstream)
            }
            - reached
        ):
            reached |= more
        waiting = reached - {changed.unique_id}
        ordered: list[Model] = []
        while waiting:
            ready = [
                name for name in sorted(waiting) if not waiting & set(self.models[name].upstream)
            ]
            ordered += [self.models[name] for name in ready]
            waiting -= set(ready)
        return ordered

    @contextmanager
    def _writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse; what is done to it is undone."""
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"attach '{self.world.warehouse}' as warehouse")
            connection.execute(f"attach '{self.world.keys}' as keys (read_only)")
            connection.execute("use warehouse")
            connection.begin()
            yield connection
            connection.rollback()
