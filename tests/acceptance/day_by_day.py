"""Loads and builds a landing folder in steps of days; a process of its own, run by a test.

    python day_by_day.py ARRIVING FIRST_DAY DAYS...

DAYS are the lengths of the steps. Of the files in ARRIVING each step's move into the landing
folder, are loaded, every model on which a mart stands is built, and every mart published, as a
scheduler would do it an hour after the last day. dbt reads the project once and not for each step:
a step is a fork of the process that has read it, so that its connections end with it.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from headwater import access, dbt, project
from headwater.cli import cli
from headwater.graph import Node
from headwater.publish import publish
from headwater.serve import New

# A log of every event would cost a tenth of the time.
_QUIETLY = ("--quiet", "--log-level-file", "none", "--no-write-json")
_MODELS = (*_QUIETLY, "run", "--select", "+path:models/marts")
# Views follow by themselves once they are there.
_TABLES = (*_MODELS, "--exclude", "config.materialized:view")


def main(arriving: Path, first: date, steps: Sequence[int]) -> None:
    landing = project.find().landing
    artifacts = str(project.find().artifacts)
    manifest = dbtRunner().invoke(["parse", "--quiet", "--target-path", artifacts]).result
    assert isinstance(manifest, Manifest)
    day = first
    for number, length in enumerate(steps):
        until = day + timedelta(days=length)
        while day < until:
            for folder in sorted(arriving.glob(f"*/date={day}")):
                to = landing / folder.relative_to(arriving)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(folder, to)
            day += timedelta(days=1)
        os.environ["HEADWATER_NOW"] = f"{until}T01:00:00Z"
        _fork(_step, manifest, _TABLES if number else _MODELS)
        _fork(_publish, bool(number))


def _fork(target: Callable[..., None], *args: Any) -> None:
    process = multiprocessing.get_context("fork").Process(target=target, args=args)
    process.start()
    process.join()
    assert process.exitcode == 0, f"{target.__name__} at {os.environ['HEADWATER_NOW']} failed"


def _step(manifest: Manifest, command: tuple[str, ...]) -> None:
    loaded = CliRunner().invoke(cli, ["load"])
    assert loaded.exit_code == 0, loaded.output
    done = dbtRunner(manifest=manifest).invoke([*command])
    assert done.success, done.exception or done.result


def _publish(has_a_past: bool) -> None:
    """Publishes every mart, as if it had passed its checks, by patching serve if there is one."""
    here = project.find()
    passed = {node.name: True for node in dbt.graph_of(here).nodes.values() if node.is_mart}
    patched: list[str] = []
    patch = New.patch_mart

    def counted(new: New, node: Node, since: int) -> None:
        patched.append(node.name)
        patch(new, node, since)

    New.patch_mart = counted  # type: ignore[method-assign]
    with access.opened(here) as database:
        publish(here, database, passed)
    assert bool(patched) == has_a_past, patched


if __name__ == "__main__":
    main(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), [int(days) for days in sys.argv[3:]])
