"""dbt's data and unit tests, from target/run_results.json, as check results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from headwater import graph
from headwater.check.results import CheckResult


def dbt_results(manifest: Mapping[str, Any], run_results: Mapping[str, Any]) -> list[CheckResult]:
    """One result per test and model it is about; skipped tests say nothing, so have none.

    dbt's messages are left out: an engine's error can quote the values it stumbled on.
    """
    nodes = graph.read(manifest).nodes
    tests = {**manifest.get("nodes", {}), **manifest.get("unit_tests", {})}
    found: list[CheckResult] = []
    for result in run_results.get("results", []):
        unique_id = str(result.get("unique_id", ""))
        if not unique_id.startswith(("test.", "unit_test.")) or unique_id not in tests:
            continue
        if result.get("status") in ("skipped", "no-op"):
            continue
        test = tests[unique_id]
        for model_id in _about(test):
            if model_id in nodes:
                found.append(_result(test, result, nodes[model_id]))
    return found


def _about(test: Mapping[str, Any]) -> Iterator[str]:
    if test.get("attached_node"):
        yield str(test["attached_node"])
        return
    # A singular test names no model; a unit test depends on the one it tests.
    yield from (test.get("depends_on") or {}).get("nodes") or ()


def _result(test: Mapping[str, Any], result: Mapping[str, Any], model: graph.Node) -> CheckResult:
    status = str(result.get("status"))
    severity = str((test.get("config") or {}).get("severity") or "error").lower()
    is_warning = status == "warn" or (severity == "warn" and status != "error")
    failures = result.get("failures")
    passed = status in ("pass", "success")
    return CheckResult(
        model=model.name,
        check=str(test["name"]),
        tool="dbt",
        column=str(test.get("column_name") or ""),
        severity="warning" if is_warning else "critical",
        passed=passed,
        observed="" if passed else _observed(status, failures),
        unexpected_count=int(failures) if isinstance(failures, int) else None,
        owner=model.owner,
        channel=model.channel,
        description=str(test.get("description") or "").strip(),
    )


def _observed(status: str, failures: Any) -> str:
    if status == "error":
        return "the test itself could not run; dbt test shows why"
    return f"{failures} rows" if isinstance(failures, int) else status
