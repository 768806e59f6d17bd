"""Starts bqemulator without the DuckDB extensions that it would download.

They serve geography and Avro, which Headwater has none of. Two of its rewrites are
mended. Ends with the process that started it, whatever becomes of that.
"""

from __future__ import annotations

import os
import threading
import time

from bqemulator.cli import main
from bqemulator.sql import translator
from bqemulator.sql.rules.datetime_semantics import JsonTypeLowerRule
from bqemulator.storage.engine import DuckDBEngine
from sqlglot import exp

_one_level = translator.rewrite_safe_helpers
_lower = JsonTypeLowerRule.rewrite


def _every_level(sql: str) -> str:
    """bqemulator understands `safe.` in the arguments of another `safe.` one at a time."""
    while (rewritten := _one_level(sql)) != sql:
        sql = rewritten
    return sql


def _json_type(self: JsonTypeLowerRule, node: exp.Expression) -> exp.Expression:
    """bqemulator answers json_type() with the names of DuckDB's types."""
    named = _lower(self, node)
    for duckdb, bigquery in (("^varchar$", "string"), ("^(u?bigint|double)$", "number")):
        literals = [exp.Literal.string(duckdb), exp.Literal.string(bigquery)]
        named = exp.Anonymous(this="regexp_replace", expressions=[named, *literals])
    return named


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


if __name__ == "__main__":
    DuckDBEngine._load_spatial = lambda self: None
    translator.rewrite_safe_helpers = _every_level
    JsonTypeLowerRule.rewrite = _json_type
    os.environ["BQEMU_ENABLE_FORMAT_EXTENSIONS"] = "false"
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    main()
