"""What the README shows is what happens, on a fresh clone."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def run(folder: Path, command: str, **environment: str) -> tuple[str, float]:
    """What a command prints to standard output, and the seconds it takes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "DBT_TARGET_PATH"):
        kept.pop(name, None)
    started = time.monotonic()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout, time.monotonic() - started


@pytest.fixture(scope="module")
def clone(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone of what is committed."""
    folder = tmp_path_factory.mktemp("fresh") / "headwater"
    run(repository, f"git clone --quiet . {folder}")
    return folder


@pytest.fixture(scope="module")
def demo(clone: Path) -> tuple[str, float]:
    """What the first `scripts/demo` prints, and the seconds it takes."""
    return run(clone, "scripts/demo")


def shape(output: str, clone: Path) -> list[str]:
    """Its lines without what differs by machine, by moment and by the last thirty days."""
    found = []
    for line in output.replace(str(clone), "/home/you/headwater").splitlines():
        is_answer = line.startswith("  ") and not line.startswith("  look next")
        line = re.sub(r"mostly [\w.]+", "mostly something", line)
        found.append("  an answer" if is_answer else re.sub(r"\d[\d,.]*", "0", line))
    return found


def test_the_demo_prints_what_the_readme_shows(clone: Path, demo: tuple[str, float]) -> None:
    shown = next(block for block in blocks("console") if "$ scripts/demo" in block)
    assert shape(demo[0], clone) == shape(shown.removeprefix("$ scripts/demo\n"), clone)


def test_the_demo_says_in_five_lines_what_the_run_did_and_answers_three_questions(
    demo: tuple[str, float],
) -> None:
    run_lines, *answers = demo[0].split("\n\n")
    assert [line.split()[0] for line in run_lines.splitlines()] == [
        *("loaded", "quarantined", "built", "checked", "open"),
    ]
    assert len(answers) == 3
    for answer in answers:
        question, _, *rows, source = answer.strip().splitlines()
        assert question.endswith("?")
        assert rows
        (path,) = re.findall(r"look next: (\S+)", source)
        assert (REPOSITORY / path).is_file()


def test_the_demo_takes_under_five_minutes_with_setup(demo: tuple[str, float]) -> None:
    assert demo[1] < 300


def test_the_demo_takes_under_three_minutes_without(clone: Path, demo: tuple[str, float]) -> None:
    assert demo
    run(clone, "rm -rf landing truth target warehouse/*.duckdb*")
    assert run(clone, "scripts/demo")[1] < 180


def test_a_clone_stays_clean(clone: Path, demo: tuple[str, float]) -> None:
    assert demo
    assert run(clone, "git status --porcelain")[0] == ""


def test_its_event_contract_and_its_commands_make_a_warehouse(
    clone: Path, demo: tuple[str, float]
) -> None:
    assert demo
    for block in blocks("bash"):
        run(clone, block)
    warehouse = clone.parent / "my_warehouse"
    contract = warehouse / "contracts" / "listening" / "track_played.v1.yml"
    contract.parent.mkdir()
    contract.write_text(blocks("yaml")[0])
    headwater = clone / ".venv" / "bin" / "headwater"
    run(warehouse, f"{headwater} sync && {headwater} run && {headwater} sync --check")
    assert (warehouse / "models" / "staging" / "listening" / "stg_track_played.sql").is_file()


def test_the_commands_of_its_first_screen_exist(repository: Path) -> None:
    for name in re.findall(r"\bscripts/\w+", README):
        assert os.access(repository / name, os.X_OK), name
