"""What a command's process does to itself first, by name: some only make a fault cheap to
provoke, the others break Headwater in one place, and the suite must notice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def without_site() -> None:
    """Leaves the documentation as it was: it reads the warehouse and changes nothing in it."""
    from headwater import run

    run.document = lambda *_: None


STEPS = {"load": "load", "build": "_build", "check": "check", "publish": "publish"}


def timed() -> None:
    """Says how many seconds each step of a run took."""
    import sys
    import time

    def wrapped(step: str, really: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            began = time.monotonic()
            done = really(*args, **options)
            print(f"step {step} {time.monotonic() - began:.3f}", file=sys.stderr)
            return done

        return call

    _wrap_steps(STEPS, wrapped)


def killed_in(step: str, seconds: str) -> None:
    """Is killed from outside so many seconds after that step began, if it still lives then."""
    import os
    import signal
    import time

    def wrapped(_: str, really: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            victim = os.getpid()
            if not os.fork():
                os.closerange(3, 1024)  # the lock, for one
                time.sleep(float(seconds))
                if os.getppid() == victim:
                    os.kill(victim, signal.SIGKILL)
                os._exit(0)
            return really(*args, **options)

        return call

    _wrap_steps([step], wrapped)


def dbt_killed(seconds: str) -> None:
    """Its dbt alone is killed so many seconds after it was told to build."""
    import threading
    from typing import cast

    from headwater.ahead import Ahead

    really = Ahead.run

    def run(self: Ahead, *args: Any) -> Any:
        process = cast(Any, self._process)
        threading.Timer(float(seconds), process.kill).start()
        return really(self, *args)

    cast(Any, Ahead).run = run


def _wrap_steps(steps: Iterable[str], wrapped: Any) -> None:
    from headwater import run

    for step in steps:
        setattr(run, STEPS[step], wrapped(step, getattr(run, STEPS[step])))


def small_batches(files: str) -> None:
    """So many files share a transaction: a load then has many moments that matter."""
    from headwater.load.duckdb_target import DuckDBTarget

    DuckDBTarget.batch_files = int(files)


# What must be noticed -------------------------------------------------------------------------


def ledger_after_the_data(files: str) -> None:
    """Commits rows first and the ledger of files later, and is killed between, once."""
    import os
    import signal

    from headwater.load.duckdb_target import DuckDBTarget

    def commit(self: DuckDBTarget, entries: Any, routed: Any) -> None:
        self._con.execute("commit")
        os.kill(os.getpid(), signal.SIGKILL)

    small_batches(files)
    DuckDBTarget.commit = commit  # type: ignore[method-assign]


def ledger_before_the_data() -> None:
    """Commits the ledger of files first, and is killed before the rows follow."""
    import os
    import signal

    from headwater.load.duckdb_target import DuckDBTarget

    def commit(self: DuckDBTarget, entries: Any, routed: Any) -> None:
        self._con.execute("rollback")
        self.record(entries)
        os.kill(os.getpid(), signal.SIGKILL)

    DuckDBTarget.commit = commit  # type: ignore[method-assign]


def published_before_it_is() -> None:
    """Marks marts as published, and is killed before people get them."""
    import os
    import signal

    from headwater import clock, publish, serve

    def put(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def to_file(database: Any, marts: Any, fresh: Any, changed: Any, marks: Any, *rest: Any) -> Any:
        publish._mark(database, publish.PublishReport(tuple(changed)), marks, clock.now())
        return really(database, marts, fresh, changed, marks, *rest)

    really, publish._to_file, serve._swap = publish._to_file, to_file, put


def gzip_unverified() -> None:
    """Decompresses gzip and never looks at its checksum."""
    import gzip
    import io
    import zlib
    from collections.abc import Iterator

    from headwater.load import files

    class Credulous(gzip._GzipReader):  # type: ignore[misc,name-defined]
        def _read_eof(self) -> None:
            self._fp.read(8)

    def gunzip(compressed: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield io.BufferedReader(Credulous(io.BytesIO(b"".join(compressed)))).read()
        except (OSError, EOFError, zlib.error):
            raise files.FileFaultError("damaged gzip") from None

    files._gunzip = gunzip


def gzip_ends_anywhere() -> None:
    """Takes what there is of a gzip file that is cut short."""
    from collections.abc import Iterator

    from headwater.load import files

    gunzip = files._gunzip

    def until_it_ends(compressed: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from gunzip(compressed)
        except files.FileFaultError as fault:
            if "ends before" not in fault.reason:
                raise

    files._gunzip = until_it_ends


def zstd_unasked() -> None:
    """Takes zstd frames that have no checksum."""
    from headwater.load import zstd

    zstd.is_checked = lambda _: True


def parquet_believed() -> None:
    """Reads Parquet without its checksums of pages, and without a second look at its footer."""
    import pyarrow as pa

    from headwater.load import parquet_footer

    really = pa.parquet.ParquetFile

    def believed(source: Any, **options: Any) -> Any:
        return really(source, **options | {"page_checksum_verification": False})

    pa.parquet.ParquetFile = believed
    parquet_footer.check = lambda *_: None


def line_swallowed() -> None:
    """Drops the last line of each file of more than one."""
    from collections.abc import Iterator
    from dataclasses import replace

    from headwater.load import lines
    from headwater.load.blocks import Block

    really = lines.blocks

    def blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
        for block in really(chunks):
            keep = max(1, len(block.lines) - 1)
            yield replace(
                block,
                lines=block.lines[:keep],
                texts=block.texts[:keep],
                suspects=block.suspects[:keep],
            )

    lines.blocks = blocks


def forgetful() -> None:
    """Knows no file by its bytes."""
    from headwater.load.ledger import Ledger

    Ledger.loaded_as = lambda *_: {}  # type: ignore[method-assign]
    Ledger.recorded = lambda *_: set()  # type: ignore[method-assign]


def without_lock() -> None:
    """Writes whoever else does."""
    from collections.abc import Iterator
    from contextlib import contextmanager

    from headwater import lock

    @contextmanager
    def writing(*_: Any, **__: Any) -> Iterator[int]:
        yield 0

    lock.writing = writing


def unaware() -> None:
    """Does not look whether a file is still the one that was listed."""
    from headwater.load.files import DataFile

    DataFile.is_as_listed = lambda *_: True  # type: ignore[method-assign]


def changing(how: str, when: str) -> None:
    """Changes each file called changing…, once its first bytes were read: `when` it is hashed,
    or when it is loaded. Files are read in small pieces, so that there is more to come.
    """
    from collections import Counter
    from collections.abc import Iterator
    from pathlib import Path

    from headwater.load import files

    files.READ_BYTES = files._COMPRESSED_READ_BYTES = 1000
    really, reads = files._raw_chunks, Counter[str]()

    def raw_chunks(file: files.DataFile, handle: Any, size: int) -> Iterator[bytes]:
        reads[file.path] += 1
        is_due = reads[file.path] == {"hashed": 1, "loaded": 2}[when]
        for number, chunk in enumerate(really(file, handle, size)):
            yield chunk
            path = Path(file.full)
            if number == 0 and is_due and path.name.startswith("changing"):
                _change(path, how)

    files._raw_chunks = raw_chunks


def _change(path: Any, how: str) -> None:
    """Grows the file by what is in <file>.next, cuts it, or puts that in its place."""
    coming = path.with_name(f".{path.name}.next").read_bytes()
    match how:
        case "grown":
            with path.open("ab") as file:
                file.write(coming)
        case "cut":
            with path.open("r+b") as file:
                file.truncate(2500)
        case "rewritten":
            path.write_bytes(coming)
        case "replaced":
            draft = path.with_name(f".{path.name}.part")
            draft.write_bytes(coming)
            draft.replace(path)
        case "deleted":
            path.unlink()
