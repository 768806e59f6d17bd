"""Runs import_history.sql, which says how an export becomes records."""

from __future__ import annotations

import os
from pathlib import Path

import click
import duckdb

PATTERN = "Streaming_History_Audio*.json"  # what the export calls its files of music


@click.command(epilog="Example: scripts/import-history ~/export --user me")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--user", default="me", show_default=True, help="Account, where the export has none.")
@click.option("--from", "here", default=".", hidden=True, type=click.Path(path_type=Path))
def import_history(paths: tuple[Path, ...], user: str, here: Path) -> None:
    """Writes an extended listening-history export below landing/ (HEADWATER_LANDING).

    PATHS are its files, or the folder they were unpacked into. The same export gives the
    same records, so importing it again, or a later one that holds it, counts nothing twice.
    """
    files = [file for path in paths for file in _files(here / path)]
    landing = Path(os.environ.get("HEADWATER_LANDING", "landing")).absolute()
    target = landing / "track_played" / "own-history.ndjson"
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.tmp")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set variable files = ?", [[str(file) for file in files]])
        connection.execute("set variable username = ?", [user])
        connection.execute("set variable target = ?", [str(unfinished)])
        try:
            connection.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
        except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
            # DuckDB quotes the text it cannot read: a person's data stays out of messages.
            raise click.ClickException(
                "a file is no JSON array of plays\n"
                f"  hint: name the files of the export that are called {PATTERN}"
            ) from error
        counts = connection.sql("from counts").fetchall()
    unfinished.replace(target)
    for what, count in counts:
        if count or what == "plays":
            click.echo(f"{count:>9,}  {what}", err=True)
    click.echo(f"wrote {target}\n  next: headwater run", err=True)


def _files(path: Path) -> list[Path]:
    """The export's files at `path`. Raises click.ClickException when there are none."""
    found = sorted(path.rglob(PATTERN)) if path.is_dir() else [path]
    if not found or not all(file.is_file() for file in found):
        raise click.ClickException(
            f"{path}: no {PATTERN} there\n"
            "  hint: unpack the export, then name the folder or its files"
        )
    return found


if __name__ == "__main__":
    import_history()
