"""Great Expectations' rules that cannot be judged inside a warehouse, and what does it instead."""

from __future__ import annotations

_TYPES = "the model contract enforces column types: set data_type in the model's YAML"
_PANDAS = "Great Expectations judges it in pandas only; write it as unexpected_rows_expectation"
_JSON = "the event contract validates payloads; a mart has typed columns"
_ORDER = "rows of a table have no order; compare with lag() in unexpected_rows_expectation"
_SECOND = "compare two relations with a dbt data test"

REFUSED = {
    "expect_column_values_to_be_of_type": _TYPES,
    "expect_column_values_to_be_in_type_list": _TYPES,
    "expect_column_type_to_be": _TYPES,
    "expect_column_values_to_be_increasing": _ORDER,
    "expect_column_values_to_be_decreasing": _ORDER,
    "expect_column_values_to_be_dateutil_parseable": _PANDAS,
    "expect_column_values_to_match_strftime_format": _PANDAS,
    "expect_column_values_to_be_json_parseable": _JSON,
    "expect_column_values_to_match_json_schema": _JSON,
    "expect_query_results_to_match_comparison": _SECOND,
    "expect_table_row_count_to_equal_other_table": _SECOND,
}
