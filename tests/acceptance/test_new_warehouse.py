"""A warehouse made by `headwater init`, with nothing at hand but the wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
import yaml

from headwater.cli import cli

pytestmark = pytest.mark.slow


def run(
    shop: Path, command: str, *, code: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a shell command in the warehouse, in an environment that knows no checkout."""
    kept = ("HOME", "SSL_CERT_FILE", "PIP_CERT", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "LANG")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=shop,
        env={
            **{name: os.environ[name] for name in kept if name in os.environ},
            "PATH": f"{shop / '.venv' / 'bin'}:{os.environ['PATH']}",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    return done


def start(shop: Path, block: int = 0) -> str:
    """The shell lines of a code block of the README: a first event, a first mart."""
    return re.findall(r"```bash\n(.*?)```", (shop / "README.md").read_text(), re.DOTALL)[block]


def pretend_set_up(shop: Path) -> None:
    """What scripts/setup leaves behind, so that it finds nothing to do."""
    run(shop, "cat requirements.txt scripts/setup | cksum > .venv/setup")


@pytest.fixture(scope="module")
def shop(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty warehouse called shop; its environment is the one the wheel is installed in."""
    folder = tmp_path_factory.mktemp("new") / "shop"
    run(folder.parent, f"{installed}/headwater init shop")
    (folder / ".venv").symlink_to(installed.parent)
    pretend_set_up(folder)
    return folder


@pytest.fixture
def copy(shop: Path, tmp_path: Path) -> Path:
    """A warehouse of a test's own."""
    shutil.copytree(shop, tmp_path / "shop", symlinks=True)
    return tmp_path / "shop"


@pytest.fixture(scope="module")
def said(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A warehouse in which the README was followed, and what its two blocks printed."""
    folder = tmp_path_factory.mktemp("followed") / "shop"
    shutil.copytree(shop, folder, symlinks=True)
    return folder, run(folder, start(folder)).stdout, run(folder, start(folder, 1)).stdout


@pytest.fixture
def followed(said: tuple[Path, str, str], tmp_path: Path) -> Path:
    """A copy of that warehouse for a test to go on from."""
    shutil.copytree(said[0], tmp_path / "shop", symlinks=True)
    return tmp_path / "shop"


def test_it_builds_before_anything_is_loaded(copy: Path) -> None:
    out = run(copy, "dbt build").stdout
    assert "ERROR=0" in out
    assert "WARN=0" in out


def test_it_builds_after_a_load(copy: Path) -> None:
    run(copy, start(copy).replace("headwater run", "headwater load"))
    assert "ERROR=0" in run(copy, "dbt build").stdout


def test_its_readme_takes_one_event_to_staging_and_one_to_quarantine(
    said: tuple[Path, str, str],
) -> None:
    folder, out, _ = said
    assert "loaded       2 records of 1 files" in out
    assert "quarantined  1 of 2 rows, mostly page.pattern (1)" in out
    with duckdb.connect(str(folder / "warehouse" / "warehouse.duckdb"), read_only=True) as shown:
        staged = shown.sql("select page, visitor_id <> 'v-1' from staging.stg_page_viewed")
        assert staged.fetchall() == [("/pricing", True)]
        quarantined = shown.sql("select violations from staging.quarantine_example")
        assert quarantined.fetchall() == [(["page.pattern"],)]


def test_its_readme_takes_a_first_mart_to_its_readers(said: tuple[Path, str, str]) -> None:
    folder, _, out = said
    assert re.search(r"^checked .* 0 failed, 0 warnings$", out, re.MULTILINE)
    with duckdb.connect(str(folder / "warehouse" / "serve.duckdb"), read_only=True) as serve:
        views = serve.sql("select view_date::varchar, page from marts.fct_page_views")
        assert views.fetchall() == [("2026-01-31", "/pricing")]


def test_it_builds_after_a_run(followed: Path) -> None:
    assert "ERROR=0" in run(followed, "dbt build").stdout


def test_its_jobs_run(followed: Path) -> None:
    for job in ("scripts/hourly", "scripts/daily"):
        assert "built        nothing: everything is up to date" in run(followed, job).stdout


def test_every_help_ends_with_an_example_that_runs(followed: Path) -> None:
    run(followed, "head -n 1 landing/page_viewed/first.ndjson > events.ndjson")
    for command in cli.commands.values():
        example = str(command.epilog).split("Example:\n")[1].strip()
        if "--serve" not in example:
            run(followed, example)
        # A first contract is for a person to finish; until then `sync` refuses it.
        shutil.rmtree(followed / "contracts" / "web", ignore_errors=True)


def test_deleting_the_example_leaves_a_warehouse_that_runs(copy: Path) -> None:
    out = run(copy, "rm -r contracts/example && headwater sync && headwater run").stdout
    assert "built        nothing" in out
    assert not list((copy / "models").rglob("*.sql"))


def test_an_edited_framework_macro_fails_the_check_and_sync_restores_it(copy: Path) -> None:
    macro = copy / "macros" / "headwater" / "tables" / "create_table.sql"
    shipped = macro.read_text()
    macro.write_text(shipped + "{# mine #}\n")
    out = run(copy, "headwater sync --check", code=1).stdout
    assert "macros/headwater/tables/create_table.sql: differs from the macro" in out
    run(copy, "headwater sync && headwater sync --check")
    assert macro.read_text() == shipped


def test_no_path_of_the_repository_is_in_it_even_after_a_build(
    copy: Path, repository: Path
) -> None:
    run(copy, "dbt build")
    name = yaml.safe_load((repository / "dbt_project.yml").read_text())["name"]
    for path in copy.rglob("*"):
        if path.is_file() and ".venv" not in path.parts:
            content = path.read_bytes()
            assert str(repository).encode() not in content, path
            assert name.encode() not in content, path


def test_its_own_setup_and_tests_pass(followed: Path, wheel: Path) -> None:
    (followed / ".venv").unlink()
    out = run(followed, "scripts/test", UV_FIND_LINKS=str(wheel.parent)).stdout
    assert "ERROR=0" in out
    assert run(followed, "scripts/setup").stdout == ""


def test_plain_pip_install_of_a_checkout_works(repository: Path, tmp_path: Path) -> None:
    environment = tmp_path / "env"
    subprocess.run(["python3", "-m", "venv", environment], check=True)
    subprocess.run(
        [environment / "bin" / "pip", "install", "--quiet", "."], cwd=repository, check=True
    )
    shown = subprocess.run(
        [environment / "bin" / "headwater", "init", tmp_path / "shop"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
