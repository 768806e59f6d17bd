"""One writer at a time, and a dead one holds nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from headwater import lock
from headwater.errors import ExitCode, Locked

_HOLD = (
    "import sys, time, pathlib\n"
    "from headwater import lock\n"
    "with lock.writing(pathlib.Path(sys.argv[1]), 'run hourly'):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(60)\n"
)


def _holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "held"
    return process


def test_a_second_writer_is_told_who_holds_the_lock_since_when(tmp_path: Path) -> None:
    process = _holder(tmp_path / "lock")
    try:
        with pytest.raises(Locked) as caught, lock.writing(tmp_path / "lock", "load"):
            pass
        assert f"run hourly (pid {process.pid}) since 20" in caught.value.message
        assert "--wait" in caught.value.hint
        assert caught.value.exit_code == ExitCode.LOCKED
        assert not lock.is_free(tmp_path / "lock")
    finally:
        process.kill()
        process.wait()


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    process = _holder(tmp_path / "lock")
    process.kill()
    process.wait()
    with lock.writing(tmp_path / "lock", "load"):
        pass


def test_waiting_ends_when_the_holder_does(tmp_path: Path) -> None:
    process = _holder(tmp_path / "lock")
    began = time.monotonic()
    killer = subprocess.Popen(
        [sys.executable, "-c", f"import os, time; time.sleep(0.6); os.kill({process.pid}, 9)"]
    )
    with lock.writing(tmp_path / "lock", "load", wait=True):
        assert time.monotonic() - began > 0.4
    killer.wait()
    process.wait()
