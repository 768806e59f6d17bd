"""Base says by which column its changes can be told apart."""

from __future__ import annotations

from typing import Any

import pytest

from .cases import contract_of
from .render import config_of

PERSON = {"type": "string", "pii": "identifier"}


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({"person": PERSON}, "person"),
        ({"by": {"type": "object", "properties": {"person": PERSON}}}, "by__person"),
        ({"person": PERSON, "device": PERSON}, None),
        ({"kind": {"type": "string"}}, None),
    ],
    ids=["one", "inside an object", "two", "none"],
)
def test_it_is_the_one_identifier(fields: dict[str, Any], column: str | None) -> None:
    assert config_of(contract_of(fields))["meta"].get("restate_by") == column


@pytest.mark.parametrize(("later", "column"), [("person", "person"), ("user", None)])
def test_every_major_has_it(later: str, column: str | None) -> None:
    majors = [contract_of({"person": PERSON}), contract_of({later: PERSON}, major=2)]
    assert config_of(majors)["meta"].get("restate_by") == column
