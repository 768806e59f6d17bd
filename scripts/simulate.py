"""Runs the SQL of simulation/, which says what is simulated, day after day."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import click
import duckdb

SQL = Path(__file__).with_name("simulation")
# Who was offline before the first day may be heard of after it.
EARLIER_DAYS = 31
EVENTS_AT_ONCE = 400_000
EVENTS_PER_USER_AND_DAY = 14
_UNQUOTED = "format csv, header false, delimiter '\x1f', quote '', escape ''"


@click.command(epilog="Example: scripts/simulate --days 30 --users 200 --start 2026-01-01")
@click.option("--days", type=click.IntRange(1), default=1, show_default=True)
@click.option("--users", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Another world in kind.")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day, UTC; default: so that the last one is yesterday.",
)
@click.option("--truth/--no-truth", default=True, help="Also what the marts must come out as.")
def simulate(days: int, users: int, seed: int, start: datetime | None, truth: bool) -> None:
    """Writes the events of a music service below landing/ (HEADWATER_LANDING).

    One file per event type and hour, as producers would deliver them, each with its manifest.
    What truly happened goes to truth/, a folder beside it: delivery.parquet, hours.parquet,
    and marts/<mart>.parquet. The same arguments give the same bytes.
    """
    begun = time.monotonic()
    first: date = start.date() if start else datetime.now(UTC).date() - timedelta(days=days)
    landing = Path(os.environ.get("HEADWATER_LANDING", "landing")).absolute()
    landing.mkdir(parents=True, exist_ok=True)
    with _scratch(landing) as connection:
        # Two worlds may meet in one warehouse: nothing of theirs has the same id.
        world = f"{seed}/{first}"
        for name, value in {"start": first, "days": days, "users": users, "world": world}.items():
            connection.execute(f"set variable {name} = ?", [value])
        _run(connection, "chance", "world", "faults", "state_tables")
        for begin, end in _batches(first, days, users):
            connection.execute("set variable from_day = ?::timestamp", [begin])
            connection.execute("set variable until_day = ?::timestamp", [end])
            _run(connection, "days", "sent", "arrived", "delivery")
            if truth:
                _run(connection, "state")
            if end > first:
                _run(connection, "landing")
                _write_hours(connection, landing)
            _run(connection, "pending")
        _write_truth(connection, landing.parent / "truth", truth)
        (records,) = connection.sql(
            "select sum(amount) from delivery_days"
            " where measure in ('first', 'copies', 'invalid', 'malformed')"
        ).fetchall()
    click.echo(
        f"simulate: {records[0]:,} records of {days} days from {first} in {landing},"
        f" {time.monotonic() - begun:.1f} s",
        err=True,
    )


def _batches(first: date, days: int, users: int) -> Iterator[tuple[date, date]]:
    """Stretches of days, of as many events as are quick in memory; where they end shows nowhere."""
    length = max(1, EVENTS_AT_ONCE // (users * EVENTS_PER_USER_AND_DAY))
    edges = [
        first - timedelta(days=EARLIER_DAYS),
        *(first + timedelta(days=day) for day in range(0, days, length)),
        first + timedelta(days=days),
    ]
    label = f"simulate: {days} days"
    with click.progressbar(list(pairwise(edges)), label=label, file=sys.stderr) as batches:
        yield from batches


@contextmanager
def _scratch(landing: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database on disk, beside the landing folder, for what does not fit into memory."""
    folder = Path(tempfile.mkdtemp(prefix=".simulate-", dir=landing.parent))
    try:
        with duckdb.connect(str(folder / "scratch.duckdb")) as connection:
            connection.execute("set TimeZone = 'UTC'; set memory_limit = '3GB'")
            yield connection
    finally:
        shutil.rmtree(folder)


def _run(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    for name in names:
        connection.execute((SQL / f"{name}.sql").read_text(encoding="utf-8"))


def _write_hours(connection: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """Writes the table `hours`: a file and its manifest for each row.

    A row is a whole file, so no number of threads changes a byte.
    """
    types = connection.sql("select distinct event_type from hours order by all").fetchall()
    for (event_type,) in types:
        for column, pattern, extension in (
            ("lines", "part-{i}", "ndjson"),
            ("manifest", "part-{i}.ndjson.manifest", "json"),
        ):
            connection.execute(
                f"copy (select date, hour, {column} from hours where event_type = '{event_type}')"
                f" to '{landing}/{event_type}' ({_UNQUOTED}, partition_by (date, hour),"
                f" filename_pattern '{pattern}', file_extension '{extension}',"
                " overwrite_or_ignore)"
            )


def _write_truth(connection: duckdb.DuckDBPyConnection, folder: Path, marts: bool) -> None:
    """Writes what the SQL of simulation/truth/ selects, a file each; helpers begin with `_`."""
    (folder / "marts").mkdir(parents=True, exist_ok=True)
    for name in ("delivery", "hours"):
        _copy(connection, SQL / "truth" / f"{name}.sql", folder / f"{name}.parquet")
    if not marts:
        return
    for path in sorted((SQL / "truth" / "marts").glob("[a-z]*.sql")):
        _copy(connection, path, folder / "marts" / f"{path.stem}.parquet")


def _copy(connection: duckdb.DuckDBPyConnection, query: Path, to: Path) -> None:
    sql = query.read_text(encoding="utf-8").strip().removesuffix(";")
    connection.execute(f"copy (from ({sql}\n) order by all) to '{to}' (format parquet)")


if __name__ == "__main__":
    simulate()
