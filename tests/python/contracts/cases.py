"""A small contract, and cases that break one thing in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headwater.contracts import read_all
from headwater.errors import Diagnostic

PATH = "contracts/shop/order_paid.v1.yml"
NOTE = "    note: {type: string, description: Remark.}\n"
BASE = f"""\
event: order_paid
version: 1.0
owner: checkout
channel: "#data-checkout"
description: A customer paid.
payload:
  type: object
  required: [order_no]
  properties:
    order_no: {{type: string, description: Number on the receipt.}}
{NOTE}"""


@dataclass(frozen=True)
class Case:
    """`BASE` with `old` replaced by `new` is refused on the line that holds `at`, and only there.

    `at` is text of that line, or its number where no text tells it.
    """

    id: str
    old: str
    new: str
    at: str | int
    message: str
    hint: str

    @property
    def text(self) -> str:
        assert BASE.count(self.old) == 1, self.old
        return BASE.replace(self.old, self.new)

    @property
    def line(self) -> int:
        if isinstance(self.at, int):
            return self.at
        lines = list(enumerate(self.text.splitlines(), 1))
        same = [number for number, line in lines if line.strip() == self.at]
        return same[0] if same else next(number for number, line in lines if self.at in line)


def header(case_id: str, line: str, message: str, hint: str, at: str | int = "") -> Case:
    """A case whose header has one line more."""
    return Case(case_id, "owner:", f"{line}\nowner:", at or line.split("\n")[0], message, hint)


def field(case_id: str, lines: str, message: str, hint: str, at: str = "") -> Case:
    """A case whose field `note` is declared by `lines` (indented here) instead."""
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    return Case(case_id, NOTE, indented, at or lines.splitlines()[0], message, hint)


def keyword(case_id: str, body: str, message: str, hint: str) -> Case:
    """A case whose field `note` has a description and the keywords `body`, each on its line."""
    at = body.splitlines()[-1]
    lines = "\n".join(["note:", "  description: Remark.", *(f"  {x}" for x in body.splitlines())])
    return field(case_id, lines, message, hint, at)


def problems(root: Path, text: str | bytes, path: str = PATH) -> tuple[Diagnostic, ...]:
    """What reading a project with this one contract reports."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_all(root).diagnostics


def check(root: Path, case: Case) -> None:
    """Assert that exactly the case's problem is reported, where it is."""
    found = problems(root, case.text)
    assert [(each.path, each.line) for each in found] == [(PATH, case.line)], found
    assert case.message in found[0].message, found[0]
    assert case.hint in found[0].hint, found[0]
    assert found[0].hint
