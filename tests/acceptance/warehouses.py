"""Whole warehouses, made by `headwater init` in a folder of their own and driven from outside.

Everything goes through the command line in a process of its own, as a person or a
scheduler would; what the commands say is kept, so that a test can search all of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
_KEPT = ("HOME", "PATH", "LANG", "CI")


@dataclass(frozen=True)
class Said:
    """What one command printed, and its exit code."""

    command: str
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return f"$ headwater {self.command}\n{self.out}{self.err}[exit {self.code}]"


@dataclass
class Warehouse:
    """A warehouse at `root`; `said` has every command so far, in order."""

    root: Path
    said: list[Said] = field(default_factory=list)

    @property
    def scratch(self) -> Path:
        return self.root.parent / "tmp"

    def write(self, path: str, content: str | bytes) -> Path:
        """Writes a file of the warehouse, by its path in it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def contract(self, text: str, domain: str = "shop") -> Path:
        """Writes an event contract where its header says; `sync` is the caller's."""
        header = yaml.safe_load(text)
        major = str(header["version"]).split(".")[0]
        return self.write(f"contracts/{domain}/{header['event']}.v{major}.yml", text)

    def land(self, event: str, name: str, content: str | bytes) -> Path:
        """Delivers a file; whole, as a producer should, by a rename."""
        return self.write(f"landing/{event}/{name}", content)

    def model(self, path: str, sql: str) -> Path:
        """Writes a model below models/, as `marts/shop/fct_orders.sql`."""
        return self.write(f"models/{path}", sql)

    def overlay(self, folder: Path) -> None:
        """Copies a tree of files (contracts/, models/, …) over the warehouse."""
        shutil.copytree(folder, self.root, dirs_exist_ok=True)

    def headwater(self, *args: str, code: int | None = 0, **environment: str) -> Said:
        """Runs `headwater <args>`; asserts its exit code, unless None is given.

        Its temporary files go beside the warehouse, where a test can look for them.
        """
        self.scratch.mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "headwater", *args],
            cwd=self.root,
            env={
                **{name: os.environ[name] for name in _KEPT if name in os.environ},
                "PYTHONPATH": str(REPOSITORY / "src"),
                "TMPDIR": str(self.scratch),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        said = Said(" ".join(args), done.returncode, done.stdout, done.stderr)
        self.said.append(said)
        assert code is None or said.code == code, said.text
        return said

    def sync(self, *, code: int = 0) -> Said:
        return self.headwater("sync", code=code)

    def run(self, *, code: int = 0, **environment: str) -> Said:
        return self.headwater("run", code=code, **environment)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the warehouse; the keys are attached as `keys`."""
        with self.reading("warehouse") as connection:
            connection.execute(f"attach '{self.root}/warehouse/keys.duckdb' as keys (read_only)")
            return connection.execute(sql).fetchall()

    @contextmanager
    def reading(self, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """`warehouse`, `keys` or `serve`, opened to read."""
        path = self.root / "warehouse" / f"{name}.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            yield connection


def empty(parent: Path) -> Warehouse:
    """A warehouse without any event type, called shop, made by `headwater init`."""
    maker = Warehouse(parent)
    maker.headwater("init", "shop")
    made = Warehouse(parent / "shop")
    shutil.rmtree(made.root / "contracts" / "example")
    made.sync()
    return Warehouse(made.root)


def copied(pristine: Warehouse, parent: Path) -> Warehouse:
    """A copy of a warehouse: cheaper than making one."""
    root = parent / pristine.root.name
    shutil.copytree(pristine.root, root, symlinks=True)
    return Warehouse(root)


def lines(records: Iterable[str]) -> str:
    """Records as a file of lines."""
    return "".join(f"{record}\n" for record in records)
