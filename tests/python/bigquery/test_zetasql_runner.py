"""The oracle itself: does it answer as BigQuery is documented to?"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from .values import parse_type, type_text
from .zetasql_runner import SqlError, Table, analyze, execute, run_sql

TABLE = Table({"name": "string", "n": "int64"}, [{"name": "a", "n": 1}, {"n": 2}])


def one(expression: str) -> Any:
    return run_sql(f"select {expression} as x")[0]["x"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int64", -(2**63)),
        ("bool", False),
        ("float64", 1e300),
        ("string", "Zoë\U0001f3b5"),
        ("bytes", b"\xff\x00"),
        ("date", date(1969, 12, 31)),
        ("timestamp", datetime(1969, 12, 31, 23, 59, 59, 999_999)),
        ("numeric", Decimal("-1.5")),
        ("json", '{"a":1}'),
        ("array<string>", ["x", "y"]),
        ("struct<os string, size struct<w int64>>", {"os": None, "size": {"w": 3}}),
        ("array<struct<k string>>", [{"k": "x"}, {"k": None}]),
    ],
)
def test_a_value_comes_back_as_it_went_in(kind: str, value: Any) -> None:
    result = execute("select x, x as y from t", {"t": Table({"x": kind}, [{"x": value}])})
    assert result.columns == (("x", kind), ("y", kind))
    assert result.rows == [(value, value)]


def test_null_comes_back_as_null_and_a_null_array_as_an_empty_one() -> None:
    table = Table({"x": "timestamp", "y": "array<string>"}, [{}])
    assert execute("select * from t", {"t": table}).rows == [(None, [])]


@pytest.mark.parametrize("kind", ["array<string", "struct<a>", "varchar", "int64>", ""])
def test_what_is_not_a_type_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=r"type|closed"):
        parse_type(kind)


def test_a_type_reads_as_it_was_written() -> None:
    kind = "array<struct<a int64, b array<string>>>"
    assert type_text(parse_type(kind)) == kind


@pytest.mark.parametrize("name", ["`p-1`.`raw`.`t`", "`p-1.raw.t`", "`p-1`.raw.t"])
def test_a_table_is_found_however_its_name_is_quoted(name: str) -> None:
    assert run_sql(f"select n from {name} where name = 'a'", {"p-1.raw.t": TABLE}) == [{"n": 1}]


def test_a_misspelt_column_is_an_error_with_line_and_column() -> None:
    with pytest.raises(SqlError) as error:
        analyze("select\n    naem\nfrom `p`.`raw`.`t` as t", {"p.raw.t": TABLE})
    assert (error.value.line, error.value.column) == (2, 5)
    assert "naem" in error.value.message


def test_a_column_after_a_table_name_keeps_its_column() -> None:
    with pytest.raises(SqlError) as error:
        analyze("select 1 from `p`.`raw`.`t` as t where naem", {"p.raw.t": TABLE})
    assert error.value.column == len("select 1 from `p`.`raw`.`t` as t where n")


def test_a_failing_value_is_an_error() -> None:
    with pytest.raises(SqlError, match="division by zero"):
        run_sql("select 1 / 0 as x")


def test_analysis_gives_columns_and_types() -> None:
    columns, _ = analyze("select n, [name] as names from t", {"t": TABLE})
    assert columns == (("n", "int64"), ("names", "array<string>"))


@pytest.mark.parametrize(
    "sql",
    [
        "insert into t (n) select 3",
        "delete from t where n = 1",
        "update t as b set n = f.n from (select 1 as n) as f where b.n = f.n",
        "create or replace table u cluster by n as select * from t",
        "begin transaction",
    ],
)
def test_statements_that_are_not_queries_are_checked_too(sql: str) -> None:
    assert analyze(sql, {"t": TABLE})[0] == ()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("json_type(safe.parse_json('[1]', wide_number_mode => 'round'))", "array"),
        ("safe.parse_json('{', wide_number_mode => 'round')", None),
        ('json_keys(json \'{"b":1,"a":{"c":1}}\', 1)', ["a", "b"]),
        ("lax_string(json '1.50')", "1.5"),
        ("lax_int64(json '\"7\"')", 7),
        ("lax_float64(json '1')", 1.0),
        ("lax_bool(json '\"true\"')", True),
        ("to_json_string(json_set(json '{\"a\":1}', '$.b', 2))", '{"a":1,"b":2}'),
        ("array_length(json_query_array(json '{\"a\":[1,2]}', '$.a'))", 2),
        ("json_value_array(json '{\"a\":[1,\"2\"]}', '$.a')", ["1", "2"]),
        ("json_value('{\"a\":1,\"a\":2}', '$.a')", "1"),
        ("regexp_contains('Zoë', r'^\\p{Lu}.ë$')", True),
        ("array(select e from unnest([3, 4]) as e where e > 3)", [4]),
        ("length(generate_uuid())", 36),
        ("farm_fingerprint('a')", -5528939962900187677),
        ("to_hex(md5('a'))", "0cc175b9c0f1b6a831c399e269772661"),
        ("timestamp_trunc(timestamp '2026-01-01 10:59:59', hour)", datetime(2026, 1, 1, 10)),
        ("timestamp_millis(1)", datetime(1970, 1, 1, 0, 0, 0, 1000)),
        ("cast('2026-01-01T10:00:00.5+02:00' as timestamp)", datetime(2026, 1, 1, 8, 0, 0, 500000)),
        ("safe_cast('2026-01-01 10:00:00.1234567' as timestamp)", None),
        ("date(timestamp '2026-01-01 23:30:00')", date(2026, 1, 1)),
    ],
)
def test_the_functions_that_models_use_are_there(expression: str, value: Any) -> None:
    assert one(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "array_filter([1], e -> e > 0)",
        "[1] = [1]",
        "count(*) filter (where true)",
        "try_cast('1' as int64)",
    ],
)
def test_what_bigquery_does_not_have_is_refused(expression: str) -> None:
    with pytest.raises(SqlError):
        one(expression)
