"""The SQL of a base model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from headwater.compile import lists
from headwater.compile.checks import case_of, checks_of
from headwater.compile.columns import Column, identifiers, stored, walk
from headwater.compile.direct import indirect
from headwater.compile.fits import rules_in
from headwater.compile.majors import MAJOR, Majors, Part
from headwater.compile.reading import Place, Read, converted, node_paths, reads
from headwater.compile.several import rows_of, together
from headwater.compile.shape import Shape, dotted
from headwater.compile.text import (
    INDENT,
    broken,
    cte,
    indent,
    jinja_block,
    jinja_dict,
    jinja_value,
    listed,
    macro,
    marker,
    nested,
    quoted,
)
from headwater.contracts.model import EventContract, Path

MAX_HOURLY_DAYS = 400  # BigQuery allows 10,000 partitions a table


def base_sql(majors: Majors, contract_hash: str) -> str:
    """models/staging/<domain>/base_<event>.sql"""
    event = majors.oldest.contract.event
    parts = [
        f"-- One row per delivered {event} record, typed, checked and pseudonymised",
        marker(majors.paths),
        _config(majors, contract_hash),
        "",
    ]
    source = f"from {{{{ source('raw', {quoted(event)}) }}}}\nwhere {{{{ unbuilt_slices() }}}}"
    if majors.are_told_apart:
        with nested():
            steps = {
                part: _steps(part, contract_hash, rows_of(part), [MAJOR]) for part in majors.parts
            }
        settings = {part: list(_settings(part)) for part in majors.parts}
        return "\n".join([*parts, *together(majors, source, settings, steps), ""])
    (part,) = majors.parts
    return "\n".join([*parts, *_settings(part), *_steps(part, contract_hash, source), ""])


def _settings(part: Part) -> Iterator[str]:
    """What the macros take, each as a Jinja variable."""
    rules = rules_in(part.contract, part.columns)
    nodes = _nodes(part)
    cells = _csv_cells(part.contract, part.columns, part.shape)
    yield from (jinja_dict("shape", part.shape), "")
    if nodes:
        yield from (jinja_block("nodes", nodes), "")
    for each in lists.settings(part.columns):
        yield from (each, "")
    if rules:
        yield from (jinja_block("rules", rules), "")
    if cells:
        yield from (jinja_dict("csv_cells", cells), "")


def _nodes(part: Part) -> list[str]:
    place = Place(payload=part.contract.envelope.payload)
    return node_paths(part.contract.payload, part.columns, place)


def _steps(part: Part, contract_hash: str, source: str, own: Sequence[str] = ()) -> list[str]:
    """From the delivered records (`source`) of one major to its rows of base; `own` are
    columns of the source that stay as they are."""
    contract, columns = part.contract, part.columns
    return [
        _delivered(contract, columns, part.shape, source, own),
        _parsed(_nodes(part)),
        _extracted(contract, columns),
        _typed(contract, columns),
        _checked(contract, columns),
        _final(contract, columns, contract_hash, own),
        "",
        "select * from final",
    ]


def _config(majors: Majors, contract_hash: str) -> str:
    contract = majors.oldest.contract
    meta: dict[str, object] = {
        "kind": "base",
        "event_type": contract.event,
        "contract_hash": contract_hash,
        "date": "occurred_at",
        "dedup_lookback_seconds": int(contract.dedup_lookback.total_seconds()),
    }
    if (by := _restate_by(majors)) is not None:
        meta["restate_by"] = by
    if majors.history.compatible:
        meta["compatible"] = {code: list(names) for code, names in majors.history.compatible}
    meta |= _personal(majors)
    days = contract.staging_retention.days
    granularity = "hour" if days <= MAX_HOURLY_DAYS else "day"
    partition = {"field": "received_at", "data_type": "timestamp", "granularity": granularity}
    lines = [
        "materialized='incremental',",
        "incremental_strategy='slices',",
        "on_schema_change='append_new_columns',",
        "full_refresh=false,",
        "partition_by={",
        *(f"{INDENT}{quoted(key)}: {jinja_value(value)}," for key, value in partition.items()),
        "},",
        "cluster_by=['event_id'],",
        "meta={",
        *(f"{INDENT}{quoted(key)}: {_laid_out(key, value)}," for key, value in meta.items()),
        "},",
    ]
    return "\n".join(["{{", f"{INDENT}config(", indent("\n".join(lines), 2), f"{INDENT})", "}}"])


def _restate_by(majors: Majors) -> str | None:
    """The column whose values tell apart what changed: the one identifier of every major."""
    found = {
        tuple(column.name for column in identifiers(part.columns) if not column.above)
        for part in majors.parts
    }
    (names, *others) = found
    return names[0] if not others and len(names) == 1 else None


def _laid_out(key: str, value: object) -> str:
    """A value of meta; only what grows with the contract's past is broken into lines."""
    if key != "compatible":
        return jinja_value(value)
    with nested(2):
        return broken(value, 1, len(INDENT) + len(key) + 4)


def _personal(majors: Majors) -> dict[str, object]:
    """What insert_missing_keys() has to know, where the event type has identifiers.

    Majors that do not read the same say so beside the oldest that has any.
    """
    found: list[dict[str, object]] = []
    for part in majors.parts:
        payload = part.contract.envelope.payload
        personal = {
            dotted((*payload, *column.path)): str(column.kind)
            for column in identifiers(part.columns)
        }
        tops = {path.split(".")[0] for path in personal if "." in path}
        cells = {
            name: types
            for name, types in _csv_cells(part.contract, part.columns, part.shape).items()
            if name in tops
        }
        each = {"identifiers": personal, "csv_cells": cells}
        if personal and each not in found:
            found.append(each)
    if len(found) < 2:
        return found[0] if found else {}
    return {**found[0], "identifiers_of_others": found[1:]}


def _csv_cells(
    contract: EventContract, columns: tuple[Column, ...], shape: Shape
) -> dict[str, list[str]]:
    """The top-level properties that are no strings, with their declared JSON types."""
    cells: dict[str, list[str]] = {}
    if not contract.envelope.payload:
        for column in columns:
            types = [str(each) for each in column.schema.types or (column.kind,)]
            if "string" not in types:
                cells[column.path[0]] = types
    for path, kind in shape.items():
        if path and "." not in path and kind in ("object", "envelope"):
            cells.setdefault(path, ["object"])
    return cells


def _delivered(
    contract: EventContract,
    columns: tuple[Column, ...],
    shape: Shape,
    source: str,
    own: Sequence[str],
) -> str:
    document = "record"
    if _csv_cells(contract, columns, shape):
        document = "{{ csv_as_json('record', '_format', csv_cells) }}"
    hashed = ["{{ record_hash('record') }} as _record_hash,"]
    lines = [
        *(hashed if contract.envelope.event_id is None else []),
        "received_at,",
        "_received_from,",
        "_file,",
        "_file_id,",
        "_line,",
        "_load_id,",
        *(f"{name}," for name in own),
        f"{document} as _document",
    ]
    return cte("delivered", lines, source, first=True)


def _parsed(nodes: list[str]) -> str:
    parse = f"{{{{ json_parse('_document', shape{', nodes' if nodes else ''}) }}}}"
    return cte("parsed", ["*,", parse], "from delivered")


def _extracted(contract: EventContract, columns: tuple[Column, ...]) -> str:
    envelope = contract.envelope
    lines = [_read("json_type", (), "_type_record")]
    if envelope.payload:
        lines.append(_read("json_is_object", envelope.payload, "_has_payload"))
    if envelope.event_type is not None:
        lines.append(_read("json_type", envelope.event_type, "_type_event_type"))
        lines.append(_read("json_text", envelope.event_type, "_event_type"))
    for number, path in enumerate(envelope.event_id or (), start=1):
        lines.append(_read("json_text", path, f"_event_id_{number}"))
    if envelope.schema_version is not None:
        lines.append(_read("json_type", envelope.schema_version, "_type_schema_version"))
        lines.append(_read("json_number_text", envelope.schema_version, "_schema_version"))
    how = "json_text" if envelope.occurred_at_unit is None else "json_number_text"
    lines.append(_read(how, envelope.occurred_at, "_occurred_at"))
    if indirect(contract.payload, columns):
        payload = Place(payload=envelope.payload)
        lines.append(_made(("_json_payload", "json_node", [*payload.arguments(()), "nodes"])))
    for column in walk(columns):
        place = Place(payload=envelope.payload)
        lines += [_made(read) for read in reads(column, place)]
        if column.items:
            lines.append(_made(lists.opened(column, place, 2)))
    lines.append("{{ unknown_fields(shape) }} as unknown_fields")
    return cte("extracted", ["*,", *listed(lines)], "from parsed")


def _typed(contract: EventContract, columns: tuple[Column, ...]) -> str:
    envelope = contract.envelope
    lines = [f"{_event_id(envelope.event_id)} as event_id"]
    version = "{{ null_string() }}"
    if envelope.schema_version is not None:
        version = f"{{{{ known_version('_schema_version', [{contract.major}]) }}}}"
    lines.append(f"{version} as schema_version")
    moment = "parse_timestamp('_occurred_at', zone='optional')"
    if envelope.occurred_at_unit is not None:
        moment = f"parse_epoch('_occurred_at', {quoted(envelope.occurred_at_unit)})"
    lines.append(f"{{{{ {moment} }}}} as occurred_at")
    for column in walk(columns):
        if column.is_converted:
            lines.append(_made(converted(column, quoted(column.text_name))))
    lines.extend(lists.all_reasons(columns))
    return cte("typed", ["*,", *listed(lines)], "from extracted")


def _checked(contract: EventContract, columns: tuple[Column, ...]) -> str:
    reasons = ",\n".join(case_of(check, 3) for check in checks_of(contract, columns))
    block = f"{{% call reasons('_type_record') %}}\n{indent(reasons, 1)}\n{{% endcall %}}"
    return cte("checked", ["*,", f"{block} as violations"], "from typed")


def _final(
    contract: EventContract,
    columns: tuple[Column, ...],
    contract_hash: str,
    own: Sequence[str],
) -> str:
    personal = {column.name for column in identifiers(columns)}
    lines = [
        "checked.event_id",
        "checked.schema_version",
        "checked.occurred_at",
        "checked.received_at",
    ]
    for column in stored(columns):
        if column.name in personal and column.kind != "object":
            found = [quoted(f"checked.{column.name}"), quoted(f"{column.name}_key.pseudonym")]
            lines.append(macro("pseudonym", found, 2, f" as {column.name}"))
        elif column.items:
            lines.append(lists.structs(column))
        else:
            lines.append(f"checked.{column.stored_name}")
    lines += [
        "checked.unknown_fields",
        "checked.violations",
        "{{ list_length('checked.violations') }} = 0 as is_valid",
        "{{ list_length('checked.violations') }} = 0 as is_first_valid_copy",
        "checked._file",
        "checked._file_id",
        "checked._line",
        "checked._load_id",
        "{{ hour_of('checked.received_at') }} as _hour",
        f"'{contract_hash}' as _contract_hash",
        *(f"checked.{name}" for name in own),
    ]
    joins = ["from checked"]
    keys = "{{ headwater_relation('keys.identifiers') }}"
    for column in identifiers(columns):
        joins += [
            f"left outer join {keys} as {column.name}_key",
            f"{INDENT}on {_join_text(column)} = {column.name}_key.value",
        ]
    return cte("final", listed(lines), "\n".join(joins), last=True)


def _join_text(column: Column) -> str:
    if column.kind == "integer":
        return f"{{{{ text_of('checked.{column.name}') }}}}"
    return f"checked.{column.name}"


def _event_id(paths: tuple[Path, ...] | None) -> str:
    if paths is None:
        return "_record_hash"
    if len(paths) == 1:
        return "_event_id_1"
    parts = [f"_event_id_{number}" for number in range(1, len(paths) + 1)]
    return f"{{{{ compound_id({jinja_value(parts)}) }}}}"


def _made(read: Read) -> str:
    """What a macro reads, as a column."""
    name, how, arguments = read
    return macro(how, arguments, 2, f" as {name}")


def _read(how: str, path: Path, alias: str) -> str:
    """One of the macros that read a path of the parsed record, as a column."""
    return macro(how, ["shape", quoted(dotted(path))], 2, f" as {alias}")
