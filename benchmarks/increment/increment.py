"""One hour of new records on a long history: base and staging beside a plain insert.

History and hour are the lines of ingest/events.sql. dbt's own start is what the same `dbt
build` takes with nothing new; the peer is DuckDB's typed `read_json` of the hour's file,
inserted into a table that holds the history.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ingest"))

from ingest import BUILD, COLUMNS, LOAD, call, generate

HOUR = 90_000  # lines of events.sql, 40 ms apart


def insert(history: Path, hour: Path, work: Path) -> float:
    """Seconds of a plain insert of the hour into a table of the history."""
    con = duckdb.connect(str(work / "peer.duckdb"))
    con.execute("set preserve_insertion_order = false")
    read = (
        "select * from read_json(?, format = 'newline_delimited',"
        f" ignore_errors = true, columns = {COLUMNS!r})"
    )
    con.execute(f"create table events as {read}", [str(history)])
    con.execute("checkpoint")
    started = time.monotonic()
    con.execute(f"insert into events {read}", [str(hour)])
    seconds = time.monotonic() - started
    con.close()
    (work / "peer.duckdb").unlink()
    return seconds


def check(work: Path, lines: int) -> None:
    """Ends the benchmark unless base has judged every line of raw, and staging shows it."""
    con = duckdb.connect(str(work / "warehouse" / "warehouse.duckdb"), read_only=True)
    con.execute(f"attach '{work}/warehouse/keys.duckdb' as keys (read_only)")
    ((raw, unparsed, base, first, staging),) = con.execute(
        "select (select count(*) from raw.track_played), (select count(*) from raw.unparsed),"
        " count(*), countif(is_first_valid_copy),"
        " (select count(*) from staging.stg_track_played) from staging.base_track_played"
    ).fetchall()
    con.close()
    if not (raw + unparsed == lines and base == raw and staging == first > lines * 0.9):
        raise SystemExit(
            f"{lines:,} lines, but {raw:,} in raw, {unparsed:,} unparsed, {base:,} in base,"
            f" {staging:,} in staging"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, default=10_000_000, help="lines before the hour")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headwater-increment-") as folder:
        work = Path(folder)
        landing = work / "landing" / "track_played"
        landing.mkdir(parents=True)
        history, hour = landing / "history.ndjson", work / "hour.ndjson"
        generate(history, options.history)
        generate(hour, HOUR, first=options.history)
        peer = insert(history, hour, work)
        call(LOAD, work)
        call(BUILD, work)
        history.unlink()
        check(work, options.history)
        start = min(call(BUILD, work) for _ in range(2))
        hour.rename(landing / hour.name)
        load = call(LOAD, work)
        build = call(BUILD, work)
        check(work, options.history + HOUR)
    print(f"{HOUR:,} lines on {options.history:,}")
    print(f"{'':28} {'seconds':>8} {'x insert':>9}")
    for name, seconds in (
        ("read_json, inserted", peer),
        ("headwater load", load),
        ("dbt build, nothing new", start),
        ("dbt build, beyond its start", build - start),
    ):
        print(f"{name:28} {seconds:8.1f} {seconds / peer:9.1f}")


if __name__ == "__main__":
    main()
