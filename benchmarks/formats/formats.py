"""What `headwater load` takes of time and memory, by the format of a file and its size.

One file of each format at two sizes, and the same records in thousands of small files. Each
load is a process of its own, beside DuckDB's reader of the same file into a table, typed, which
keeps no text, proves nothing, and loses what it cannot read. Seconds are the processors', and
the peak is the largest resident set, of the whole process; it must not grow with the file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ingest"))

from ingest import COLUMNS, LOAD, ROOT, environment_of, generate

LINE_BYTES = 600
PIECE = 4 << 20
AT_ONCE = 1_000_000  # lines
LINES = f"read_json(?, format = 'newline_delimited', ignore_errors = true, columns = {COLUMNS!r})"
FLAT = "select * replace (to_json(data)::varchar as data)"


@dataclass(frozen=True)
class Format:
    """How a file of a format is made of lines, and how DuckDB reads it."""

    ending: str
    make: Callable[[Path, Path], None]
    reader: str
    needs_manifest: bool = False
    folder: str = "track_played"


@dataclass(frozen=True)
class Cost:
    """What a process took."""

    clock: float
    seconds: float
    peak_mb: float


def _pieces(lines: Path) -> Iterator[bytes]:
    with lines.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece


def _plain(lines: Path, path: Path) -> None:
    path.hardlink_to(lines)


def _gzip(lines: Path, path: Path) -> None:
    packer = zlib.compressobj(1, wbits=31)
    with path.open("wb") as target:
        for piece in _pieces(lines):
            target.write(packer.compress(piece))
        target.write(packer.flush())


def _zstd(lines: Path, path: Path) -> None:
    with pa.CompressedOutputStream(str(path), "zstd") as target:
        for piece in _pieces(lines):
            target.write(piece)


def _array(lines: Path, path: Path) -> None:
    with path.open("wb") as target:
        target.write(b"[")
        waiting = b""
        for piece in _pieces(lines):
            target.write(waiting)
            held = piece.endswith(b"\n")
            waiting = b",\n" if held else b""
            target.write((piece[:-1] if held else piece).replace(b"\n", b",\n"))
        target.write(b"]\n")


def _copied(query: str, options: str) -> Callable[[Path, Path], None]:
    def make(lines: Path, path: Path) -> None:
        with duckdb.connect() as con:
            con.execute(f"copy ({query} from {LINES}) to '{path}' ({options})", [str(lines)])

    return make


def _parquet(lines: Path, path: Path) -> None:
    """What pyarrow writes by default: pages of 1 MB, in row groups of a million rows."""
    with duckdb.connect() as con:
        rows = con.sql(f"from {LINES}", params=[str(lines)]).to_arrow_reader(1 << 20)
        with pa.parquet.ParquetWriter(path, rows.schema, write_page_checksum=True) as target:
            for batch in rows:
                target.write_batch(batch, row_group_size=1 << 20)


FORMATS = {
    "NDJSON": Format(".ndjson", _plain, LINES),
    "NDJSON, mixed": Format(".ndjson", _plain, LINES, folder="_mixed"),
    "NDJSON, gzip": Format(".ndjson.gz", _gzip, LINES),
    "NDJSON, zstd": Format(".ndjson.zst", _zstd, LINES, needs_manifest=True),
    "JSON array": Format(".json", _array, f"read_json(?, format = 'array', columns = {COLUMNS!r})"),
    "CSV": Format(".csv", _copied(FLAT, "format csv, header"), "read_csv(?, header = true)"),
    "Parquet": Format(
        ".parquet",
        _copied("select *", "format parquet, compression zstd, row_group_size 100000"),
        "read_parquet(?)",
    ),
    "Parquet, long row groups": Format(".parquet", _parquet, "read_parquet(?)"),
}


def _cost(body: Callable[[], None]) -> Cost:
    """What `body` takes in a process of its own."""
    started = time.monotonic()
    process = os.fork()
    if process == 0:
        try:
            body()
        except BaseException as error:
            print(error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _, status, used = os.wait4(process, 0)
    if status:
        raise SystemExit("a contender failed")
    return Cost(
        time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    )  # fmt: skip


def _generate(lines: Path, records: int) -> None:
    """The lines of a file of any size, made in pieces that fit in memory."""
    piece = lines.with_name("piece")
    with lines.open("wb") as target:
        for first in range(0, records, AT_ONCE):
            generate(piece, min(AT_ONCE, records - first), first, has_broken=False)
            for some in _pieces(piece):
                target.write(some)
    piece.unlink()


def _load(work: Path) -> Cost:
    """`headwater load` of what lies in the landing folder, into a new warehouse."""

    def body() -> None:
        os.chdir(ROOT)
        said = os.open(work / "said", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.execve(sys.executable, [sys.executable, "-m", *LOAD], environment_of(work))

    return _cost(body)


def _read(reader: str, path: str, work: Path) -> Cost:
    def body() -> None:
        with duckdb.connect(str(work / "peer.duckdb")) as con:
            con.execute("set preserve_insertion_order = false")
            con.execute(f"create table events as select * from {reader}", [path])

    return _cost(body)


def _loaded(work: Path) -> int:
    with duckdb.connect(str(work / "warehouse" / "warehouse.duckdb"), read_only=True) as con:
        ((count,),) = con.execute("select count(*) from raw.track_played").fetchall()
    return int(count)


def _manifest(path: Path, records: int) -> None:
    digest = hashlib.sha256()
    for piece in _pieces(path):
        digest.update(piece)
    said = {"event": "track_played", "count": records, "sha256": digest.hexdigest()}
    Path(f"{path}.manifest.json").write_text(json.dumps(said), encoding="utf-8")


def _clear(work: Path, folder: str = "track_played") -> Path:
    for each in ("landing", "warehouse"):
        shutil.rmtree(work / each, ignore_errors=True)
    (work / "peer.duckdb").unlink(missing_ok=True)
    landing = work / "landing" / folder
    landing.mkdir(parents=True)
    return landing


def large(lines: Path, records: int, kind: Format, work: Path) -> tuple[Cost, Cost, int]:
    """What one file of a format costs Headwater and DuckDB, and its size."""
    path = _clear(work, kind.folder) / f"events{kind.ending}"
    kind.make(lines, path)
    if kind.needs_manifest:
        _manifest(path, records)
    ours = _load(work)
    if (loaded := _loaded(work)) != records:
        raise SystemExit(f"{path.name}: {loaded:,} of {records:,} records loaded")
    return ours, _read(kind.reader, str(path), work), path.stat().st_size


def small(lines: Path, files: int, work: Path, *, has_manifests: bool) -> tuple[Cost, Cost]:
    """What files of two records each cost, on twenty-four folders of hours."""
    landing = _clear(work)
    with lines.open("rb") as source:
        for number in range(files):
            folder = landing / f"date=2026-01-31/hour={number % 24:02}"
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"part-{number:05}.ndjson"
            path.write_bytes(next(source) + next(source))
            if has_manifests:
                _manifest(path, 2)
    ours = _load(work)
    if (loaded := _loaded(work)) != 2 * files:
        raise SystemExit(f"{loaded:,} of {2 * files:,} records of small files loaded")
    return ours, _read(LINES, f"{landing}/**/*.ndjson", work)


def _row(name: str, size: int, ours: Cost, peer: Cost) -> None:
    print(
        f"{name:26} {size / 1e6:8,.0f} {ours.clock:7.1f} {ours.seconds:8.1f}"
        f" {ours.seconds / peer.seconds:9.1f} {ours.peak_mb:8,.0f} {peer.peak_mb:9,.0f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--megabytes", type=int, nargs="+", default=[500, 2000], help="of the lines, uncompressed"
    )
    parser.add_argument("--files", type=int, default=10_000, help="small files, of 1 KB each")
    parser.add_argument("--only", nargs="*", choices=FORMATS, default=list(FORMATS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headwater-formats-") as folder:
        work = Path(folder)
        lines = work / "lines"
        print(
            f"{'':26} {'file MB':>8} {'clock s':>7} {'CPU s':>8} {'x DuckDB':>9}"
            f" {'peak MB':>8} {'DuckDB MB':>9}"
        )
        for megabytes in options.megabytes:
            records = megabytes * 1_000_000 // LINE_BYTES
            _generate(lines, records)
            for name in options.only:
                ours, peer, size = large(lines, records, FORMATS[name], work)
                _row(name, size, ours, peer)
        _generate(lines, 2 * options.files)
        for has_manifests in (False, True):
            ours, peer = small(lines, options.files, work, has_manifests=has_manifests)
            name = f"{options.files:,} files" + (", manifests" if has_manifests else "")
            _row(name, lines.stat().st_size, ours, peer)


if __name__ == "__main__":
    main()
