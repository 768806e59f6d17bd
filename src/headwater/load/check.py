"""Decides, in SQL, which records are JSON and when each was received.

Runs in a DuckDB of its own, in memory, for either target: it reads the Arrow arrays that
framing made and gives back what raw stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from headwater.contracts.model import EventContract
from headwater.load.blocks import Block, Lines, Mask, Rejected

Origins = npt.NDArray[np.int32]

MAX_AHEAD = timedelta(hours=1)

# Nothing was received before there was Unix time, nor can BigQuery partition it by hour.
_EARLIEST = datetime(1970, 1, 1)

_TIMESTAMP = pa.timestamp("us")
_NO_ORIGINS = np.empty(0, dtype=np.int32)
_NO_LINES = np.empty(0, dtype=np.int64)

# A batch is cut so that every thread has a piece of it.
_PIECES = 8

# Outside its strings, JSON has no letters but those of true, false, null and exponents.
_OUTSIDE_STRINGS = r"""regexp_replace(record, '"(?:[^"\\]|\\.)*"', '""', 'g')"""
_NUMBERS = r"regexp_extract_all(outside, '[0-9][0-9.eE+-]*')"
_SURROGATE = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"

_EXACT = f"""
    with looked_at as (
        select
            position,
            record,
            is_json,
            case when is_json then {_OUTSIDE_STRINGS} end as outside
        from suspicious
    )

    select
        position,
        case
            when not is_json then case
                when trim(record, ' ' || chr(9) || chr(10) || chr(13)) = '' then 'blank'
                when contains(record, chr(0)) then 'not JSON: a NUL byte'
                when json_valid(regexp_replace(record, '{_SURROGATE}', '', 'g'))
                    then 'half a surrogate pair in a string'
                else 'not JSON'
            end
            when regexp_matches(outside, '(?i)nan|inf') then 'not JSON: NaN or Infinity'
            when regexp_matches(outside, ',\\s*[\\]}}]') then 'not JSON: a trailing comma'
            when len(list_filter(
                {_NUMBERS},
                lambda number: not coalesce(isfinite(try_cast(number as double)), false)
            )) > 0 then 'number out of range'
        end as reason
    from looked_at
"""

_RFC3339 = (
    r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})?$"
)
_UNITS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}


@dataclass(frozen=True)
class Arrival:
    """One file of a batch, as its rows name it; `arrived` when it says no record does."""

    path: str
    file_id: int
    format: str
    arrived: datetime


@dataclass(frozen=True)
class Checked:
    """Rows of raw.<event> and of raw.unparsed, but for the load's own columns."""

    rows: pa.Table
    unparsed: pa.Table


class Checker:
    """Checks the records of one event type. `clock` is the time of the load."""

    def __init__(self, contract: EventContract, clock: datetime) -> None:
        self._con = duckdb.connect(
            config={"memory_limit": "1GB", "preserve_insertion_order": "true"}
        )
        self._con.execute("set TimeZone = 'UTC'")
        self._received = _received_at(contract)
        self._latest = clock + MAX_AHEAD

    def close(self) -> None:
        self._con.close()

    def check(self, blocks: Sequence[tuple[Arrival, Block]]) -> Checked:
        """The rows of some blocks, which may come from different files.

        rows: received_at, record, _format, _file, _file_id, _line, _received_from;
        unparsed: received_at, bytes, reason, _format, _file, _file_id, _line.
        """
        arrivals = [arrival for arrival, _ in blocks]
        texts = pa.concat_arrays([block.texts for _, block in blocks])
        lines = np.concatenate([block.lines for _, block in blocks])
        suspects = np.concatenate([block.suspects for _, block in blocks])
        origins = _repeated([len(block.lines) for _, block in blocks])
        rejected = [
            (each, np.full(len(each.lines), number, dtype=np.int32))
            for number, (_, block) in enumerate(blocks)
            for each in block.rejected
        ]
        reasons, received = self._look(texts, suspects)
        bad = pa.compute.is_valid(reasons)
        if bad.true_count:
            mask = bad.to_numpy(zero_copy_only=False)
            unreadable = texts.filter(bad).cast(pa.binary())
            rejected.append(
                (Rejected(lines[mask], unreadable, reasons.filter(bad)), origins[mask])
            )
            good = pa.compute.invert(bad)
            texts, received = texts.filter(good), received.filter(good)
            lines, origins = lines[~mask], origins[~mask]
        return Checked(
            rows=self._rows(arrivals, origins, lines, texts, received),
            unparsed=_unparsed(arrivals, rejected),
        )

    def _look(self, texts: pa.Array, suspects: Mask) -> tuple[pa.Array, pa.Array]:
        """For each record why it is unparsed (null: it is not), and when it says it came."""
        self._con.register("records", _pieces(pa.table({"record": texts})))
        looked = self._con.sql(
            f"""
            select
                is_json,
                case when is_json then {self._received} end as received_at
            from (select record, json_valid(record) as is_json from records)
            """
        ).to_arrow_table()
        is_json = looked["is_json"].combine_chunks()
        received = looked["received_at"].combine_chunks()
        suspicious = pa.compute.or_(pa.compute.invert(is_json), pa.array(suspects))
        if not suspicious.true_count:
            return pa.nulls(len(texts), pa.string()), received
        return self._exactly(texts, is_json, suspicious), received

    def _exactly(self, texts: pa.Array, is_json: pa.Array, suspicious: pa.Array) -> pa.Array:
        positions = np.flatnonzero(suspicious.to_numpy(zero_copy_only=False))
        self._con.register(
            "suspicious",
            pa.table(
                {
                    "position": pa.array(positions),
                    "record": texts.filter(suspicious),
                    "is_json": is_json.filter(suspicious),
                }
            ),
        )
        found = self._con.sql(_EXACT).to_arrow_table()
        reasons = np.full(len(texts), None, dtype=object)
        reasons[found["position"].to_numpy()] = found["reason"].to_numpy()
        return pa.array(reasons, pa.string())

    def _rows(
        self,
        arrivals: Sequence[Arrival],
        origins: Origins,
        lines: Lines,
        texts: pa.Array,
        received: pa.Array,
    ) -> pa.Table:
        usable = pa.compute.and_(
            pa.compute.less_equal(received, pa.scalar(self._latest, _TIMESTAMP)),
            pa.compute.greater_equal(received, pa.scalar(_EARLIEST, _TIMESTAMP)),
        )
        usable = pa.compute.fill_null(usable, False)
        otherwise = "file" if self._received == _NOT_MAPPED else "fallback"
        named = _names(arrivals, origins)
        return pa.table(
            {
                "received_at": pa.compute.if_else(usable, received, named["received_at"]),
                "record": texts,
                "_format": named["_format"],
                "_file": named["_file"],
                "_file_id": named["_file_id"],
                "_line": pa.array(lines),
                "_received_from": pa.compute.if_else(usable, "record", otherwise),
            }
        )


def _repeated(counts: Sequence[int]) -> Origins:
    return np.repeat(np.arange(len(counts), dtype=np.int32), counts)


def _names(arrivals: Sequence[Arrival], origins: Origins) -> dict[str, pa.Array]:
    """The columns that say which file each row came from."""
    times = pa.array([each.arrived for each in arrivals], _TIMESTAMP)
    ids = np.array([each.file_id for each in arrivals], dtype=np.int64)
    which = pa.array(origins, pa.int32())
    return {
        "received_at": times.take(which),
        "_format": pa.DictionaryArray.from_arrays(which, [each.format for each in arrivals]),
        "_file": pa.DictionaryArray.from_arrays(which, [each.path for each in arrivals]),
        "_file_id": pa.array(ids[origins]),
    }


def _pieces(table: pa.Table) -> pa.Table:
    size = max(2048, -(-table.num_rows // _PIECES))
    return pa.Table.from_batches(table.to_batches(max_chunksize=size), table.schema)


def _unparsed(
    arrivals: Sequence[Arrival], rejected: Sequence[tuple[Rejected, Origins]]
) -> pa.Table:
    origins = np.concatenate([_NO_ORIGINS, *(origin for _, origin in rejected)])
    named = _names(arrivals, origins)
    nothing = [pa.nulls(0, pa.binary()), pa.nulls(0, pa.string())]
    return pa.table(
        {
            "received_at": named["received_at"],
            "bytes": pa.concat_arrays([nothing[0], *(each.bytes for each, _ in rejected)]),
            "reason": pa.concat_arrays([nothing[1], *(each.reasons for each, _ in rejected)]),
            "_format": named["_format"],
            "_file": named["_file"],
            "_file_id": named["_file_id"],
            "_line": pa.array(
                np.concatenate([_NO_LINES, *(each.lines for each, _ in rejected)])
            ),
        }
    )


_NOT_MAPPED = "cast(null as timestamp)"


def _received_at(contract: EventContract) -> str:
    """SQL for the time the record says it was received; NULL when it says none."""
    path = contract.envelope.received_at
    if path is None:
        return _NOT_MAPPED
    pointer = "".join(f"/{name.replace('~', '~0').replace('/', '~1')}" for name in path)
    text = f"json_extract_string(record, '{pointer.replace(chr(39), chr(39) * 2)}')"
    unit = contract.envelope.received_at_unit
    if unit is not None:
        return f"try(make_timestamp(cast(try_cast({text} as double) * {_UNITS[unit]} as bigint)))"
    return (
        f"case when regexp_full_match({text}, '{_RFC3339}') "
        f"then cast(try_cast({text} as timestamptz) as timestamp) end"
    )
