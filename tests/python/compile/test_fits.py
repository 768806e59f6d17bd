"""Rules that no column answers: every keyword at every depth, against jsonschema-rs."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

import duckdb
import jsonschema_rs
import pytest
from bigquery.zetasql_runner import Table, run_sql

from headwater.compile.fits import rules_of
from headwater.compile.text import jinja_value

from .cases import contract_of, record
from .render import raw_rows, render, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
DEEP = {"properties": {"a": {"items": {"properties": {"b": {"type": "string"}}}}}}
SCHEMAS: dict[str, Any] = {
    "true": True,
    "false": False,
    "empty": {},
    "type": {"type": "integer"},
    "types": {"type": ["integer", "null", "array"]},
    "enum": {"enum": [1, "a", None, [1, "a", [2]], {"a": 1}, False]},
    "enum of lists": {"enum": [[1], []]},
    "enum and const": {"enum": [1, "a"], "const": 1},
    "const": {"const": {"a": {"b": [1, {"c": None}]}}},
    "minimum": {"minimum": 1.5},
    "maximum": {"maximum": 1},
    "exclusiveMinimum": {"exclusiveMinimum": 1},
    "exclusiveMaximum": {"exclusiveMaximum": 1.5},
    "multipleOf": {"multipleOf": 0.4},
    "minLength": {"minLength": 1},
    "maxLength": {"maxLength": 1},
    "pattern": {"pattern": "b$"},
    "format": {"format": "date"},
    "format date-time": {"format": "date-time"},
    "format uuid": {"format": "uuid"},
    "required": {"required": ["a", "b"]},
    "minProperties": {"minProperties": 2},
    "maxProperties": {"maxProperties": 1},
    "properties": {"properties": {"a": {"type": "integer"}, "a~/b": {"type": "string"}}},
    "additionalProperties": {"additionalProperties": {"type": "integer"}},
    "additionalProperties false": {
        "properties": {"a": True},
        "patternProperties": {"^x": {"type": "string"}},
        "additionalProperties": False,
    },
    "patternProperties": {"patternProperties": {"^[ab]": {"type": "integer"}}},
    "propertyNames": {"propertyNames": {"maxLength": 1}},
    "dependentRequired": {"dependentRequired": {"a": ["b"]}},
    "dependentSchemas": {"dependentSchemas": {"a": {"minProperties": 2}}},
    "items": {"items": {"items": {"const": 2}}},
    "prefixItems": {"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False},
    "minItems": {"minItems": 2},
    "maxItems": {"maxItems": 1},
    "uniqueItems": {"uniqueItems": True, "items": {"type": ["integer", "boolean", "string"]}},
    "uniqueItems of anything": {"uniqueItems": True},
    "unevaluatedProperties": {
        "anyOf": [{"required": ["b"], "properties": {"b": True}}, {"properties": {"a": True}}],
        "unevaluatedProperties": {"type": "string"},
    },
    "unevaluatedItems": {
        "prefixItems": [True],
        "if": {"prefixItems": [{"const": 1}]},
        "then": {"prefixItems": [True, True]},
        "contains": {"type": "array"},
        "minContains": 0,
        "unevaluatedItems": False,
    },
    "control characters": {"enum": ["a\u0000\f", {"\r": "\u0001"}], "required": ["\t"]},
    "contains": {"contains": {"type": "integer"}},
    "contains counted": {"contains": {"type": "integer"}, "minContains": 0, "maxContains": 1},
    "allOf": {"allOf": [{"minimum": 1}, {"exclusiveMaximum": 1.5}]},
    "anyOf": {"anyOf": [{"type": "string", "minLength": 2}, {"type": "number", "minimum": 1.2}]},
    "oneOf": {"oneOf": [{"type": "integer"}, {"minimum": 1}]},
    "not": {"not": {"type": "object"}},
    "if": {"if": {"type": "object"}, "then": {"required": ["a"]}, "else": {"type": "array"}},
    "if without then": {"if": {"type": "object"}, "else": {"type": "array"}},
    "deep": {**DEEP, "not": {"contains": {"not": {"anyOf": [{"type": "object"}, DEEP]}}}},
}
VALUES = (
    *(
        "null",
        "true",
        "false",
        "0",
        "1",
        "1.0",
        "1.5",
        "-2",
        "0.25",
        "1e2",
        "1e300",
        '""',
        '"a"',
        '"ab"',
    ),
    *('"b"', '"2024-02-30"', '"2024-02-29"', '"2024-02-29T12:00:00Z"', '"it\'s"'),
    *('"6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90"', "[]", "[1]", "[1, 1.0]", '[1, "a", [2]]', "[2, 1]"),
    *('["a", "\\u0061"]', "[true, false]", "[1, true]", '["1", 1]', "[[2], [2, 2]]", "[[2], 1]"),
    *('[1, "a"]', '[1, "a", 1]', '["a", 1]', '[{"a": 1}, 2]', "{}", '{"a": 1}', '{"b": 1}'),
    *('{"a": 1, "b": "x"}', '{"b": 1, "a": 2}', '{"x1": 3, "a": "s"}', '{"x1": "s"}', '{"aa": 1}'),
    *('{"a": [{"b": 1}]}', '{"a": [{"b": "q"}]}', '{"a~/b": 1}', '{"a~/b": "s"}', '{"": 1}'),
    *('{"a": {"b": [1, {"c": null}]}}', '{"a": {"b": [1, {"c": null, "d": 1}]}}', '{"a": null}'),
    *(
        "[[1]]",
        "[null]",
        '[1, null, {"a": null}]',
        '{"\u00e9 \\"": "s"}',
        '[{"a": [{"b": 1}]}]',
        '{"a": [[1]]}',
        '[{"a": 1, "b": [0]}, {"b": [-0.0], "a": 1.0}]',
        '[{"a": "1.0"}, {"a": "1"}, "{}", {}, null]',
        "[null, null]",
        '{"\\r": "\\u0001", "\\t": 1}',
        '{"\\r": "\\u0001"}',
        '"a\\u0000\\f"',
    ),
)


def _judged(schemas: list[Any], engine: str) -> list[list[bool]]:
    """For each value, whether it fits each schema."""
    columns = ", ".join(
        f"{{{{ fits('v', {jinja_value(rules_of(schema))}) }}}} as s{index}"
        for index, schema in enumerate(schemas)
    )
    if engine == "duckdb":
        with duckdb.connect() as connection:
            connection.execute("create table t (n int, v json)")
            connection.executemany("insert into t values (?, ?)", list(enumerate(VALUES)))
            found = connection.execute(render(f"select {columns} from t order by n", engine))
            return [list(row) for row in found.fetchall()]
    parsed = "select n, safe.parse_json(s, wide_number_mode => 'round') as v from t"
    table = Table(
        {"n": "int64", "s": "string"}, [{"n": n, "s": text} for n, text in enumerate(VALUES)]
    )
    rows = run_sql(render(f"select n, {columns} from ({parsed})", engine), {"t": table})
    return [
        [row[f"s{index}"] for index in range(len(schemas))]
        for row in sorted(rows, key=lambda row: row["n"])
    ]


@cache
def _found(engine: str) -> list[list[bool]]:
    return _judged(list(SCHEMAS.values()), engine)


def _differences(schemas: list[Any], found: list[list[bool]]) -> list[tuple[Any, str]]:
    """(schema, value) where the SQL and jsonschema-rs differ."""
    validators = [
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True) for schema in schemas
    ]
    return [
        (schema, text)
        for text, row in zip(VALUES, found, strict=True)
        for schema, validator, verdict in zip(schemas, validators, row, strict=True)
        if verdict is not validator.is_valid(json.loads(text))
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_keyword_agrees_with_jsonschema_rs(engine: str) -> None:
    assert _differences(list(SCHEMAS.values()), _found(engine)) == []


@pytest.mark.parametrize("name", [name for name in SCHEMAS if name not in ("true", "empty")])
def test_a_rule_that_is_forgotten_is_noticed(name: str) -> None:
    """Each schema refuses some value here, and each but `false` accepts some."""
    judged = [row[list(SCHEMAS).index(name)] for row in _found("duckdb")]
    assert False in judged
    assert (True in judged) == (name != "false")


def _random_schema(random_: random.Random, depth: int = 0) -> Any:
    plain = [key for key, each in SCHEMAS.items() if isinstance(each, dict) and key != "deep"]
    if depth > 1 or random_.random() < 0.5:
        return SCHEMAS[random_.choice(plain)]
    inner = [_random_schema(random_, depth + 1) for _ in range(2)]
    return random_.choice(
        [
            {"anyOf": inner},
            {"oneOf": inner},
            {"allOf": inner},
            {"not": inner[0]},
            {"if": inner[0], "then": inner[1]},
            {"items": inner[0], "maxItems": 2},
            {"contains": inner[0]},
            {"properties": {"a": inner[0]}, "additionalProperties": inner[1]},
            {"dependentSchemas": {"a": inner[0]}},
            {"patternProperties": {"^a": inner[0]}},
        ]
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_random_compositions_agree_with_jsonschema_rs(engine: str) -> None:
    random_ = random.Random(7)
    schemas = [_random_schema(random_) for _ in range(30)]
    assert _differences(schemas, _judged(schemas, engine)) == []


FIELDS: dict[str, Any] = {
    "price": {
        "type": ["number", "null"],
        "anyOf": [{"minimum": 10}, {"multipleOf": 0.5}],
        "not": {"const": 3},
    },
    "code": {"type": "string", "if": {"pattern": "^a"}, "then": {"maxLength": 2}},
    "word": {"enum": ["a", "b"], "oneOf": [{"const": "a"}, {"type": "string"}]},
    "tags": {
        "type": "array",
        "items": {"type": "string", "allOf": [{"minLength": 1}, {"maxLength": 2}]},
        "contains": {"const": "x"},
        "maxContains": 1,
    },
    "box": {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 2,
        "properties": {"h": {"type": "integer"}, "w": {"type": "integer"}},
        "patternProperties": {"^x_": {"type": "string"}},
        "additionalProperties": False,
        "propertyNames": {"maxLength": 4},
        "dependentRequired": {"h": ["w"]},
        "dependentSchemas": {"x_a": {"required": ["h"]}},
    },
}
PAYLOADS = {
    "{}": ["payload.anyOf"],
    '{"price": 10.1}': [],
    '{"price": 2.5}': [],
    '{"price": null}': [],
    '{"price": 2.3}': ["price.anyOf"],
    '{"price": 3}': ["price.not"],
    '{"price": "x"}': ["price.type"],
    '{"price": 1, "code": "ab"}': [],
    '{"price": 1, "code": "abc"}': ["code.then"],
    '{"price": 1, "word": "a"}': ["word.oneOf"],
    '{"price": 1, "word": "b"}': [],
    '{"price": 1, "tags": ["x"]}': [],
    '{"price": 1, "tags": []}': ["tags.contains"],
    '{"price": 1, "tags": ["x", "x"]}': ["tags.maxContains"],
    '{"price": 1, "tags": ["x", "abc"]}': ["tags.items.allOf"],
    '{"price": 1, "tags": ["x", 1]}': ["tags.items.type"],
    '{"price": 1, "tags": 1}': ["tags.type"],
    '{"box": {"w": 1}}': [],
    '{"box": {}}': ["box.minProperties"],
    '{"box": {"w": 1, "h": 1, "x_a": ""}}': ["box.maxProperties"],
    '{"box": {"w": 1, "x_b": 1}}': ["box.patternProperties"],
    '{"box": {"w": 1, "y": 1}}': ["box.additionalProperties"],
    '{"box": {"w": 1, "x_abc": ""}}': ["box.propertyNames"],
    '{"box": {"h": 1}}': ["box.dependentRequired"],
    '{"box": {"x_a": ""}}': ["box.dependentSchemas"],
    '{"box": 1}': ["box.type"],
}
FLAT = {
    "event_type": "none",
    "event_id": "record",
    "occurred_at": "$.time",
    "received_at": "none",
    "schema_version": "none",
    "payload": "$",
}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rule_of_a_field_is_named_by_field_and_keyword(engine: str) -> None:
    needs = {"anyOf": [{"required": ["price"]}, {"required": ["box"]}]}
    contract = contract_of(FIELDS, payload=needs)
    rows = ENGINES[engine](contract, raw_rows([record(each) for each in PAYLOADS]))
    found = dict(zip(PAYLOADS, [row["violations"] for row in rows], strict=True))
    assert found == PAYLOADS


@pytest.mark.parametrize("engine", ENGINES)
def test_a_flat_payload_is_judged_as_a_whole(engine: str) -> None:
    contract = contract_of({"a": {"type": "integer"}}, payload={"minProperties": 3}, envelope=FLAT)
    time = '"time": "2026-03-01T11:59:00Z"'
    records = [f'{{{time}, "a": 1}}', f'{{{time}, "a": 1, "b": 2}}']
    rows = ENGINES[engine](contract, raw_rows(records))
    assert [row["violations"] for row in rows] == [["payload.minProperties"], []]
