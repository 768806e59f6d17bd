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

from headwater.load.blocks import Block, Lines, Mask, Rejected
from headwater.raw import EARLIEST

Origins = npt.NDArray[np.int32]

MAX_AHEAD = timedelta(hours=1)

_TIMESTAMP = pa.timestamp("us")
_WORD = pa.dictionary(pa.int32(), pa.string())

# What `Checked.rows` holds.
ROWS = pa.schema(
    [
        ("received_at", _TIMESTAMP),
        ("record", pa.string()),
        ("_format", _WORD),
        ("_file", _WORD),
        ("_file_id", pa.int64()),
        ("_line", pa.int64()),
        ("_received_from", _WORD),
    ]
)

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

    select position, reason
    from (select position, case
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
    )
    where reason is not null
    order by position
"""


@dataclass(frozen=True)
class Arrival:
    """One file of a batch, as its rows name it; `arrived` when it says no record does."""

    path: str
    file_id: int
    format: str
    arrived: datetime


@dataclass(frozen=True)
class Checked:
    """Rows of raw.<event> and of raw.unparsed, but for the load's own columns.

    `routed` says of each row where it goes, when its records are of many types: goes_to (the
    event type; null: raw.undeclared), said, shown_as. See headwater/load/routes.py.
    """

    rows: pa.Table
    unparsed: pa.Table
    routed: pa.Table | None = None


class Checker:
    """Checks records. `clock` is the time of the load.

    `question` is a select (DuckDB) from `records` (position, record, is_json; the record null
    where it is no JSON) of position, is_json, is_mapped (whether the event type's contract maps
    a time of arrival) and arrived_at (that time); goes_to, said and shown_as, too, where the
    records are of many types.
    """

    def __init__(self, question: str, clock: datetime) -> None:
        self._con = duckdb.connect(config={"temp_directory": ""})
        self._con.execute("set TimeZone = 'UTC'")
        self._latest = clock + MAX_AHEAD
        # Framing may ask while records are looked at.
        self._framing = self._con.cursor()
        self._question = f"""
            with records as (
                select position, is_json, case when is_json then text end as record
                from (select position, text, json_valid(text) as is_json from given)
            )

            select * from ({question})
        """

    def close(self) -> None:
        self._con.close()

    def check(self, blocks: Sequence[tuple[Arrival, Block]]) -> Checked:
        """The rows of some blocks, which may come from different files.

        rows: received_at, record, _format, _file, _file_id, _line, _received_from;
        unparsed: received_at, bytes, reason, _format, _file, _file_id, _line.
        """
        arrivals = [arrival for arrival, _ in blocks]
        texts = _joined([block.texts for _, block in blocks])
        lines = np.concatenate([block.lines for _, block in blocks])
        suspects = np.concatenate([block.suspects for _, block in blocks])
        origins = np.repeat(
            np.arange(len(blocks), dtype=np.int32), [len(block.lines) for _, block in blocks]
        )
        rejected = [
            (each, np.full(len(each.lines), number, dtype=np.int32))
            for number, (_, block) in enumerate(blocks)
            for each in block.rejected
        ]
        answers, bad, reasons = self._look(texts, suspects)
        if len(bad):
            unreadable = texts.take(pa.array(bad)).cast(pa.binary())
            rejected.append((Rejected(lines[bad], unreadable, reasons), origins[bad]))
            keep = np.ones(len(lines), dtype=bool)
            keep[bad] = False
            texts, answers = texts.filter(pa.array(keep)), answers.filter(pa.array(keep))
            lines, origins = lines[keep], origins[keep]
        is_routed = "goes_to" in answers.column_names
        return Checked(
            rows=self._rows(arrivals, origins, lines, texts, answers),
            unparsed=_unparsed(arrivals, rejected),
            routed=answers.select(["goes_to", "said", "shown_as"]) if is_routed else None,
        )

    def ask(self, given: pa.Table, query: str) -> pa.Array:
        """The column `record` of a query of these rows, for framing."""
        return _queried(self._framing, "given", given, query)["record"].combine_chunks()

    def _look(self, texts: pa.Array, suspects: Mask) -> tuple[pa.Table, Lines, pa.Array]:
        """What each record says; the positions of the bad ones, and their reasons."""
        numbers = np.arange(len(texts), dtype=np.int64)
        given = pa.table({"position": pa.array(numbers), "text": texts})
        answers = self._query("given", _pieces(given), self._question).combine_chunks()
        # They come in order; but a record must not get another one's answer if ever not.
        if not np.array_equal(answers["position"].to_numpy(), numbers):
            answers = answers.sort_by("position")
        is_json = answers["is_json"].to_numpy()
        positions = np.flatnonzero(suspects | ~is_json)
        if not len(positions):
            return answers, positions, pa.nulls(0, pa.string())
        suspicious = pa.table(
            {
                "position": pa.array(positions),
                "record": texts.take(pa.array(positions)),
                "is_json": pa.array(is_json[positions]),
            }
        )
        bad = self._query("suspicious", suspicious, _EXACT)
        return answers, bad["position"].to_numpy(), bad["reason"].combine_chunks()

    def _query(self, name: str, rows: pa.Table, query: str) -> pa.Table:
        return _queried(self._con, name, rows, query)

    def _rows(
        self,
        arrivals: Sequence[Arrival],
        origins: Origins,
        lines: Lines,
        texts: pa.Array,
        answers: pa.Table,
    ) -> pa.Table:
        received = answers["arrived_at"].combine_chunks()
        mapped = answers["is_mapped"].combine_chunks().cast(pa.int32())
        usable = pa.compute.and_(
            pa.compute.less_equal(received, pa.scalar(self._latest, _TIMESTAMP)),
            pa.compute.greater_equal(received, pa.scalar(EARLIEST, _TIMESTAMP)),
        )
        usable = pa.compute.fill_null(usable, False)
        ways = pa.array(["file", "fallback", "record"])
        named = _names(arrivals, origins)
        return pa.table(
            schema=ROWS,
            data={
                "received_at": pa.compute.if_else(usable, received, named["received_at"]),
                "record": texts,
                "_format": named["_format"],
                "_file": named["_file"],
                "_file_id": named["_file_id"],
                "_line": pa.array(lines),
                "_received_from": pa.DictionaryArray.from_arrays(
                    pa.compute.if_else(usable, pa.scalar(2, pa.int32()), mapped), ways
                ),
            },
        )


def _queried(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table, query: str) -> pa.Table:
    """What `query` says of `rows`, which it calls by `name`."""
    con.register(name, rows)
    try:
        return con.sql(query).to_arrow_table()
    finally:
        con.unregister(name)


def _joined(arrays: Sequence[pa.Array]) -> pa.Array:
    return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)


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
            "_line": pa.array(np.concatenate([_NO_LINES, *(each.lines for each, _ in rejected)])),
        }
    )
