"""Contract examples run as tests, through the SQL that judges deliveries."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from headwater import contracts
from headwater import examples as record
from headwater.compile import compile_contracts
from headwater.contracts.contract import parse
from headwater.contracts.model import EventContract
from headwater.errors import Diagnostic, HeadwaterError
from headwater.examples import Checked, check_examples
from headwater.validate import examples
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
    (tmp_path / "contracts").mkdir()
    (tmp_path / "macros" / "headwater").symlink_to(repository / "macros" / "headwater")
    return tmp_path


def contract_of(shown: str, envelope: str = "", event: str = "door_opened") -> EventContract:
    text = HEAD.replace("door_opened", event) + envelope + PAYLOAD + f"examples: {shown}\n"
    parsed = parse(text, f"contracts/doors/{event}.v1.yml", "doors", event, 1)
    assert parsed.contract is not None, parsed.diagnostics
    return parsed.contract


def check(root: Path, *contracts: EventContract) -> tuple[Diagnostic, ...]:
    return looked_at(root, *contracts).problems


def looked_at(root: Path, *contracts: EventContract, **options: Any) -> Checked:
    texts = {path: file.text for path, file in compile_contracts(contracts).files.items()}
    return check_examples(root, contracts, texts, **options)


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


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The event types whose examples are run from here on."""
    found: list[str] = []
    real = examples.judge_examples

    def judge(memory: Any, majors: Sequence[EventContract], text: str) -> tuple[Diagnostic, ...]:
        found.append(majors[0].event)
        return real(memory, majors, text)

    monkeypatch.setattr(examples, "judge_examples", judge)
    return found


RIGHT = "{valid: [{door: front}]}"


def test_what_is_right_is_not_run_again(root: Path, run: list[str]) -> None:
    right = contract_of(RIGHT)
    wrong = contract_of("{valid: [{door: x}]}", event="door_shut")
    assert len(check(root, right, wrong)) == 1
    assert run == ["door_opened", "door_shut"]
    assert len(check(root, right, wrong)) == 1
    assert run == ["door_opened", "door_shut", "door_shut"]
    assert looked_at(root, right).run == 0


@pytest.mark.parametrize(
    ("shown", "envelope"),
    [
        ("{valid: [{door: fronts}]}", ""),
        ("{valid: [{door: front}, {door: front}]}", ""),
        ("{invalid: [{violates: door.required, payload: {}}]}", ""),
        (RIGHT, "envelope: {event_id: $.id}\n"),
        (RIGHT, "max_lateness: 1 day\n"),
    ],
)
def test_what_decides_about_examples_is_run_again_when_it_changes(
    root: Path, run: list[str], shown: str, envelope: str
) -> None:
    check(root, contract_of(RIGHT))
    changed = contract_of(shown, envelope)
    assert looked_at(root, changed).run == 1
    assert looked_at(root, changed).run == 0


def test_another_rule_is_run_again(root: Path) -> None:
    check(root, contract_of(RIGHT))
    contract = contract_of(RIGHT.replace("front", "fro"))
    text = HEAD + PAYLOAD.replace("minLength: 2", "minLength: 5") + f"examples: {RIGHT}\n"
    stricter = parse(text, contract.path, "doors", "door_opened", 1).contract
    assert stricter is not None
    assert looked_at(root, stricter).run == 1


def test_another_macro_or_other_code_runs_everything_again(
    root: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = contract_of(RIGHT)
    check(root, contract)
    (root / "macros" / "headwater").unlink()
    shutil.copytree(repository / "macros" / "headwater", root / "macros" / "headwater")
    assert looked_at(root, contract).run == 0
    with (root / "macros/headwater/cross_db/json_is.sql").open("a") as macro:
        macro.write("\n")
    assert looked_at(root, contract).run == 1
    monkeypatch.setattr(record, "version", lambda package: "another")
    assert looked_at(root, contract).run == 1
    for name in record._CODE:
        assert (record._PACKAGE / name).is_file(), name
    monkeypatch.setattr(record, "_CODE", record._CODE[1:])
    assert looked_at(root, contract).run == 1


@pytest.mark.parametrize("text", ["", "][", "<<<<<<<\n", "door_opened " + "0" * 64, "\udcff"])
def test_a_record_that_says_nothing_true_costs_only_time(root: Path, text: str) -> None:
    contract = contract_of(RIGHT)
    check(root, contract)
    (root / record.PATH).write_text(text, encoding="utf-8", errors="surrogateescape")
    assert looked_at(root, contract).run == 1
    assert looked_at(root, contract).run == 0


def test_a_merge_may_keep_all_lines_of_the_record(root: Path) -> None:
    old, new = contract_of(RIGHT), contract_of("{valid: [{door: fronts}]}")
    check(root, old)
    lines = (root / record.PATH).read_text()
    check(root, new)
    ours = (root / record.PATH).read_text()
    (root / record.PATH).write_text(f"<<<<<<< ours\n{ours}=======\n{lines}>>>>>>> theirs\n")
    assert looked_at(root, new).run == 0
    assert (root / record.PATH).read_text() == ours


def test_a_wrong_example_passes_by_no_line_of_the_record(root: Path) -> None:
    check(root, contract_of(RIGHT))
    lines = (root / record.PATH).read_text()
    wrong = contract_of("{valid: [{door: x}]}")
    (root / record.PATH).write_text(lines)
    assert len(check(root, wrong)) == 1
    assert not (root / record.PATH).exists()


def test_a_check_runs_what_is_not_recorded_and_writes_nothing(root: Path) -> None:
    contract = contract_of(RIGHT)
    assert looked_at(root, contract, check=True) == Checked((), 1)
    assert not (root / record.PATH).exists()
    assert looked_at(root, contract) == Checked((), 1, (record.PATH,))
    assert looked_at(root, contract, check=True) == Checked((), 0)


def test_a_record_that_cannot_be_written_is_told(root: Path) -> None:
    (root / "contracts").rmdir()
    with pytest.raises(HeadwaterError, match=r"cannot write contracts/examples\.lock"):
        check(root, contract_of(RIGHT))


def test_many_event_types_are_judged_as_few(root: Path) -> None:
    shown = [RIGHT, "{valid: [{door: x}]}"]
    contracts = [contract_of(shown[n % 2], event=f"door_opened_{n}") for n in range(40)]
    steps: list[int] = []

    class Bar:
        def update(self, n_steps: int) -> None:
            steps.append(n_steps)

    found = looked_at(root, *contracts, progress=lambda count: nullcontext(Bar()))
    assert [each.path for each in found.problems] == sorted(
        contract.path for contract in contracts[1::2]
    )
    assert found.run == 40
    assert 38 <= sum(steps) <= 42


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
