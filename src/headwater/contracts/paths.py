"""JSON paths of the envelope: `$`, `$.data.id`, `$['odd name'].id`."""

from __future__ import annotations

import re

from headwater.contracts.model import Path
from headwater.contracts.values import has_jinja

_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | \['(?P<single>(?:[^'\\]|\\.)*)'\]
      | \["(?P<double>(?:[^"\\]|\\.)*)"\]""",
    re.VERBOSE,
)


class BadPathError(ValueError):
    """What is wrong with a path, and a hint as second argument."""


def parse(text: str) -> Path:
    """The property names that `text` walks through; raises BadPathError."""
    if not text.startswith("$"):
        raise BadPathError("a path starts with $", f"did you mean $.{text.lstrip('.')}?")
    names: list[str] = []
    at = 1
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            raise BadPathError(f"cannot read {text[at : at + 20]!r}", _hint(text[at:]))
        name = step["name"]
        if name is None:
            quoted = step["single"] if step["single"] is not None else step["double"]
            name = re.sub(r"\\(.)", r"\1", quoted)
        if not name or not name.isprintable() or has_jinja(name):
            raise BadPathError(
                "a name is empty or holds a control character or a template", "rename it"
            )
        names.append(name)
        at = step.end()
    return tuple(names)


def _hint(rest: str) -> str:
    if rest.startswith(("[*", ".*", "..")):
        return "a path leads to one value: no wildcards"
    if re.match(r"\[[0-9-]", rest):
        return "a path leads through objects only: no list positions"
    return "write $.name.name, and names with other characters as $['odd name']"


def text(path: Path) -> str:
    """The path as a contract writes it."""
    return "$" + "".join(
        f".{name}"
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)
        else "['{}']".format(name.replace("\\", "\\\\").replace("'", "\\'"))
        for name in path
    )
