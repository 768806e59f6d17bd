"""Which rows of base stay as they are when a contract has changed.

Adding an optional plain field changes only the rows whose payload has it, and base lists it in
their `unknown_fields`. So slices without such a row may keep their old hash, and are not built
again. Whatever that cannot be shown for rebuilds every slice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from headwater.compile.hashing import contract_hash
from headwater.compile.majors import History, majors_of
from headwater.contracts.model import EventContract, Path, Schema

# As base lists a name; any other is `(other)`, which says too little.
_LISTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def added_since(
    old_hash: str, contracts: Sequence[EventContract], added: Mapping[int, Iterable[str]]
) -> tuple[str, ...] | None:
    """The fields that a slice of the old hash must not have carried to stay as it is.

    `added` are the optional plain fields, by major, that the old contracts did not declare.
    None: no slice of the old hash can stay.
    """
    gone = {major: {tuple(name.split(".")) for name in names} for major, names in added.items()}
    before = [
        replace(each, payload=_without(each.payload, (), gone.get(each.major, set())))
        for each in contracts
    ]
    # Whatever else has changed, in a contract or in what the compiler makes of it, shows here.
    if contract_hash(before) != old_hash:
        return None
    if not _have_the_same_columns(before, contracts):
        return None
    for contract in contracts:
        if not all(_is_listed(contract, path) for path in gone.get(contract.major, ())):
            return None
    return tuple(sorted({".".join(path) for paths in gone.values() for path in paths}))


def _without(schema: Schema, path: Path, gone: set[Path]) -> Schema:
    fields = tuple(
        replace(field, schema=_without(field.schema, (*path, field.name), gone))
        for field in schema.fields
        if (*path, field.name) not in gone
    )
    return replace(schema, fields=fields)


def _have_the_same_columns(before: Sequence[EventContract], after: Sequence[EventContract]) -> bool:
    """Whether every column is where it was: another major's may have had to make room."""
    old, _ = majors_of(before, History())
    new, _ = majors_of(after, History())
    if old is None or new is None:
        return False
    places = [
        {
            (major, column.stored_name): each.name
            for each in made.columns
            for major, column in each.sources.items()
        }
        for made in (old, new)
    ]
    return places[0].items() <= places[1].items()


def _is_listed(contract: EventContract, path: Path) -> bool:
    """Whether unknown_fields named the field wherever a record had it."""
    envelope = contract.envelope
    full = (*envelope.payload, *path)
    if any(full[: len(other)] == other or other[: len(full)] == full for other in envelope.paths()):
        return False  # known already, as a part of the envelope
    schema = contract.payload
    for name in path:
        if schema.rules or _LISTED.fullmatch(name) is None:
            return False  # a rule such as patternProperties may have accounted for the name
        (schema,) = (field.schema for field in schema.fields if field.name == name)
    return True
