"""A copy of this repository's project, to change, over the warehouse of a simulated world."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bigquery.projects import copy_project
from truths import World


@dataclass(frozen=True)
class Reference:
    """The project at `root`, and the world whose warehouse its commands read and write."""

    root: Path
    world: World

    def call(self, *args: str, code: int = 0) -> str:
        """Runs a Python module or script there; all that it said."""
        environment = self.world.environment() | {"NO_COLOR": "1"}
        # MetricFlow looks for dbt's artifacts in the project, wherever dbt writes them.
        del environment["DBT_TARGET_PATH"], environment["DBT_LOG_PATH"]
        done = subprocess.run(
            [sys.executable, *args],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def dbt(self, *args: str, code: int = 0) -> str:
        return self.call("-m", "dbt.cli.main", "--quiet", *args, code=code)

    def mf(self, *args: str) -> str:
        return self.call("-m", "dbt_metricflow.cli.main", *args)


def reference_of(world: World, folder: Path) -> Reference:
    """The project in the new folder `folder`, over the warehouse of `world` itself."""
    root = copy_project(folder)
    (root / "target").mkdir()
    parsed = world.folder / "target" / "semantic_manifest.json"
    if parsed.is_file():
        shutil.copy(parsed, root / "target")
    return Reference(root, world)
