"""The fixture project in a folder of its own, with a dbt that runs beside the test."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import yaml

from headwater import graph as graphs
from headwater import project as projects
from headwater import warehouse as warehouses
from headwater.database import DuckDB
from headwater.plan import Plan
from headwater.plan import make as make_plan
from strategies.oracle import EVENTS, Delivered, Row, Texts
from strategies.process import Built, Dbt

HERE = Path(__file__).parent
STATE = "state"

# Fails a model's build inside its transaction, after its rows and its mark were written.
FAIL = """
{% macro fail_if_told() %}
    select error('told to fail') from control.failing where model = '{{ this.identifier }}'
{% endmacro %}
"""


class Warehouse:
    """A dbt project made from the fixture and the repository's own macros, and its DuckDB."""

    def __init__(self, root: Path, dbt: Dbt) -> None:
        self.root = root
        self._dbt = dbt
        found = projects.find(root)
        output = found.output | {"path": f"{STATE}/warehouse.duckdb"}
        self.project = projects.Project(found.root, found.name, found.target, output)

    @classmethod
    def create(cls, repository: Path, root: Path, dbt: Dbt) -> Warehouse:
        """A new one, with empty tables."""
        shutil.copytree(HERE / "project", root)
        shutil.copytree(repository / "macros" / "headwater", root / "macros" / "headwater")
        shutil.copytree(repository / "profiles", root / "profiles")
        (root / "profiles.yml").symlink_to("profiles/profiles.yml")
        (root / "macros" / "fail_if_told.sql").write_text(FAIL, encoding="utf-8")
        declared = yaml.safe_load((repository / "dbt_project.yml").read_text(encoding="utf-8"))
        declared["models"]["strategies"] = declared["models"].pop(declared["name"])
        for kind in ("models", "seeds"):
            declared[kind]["+post-hook"] = [declared[kind]["+post-hook"], "{{ fail_if_told() }}"]
        declared["name"] = "strategies"
        (root / "dbt_project.yml").write_text(yaml.safe_dump(declared), encoding="utf-8")
        (root / STATE).mkdir()
        warehouse = cls(root, dbt)
        with warehouse.connect() as connection:
            warehouses.ensure_tables(connection, warehouse.project, EVENTS)
            connection.execute("create schema control")
            connection.execute("create table control.failing (model varchar)")
        return warehouse

    def copy(self, root: Path) -> Warehouse:
        """The same project and the same rows in another folder."""
        shutil.copytree(self.root, root, symlinks=True)
        return Warehouse(root, self._dbt)

    def connect(self) -> duckdb.DuckDBPyConnection:
        return warehouses.connect(self.project)

    # What the analyst and the loader do --------------------------------------------------

    def write(self, texts: Texts) -> None:
        """Makes the project's files say `texts`; touches only those that say otherwise."""
        for event, contract in texts.contracts.items():
            said = (
                f"{{'minimum': {contract.minimum}, 'lookback_days': {contract.lookback_days},"
                f" 'extra': '{contract.extra}', 'note': '{contract.note}'}}"
            )
            self._set(f"models/staging/base_{event}.sql", r"\{'minimum'[^}]*\}", said)
        for path, name, value in (
            ("models/intermediate/int_ev.sql", "skipped", texts.skipped),
            ("models/intermediate/int_both.sql", "least", texts.least),
            ("models/intermediate/int_pings.sql", "most", texts.most),
            ("models/marts/fct_events.sql", "threshold", texts.threshold),
            ("models/marts/fct_active.sql", "days", texts.days),
        ):
            self._set(path, rf"set {name} = -?\d+", f"set {name} = {value}")
        labels = "".join(f"{user},{label}\n" for user, label in texts.labels)
        self._set("seeds/labels.csv", r"(?s)\A.*\Z", f"user_id,label\n{labels}")

    def replace(self, path: str, old: str, new: str) -> None:
        """Breaks a file of the project: `old` must be in it."""
        before = (self.root / path).read_text(encoding="utf-8")
        assert old in before, f"{old!r} is not in {path}"
        (self.root / path).write_text(before.replace(old, new), encoding="utf-8")

    def _set(self, path: str, pattern: str, text: str) -> None:
        file = self.root / path
        before = file.read_text(encoding="utf-8")
        after, count = re.subn(pattern, lambda _: text, before, count=1)
        assert count == 1, f"{pattern} is not in {path}"
        if after != before:
            file.write_text(after, encoding="utf-8")

    def deliver(self, event: str, records: Iterable[Delivered]) -> None:
        """Adds rows to raw, as a load does."""
        rows = [
            (
                row.received_at,
                json.dumps(
                    {
                        "id": row.event_id,
                        "time": row.occurred_at.isoformat() if row.occurred_at else "never",
                        "user": row.user_id,
                        "v": row.v,
                        "extra": row.extra,
                        "version": row.major,
                        **({"note": row.note} if row.note else {}),
                    }
                ),
                "ndjson",
                f"{event}/{row.file_id}.ndjson",
                row.file_id,
                row.line,
                row.load_id,
                "record",
            )
            for row in records
        ]
        with self.connect() as connection:
            connection.begin()
            connection.executemany(f"insert into raw.{event} values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            connection.commit()

    def execute(self, sql: str, *values: Any) -> None:
        with self.connect() as connection:
            connection.execute(sql, values)

    def dbt(self, *args: str, kill_at: int | None = None) -> Built:
        """Runs dbt; see Dbt.run."""
        return self._dbt.run(self.root, *args, kill_at=kill_at)

    # What is there -----------------------------------------------------------------------

    def rows(self, connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
        """The rows of a query, lists turned into tuples."""
        return [
            tuple(tuple(value) if isinstance(value, list) else value for value in row)
            for row in connection.execute(sql).fetchall()
        ]

    def marks(self) -> dict[str, Any]:
        """Model to the moment its mark in ops.built was written."""
        with self.connect() as connection:
            return dict(
                connection.execute("select model, max(built_at) from ops.built group by all")
                .fetchall()
            )  # fmt: skip

    def graph(self) -> graphs.Graph:
        """The graph of the manifest that the last dbt call left."""
        manifest = self.root / "target" / "manifest.json"
        return graphs.read(json.loads(manifest.read_text(encoding="utf-8")))

    def plan(self, known: graphs.Graph, connection: duckdb.DuckDBPyConnection) -> Plan:
        return make_plan(DuckDB(self.project, connection), known, lambda node: "")
