"""Makes a new, empty warehouse from what this installation carries, and nothing else."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import yaml

from headwater import editor, share
from headwater.errors import BadInput, HeadwaterError
from headwater.sync import sync

# Shared with this repository: edited there, copied as they are.
_SHARED = (".sqlfluff", "selectors.yml", "macros/headwater", "profiles", "scripts")
_SHARED_SCRIPTS = {"hourly", "daily"}
# What may already lie in the folder: a clone's history, and an init that was killed.
_LEFTOVER = ".headwater-init-"


def init(directory: Path) -> Path:
    """Makes `directory` a warehouse that works by itself; returns its absolute path.

    A folder that holds nothing but `.git` will do. Everything is written aside first, then
    moved into place; what a killed init left aside the next one removes.
    Raises BadInput where it cannot become a warehouse, HeadwaterError where it cannot be
    written.
    """
    root = directory.resolve()
    name = project_name(root)
    _refuse_unless_empty(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_LEFTOVER, dir=root) as folder:
            draft = Path(folder)
            _write(draft, name)
            _sync(draft)
            # dbt_project.yml makes it a project, so it goes last.
            for entry in sorted(draft.iterdir(), key=lambda path: path.name == "dbt_project.yml"):
                entry.rename(root / entry.name)
    except OSError as error:
        raise HeadwaterError(f"cannot write {root}: {error.strerror}") from error
    return root


def project_name(root: Path) -> str:
    """The dbt project name for a folder: its own name, as dbt spells names.

    Raises BadInput when none can be made of it.
    """
    name = re.sub(r"[^a-z0-9]+", "_", root.name.lower()).strip("_")
    if not re.match(r"[a-z]", name) or name == "dbt" or name.startswith("dbt_"):
        raise BadInput(
            f"a warehouse cannot be called {root.name!r}",
            "begin the folder's name with a letter, and not with dbt: headwater init my_warehouse",
        )
    return name


def _refuse_unless_empty(root: Path) -> None:
    if root.is_symlink() or (root.exists() and not root.is_dir()):
        raise BadInput(f"{root} is not a folder", "name one that is empty or does not exist")
    if not root.is_dir():
        return
    for entry in root.iterdir():
        if entry.name.startswith(_LEFTOVER):
            shutil.rmtree(entry)
        elif entry.name != ".git":
            raise BadInput(
                f"{root} is not empty: it holds {entry.name}",
                "name a folder that is empty or does not exist",
            )


def _write(root: Path, name: str) -> None:
    """Every file but those that `sync` derives."""
    words = {"NAME_OF_WAREHOUSE": name, "VERSION_OF_HEADWATER": version("headwater")}
    for source, target in _templates():
        content = source.read_text(encoding="utf-8")
        for word, meaning in words.items():
            content = content.replace(word, meaning)
        _put(root / target, content, executable=target.startswith("scripts/"))
    for source, target in _shared():
        _put(
            root / target,
            source.read_text(encoding="utf-8"),
            executable=target.startswith("scripts/"),
        )
    declared = (share.folder() / "dbt_project.yml").read_text(encoding="utf-8")
    origin = yaml.safe_load(declared)["name"]
    _put(root / "dbt_project.yml", re.sub(rf"\b{origin}\b", name, declared))
    (root / "profiles.yml").symlink_to("profiles/profiles.yml")


def _put(path: Path, content: str, *, executable: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    if executable:
        path.chmod(0o755)


def _templates() -> Iterator[tuple[Path, str]]:
    """The files of templates/init and where they go; `dot-` stands for a leading dot there."""
    top = Path(__file__).resolve().parent / "templates" / "init"
    for path in sorted(top.rglob("*")):
        if path.is_file():
            parts = path.relative_to(top).parts
            yield path, "/".join(re.sub("^dot-", ".", part) for part in parts)


def _shared() -> Iterator[tuple[Path, str]]:
    top = share.folder()
    for name in _SHARED:
        entry = top / name
        for path in [entry] if entry.is_file() else sorted(entry.rglob("*")):
            if path.suffix == ".pyc" or not path.is_file():
                continue
            if name != "scripts" or path.name in _SHARED_SCRIPTS:
                yield path, path.relative_to(top).as_posix()


def _sync(root: Path) -> None:
    editor.write(root)
    result = sync(root, remember=False)
    if result.exit_code:
        raise HeadwaterError("\n".join(result.lines()), "reinstall it: pip install headwater")
