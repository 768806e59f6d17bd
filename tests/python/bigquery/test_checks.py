"""What Great Expectations asks BigQuery, executed by ZetaSQL, gives DuckDB's verdicts."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

from headwater.check import Expectation, Suite, read_suites
from headwater.database import BigQuery
from headwater.graph import Column, Node
from headwater.project import Project

from .zetasql_runner import Table, execute

USER = "6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90"
DAY = dt.date(2026, 1, 31)
LAST = dt.datetime(2026, 1, 31, 23, 59, 59, tzinfo=dt.UTC)
TABLES = {
    "fct_streams": Table(
        {
            "stream_id": "string",
            "stream_date": "date",
            "ended_at": "timestamp",
            "user_id": "string",
            "ms_played": "int64",
            "country": "string",
            "main_artist_id": "string",
        },
        [
            {
                "stream_id": f"s{number}",
                "stream_date": DAY,
                "ended_at": LAST,
                "user_id": USER,
                "ms_played": 30000 + number,
                "country": "SE",
                "main_artist_id": "artist",
            }
            for number in range(20)
        ],
    ),
    "fct_daily_listening": Table(
        {
            "stream_date": "date",
            "country": "string",
            "streams": "int64",
            "listeners": "int64",
            "tracks": "int64",
            "completed_streams": "int64",
            "ms_played": "int64",
        },
        [
            {
                "stream_date": DAY + dt.timedelta(days=number),
                "country": "SE",
                "streams": 10,
                "listeners": 2,
                "tracks": 5,
                "completed_streams": 4,
                "ms_played": 1000000,
            }
            for number in range(10)
        ],
    ),
}

# Model, number of the expectation in its suite: what its first rows must hold to break it.
BROKEN: dict[tuple[str, int], tuple[int, Mapping[str, Any]]] = {
    ("fct_streams", 0): (1, {"ms_played": 29999}),
    ("fct_streams", 1): (1, {"user_id": "u-1f0c"}),
    ("fct_streams", 2): (1, {"ended_at": LAST + dt.timedelta(seconds=1)}),
    ("fct_streams", 3): (5, {"country": None}),
    ("fct_streams", 4): (2, {"main_artist_id": None}),
    ("fct_daily_listening", 0): (2, {"stream_date": DAY}),
    ("fct_daily_listening", 1): (
        1,
        {"listeners": 0, "streams": 0, "tracks": 0, "completed_streams": 0, "ms_played": 0},
    ),
    ("fct_daily_listening", 2): (1, {"listeners": 11}),
    ("fct_daily_listening", 3): (1, {"tracks": 11}),
    ("fct_daily_listening", 4): (1, {"completed_streams": 11}),
    ("fct_daily_listening", 5): (1, {"ms_played": 299999}),
    ("fct_daily_listening", 6): (1, {"ms_played": 172800001}),
}


@pytest.fixture(scope="module")
def suites(repository: Path) -> dict[str, Suite]:
    return {suite.model: suite for suite in read_suites(repository)}


def failing(suite: Suite, table: Table) -> list[int]:
    """The numbers of the expectations that do not hold on `table`, as BigQuery would say."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    from headwater.check import gx
    from headwater.check.engines import BigQueryEngine

    name = f"music_marts.{suite.model}"

    class Engine(BigQueryEngine):
        """GX's BigQuery engine with ZetaSQL in the place of the service."""

        def execute_query(self, query: Any) -> Any:
            sql = str(query.compile(self.engine, compile_kwargs={"literal_binds": True}))
            found = execute(sql, {name: table})
            columns = [column for column, _ in found.columns]
            return IteratorResult(SimpleResultMetaData(columns), iter(found.rows))

        def get_inspector(self) -> Any:
            columns = [{"name": column, "type": None} for column in table.columns]
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
    node = Node(
        unique_id=f"model.music.{suite.model}",
        name=suite.model,
        kind="model",
        materialized="table",
        schema="music_marts",
        identifier=suite.model,
        path=f"models/marts/{suite.model}.sql",
        relation=f"`home`.`music_marts`.`{suite.model}`",
        raw_code="",
        checksum="",
        meta={},
        parents=(),
        columns=(Column("user_id", is_personal=True),),
    )
    results, wrong = gx.evaluate(Engine(BigQuery(project, client)), suite, node, {node.name: node})
    assert wrong == []
    assert len(results) == len(suite.expectations)
    assert [each.observed for each in results if "judged" in each.observed] == []
    return [number for number, each in enumerate(results) if not each.passed]


def test_every_expectation_is_broken_once(suites: Mapping[str, Suite]) -> None:
    assert set(BROKEN) == {
        (model, number)
        for model, suite in suites.items()
        for number in range(len(suite.expectations))
    }


@pytest.mark.parametrize("model", TABLES)
def test_good_rows_pass_on_bigquery(suites: Mapping[str, Suite], model: str) -> None:
    assert failing(suites[model], TABLES[model]) == []


@pytest.mark.parametrize(("model", "number"), BROKEN)
def test_each_expectation_fails_on_bigquery_too(
    suites: Mapping[str, Suite], model: str, number: int
) -> None:
    count, change = BROKEN[model, number]
    table = TABLES[model]
    rows = [{**row, **(change if at < count else {})} for at, row in enumerate(table.rows)]
    assert failing(suites[model], Table(table.columns, rows)) == [number]


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
    broken = failing(Suite("every.yml", "every", "", "", expectations, "hash"), EVERY)
    assert broken == ([] if side == "holds" else list(range(len(rules))))
