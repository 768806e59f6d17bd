"""Each of Great Expectations' own rules runs on DuckDB and can fail, or is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.check import check
from headwater.check.refused import REFUSED

# Rule: arguments that hold on the table below, arguments that do not.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "expect_column_distinct_values_to_be_in_set": (
        {"column": "kind", "value_set": ["a", "b"]}, {"column": "kind", "value_set": ["a"]}),
    "expect_column_distinct_values_to_contain_set": (
        {"column": "kind", "value_set": ["a"]}, {"column": "kind", "value_set": ["c"]}),
    "expect_column_distinct_values_to_equal_set": (
        {"column": "kind", "value_set": ["a", "b"]}, {"column": "kind", "value_set": ["a"]}),
    "expect_column_kl_divergence_to_be_less_than": (
        {"column": "kind", "threshold": 0.1,
         "partition_object": {"values": ["a", "b"], "weights": [0.5, 0.5]}},
        {"column": "kind", "threshold": 0.1,
         "partition_object": {"values": ["a", "b"], "weights": [0.01, 0.99]}}),
    "expect_column_max_to_be_between": (
        {"column": "at", "max_value": "2026-01-02"}, {"column": "at", "max_value": "2025-12-31"}),
    "expect_column_mean_to_be_between": (
        {"column": "n", "min_value": 4}, {"column": "n", "min_value": 5}),
    "expect_column_median_to_be_between": (
        {"column": "n", "min_value": 4}, {"column": "n", "min_value": 5}),
    "expect_column_min_to_be_between": (
        {"column": "n", "min_value": 0}, {"column": "n", "min_value": 1}),
    "expect_column_most_common_value_to_be_in_set": (
        {"column": "kind", "value_set": ["a", "b"], "ties_okay": True},
        {"column": "kind", "value_set": ["c"]}),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        {"column_A": "more", "column_B": "n"}, {"column_A": "n", "column_B": "more"}),
    "expect_column_pair_values_to_be_equal": (
        {"column_A": "n", "column_B": "n"}, {"column_A": "n", "column_B": "more"}),
    "expect_column_pair_values_to_be_in_set": (
        {"column_A": "one", "column_B": "one", "value_pairs_set": [[1, 1]]},
        {"column_A": "one", "column_B": "n", "value_pairs_set": [[1, 1]]}),
    "expect_column_proportion_of_non_null_values_to_be_between": (
        {"column": "gaps", "min_value": 0.4}, {"column": "gaps", "min_value": 0.9}),
    "expect_column_proportion_of_unique_values_to_be_between": (
        {"column": "n", "min_value": 1}, {"column": "one", "min_value": 0.5}),
    "expect_column_quantile_values_to_be_between": (
        {"column": "n", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[4, 5]]}},
        {"column": "n", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[0, 1]]}}),
    "expect_column_stdev_to_be_between": (
        {"column": "n", "min_value": 1}, {"column": "n", "max_value": 1}),
    "expect_column_sum_to_be_between": (
        {"column": "n", "min_value": 45}, {"column": "n", "min_value": 46}),
    "expect_column_to_exist": ({"column": "n"}, {"column": "m"}),
    "expect_column_unique_value_count_to_be_between": (
        {"column": "kind", "max_value": 2}, {"column": "kind", "max_value": 1}),
    "expect_column_value_lengths_to_be_between": (
        {"column": "kind", "max_value": 1}, {"column": "kind", "min_value": 2}),
    "expect_column_value_lengths_to_equal": (
        {"column": "kind", "value": 1}, {"column": "kind", "value": 2}),
    "expect_column_value_z_scores_to_be_less_than": (
        {"column": "n", "threshold": 3, "double_sided": True},
        {"column": "n", "threshold": 0.5, "double_sided": True}),
    "expect_column_values_to_be_between": (
        {"column": "day", "min_value": "2026-01-01"}, {"column": "day", "min_value": "2026-01-02"}),
    "expect_column_values_to_be_in_set": (
        {"column": "kind", "value_set": ["a", "b"]}, {"column": "kind", "value_set": ["a"]}),
    "expect_column_values_to_be_null": ({"column": "none"}, {"column": "n"}),
    "expect_column_values_to_be_unique": ({"column": "n"}, {"column": "kind"}),
    "expect_column_values_to_match_like_pattern": (
        {"column": "word", "like_pattern": "w%"}, {"column": "word", "like_pattern": "x%"}),
    "expect_column_values_to_match_like_pattern_list": (
        {"column": "word", "like_pattern_list": ["w%"]},
        {"column": "word", "like_pattern_list": ["x%"]}),
    "expect_column_values_to_match_regex": (
        {"column": "word", "regex": "[0-9]$"}, {"column": "word", "regex": "^[0-9]$"}),
    "expect_column_values_to_match_regex_list": (
        {"column": "word", "regex_list": ["^w"]}, {"column": "word", "regex_list": ["^x"]}),
    "expect_column_values_to_not_be_in_set": (
        {"column": "kind", "value_set": ["c"]}, {"column": "kind", "value_set": ["a"]}),
    "expect_column_values_to_not_be_null": ({"column": "n"}, {"column": "gaps"}),
    "expect_column_values_to_not_match_like_pattern": (
        {"column": "word", "like_pattern": "x%"}, {"column": "word", "like_pattern": "w%"}),
    "expect_column_values_to_not_match_like_pattern_list": (
        {"column": "word", "like_pattern_list": ["x%"]},
        {"column": "word", "like_pattern_list": ["w%"]}),
    "expect_column_values_to_not_match_regex": (
        {"column": "word", "regex": "^[0-9]$"}, {"column": "word", "regex": "[0-9]$"}),
    "expect_column_values_to_not_match_regex_list": (
        {"column": "word", "regex_list": ["^x"]}, {"column": "word", "regex_list": ["^w"]}),
    "expect_compound_columns_to_be_unique": (
        {"column_list": ["n", "kind"]}, {"column_list": ["one", "kind"]}),
    "expect_column_values_to_not_be_outliers": (
        {"column": "n", "method": "std", "multiplier": 3},
        {"column": "n", "method": "std", "multiplier": 0.5}),
    "expect_multicolumn_values_to_be_equal": (
        {"column_list": ["one", "one"]}, {"column_list": ["one", "n"]}),
    "expect_multicolumn_sum_to_equal": (
        {"column_list": ["one", "one"], "sum_total": 2},
        {"column_list": ["one", "n"], "sum_total": 2}),
    "expect_select_column_values_to_be_unique_within_record": (
        {"column_list": ["n", "more"]}, {"column_list": ["one", "n"]}),
    "expect_table_column_count_to_be_between": ({"min_value": 10}, {"min_value": 11}),
    "expect_table_column_count_to_equal": ({"value": 10}, {"value": 9}),
    "expect_table_columns_to_match_ordered_list": (
        {"column_list": ["n", "more", "one", "kind", "word", "gaps", "none", "day", "at", "x"]},
        {"column_list": ["more", "n"]}),
    "expect_table_columns_to_match_set": (
        {"column_set": ["n"], "exact_match": False}, {"column_set": ["n"]}),
    "expect_table_row_count_to_be_between": ({"min_value": 10}, {"min_value": 11}),
    "expect_table_row_count_to_equal": ({"value": 10}, {"value": 9}),
    "unexpected_rows_expectation": (
        {"unexpected_rows_query": "select * from {batch} where n > 9"},
        {"unexpected_rows_query": "select * from {batch} where n > 8"}),
}  # fmt: skip

TABLE = """
    select range as n, range + 1 as more, 1 as one,
        case when range < 5 then 'a' else 'b' end as kind,
        'w' || range as word, case when range % 2 = 0 then 1 end as gaps, null::int as none,
        date '2026-01-01' + (range % 2)::int as day, timestamp '2026-01-01 12:00' as at,
        range / 2 as x
    from range(10)
"""


def judge(small: Any, number: int) -> dict[str, Any]:
    entries = "".join(
        f"  - {name}: {arguments[number]!r}\n    severity: critical\n"
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
    assert judge(small, 0) == dict.fromkeys(CASES, True)


def test_every_rule_fails_where_it_does_not_hold(small: Any) -> None:
    assert judge(small, 1) == dict.fromkeys(CASES, False)


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
