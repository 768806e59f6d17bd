"""Suites are read with one complaint, a line and a hint for everything wrong in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headwater.check import check
from headwater.check.suite import read_suite, read_suites
from headwater.errors import ExitCode

HEAD = "model: thing\nexpectations:\n"
NOT_NULL = "  - expect_column_values_to_not_be_null: {column: a}\n    severity: critical\n"


def read(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "tests" / "expectations" / "thing.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_suite(tmp_path, path)


def test_a_suite_is_read_as_written(tmp_path: Path) -> None:
    suite = read(
        tmp_path,
        'model: thing\nowner: team\nchannel: "#team"\nexpectations:\n'
        "  - expect_column_values_to_be_between: {column: a, min_value: 0}\n"
        "    severity: warning\n    description: Never negative.\n"
        "  - expect_table_row_count_to_be_between: {min_value: 1}\n    severity: critical\n",
    )
    assert suite.diagnostics == ()
    assert (suite.model, suite.owner, suite.channel) == ("thing", "team", "#team")
    first, second = suite.expectations
    assert first.type == "expect_column_values_to_be_between"
    assert dict(first.kwargs) == {"column": "a", "min_value": 0}
    assert (first.severity, first.description, first.line) == ("warning", "Never negative.", 5)
    assert (second.columns, second.line) == ((), 8)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "is empty"),
        ("model: [", 1, "is not YAML: expected the node content, but found '<stream end>'"),
        ("- a\n", 1, "a suite is a mapping: model, expectations"),
        ("expectations: []\n", 1, "a suite says which model it is for"),
        ("model: other\n", 1, "the suite of other lies in thing.yml"),
        ("model: thing\nowners: x\n", 2, "unknown key 'owners'"),
        ("model: thing\nmodel: thing\n", 2, "'model' is said twice"),
        ("model: thing\nexpectations: {}\n", 2, "expectations is a list"),
        (HEAD + "  - expect_x\n", 3, "an expectation is a mapping: its name, then severity"),
        (HEAD + "  - expect_x: {column: a}\n", 3, "no severity"),
        (HEAD + "  - expect_x: {}\n    severity: fatal\n", 4, "severity 'fatal' is unknown"),
        (HEAD + "  - severity: critical\n", 3, "one expectation per entry, not none"),
        (
            HEAD + "  - expect_x: {}\n    expect_y: {}\n    severity: critical\n",
            3,
            "one expectation per entry, not expect_x, expect_y",
        ),
        (HEAD + "  - expect_x: [a]\n    severity: critical\n", 3, "the arguments are a mapping"),
    ],
)
def test_each_mistake_is_one_complaint_with_its_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    (found,) = read(tmp_path, text).diagnostics
    assert (found.path, found.line, found.message) == (
        "tests/expectations/thing.yml",
        line,
        message,
    )


def test_a_mistake_leaves_the_other_expectations_readable(tmp_path: Path) -> None:
    suite = read(tmp_path, HEAD + "  - expect_x: {}\n" + NOT_NULL)
    assert [each.type for each in suite.expectations] == ["expect_column_values_to_not_be_null"]
    assert len(suite.diagnostics) == 1


def test_a_file_that_is_not_utf8_is_a_complaint_and_no_crash(tmp_path: Path) -> None:
    read(tmp_path, HEAD)
    path = tmp_path / "tests" / "expectations" / "thing.yml"
    path.write_bytes(b"model: \xff")
    (suite,) = read_suites(tmp_path)
    assert [each.message for each in suite.diagnostics] == ["is not UTF-8"]


@pytest.mark.parametrize(
    ("entry", "message", "hint"),
    [
        (
            "expect_column_values_to_not_be_nul: {column: sum_id}",
            "unknown expectation 'expect_column_values_to_not_be_nul'",
            "did you mean expect_column_values_to_not_be_null?",
        ),
        (
            "expect_column_values_to_not_be_null: {columm: sum_id}",
            "expect_column_values_to_not_be_null takes no 'columm'",
            "did you mean column?",
        ),
        (
            "expect_column_values_to_not_be_null: {}",
            "expect_column_values_to_not_be_null needs 'column'",
            "",
        ),
        (
            "expect_column_values_to_not_be_null: {column: sum_idd}",
            "fct_sums has no column 'sum_idd'",
            "did you mean sum_id?",
        ),
        (
            "expect_column_values_to_not_be_null: {column: sum_id, mostly: 7}",
            "expect_column_values_to_not_be_null: mostly: ensure this value is less than or equal"
            " to 1.0",
            "",
        ),
        (
            "expect_column_values_to_not_be_null: {column: sum_id, row_condition: amount > 1}",
            "row_condition is a text without condition_parser",
            "row_condition: 'col(\"thing\") == 1', condition_parser: great_expectations",
        ),
        (
            "expect_column_values_to_be_of_type: {column: sum_id, type_: BIGINT}",
            "expect_column_values_to_be_of_type does not run in a warehouse",
            "the model contract enforces column types: set data_type in the model's YAML",
        ),
    ],
)
def test_what_great_expectations_would_refuse_is_said_with_its_line(
    small: Any, entry: str, message: str, hint: str
) -> None:
    small.suite(
        "fct_sums",
        f"model: fct_sums\nexpectations:\n  - {entry}\n    severity: critical\n"
        "  - expect_column_values_to_be_unique: {column: sum_id}\n    severity: critical\n",
    )
    report = check(small.project, small.database)
    (found,) = report.diagnostics
    assert (found.path, found.line) == ("tests/expectations/fct_sums.yml", 3)
    assert (found.message, found.hint) == (message, hint)
    assert [each.passed for each in report.results] == [True]
    assert report.verdicts == {"daily_sums": True, "fct_sums": False}
    assert report.exit_code == ExitCode.BRANCH_FAILED
    assert report.lines()[0].startswith(f"tests/expectations/fct_sums.yml:3: {message}")
    failed = small.sql("select check_name, observed from ops.check_results where not is_passed")
    assert failed == [("tests/expectations/fct_sums.yml:3", message)]


def test_a_suite_without_its_model_is_a_complaint(small: Any) -> None:
    small.suite("fct_sum", "model: fct_sum\nexpectations: []\n")
    report = check(small.project, small.database)
    assert str(report.diagnostics[0]) == (
        "tests/expectations/fct_sum.yml:1: there is no model fct_sum\n"
        "  hint: delete the suite, or name the file after its model"
    )
    assert report.verdicts == {"daily_sums": True, "fct_sums": True}
