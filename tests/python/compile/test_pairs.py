"""Random schemas and random values: base and jsonschema-rs say the same of each pair.

A contract has FIELDS random fields, and each of its records a value for every one of them, so
that one query answers for FIELDS x RECORDS pairs. Where jsonschema-rs finds a single fault,
base must give it the name of that keyword at that path.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import jsonschema_rs
import pytest

from headwater.compile import base, fits
from headwater.contracts import keywords

from . import random_schemas
from .cases import contract_of, record
from .render import raw_rows, run_bigquery, run_duckdb

FIELDS, RECORDS = 12, 40
PLAIN = range(42)  # seeds of contracts
PAIRS = len(PLAIN) * FIELDS * RECORDS
LONG = range(1000, 1110)  # 52,800 more
ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
# What a single fault can be called: every keyword but those that only say where others apply.
NAMED = set(keywords.KEYWORDS) - {
    *("dependencies", "$ref", "$dynamicRef", "$defs", "$id", "$anchor", "$dynamicAnchor"),
    *("properties", "if", "unevaluatedItems"),
}


def _described(schema: Any) -> Any:
    """The schema with what a contract asks of its fields, at every depth of them."""
    found = {**schema, "description": "D."}
    if "object" not in schema["type"]:
        found["pii"] = "none"
    if "properties" in schema:
        found["properties"] = {key: _described(each) for key, each in schema["properties"].items()}
    if isinstance(schema.get("items"), dict):
        items = _described(schema["items"])
        found["items"] = {key: items[key] for key in items if key not in ("description", "pii")}
    return found


@cache
def _contract(seed: int) -> tuple[Any, dict[str, Any]]:
    """(contract, schema of each field)"""
    random = Random(seed)
    schemas = {f"f{number}": random_schemas.field(random) for number in range(FIELDS)}
    return contract_of({name: _described(each) for name, each in schemas.items()}), schemas


def _payloads(seed: int, schemas: dict[str, Any], count: int) -> list[dict[str, str]]:
    random = Random(f"values of {seed}")
    return [
        {
            name: random_schemas.text_of(random, random_schemas.fitting(random, schema))
            for name, schema in schemas.items()
        }
        for _ in range(count)
    ]


def _name(error: Any, schema: Any) -> str:
    """What base calls a fault: the path of the field, and the first keyword that is a rule."""
    steps: list[str] = []
    path = list(error.schema_path)
    while path:
        step, *path = path
        if step == "properties":
            name, *path = path
            steps.append(name)
            schema = schema["properties"][name]
            continue
        if step == "required":
            missing = json.loads(error.message.removesuffix(" is a required property"))
            return ".".join([*steps, missing, "required"])
        is_item = "prefixItems" in schema and step in ("prefixItems", "items")
        if is_item and path[-1:] == ["type"] and len(path) == 1 + (step == "prefixItems"):
            return ".".join([*steps, "items", "type"])
        steps.append(str(step))
        if step != "items" or is_item:
            break
        schema = schema["items"]
    return ".".join(steps)


def _alike(found: set[str], wanted: set[str]) -> bool:
    if len(wanted) != 1:
        return bool(found) == bool(wanted)
    (name,) = wanted
    # jsonschema-rs says maxContains of too few, too; where `items` is false after prefixItems,
    # an item too much of another type than those has that fault here.
    others = name.replace("maxContains", "contains"), f"{name}.type"
    return found in (wanted, *({each} for each in others))


def _differences(seed: int, engine: str, records: int) -> tuple[list[Any], Counter[str]]:
    """What differs, and how often each keyword was the single fault."""
    contract, schemas = _contract(seed)
    payloads = _payloads(seed, schemas, records)
    texts = [
        "{" + ", ".join(f'"{name}": {text}' for name, text in payload.items()) + "}"
        for payload in payloads
    ]
    rows = ENGINES[engine](contract, raw_rows([record(text) for text in texts]))
    validators = {
        name: jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        for name, schema in schemas.items()
    }
    different: list[Any] = []
    seen: Counter[str] = Counter()
    for payload, row in zip(payloads, rows, strict=True):
        for name, text in payload.items():
            found = {
                each.partition(".")[2] for each in row["violations"] if each.split(".")[0] == name
            }
            wanted = {
                _name(each, schemas[name])
                for each in validators[name].iter_errors(json.loads(text))
            }
            if not _alike(found, wanted):
                different.append((schemas[name], text, wanted, found))
            seen["several" if len(wanted) > 1 else "".join(found).rpartition(".")[2]] += 1
    return different, seen


@cache
def _plain(seed: int) -> tuple[list[Any], Counter[str]]:
    return _differences(seed, "duckdb", RECORDS)


def test_20_000_pairs_agree_with_jsonschema_rs() -> None:
    assert sum(_plain(seed)[1].total() for seed in PLAIN) == PAIRS
    assert PAIRS >= 20_000
    assert [each for seed in PLAIN for each in _plain(seed)[0]] == []


def test_every_keyword_is_the_single_fault_of_some_pair() -> None:
    seen = sum((_plain(seed)[1] for seed in PLAIN), Counter())
    assert NAMED - set(seen) == set()
    assert seen[""] > 5_000  # no fault at all


@pytest.mark.parametrize("seed", [0, 1])
def test_pairs_agree_on_bigquery(seed: int) -> None:
    different, seen = _differences(seed, "bigquery", 20)
    assert different == []
    assert seen.total() == 20 * FIELDS


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_more_pairs_agree_with_jsonschema_rs(engine: str) -> None:
    seeds = LONG if engine == "duckdb" else LONG[:10]
    assert [each for seed in seeds for each in _differences(seed, engine, RECORDS)[0]] == []


@pytest.mark.parametrize(
    "keyword", sorted(NAMED | {"if", "properties", "items", "unevaluatedItems"})
)
def test_a_compiler_without_a_keyword_differs(
    keyword: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The columns' checks of the keyword are not made, and its rules say nothing."""
    real_checks, real_rules = base.checks_of, fits.rules_of

    def checks(*given: Any) -> Iterator[Any]:
        found = real_checks(*given)
        return (each for each in found if each.name.rpartition(".")[2] != keyword)

    def rules(schema: Any) -> Any:
        if isinstance(schema, dict):
            schema = {key: each for key, each in schema.items() if key != keyword}
        return real_rules(schema)

    monkeypatch.setattr(base, "checks_of", checks)
    monkeypatch.setattr(fits, "rules_of", rules)
    seeds = [seed for seed in PLAIN if f'"{keyword}"' in json.dumps(_contract(seed)[1])]
    assert any(_differences(seed, "duckdb", RECORDS)[0] for seed in seeds)
