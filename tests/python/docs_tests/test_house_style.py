"""What sqlfluff cannot say of a hand-written model."""

from __future__ import annotations

import re
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
def test_a_mart_has_a_model_contract_and_a_suite(mart: Path) -> None:
    known = DESCRIBED[mart.stem]
    assert "headwater_enforce_contracts" in str(known["config"]["contract"]["enforced"])
    assert all(column.get("data_type") for column in known["columns"])
    assert (ROOT / "tests" / "expectations" / f"{mart.stem}.yml").is_file()


def untested_paths(sql: str, incremental: list[bool]) -> list[str]:
    """The paths of a model that no unit test takes; of each test, whether it is incremental."""
    paths = {"full": False}
    if "materialized='incremental'" in sql:
        paths["incremental"] = True
    return [name for name, path in paths.items() if path not in incremental]


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_it_has_unit_tests_of_every_path(model: Path) -> None:
    incremental = [
        (test.get("overrides") or {}).get("macros", {}).get("is_incremental", False)
        for test in unit_tests()
        if test["model"] == model.stem
    ]
    assert untested_paths(model.read_text(encoding="utf-8"), incremental) == []


@pytest.mark.parametrize(
    ("incremental", "missing"), [([], ["full", "incremental"]), ([True], ["full"])]
)
def test_a_path_without_a_unit_test_would_be_found(
    incremental: list[bool], missing: list[str]
) -> None:
    assert untested_paths("{{ config(materialized='incremental') }}", incremental) == missing
    assert untested_paths("{{ config(materialized='table') }}", incremental) == ["full"]


def _groups() -> set[str]:
    declared = yaml.safe_load((ROOT / "models" / "_groups.yml").read_text(encoding="utf-8"))
    return {group["name"] for group in declared["groups"]}


def _config(name: str) -> dict[str, Any]:
    config: dict[str, Any] = DESCRIBED[name]["config"]
    return config


def _wanted_access(model: Path) -> str:
    """A mart is for everybody; a step of several marts for those of its group that use it."""
    if model in MARTS:
        return "public"
    reads = re.compile(rf"\bref\('{model.stem}'")
    readers = {
        _config(path.stem).get("group")
        for path in MODELS
        if reads.search(path.read_text(encoding="utf-8"))
    }
    return "private" if readers <= {_config(model.stem).get("group")} else "protected"


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_its_group_and_who_may_read_it_are_said(model: Path) -> None:
    config = _config(model.stem)
    assert config.get("group") in _groups()
    assert config.get("access") == _wanted_access(model)
