"""Takes a BigQuery script apart: statements, blocks, exception handlers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service

from .dialect import options
from .engine import SqlError, instance


@dataclass(frozen=True)
class Statement:
    """One statement. `kind` is ZetaSQL's name of it: query, create_table, delete …

    `text` and `query` stand where they stand in the script, so that errors point there.
    `target` is the table it creates or changes, `query` the query in it, `layout` its
    `partition by … cluster by …`, `options` its `options (…)`, `mode` "or replace" or
    "if not exists". `has_columns`: it lists the columns of the table. `clone_of`: the table
    it clones.
    """

    kind: str
    text: str
    target: str
    query: str
    layout: str
    options: str
    mode: str
    has_columns: bool
    clone_of: str


@dataclass(frozen=True)
class Block:
    """begin … exception when error then … end"""

    body: tuple[Statement | Block, ...]
    handler: tuple[Statement | Block, ...]


def _inner(node: Any) -> tuple[str, Any]:
    """The concrete node inside the unions that ZetaSQL nests, and its name."""
    name = ""
    while "node" in node.DESCRIPTOR.oneofs_by_name:
        name = node.WhichOneof("node")
        node = getattr(node, name)
    return name.removeprefix("ast_").removesuffix("_node").removesuffix("_statement"), node


def _span(node: Any) -> tuple[int, int]:
    while "parse_location_range" not in node.DESCRIPTOR.fields_by_name:
        node = node.parent
    return node.parse_location_range.start, node.parse_location_range.end


def _path(node: Any) -> str:
    _, path = _inner(node)
    return ".".join(name.id_string for name in path.names)


def _find(node: Any, field: str) -> Any | None:
    """The field of the node, or of one of the base nodes it is built on."""
    while True:
        fields = node.DESCRIPTOR.fields_by_name
        if field in fields and node.HasField(field):
            return getattr(node, field)
        if "parent" not in fields or not node.HasField("parent"):
            return None
        node = node.parent


def parse(script: str) -> tuple[Statement | Block, ...]:
    """The statements of a script. Raises SqlError with line and column."""
    request = service.ParseRequest(
        sql_statement=script, options=options().language_options, allow_script=True
    )
    parsed = instance().call("Parse", request, service.ParseResponse).parsed_script
    return tuple(_read(parsed.statement_list_node, script.encode()))


def _source(clone: Any) -> str:
    return "" if clone is None else _path(_find(clone, "path_expr"))


def _mode(node: Any) -> str:
    if _find(node, "is_or_replace"):
        return "or replace"
    return "if not exists" if _find(node, "is_if_not_exists") else ""


def _read(statements: Any, source: bytes) -> Iterator[Statement | Block]:
    for each in statements.statement_list:
        kind, node = _inner(each)
        if kind == "begin_end_block":
            handlers = node.handler_list.exception_handler_list
            yield Block(
                tuple(_read(node.statement_list_node, source)),
                tuple(_read(handlers[0].statement_list, source)) if handlers else (),
            )
            continue
        target = _find(node, "target_path") or _find(node, "name") or _find(node, "path")
        query = _find(node, "query")
        listed = _find(node, "options_list")
        yield Statement(
            kind=kind,
            text=_text(node, source),
            target=_path(target) if target is not None else "",
            query=_text(query, source) if query is not None else "",
            layout=" ".join(
                " ".join(_text(part, source).split())
                for part in (_find(node, "partition_by"), _find(node, "cluster_by"))
                if part is not None
            ),
            options=_text(listed, source) if listed is not None else "",
            mode=_mode(node),
            has_columns=_find(node, "table_element_list") is not None,
            clone_of=_source(_find(node, "clone_data_source")),
        )


def _text(node: Any, source: bytes) -> str:
    """The source of a node behind as much white space as gives it its own line and column."""
    start, end = _span(node)
    before = source[:start].decode()
    margin = len(before) - (before.rfind("\n") + 1)
    return "\n" * before.count("\n") + " " * margin + source[start:end].decode()


def tables_read(statement: str) -> list[str]:
    """The tables that a statement names, its target included. Raises SqlError."""
    request = service.ExtractTableNamesFromStatementRequest(
        sql_statement=statement, options=options().language_options
    )
    answer = instance().call(
        "ExtractTableNamesFromStatement", request, service.ExtractTableNamesFromStatementResponse
    )
    return [".".join(name.table_name_segment) for name in answer.table_name]


__all__ = ["Block", "SqlError", "Statement", "parse", "tables_read"]
