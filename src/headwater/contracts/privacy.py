"""Whether a field says what it must about persons."""

from __future__ import annotations

from typing import cast

from headwater.contracts import pii, values
from headwater.contracts.model import Path, Pii, Schema
from headwater.contracts.report import Report
from headwater.contracts.tree import Entry, Mapping


def word(entry: Entry, label: str, report: Report) -> Pii | None:
    """The field's `pii:` word, None when it has none that can be used."""
    said = entry.value.get("pii") if isinstance(entry.value, Mapping) else None
    if said is None:
        return None
    return cast("Pii | None", values.word(said, f"{label}: pii", pii.PII_WORDS, report))


def check(
    entry: Entry,
    word: Pii | None,
    path: Path,
    schema: Schema,
    dropped: bool,
    label: str,
    report: Report,
) -> None:
    """Refuse a missing word, and one that cannot be kept; `dropped` is the parent's."""
    said = entry.value.get("pii") if isinstance(entry.value, Mapping) else None
    line = said.key_line if said is not None else entry.key_line
    if dropped:
        if word not in (None, "drop"):
            report.add(line, f"{label}: pii {word} inside a dropped object", "remove it")
        return
    if said is None:
        looks = pii.looks_personal(path, schema.pattern, schema.format)
        looks = looks or _looks_personal_inside(schema, path)
        if looks is not None and (schema.kind not in ("object", "boolean") or schema.values):
            report.add(
                line,
                f"{label} looks personal ({looks}) and has no pii",
                f"write pii: with one of {', '.join(pii.PII_WORDS)}",
            )
    if schema.values is not None and word == "identifier":
        hint = "a pseudonym stands for one value; write sensitive or drop"
        report.add(line, f"{label} is a map and has pii identifier", hint)
    elif schema.kind == "object" and schema.values is None and word not in (None, "drop"):
        report.add(line, f"{label} is an object with pii {word}", "write pii on its properties")
    elif word == "identifier" and (
        schema.kind not in (None, "string", "integer")
        or schema.format == "date-time"
        or schema.decimal is not None
    ):
        report.add(
            line,
            f"{label} is {schema.format or schema.kind} and has pii identifier",
            "a pseudonym stands for one string or integer; write sensitive or drop",
        )


def _looks_personal_inside(schema: Schema, path: Path) -> str | None:
    """What in the values of a map looks personal."""
    for field in schema.values.fields if schema.values else ():
        looks = pii.looks_personal((*path, field.name), None, field.schema.format)
        if looks is not None and field.schema.kind != "boolean":
            return looks
    return None


def check_listed(
    entry: Entry,
    word: Pii | None,
    path: Path,
    schema: Schema,
    covered: bool,
    label: str,
    report: Report,
) -> None:
    """The same for a field inside the items of an array, whose word is for all they hold."""
    said = entry.value.get("pii") if isinstance(entry.value, Mapping) else None
    if said is not None and word not in (None, "none"):
        hint = "write it on the array: it is for all that the items hold"
        report.add(said.key_line, f"{label} is inside items and has pii {word}", hint)
    is_plain = schema.kind not in ("object", "boolean") or schema.values is not None
    if said is None and not covered and is_plain:
        names = tuple(each for each in path if each != "items")
        looks = pii.looks_personal(names, schema.pattern, schema.format)
        looks = looks or _looks_personal_inside(schema, names)
        if looks is not None:
            report.add(
                entry.key_line,
                f"{label} looks personal ({looks}) and has no pii",
                "write pii: none, or sensitive or drop on the array",
            )
