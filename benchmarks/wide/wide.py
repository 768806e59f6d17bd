"""Documents of 25 KB against a schema of 300 properties: planning, validating, memory.

Each contender runs in a process of its own on the same documents, on one thread, and is
measured by the processor's seconds, which an idle machine has as many of as the wall's. `headwater`
is the base model alone, as dbt would run it: every document typed, every reason of every
document, nothing cached. Beside it DuckDB's typed `read_json`, which validates nothing, and
jsonschema-rs, which names every error but makes no columns.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import schema  # noqa: E402

from headwater import macros  # noqa: E402
from headwater.compile import compile_contracts  # noqa: E402
from headwater.contracts import violation_names  # noqa: E402
from headwater.contracts.contract import parse  # noqa: E402
from headwater.contracts.model import EventContract  # noqa: E402

RAW = f"raw_{schema.EVENT}"
DISTINCT = 500  # documents that differ; the others repeat them


def contract() -> EventContract:
    """The event contract, read as `headwater sync` reads it."""
    path = f"contracts/things/{schema.EVENT}.v1.yml"
    parsed = parse(schema.contract(), path, "things", schema.EVENT, 1)
    assert parsed.contract is not None, parsed.diagnostics
    return parsed.contract


def base_sql(engine: str) -> str:
    """The base model as dbt would send it."""
    made = compile_contracts([contract()])
    (text,) = (file.text for path, file in made.files.items() if "/base_" in path)
    return macros.render(ROOT / "macros" / "headwater", text, engine)


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(folder / "wide.duckdb"))
    con.execute("set threads = 1")
    con.execute("set TimeZone = 'UTC'")
    return con


def load(con: duckdb.DuckDBPyConnection, lines: Path) -> None:
    """raw, as a load leaves it."""
    con.execute(
        f"create table {RAW} as select timestamp '2026-03-01 12:00:01' as received_at,"
        " record, 'ndjson' as _format, 'f' as _file, 1::bigint as _file_id,"
        " row_number() over () as _line, 1::bigint as _load_id, 'record' as _received_from"
        f" from read_csv('{lines}', columns = {{'record': 'varchar'}}, header = false,"
        " quote = '', escape = '', delim = '\x1f', max_line_size = 1000000)"
    )
    con.execute("create table keys_identifiers (value varchar, pseudonym varchar)")
    con.execute("checkpoint")


def headwater(lines: Path, folder: Path) -> dict[str, float]:
    """The base model over raw, into a table."""
    con = connect(folder)
    load(con, lines)
    before = peak()
    sql = base_sql("duckdb")
    watch = Watch()
    con.execute(f"explain {sql}")
    planned = watch.read()
    watch = Watch()
    con.execute(f"create table base as {sql}")
    built = watch.read()
    ((rows, bad),) = con.execute("select count(*), countif(not is_valid) from base").fetchall()
    assert bad == rows // 100, (rows, bad)
    return {**built, "plan": planned["cpu"], "before": before}


def read_json(lines: Path, folder: Path) -> dict[str, float]:
    """DuckDB's own reader, typed by the same schema, into a table."""
    con = connect(folder)
    con.execute("set preserve_insertion_order = false")
    columns = {"id": "varchar", "time": "timestamp", "data": duckdb_type(schema.payload())}
    watch = Watch()
    con.execute(
        "create table events as select * from read_json(?, format = 'newline_delimited',"
        f" ignore_errors = true, columns = {columns!r})",
        [str(lines)],
    )
    return watch.read()


def jsonschema_rs(lines: Path, folder: Path) -> dict[str, float]:
    """json.loads and jsonschema-rs, every error of every document."""
    import jsonschema_rs as rs

    validator = rs.Draft202012Validator(schema.payload(), validate_formats=True)
    watch = Watch()
    bad = 0
    with lines.open(encoding="utf-8") as file:
        for line in file:
            bad += bool(
                [error.message for error in validator.iter_errors(json.loads(line)["data"])]
            )
    assert bad
    return watch.read()


def duckdb_type(wanted: dict[str, Any]) -> str:
    """The type in which read_json can hold what meets a schema."""
    kinds = wanted.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "array":
        return f"{duckdb_type(wanted['items'])}[]"
    if kind == "object" and "properties" in wanted:
        fields = [f'"{name}" {duckdb_type(each)}' for name, each in wanted["properties"].items()]
        return f"struct({', '.join(fields)})"
    if kind == "object":
        return f"map(varchar, {duckdb_type(wanted['additionalProperties'])})"
    is_time = wanted.get("format") == "date-time"
    plain = {"integer": "bigint", "number": "double", "boolean": "boolean"}
    return "timestamp" if is_time else plain.get(kind, "varchar")


class Watch:
    """Seconds since it was made: on the wall, and of the processor."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def read(self) -> dict[str, float]:
        return {"seconds": time.monotonic() - self._wall, "cpu": time.process_time() - self._cpu}


CONTENDERS: dict[str, Callable[[Path, Path], dict[str, float]]] = {
    "read_json": read_json,
    "headwater": headwater,
    "jsonschema-rs": jsonschema_rs,
}


def peak() -> float:
    """The largest resident set of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, lines: Path, work: Path) -> dict[str, float]:
    """What a contender says of itself, and its peak memory."""
    folder = work / name
    folder.mkdir()
    process = os.fork()
    if process == 0:
        said = CONTENDERS[name](lines, folder)
        said["peak"] = peak()
        (folder / "said").write_text(json.dumps(said), encoding="utf-8")
        os._exit(0)
    _, status = os.waitpid(process, 0)
    if status:
        raise SystemExit(f"{name} failed")
    said = json.loads((folder / "said").read_text(encoding="utf-8"))
    assert isinstance(said, dict)
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--only", nargs="*", choices=CONTENDERS, default=list(CONTENDERS))
    options = parser.parse_args()
    names = violation_names(contract().payload)
    implied = ("type", "required", "int64")
    rules = [name for name in names if name.rpartition(".")[2] not in implied]
    print(f"{schema.count(schema.payload())} properties on {schema.DEPTH} levels,"
          f" {len(rules)} rules besides types and required fields,"
          f" {len(names)} violations")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="headwater-wide-") as folder:
        work = Path(folder)
        lines = work / "documents.ndjson"
        made = list(schema.records(min(DISTINCT, options.documents)))
        with lines.open("w", encoding="utf-8") as file:
            for number in range(options.documents):
                file.write(made[number % len(made)] + "\n")
        size = lines.stat().st_size
        print(f"{options.documents:,} documents of {size / options.documents:,.0f} bytes")
        heads = f"{'wall s':>8} {'cpu s':>8} {'x read_json':>12} {'per cpu s':>10} {'peak MB':>8}"
        print(f"{'':15} {heads}")
        base = 0.0
        for name in options.only:
            said = measure(name, lines, work)
            base = base or said["cpu"]
            rate = options.documents / said["cpu"]
            line = f"{name:15} {said['seconds']:8.1f} {said['cpu']:8.1f} {said['cpu'] / base:12.1f}"
            note = f"  of these {said['plan']:.2f} s to plan" if "plan" in said else ""
            print(f"{line} {rate:10,.0f} {said['peak']:8,.0f}{note}", flush=True)


if __name__ == "__main__":
    main()
