"""The macros that every warehouse has: where they come from, and that edits are found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from headwater import share


@pytest.fixture
def warehouse(tmp_path: Path, repository: Path) -> Path:
    shutil.copytree(repository / share.MACROS, tmp_path / share.MACROS)
    return tmp_path


def problems(root: Path) -> dict[str, str]:
    return {each.path: each.message for each in share.framework_macros_drift(root)}


def test_a_copy_as_shipped_has_no_drift(warehouse: Path) -> None:
    assert problems(warehouse) == {}
    assert share.upgrade_framework_macros(warehouse) == []


def test_the_checkout_is_where_macros_are_edited(repository: Path) -> None:
    assert problems(repository) == {}


def test_an_edited_a_missing_and_a_foreign_macro_are_each_named(warehouse: Path) -> None:
    folder = warehouse / share.MACROS / "tables"
    with (folder / "create_table.sql").open("a") as file:
        file.write("{# mine #}\n")
    (folder / "headwater_relation.sql").unlink()
    (folder / "mine.sql").write_text("{% macro mine() %}{% endmacro %}\n")
    assert problems(warehouse) == {
        "macros/headwater/tables/create_table.sql": (
            "differs from the macro this version of headwater ships"
        ),
        "macros/headwater/tables/headwater_relation.sql": (
            "missing: this version of headwater ships it"
        ),
        "macros/headwater/tables/mine.sql": "not one of the framework's macros",
    }
    assert all("headwater sync" in each.hint for each in share.framework_macros_drift(warehouse))


def test_an_upgrade_restores_exactly_what_drifted(warehouse: Path) -> None:
    folder = warehouse / share.MACROS / "tables"
    (folder / "create_table.sql").write_text("")
    (folder / "mine.sql").write_text("")
    own = warehouse / "macros" / "mine.sql"
    own.write_text("{% macro mine() %}{% endmacro %}\n")
    assert share.upgrade_framework_macros(warehouse) == [
        "macros/headwater/tables/create_table.sql",
        "macros/headwater/tables/mine.sql",
    ]
    assert problems(warehouse) == {}
    assert own.exists()


def test_a_warehouse_without_macros_gets_them_all(tmp_path: Path) -> None:
    assert share.upgrade_framework_macros(tmp_path)
    assert problems(tmp_path) == {}
