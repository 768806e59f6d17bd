"""What tests of whole warehouses share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import warehouses
from warehouses import Warehouse


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """What `headwater init` makes, without its example; tests copy it."""
    return warehouses.empty(tmp_path_factory.mktemp("pristine"))


@pytest.fixture(scope="session")
def make_warehouse(
    pristine: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Warehouse]:
    """Makes a warehouse of a test's own, or of a module's."""

    def make() -> Warehouse:
        parent: Path = tmp_path_factory.mktemp("warehouse")
        return warehouses.copied(pristine, parent)

    return make


@pytest.fixture
def shop(make_warehouse: Callable[[], Warehouse]) -> Warehouse:
    """A warehouse without any event type."""
    return make_warehouse()
