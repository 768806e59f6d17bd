"""The official JSON-Schema-Test-Suite, as the source distribution of `jsonschema` ships it.

Every test of draft 2020-12 passes on both engines or is refused by name; which are refused is
in docs/reference/json-schema-test-suite.md. Run this file with --update to write that page.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from bigquery.zetasql_runner import Table, run_sql

from headwater.compile.fits import rules_of
from headwater.compile.text import jinja_value
from headwater.contracts import generic, references, tree
from headwater.contracts.documents import Documents
from headwater.contracts.report import Report

from .render import render

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/reference/json-schema-test-suite.md"
PACKAGE = "jsonschema==4.25.1"
DRAFT = "draft2020-12"
AT_LEAST = 1482


@dataclass(frozen=True)
class Case:
    """One schema of the suite: its file, what it shows, and (description, value, verdict)s."""

    file: str
    about: str
    schema: Any
    tests: tuple[tuple[str, Any, bool], ...]


@cache
def _archive() -> Path:
    """The source distribution, fetched once by its name."""
    folder = ROOT / ".pytest_cache" / "json-schema-test-suite"
    known = sorted(folder.glob("jsonschema-*.tar.gz"))
    if not known:
        python = sys.executable
        has_pip = subprocess.run(
            [python, "-m", "pip", "--version"], capture_output=True, check=False
        )
        if has_pip.returncode != 0:
            python = shutil.which("python3", path="/usr/local/bin:/usr/bin") or python
        command = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary"]
        subprocess.run([*command, "jsonschema", PACKAGE, "--dest", str(folder)], check=True)
        known = sorted(folder.glob("jsonschema-*.tar.gz"))
    return known[-1]


@cache
def _cases() -> tuple[Case, ...]:
    found = []
    with tarfile.open(_archive()) as archive:
        for member in sorted(archive.getmembers(), key=lambda each: each.name):
            _, _, name = member.name.partition(f"/json/tests/{DRAFT}/")
            if not name.endswith(".json") or (
                "/" in name and not name.startswith("optional/format/")
            ):
                continue
            content = archive.extractfile(member)
            assert content is not None
            for each in json.load(content):
                tests = tuple((t["description"], t["data"], t["valid"]) for t in each["tests"])
                found.append(Case(name, each["description"], each["schema"], tests))
    return tuple(found)


@cache
def _remotes() -> dict[str, tree.Node]:
    """The schemas that the suite refers to by URI, as files that are there."""
    found = {}
    with tarfile.open(_archive()) as archive:
        for member in archive.getmembers():
            _, _, name = member.name.partition("/json/remotes/")
            content = archive.extractfile(member) if name.endswith(".json") else None
            if content is not None:
                node = tree.parse(content.read().decode(), Report(name))
                assert node is not None, name
                found[f"http://localhost:1234/{name}"] = node
    return found


def _remote(uri: str) -> tree.Node | None:
    return _remotes().get(uri)


def _read(schema: Any) -> tuple[Any, str]:
    """The schema as it is compiled, or why it is refused, by the keyword or the rule."""
    report = Report("suite")
    node = tree.parse(json.dumps(schema), report)
    read: Any = True
    if node is not None:
        documents = Documents(_remote)
        written = references.written_out(node, "file:///suite.json", documents, report)
        read = generic.schema(written, "schema", 1, report)
    if not report.diagnostics:
        return read, ""
    message = report.diagnostics[0].message
    for known, reason in REASONS.items():
        if known in message:
            return read, reason
    return read, message.rpartition("the ")[2].removesuffix(" is not supported")


REASONS = {
    "leads to no schema file": "references to what is not there",
    "refers to itself": "schemas that hold themselves",
    "names no schema": "references to what is not there",
    "too deeply": "more than 8 schemas inside each other",
    "unknown keyword": "unknown keywords",
    "unknown type": "unknown types",
    "another kind": "line breaks of other kinds",
    "another vocabulary": "`$schema` that is no draft",
}


def _differs(case: Case, description: str) -> str:
    """Why Headwater means to judge otherwise, if it does."""
    if case.file == "format.json" and "only an annotation" in description:
        return "`format` is checked, not just noted"
    if "leap second" in description and case.file.startswith("optional/format/"):
        return "leap seconds, which neither engine can hold"
    return ""


def _verdicts(schema: Any, values: list[str], engine: str) -> list[bool]:
    fits = f"{{{{ fits('v', {jinja_value(rules_of(schema))}) }}}} as verdict"
    if engine == "duckdb":
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute("create table t (n int, v json)")
            connection.executemany("insert into t values (?, ?)", list(enumerate(values)))
            found = connection.execute(render(f"select {fits} from t order by n", engine))
            return [verdict for (verdict,) in found.fetchall()]
    parsed = "select n, safe.parse_json(s, wide_number_mode => 'round') as v from t"
    rows = [{"n": number, "s": text} for number, text in enumerate(values)]
    table = Table({"n": "int64", "s": "string"}, rows)
    answers = run_sql(render(f"select n, {fits} from ({parsed})", engine), {"t": table})
    return [row["verdict"] for row in sorted(answers, key=lambda row: row["n"])]


@cache
def _outcomes(engine: str) -> tuple[tuple[Case, str, str], ...]:
    """(case, test, outcome): outcome is empty where it passes, a reason where it is refused."""
    return tuple(_judged(engine))


def _judged(engine: str) -> Iterator[tuple[Case, str, str]]:
    for case in _cases():
        schema, reason = _read(case.schema)
        if reason:
            yield from ((case, description, reason) for description, _, _ in case.tests)
            continue
        verdicts = _verdicts(schema, [json.dumps(value) for _, value, _ in case.tests], engine)
        for (description, _, wanted), found in zip(case.tests, verdicts, strict=True):
            outcome = "" if found is wanted else _differs(case, description) or "FAILED"
            yield case, description, outcome


def page() -> str:
    """docs/reference/json-schema-test-suite.md"""
    outcomes = _outcomes("duckdb")
    passed = sum(not outcome for _, _, outcome in outcomes)
    refused = Counter(outcome for _, _, outcome in outcomes if outcome)
    lines = [
        "# The JSON Schema test suite",
        "",
        f"Of the {len(outcomes):,} tests of draft 2020-12, formats included, in the official suite",
        f"{passed:,} pass on DuckDB and on ZetaSQL. The others are refused when a contract is",
        "read, or judged otherwise on purpose, for what this table says. See",
        "[event contracts](event-contracts.md) for what to write instead.",
        "",
        "| What is refused | Tests |",
        "| --- | --- |",
        *(f"| {reason} | {count} |" for reason, count in sorted(refused.items())),
        "",
    ]
    return "\n".join(lines)


@pytest.mark.parametrize("engine", ["duckdb", "bigquery"])
def test_every_test_passes_or_is_refused_by_name(engine: str) -> None:
    failed = [
        (case.file, case.about, test)
        for case, test, outcome in _outcomes(engine)
        if outcome == "FAILED"
    ]
    assert failed == []
    assert sum(not outcome for _, _, outcome in _outcomes(engine)) >= AT_LEAST


def test_what_is_refused_is_what_the_page_says() -> None:
    hint = "hint: python -m compile.test_official_suite --update, in tests/python"
    assert PAGE.read_text(encoding="utf-8") == page(), hint


if __name__ == "__main__" and "--update" in sys.argv:
    PAGE.write_text(page(), encoding="utf-8")
