"""The command line: exit codes, where words go, and that every help can be followed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from headwater import lock
from headwater.cli import cli
from headwater.errors import ExitCode

COMMANDS = sorted(cli.commands)


def headwater(*args: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "headwater", *args],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def warehouse(repository: Path, tmp_path: Path) -> Path:
    """An empty dbt project, with the profile and macros of this repository."""
    (tmp_path / "dbt_project.yml").write_text(
        "name: tiny\nversion: '1'\nprofile: headwater\n", encoding="utf-8"
    )
    (tmp_path / "profiles.yml").symlink_to(repository / "profiles" / "profiles.yml")
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros" / "headwater").symlink_to(repository / "macros" / "headwater")
    (tmp_path / "contracts").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_ends_with_an_example_of_the_command(name: str) -> None:
    command = cli.commands[name]
    context = click.Context(command, info_name=name, **cli.context_settings)
    last = command.get_help(context).rstrip().splitlines()[-1].split()
    assert last[:2] == ["headwater", name]
    options = {option for each in command.params for option in each.opts}
    assert all(word in options for word in last if word.startswith("--"))


def test_outside_a_warehouse_it_says_how_to_make_one(tmp_path: Path) -> None:
    done = headwater("status", cwd=tmp_path)
    assert done.returncode == ExitCode.ENVIRONMENT
    assert "no dbt_project.yml" in done.stderr
    assert "hint: run this inside a warehouse, or make one: headwater init" in done.stderr
    assert done.stdout == ""


def test_an_unknown_command_or_option_is_bad_input(tmp_path: Path) -> None:
    for args in (["retry"], ["run", "--backwards"]):
        done = headwater(*args, cwd=tmp_path)
        assert done.returncode == ExitCode.BAD_INPUT
        assert "Traceback" not in done.stderr


def test_an_unknown_target_is_bad_input(warehouse: Path) -> None:
    done = headwater("--target", "snowflake", "load", cwd=warehouse)
    assert done.returncode == ExitCode.BAD_INPUT
    assert "no target 'snowflake'" in done.stderr
    assert "duckdb" in done.stderr


def test_a_clock_that_is_no_time_is_bad_input(warehouse: Path) -> None:
    done = headwater("load", cwd=warehouse, HEADWATER_NOW="tomorrow")
    assert done.returncode == ExitCode.BAD_INPUT
    assert "HEADWATER_NOW" in done.stderr


def test_status_without_a_warehouse_says_what_makes_one(warehouse: Path) -> None:
    done = headwater("status", cwd=warehouse)
    assert done.returncode == ExitCode.ENVIRONMENT
    assert "hint: make one: headwater run" in done.stderr


@pytest.mark.parametrize("command", ["load", "run"])
def test_a_second_writer_is_turned_away(warehouse: Path, command: str) -> None:
    with lock.writing(warehouse / "warehouse" / "lock", "run hourly"):
        done = headwater(command, cwd=warehouse)
    assert done.returncode == ExitCode.LOCKED
    assert f"run hourly (pid {os.getpid()})" in done.stderr


def test_a_folder_that_cannot_be_written_is_one_line(warehouse: Path) -> None:
    (warehouse / "warehouse").write_text("a file where the folder should be", encoding="utf-8")
    done = headwater("load", cwd=warehouse)
    assert done.returncode == ExitCode.ENVIRONMENT
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_a_warehouse_file_that_is_none_is_one_line(warehouse: Path) -> None:
    (warehouse / "warehouse").mkdir()
    (warehouse / "warehouse" / "warehouse.duckdb").write_text("not a database" * 500)
    done = headwater("load", cwd=warehouse)
    assert done.returncode == ExitCode.ENVIRONMENT
    assert "cannot open" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    unbuffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [sys.executable, "-m", "headwater", "--version"],
        cwd=tmp_path,
        env=unbuffered,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert done.stderr == ""
