"""Content checks: Great Expectations suites and dbt's data tests, and what they found."""

from __future__ import annotations

from headwater.check.dbt_tests import dbt_results
from headwater.check.results import CheckReport, CheckResult
from headwater.check.run import check, prepare
from headwater.check.suite import Expectation, Suite, read_suites, suite_hash

__all__ = [
    "CheckReport",
    "CheckResult",
    "Expectation",
    "Suite",
    "check",
    "dbt_results",
    "prepare",
    "read_suites",
    "suite_hash",
]
