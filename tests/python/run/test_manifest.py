"""The manifest is large, and read when it says something new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from headwater import dbt, graph
from headwater.errors import HeadwaterError


def test_a_manifest_is_read_again_when_it_says_something_else(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    real = graph.read

    def reading(manifest: Mapping[str, Any]) -> graph.Graph:
        read.append(len(manifest["nodes"]))
        return real(manifest)

    # What another test of this process read last is not read again.
    monkeypatch.setattr(dbt, "_graphs", {})
    monkeypatch.setattr(graph, "read", reading)
    first = dbt.graph_of(small.project)
    small.write(small.manifest())
    assert dbt.graph_of(small.project) is first
    small.node("another_sum")
    assert "another_sum" in dbt.graph_of(small.project).by_name
    small.drop("fct_sums")
    assert "fct_sums" not in dbt.graph_of(small.project).by_name
    assert read == [2, 3, 2]


def test_without_a_manifest_dbt_has_to_be_asked_first(small: Any) -> None:
    dbt.graph_of(small.project)
    (small.project.artifacts / "manifest.json").unlink()
    with pytest.raises(HeadwaterError, match="manifest"):
        dbt.graph_of(small.project)
