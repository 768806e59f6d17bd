"""Rows on their way to BigQuery: a Parquet file per table and batch."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet

_UTC = pa.timestamp("us", tz="UTC")
# BigQuery takes a timestamp without a zone for a datetime.
_PLAIN = {pa.timestamp("us"): _UTC, pa.dictionary(pa.int32(), pa.string()): pa.string()}


class ParquetRows:
    """A Parquet file of one table's columns, begun with its first row.

    `constants` are those columns that have one value.
    """

    def __init__(self, path: Path, columns: Sequence[str], constants: Mapping[str, Any]) -> None:
        self.path = path
        self.count = 0
        self.size = 0
        self._names = columns
        self._constants = constants
        self._writer: pa.parquet.ParquetWriter | None = None

    def write(self, rows: pa.Table) -> None:
        for name, value in self._constants.items():
            rows = rows.append_column(name, pa.repeat(pa.scalar(value), rows.num_rows))
        rows = rows.select(list(self._names))
        schema = pa.schema(
            [(field.name, _PLAIN.get(field.type, field.type)) for field in rows.schema]
        )
        if self._writer is None:
            self._writer = pa.parquet.ParquetWriter(self.path, schema, compression="zstd")
        self._writer.write_table(rows.cast(schema))
        self.count += rows.num_rows
        self.size += rows.nbytes

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def grouped(self, columns: str) -> list[Any]:
        """How many rows there are of each value of `columns`, as the file has them."""
        if not self.count:
            return []
        with contextlib.closing(duckdb.connect()) as con:
            query = f"select {columns}, count(*) from read_parquet($path) group by {columns}"
            return con.execute(query, {"path": str(self.path)}).fetchall()

    def read(self) -> list[dict[str, Any]]:
        """The rows, of a file known to be small."""
        rows: list[dict[str, Any]] = pa.parquet.read_table(self.path).to_pylist()
        return rows
