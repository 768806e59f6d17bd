"""The examples of the repository's contracts, judged by another JSON Schema implementation."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from headwater.contracts import read
from headwater.contracts.model import EventContract, Example

ROOT = Path(__file__).parents[3]
EXAMPLES = [(contract, example) for contract in read(ROOT) for example in contract.examples]


def violations(contract: EventContract, payload: str) -> list[str]:
    """What jsonschema-rs finds, in Headwater's names."""
    declared = yaml.safe_load((ROOT / contract.path).read_text(encoding="utf-8"))["payload"]
    validator = jsonschema_rs.Draft202012Validator(declared, validate_formats=True)
    return [_name(error) for error in validator.iter_errors(json.loads(payload))]


def _name(error: Any) -> str:
    keyword = error.schema_path[-1]
    path = ["items" if isinstance(step, int) else step for step in error.instance_path]
    if keyword == "required":
        path.append(error.message.split('"')[1])
    return ".".join([*(path or ["payload"]), keyword])


def _is_ours(contract: EventContract, violation: str) -> bool:
    """Of rules that JSON Schema does not have: 64 bits, the digits of a decimal."""
    path, _, keyword = violation.rpartition(".")
    fields = {".".join(path): field.schema.format or "" for path, field in contract.payload.walk()}
    return keyword == "int64" or (keyword == "format" and fields[path].startswith("decimal"))


@pytest.mark.parametrize(
    ("contract", "example"),
    EXAMPLES,
    ids=[f"{contract.event}:{example.violates or example.line}" for contract, example in EXAMPLES],
)
def test_an_example_has_just_the_violation_it_names(
    contract: EventContract, example: Example
) -> None:
    found = violations(contract, example.payload)
    if example.violates is not None and _is_ours(contract, example.violates):
        assert len(found) <= 1  # the warehouse's own limits, not JSON Schema's
    else:
        assert found == ([] if example.violates is None else [example.violates])


def test_another_payload_would_be_told_apart() -> None:
    contract = next(each for each in read(ROOT) if each.event == "track_played")
    assert len(violations(contract, "{}")) > 1
