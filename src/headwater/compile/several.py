"""A base model of several majors: each record is judged by the major it states, and each
major as if it were alone, in a CTE of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from headwater.compile.columns import Column
from headwater.compile.majors import MAJOR, BaseColumn, Majors, Part
from headwater.compile.shape import dotted
from headwater.compile.text import (
    cte,
    indent,
    jinja_dict,
    jinja_value,
    listed,
    macro,
    quoted,
)

_BEFORE = ("event_id", "schema_version", "occurred_at", "received_at")
_AFTER = (
    *("unknown_fields", "violations", "is_valid", "is_first_valid_copy"),
    *("_file", "_file_id", "_line", "_load_id", "_hour", "_contract_hash", MAJOR),
)


def rows_of(part: Part) -> str:
    """Where the steps of one major take its records from."""
    return f"from routed\nwhere {MAJOR} = {part.major}"


def together(
    majors: Majors,
    source: str,
    settings: Mapping[Part, Sequence[str]],
    steps: Mapping[Part, Sequence[str]],
) -> Iterator[str]:
    """The model below its config. `settings` and `steps` are those of each major alone."""
    yield from _routed(majors, source)
    for part in majors.parts:
        yield ""
        yield from settings[part]
        yield f"{part.label} as ("
        yield indent("\n".join(steps[part]), 1)
        yield "),"
    selects = "\nunion all\n".join(_select(majors, part) for part in majors.parts)
    yield ""
    yield "\n".join(["final as (", indent(selects, 1), ")", "", "select * from final"])


def _routed(majors: Majors, source: str) -> Iterator[str]:
    """The delivered records with the major each is judged by: the one it states, and the
    oldest where it states none, or none that is declared."""
    path = majors.oldest.contract.envelope.schema_version
    oldest, newer = majors.oldest.major, [part.major for part in majors.parts[1:]]
    stated = f"{oldest}"
    if newer and path is not None:
        document = quoted("record")
        if len(path) > 1:
            yield from (jinja_dict("csv_cells", {path[0]: ["object"]}), "")
            document = "csv_as_json('record', '_format', csv_cells)"
        yield cte(
            "stated",
            ["*,", macro("stated_version", [document, quoted(dotted(path))], 2, " as _stated")],
            source,
            first=True,
        )
        known = [
            (major, macro("known_version", ["'_stated'", jinja_value([major])], 3))
            for major in newer
        ]
        whens = [f"when {stated} is not null then {major}" for major, stated in known]
        stated = "\n".join(
            ["case", *(indent(when, 1) for when in whens), f"    else {oldest}", "end"]
        )
        source = "from stated"
    yield cte("routed", ["*,", f"{stated} as {MAJOR}"], source, first=source != "from stated")


def _select(majors: Majors, part: Part) -> str:
    lines = [*_BEFORE, *(_value(part, each) for each in majors.columns), *_AFTER]
    body = indent("\n".join(listed(lines)), 1)
    return f"select\n{body}\nfrom {part.label}"


def _value(part: Part, column: BaseColumn) -> str:
    """A column of base in the rows of one major; what its contract does not declare is what
    an absent field is."""
    source = part.major in column.sources and column.sources[part.major]
    if source:
        name = source.stored_name
        return name if name == column.name else f"{name} as {column.name}"
    return f"{_absent(column.column)} as {column.name}"


def _absent(column: Column) -> str:
    if column.kind == "array" or column.is_map:
        return "[]"
    return "false" if column.kind == "object" else "null"
