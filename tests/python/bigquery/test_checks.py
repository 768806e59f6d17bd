"""What Great Expectations asks BigQuery, executed by ZetaSQL, gives DuckDB's verdicts."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from check.cases import BROKEN, GOOD, read_by
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

from headwater.check import Expectation, Suite, read_suites
from headwater.database import BigQuery
from headwater.graph import Column, Node
from headwater.project import Project

from .parity import bigquery_type
from .zetasql_runner import Table, execute


def tables_of(model: str, change: str = "") -> dict[str, Table]:
    """Good rows of a mart, or what an update makes of them, and of what its suite reads."""
    made = {}
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for name, rows in {model: GOOD[model], **read_by(model)}.items():
            connection.execute(f"create table marts.{name} as {rows}")
            if name == model and change:
                connection.execute(f"update marts.{model} set {change}")
            found = connection.execute(f"from marts.{name}")
            columns = {column: bigquery_type(kind) for column, kind, *_ in found.description or []}
            made[name] = Table(
                columns, [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
            )
    return made


@pytest.fixture(scope="module")
def suites(repository: Path) -> dict[str, Suite]:
    return {suite.model: suite for suite in read_suites(repository)}


def node_of(name: str) -> Node:
    return Node(
        unique_id=f"model.music.{name}",
        name=name,
        kind="model",
        materialized="table",
        schema="music_marts",
        identifier=name,
        path=f"models/marts/{name}.sql",
        relation=f"`music_marts.{name}`",
        raw_code="",
        checksum="",
        meta={},
        parents=(),
        columns=(Column("user_id", is_personal=True),),
    )


def failing(suite: Suite, tables: Mapping[str, Table]) -> list[int]:
    """The numbers of the expectations that do not hold on `tables`, as BigQuery would say."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    from headwater.check import gx
    from headwater.check.engines import BigQueryEngine

    relations = {f"music_marts.{name}": table for name, table in tables.items()}

    class Engine(BigQueryEngine):
        """GX's BigQuery engine with ZetaSQL in the place of the service."""

        def execute_query(self, query: Any) -> Any:
            sql = str(query.compile(self.engine, compile_kwargs={"literal_binds": True}))
            found = execute(sql, relations)
            columns = [column for column, _ in found.columns]
            return IteratorResult(SimpleResultMetaData(columns), iter(found.rows))

        def get_inspector(self) -> Any:
            columns = [{"name": column, "type": None} for column in tables[suite.model].columns]
            return type(
                "Inspector",
                (),
                {
                    "dialect": self.engine.dialect,
                    "get_columns": lambda self, *args, **named: columns,
                    "get_pk_constraint": lambda self, *args, **named: {},
                },
            )()

    output = {"type": "bigquery", "project": "home", "dataset": "music"}
    project = Project(Path("/nowhere"), "music", "bigquery", output)
    client = bigquery.Client(project="home", credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    known = {name: node_of(name) for name in tables}
    found = gx.evaluate(Engine(BigQuery(project, client)), suite, known[suite.model], known)
    results, wrong = found
    assert wrong == []
    assert len(results) == len(suite.expectations)
    assert [each.observed for each in results if "judged" in each.observed] == []
    return [number for number, each in enumerate(results) if not each.passed]


@pytest.mark.parametrize("model", GOOD)
def test_good_rows_pass_on_bigquery(suites: Mapping[str, Suite], model: str) -> None:
    assert failing(suites[model], tables_of(model)) == []


@pytest.mark.parametrize(("model", "number"), BROKEN)
def test_each_expectation_fails_on_bigquery_too(
    suites: Mapping[str, Suite], model: str, number: int
) -> None:
    """That the others hold is shown on DuckDB, which is faster."""
    suite = suites[model]
    alone = replace(suite, expectations=(suite.expectations[number],))
    assert failing(alone, tables_of(model, BROKEN[model, number])) == [0]


EVERY = Table(
    {
        "n": "int64",
        "more": "int64",
        "one": "int64",
        "kind": "string",
        "word": "string",
        "gaps": "int64",
        "none": "int64",
        "day": "date",
        "at": "timestamp",
        "x": "float64",
    },
    [
        {
            "n": number,
            "more": number + 1,
            "one": 1,
            "kind": "a" if number < 5 else "b",
            "word": f"w{number}",
            "gaps": None if number % 2 else 1,
            "none": None,
            "day": dt.date(2026, 1, 1 + number % 2),
            "at": dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC),
            "x": number / 2,
        }
        for number in range(10)
    ],
)


@pytest.mark.parametrize("side", ["holds", "fails"])
def test_every_rule_of_great_expectations_says_on_bigquery_what_it_says_on_duckdb(
    repository: Path, side: str
) -> None:
    path = repository / "tests" / "python" / "check" / "every_rule.yml"
    rules = yaml.safe_load(path.read_text(encoding="utf-8"))
    expectations = tuple(
        Expectation(name, arguments[side], "critical", "", "every.yml", 1)
        for name, arguments in rules.items()
    )
    broken = failing(Suite("every.yml", "every", "", "", expectations, "hash"), {"every": EVERY})
    assert broken == ([] if side == "holds" else list(range(len(rules))))
