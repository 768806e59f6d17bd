"""Contract examples run as tests, through the SQL that judges deliveries."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from headwater import contracts
from headwater.compile import compile_contracts
from headwater.contracts.contract import parse
from headwater.contracts.model import EventContract
from headwater.errors import Diagnostic, HeadwaterError
from headwater.validate import check_examples, examples
from headwater.validate.wrap import wrapped

HEAD = """\
event: door_opened
version: 1.0
owner: team
channel: "#team"
description: A door was opened.
"""
PAYLOAD = """\
payload:
  type: object
  required: [door]
  properties:
    door: {type: string, minLength: 2, description: Which one.}
    width: {type: integer, minimum: 1, description: In centimetres.}
    at: {type: string, format: date-time, description: When it was noticed.}
"""
FLAT = """\
envelope:
  {event_type: none, event_id: $.meta.id, occurred_at: $.at, received_at: none,
   schema_version: $.v, payload: $}
"""


@pytest.fixture
def root(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DBT_TARGET_PATH", raising=False)
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros" / "headwater").symlink_to(repository / "macros" / "headwater")
    return tmp_path


def contract_of(shown: str, envelope: str = "", event: str = "door_opened") -> EventContract:
    text = HEAD.replace("door_opened", event) + envelope + PAYLOAD + f"examples: {shown}\n"
    parsed = parse(text, f"contracts/doors/{event}.v1.yml", "doors", event, 1)
    assert parsed.contract is not None, parsed.diagnostics
    return parsed.contract


def check(root: Path, *contracts: EventContract) -> tuple[Diagnostic, ...]:
    texts = {path: file.text for path, file in compile_contracts(contracts).files.items()}
    return check_examples(root, contracts, texts)


@pytest.mark.parametrize("envelope", ["", FLAT])
def test_examples_that_show_what_they_say_are_right(root: Path, envelope: str) -> None:
    contract = contract_of(
        "{valid: [{door: front}, {door: back, width: 3, at: 2026-01-01T00:00:00Z}, {door: no}],"
        " invalid: [{violates: door.required, payload: {width: 1}},"
        " {violates: width.int64, payload: {door: front, width: 123456789012345678901}}]}",
        envelope,
    )
    assert check(root, contract) == ()


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        ("{valid: [{door: x, width: 0}]}", "this valid example violates door.minLength, width.min"),
        (
            "{invalid: [{violates: width.minimum, payload: {door: front, width: 1}}]}",
            "this example is accepted, and should violate width.minimum",
        ),
        (
            "{invalid: [{violates: width.minimum, payload: {width: 0}}]}",
            "this example violates door.required, width.minimum, and should only width.minimum",
        ),
        (
            "{invalid: [{violates: width.minimum, payload: {door: x}}]}",
            "this example violates door.minLength, and should only width.minimum",
        ),
    ],
)
def test_an_example_that_shows_something_else_is_told_by_its_line(
    root: Path, shown: str, message: str
) -> None:
    (found,) = check(root, contract_of(shown))
    assert found.message.startswith(message)
    assert (found.path, found.line) == ("contracts/doors/door_opened.v1.yml", 13)
    assert found.hint


def test_what_is_right_is_not_run_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = contract_of("{valid: [{door: front}]}")
    wrong = contract_of("{valid: [{door: x}]}", event="door_shut")
    assert len(check(root, right, wrong)) == 1
    run: list[str] = []
    real = examples.judge_examples

    def judge(memory: Any, majors: Sequence[EventContract], text: str) -> tuple[Diagnostic, ...]:
        run.append(majors[0].event)
        return real(memory, majors, text)

    monkeypatch.setattr(examples, "judge_examples", judge)
    assert len(check(root, right, wrong)) == 1
    assert run == ["door_shut"]
    edited = contract_of("{valid: [{door: fronts}]}")
    check(root, edited)
    assert run == ["door_shut", "door_opened"]


def test_a_stamp_that_cannot_be_read_costs_only_time(root: Path) -> None:
    contract = contract_of("{valid: [{door: front}]}")
    check(root, contract)
    (root / "target" / "headwater" / "examples.json").write_text("][")
    assert check(root, contract) == ()


def test_a_stamp_that_cannot_be_written_costs_only_time(root: Path) -> None:
    (root / "target").write_text("a file where the folder should be")
    assert check(root, contract_of("{valid: [{door: front}]}")) == ()


def test_macros_that_were_broken_by_hand_are_named(root: Path, repository: Path) -> None:
    (root / "macros" / "headwater").unlink()
    shutil.copytree(repository / "macros" / "headwater", root / "macros" / "headwater")
    (root / "macros/headwater/cross_db/reasons.sql").write_text("{% macro reasons() %}")
    with pytest.raises(HeadwaterError, match="cannot be rendered") as caught:
        check(root, contract_of("{valid: [{door: front}]}"))
    assert "headwater sync" in str(caught.value)


def test_the_repository_s_examples_are_right(repository: Path, root: Path) -> None:
    found = contracts.read(repository)
    assert sum(len(each.examples) for each in found) > 20
    assert check(root, *found) == ()


def test_an_envelope_is_put_around_a_payload_and_not_into_what_it_declares() -> None:
    around = contract_of("{valid: [{door: front, width: 1.0}]}")
    record = wrapped(around, around.examples[0])
    assert '"data": {"door": "front", "width": 1.0}' in record
    assert json.loads(record)["type"] == "door_opened"
    flat = contract_of("{valid: [{door: front}, {}]}", FLAT)
    assert json.loads(wrapped(flat, flat.examples[0])) == {
        "door": "front",
        "meta": {"id": "example"},
        "v": "1.0",
    }
    assert json.loads(wrapped(flat, flat.examples[1])) == {"meta": {"id": "example"}, "v": "1.0"}
