"""Where a warehouse keeps its files, and which engine it runs on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml

from headwater.errors import BadInput, HeadwaterError, NoProject


@dataclass(frozen=True)
class Project:
    """A dbt project with event contracts beside it.

    `output` is the chosen target of profiles/profiles.yml, rendered; `target` its name.
    """

    root: Path
    name: str
    target: str
    output: dict[str, Any]

    @property
    def engine(self) -> str:
        """`duckdb` or `bigquery`."""
        return str(self.output["type"])

    @property
    def contracts(self) -> Path:
        return self.root / "contracts"

    @property
    def landing(self) -> Path | str:
        """The folder that producers deliver to; the URL of one in an object store."""
        named = os.environ.get("HEADWATER_LANDING", "landing")
        return named if "://" in named else self.root / named

    @property
    def warehouse_file(self) -> Path:
        """The DuckDB file of the target; its folder holds everything else that is written."""
        return self.root / str(self.output["path"])

    @property
    def state(self) -> Path:
        """The folder of the warehouse file, the keys, serve.duckdb and the lock."""
        if self.engine == "duckdb":
            return self.warehouse_file.parent
        return self.root / os.environ.get("HEADWATER_WAREHOUSE", "warehouse")

    @property
    def keys_file(self) -> Path:
        return self.state / "keys.duckdb"

    @property
    def serve_file(self) -> Path:
        return self.state / "serve.duckdb"

    @property
    def lock_file(self) -> Path:
        return self.state / "lock"

    @property
    def target_dir(self) -> Path:
        return self.root / os.environ.get("DBT_TARGET_PATH", "target")

    @property
    def artifacts(self) -> Path:
        """Where Headwater's own dbt calls write, so that no other dbt call's manifest is read."""
        return self.target_dir / "headwater"

    @property
    def profiles(self) -> Path:
        """The folder of the profiles.yml that dbt reads."""
        return self.root

    @property
    def site(self) -> Path:
        return self.target_dir / "site"

    def schema(self, name: str) -> str:
        """The schema (dataset) called `name` here: prefixed unless the file is the environment."""
        base = str(self.output.get("schema") or self.output.get("dataset"))
        return name if base == "main" else f"{base}_{name}"


def _env_var(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise BadInput(f"profiles/profiles.yml needs the environment variable {name}")
    return value


def _render(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _render(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_render(inner) for inner in value]
    if isinstance(value, str) and "{{" in value:
        env = jinja2.Environment(undefined=jinja2.StrictUndefined)
        env.filters["as_number"] = int
        return env.from_string(value).render(env_var=_env_var)
    return value


def find(start: Path | None = None, target: str | None = None) -> Project:
    """The project that `start` (default: the working directory) lies in.

    Raises NoProject, or HeadwaterError when its profile cannot be used.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "dbt_project.yml").is_file():
            return _read(folder, target)
    raise NoProject(here)


def _read(root: Path, target: str | None) -> Project:
    declared = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
    path = root / "profiles.yml"
    if not path.is_file():
        raise HeadwaterError(f"no profiles.yml in {root}", "link it: ln -s profiles/profiles.yml")
    profiles = yaml.safe_load(path.read_text(encoding="utf-8"))
    profile = profiles.get(declared["profile"])
    if not profile:
        raise HeadwaterError(f"profiles.yml has no profile {declared['profile']!r}")
    chosen = target or str(_render(profile["target"]))
    if chosen not in profile["outputs"]:
        raise BadInput(
            f"profiles.yml has no target {chosen!r}",
            f"one of: {', '.join(profile['outputs'])}",
        )
    output = _render(profile["outputs"][chosen])
    return Project(root=root, name=declared["name"], target=chosen, output=output)
