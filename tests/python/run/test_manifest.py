"""The manifest is large, and read when it says something new."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from headwater import dbt, fingerprint, graph
from headwater.errors import HeadwaterError
from headwater.run import parsed_graph


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


def test_a_manifest_that_is_cut_off_is_asked_for_again(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small.project.artifacts / "manifest.json"
    whole = path.read_bytes()
    asked: list[list[str]] = []

    def run_dbt(_: object, args: list[str]) -> dbt.DbtResult:
        asked.append(args)
        path.write_bytes(whole)
        return dbt.DbtResult(0, {}, "")

    monkeypatch.setattr(dbt, "run_dbt", run_dbt)
    fingerprint.mark_parsed(small.project, "as it is")
    parsed_graph(small.project, "as it is", print)
    assert asked == []
    path.write_bytes(whole[:-20])
    with pytest.raises(HeadwaterError, match="cut off"):
        dbt.graph_of(small.project)
    assert "fct_sums" in parsed_graph(small.project, "as it is", print).by_name
    assert asked == [["--quiet", "parse"]]


def test_of_results_that_are_cut_off_nothing_is_left(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small.project.artifacts / "run_results.json"
    written = [b'{"results": []}', b'{"results": [{"message": "customer-1']

    def run(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        path.write_bytes(written.pop(0))
        return subprocess.CompletedProcess([], -9, "")

    monkeypatch.setattr(dbt, "subprocess", SimpleNamespace(**vars(subprocess) | {"run": run}))
    assert dbt.run_dbt(small.project, ["build"]) == dbt.DbtResult(-9, {"results": []}, "")
    assert path.is_file()
    assert dbt.run_dbt(small.project, ["build"]) == dbt.DbtResult(-9, {}, "")
    assert not path.is_file()


def test_without_a_manifest_dbt_has_to_be_asked_first(small: Any) -> None:
    dbt.graph_of(small.project)
    (small.project.artifacts / "manifest.json").unlink()
    with pytest.raises(HeadwaterError, match="manifest"):
        dbt.graph_of(small.project)
