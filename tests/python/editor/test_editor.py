"""The JSON Schema that editors complete and check contracts by."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from headwater import editor
from headwater.contracts import editor as made
from headwater.contracts import envelope, header, keywords, pii, tree
from headwater.contracts.contract import parse
from headwater.contracts.report import Report

SCHEMA = made.schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
ROOT = Path(__file__).parents[3]
CONTRACTS = sorted(
    [*ROOT.glob("contracts/*/*.yml"), *ROOT.glob("src/headwater/templates/init/contracts/*/*.yml")]
)
GOOD: dict[str, Any] = {
    "event": "door_opened",
    "version": "1.10",
    "owner": "team",
    "channel": "#team",
    "description": "A door was opened.",
    "tier": "low",
    "completeness": "99.9 %",
    "retention": {"raw": "30 days", "staging": "400 days"},
    "dedup_lookback": "2 weeks",
    "max_lateness": "none",
    "expose": ["note"],
    "envelope": {
        "event_type": {"path": "$.kind", "is": ["com.example.door", "door"]},
        "event_id": ["$.source", "$.id"],
        "occurred_at": {"path": "$.ts", "epoch": "seconds"},
        "received_at": "$.at",
        "payload": "$",
    },
    "payload": {
        "type": "object",
        "required": ["door"],
        "$defs": {"side": {"enum": ["left", "right"], "pii": "none", "description": "Side."}},
        "properties": {
            "hinge": {"$ref": "#/$defs/side"},
            "door": {"type": "string", "minLength": 2, "description": "Which one."},
            "width": {"type": ["integer", "null"], "minimum": 1, "description": "In centimetres."},
            "note": {"type": "string", "pii": "sensitive", "description": "What was said."},
            "kind": {"enum": ["in", "out"], "description": "Which way."},
            "tags": {"type": "array", "items": {"type": "string"}, "description": "Labels."},
            "at": {"type": "string", "format": "date-time", "description": "When."},
            "price": {"type": "number", "format": "decimal(9,2)", "description": "In EUR."},
            "counts": {
                "type": "object",
                "additionalProperties": {"type": "integer"},
                "description": "By name.",
            },
            "box": {
                "type": "object",
                "flatten": True,
                "additionalProperties": False,
                "description": "Its size.",
                "not": {"properties": {"h": {"const": [1]}, "w": False}, "minProperties": 2},
                "properties": {"h": {"type": "number", "description": "In centimetres."}},
            },
        },
    },
    "examples": {
        "valid": [{"door": "front"}],
        "invalid": [{"violates": "door.minLength", "payload": {"door": "x"}}],
    },
}


def plain(node: tree.Node | None) -> Any:
    """A YAML tree as an editor sees it."""
    if isinstance(node, tree.Mapping):
        return {entry.key: plain(entry.value) for entry in node.entries}
    if isinstance(node, tree.Sequence):
        return [plain(item) for item in node.items]
    assert node is not None
    return node.value


def with_(path: str, value: Any) -> dict[str, Any]:
    """The good contract with another value at a dotted path; None takes it away."""
    changed = copy.deepcopy(GOOD)
    inner = changed
    *above, last = path.split(".")
    for step in above:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return changed


def is_contract(content: dict[str, Any]) -> bool:
    """What the parser says."""
    text = json.dumps(content)
    return parse(text, "contracts/d/door_opened.v1.yml", "d", "door_opened", 1).contract is not None


def test_it_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert made.MARKER in made.text()


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.name)
def test_every_contract_of_the_repository_is_valid_and_names_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[0] == made.MODELINE
    assert (path.parent / "../contract.schema.json").resolve().parent.name == "contracts"
    assert list(VALIDATOR.iter_errors(plain(tree.parse(text, Report("x"))))) == []


def test_a_contract_with_everything_is_valid() -> None:
    assert is_contract(GOOD)
    assert list(VALIDATOR.iter_errors(GOOD)) == []


def test_every_key_and_keyword_is_completed() -> None:
    assert set(SCHEMA["properties"]) == set(header.HEADER_KEYS)
    assert SCHEMA["required"] == list(header.REQUIRED)
    known = {*keywords.KEYWORDS, *keywords.ANNOTATIONS, *keywords.OWN}
    properties = SCHEMA["$defs"]["schema"]["properties"]
    assert {key for key, each in properties.items() if not each.get("doNotSuggest")} == known
    assert set(SCHEMA["properties"]["envelope"]["properties"]) == set(envelope.ENVELOPE_KEYS)
    assert properties["pii"]["enum"] == list(pii.PII_WORDS)


def test_every_key_and_keyword_says_what_it_is_and_takes() -> None:
    """A keyword added to the compiler's table is completed, but needs words and a shape here."""
    assert set(made.HEADER) == set(header.HEADER_KEYS)
    assert set(made.ENVELOPE) == set(envelope.ENVELOPE_KEYS)
    assert set(keywords.KEYWORDS) | set(keywords.OWN) <= set(made.VALUES)


def test_a_refused_keyword_is_refused_with_its_hint() -> None:
    properties = SCHEMA["$defs"]["schema"]["properties"]
    for keyword, hint in keywords.OTHERS.items():
        assert properties[keyword]["errorMessage"].endswith(hint)
        assert not VALIDATOR.evolve(schema=properties[keyword]).is_valid({})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *((key, None) for key in header.REQUIRED),
        ("owners", "team"),
        ("event", "Door"),
        ("version", "one"),
        ("owner", ""),
        ("tier", "urgent"),
        ("completeness", "99.9"),
        ("retention", {"raw": "a month"}),
        ("retention", {"marts": "30 days"}),
        ("dedup_lookback", "14"),
        ("max_lateness", "never"),
        ("envelope.event_id", "id"),
        ("envelope.occurred_at", "none"),
        ("envelope.occurred_at", {"path": "$.ts", "epoch": "minutes"}),
        ("envelope.event_type", {"path": "$.kind", "equals": "x"}),
        ("envelope.colour", "$.c"),
        ("payload.type", "array"),
        ("payload.properties.door.description", None),
        ("payload.properties.door.type", "text"),
        ("payload.properties.door.pii", "maybe"),
        ("payload.properties.door.minimum", 1),
        ("payload.properties.door.minLength", -1),
        ("payload.properties.door.minlength", 1),
        ("payload.properties.door.readOnly", True),
        ("payload.properties.door.format", "shoe-size"),
        ("payload.properties.door.format", "decimal(9)"),
        ("payload.properties.width.format", "decimal(9,2)"),
        ("payload.properties.box.flatten", "yes"),
        ("payload.properties.kind.enum", []),
        ("payload.properties.tags.items", True),
        ("payload.properties.box.additionalProperties", "no"),
        ("payload.properties.box.properties.h.minLength", 1),
        ("examples.valid", {"door": "front"}),
        ("examples.invalid", [{"payload": {}}]),
        ("examples.other", []),
    ],
)
def test_what_the_parser_refuses_is_refused_while_typing(path: str, value: Any) -> None:
    broken = with_(path, value)
    assert not is_contract(broken)
    assert not VALIDATOR.is_valid(broken)


def test_sync_keeps_it_current(tmp_path: Path) -> None:
    (found,) = editor.drift(tmp_path)
    assert (found.path, found.hint) == (made.PATH, "run: headwater sync")
    assert editor.write(tmp_path) == [made.PATH]
    assert editor.write(tmp_path) == []
    assert editor.drift(tmp_path) == []
    (tmp_path / made.PATH).write_text("{}")
    assert len(editor.drift(tmp_path)) == 1


def test_the_repository_s_own_is_current(repository: Path) -> None:
    assert editor.drift(repository) == []
