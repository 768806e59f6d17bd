"""`check` lets Great Expectations judge the marts, and records what it said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headwater.check import check, suite_hash
from headwater.errors import BadInput, ExitCode

PASSING = """
model: fct_sums
expectations:
  - expect_column_values_to_not_be_null: {column: sum_id}
    severity: critical
  - expect_column_max_to_be_between: {column: amount, max_value: 10}
    severity: critical
"""


def observed(report: Any) -> list[tuple[str, bool, str, int | None]]:
    return [(each.check, each.passed, each.observed, each.unexpected_count)
            for each in report.results]  # fmt: skip


def test_a_suite_that_holds_passes_and_is_marked(small: Any) -> None:
    small.suite("fct_sums", PASSING)
    report = check(small.project, small.database, run_id="r1")
    assert observed(report) == [
        ("expect_column_values_to_not_be_null", True, "", 0),
        ("expect_column_max_to_be_between (max_value=10)", True, "4", None),
    ]
    assert report.verdicts == {"daily_sums": True, "fct_sums": True}
    assert report.exit_code == ExitCode.OK
    rows = small.sql("select run_id, model, owner, channel, is_passed from ops.check_results")
    assert rows == [("r1", "fct_sums", "team-small", "#small", True)] * 2
    marks = small.sql("select model, seq, is_passed from ops.checked order by model")
    assert marks == [("daily_sums", 1, True), ("fct_sums", 1, True)]


def test_a_critical_failure_fails_its_model_only_and_says_how_much(small: Any) -> None:
    small.suite(
        "fct_sums",
        """
model: fct_sums
owner: sums-team
channel: "#sums"
expectations:
  - expect_column_values_to_be_between: {column: amount, min_value: 1}
    severity: critical
    description: Nobody sums nothing.
""",
    )
    report = check(small.project, small.database)
    assert observed(report) == [
        ("expect_column_values_to_be_between (min_value=1)", False, "20 of 100 rows", 20)
    ]
    assert report.verdicts == {"daily_sums": True, "fct_sums": False}
    assert report.exit_code == ExitCode.BRANCH_FAILED
    assert "FAILED: fct_sums.amount" in report.lines()[0]
    assert "[sums-team #sums]" in report.lines()[0]
    assert small.sql("select model, is_passed from ops.checked order by 1") == [
        ("daily_sums", True),
        ("fct_sums", False),
    ]


def test_a_warning_is_said_and_fails_nothing(small: Any) -> None:
    small.suite(
        "fct_sums",
        "model: fct_sums\nexpectations:\n"
        "  - expect_table_row_count_to_be_between: {min_value: 1000}\n    severity: warning\n",
    )
    report = check(small.project, small.database)
    assert report.exit_code == ExitCode.OK
    assert report.verdicts["fct_sums"] is True
    assert report.lines()[0].startswith("warning: fct_sums expect_table_row_count_to_be_between")
    assert "100" in report.lines()[0]


def test_no_value_of_a_personal_column_is_found_in_results(small: Any) -> None:
    small.suite(
        "fct_sums",
        """
model: fct_sums
expectations:
  - expect_column_values_to_be_in_set: {column: person_id, value_set: [nobody]}
    severity: critical
  - expect_column_max_to_be_between: {column: person_id, max_value: 3}
    severity: critical
  - expect_column_distinct_values_to_be_in_set: {column: person_id, value_set: [nobody]}
    severity: critical
  - expect_column_most_common_value_to_be_in_set: {column: person_id, value_set: [nobody]}
    severity: critical
  - expect_compound_columns_to_be_unique: {column_list: [person_id, sum_date]}
    severity: critical
  - unexpected_rows_expectation:
      unexpected_rows_query: select max(person_id) as m from {batch} having max(person_id) > 'a'
    severity: critical
  - unexpected_rows_expectation:
      unexpected_rows_query: select cast(person_id as int) as m from {batch}
    severity: critical
""",
    )
    report = check(small.project, small.database)
    assert [each.passed for each in report.results] == [False] * 7
    assert {each.observed for each in report.results} <= {
        "",
        "could not be judged: ConversionException",
        "could not be judged",
    }
    written = str(small.sql("select * from ops.check_results")) + "\n".join(report.lines())
    assert "person0" not in written
    assert "person6" not in written


def test_an_error_never_quotes_a_value_that_is_not_known_to_be_personal(small: Any) -> None:
    small.node("fct_sums")
    small.suite(
        "fct_sums",
        "model: fct_sums\nexpectations:\n"
        "  - unexpected_rows_expectation:\n"
        "      unexpected_rows_query: select cast(person_id as int) as m from {batch}\n"
        "    severity: critical\n",
    )
    (result,) = check(small.project, small.database).results
    assert not result.passed
    assert result.observed == "could not be judged: ConversionException"


def test_one_statement_the_engine_refuses_leaves_the_other_answers_alone(small: Any) -> None:
    small.suite(
        "fct_sums",
        """
model: fct_sums
expectations:
  - expect_column_mean_to_be_between: {column: person_id, min_value: 1}
    severity: warning
  - expect_column_max_to_be_between: {column: amount, max_value: 10}
    severity: critical
""",
    )
    report = check(small.project, small.database)
    assert [each.passed for each in report.results] == [False, True]
    assert report.results[0].observed.startswith("could not be judged")
    assert report.results[1].observed == "4"


def test_a_suite_of_two_hundred_expectations_asks_few_queries(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = "".join(
        f"  - expect_column_values_to_be_between: {{column: amount, max_value: {10 + number}}}\n"
        "    severity: critical\n"
        f"  - expect_column_sum_to_be_between: {{column: amount, min_value: {-number}}}\n"
        "    severity: critical\n"
        for number in range(100)
    )
    small.suite("fct_sums", f"model: fct_sums\nexpectations:\n{entries}")
    from headwater.check.engines import DuckDBEngine

    asked = []
    execute = DuckDBEngine.execute_query
    monkeypatch.setattr(
        DuckDBEngine,
        "execute_query",
        lambda self, query: asked.append(query) or execute(self, query),
    )
    report = check(small.project, small.database)
    assert len(report.results) == 200
    assert all(each.passed for each in report.results)
    assert len(asked) <= 8


def test_models_limits_what_is_judged_and_an_unbuilt_one_gets_no_verdict(small: Any) -> None:
    small.node("not_there")
    report = check(small.project, small.database, ["daily_sums", "not_there"])
    assert report.verdicts == {"daily_sums": True}
    assert report.not_built == ("not_there",)
    assert small.sql("select model from ops.checked") == [("daily_sums",)]


def test_a_model_that_does_not_exist_is_bad_input(small: Any) -> None:
    with pytest.raises(BadInput, match="no model 'fct_sum'") as raised:
        check(small.project, small.database, ["fct_sum"])
    assert raised.value.hint == "did you mean fct_sums?"


def test_a_mark_is_replaced_when_the_model_moves_on(small: Any) -> None:
    check(small.project, small.database)
    small.mart("daily_sums", "select 1 as amount", parents=("fct_sums",))
    check(small.project, small.database, ["daily_sums"])
    assert small.sql("select model, seq from ops.checked order by 1") == [
        ("daily_sums", 2),
        ("fct_sums", 1),
    ]


def test_layout_and_comments_do_not_change_the_hash_of_a_suite(small: Any) -> None:
    path = small.suite("fct_sums", PASSING)
    before = suite_hash(path)
    path.write_text("# why\n" + PASSING.replace("critical", '"critical"'), encoding="utf-8")
    assert suite_hash(path) == before
    path.write_text(PASSING.replace("critical", "warning", 1), encoding="utf-8")
    assert suite_hash(path) != before
    assert suite_hash(path.with_name("other.yml")) == ""


def test_great_expectations_is_not_imported_when_there_is_nothing_to_judge(small: Any) -> None:
    script = (
        "import sys; from headwater.check import check; from headwater import project, warehouse\n"
        "from headwater.database import DuckDB; p = project.find()\n"
        "check(p, DuckDB(p, warehouse.connect(p)))\n"
        "assert not any(m.startswith(('great_expectations', 'pandas')) for m in sys.modules)\n"
    )
    small.database.connection.close()
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=small.project.root, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("suite", "imported"), [("fct_sums", True), ("other", False)])
def test_great_expectations_is_imported_while_dbt_builds_a_mart_that_has_a_suite(
    small: Any, suite: str, imported: bool
) -> None:
    small.suite(suite, PASSING)
    script = (
        "import sys, threading; from headwater.check import prepare\n"
        "from headwater import project; prepare(project.find(), ['fct_sums'])\n"
        "for thread in threading.enumerate():\n"
        "    if thread is not threading.main_thread(): thread.join()\n"
        "print('headwater.check.gx' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=small.project.root, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (f"{imported}\n", "")


def test_judging_opens_no_connection_and_writes_no_file_and_prints_nothing(
    small: Any, tmp_path: Path
) -> None:
    small.suite("fct_sums", PASSING)
    small.database.connection.close()
    script = """
import json, socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("network")
socket.socket.connect = socket.getaddrinfo = refuse
from headwater import project, warehouse
from headwater.check import check
from headwater.database import DuckDB
p = project.find()
con = warehouse.connect(p)
report = check(p, DuckDB(p, con))
con.close()
assert report.results and all(each.passed for each in report.results)
"""
    home = tmp_path / "home"
    home.mkdir()
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    before = sorted(str(each) for each in small.project.root.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-B", "-c", script],
        cwd=small.project.root,
        capture_output=True,
        text=True,
        env={
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(str(each) for each in small.project.root.rglob("*")) == before
    assert list(home.iterdir()) == []
    assert list(temporary.iterdir()) == []


def test_the_warehouse_is_free_for_the_next_process_once_its_connection_is_closed(
    small: Any,
) -> None:
    small.suite("fct_sums", PASSING)
    check(small.project, small.database)
    small.database.connection.close()
    done = subprocess.run(
        [sys.executable, "-c", "import duckdb, sys; duckdb.connect(sys.argv[1])",
         str(small.project.warehouse_file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_dbt_tests_count_towards_the_verdict(small: Any) -> None:
    from headwater.check import dbt_results

    manifest = small.manifest()
    for name, severity in (("unique_sum_id", "ERROR"), ("accepted_amount", "warn")):
        manifest["nodes"][f"test.small.{name}"] = {
            "resource_type": "test",
            "name": name,
            "raw_code": name,
            "config": {"severity": severity},
            "attached_node": "model.small.fct_sums",
            "column_name": "sum_id",
            "depends_on": {"nodes": ["model.small.fct_sums"]},
        }
    small.write(manifest)
    results = {
        "results": [
            {"unique_id": "test.small.unique_sum_id", "status": "fail", "failures": 3,
             "message": "Got 3 results, person0"},
            {"unique_id": "test.small.accepted_amount", "status": "warn", "failures": 1},
            {"unique_id": "model.small.fct_sums", "status": "success"},
        ]
    }  # fmt: skip
    rows = dbt_results(json.loads(json.dumps(manifest)), results)
    assert [(row.check, row.severity, row.passed, row.observed) for row in rows] == [
        ("unique_sum_id", "critical", False, "3 rows"),
        ("accepted_amount", "warning", False, "1 rows"),
    ]
    report = check(small.project, small.database, dbt_rows=rows)
    assert report.verdicts == {"daily_sums": True, "fct_sums": False}
    assert report.exit_code == ExitCode.BRANCH_FAILED
    tools = small.sql("select distinct tool from ops.check_results")
    assert tools == [("dbt",)]


RECONCILED = """
model: fct_sums
expectations:
  - unexpected_rows_expectation:
      unexpected_rows_query: >-
        select 1 as wrong from {batch} as sums
        left join {{ ref('daily_sums') }} as days on sums.sum_date = days.sum_date
        where days.sum_date is null
    severity: critical
    description: Each date is summed.
"""


def test_a_query_reads_another_model_by_ref(small: Any) -> None:
    small.suite("fct_sums", RECONCILED)
    small.mart("daily_sums", "select distinct sum_date from marts.fct_sums")
    assert check(small.project, small.database, ["fct_sums"]).verdicts == {"fct_sums": True}
    small.sql("delete from marts.daily_sums")
    (row,) = check(small.project, small.database, ["fct_sums"]).results
    assert (row.passed, row.unexpected_count) == (False, 100)
    assert str(row) == "FAILED: fct_sums: Each date is summed: 100 rows [team-small #small]"


def test_what_another_model_says_of_people_is_not_shown(small: Any) -> None:
    small.suite("fct_sums", RECONCILED.replace("days.sum_date is null", "days.secret is null"))
    small.mart("daily_sums", "select 'x' as secret, * from marts.fct_sums", personal=("secret",))
    small.sql("delete from marts.daily_sums")
    (row,) = check(small.project, small.database, ["fct_sums"]).results
    assert (row.passed, row.observed, row.unexpected_count) == (False, "", None)


def test_a_query_that_reads_no_model_is_a_complaint(small: Any) -> None:
    small.suite("fct_sums", RECONCILED.replace("daily_sums", "daily_sum"))
    (wrong,) = check(small.project, small.database, ["fct_sums"]).diagnostics
    assert wrong.line == 4
    assert "reads 'daily_sum', which is no model" in wrong.message
    assert wrong.hint == "did you mean daily_sums?"
