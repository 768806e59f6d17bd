"""The reference page of expectations says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from headwater.check.refused import REFUSED
from headwater.check.suite import ENTRY_KEYS, SEVERITIES, SUITE_KEYS, read_suite


def page(repository: Path) -> str:
    return (repository / "docs" / "reference" / "expectations.md").read_text(encoding="utf-8")


def test_the_examples_are_a_suite(repository: Path, tmp_path: Path) -> None:
    example, reconciliation = re.findall(r"```yaml\n(.*?)```", page(repository), re.S)
    path = tmp_path / "tests" / "expectations" / "fct_streams.yml"
    path.parent.mkdir(parents=True)
    path.write_text(example + reconciliation, encoding="utf-8")
    suite = read_suite(tmp_path, path)
    assert suite.diagnostics == ()
    assert [each.severity for each in suite.expectations] == [
        "critical",
        "warning",
        "critical",
        "warning",
    ]


def test_every_key_is_documented(repository: Path) -> None:
    for word in (*SUITE_KEYS, *ENTRY_KEYS, *SEVERITIES):
        assert f"`{word}`" in page(repository), word


def test_exactly_the_refused_rules_are_listed(repository: Path) -> None:
    table = page(repository).split("## Rules that are refused")[1]
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.M)) == REFUSED
