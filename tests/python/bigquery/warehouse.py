"""A BigQuery small enough for a test: tables in memory, every statement run by ZetaSQL.

It knows datasets, tables, views, temporary tables of one script, transactions, blocks
with an exception handler, and the DDL and DML that dbt and Headwater send. It checks
what BigQuery checks and ZetaSQL does not: rows fit declared columns (`not null`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zetasql.wasi._pb2.zetasql.public import type_pb2, value_pb2

from .engine import SqlError
from .partitions import unbounded
from .script import Block, Statement, parse, tables_read
from .zetasql_runner import Relation, Row, analyze, execute, modify

_REQUIRED = re.compile(r"\brequire_partition_filter\s*=\s*true\b", re.I)


@dataclass
class View:
    """A query under a name; `columns` as of its creation."""

    sql: str
    columns: tuple[tuple[str, str], ...]


@dataclass
class Outcome:
    """What one script did: its last statement, and the rows of its last query."""

    kind: str = ""
    target: str = ""
    result: Relation = field(default_factory=lambda: Relation(()))
    affected: int = 0
    steps: int = 0


class Warehouse:
    """Tables and views by `project.dataset.table`."""

    def __init__(self) -> None:
        self.datasets: set[str] = set()
        self.tables: dict[str, Relation] = {}
        self.views: dict[str, View] = {}
        self.required: dict[str, frozenset[str]] = {}  # table → its `not null` columns
        self.layouts: dict[str, str] = {}  # table → its partition by … cluster by …
        self.filtered: set[str] = set()  # tables with require_partition_filter

    # -- scripts ------------------------------------------------------------------

    def run(self, script: str) -> Outcome:
        """Runs a script. Raises SqlError with the line and column of the statement."""
        run = _Run(self)
        try:
            run.steps(parse(script))
        except SqlError:
            run.rollback()
            raise
        if run.saved is not None:
            raise SqlError("the script ends inside a transaction")
        return run.outcome

    def read(self, name: str) -> Relation:
        """The rows of a table or view. Raises SqlError when there is none."""
        return self.relations([name])[name]

    def relations(
        self, names: Iterable[str], temporary: dict[str, Relation] | None = None
    ) -> dict[str, Relation]:
        """Tables as they are, views as what their query returns now."""
        found: dict[str, Relation] = {}
        for name in names:
            if temporary and name in temporary:
                found[name] = temporary[name]
            elif name in self.tables:
                found[name] = self.tables[name]
            elif name in self.views:
                sql = self.views[name].sql
                found[name] = execute(sql, self.relations(tables_read(sql)))
            else:
                raise SqlError(f"Not found: Table {name}")
        return found


class _Run:
    """One script being run: its temporary tables, its transaction."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.temporary: dict[str, Relation] = {}
        self.saved: dict[str, Relation] | None = None
        self.outcome = Outcome()

    def rollback(self) -> None:
        if self.saved is not None:
            self.warehouse.tables = self.saved
            self.saved = None

    def steps(self, statements: Iterable[Statement | Block]) -> None:
        for each in statements:
            if isinstance(each, Statement):
                self.step(each)
                continue
            try:
                self.steps(each.body)
            except SqlError as error:
                if not each.handler:
                    raise
                for step in each.handler:
                    if isinstance(step, Statement) and step.kind == "raise":
                        raise error from None
                    self.steps([step])

    def step(self, statement: Statement) -> None:
        action = getattr(self, f"do_{statement.kind}", None)
        if action is None:
            raise SqlError(f"this small BigQuery has no {statement.kind}")
        self.outcome.kind, self.outcome.target = statement.kind, statement.target
        self.outcome.steps += 1
        action(statement)

    def _inputs(self, sql: str) -> dict[str, Relation]:
        read = tables_read(sql)
        found = self.warehouse.relations(read, self.temporary)
        if filtered := self.warehouse.filtered.intersection(read):
            for name in unbounded(analyze(sql, found)[1], "received_at", filtered):
                raise SqlError(
                    f"Cannot query over table {name} without a filter over column 'received_at'"
                    " that can be used for partition elimination"
                )
        return found

    def _store(self, name: str, relation: Relation) -> None:
        """Keeps a table, as BigQuery writes it."""
        stored = _written(relation, self.warehouse.required.get(name, frozenset()))
        if name in self.temporary:
            self.temporary[name] = stored
        else:
            self.warehouse.tables = {**self.warehouse.tables, name: stored}

    # -- statements ---------------------------------------------------------------

    def do_query(self, statement: Statement) -> None:
        self.outcome.result = execute(statement.text, self._inputs(statement.text))

    def do_begin(self, _: Statement) -> None:
        if self.saved is not None:
            raise SqlError("Transactions cannot be nested")
        self.saved = self.warehouse.tables

    def do_commit(self, _: Statement) -> None:
        if self.saved is None:
            raise SqlError("There is no transaction to commit")
        self.saved = None

    def do_rollback(self, _: Statement) -> None:
        if self.saved is None:
            raise SqlError("There is no transaction to roll back")
        self.rollback()

    def do_create_schema(self, statement: Statement) -> None:
        self.warehouse.datasets.add(statement.target)

    def do_drop(self, statement: Statement) -> None:
        for kept in (self.temporary, self.warehouse.tables, self.warehouse.views):
            kept.pop(statement.target, None)

    def do_create_table(self, statement: Statement) -> None:
        name = statement.target
        is_temporary = "." not in name
        if self.saved is not None and not is_temporary:
            raise SqlError("a transaction creates temporary tables only")
        if name in self.temporary or name in self.warehouse.tables:
            if statement.mode == "if not exists":
                return
            if statement.mode != "or replace":
                raise SqlError(f"Already Exists: Table {name}")
        known = self._inputs(statement.text)
        required: frozenset[str] = frozenset()
        layout = statement.layout
        if statement.has_columns:
            node = _statement(analyze(statement.text, known)[1])
            columns = _ancestor(node, "column_definition_list").column_definition_list
            made = Relation(tuple((column.name, column.type) for column in columns))
            required = frozenset(each.name for each in columns if each.annotations.not_null)
            if statement.query:
                made = replace(made, protos=self._rows(statement.query, made, known))
        elif statement.clone_of:
            if statement.clone_of not in self.warehouse.tables:
                raise SqlError(f"Not found: Table {statement.clone_of}")
            made = self.warehouse.tables[statement.clone_of]
            layout = self.warehouse.layouts[statement.clone_of]
        else:
            made = execute(statement.query, known)
            if statement.layout:
                analyze(statement.text, known)
        if is_temporary:
            self.temporary[name] = made
        else:
            self._create(name, made, required, layout)
            if _REQUIRED.search(statement.options):
                self.warehouse.filtered.add(name)

    def _rows(self, query: str, table: Relation, known: dict[str, Relation]) -> Sequence[Row]:
        """The rows of a query, as the columns of the table take them."""
        found = execute(query, known)
        wanted = [kind for _, kind in table.columns]
        if [kind for _, kind in found.columns] == wanted:
            return found.protos
        casts = ", ".join(
            f"cast(`{name}` as {kind})"
            for (name, _), kind in zip(found.columns, wanted, strict=True)
        )
        return execute(f"select {casts} from found", {"found": found}).protos

    def _create(self, name: str, table: Relation, required: frozenset[str], layout: str) -> None:
        dataset = name.rpartition(".")[0]
        if dataset not in self.warehouse.datasets:
            raise SqlError(f"Not found: Dataset {dataset}")
        if name in self.warehouse.views:
            raise SqlError(f"{name} is a view")
        kept = self.warehouse.layouts.get(name, layout)
        if name in self.warehouse.tables and kept != layout:
            raise SqlError(f"Cannot replace a table with a different partitioning spec: {name}")
        self.warehouse.required[name] = required
        self.warehouse.layouts[name] = layout
        self._store(name, table)

    def do_create_view(self, statement: Statement) -> None:
        # What a view lacks of a filter, its queries may have.
        known = self.warehouse.relations(tables_read(statement.text), self.temporary)
        if statement.target in self.warehouse.tables:
            raise SqlError(f"{statement.target} is a table")
        columns, _ = analyze(statement.query, known)
        self.warehouse.views[statement.target] = View(statement.query, columns)

    def do_alter_table(self, statement: Statement) -> None:
        """Adds columns, which is all that Headwater alters."""
        before = self.warehouse.relations([statement.target])
        resolved = _statement(analyze(statement.text, before)[1])
        kinds = list(before[statement.target].kinds)
        for action in _ancestor(resolved, "alter_action_list").alter_action_list:
            if action.WhichOneof("node") != "resolved_add_column_action_node":
                raise SqlError("this small BigQuery alters a table by adding columns only")
            added = action.resolved_add_column_action_node.column_definition
            kinds.append((added.name, added.type))
        width = len(kinds) - len(before[statement.target].kinds)
        rows = [
            [*row, *(value_pb2.ValueProto() for _ in range(width))]
            for row in before[statement.target].protos
        ]
        self._store(statement.target, Relation(tuple(kinds), rows))

    def do_truncate(self, statement: Statement) -> None:
        known = self._inputs(statement.text)
        self._store(statement.target, replace(known[statement.target], protos=[]))

    def _dml(self, statement: Statement) -> None:
        known = self._inputs(statement.text)
        after = modify(statement.text, statement.target, known)
        self.outcome.affected = abs(len(after.protos) - len(known[statement.target].protos))
        self._store(statement.target, after)

    do_insert = _dml
    do_update = _dml
    do_delete = _dml


def _written(relation: Relation, required: frozenset[str]) -> Relation:
    """A table has no null array, no null in an array, none where the column is not null."""
    rows = [list(row) for row in relation.protos]
    for index, (column, kind) in enumerate(relation.kinds):
        for row in rows:
            is_null = row[index].WhichOneof("value") is None
            if is_null and column in required:
                raise SqlError(f"Required field {column} cannot be null")
            if kind.type_kind != type_pb2.TYPE_ARRAY:
                continue
            if is_null:
                row[index] = value_pb2.ValueProto(array_value=value_pb2.ValueProto.Array())
            if any(each.WhichOneof("value") is None for each in row[index].array_value.element):
                raise SqlError(f"Array cannot have a null element; error in writing {column}")
    return Relation(relation.kinds, rows)


def _statement(resolved: Any) -> Any:
    """The concrete resolved node inside the unions that ZetaSQL nests."""
    while "node" in resolved.DESCRIPTOR.oneofs_by_name:
        resolved = getattr(resolved, resolved.WhichOneof("node"))
    return resolved


def _ancestor(node: Any, name: str) -> Any:
    """The base node that declares the field `name`."""
    while name not in node.DESCRIPTOR.fields_by_name:
        node = node.parent
    return node
