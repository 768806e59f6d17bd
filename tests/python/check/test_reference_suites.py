"""Each expectation of the reference warehouse holds on good rows and fails on its bad ones."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from check.cases import BROKEN, GOOD, READ, read_by

from headwater.check import check, read_suites


@pytest.fixture(scope="module")
def marts(shared_small: Any, repository: Path) -> Any:
    """Every mart with good rows, what their suites read, and the suites of this repository."""
    for (_, name), rows in READ.items():
        shared_small.mart(name, rows, personal=personal(rows))
    for model, rows in GOOD.items():
        shared_small.mart(model, rows, personal=personal(rows))
    target = shared_small.project.root / "tests" / "expectations"
    shutil.copytree(repository / "tests" / "expectations", target)
    return shared_small


def personal(rows: str) -> tuple[str, ...]:
    return ("user_id",) if " as user_id" in rows else ()


@pytest.fixture
def reference(marts: Any, request: pytest.FixtureRequest) -> Any:
    """The same, with what the suite of the mart in question reads beside it."""
    model = request.node.callspec.params["model"]
    for name, rows in {model: GOOD[model], **read_by(model)}.items():
        marts.sql(f"create or replace table marts.{name} as {rows}")
    return marts


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
    for name in (model, *read_by(model)):
        reference.sql(f"delete from marts.{name}")
    assert failing(reference, model) == []


@pytest.mark.parametrize(("model", "number"), BROKEN)
def test_each_expectation_fails_on_the_rows_it_is_for(
    reference: Any, model: str, number: int
) -> None:
    """No other fails, but what reads another mart may see that the two do not agree."""
    reference.sql(f"update marts.{model} set {BROKEN[model, number]}")
    (suite,) = (each for each in read_suites(reference.project.root) if each.model == model)
    alone = [
        at
        for at, each in enumerate(suite.expectations)
        if at == number or "ref(" not in str(each.kwargs)
    ]
    assert [at for at in failing(reference, model) if at in alone] == [number]
