"""What a job covers is asked of dbt once, and again when a file of the project changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from headwater import dbt, fingerprint
from headwater.errors import BadInput
from headwater.run import job_models


@pytest.fixture
def small(make_small: Callable[[], Any]) -> Any:
    """A warehouse of two marts, parsed."""
    made = make_small()
    for name in ("fct_a", "fct_b"):
        made.mart(name, "select 1 as one")
    fingerprint.mark_parsed(made.project, "as it was")
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The selectors that dbt was asked for. It knows `hourly`, which covers fct_a."""
    found: list[str] = []

    def run_dbt(_: object, args: Sequence[str]) -> dbt.DbtResult:
        found.append(args[args.index("--selector") + 1])
        is_known = found[-1] == "hourly"
        return dbt.DbtResult(0 if is_known else 2, {}, "fct_a\nseed_x\n" if is_known else "")

    monkeypatch.setattr(dbt, "run_dbt", run_dbt)
    return found


def covered(small: Any, job: str, files: str = "as it was") -> frozenset[str]:
    return job_models(small.project, dbt.graph_of(small.project), job, files)


def test_dbt_is_asked_once_what_a_job_covers(small: Any, asked: list[str]) -> None:
    assert [covered(small, "hourly") for _ in range(3)] == [{"fct_a"}] * 3
    assert asked == ["hourly"]


def test_a_project_that_changed_is_asked_again(small: Any, asked: list[str]) -> None:
    covered(small, "hourly")
    fingerprint.mark_parsed(small.project, "changed")
    assert fingerprint.is_parsed(small.project, "changed")
    assert covered(small, "hourly", "changed") == {"fct_a"}
    assert asked == ["hourly"] * 2


def test_what_was_parsed_by_somebody_else_meanwhile_is_not_mixed_up(
    small: Any, asked: list[str]
) -> None:
    fingerprint.mark_parsed(small.project, "changed")
    covered(small, "hourly")
    assert fingerprint.known_job(small.project, "changed", "hourly") is None
    covered(small, "hourly")
    assert asked == ["hourly"] * 2


def test_a_job_that_nobody_knows_is_not_remembered(small: Any, asked: list[str]) -> None:
    for _ in range(2):
        with pytest.raises(BadInput, match="no job 'nightly'"):
            covered(small, "nightly")
    assert asked == ["nightly"] * 2
