"""The SQL of a staging view and of a domain's quarantine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from headwater.compile.columns import Column, is_exposed
from headwater.compile.majors import MAJOR, Majors, Part
from headwater.compile.text import INDENT, indent, marker, quoted
from headwater.contracts import names
from headwater.contracts.model import EventContract, Path

QUARANTINE_COLUMNS = (
    "received_at",
    "schema_version",
    "violations",
    "unknown_fields",
    "_hour",
    "_contract_hash",
    "_file",
    "_file_id",
    "_line",
    "_load_id",
)


def staging_name(majors: Majors, part: Part) -> str:
    """The file, and the relation, of a major: the oldest keeps the plain name."""
    event = part.contract.event
    return f"stg_{event}" if part is majors.oldest else f"stg_{event}_v{part.major}"


def staging_sql(majors: Majors, part: Part) -> str:
    """models/staging/<domain>/stg_<event>.sql, or stg_<event>_v<major>.sql"""
    contract, event = part.contract, part.contract.event
    in_base = majors.names(part)
    lines = ["event_id", "occurred_at", "received_at", "schema_version"]
    for path, column in leaves(contract, part.columns):
        value = _value(contract, column, in_base)
        name = names.staged(path) if path[1:] else column.name
        lines.append(value if value == name else f"{value} as {name}")
    listed = ",\n".join(lines)
    kind = f"{event} event" if len(majors.parts) == 1 else f"{event} event of version {part.major}"
    return "\n".join(
        [
            f"-- One row per valid {kind}: its first copy within the look-back",
            marker([contract.path]),
            "with base as (",
            f"{INDENT}select * from {{{{ ref('base_{event}') }}}}",
            "),",
            "",
            "final as (",
            f"{INDENT}select",
            indent(listed, 2),
            f"{INDENT}from base",
            indent(_where(majors, part), 1),
            ")",
            "",
            "select * from final",
            "",
        ]
    )


def _where(majors: Majors, part: Part) -> str:
    if not majors.are_told_apart:
        return "where is_first_valid_copy"
    major = MAJOR
    if part.major == majors.history.first:  # rows whose raw was gone before there was another
        major = f"coalesce({MAJOR}, {part.major})"
    return f"where\n{INDENT}is_first_valid_copy\n{INDENT}and {major} = {part.major}"


def shown(contract: EventContract, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns that staging has at this level: an object stays if anything in it does."""
    return tuple(
        column
        for column in columns
        if (shown(contract, column.children) if column.children else is_exposed(contract, column))
    )


def leaves(
    contract: EventContract, columns: tuple[Column, ...], path: Path = ()
) -> Iterator[tuple[Path, Column]]:
    """What staging shows at this level, with what its name is made of: flattened objects as
    the fields in them."""
    for column in shown(contract, columns):
        here = (*path, column.path[-1])
        if column.children and column.schema.flatten:
            yield from leaves(contract, column.children, here)
        else:
            yield here, column


def _value(contract: EventContract, column: Column, in_base: Mapping[str, str]) -> str:
    if column.kind != "object" or not column.children:
        return in_base.get(column.stored_name, column.stored_name)
    return f"{{{{ {_struct(contract, column, in_base)} }}}}"


def _struct(contract: EventContract, column: Column, in_base: Mapping[str, str]) -> str:
    """The call of assemble_struct() for an object, nested ones inside it."""
    fields = []
    for path, child in leaves(contract, column.children):
        if child.kind == "object" and child.children:
            value = _struct(contract, child, in_base)
        else:
            value = quoted(in_base.get(child.stored_name, child.stored_name))
        fields.append(f"{INDENT}{quoted(struct_field(path))}: {value},")
    body = "\n".join(fields)
    return f"assemble_struct({quoted(column.stored_name)}, {{\n{body}\n}})"


def struct_field(path: Path) -> str:
    """The name of a struct's field: `os`, or `app_build` where `app` is flattened."""
    return "_".join(names.snake(name) for name in path)


def quarantine_sql(domain: str, events: Sequence[str]) -> str:
    """models/staging/<domain>/quarantine_<domain>.sql"""
    selects = [
        "\n".join(
            [
                f"{INDENT}select",
                f"{INDENT * 2}'{event}' as event_type,",
                indent(",\n".join(QUARANTINE_COLUMNS), 2),
                f"{INDENT}from {{{{ ref('base_{event}') }}}}",
                f"{INDENT}where not is_valid",
            ]
        )
        for event in events
    ]
    return "\n".join(
        [
            f"-- One row per {domain} record that breaks its event contract, with the reasons",
            marker([f"contracts/{domain}/"]),
            "with final as (",
            f"\n{INDENT}union all\n".join(selects),
            ")",
            "",
            "select * from final",
            "",
        ]
    )
