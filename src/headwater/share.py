"""The files that every warehouse has alike: the framework's macros, the profiles, the scripts.

This repository is where they are edited. The wheel carries a copy (`headwater/share`, see
pyproject.toml), from which `headwater init` makes a warehouse and `headwater sync`
upgrades one.
"""

from __future__ import annotations

from pathlib import Path

from headwater.errors import Diagnostic, HeadwaterError

MACROS = Path("macros", "headwater")


def folder() -> Path:
    """Where those files are: in the wheel, or, for an editable install, in the checkout.

    Raises HeadwaterError when the installation lacks them.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "share", package.parents[1]):
        if (candidate / MACROS).is_dir():
            return candidate
    raise HeadwaterError(
        "this installation of headwater lacks its macros", "reinstall it: pip install headwater"
    )


def framework_macros_drift(root: Path) -> list[Diagnostic]:
    """Every macro below `root`/macros/headwater that is not as this version ships it.

    Empty where the warehouse is the checkout that this headwater is installed from.
    """
    shipped, own = _sources(folder() / MACROS), _sources(root / MACROS)
    if _same_folder(root):
        return []
    found = []
    for name in sorted(shipped.keys() | own.keys()):
        path = (MACROS / name).as_posix()
        if name not in own:
            problem = "missing: this version of headwater ships it"
        elif name not in shipped:
            problem = "not one of the framework's macros"
        elif own[name] != shipped[name]:
            problem = "differs from the macro this version of headwater ships"
        else:
            continue
        found.append(Diagnostic(path, 0, problem, _HINT))
    return found


def upgrade_framework_macros(root: Path) -> list[str]:
    """Makes `root`/macros/headwater what this version ships; the changed paths, sorted."""
    if _same_folder(root):
        return []
    shipped, own = _sources(folder() / MACROS), _sources(root / MACROS)
    changed = []
    for name in sorted(shipped.keys() | own.keys()):
        path = root / MACROS / name
        if name not in shipped:
            path.unlink()
        elif own.get(name) != shipped[name]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(shipped[name])
        else:
            continue
        changed.append((MACROS / name).as_posix())
    return changed


_HINT = "keep your own macros in macros/, beside headwater/, and restore these: headwater sync"


def _sources(top: Path) -> dict[str, bytes]:
    """The files below `top` by their path from there; editors' and systems' litter is not ours."""
    return {
        path.relative_to(top).as_posix(): path.read_bytes()
        for path in top.rglob("*")
        if path.is_file() and path.suffix in {".sql", ".yml", ".py", ".md"}
    }


def _same_folder(root: Path) -> bool:
    own = root / MACROS
    return own.is_dir() and own.samefile(folder() / MACROS)
