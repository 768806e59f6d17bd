"""Every model and every column of the reference warehouse is described in dbt's docs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from truths import World

pytestmark = pytest.mark.slow

LAYERS = ("staging", "intermediate", "marts")


@pytest.fixture(scope="module")
def world(world_of: Callable[[int, bool], World]) -> World:
    return world_of(1, True)


def undescribed(manifest: dict[str, Any], columns: list[tuple[str, str, str]]) -> list[str]:
    """What has no words in the manifest: `schema.model` or `schema.model.column`.

    `columns` are those of the warehouse. A base has the columns of its staging, described
    there, and its own.
    """
    models = {
        f"{each['schema']}.{each['alias']}": each
        for each in manifest["nodes"].values()
        if each["resource_type"] == "model"
    }
    found = [name for name, each in models.items() if not each["description"].strip()]
    for schema, model, column in columns:
        name = f"{schema}.{model}"
        if name not in models or model.startswith("base_"):
            continue
        documented = models[name]["columns"].get(column, {"description": ""})
        if not documented["description"].strip():
            found.append(f"{name}.{column}")
    return sorted(found)


def columns(world: World) -> list[tuple[str, str, str]]:
    found = world.query(
        "select table_schema, table_name, column_name from information_schema.columns"
        f" where table_catalog = 'warehouse' and table_schema in {LAYERS}"
    )
    return [(str(schema), str(model), str(column)) for schema, model, column in found]


def test_every_model_and_column_is_described(world: World) -> None:
    held = columns(world)
    assert {schema for schema, _, _ in held} == set(LAYERS)
    assert undescribed(world.manifest(), held) == []


def test_every_column_of_a_base_that_staging_lacks_is_described(world: World) -> None:
    """Those that say what became of the row; the others are the event's."""
    manifest = world.manifest()
    bases = {
        each["alias"]: each["columns"]
        for each in manifest["nodes"].values()
        if each["alias"].startswith("base_")
    }
    own = {
        (model, column)
        for _, model, column in columns(world)
        if model in bases and (column.startswith(("_", "is_valid", "is_first")))
    }
    assert own
    assert {(m, c) for m, c in own if not bases[m].get(c, {}).get("description")} == set()


def test_a_column_or_model_without_words_would_be_found() -> None:
    model = {"resource_type": "model", "schema": "marts", "alias": "fct_a", "description": "A."}
    manifest = {
        "nodes": {
            "a": {
                **model,
                "columns": {"known": {"description": "K."}, "empty": {"description": " "}},
            },
            "b": {**model, "alias": "fct_b", "description": "", "columns": {}},
        }
    }
    held = [("marts", "fct_a", column) for column in ("known", "empty", "absent")]
    assert undescribed(manifest, held) == ["marts.fct_a.absent", "marts.fct_a.empty", "marts.fct_b"]
