"""A month of all event types to all marts, and one hour more, beside a script written by hand.

The peer, peer.sql, reads the same files and builds the same marts in one DuckDB process. It
rejects and deduplicates by the same rules, but keeps nothing of what it rejects, knows no
hours, revisions or pseudonyms, tests nothing, and starts from nothing every time. Both find
the files in memory. Peak memory is the largest resident set of a process.

A line with NaN in it is JSON for DuckDB and not for Headwater: of 10,000 rows the peer has
some three more, and its marts differ by them. Nothing else may differ.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
START = date(2026, 1, 5)
# What the simulation makes of one user.
EVENTS_PER_USER_AND_DAY = 6.7
BUILD = ("dbt.cli.main", "build", "--exclude-resource-type", "unit_test")


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of the processors, and the largest resident set in MB."""

    seconds: float
    processor: float
    peak: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.seconds + other.seconds,
            self.processor + other.processor,
            max(self.peak, other.peak),
        )


@dataclass(frozen=True)
class Place:
    """The folder of one run of the benchmark."""

    work: Path
    days: int

    @property
    def landing(self) -> Path:
        return self.work / "landing"

    @property
    def held(self) -> Path:
        """Where the last hour waits."""
        return self.work / "held"

    @property
    def end(self) -> date:
        return START + timedelta(days=self.days)

    def python(self, *arguments: str) -> Cost:
        """Runs Python in the repository; what it cost. Raises SystemExit when it fails."""
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path]),
            "HEADWATER_LANDING": str(self.landing),
            "HEADWATER_WAREHOUSE": str(self.work / "warehouse"),
            "HEADWATER_NOW": f"{self.end}T00:30:00Z",
            "DBT_TARGET_PATH": str(self.work / "target"),
            "DBT_LOG_PATH": str(self.work / "logs"),
        }
        log = self.work / "output.log"
        started = time.monotonic()
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        if process.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{log.read_text(encoding='utf-8')}")
        return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)

    def module(self, *arguments: str) -> Cost:
        return self.python("-m", *arguments)

    def move_last_hour(self, source: Path, target: Path) -> None:
        """Moves the files of the last hour, manifests and all, from one folder to another."""
        hour = Path(f"date={self.end - timedelta(days=1)}") / "hour=23"
        for folder in sorted(source.glob(f"*/{hour}")):
            moved = target / folder.relative_to(source)
            moved.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(moved)


def build_peer(database: str, landing: str) -> None:
    """Runs peer.sql into a new database."""
    with duckdb.connect(database) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        connection.execute("set variable landing = ?", [landing])
        connection.execute((HERE / "peer.sql").read_text(encoding="utf-8"))


def compare(place: Place) -> list[tuple[str, int, int]]:
    """Of every mart of the peer its rows, and how many of them the warehouse does not have."""
    found = []
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; set memory_limit = '4GB'")
        for name, path in (
            ("peer", place.work / "peer.duckdb"),
            ("ours", place.work / "warehouse" / "warehouse.duckdb"),
            ("keys", place.work / "warehouse" / "keys.duckdb"),
        ):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        marts = connection.execute(
            "select table_name, list(column_name order by column_index),"
            " list(column_name order by column_index) filter (data_type = 'DOUBLE')"
            " from duckdb_columns()"
            " where database_name = 'peer' and schema_name = 'marts' group by all order by all"
        ).fetchall()
        for mart, columns, floats in marts:
            # Sums of floats depend on their order.
            exact = ", ".join(
                f"round({name}, 6)" if name in (floats or ()) else f'"{name}"' for name in columns
            )
            users = " left join keys.identifiers on value = user_id" if "user_id" in columns else ""
            mine = exact.replace('"user_id"', "pseudonym")
            ((rows, missing),) = connection.execute(
                f"select (select count(*) from peer.marts.{mart}), count(*) from ("
                f"select {mine} from peer.marts.{mart}{users}"
                f" except all select {exact} from ours.marts.{mart})"
            ).fetchall()
            found.append((mart, rows, missing))
    return found


def slowest(place: Place, count: int = 10) -> list[tuple[float, str]]:
    """The models that took longest in the last call of dbt."""
    results = json.loads((place.work / "target" / "run_results.json").read_text(encoding="utf-8"))
    nodes = [
        (float(each["execution_time"]), each["unique_id"].split(".", 2)[2])
        for each in results["results"]
        if each["unique_id"].startswith("model.")
    ]
    return sorted(nodes, reverse=True)[:count]


def report(rows: Sequence[tuple[str, Cost]], peer: Cost) -> None:
    print(f"{'':36} {'seconds':>8} {'x peer':>7} {'processor':>10} {'x peer':>7} {'peak MB':>8}")
    for name, cost in rows:
        by_clock, by_work = cost.seconds / peer.seconds, cost.processor / peer.processor
        print(
            f"{name:36} {cost.seconds:8.1f} {by_clock:7.2f} {cost.processor:10.1f}"
            f" {by_work:7.2f} {cost.peak:8.0f}",
            flush=True,
        )


def measure(place: Place, users: int, seed: int) -> None:
    place.python(
        "scripts/simulate.py",
        *("--days", str(place.days), "--users", str(users), "--seed", str(seed)),
        *("--start", str(START), "--no-truth"),
    )
    place.move_last_hour(place.landing, place.held)
    files = sorted(place.landing.rglob("*.ndjson"))
    size = sum(len(file.read_bytes()) for file in files)  # and so they are in memory
    print(f"{len(files):,} files, {size / 1e9:.2f} GB", flush=True)
    peer = place.python(
        str(HERE / "warehouse.py"), "--peer", str(place.work / "peer.duckdb"), str(place.landing)
    )
    load = place.module("headwater", "load")
    build = place.module(*BUILD)
    models = slowest(place)
    differences = compare(place)
    rest = place.module("headwater", "run", "hourly")
    place.move_last_hour(place.held, place.landing)
    hour = place.module("headwater", "run", "hourly")
    with duckdb.connect(str(place.work / "warehouse" / "warehouse.duckdb")) as connection:
        ((events, late),) = connection.execute(
            "select sum(row_count)::bigint, (sum(row_count) filter (hour = ?))::bigint"
            " from ops.hours",
            [f"{place.end - timedelta(days=1)} 23:00:00"],
        ).fetchall()
    print(f"{events - late:,} records of {place.days} days; {late:,} of one hour more")
    rows = [
        ("peer.sql", peer),
        ("headwater load", load),
        ("dbt build, with data tests", build),
        ("load and build", load + build),
        ("headwater run: check, publish, docs", rest),
        ("headwater run, one hour more", hour),
    ]
    report(rows, peer)
    for seconds, name in models:
        print(f"    {seconds:6.1f} s  {name}")
    for mart, count, missing in differences:
        print(f"    {count:>11,} rows  {mart}{f', {missing:,} unlike ours' if missing else ''}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where to work; default: a temporary folder")
    parser.add_argument("--peer", nargs=2, metavar=("DATABASE", "LANDING"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        build_peer(*options.peer)
        return
    users = max(1, round(options.events / EVENTS_PER_USER_AND_DAY / options.days))
    with tempfile.TemporaryDirectory(prefix="headwater-warehouse-", dir=options.folder) as folder:
        measure(Place(Path(folder), options.days), users, options.seed)


if __name__ == "__main__":
    main()
