"""Every model, both branches of is_incremental(), is BigQuery SQL that type-checks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .compiled import Project, check, compile_offline, raw_line
from .projects import copy_project


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = copy_project(tmp_path_factory.mktemp("compiled") / "project", odd=True)
    return compile_offline(root, root / "target")


def models(project: Project, branch: str) -> dict[str, str]:
    nodes = project.branches[branch].values()
    return {Path(node.path).stem: node.code for node in nodes if node.resource_type == "model"}


def test_every_model_type_checks_in_both_branches(compiled: Project) -> None:
    files = {path.stem for path in (compiled.root / "models").rglob("*.sql")}
    assert set(models(compiled, "full")) == set(models(compiled, "incremental")) == files
    assert check(compiled) == []


def test_the_branches_of_an_incremental_model_differ(compiled: Project) -> None:
    full, incremental = models(compiled, "full"), models(compiled, "incremental")
    for path in (compiled.root / "models").rglob("*.sql"):
        if re.search(r"changed_dates|unbuilt_slices", path.read_text(encoding="utf-8")):
            assert full[path.stem] != incremental[path.stem], path.stem


def test_a_misspelt_column_of_an_incremental_branch_is_found(tmp_path: Path) -> None:
    root = copy_project(tmp_path / "project")
    path = next(
        path
        for path in sorted((root / "models" / "marts").rglob("*.sql"))
        if "changed_dates('" in path.read_text(encoding="utf-8")
    )
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(changed_dates\(')\w+", r"\1no_such_column", text), encoding="utf-8")
    line = next(
        number
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "no_such_column" in text
    )
    errors = check(compile_offline(root, tmp_path / "target"))
    place = f"{path.relative_to(root)}:{line}: "
    assert [error for error in errors if error.startswith(place)], errors
    assert "no_such_column" in errors[0]


@pytest.mark.parametrize(
    ("line", "message", "expected"),
    [(1, "Unrecognized name: total", 3), (4, "Unrecognized name: stamp", 5), (5, "", 5)],
)
def test_an_error_points_at_the_line_of_the_file(line: int, message: str, expected: int) -> None:
    raw = "{{ config(\n) }}\nselect total\nfrom t\nwhere {{ changed('stamp') }}"
    compiled = "select total\nfrom t\nwhere\n    stamp\n    > 1"
    assert raw_line(raw, compiled, line, message) == expected
