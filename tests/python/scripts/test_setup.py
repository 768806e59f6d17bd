"""scripts/setup on machines that lack things, with stand-ins for what it would download."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

BASH = shutil.which("bash") or "/bin/bash"


def executable(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{BASH}\n{body}\n")
    path.chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path, repository: Path) -> Path:
    """A checkout with nothing but what set-up reads, and a Python and a uv that only pretend."""
    root = tmp_path / "clone"
    (root / "scripts").mkdir(parents=True)
    shutil.copy(repository / "scripts" / "setup", root / "scripts" / "setup")
    for name in ("pyproject.toml", "uv.lock"):
        (root / name).write_text("as it is\n")
    executable(root / ".venv" / "bin" / "python", "exit 0")
    executable(
        tmp_path / "bin" / "uv",
        f'echo "$*" >>{tmp_path}/calls\ntouch .venv/bin/headwater\nchmod +x .venv/bin/headwater',
    )
    return root


def setup(
    clone: Path, *args: str, path: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    path = path or f"{clone.parent / 'bin'}:/usr/bin:/bin"
    return subprocess.run(
        [BASH, str(clone / "scripts" / "setup"), *args],
        env={"PATH": path, "HOME": os.environ["HOME"], **environment},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def calls(clone: Path) -> list[str]:
    log = clone.parent / "calls"
    return log.read_text().splitlines() if log.exists() else []


def test_a_second_setup_has_nothing_to_do(clone: Path) -> None:
    assert setup(clone).returncode == 0
    again = setup(clone)
    assert (again.returncode, again.stderr, len(calls(clone))) == (0, "", 1)


def test_a_changed_lock_is_installed(clone: Path) -> None:
    setup(clone)
    (clone / "uv.lock").write_text("another\n")
    assert setup(clone).returncode == 0
    assert len(calls(clone)) == 2


def test_what_tests_need_is_installed_only_when_asked_for(clone: Path) -> None:
    setup(clone)
    setup(clone, "--dev")
    assert ["--group dev" in call for call in calls(clone)] == [False, True]
    # What --dev installed includes what running needs.
    assert setup(clone).stderr == ""


def test_packages_are_compiled_once_where_python_may_not_do_it_at_every_start(clone: Path) -> None:
    setup(clone)
    setup(clone, "--dev", PYTHONDONTWRITEBYTECODE="1")
    assert ["--compile-bytecode" in call for call in calls(clone)] == [False, True]


def test_an_unfinished_setup_is_done_again(clone: Path) -> None:
    working = (clone.parent / "bin" / "uv").read_text()
    executable(clone.parent / "bin" / "uv", "exit 1")
    assert setup(clone).returncode != 0
    (clone.parent / "bin" / "uv").write_text(working)
    assert setup(clone).returncode == 0
    assert len(calls(clone)) == 1


def test_a_machine_without_a_fitting_python_is_told_so(clone: Path) -> None:
    shutil.rmtree(clone / ".venv")
    tools = clone.parent / "tools"
    tools.mkdir()
    for name in ("dirname", "cat", "cksum", "flock"):
        (tools / name).symlink_to(shutil.which(name) or name)
    executable(tools / "python3", "exit 1")
    done = setup(clone, path=str(tools))
    assert done.returncode == 4
    assert "setup: found no Python 3.11 or newer\n  hint: " in done.stderr


def test_an_unknown_option_is_refused(clone: Path) -> None:
    done = setup(clone, "--dve")
    assert done.returncode == 4
    assert "hint: scripts/setup [--dev | --benchmarks]" in done.stderr


def test_it_says_that_it_waits_for_another_setup(clone: Path) -> None:
    with (clone / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            [BASH, str(clone / "scripts" / "setup")],
            env={"PATH": f"{clone.parent / 'bin'}:/usr/bin:/bin"},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stderr is not None
        assert "another set-up" in waiting.stderr.readline()
        time.sleep(0.1)
        assert waiting.poll() is None
    assert waiting.wait(timeout=20) == 0
