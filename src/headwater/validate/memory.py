"""A warehouse of one event type, in memory: raw, and what base says of each of its rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pyarrow as pa

from headwater import macros
from headwater.compile import compile_contracts
from headwater.compile.majors import MAJOR
from headwater.contracts.model import EventContract
from headwater.errors import ContractErrors, HeadwaterError
from headwater.load.check import ROWS

RAW = "raw"
UNPARSED = "unparsed"

# Lets the model be run without keys; what it makes is never read.
_NO_KEYS = {"pseudonym": lambda identifier, pseudonym: "cast(null as varchar)"}


class Memory:
    """The tables `raw` and `unparsed`, as the load fills them; `macros` is their source."""

    def __init__(self, macros_dir: Path, spill: Path, threads: int | None = None) -> None:
        self._macros = macros_dir
        # Without a place of its own DuckDB would spill records into the working directory.
        self._con = duckdb.connect(config={"temp_directory": str(spill)})
        if threads:
            self._con.execute(f"set threads = {threads}")
        self._con.execute("set TimeZone = 'UTC'")
        columns = macros.raw_columns(macros_dir)
        unparsed = macros.table_columns(macros_dir)["raw.unparsed"]
        for table, declared in ((RAW, columns), (UNPARSED, unparsed)):
            made = macros.create_table(macros_dir, "duckdb", table, declared, f"raw.{table}")
            self._con.execute(made)
        self._con.execute("create table keys_identifiers (value varchar, pseudonym varchar)")

    def close(self) -> None:
        self._con.close()

    def query(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement. Raises HeadwaterError, which says nothing of the data."""
        try:
            return self._con.execute(sql, values or None).fetchall()
        except duckdb.Error as error:
            # The type only: a message of the engine may quote what it choked on.
            raise HeadwaterError(
                f"the records could not be judged ({type(error).__name__})"
            ) from None

    def add_rows(self, rows: pa.Table) -> None:
        """Rows of raw, as the load's Checker makes them."""
        self._insert(RAW, ROWS.names, rows)

    def add_unparsed(self, rows: pa.Table) -> None:
        """Rows of raw.unparsed, as the load's Checker makes them."""
        names = ["received_at", "bytes", "reason", "_format", "_file", "_file_id", "_line"]
        self._insert(UNPARSED, names, rows)

    def clear(self) -> None:
        """Forgets the records."""
        self.query(f"truncate {RAW}")
        self.query(f"truncate {UNPARSED}")

    def add_records(self, records: Sequence[str], received_at: datetime) -> None:
        """Records (JSON texts) of no file, numbered from 1 as `_line`."""
        self.query(
            f"""
            insert into {RAW}
                (received_at, record, _format, _file, _file_id, _line, _load_id, _received_from)
            select
                $received_at, record, 'ndjson', '', 0, row_number() over (), 1, 'record'
            from (select unnest($records) as record)
            """,
            received_at=received_at,
            records=list(records),
        )

    def _insert(self, table: str, names: Sequence[str], rows: pa.Table) -> None:
        listed = ", ".join(names)
        self._con.register("arrived", rows)
        try:
            self._con.execute(
                f"insert into {table} ({listed}, _load_id) select {listed}, 1 from arrived"
            )
        finally:
            self._con.unregister("arrived")

    def judge(self, contracts: Sequence[EventContract], text: str) -> None:
        """Makes the table `judged`: base's verdict on each row of raw.

        Its columns are _line, _major, event_id, received_at, unknown_fields, violations,
        is_valid and is_first (no valid copy of the event precedes it within the look-back).
        `contracts` are the majors of one event type, `text` their base model.
        """
        major = MAJOR if len(contracts) > 1 else f"{contracts[0].major} as {MAJOR}"
        base = self._base(contracts, text)
        self.query(
            f"""
            create or replace table judged as
            with base as (
                select
                    _line, {major}, event_id, received_at, unknown_fields, violations, is_valid
                from ({base})
            )

            select *, {self._is_first(contracts[0])} as is_first
            from base
            """
        )

    def add_table(self, name: str, rows: pa.Table) -> None:
        """Makes the table `name` of these rows."""
        self._con.register("given", rows)
        try:
            self._con.execute(f"create or replace table {name} as select * from given")
        finally:
            self._con.unregister("given")

    def judge_rows(self, contracts: Sequence[EventContract], text: str) -> None:
        """Makes the table `rows`: of each row of raw its place, event and verdict, as in base;
        `changed_date` is that of occurred_at."""
        self.query(
            f"""
            create or replace table rows as
            select
                _file_id, _line, _hour, event_id, received_at,
                cast(occurred_at as date) as changed_date, violations, is_valid
            from ({self._base(contracts, text)})
            """
        )

    def violations(self, contracts: Sequence[EventContract], text: str) -> list[list[str]]:
        """Of each row of raw, by _line; what `judge` makes holds the same."""
        base = self._base(contracts, text)
        return [row[0] for row in self.query(f"select violations from ({base}) order by _line")]

    def _base(self, contracts: Sequence[EventContract], text: str) -> str:
        try:
            return macros.render(self._macros, text, "duckdb", source=lambda *_: RAW, **_NO_KEYS)
        except jinja2.TemplateError as error:
            raise HeadwaterError(
                f"the base model of {contracts[0].event} cannot be rendered: {error.message}",
                "were macros in macros/headwater edited? they come back with: headwater sync",
            ) from None

    def _is_first(self, contract: EventContract) -> str:
        """As macros/headwater/incremental/settled_flags.sql has it, for the rows of one file."""
        seconds = int(contract.dedup_lookback.total_seconds())
        window = "partition by event_id, is_valid order by received_at, _line"
        before = f"lag(received_at) over ({window})"
        apart = macros.render(
            self._macros,
            "{{ is_further_apart('received_at', before, seconds) }}",
            "duckdb",
            before=before,
            seconds=seconds,
        )
        return f"coalesce({apart}, true)"


@contextmanager
def open_memory(macros_dir: Path, threads: int | None = None) -> Iterator[Memory]:
    """An empty one; what it spills is deleted with it."""
    with tempfile.TemporaryDirectory(prefix="headwater-") as folder:
        memory = Memory(macros_dir, Path(folder), threads)
        try:
            yield memory
        finally:
            memory.close()


def base_sql(contracts: Sequence[EventContract]) -> str:
    """The text of the base model of one event type. Raises ContractErrors."""
    compiled = compile_contracts(contracts)
    if compiled.diagnostics:
        raise ContractErrors(compiled.diagnostics)
    name = f"/base_{contracts[0].event}.sql"
    (text,) = (file.text for path, file in compiled.files.items() if path.endswith(name))
    return text
