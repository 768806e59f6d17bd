"""A project without contracts, and what `new` makes in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from headwater.new import Head, Made, new

Make = Callable[..., tuple[Made, str]]


@pytest.fixture
def root(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEADWATER_NOW", "2026-03-01T12:00:00Z")
    (tmp_path / "contracts" / "web").mkdir(parents=True)
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros" / "headwater").symlink_to(repository / "macros" / "headwater")
    return tmp_path


@pytest.fixture
def make(root: Path) -> Make:
    """Writes records (or a text) to a file, and gives what `new` says and wrote."""

    def of(
        records: Sequence[Any] | str | None, name: str = "sample.ndjson", **head: str
    ) -> tuple[Made, str]:
        origin = None
        if records is not None:
            origin = root / name
            text = records
            if not isinstance(text, str):
                text = "".join(json.dumps(each) + "\n" for each in text)
            origin.write_text(text, encoding="utf-8")
        made = new(root, Head("page_seen", **({"domain": ""} | head)), origin)
        return made, (root / made.path).read_text(encoding="utf-8")

    return of
