"""What sqlfluff cannot say of a hand-written model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
MODELS = sorted(
    path for layer in ("intermediate", "marts") for path in (ROOT / "models" / layer).rglob("*.sql")
)
MARTS = [path for path in MODELS if "marts" in path.parts]


def described() -> dict[str, dict[str, Any]]:
    """Every model that a YAML file of models/ describes, by name."""
    found: dict[str, dict[str, Any]] = {}
    for path in (ROOT / "models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", ()):
            found[model["name"]] = model
    return found


def unit_tests() -> list[dict[str, Any]]:
    found = []
    for path in (ROOT / "models").rglob("*.yml"):
        found += yaml.safe_load(path.read_text(encoding="utf-8")).get("unit_tests", [])
    return found


DESCRIBED = described()


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_its_first_line_states_its_grain(model: Path) -> None:
    assert model.read_text(encoding="utf-8").startswith("-- One row per ")


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_it_says_whose_it_is_and_what_each_column_means(model: Path) -> None:
    known = DESCRIBED[model.stem]
    assert known["description"].strip()
    assert {"owner", "channel"} <= set(known["config"]["meta"])
    assert [column["name"] for column in known["columns"] if not column.get("description")] == []


@pytest.mark.parametrize("mart", MARTS, ids=lambda path: path.stem)
def test_a_mart_has_a_model_contract_a_suite_and_unit_tests(mart: Path) -> None:
    known = DESCRIBED[mart.stem]
    assert "headwater_enforce_contracts" in str(known["config"]["contract"]["enforced"])
    assert all(column.get("data_type") for column in known["columns"])
    assert (ROOT / "tests" / "expectations" / f"{mart.stem}.yml").is_file()
    incremental = [
        (test.get("overrides") or {}).get("macros", {}).get("is_incremental", False)
        for test in unit_tests()
        if test["model"] == mart.stem
    ]
    assert False in incremental, "no unit test of the full path"
    if "incremental" in mart.read_text(encoding="utf-8"):
        assert True in incremental, "no unit test of the incremental path"
