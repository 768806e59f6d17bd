"""Examples: payloads as JSON text, and violations that the payload can have."""

import json
from pathlib import Path

import pytest
from contracts.cases import BASE, NOTE, PATH, problems

from headwater.contracts import read
from headwater.contracts.model import Example

PAYLOAD = BASE.replace(NOTE, "    size: {type: integer, minimum: 1, description: S.}\n")


@pytest.mark.parametrize(
    ("lines", "line", "message", "hint"),
    [
        ("examples: [a]", 1, "examples is not a mapping", "valid: [...]"),
        ("examples:\n  vald: []", 2, "unknown key 'vald'", "valid: and invalid:"),
        ("examples:\n  valid: {a: 1}", 2, "examples.valid is not a list", "start each with -"),
        ("examples:\n  valid:\n    - 7", 3, "payload is not a mapping", "{name: value"),
        (
            "examples:\n  valid:\n    - payload: {order_no: a}",
            3,
            "a valid example has the key payload",
            "the payload itself",
        ),
        ("examples:\n  valid:\n    - {order_no: .inf}", 3, "number without end", "JSON has no"),
        ("examples:\n  invalid:\n    - 7", 3, "an invalid example is not a mapping", "violates:"),
        (
            "examples:\n  invalid:\n    - {payload: {a: 1}}",
            3,
            "an invalid example has no violates",
            "field.keyword",
        ),
        (
            "examples:\n  invalid:\n    - violates: size.minimum",
            3,
            "an invalid example has no payload",
            "payload: {",
        ),
        (
            "examples:\n  invalid:\n    - payload: {a: 1}\n      violates: size.minmum",
            4,
            "nothing in payload is called 'size.minmum'",
            "did you mean size.minimum?",
        ),
        (
            "examples:\n  invalid:\n    - payload: {a: 1}\n      violates: size.maximum",
            4,
            "nothing in payload is called 'size.maximum'",
            "size.minimum",
        ),
        (
            "examples:\n  invalid:\n    - payload: {a: 1}\n      violates: envelope.event_id",
            4,
            "nothing in payload is called",
            "a field and a keyword",
        ),
        (
            "examples:\n  invalid:\n    - payload: {a: 1}\n      violates: [size.minimum]",
            4,
            "violates is not a name",
            "one violation",
        ),
        (
            "examples:\n  invalid:\n    - {payload: [1], violates: size.minimum}",
            3,
            "payload is not a mapping",
            "{name: value",
        ),
        (
            "examples:\n  invalid:\n    - {payload: {}, violates: size.minimum, why: x}",
            3,
            "unknown key 'why'",
            "violates:",
        ),
    ],
)
def test_a_bad_example_is_refused_on_its_line(
    tmp_path: Path, lines: str, line: int, message: str, hint: str
) -> None:
    (found,) = problems(tmp_path, PAYLOAD + lines + "\n")
    assert (found.path, found.line) == (PATH, line + PAYLOAD.count("\n"))
    assert message in found.message
    assert hint in found.hint


def test_examples_are_kept_as_json_text(tmp_path: Path) -> None:
    text = PAYLOAD + (
        "examples:\n"
        "  valid:\n"
        '    - {order_no: "a\\"é", size: 1.10, on: no, at: 2026-01-31, none: null, is: true}\n'
        "  invalid:\n"
        "    - {violates: size.int64, payload: {size: 18446744073709551616, a: [1e3, 0x1F, {}]}}\n"
    )
    assert problems(tmp_path, text) == ()
    valid, invalid = read(tmp_path)[0].examples
    assert valid == Example(
        '{"order_no": "a\\"é", "size": 1.10, "on": "no", "at": "2026-01-31", "none": null,'
        ' "is": true}',
        None,
        14,
    )
    assert invalid.violates == "size.int64"
    assert invalid.payload == '{"size": 18446744073709551616, "a": [1e3, 31, {}]}'
    assert json.loads(invalid.payload)["size"] == 2**64


def test_a_field_called_payload_can_have_examples(tmp_path: Path) -> None:
    text = BASE.replace("note:", "payload:") + "examples:\n  valid: [{payload: x}]\n"
    assert problems(tmp_path, text) == ()
    assert read(tmp_path)[0].examples[0].payload == '{"payload": "x"}'
