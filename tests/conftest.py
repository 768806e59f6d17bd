"""What every test may use, and the rule that CI skips nothing for want of data."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder `data` of ../shared: real events, kept beside the repository, not in it.

    HEADWATER_SHARED names another place. Where it is absent the test is skipped, and in
    CI (see below) therefore fails.
    """
    folder = Path(os.environ.get("HEADWATER_SHARED", REPOSITORY.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"shared data absent: {folder}")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that skips because ../shared is absent has not shown what it must."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and "shared" in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped in CI: {call.excinfo and call.excinfo.value}"
    return report


def _uv(*args: str | Path) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, *args], cwd=REPOSITORY, check=True, capture_output=True, text=True)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    _uv("build", "--quiet", "--wheel", "--out-dir", folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment's `bin` that holds the wheel and what uv.lock says it needs, no more."""
    environment = tmp_path_factory.mktemp("installed") / "env"
    locked = environment.with_suffix(".txt")
    _uv("venv", "--quiet", "--python", sys.executable, environment)
    _uv("export", "--quiet", "--frozen", "--no-emit-project", "--no-hashes", "-o", locked)
    python = environment / "bin" / "python"
    _uv("pip", "install", "--quiet", "--python", python, "--requirements", locked)
    _uv("pip", "install", "--quiet", "--python", python, "--no-deps", wheel)
    return environment / "bin"
