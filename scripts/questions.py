"""Asks what is published the questions of questions/, and prints what it answers.

A file is a question (line 1), where its answer comes from (line 2), and a statement.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import duckdb


@click.command(epilog="Example: scripts/demo --users 500")
def ask() -> None:
    """Answers the questions of scripts/questions from serve.duckdb (HEADWATER_WAREHOUSE)."""
    serve = Path(os.environ.get("HEADWATER_WAREHOUSE", "warehouse")) / "serve.duckdb"
    with duckdb.connect(str(serve), read_only=True) as connection:
        for path in sorted(Path(__file__).with_suffix("").glob("*.sql")):
            text = path.read_text(encoding="utf-8")
            question, source = (line.removeprefix("-- ") for line in text.splitlines()[:2])
            click.echo(f"\n{question}")
            try:
                answer = connection.sql(text)
                names, rows = answer.columns, answer.fetchall()
            except duckdb.CatalogException:
                sys.exit(
                    "  a mart that this needs has never passed its checks; see the lines above"
                )
            for line in table(names, rows):
                click.echo(f"  {line}")
            click.echo(f"  look next: {source}")


def table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Lines of columns; what reads as a number stands to the right."""
    cells = [list(names)] + [
        [f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(len(names))]
    numeric = [all(row[place][:1].isdigit() for row in cells[1:]) for place in range(len(names))]
    for row in cells:
        padded = [
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(row, widths, numeric, strict=True)
        ]
        yield "  ".join(padded).rstrip()


if __name__ == "__main__":
    ask()
