"""A warehouse small enough to make by hand: two marts in a chain, and dbt's manifest of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headwater import project as projects
from headwater import warehouse
from headwater.database import DuckDB
from headwater.project import Project

PROFILES = """
small:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: warehouse/warehouse.duckdb, schema: main}
"""

# What would lead a warehouse to other folders than its own.
ELSEWHERE = ("DBT_TARGET_PATH", "HEADWATER_LANDING", "HEADWATER_WAREHOUSE")


@dataclass
class Small:
    """The warehouse, open for writing, and what tests do to it."""

    project: Project
    database: DuckDB

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.database.connection.execute(statement, list(values)).fetchall()

    def suite(self, model: str, text: str) -> Path:
        path = self.project.root / "tests" / "expectations" / f"{model}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def mart(self, name: str, select: str, **manifest: Any) -> None:
        """Builds a mart as dbt would: its table, its manifest node, its changed_dates row."""
        self.sql("create schema if not exists marts")
        self.sql(f"create or replace table marts.{name} as {select}")
        self.sql(
            "insert into ops.changed_dates select ?, null, coalesce(max(seq), 0) + 1"
            " from ops.changed_dates where model = ?",
            name,
            name,
        )
        self.node(name, **manifest)

    def node(
        self,
        name: str,
        parents: tuple[str, ...] = (),
        personal: tuple[str, ...] = (),
        folder: str = "marts",
        materialized: str = "table",
        columns: Mapping[str, str] | None = None,
        description: str = "",
        date: str = "",
        restate_by: str = "",
    ) -> None:
        """Adds or replaces one model in dbt's manifest; one with a `date` is built by dates."""
        manifest = self.manifest()
        meta = {"owner": "team-small", "channel": "#small"}
        if date:
            materialized, meta["date"] = "incremental", date
        if restate_by:
            meta["restate_by"] = restate_by
        documented = dict.fromkeys(personal, "") | dict(columns or {})
        manifest["nodes"][f"model.small.{name}"] = {
            "resource_type": "model",
            "unique_id": f"model.small.{name}",
            "name": name,
            "alias": name,
            "schema": folder,
            "relation_name": f'"warehouse"."{folder}"."{name}"',
            "original_file_path": f"models/{folder}/{name}.sql",
            "raw_code": f"select 1 as {name}",
            "checksum": {"checksum": name},
            "description": description,
            "config": {
                "materialized": materialized,
                "incremental_strategy": "dates" if date else "",
                "meta": meta,
            },
            "columns": {
                column: {
                    "name": column,
                    "description": text,
                    "meta": {"pii": "identifier"} if column in personal else {},
                }
                for column, text in documented.items()
            },
            "depends_on": {"nodes": [f"model.small.{parent}" for parent in parents]},
        }
        self.write(manifest)

    def drop(self, name: str) -> None:
        """Deletes a mart, as a person deletes its file."""
        manifest = self.manifest()
        del manifest["nodes"][f"model.small.{name}"]
        self.write(manifest)
        self.sql(f"drop table marts.{name}")

    def manifest(self) -> dict[str, Any]:
        path = self.project.artifacts / "manifest.json"
        if not path.exists():
            return {"nodes": {}, "unit_tests": {}}
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def write(self, manifest: Mapping[str, Any]) -> None:
        self.project.artifacts.mkdir(parents=True, exist_ok=True)
        path = self.project.artifacts / "manifest.json"
        path.write_text(json.dumps(manifest), encoding="utf-8")


def small_warehouse(root: Path, repository: Path) -> Small:
    """An empty warehouse with Headwater's own tables, in a new folder."""
    (root / "macros").mkdir(parents=True)
    (root / "macros" / "headwater").symlink_to(repository / "macros" / "headwater")
    (root / "dbt_project.yml").write_text("name: small\nprofile: small\n", encoding="utf-8")
    (root / "profiles.yml").write_text(PROFILES, encoding="utf-8")
    project = projects.find(root)
    connection = warehouse.connect(project)
    warehouse.ensure_tables(connection, project, [])
    return Small(project, DuckDB(project, connection))


@pytest.fixture
def make_small(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Small]]:
    """Makes an empty warehouse with Headwater's own tables."""
    made: list[Small] = []

    def make() -> Small:
        for name in ELSEWHERE:
            monkeypatch.delenv(name, raising=False)
        made.append(small_warehouse(tmp_path / "small", repository))
        return made[-1]

    yield make
    for small in made:
        small.database.connection.close()


@pytest.fixture
def small(make_small: Callable[[], Small]) -> Small:
    """A warehouse with `fct_sums` (a person's sums) and `daily_sums`, which is built from it."""
    found = make_small()
    found.mart(
        "fct_sums",
        "select range as sum_id, 'person' || (range % 7) as person_id, range % 5 as amount,"
        " date '2026-01-01' + (range % 3)::int as sum_date from range(100)",
        personal=("person_id",),
        columns={"sum_id": "The sum.", "amount": "How much.", "sum_date": "When."},
        description="One row per sum.",
    )
    found.mart(
        "daily_sums",
        "select sum_date, sum(amount) as amount from marts.fct_sums group by sum_date",
        parents=("fct_sums",),
        columns={"sum_date": "The day.", "amount": "How much that day."},
    )
    return found


@pytest.fixture(scope="module")
def shared_small(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Small]:
    """One for all tests of a module, which leave it as they found it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ELSEWHERE:
            patch.delenv(name, raising=False)
        small = small_warehouse(tmp_path_factory.mktemp("shared") / "small", repository)
        yield small
        small.database.connection.close()
