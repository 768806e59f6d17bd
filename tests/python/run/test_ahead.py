"""The dbt of a run in a process of its own: what it is asked, what comes of it, how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from headwater import ahead, dbt
from headwater.ahead import Ahead
from headwater.run import _Starting

# Answers as headwater.dbt_calls does, and says what it was asked; dies in calls that say so.
STAND_IN = """#!{python}
import json, os, signal, socket, sys
from pathlib import Path
print("begun", flush=True)
with socket.socket(fileno=0) as caller, caller.makefile("rw") as lines:
    for line in lines:
        call = json.loads(line)
        args = [arg for arg in call["args"] if arg in {words}]
        print(*args, call["environment"].get("STEP", ""), flush=True)
        if "killed" in args:
            os.kill(os.getpid(), signal.SIGKILL)
        if "gone" in args:
            os._exit(0)
        if "build" in args:
            target = Path(call["args"][call["args"].index("--target-path") + 1])
            target.mkdir(parents=True, exist_ok=True)
            message = "Could not convert string 'customer-1'"
            result = {{"status": "error", "unique_id": "model.p.fct_a", "message": message}}
            (target / "run_results.json").write_text(json.dumps({{"results": [result]}}))
        lines.write(f"{{1 if 'build' in args or os.environ.get('UNPARSED') else 0}}\\n")
        lines.flush()
"""
WORDS = ("--no-write-json", "parse", "build", "killed", "gone")


@pytest.fixture
def started(
    make_small: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ahead]:
    """One that starts the stand-in."""
    script = tmp_path / "stand_in"
    script.write_text(STAND_IN.format(python=sys.executable, words=WORDS))
    script.chmod(0o755)
    monkeypatch.setattr(ahead, "sys", SimpleNamespace(executable=str(script)))
    small = make_small()
    lock = os.open(tmp_path / "lock", os.O_CREAT)
    with Ahead(small.project, lock) as found:
        yield found
    os.close(lock)


def is_running(process: Any) -> bool:
    return process.poll() is None


def test_it_parses_and_then_builds(started: Ahead) -> None:
    started.start()
    started.start(writes=False)
    assert started.parse() == dbt.DbtResult(0, {}, "begun\nparse \n")
    assert started.parse().output == "begun\nparse \n"
    built = started.run(["build"], {"STEP": "swap"})
    assert (built.exit_code, built.output) == (1, "build swap\n")
    (result,) = built.run_results["results"]
    assert "customer-1" not in result["message"]
    assert not is_running(started._process)


def test_a_project_that_is_parsed_already_is_not_written_again(started: Ahead) -> None:
    started.run(["build"], {})
    assert started.parse().output == "begun\n--no-write-json parse \n"


def test_nothing_is_built_of_a_project_that_cannot_be_parsed(
    started: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNPARSED", "1")
    started.start()
    assert started.run(["build"], {}) == started.parse()
    assert started.parse().exit_code == 1
    assert "build" not in started.parse().output


@pytest.mark.parametrize(
    ("how", "code", "failure"),
    [
        ("killed", -9, "killed\ndbt was killed by SIGKILL"),
        ("gone", 2, "gone"),
    ],
)
def test_a_process_that_dies_has_failed(started: Ahead, how: str, code: int, failure: str) -> None:
    started.parse()
    done = started.run([how], {})
    assert (done.exit_code, done.run_results, done.failure) == (code, {}, failure)


def test_a_process_that_died_before_it_was_asked_has_failed(started: Ahead) -> None:
    started.parse()
    assert started._process
    started._process.kill()
    started._process.wait()
    assert started.run(["build"], {}).failure == "dbt was killed by SIGKILL"


def test_a_process_that_nobody_needed_ends_with_the_block(started: Ahead) -> None:
    started.start(writes=False)
    process = started._process
    assert is_running(process)
    started.__exit__()
    assert not is_running(process)
    started._process = None


def test_a_load_with_nothing_new_starts_no_dbt(started: Ahead) -> None:
    progress = _Starting(started)
    progress.begin(0, 0)
    assert started._process is None
    progress.begin(1, 1000)
    assert is_running(started._process)


def test_a_failure_without_a_word_is_told() -> None:
    assert dbt.DbtResult(2, {}, "").failure == "dbt ended with exit code 2"
