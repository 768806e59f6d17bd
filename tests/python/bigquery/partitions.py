"""What BigQuery refuses of a table with `require_partition_filter`: a scan that nothing bounds.

ZetaSQL knows no partitions; but its resolved statement says which column each condition is on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from google.protobuf.message import Message

_COMPARISONS = {"$equal", "$less", "$less_or_equal", "$greater", "$greater_or_equal", "$between"}
_CONDITIONS = {"filter_expr", "join_expr", "where_expr"}


def unbounded(statement: Message, column: str, tables: Collection[str]) -> list[str]:
    """Those of `tables` that a resolved statement scans without a bound on `column`.

    A bound compares the column itself with what no row decides. A table that is only written
    to is not scanned.
    """
    bounded: set[int] = set()
    for name, node in _nodes(statement):
        if name in _CONDITIONS:
            bounded |= _bounded(node)
    return sorted(
        {
            scan.table.name
            for _, scan in _nodes(statement, skipping="resolved_insert_stmt_node.table_scan")
            if scan.DESCRIPTOR.name == "ResolvedTableScanProto"
            and scan.table.name in tables
            and bounded.isdisjoint(
                each.column_id for each in scan.parent.column_list if each.name == column
            )
        }
    )


def _nodes(message: Message, name: str = "", skipping: str = "") -> Iterator[tuple[str, Any]]:
    """The message and all inside it, each with the name of the field it is in."""
    yield name, message
    for field, value in message.ListFields():
        if field.message_type is None or f"{name}.{field.name}" == skipping:
            continue
        for each in value if field.is_repeated else [value]:
            yield from _nodes(each, field.name, skipping)


def _bounded(condition: Message) -> set[int]:
    """The ids of the columns that a condition bounds."""
    call = next(
        (node for name, node in _nodes(condition) if name == "resolved_function_call_node"), None
    )
    if call is None:
        return set()
    function = call.parent.function.name.rpartition(":")[2]
    arguments = list(call.parent.argument_list)
    if function in ("$and", "$or"):
        sides = [_bounded(each) for each in arguments]
        return set.union(*sides) if function == "$and" else set.intersection(*sides)
    if function not in _COMPARISONS:
        return set()
    plain = [_column(each) for each in arguments]
    others = [each for each, column in zip(arguments, plain, strict=True) if column is None]
    if len(others) != len(arguments) - 1 or any(_reads(each) for each in others):
        return set()
    return {column for column in plain if column is not None}


def _column(argument: Message) -> int | None:
    """The id of the column that an argument is, if it is nothing else."""
    nested: Any = argument
    while "node" in nested.DESCRIPTOR.oneofs_by_name:
        name = nested.WhichOneof("node")
        nested = getattr(nested, name)
        if name == "resolved_column_ref_node":
            return int(nested.column.column_id)
    return None


def _reads(argument: Message) -> bool:
    return any(name == "resolved_column_ref_node" for name, _ in _nodes(argument))
