"""A landing folder and a warehouse of their own, for a project that many faults share."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from warehouses import Said

from faults.forks import Child, Host
from faults.shop import NOW, File

Rows = Counter[tuple[Any, ...]]

# Times and ids of loads and runs, and pseudonyms, which are random, differ between any two
# histories; nothing else may. A pseudonym is looked at as the person whose it is.
_PERSON = (
    "replace ((select value from keys.identifiers where pseudonym = customer_id) as customer_id)"
)
_BASE = f"* exclude (_load_id, _file) {_PERSON}"
CONTENTS = {
    "raw.order_placed": "select * exclude (_load_id, _file) from raw.order_placed",
    "raw.order_listed": "select * exclude (_load_id, _file) from raw.order_listed",
    "raw.unparsed": "select * exclude (_load_id, _file) from raw.unparsed",
    "base_order_placed": f"select {_BASE} from staging.base_order_placed",
    "base_order_listed": f"select {_BASE} from staging.base_order_listed",
    "stg_order_placed": f"select * {_PERSON} from staging.stg_order_placed",
    "stg_order_listed": f"select * {_PERSON} from staging.stg_order_listed",
    "quarantine_shop": "select * exclude (_load_id, _file) from staging.quarantine_shop",
    "fct_orders": f"select * {_PERSON} from marts.fct_orders",
    "fct_orders in serve": f"select * {_PERSON} from serve.marts.fct_orders",
    "ops.hours": "select event_type, hour, row_count, invalid, duplicates, files from ops.hours",
    "ops.checked": "select model, is_passed, suite from ops.checked",
}
# An identifier, and a value of a field that is only in raw: see faults/shop.py.
SECRET = r"customer-\d|card-\d"
LOADED = ("raw.order_placed", "raw.order_listed", "raw.unparsed")


@dataclass(frozen=True)
class Difference:
    """Rows that are missing, and rows that should not be there."""

    lost: int = 0
    wrong: int = 0
    where: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lost or self.wrong)


def difference(expected: Mapping[str, Rows], found: Mapping[str, Rows]) -> Difference:
    """How two warehouses differ, table by table."""
    lost = {name: (rows - found[name]).total() for name, rows in expected.items()}
    wrong = {name: (found[name] - rows).total() for name, rows in expected.items()}
    where = tuple(name for name in expected if lost[name] or wrong[name])
    return Difference(sum(lost.values()), sum(wrong.values()), where)


@dataclass
class Place:
    """`folder` has the landing folder and the state; the project at `root` is shared."""

    host: Host
    root: Path
    folder: Path
    state: Path = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.folder / "warehouse"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def output(self) -> Path:
        """All that the commands here said."""
        return self.folder / "said.txt"

    def start(
        self,
        *args: str,
        now: str = NOW,
        sabotage: Iterable[str] = ("without_site",),
        file_bytes: int = 0,
    ) -> Child:
        scratch = self.folder / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "TMPDIR": str(scratch),
            "HEADWATER_LANDING": str(self.landing),
            "HEADWATER_WAREHOUSE": str(self.state),
            "HEADWATER_NOW": now,
        }
        return self.host.start(
            args, self.root, self.output, environment, list(sabotage), file_bytes
        )

    def headwater(self, *args: str, code: int | None = 0, **options: Any) -> Said:
        said = self.start(*args, **options).wait()
        assert code is None or said.code == code, said.text
        return said

    def land(self, files: Iterable[File]) -> None:
        """Delivers files whole, as producers should, by a rename."""
        for file in files:
            path = self.landing / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name[:200]}.part")
            draft.write_bytes(file.content)
            draft.rename(path)

    def copy(self, folder: Path) -> Place:
        """The same landing folder and warehouse, elsewhere."""
        shutil.copytree(self.folder, folder)
        return Place(self.host, self.root, folder)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the warehouse; the keys are attached as `keys`, serve as `serve`.

        Nothing, when it was not there yet.
        """
        if not (self.state / "warehouse.duckdb").exists():
            return []
        with duckdb.connect(str(self.state / "warehouse.duckdb"), read_only=True) as con:
            con.execute("set TimeZone = 'UTC'")
            for name in ("keys", "serve"):
                if (self.state / f"{name}.duckdb").exists():
                    con.execute(f"attach '{self.state}/{name}.duckdb' as {name} (read_only)")
            return con.execute(sql).fetchall()

    def write(self, sql: str) -> None:
        """Damages the warehouse, behind Headwater's back."""
        with duckdb.connect(str(self.state / "warehouse.duckdb")) as con:
            con.execute(sql)

    def contents(self, tables: Iterable[str] = CONTENTS) -> dict[str, Rows]:
        """The rows of each table, those of lists as tuples."""
        return {
            name: Counter(
                tuple(tuple(each) if isinstance(each, list) else each for each in row)
                for row in self.query(CONTENTS[name])
            )
            for name in tables
        }

    def leaks(self) -> list[str]:
        """Where people or what they paid with can be read but in landing, raw and keys: in a
        table, in what a command said, or in the bytes of any file it left."""
        found = [
            f"{catalog}.{schema}.{name}"
            for catalog, schema, name in self.query(
                "select table_catalog, table_schema, table_name from information_schema.tables"
                " where table_schema not in ('raw', 'information_schema')"
                " and table_catalog in ('warehouse', 'serve')"
            )
            if self.query(
                f'select 1 from {catalog}."{schema}"."{name}" as row_of'
                f" where regexp_matches(cast(row_of as varchar), '{SECRET}') limit 1"
            )
        ]
        files = [self.output, *(self.root / "target").rglob("*"), *(self.root / "logs").rglob("*")]
        files += list(self.folder.glob("tmp/**/*"))
        files += [path for path in self.state.iterdir() if path.stem not in ("warehouse", "keys")]
        pattern = re.compile(SECRET.encode())
        return found + [
            str(path) for path in files if path.is_file() and pattern.search(path.read_bytes())
        ]

    def settle(self) -> None:
        """Waits until no process writes here: the dbt of a killed run dies a moment after it."""
        with (self.state / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

    def leftovers(self) -> list[str]:
        """What a killed run had under way, and the next should have tidied up."""
        files = sorted(path.name for path in self.state.glob("*tmp*"))
        states = self.query("select distinct status from ops.runs where status = 'running'")
        return files + [status for (status,) in states]

    def books(self) -> Difference:
        """Whether raw has each record of each file that the ledger says was loaded, once, and
        nothing else: true between any two transactions, after a kill at any moment."""
        lost = wrong = 0
        tables = {name for (name,) in self.query("select table_name from duckdb_tables()")}
        if not tables >= {"order_placed", "order_listed", "unparsed", "files"}:
            return Difference()  # killed while it made them
        for expected, found in self.query(
            """
            with raw as (
                select _file_id, count(*) as found from (
                    select _file_id from raw.order_placed
                    union all select _file_id from raw.order_listed
                    union all select _file_id from raw.unparsed
                )
                group by _file_id
            )

            select coalesce(records, 0), coalesce(found, 0)
            from (select * from ops.files where status = 'loaded') as files
            full join raw on files.file_id = raw._file_id
            """
        ):
            lost += max(0, expected - found)
            wrong += max(0, found - expected)
        return Difference(lost, wrong, ("the ledger of files",) if lost or wrong else ())
