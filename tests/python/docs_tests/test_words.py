"""The framework knows nothing of the warehouse it is tried on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


def names() -> set[str]:
    """The music service's events, models, and columns that no other warehouse would have."""
    found = {path.name.split(".")[0] for path in (ROOT / "contracts").glob("*/*.v*.yml")}
    for layer in ("intermediate", "marts"):
        found |= {path.stem for path in (ROOT / "models" / layer).rglob("*.sql")}
        for path in (ROOT / "models" / layer).rglob("*.yml"):
            for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", ()):
                found |= {column["name"] for column in model["columns"]}
    everyday = {"user_id", "session_id", "event_id", "occurred_at", "started_at", "created_at"}
    everyday |= {"is_current", "iso_week", "day_of_week"}
    return {name for name in found if "_" in name} - everyday


@pytest.mark.parametrize("folder", ["src", "macros/headwater"])
def test_no_name_of_the_reference_warehouse_is_in_the_framework(folder: str) -> None:
    pattern = re.compile(rf"\b({'|'.join(sorted(names()))})\b")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
        for word in sorted(set(pattern.findall(path.read_text(encoding="utf-8"))))
    ]
    assert found == []


def test_a_name_of_the_reference_warehouse_would_be_found() -> None:
    assert {"track_played", "fct_streams", "stream_date", "ms_played"} <= names()
