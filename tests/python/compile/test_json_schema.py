"""Every keyword means what JSON Schema says, on both engines, for a table of values.

Each schema is a property of one contract and each value a record in which all properties
have it, so that one query answers for every pair. The oracles are `jsonschema` and,
for regular expressions, `jsonschema_rs`, which follows ECMA-262.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from .cases import contract_of, record
from .render import raw_rows, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
ABSENT = "(absent)"

SCHEMAS: dict[str, dict[str, Any]] = {
    "a_string": {"type": "string"},
    "an_integer": {"type": "integer"},
    "a_number": {"type": "number"},
    "a_boolean": {"type": "boolean"},
    "an_object": {"type": "object", "properties": {"a": {"type": "integer"}}},
    "a_closed_object": {
        "type": "object",
        "required": ["a"],
        "additionalProperties": False,
        "properties": {"a": {"type": ["integer", "null"], "minimum": 1}, "b": {"type": "string"}},
    },
    "string_or_null": {"type": ["string", "null"]},
    "integer_or_null": {"type": ["null", "integer"]},
    "number_or_null": {"type": ["number", "null"]},
    "boolean_or_null": {"type": ["boolean", "null"]},
    "object_or_null": {"type": ["object", "null"], "properties": {"a": {"type": "string"}}},
    "array_or_null": {"type": ["array", "null"], "items": {"type": "string"}},
    "enum_of_strings": {"enum": ["a", "5", "true", "it's", 'quo"te', "back\\slash", ""]},
    "typed_enum_of_strings": {"type": "string", "enum": ["a", "abc", "\u00e9"]},
    "enum_with_null": {"enum": ["a", None]},
    "typed_enum_with_null": {"type": ["string", "null"], "enum": ["a", None]},
    "enum_of_integers": {"enum": [1, 5, -1]},
    "typed_enum_of_integers": {"type": "integer", "enum": [1, 1000, 9223372036854775807]},
    "typed_enum_of_numbers": {"type": "number", "enum": [0.1, 5, 1.7, 1e300]},
    "enum_of_booleans": {"enum": [True]},
    "typed_enum_of_booleans": {"type": "boolean", "enum": [False]},
    "integer_at_least": {"type": "integer", "minimum": 1},
    "integer_at_most": {"type": "integer", "maximum": 5},
    "integer_between": {"type": "integer", "minimum": 1.0, "maximum": 5},
    "integer_between_limits": {
        "type": "integer",
        "minimum": -9223372036854775808,
        "maximum": 9223372036854775807,
    },
    "number_at_least": {"type": "number", "minimum": 0.1},
    "number_at_most": {"type": "number", "maximum": 1.7},
    "number_between_nothings": {"type": "number", "minimum": 0, "maximum": 0},
    "number_at_most_huge": {"type": "number", "maximum": 1e20},
    "integer_above": {"type": "integer", "exclusiveMinimum": 1},
    "integer_below": {"type": "integer", "exclusiveMaximum": 5},
    "number_above": {"type": "number", "exclusiveMinimum": 0.1},
    "number_below": {"type": "number", "exclusiveMaximum": 1.7},
    "integer_in_steps": {"type": "integer", "multipleOf": 5},
    "number_in_steps": {"type": ["number", "null"], "multipleOf": 0.5},
    "array_of_steps": {"type": "array", "items": {"type": "number", "multipleOf": 0.5}},
    "const_string": {"const": "it's"},
    "typed_const": {"type": "integer", "const": 5},
    "const_number": {"const": 1.7},
    "const_boolean": {"type": "boolean", "const": False},
    "string_at_least": {"type": "string", "minLength": 1},
    "string_at_most": {"type": "string", "maxLength": 1},
    "string_of_two": {"type": "string", "minLength": 2, "maxLength": 2},
    "a_uuid": {"type": "string", "format": "uuid"},
    "array_of_strings": {"type": "array", "items": {"type": "string", "minLength": 1}},
    "array_of_short_strings": {"type": "array", "items": {"type": "string", "maxLength": 1}},
    "array_of_integers": {"type": "array", "items": {"type": "integer", "minimum": 1}},
    "array_of_small_integers": {"type": "array", "items": {"type": "integer", "maximum": 1}},
    "array_of_numbers": {"type": "array", "items": {"type": "number", "maximum": 1.5}},
    "array_of_booleans": {"type": "array", "items": {"type": "boolean"}},
    "array_of_enum": {"type": "array", "items": {"enum": ["a", "b"]}},
    "array_of_typed_enum": {"type": "array", "items": {"type": "integer", "enum": [1, 2]}},
    "array_of_const": {"type": "array", "items": {"const": 1}},
    "array_above": {"type": "array", "items": {"type": "number", "exclusiveMinimum": 1}},
    "array_below": {"type": "array", "items": {"type": "integer", "exclusiveMaximum": 2}},
    "array_at_least": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    "array_at_most": {"type": ["array", "null"], "items": {"type": "integer"}, "maxItems": 1},
    "array_of_two": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    "unique_strings": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    "unique_integers": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
    "unique_numbers": {"type": "array", "items": {"type": "number"}, "uniqueItems": True},
    "unique_booleans": {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True},
    "array_of_uuids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
}
PATTERNS = {
    "anchored": "^[0-9A-Za-z]{3}$",
    "anywhere": "b",
    "dot": "^.$",
    "dots": "a.c",
    "space": r"^\s$",
    "no_space": r"^\S+$",
    "digit": r"^\d+$",
    "word": r"^\w+$",
    "any_case": "^(?:abc|ABC)$",
    "quotes": "['\"\\\\]",
    "unicode": r"^\u00e9$",
    "letter": r"^\p{L}+$",
    "braces": r"\{\{",
    "alternatives": "^a|c$",
    "negated": "^[^a-z]*$",
    "line_end": "a$",
}
OTHER_LINE_ENDS = ('"\\r"', '"\\u2028"')
VALUES = (
    *("null", "true", "false", "0", "1", "2", "5", "-1", "-0", "1.0", "-0.0", "1.7", "0.1", "1.5"),
    *("1e3", "1E3", "100e-2", "1e20", "-1e20", "1e300", "5e-324", "1.10", "0.30000000000000004"),
    *("9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808"),
    *("-9223372036854775809", "18446744073709551616", "100000000000000000000"),
    *('""', '" "', '"a"', '"b"', '"A"', '"abc"', '"ABC"', '"5"', '"true"', '"null"', '"1.0"'),
    *('"\u00e9"', '"\\u00e9"', '"e\u0301"', '"\U0001f600"', '"\\ud83d\\ude00"'),
    *('"\U0001f469\u200d\U0001f469\u200d\U0001f467"', '"\\n"', '"\\r"', '"\\u2028"', '"\\u00a0"'),
    *('"a\\n"', '"a\\nc"', '"\\t"', '"it\'s"', '"quo\\"te"', '"back\\\\slash"', '"{{ x }}"'),
    *('"\u0663"', '"\uff21"', '"6F1F64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90"'),
    *('"6f1f64d19d5e4c7b8f3a3c1f1f6b2a90"', '"{6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a9}"'),
    *("{}", '{"a": 1}', '{"a": 0}', '{"a": null}', '{"a": "x"}', '{"a": 1, "c": 2}', '{"b": "x"}'),
    *('{"a": 1, "a": "x"}', '{"A": 1}', '{"a": {"a": 1}}', '{"a": 1, "": 2}', '{"a": 1.0}'),
    *("[]", '["a"]', '["a", "b"]', '["a", ""]', '["ab"]', "[1]", "[1, 0]", "[1.0]", "[1.7]", "[2]"),
    *("[null]", '["a", null]', "[true]", "[true, 1]", "[[]]", "[{}]", '[1, "a"]', "[1e3]"),
    *("[9223372036854775808]", "[1, -9223372036854775809]", "[1e20]", "[3]"),
    *('["a", "b", "a"]', "[1, 1]", "[1, 1.0]", "[0, -0.0]", "[0.1, 0.10]", "[true, true]"),
    *("[true, false]", "[1, true]", '["1", 1]', "[1e20, 1e20]", "[1, 1e20, 1e20]", "[1.5, 2]"),
    *('["6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90"]', '["6f1f64d1"]'),
)


def expected(schema: dict[str, Any], value: Any) -> set[str]:
    """What `jsonschema` finds, below the field's name.

    A value of a wrong type is said to be that and nothing else, and an integer beyond 64
    bits `int64` and nothing else. Items are only compared when each has the right type.
    """
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    found: dict[str, set[str]] = {}
    for error in validator.iter_errors(value):
        place = [str(step) for step in error.absolute_schema_path if step != "properties"]
        if error.validator == "required":
            place = [*place[:-1], "a", "required"]
        found.setdefault(".".join(place[:-1]), set()).add(place[-1])
    for place, number in _integers(schema, value):
        if not -(2**63) <= number < 2**63 or (isinstance(number, float) and number == -(2.0**63)):
            found[place] = {"int64"}
    if found.get("items", set()) & {"type", "int64"}:
        found.get("", set()).discard("uniqueItems")
    return {
        ".".join(filter(None, (place, keyword)))
        for place, keywords in found.items()
        for keyword in ({"type"} if "type" in keywords else keywords)
    }


def _integers(schema: dict[str, Any], value: Any) -> Iterator[tuple[str, int | float]]:
    if "integer" in schema.get("type", ()) and _is_whole(value):
        yield "", value
    if "items" in schema and isinstance(value, list) and all(map(_is_whole, value)):
        for item in value:
            for _, number in _integers(schema["items"], item):
                yield "items", number


def _is_whole(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, (int, float)) and value == int(value)


@cache
def _contract() -> Any:
    return contract_of(SCHEMAS)


def _rows() -> list[dict[str, Any]]:
    records = ["{}"]
    for value in VALUES:
        records.append("{" + ", ".join(f'"{name}": {value}' for name in SCHEMAS) + "}")
    return raw_rows([record(payload) for payload in records])


@cache
def _answers(engine: str) -> list[dict[str, Any]]:
    return ENGINES[engine](_contract(), _rows())


def _differences(rows: list[dict[str, Any]]) -> list[tuple[str, str, set[str], set[str]]]:
    """(schema, value, expected, found) where the model and the oracle differ."""
    different = []
    for text, row in zip((ABSENT, *VALUES), rows, strict=True):
        for name, schema in SCHEMAS.items():
            found = {
                violation.removeprefix(f"{name}.")
                for violation in row["violations"]
                if violation.startswith(f"{name}.")
            }
            wanted = set() if text == ABSENT else expected(schema, json.loads(_first_key(text)))
            if found != wanted:
                different.append((name, text, wanted, found))
    return different


def _first_key(text: str) -> str:
    """The first of duplicate keys wins here; Python's json takes the last."""
    return '{"a": 1}' if text == '{"a": 1, "a": "x"}' else text


@pytest.mark.parametrize("engine", ENGINES)
def test_every_keyword_agrees_with_jsonschema(engine: str) -> None:
    assert _differences(_answers(engine)) == []


def test_both_engines_give_the_same_rows() -> None:
    assert _answers("duckdb") == _answers("bigquery")


@pytest.mark.parametrize(
    "keyword",
    [
        *("type", "enum", "minimum", "maximum", "minLength", "maxLength", "format", "required"),
        *("const", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"),
        *("uniqueItems", "items.const", "items.exclusiveMinimum", "items.exclusiveMaximum"),
        *(
            "items.multipleOf",
            "additionalProperties",
            "int64",
            "items.type",
            "items.enum",
            "items.minimum",
        ),
        *("items.maximum", "items.minLength", "items.maxLength", "items.format", "items.int64"),
    ],
)
def test_a_keyword_without_its_rule_is_noticed(keyword: str) -> None:
    def is_it(violation: str) -> bool:
        of_items = ".items." in violation and "." not in keyword
        return violation.endswith(f".{keyword}") and not of_items

    without = [
        {**row, "violations": [each for each in row["violations"] if not is_it(each)]}
        for row in _answers("duckdb")
    ]
    assert _differences(without) != []


@pytest.mark.parametrize("engine", ENGINES)
def test_a_valid_value_is_the_value_of_its_column(engine: str) -> None:
    plain = ("a_string", "an_integer", "a_number", "a_boolean", "array_of_strings")
    plain += ("array_of_integers", "array_of_numbers", "array_of_booleans")
    for text, row in zip(VALUES, _answers(engine)[1:], strict=True):
        value = json.loads(text)
        for name in plain:
            if not any(each.startswith(f"{name}.") for each in row["violations"]):
                assert row[name] == _as_stored(value, name), (name, text)


def _as_stored(value: Any, name: str) -> Any:
    """Numbers are kept as 64-bit floats."""
    if "number" not in name:
        return value
    return [float(item) for item in value] if isinstance(value, list) else float(value)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_value_of_another_type_leaves_its_column_empty(engine: str) -> None:
    for row in _answers(engine):
        for name in SCHEMAS:
            if name in row and f"{name}.type" in row["violations"]:
                assert row[name] in (None, []), name


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pattern_means_what_it_means_in_ecma_262(engine: str) -> None:
    strings = [text for text in VALUES if text.startswith('"')]
    contract = contract_of(
        {name: {"type": "string", "pattern": pattern} for name, pattern in PATTERNS.items()}
    )
    payloads = ["{" + ", ".join(f'"{name}": {text}' for name in PATTERNS) + "}" for text in strings]
    rows = ENGINES[engine](contract, raw_rows([record(payload) for payload in payloads]))
    for text, row in zip(strings, rows, strict=True):
        for name, pattern in PATTERNS.items():
            if name == "dot" and text in OTHER_LINE_ENDS:
                matches = False  # jsonschema_rs lets a dot match these; ECMA-262 does not
            else:
                matches = jsonschema_rs.is_valid({"pattern": pattern}, json.loads(text))
            assert (f"{name}.pattern" not in row["violations"]) == matches, (pattern, text)
