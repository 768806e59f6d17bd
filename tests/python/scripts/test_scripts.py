"""What holds for every script, and for what CI runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted(
    path
    for path in (Path(__file__).resolve().parents[3] / "scripts").iterdir()
    if path.is_file() and not path.suffix
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_it_runs_from_anywhere_and_stops_at_the_first_failure(script: Path) -> None:
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert lines[1].startswith("# "), "line 2 says what it is for"
    code = [line for line in lines if not line.startswith("#")]
    assert code[:2] == ["set -euo pipefail", 'cd "$(dirname "${BASH_SOURCE[0]}")/.."']
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_it_does_its_own_setup(script: Path) -> None:
    assert script.name == "setup" or re.search(
        r"^[^#]*\bscripts/setup\b", script.read_text(), re.MULTILINE
    )


def test_ci_runs_every_test(repository: Path) -> None:
    assert 'scripts/test" --all' in (repository / ".ci" / "run").read_text()
    assert os.access(repository / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_test_that_skips_for_want_of_shared_data_fails_in_ci(
    tmp_path: Path, repository: Path, ci: str, code: int
) -> None:
    shutil.copy(repository / "tests" / "conftest.py", tmp_path / "conftest.py")
    (tmp_path / "test_it.py").write_text("def test_it(shared_data): ...\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "HEADWATER_SHARED": str(tmp_path / "absent")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert "absent" in done.stdout or not ci


def test_the_lock_names_no_index_but_pypi(repository: Path) -> None:
    lock = (repository / "uv.lock").read_text()
    hosts = {part.split("/")[0] for part in lock.split('"https://')[1:]}
    assert hosts == {"pypi.org", "files.pythonhosted.org"}
    assert '"http://' not in lock
    assert "file://" not in lock
