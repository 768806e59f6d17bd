"""Reads Parquet: each row as a JSON object, numbered from 1.

Pages that carry a checksum are verified by it. Of the others it is known that all of them could
be decoded, and that they hold as many rows as the file's footer says; the footer, which has no
checksum, must agree with itself. What vouches for every byte is a manifest with a sha256.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

from headwater.load import parquet_footer
from headwater.load.arrow_json import MARK, Ask, texts
from headwater.load.blocks import Block, Lines, Mask, Rejected, all_of, in_lines
from headwater.load.files import DataFile, FileFaultError, StillWrittenError, open_unchanged
from headwater.load.suspects import suspicious

_READ_BYTES = 1 << 20
_BATCH_BYTES = 4 << 20
_BATCH_ROWS = 4_096
_PROBED_ROWS = 32

_NO_MASK: Mask = np.zeros(0, dtype=bool)


def blocks(file: DataFile, ask: Ask) -> Iterator[Block]:
    """The rows of a Parquet file.

    Raises FileFaultError when it is damaged or cannot be read, StillWrittenError when it
    changed meanwhile; at any point.
    """
    with open_unchanged(file) as handle:
        try:
            parquet_footer.check(handle, file.size)
            yield from _rows(pa.PythonFile(handle, "r"), ask)
        except (FileFaultError, pa.ArrowException, OSError, UnicodeDecodeError) as error:
            if not file.is_as_listed(handle):
                raise StillWrittenError from None
            raise error if isinstance(error, FileFaultError) else _fault(error) from None
        if not file.is_as_listed(handle):
            raise StillWrittenError


def _fault(error: Exception) -> FileFaultError:
    """Why the library gave up. Its own words may quote the file."""
    if isinstance(error, OSError) and error.errno is not None:
        why = error.strerror or type(error).__name__
        return FileFaultError(f"cannot be read: {why}", by_content=False)
    said = str(error)
    if "CRC" in said:
        return FileFaultError("damaged Parquet: a page does not match its checksum")
    if "magic bytes" in said or "file size is" in said:
        return FileFaultError("not Parquet, or cut short")
    if isinstance(error, pa.ArrowNotImplementedError):
        return FileFaultError("Parquet with a type or an encoding that is not read")
    if isinstance(error, UnicodeDecodeError):
        return FileFaultError("damaged Parquet: the name of a column is not UTF-8")
    return FileFaultError("damaged Parquet: it cannot be decoded")


def _rows(source: pa.NativeFile, ask: Ask) -> Iterator[Block]:
    parquet = pa.parquet.ParquetFile(
        source,
        buffer_size=_READ_BYTES,
        pre_buffer=False,
        page_checksum_verification=True,
        # The older way to write a time; in nanoseconds it would wrap around.
        coerce_int96_timestamp_unit="us",
    )
    footer = parquet.metadata
    names = [field.name for field in parquet.schema_arrow]
    line = 1
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        read = 0
        for batch in parquet.iter_batches(
            _rows_at_once(parquet, number), row_groups=[number], use_threads=False
        ):
            yield _block(batch, names, line + read, ask)
            read += batch.num_rows
        if read != group.num_rows:
            raise FileFaultError(
                f"damaged Parquet: {group.num_rows:,} rows in its footer, {read:,} in its pages"
            )
        line += read
    if line - 1 != footer.num_rows:
        raise FileFaultError(
            f"damaged Parquet: {footer.num_rows:,} rows in its footer, {line - 1:,} in its pages"
        )


def _rows_at_once(parquet: pa.parquet.ParquetFile, number: int) -> int:
    """How many rows of a row group are decoded at once.

    A few of them are decoded to see: in the file a value may stand once for a million rows.
    """
    if parquet.metadata.row_group(number).num_rows <= _PROBED_ROWS:
        return _PROBED_ROWS
    few = parquet.iter_batches(_PROBED_ROWS, row_groups=[number], use_threads=False)
    size = max((batch.nbytes for batch in itertools.islice(few, 1)), default=0)
    return int(min(max(_BATCH_BYTES * _PROBED_ROWS // max(size, 1), 1), _BATCH_ROWS))


def _block(batch: pa.RecordBatch, names: list[str], line: int, ask: Ask) -> Block:
    lines: Lines = np.arange(line, line + batch.num_rows, dtype=np.int64)
    if not names:
        found = pa.repeat(pa.scalar("{}"), batch.num_rows)
        return Block(lines, found, np.zeros(batch.num_rows, dtype=bool), (), 2 * batch.num_rows)
    told = texts(batch, names, ask)
    size = told.texts.nbytes
    suspects = _suspects(told.texts)
    if not told.is_marked:
        return Block(lines, told.texts, suspects, (), size)
    marked = pa.compute.match_substring(told.texts, MARK)
    bad = marked.to_numpy(zero_copy_only=False)
    bytes_of = pa.compute.replace_substring(told.texts.filter(marked), MARK, "").cast(pa.binary())
    rejected = Rejected(lines[bad], bytes_of, all_of("invalid UTF-8", len(bytes_of)))
    return Block(lines[~bad], told.texts.filter(pa.array(~bad)), suspects[~bad], (rejected,), size)


def _suspects(records: pa.Array) -> Mask:
    """Which records need the exact test. Each begins and ends with a brace."""
    if not len(records):
        return _NO_MASK
    offsets = np.frombuffer(records.buffers()[1], dtype=np.int32)
    offsets = offsets[records.offset : records.offset + len(records) + 1]
    data = records.buffers()[2].slice(offsets[0], offsets[-1] - offsets[0]).to_pybytes()
    return in_lines(suspicious(data), (offsets[:-1] - offsets[0]).astype(np.int64))
