"""The generated files of one contract, letter by letter, and their SQL on each engine.

Run this file with --update to accept what the compiler writes now: the diff is the review.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from headwater.compile import compile_contracts

from .cases import EVENT, contract_of
from .render import render

GOLDEN = Path(__file__).parent / "golden"
FIELDS = {
    "person": {"type": "string", "minLength": 1, "pii": "identifier"},
    "kind": {"enum": ["opened", "closed"]},
    "size": {"type": ["integer", "null"], "minimum": 0, "maximum": 100},
    "share": {"type": "number", "maximum": 1},
    "is_new": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}},
    "seen_at": {"type": "string", "format": "date-time"},
    "device": {
        "type": "object",
        "required": ["os"],
        "additionalProperties": False,
        "properties": {"os": {"type": "string", "maxLength": 20}},
    },
}


# A second major: one field less, one of another type, one more.
LATER = {
    **{name: FIELDS[name] for name in ("person", "kind", "tags", "device")},
    "size": {"type": "string", "pattern": "^[0-9]+ cm$"},
    "colours": {"type": "array", "items": {"type": "string"}},
}


def of_two_majors() -> dict[str, str]:
    """The files of an event type of two majors, in a folder of their own."""
    majors = [contract_of(FIELDS, ["person"]), contract_of(LATER, ["person"], major=2)]
    made = {
        path.rsplit("/", 1)[-1]: file.text
        for path, file in compile_contracts(majors).files.items()
        if "quarantine" not in path
    }
    base = f"base_{EVENT}.sql"
    made[f"base_{EVENT}.bigquery.sql"] = render(made[base], "bigquery") + "\n"
    return {f"two_majors/{name}": text for name, text in made.items()}


def files() -> dict[str, str]:
    """Golden file -> what it should hold."""
    contract = contract_of(FIELDS, ["person"])
    made = {
        path.rsplit("/", 1)[-1]: f.text for path, f in compile_contracts([contract]).files.items()
    }
    made[f"base_{EVENT}.duckdb.sql"] = render(made[f"base_{EVENT}.sql"], "duckdb") + "\n"
    made[f"base_{EVENT}.bigquery.sql"] = render(made[f"base_{EVENT}.sql"], "bigquery") + "\n"
    made[f"stg_{EVENT}.duckdb.sql"] = render(made[f"stg_{EVENT}.sql"], "duckdb") + "\n"
    made[f"stg_{EVENT}.bigquery.sql"] = render(made[f"stg_{EVENT}.sql"], "bigquery") + "\n"
    return made | of_two_majors()


@pytest.mark.parametrize("name", files())
def test_generated_text_is_the_golden_one(name: str) -> None:
    assert files()[name] == (GOLDEN / name).read_text(encoding="utf-8"), (
        "hint: python -m compile.test_golden --update, in tests/python, then read the diff"
    )


def test_every_golden_file_is_still_generated() -> None:
    found = {path for path in GOLDEN.rglob("*") if path.is_file()}
    assert {path.relative_to(GOLDEN).as_posix() for path in found} == set(files())


def test_generated_sql_says_its_grain_and_its_contract_first() -> None:
    for name, text in files().items():
        if name.count(".") == 1 and name.endswith(".sql"):
            first, second = text.split("\n")[:2]
            assert first.startswith("-- One row per "), name
            assert second.startswith("-- Generated from contracts/things/"), name


def test_generated_lines_are_short_and_end_clean() -> None:
    for name, text in files().items():
        if name.count(".") == 1:
            for line in text.split("\n"):
                assert line == line.rstrip(), name
                assert len(line) <= 88 or line.startswith("--") or name.endswith(".yml"), line


def test_models_never_ask_for_the_engine() -> None:
    for name, text in files().items():
        if name.count(".") == 1:
            assert "target.type" not in text


if __name__ == "__main__" and "--update" in sys.argv:
    for golden, content in files().items():
        (GOLDEN / golden).parent.mkdir(exist_ok=True)
        (GOLDEN / golden).write_text(content, encoding="utf-8")
