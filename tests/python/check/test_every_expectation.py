"""Each of Great Expectations' own rules runs on DuckDB and can fail, or is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from headwater.check import check
from headwater.check.refused import REFUSED

CASES: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent / "every_rule.yml").read_text(encoding="utf-8")
)

TABLE = """
    select range as n, range + 1 as more, 1 as one,
        case when range < 5 then 'a' else 'b' end as kind,
        'w' || range as word, case when range % 2 = 0 then 1 end as gaps, null::int as none,
        date '2026-01-01' + (range % 2)::int as day, timestamp '2026-01-01 12:00' as at,
        range / 2 as x
    from range(10)
"""


def judge(small: Any, side: str) -> dict[str, Any]:
    entries = "".join(
        f"  - {name}: {arguments[side]!r}\n    severity: critical\n"
        for name, arguments in CASES.items()
    )
    small.mart("every", TABLE)
    small.suite("every", f"model: every\nexpectations:\n{entries}")
    report = check(small.project, small.database, ["every"])
    assert report.diagnostics == ()
    return {
        name: each.observed if "could not be judged" in each.observed else each.passed
        for name, each in zip(CASES, report.results, strict=True)
    }


def test_every_rule_passes_where_it_holds(small: Any) -> None:
    assert judge(small, "holds") == dict.fromkeys(CASES, True)


def test_every_rule_fails_where_it_does_not_hold(small: Any) -> None:
    assert judge(small, "fails") == dict.fromkeys(CASES, False)


def test_no_rule_of_great_expectations_is_forgotten() -> None:
    from great_expectations.expectations import registry

    core = {
        name
        for name in registry.list_registered_expectation_implementations()
        if registry.get_expectation_impl(name).__module__.startswith(
            "great_expectations.expectations.core."
        )
    }
    assert core == set(CASES) | set(REFUSED)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_refused_rule_says_what_to_do_instead(name: str) -> None:
    assert name not in CASES
    assert len(REFUSED[name]) > 20
