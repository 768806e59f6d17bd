"""Lines to raw, base and staging, beside three other ways to get lines into DuckDB.

Each contender runs in a process of its own, one after the other, on the same file; its
wall time is set against that of DuckDB's typed `read_json` into a table, which neither
validates nor deduplicates nor keeps what it cannot read. Peak memory is the largest
resident set of the contender and its children.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COLUMNS = {
    "specversion": "varchar",
    "source": "varchar",
    "id": "varchar",
    "type": "varchar",
    "time": "timestamp",
    "receivedtime": "timestamp",
    "dataschemaversion": "varchar",
    "data": "struct(user_id varchar, session_id uuid, track_id varchar, artist_ids varchar[],"
    " ms_played bigint, reason_end varchar, started_at timestamp, platform varchar,"
    " country varchar, volume double, is_shuffle boolean, is_offline boolean,"
    " device struct(os varchar, model varchar))",
}

LOAD = ("headwater", "load")
BUILD = (
    "dbt.cli.main", "build", "--select", "base_track_played", "stg_track_played",
    "--exclude-resource-type", "unit_test",
)  # fmt: skip


def generate(path: Path, events: int, first: int = 0, *, has_broken: bool = True) -> None:
    """Writes `events` lines of events.sql to `path`, from the line numbered `first` on.

    `has_broken`: some of them are cut off.
    """
    con = duckdb.connect()
    con.execute("set variable first = ?", [first])
    con.execute("set variable events = ?", [events])
    con.execute("set variable has_broken = ?", [has_broken])
    con.execute(
        r"create macro uuid_of(x) as regexp_replace(md5(x::varchar),"
        r" '^(.{8})(.{4}).(.{3}).(.{3})(.{12})$', '\1-\2-4\3-8\4-\5')"
    )
    con.execute((HERE / "events.sql").read_text(encoding="utf-8"))
    con.execute(
        f"copy (select line from lines order by n) to '{path}'"
        " (format csv, header false, quote '', escape '', delimiter '\x1f')"
    )


def environment_of(work: Path) -> dict[str, str]:
    """What has Headwater and dbt work on the landing folder and warehouse in `work`."""
    return {
        **os.environ,
        "HEADWATER_LANDING": str(work / "landing"),
        "HEADWATER_WAREHOUSE": str(work / "warehouse"),
        "HEADWATER_NOW": "2026-02-10T00:00:00Z",
        "DBT_TARGET_PATH": str(work / "target"),
        "DBT_LOG_PATH": str(work / "logs"),
    }


def call(arguments: Sequence[str], work: Path) -> float:
    """Seconds that a Python module takes on the landing folder and warehouse in `work`."""
    command = [sys.executable, "-m", *arguments]
    started = time.monotonic()
    subprocess.run(
        command, cwd=ROOT, env=environment_of(work), check=True, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - started


def read_json(path: Path, work: Path) -> None:
    """DuckDB's own reader, typed, into a table: the physical limit to compare with."""
    con = duckdb.connect(str(work / "read_json.duckdb"))
    con.execute("set preserve_insertion_order = false")
    con.execute(
        "create table events as select * from read_json(?, format = 'newline_delimited',"
        f" ignore_errors = true, columns = {COLUMNS!r})",
        [str(path)],
    )


def headwater(path: Path, work: Path) -> None:
    """`headwater load`, then dbt build of base and staging."""
    landing = work / "landing" / "track_played"
    landing.mkdir(parents=True)
    (landing / "events.ndjson").hardlink_to(path)
    for name, command in (("load", LOAD), ("build", BUILD)):
        print(f"    {name}: {call(command, work):.1f} s", file=sys.stderr)
    con = duckdb.connect(str(work / "warehouse" / "warehouse.duckdb"), read_only=True)
    con.execute(f"attach '{work}/warehouse/keys.duckdb' as keys (read_only)")
    print(
        "    rows:",
        con.execute(
            "select (select count(*) from raw.track_played), (select count(*) from raw.unparsed),"
            " (select count(*) from staging.base_track_played where not is_valid),"
            " (select count(*) from staging.stg_track_played)"
        ).fetchone(),
        file=sys.stderr,
    )


def jsonschema_rs(path: Path, work: Path) -> None:
    """What a team writes by hand: json.loads, jsonschema-rs, a set of ids, Arrow batches."""
    import jsonschema_rs as rs
    import pyarrow as pa
    import yaml

    contract = yaml.safe_load((ROOT / "contracts/listening/track_played.v1.yml").read_text())
    validator = rs.validator_for(contract["payload"], validate_formats=True)
    con = duckdb.connect(str(work / "loader.duckdb"))
    con.execute("create table events (id varchar, time varchar, received varchar, data varchar)")
    con.execute("create table rejected (line varchar, reasons varchar)")
    seen: set[tuple[str, str]] = set()
    good: list[tuple[str, ...]] = []
    bad: list[tuple[str, ...]] = []

    def flush() -> None:
        for table, rows, names in (
            ("events", good, ["id", "time", "received", "data"]),
            ("rejected", bad, ["line", "reasons"]),
        ):
            if rows:
                batch = pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))
                con.register("batch", batch)
                con.execute(f"insert into {table} select * from batch")
                con.unregister("batch")
                rows.clear()

    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                bad.append((line, "not JSON"))
                continue
            reasons = [error.message for error in validator.iter_errors(event["data"])]
            key = (event["source"], event["id"])
            if reasons:
                bad.append((line, "; ".join(reasons)))
            elif key not in seen:
                seen.add(key)
                good.append(
                    (event["id"], event["time"], event["receivedtime"], json.dumps(event["data"]))
                )
            if len(good) >= 100_000:
                flush()
    flush()


def dlt_pipeline(path: Path, work: Path) -> None:
    """dlt's own pipeline into DuckDB, with its schema inference and normalisation."""
    import dlt

    def events() -> Any:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue

    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    pipeline = dlt.pipeline(
        "ingest",
        pipelines_dir=str(work / "dlt"),
        destination=dlt.destinations.duckdb(str(work / "dlt.duckdb")),
        dataset_name="events",
    )
    pipeline.run(dlt.resource(events, name="track_played", max_table_nesting=0))


CONTENDERS: dict[str, Callable[[Path, Path], None]] = {
    "read_json": read_json,
    "headwater": headwater,
    "jsonschema-rs": jsonschema_rs,
    "dlt": dlt_pipeline,
}


def measure(name: str, path: Path, work: Path) -> tuple[float, float]:
    """Seconds of wall time and peak memory in MB of one contender in its own process."""
    folder = work / name
    folder.mkdir()
    started = time.monotonic()
    process = os.fork()
    if process == 0:
        CONTENDERS[name](path, folder)
        everyone = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        peaks = [resource.getrusage(who).ru_maxrss for who in everyone]
        (folder / "peak").write_text(str(max(peaks)), encoding="utf-8")
        os._exit(0)
    _, status = os.waitpid(process, 0)
    seconds = time.monotonic() - started
    if status:
        raise SystemExit(f"{name} failed")
    peak = int((folder / "peak").read_text(encoding="utf-8")) / 1024
    shutil.rmtree(folder)
    return seconds, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument(
        "--slow-events", type=int, default=200_000,
        help="lines for the contenders that take minutes; their times are scaled up",
    )  # fmt: skip
    parser.add_argument("--only", nargs="*", choices=CONTENDERS, default=list(CONTENDERS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headwater-ingest-") as folder:
        work = Path(folder)
        files = {}
        for events in {options.events, options.slow_events}:
            files[events] = work / f"{events}.ndjson"
            generate(files[events], events)
        size = files[options.events].stat().st_size
        print(f"{options.events:,} lines, {size / options.events:.0f} bytes each")
        print(f"{'':15} {'seconds':>8} {'x read_json':>12} {'peak MB':>8}")
        base = 0.0
        for name in options.only:
            events = options.slow_events if name == "dlt" else options.events
            seconds, peak = measure(name, files[events], work)
            seconds *= options.events / events
            base = base or seconds
            note = "" if events == options.events else f"  (scaled from {events:,} lines)"
            print(f"{name:15} {seconds:8.1f} {seconds / base:12.1f} {peak:8.0f}{note}", flush=True)


if __name__ == "__main__":
    main()
