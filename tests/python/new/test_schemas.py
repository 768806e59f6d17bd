"""Foreign JSON Schemas become contracts, and what cannot is named by place and keyword."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from new.conftest import Make

from headwater.contracts import keywords
from headwater.errors import BadInput, ExitCode
from headwater.new.convert import convert

Convert = Callable[[Any], tuple[dict[str, Any], list[str]]]


def field(schema: Any, **document: Any) -> tuple[dict[str, Any], list[str]]:
    """What becomes of one field, and the problems."""
    found = convert({"type": "object", "properties": {"x": schema}, **document})
    return found.schema["properties"]["x"], [str(each) for each in found.problems]


@pytest.mark.parametrize(
    ("schema", "converted"),
    [
        ({"type": "string", "minLength": 1}, {"type": "string", "minLength": 1}),
        ({"const": "a"}, {"enum": ["a"]}),
        ({"type": ["null", "string"]}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": ["string", "null"]}),
        ({"oneOf": [{"const": "a"}, {"const": "b", "title": "B"}]}, {"enum": ["a", "b"]}),
        (
            {"type": "string", "anyOf": [{"minLength": 1}, {"type": "null"}]},
            {"minLength": 1, "type": "string"},
        ),
        ({"type": ["string", "null"], "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
        ({"type": "string", "enum": ["a", None]}, {"type": "string", "enum": ["a"]}),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"minimum": 1}),
        ({"type": "integer", "exclusiveMaximum": 10}, {"maximum": 9}),
        ({"type": "integer", "exclusiveMinimum": 0.5, "minimum": 3}, {"minimum": 3}),
        ({"type": "integer", "minimum": 0.5, "maximum": 9.5}, {"minimum": 1, "maximum": 9}),
        ({"type": "integer", "maximum": 2**70}, {"type": "integer"}),
        ({"type": "integer", "minLength": 3}, {"type": "integer"}),
        ({"properties": {"a": {"type": "string"}}}, {"type": "object"}),
        ({"title": "Width"}, {"description": "Width"}),
        ({"type": "string", "description": "Two\n  lines."}, {"description": "Two lines."}),
        ({"type": "string", "x-vendor": 1, "default": "a"}, {"type": "string"}),
        (
            {"allOf": [{"type": "object", "properties": {"a": {}}}, {"required": ["a"]}]},
            {"type": "object", "required": ["a"]},
        ),
    ],
)
def test_what_has_an_equal_is_rewritten(schema: Any, converted: dict[str, Any]) -> None:
    found, problems = field(schema)
    assert problems == []
    assert converted.items() <= found.items()
    if "minLength" not in converted:
        assert "minLength" not in found


@pytest.mark.parametrize("where", ["definitions", "$defs"])
def test_references_within_the_document_are_followed(where: str) -> None:
    money = {"type": "object", "properties": {"amount": {"type": "number"}}}
    schema = {"$ref": f"#/{where}/mon~1ey", "description": "What it cost."}
    found, problems = field(schema, **{where: {"mon/ey": money}})
    assert problems == []
    assert found["properties"]["amount"] == {"type": "number"}
    assert found["description"] == "What it cost."


def test_references_to_files_are_followed_from_where_they_stand(make: Make, root: Path) -> None:
    (root / "parts").mkdir()
    money = {
        "definitions": {"cents": {"type": "integer", "minimum": 0}},
        "type": "object",
        "properties": {
            "cents": {"$ref": "#/definitions/cents"},
            "unit": {"$ref": "more/unit.yml#/$defs/unit"},
            "whole": {"$ref": "../page.json#/$defs/whole"},
        },
    }
    (root / "parts" / "money.json").write_text(json.dumps(money), encoding="utf-8")
    (root / "parts" / "more").mkdir()
    unit = "$defs: {unit: {type: string, maxLength: 3}, odd: {$ref: 'money.json'}}"
    (root / "parts" / "more" / "unit.yml").write_text(unit, encoding="utf-8")
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"price": {"$ref": "parts/money.json"}, "lost": {"$ref": "nowhere.json"}},
        "$defs": {"whole": {"type": "boolean"}},
    }
    made, text = make(json.dumps(schema), "page.json")
    assert [each for each in made.lost if "nowhere.json is not in this document" in each]
    assert len(made.lost) == 2  # that, and the field without a type that is left
    fields = yaml.safe_load(text)["payload"]["properties"]["price"]["properties"]
    assert fields["cents"]["minimum"] == 0
    assert (fields["unit"]["maxLength"], fields["whole"]["type"]) == (3, "boolean")


def test_files_that_refer_to_each_other_end(make: Make, root: Path) -> None:
    other = {"type": "object", "properties": {"back": {"$ref": "page.json"}}}
    (root / "other.json").write_text(json.dumps(other), encoding="utf-8")
    schema = {"type": "object", "properties": {"a": {"$ref": "other.json"}}, "$schema": "x"}
    with pytest.raises(BadInput) as error:
        make(json.dumps(schema), "page.json")
    assert "holds itself; a contract is finite" in error.value.hint


def test_a_reference_by_anchor_is_followed() -> None:
    found, problems = field({"$ref": "#m"}, **{"$defs": {"q": {"$anchor": "m", "type": "number"}}})
    assert (found, problems) == ({"type": "number"}, [])


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"$ref": "other.json"}, "#/properties/x: $ref: other.json is not in this document"),
        ({"$ref": "#/$defs/nothing"}, "#/properties/x: $ref: #/$defs/nothing is not in this"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "#/properties/x: oneOf: one field"),
        ({"allOf": [{"minimum": 1}, {"minimum": 2}]}, "#/properties/x/allOf/1: allOf: its parts"),
        (
            {
                "allOf": [
                    {"properties": {"a": {"type": "string"}}, "additionalProperties": False},
                    {"properties": {"b": {"type": "string"}}},
                ]
            },
            "#/properties/x/allOf/1: allOf: its parts",
        ),
        ({"type": "string", "pattern": "(?=a)"}, "#/properties/x: pattern: it looks around"),
        ({"type": "string", "format": "regex"}, "#/properties/x: format: regex is not"),
        ({"enum": [[1]]}, "#/properties/x: enum: lists and objects cannot be listed"),
        ({"type": "number", "exclusiveMinimum": 0}, "#/properties/x: exclusiveMinimum: not supp"),
        ({"type": "string", "minlength": 3}, "#/properties/x: minlength: not a keyword"),
        ({"type": "object", "properties": {"a/b": False}}, "#/properties/x/properties/a~1b: sch"),
    ],
)
def test_what_has_no_equal_is_named_by_place_keyword_and_reason(schema: Any, problem: str) -> None:
    _, problems = field(schema)
    if problem.split(": ")[1] not in keywords.KEYWORDS or problems:
        assert problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("older", "today"),
    [
        (
            {"items": [{"type": "string"}, {"type": "string"}], "additionalItems": False},
            {"prefixItems": [{"type": "string"}, {"type": "string"}], "items": False},
        ),
        (
            {"items": [{"type": "number"}], "additionalItems": {"type": "number"}},
            {"prefixItems": [{"type": "number"}], "items": {"type": "number"}},
        ),
        (
            {"dependencies": {"a": ["b"], "b": {"required": ["c"]}}},
            {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"b": {"required": ["c"]}}},
        ),
        (
            {"not": {"items": [{}], "additionalItems": True}},
            {"not": {"prefixItems": [{}], "items": True}},
        ),
    ],
)
def test_forms_of_older_drafts_become_todays(older: Any, today: dict[str, Any]) -> None:
    assert field(older)[1] == []
    assert today.items() <= field(older)[0].items()


@pytest.mark.parametrize(
    "rule",
    [
        {"contains": {"required": ["a"]}, "items": {"type": "string"}, "type": "array"},
        {"type": "string", "not": {"properties": {"a": {}}, "required": ["a", "b"]}},
        {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "additionalProperties": {"type": "object", "required": ["b"]},
        },
    ],
    ids=lambda rule: next(iter(rule)),
)
def test_what_a_rule_requires_is_kept(rule: Any) -> None:
    assert field(rule) == (rule, [])


def test_a_schema_that_holds_itself_ends() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}
    _, problems = field({"$ref": "#/$defs/node"}, **{"$defs": {"node": node}})
    assert problems == [
        "#/properties/x/properties/next: $ref: #/$defs/node holds itself; a contract is finite"
    ]


def test_no_keyword_of_json_schema_is_dropped_in_silence() -> None:
    """Each that is not compiled is either dealt with here or told."""
    for keyword in keywords.OTHERS:
        _, problems = field({"type": "object", "properties": {"a": {}}, keyword: [{"q": 1}]})
        annotation = keyword in _NOTES
        assert annotation or problems, keyword


_NOTES = {
    "$schema", "$id", "$anchor", "$dynamicAnchor", "$vocabulary", "$defs", "definitions",
    "$ref", "readOnly", "writeOnly", "nullable", "example", "contentEncoding", "contentMediaType",
    "additionalItems", "const", "exclusiveMinimum", "exclusiveMaximum", "allOf",
}  # fmt: skip


def test_a_converted_schema_is_written_with_what_it_lacks(make: Make) -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "description": "A page was seen.",
        "type": "object",
        "properties": {
            "page": {"type": "string", "minLength": 1, "description": "Which: one."},
            "user_id": {"type": "string", "description": "Who."},
            "bad name": {"type": "string"},
            "odd": {"type": ["string", "integer"]},
        },
        "required": ["page", "odd"],
        "additionalProperties": False,
    }
    made, text = make(json.dumps(schema), "page.json")
    assert made.exit_code == ExitCode.BRANCH_FAILED
    assert [each.split(": ", 1)[1].split(":")[0] for each in made.lost] == ["not declared"] * 3
    assert "odd has the types string, integer" in "\n".join(made.lost)
    found = yaml.safe_load(text)
    assert found["description"] == "A page was seen."
    assert found["payload"]["required"] == ["page"]
    assert "additionalProperties" not in found["payload"], "it would refuse what is not declared"
    assert found["payload"]["properties"] == {
        "page": {"type": "string", "minLength": 1, "description": "Which: one."},
        "user_id": {"type": "string", "pii": None, "description": "Who."},
    }


def test_a_schema_that_is_taken_over_whole_says_so(make: Make) -> None:
    schema = {"type": "object", "properties": {"page": {"type": "string"}}}
    made, text = make(yaml.safe_dump(schema), "page.yml")
    assert made.exit_code == ExitCode.OK
    assert "Not in this contract" not in text


def test_the_payload_of_a_described_cloudevent_is_its_data(make: Make) -> None:
    data = {"type": "object", "properties": {"page": {"type": "string"}}}
    schema = {"$schema": "x", "properties": {"specversion": {"type": "string"}, "data": data}}
    _, text = make(json.dumps(schema), "page.json")
    assert list(yaml.safe_load(text)["payload"]["properties"]) == ["page"]


@pytest.mark.parametrize("document", ["$schema: x\ntype: string", "[1]", "a: [", "a: 1"])
def test_what_describes_no_object_is_refused(make: Make, root: Path, document: str) -> None:
    with pytest.raises(BadInput):
        make(document, "page.yml")
    assert list((root / "contracts/web").iterdir()) == []


_NAMES = st.sampled_from(["a", "b", "c"])
_LEAVES = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", ["integer", "null"]])},
        optional={
            "minimum": st.floats(-5, 5) | st.integers(-5, 5),
            "exclusiveMinimum": st.integers(-5, 5),
            "exclusiveMaximum": st.integers(-5, 5),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={"minLength": st.integers(0, 3), "enum": st.just(["a", "bb", "ccc"])},
    ),
    st.fixed_dictionaries({"const": st.sampled_from(["a", 1, True])}),
    st.builds(
        lambda inner, key: {key: [inner, {"type": "null"}]},
        st.fixed_dictionaries({"type": st.sampled_from(["string", "number", "boolean"])}),
        st.sampled_from(["anyOf", "oneOf"]),
    ),
)
_SCHEMAS = st.recursive(
    _LEAVES,
    lambda inner: st.builds(
        lambda properties, required, closed: {
            "type": "object",
            "properties": properties,
            "required": [each for each in required if each in properties],
            **({"additionalProperties": False} if closed else {}),
        },
        st.dictionaries(_NAMES, inner, min_size=1),
        st.lists(_NAMES, unique=True),
        st.booleans(),
    ),
    max_leaves=5,
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-6, 6) | st.sampled_from(["", "a", "bb", "ccc", 1.5]),
    lambda inner: st.dictionaries(_NAMES, inner),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(schema=st.dictionaries(_NAMES, _SCHEMAS, min_size=1), value=st.dictionaries(_NAMES, _VALUES))
def test_a_schema_taken_over_whole_accepts_the_same(schema: Any, value: Any) -> None:
    document = {"type": "object", "properties": schema}
    converted = convert(document)
    assert converted.problems == ()
    before = jsonschema_rs.Draft202012Validator(document).is_valid(value)
    assert jsonschema_rs.Draft202012Validator(converted.schema).is_valid(value) == before


@pytest.mark.parametrize("kind", ["string", "number"])
def test_a_decimal_is_kept_and_the_formats_of_floats_say_nothing(kind: str) -> None:
    assert field({"type": kind, "format": "decimal(9,2)"})[0]["format"] == "decimal(9,2)"
    found, problems = field({"type": "number", "format": "double"})
    assert "format" not in found
    assert problems == []
