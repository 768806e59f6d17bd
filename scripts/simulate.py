"""Runs simulate.sql, which says what a simulated day is."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import duckdb


@click.command(epilog="Example: scripts/simulate --date 2026-01-31 --users 200")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="UTC; default: yesterday.")
@click.option("--users", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Another day in kind.")
def simulate(day: datetime | None, users: int, seed: int) -> None:
    """Writes a day of a music service's events below landing/ (HEADWATER_LANDING).

    What truly happened goes to truth/, a folder beside it.
    """
    chosen: date = day.date() if day else datetime.now(UTC).date() - timedelta(days=1)
    landing = Path(os.environ.get("HEADWATER_LANDING", "landing")).absolute()
    truth = landing.parent / "truth"
    for folder in (landing, truth):
        folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    for name, value in {
        "day": chosen,
        "users": users,
        "seed": seed,
        "landing": str(landing),
        "truth": str(truth),
    }.items():
        connection.execute(f"set variable {name} = ?", [value])
    connection.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    (records,) = connection.sql("select count(*) from arrived").fetchall()
    click.echo(f"simulate: {records[0]:,} records of {chosen} in {landing}", err=True)


if __name__ == "__main__":
    simulate()
