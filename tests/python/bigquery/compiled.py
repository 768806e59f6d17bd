"""Compiles every model for BigQuery offline, both branches, and type-checks each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from dbt.adapters.bigquery import connections

from headwater import macros

from .dbt_on_zetasql import run_dbt
from .engine import SqlError
from .warehouse import Warehouse
from .zetasql_runner import Table, analyze


class Unreachable:
    """A BigQuery client that is not to be used."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"compiling offline asked BigQuery to {name}")

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Node:
    """A model or data test, compiled."""

    unique_id: str
    name: str
    path: str
    resource_type: str
    relation: str
    upstream: tuple[str, ...]
    raw: str
    code: str


@dataclass(frozen=True)
class Project:
    """What dbt compiled: nodes by unique id for each branch of is_incremental()."""

    root: Path
    branches: dict[str, dict[str, Node]]
    tables: dict[str, Table]  # sources and Headwater's own


def compile_offline(root: Path, out: Path) -> Project:
    """Parses once and compiles both branches, with a client that refuses everything."""
    client = Unreachable()
    with mock.patch.object(connections, "create_bigquery_client", return_value=client):
        manifest = run_dbt(root, out / "parse", "parse").result
        branches = {
            name: _nodes(
                run_dbt(
                    root,
                    out / name,
                    *("compile", "--no-introspect", "--no-populate-cache"),
                    variables={"headwater_offline": True, "headwater_incremental": value},
                    manifest=manifest,
                ).result
            )
            for name, value in (("full", False), ("incremental", True))
        }
    return Project(root, branches, _tables(root, manifest))


def _nodes(compiled: Any) -> dict[str, Node]:
    found = {}
    for each in compiled.results:
        node = each.node
        if node.resource_type in ("model", "test"):
            found[node.unique_id] = Node(
                unique_id=node.unique_id,
                name=node.name,
                path=node.original_file_path,
                resource_type=str(node.resource_type.value),
                relation=(node.relation_name or "").replace("`", ""),
                upstream=tuple(node.depends_on.nodes),
                raw=node.raw_code,
                code=node.compiled_code,
            )
    return found


def own_tables(root: Path, sources: Iterable[str], prefix: str) -> Warehouse:
    """The tables that models read but do not make, created by the macro dbt uses.

    `sources` are the event types, `prefix` project and dataset: `headwater-dev.headwater`.
    """
    folder = root / "macros" / "headwater"
    made = Warehouse()
    tables = macros.table_columns(folder)
    tables |= {f"raw.{name}": macros.raw_columns(folder) for name in sources}
    for name, columns in tables.items():
        table = f"{prefix}_{name}"
        made.run(f"create schema if not exists `{table.rpartition('.')[0]}`")
        made.run(macros.create_table(folder, "bigquery", f"`{table}`", columns, name))
    return made


def _tables(root: Path, manifest: Any) -> dict[str, Table]:
    sources = list(manifest.sources.values())
    names = {source.relation_name.replace("`", "").rsplit("_raw.", 1)[0] for source in sources}
    (prefix,) = names
    warehouse = own_tables(root, [source.name for source in sources], prefix)
    return {name: Table(dict(kept.columns)) for name, kept in warehouse.tables.items()}


def in_order(nodes: dict[str, Node]) -> Iterator[Node]:
    """Each node after the nodes it depends on."""
    done: set[str] = set()

    def visit(unique_id: str) -> Iterator[Node]:
        if unique_id in nodes and unique_id not in done:
            done.add(unique_id)
            for above in nodes[unique_id].upstream:
                yield from visit(above)
            yield nodes[unique_id]

    for unique_id in sorted(nodes):
        yield from visit(unique_id)


def check(project: Project) -> list[str]:
    """Type-checks every node of both branches; one line per error, with file and line.

    What reads a model that fails is not checked: its errors would be the same one's.
    """
    errors: list[str] = []
    tables = dict(project.tables)
    failed: set[str] = set()
    for branch in ("full", "incremental"):
        for node in in_order(project.branches[branch]):
            if failed & {node.unique_id, *node.upstream}:
                failed.add(node.unique_id)
                continue
            try:
                columns = dict(analyze(node.code, tables)[0])
            except SqlError as error:
                line = raw_line(node.raw, node.code, error.line, error.message)
                errors.append(f"{node.path}:{line}: {error.message} ({branch} branch)")
                failed.add(node.unique_id)
                continue
            if node.resource_type == "model":
                known = tables.setdefault(node.relation, Table(columns))
                if columns != known.columns:
                    errors.append(f"{node.path}:1: the branches return different columns or types")
    return sorted(errors)


def raw_line(raw: str, compiled: str, line: int, message: str) -> int:
    """The line of the model's file behind a line of its compiled SQL.

    Where Jinja wrote the line, the line that names what the message names, else the
    first of those that Jinja replaced.
    """
    before, after = raw.splitlines(), compiled.splitlines()
    names = re.findall(r"\w{3,}", message)
    matcher = difflib.SequenceMatcher(
        None, [each.strip() for each in before], [each.strip() for each in after], autojunk=False
    )
    for tag, start, end, after_start, after_end in matcher.get_opcodes():
        if not after_start <= line - 1 < after_end:
            continue
        if tag == "equal":
            return start + (line - 1 - after_start) + 1
        for number in range(start, end):
            if any(name in re.findall(r"\w+", before[number]) for name in names):
                return number + 1
        return min(start, len(before) - 1) + 1
    return 1
