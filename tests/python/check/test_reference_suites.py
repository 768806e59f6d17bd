"""Each expectation of the reference warehouse holds on good rows and fails on its bad ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from check.cases import BROKEN, GOOD

from headwater.check import check, read_suites


@pytest.fixture(scope="module")
def marts(shared_small: Any, repository: Path) -> Any:
    """Every mart with good rows, and the suites of this repository."""
    for model, rows in GOOD.items():
        personal = ("user_id",) if " as user_id" in rows else ()
        shared_small.mart(model, rows, personal=personal)
    target = shared_small.project.root / "tests" / "expectations"
    shutil.copytree(repository / "tests" / "expectations", target)
    return shared_small


@pytest.fixture
def reference(marts: Any) -> Iterator[Any]:
    """The same, with good rows again after each test."""
    yield marts
    for model, rows in GOOD.items():
        marts.sql(f"create or replace table marts.{model} as {rows}")


def failing(small: Any, model: str) -> list[int]:
    report = check(small.project, small.database, [model])
    assert report.diagnostics == ()
    return [number for number, each in enumerate(report.results) if not each.passed]


def test_every_suite_is_covered(repository: Path) -> None:
    suites = read_suites(repository)
    assert [each for suite in suites for each in suite.diagnostics] == []
    assert {
        (suite.model, number) for suite in suites for number in range(len(suite.expectations))
    } == set(BROKEN)


@pytest.mark.parametrize("model", GOOD)
def test_good_rows_pass(reference: Any, model: str) -> None:
    assert failing(reference, model) == []


@pytest.mark.parametrize("model", GOOD)
def test_a_mart_without_rows_passes(reference: Any, model: str) -> None:
    reference.sql(f"delete from marts.{model}")
    assert failing(reference, model) == []


@pytest.mark.parametrize(("model", "number"), BROKEN)
def test_each_expectation_fails_on_the_rows_it_is_for(
    reference: Any, model: str, number: int
) -> None:
    reference.sql(f"update marts.{model} set {BROKEN[model, number]}")
    assert failing(reference, model) == [number]
