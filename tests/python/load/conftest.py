"""A warehouse with one event type, `noted`, and a landing folder to drop files into."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from headwater import project as projects
from headwater import warehouse
from headwater.contracts.model import Envelope, EventContract, Schema
from headwater.database import DuckDB
from headwater.load import LoadResult, load
from headwater.project import Project

ROOT = Path(__file__).resolve().parents[3]
PROFILES = """
small:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: warehouse/warehouse.duckdb, schema: main}
"""
CONTRACT = EventContract(
    path="contracts/notes/noted.v1.yml",
    domain="notes",
    event="noted",
    major=1,
    version="1.0",
    owner="notes",
    channel="#notes",
    description="Something was noted.",
    payload=Schema(types=("object",)),
    envelope=Envelope(received_at=("receivedtime",)),
)


@dataclass
class Landing:
    """The warehouse under test, open for writing."""

    project: Project
    con: duckdb.DuckDBPyConnection
    contracts: Sequence[EventContract] = (CONTRACT,)

    def drop(self, name: str, content: bytes | str, event: str = "noted") -> Path:
        """Delivers a file; a name that ends with .gz is compressed."""
        path = self.project.landing / event / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        return path

    def manifest(self, path: Path, **said: Any) -> Path:
        beside = path.with_name(path.name + ".manifest.json")
        beside.write_text(json.dumps(said))
        return beside

    def load(self, *paths: Path, broken: Sequence[str] = ()) -> LoadResult:
        return load(self.project, self.contracts, self.con, paths, broken=broken)

    def empty(self) -> None:
        """Forgets all that was delivered and loaded."""
        shutil.rmtree(self.project.landing, ignore_errors=True)
        for (table,) in self.rows(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema in ('raw', 'ops')"
        ):
            self.rows(f"delete from {table}")

    def database(self) -> DuckDB:
        """The warehouse, as whoever asks either engine sees it."""
        return DuckDB(self.project, self.con)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def raw(self, columns: str = "_line, record", event: str = "noted") -> list[tuple[Any, ...]]:
        return self.rows(f"select {columns} from raw.{event} order by _file, _line")

    def unparsed(self, columns: str = "_line, reason, bytes") -> list[tuple[Any, ...]]:
        return self.rows(f"select {columns} from raw.unparsed order by _file, _line")

    def files(self, columns: str = "path, status") -> list[tuple[Any, ...]]:
        return self.rows(f"select {columns} from ops.files order by path, status")

    def envelope(self, **changes: Any) -> None:
        """Changes where the contract finds things."""
        envelope = replace(CONTRACT.envelope, **changes)
        self.contracts = (replace(CONTRACT, envelope=envelope),)


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Landing]:
    monkeypatch.setenv("HEADWATER_NOW", "2026-02-01T12:00:00Z")
    (tmp_path / "dbt_project.yml").write_text("name: small\nprofile: small\n")
    (tmp_path / "profiles.yml").write_text(PROFILES)
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros" / "headwater").symlink_to(ROOT / "macros" / "headwater")
    project = projects.find(tmp_path)
    connection = warehouse.connect(project)
    yield Landing(project, connection)
    connection.close()


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
