"""The official JSON-Schema-Test-Suite, as the source distribution of `jsonschema` ships it.

Every test of drafts 4 to 2020-12 passes on both engines or is refused by name; which are
refused is in docs/reference/json-schema-test-suite.md. Run this file with --update to write
that page.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
from .test_pairs import PAIRS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/reference/json-schema-test-suite.md"
PACKAGE = "jsonschema==4.25.1"
# As Headwater calls a draft: as the suite does.
DRAFTS = {"2020-12": "draft2020-12", "7": "draft7"}
DRAFTS |= {"2019-09": "draft2019-09", "6": "draft6", "4": "draft4"}
# Of all tests and of those that are not optional; what passes beyond may only grow.
AT_LEAST = {"2020-12": (1745, 1197), "7": (1347, 889)}
AT_LEAST |= {"2019-09": (1692, 1151), "6": (1125, 817), "4": (843, 600)}
ENGINES = ("duckdb", "bigquery")
BATCH = 24  # schemas a query


@dataclass(frozen=True)
class Case:
    """One schema of the suite: its file, what it shows, and (description, value, verdict)s."""

    draft: str
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
def _cases(draft: str) -> tuple[Case, ...]:
    found = []
    with tarfile.open(_archive()) as archive:
        for member in sorted(archive.getmembers(), key=lambda each: each.name):
            _, _, name = member.name.partition(f"/json/tests/{DRAFTS[draft]}/")
            content = archive.extractfile(member) if name.endswith(".json") else None
            for each in json.load(content) if content is not None else ():
                tests = tuple((t["description"], t["data"], t["valid"]) for t in each["tests"])
                found.append(Case(draft, name, each["description"], each["schema"], tests))
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


def _read(case: Case) -> tuple[Any, str]:
    """The schema as it is compiled, or why it is refused, by the keyword or the rule."""
    report = Report("suite")
    node = tree.parse(json.dumps(case.schema, ensure_ascii=False), report)
    read: Any = True
    if node is not None:
        documents = Documents(_remote, case.draft)
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
    "which ignores it": "keywords of a later draft",
}


def _differs(case: Case, description: str) -> str:
    """Why Headwater means to judge otherwise, if it does."""
    if case.file == "format.json" and "only an annotation" in description:
        return "`format` is checked, not just noted"
    if "leap second" in description and case.file.startswith("optional/format/"):
        return "leap seconds, which neither engine can hold"
    if case.file == "optional/content.json":
        return "what is encoded is noted, not judged, as since draft 2019-09"
    if case.file == "optional/zeroTerminatedFloats.json":
        return "1.0 is an integer, as since draft 6"
    return ""


def _verdicts(asked: list[tuple[Any, list[str]]], engine: str) -> list[list[bool]]:
    """For each (schema, values) the verdicts, asked in one query."""
    values = "select c, n, v from t"
    if engine == "bigquery":
        values = "select c, n, safe.parse_json(v, wide_number_mode => 'round') as v from t"
    parts = [
        f"select c, n, {{{{ fits('v', {jinja_value(rules_of(schema))}) }}}} as verdict "
        f"from ({values} where c = {number})"
        for number, (schema, _) in enumerate(asked)
    ]
    query = render(" union all ".join(parts), engine)
    rows = [
        {"c": number, "n": place, "v": value}
        for number, (_, values) in enumerate(asked)
        for place, value in enumerate(values)
    ]
    if engine == "duckdb":
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute("create table t (c int, n int, v json)")
            connection.executemany(
                "insert into t values (?, ?, ?)", [[*row.values()] for row in rows]
            )
            found = connection.execute(query).fetchall()
    else:
        table = Table({"c": "int64", "n": "int64", "v": "string"}, rows)
        found = [tuple(row.values()) for row in run_sql(query, {"t": table})]
    verdicts: list[list[bool]] = [[] for _ in asked]
    for number, _, verdict in sorted(found):
        verdicts[number].append(verdict)
    return verdicts


@cache
def _outcomes(draft: str, engine: str) -> tuple[tuple[Case, str, str], ...]:
    """(case, test, outcome): outcome is empty where it passes, a reason where it is refused."""
    return tuple(_judged(draft, engine))


def _judged(draft: str, engine: str) -> Iterator[tuple[Case, str, str]]:
    read = [(case, *_read(case)) for case in _cases(draft)]
    compiled = [(case, schema) for case, schema, reason in read if not reason]
    for case, _, reason in read:
        if reason:
            yield from ((case, description, reason) for description, _, _ in case.tests)
    for start in range(0, len(compiled), BATCH):
        batch = compiled[start : start + BATCH]
        asked = [
            (schema, [json.dumps(value) for _, value, _ in case.tests]) for case, schema in batch
        ]
        for (case, _), verdicts in zip(batch, _verdicts(asked, engine), strict=True):
            for (description, _, wanted), found in zip(case.tests, verdicts, strict=True):
                outcome = "" if found is wanted else _differs(case, description) or "FAILED"
                yield case, description, outcome


def page() -> str:
    """docs/reference/json-schema-test-suite.md"""
    refused: dict[str, Counter[str]] = {}
    counts = {}
    for draft in DRAFTS:
        outcomes = _outcomes(draft, "duckdb")
        counts[draft] = [_passed(outcomes), len(outcomes), _passed(_main(outcomes))]
        counts[draft].append(len(_main(outcomes)))
        for _, _, outcome in outcomes:
            if outcome:
                refused.setdefault(outcome, Counter())[draft] += 1
    lines = [
        "# The JSON Schema test suite",
        "",
        "The official suite, as the source distribution of `jsonschema` carries it, run on DuckDB",
        "and on ZetaSQL, with the same outcome. Every test passes, or its schema is refused when a",
        "contract is read, or judged otherwise on purpose, for what the second table says. See",
        "[event contracts](event-contracts.md) for what to write instead. What is optional there",
        "is mostly formats and regular expressions.",
        "",
        f"Besides, every test run makes {PAIRS:,} random pairs of a schema and a value. Base and",
        "`jsonschema-rs` agree on each: whether the value passes and, where it has a single fault,",
        "on the violation's name. A compiler that forgets any one keyword is noticed.",
        "",
        "| Draft | Tests | Pass | Of these not optional | Pass |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {draft} | {every:,} | {passed:,} | {main:,} | {main_passed:,} |"
            for draft, (passed, every, main_passed, main) in counts.items()
        ),
        "",
        f"| What is refused | {' | '.join(DRAFTS)} |",
        f"| --- |{' --- |' * len(DRAFTS)}",
        *(
            f"| {reason} | {' | '.join(str(refused[reason][draft]) for draft in DRAFTS)} |"
            for reason in sorted(refused)
        ),
        "",
    ]
    return "\n".join(lines)


_Outcomes = Sequence[tuple[Case, str, str]]


def _main(outcomes: _Outcomes) -> _Outcomes:
    """Without what the suite calls optional."""
    return [each for each in outcomes if not each[0].file.startswith("optional/")]


def _passed(outcomes: _Outcomes) -> int:
    return sum(not outcome for _, _, outcome in outcomes)


@pytest.mark.parametrize("draft", DRAFTS)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_test_passes_or_is_refused_by_name(engine: str, draft: str) -> None:
    outcomes = _outcomes(draft, engine)
    failed = [(case.file, case.about, test) for case, test, found in outcomes if found == "FAILED"]
    assert failed == []
    assert _passed(outcomes) >= AT_LEAST[draft][0]
    assert _passed(_main(outcomes)) >= AT_LEAST[draft][1]


def test_what_is_refused_is_what_the_page_says() -> None:
    hint = "hint: python -m compile.test_official_suite --update, in tests/python"
    assert PAGE.read_text(encoding="utf-8") == page(), hint


def _without(schema: Any, keyword: str) -> Any:
    if isinstance(schema, dict):
        return {key: _without(each, keyword) for key, each in schema.items() if key != keyword}
    return [_without(each, keyword) for each in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize(
    "keyword",
    ["$ref", "$dynamicRef", "$defs", "$id", "$anchor", "$dynamicAnchor", "dependencies"],
)
def test_a_reader_without_a_keyword_of_references_differs(keyword: str) -> None:
    """Some case that passes is refused or judged wrongly when it is overlooked."""
    cases = [case for case in _cases("2020-12") if f'"{keyword}"' in json.dumps(case.schema)]
    passing = [case for case in cases if not _read(case)[1]]
    read = [_read(replace(case, schema=_without(case.schema, keyword))) for case in passing]
    if not any(reason for _, reason in read):
        asked = [
            (schema, [json.dumps(value) for _, value, _ in case.tests])
            for case, (schema, _) in zip(passing, read, strict=True)
        ]
        wanted = [[verdict for _, _, verdict in case.tests] for case in passing]
        assert _verdicts(asked, "duckdb") != wanted
    assert passing


if __name__ == "__main__" and "--update" in sys.argv:
    PAGE.write_text(page(), encoding="utf-8")
