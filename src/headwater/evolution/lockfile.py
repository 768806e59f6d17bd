"""contracts/contracts.lock.json: what every event contract said when it was last synced."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from headwater.errors import ContractErrors, Diagnostic
from headwater.evolution.promise import Promise

PATH = "contracts/contracts.lock.json"
_ABOUT = "Written by `headwater sync`: what event contracts said then. Commit it, do not edit it."


@dataclass(frozen=True)
class Entry:
    """One event type: the hash of its base model, and by major what its files said.

    `compatible` are hashes that rows may still have, each with the fields added since: only
    slices that carried one are rebuilt. `promised` is what a major said before changes that
    nobody has acknowledged, `retired` are majors whose files are gone, `first` is the major
    that was alone before base told majors apart.
    """

    hash: str
    latest: int
    majors: dict[int, Promise]
    promised: dict[int, Promise] = field(default_factory=dict)
    compatible: dict[str, list[str]] = field(default_factory=dict)
    retired: tuple[int, ...] = ()
    first: int = 1


@dataclass(frozen=True)
class Lock:
    """Every event type that was ever synced and is still there."""

    entries: dict[str, Entry] = field(default_factory=dict)

    @cached_property
    def text(self) -> str:
        """The file: sorted, a field a line, so that a change is one and a merge can be read."""
        events = {event: _as_json(entry) for event, entry in sorted(self.entries.items())}
        return _laid_out({"about": _ABOUT, "events": events}, 0) + "\n"


def read(root: Path) -> Lock:
    """The lock of the project at `root`, an empty one where there is none yet.

    Raises ContractErrors, with file and line, when it cannot be read.
    """
    try:
        text = (root / PATH).read_bytes().decode()
    except FileNotFoundError:
        return Lock()
    except (OSError, UnicodeDecodeError):
        raise _unreadable(0) from None
    try:
        events = json.loads(text)["events"]
        return Lock({str(event): _entry(said) for event, said in events.items()})
    except json.JSONDecodeError as error:
        raise _unreadable(error.lineno) from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _unreadable(1) from None


def _unreadable(line: int) -> ContractErrors:
    hint = "take either side of a merge (git checkout --ours) and run headwater sync again"
    return ContractErrors((Diagnostic(PATH, line, "is not as headwater sync writes it", hint),))


def _entry(said: Any) -> Entry:
    return Entry(
        hash=str(said["hash"]),
        latest=int(said["latest"]),
        majors={int(major): dict(promise) for major, promise in said["majors"].items()},
        promised={int(major): dict(each) for major, each in said.get("promised", {}).items()},
        compatible={str(each): list(fields) for each, fields in said["compatible"].items()},
        retired=tuple(int(major) for major in said["retired"]),
        first=int(said.get("first", 1)),
    )


def _as_json(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {
        "hash": entry.hash,
        "compatible": dict(sorted(entry.compatible.items())),
        "latest": entry.latest,
        "retired": list(entry.retired),
        "majors": {str(major): promise for major, promise in sorted(entry.majors.items())},
    }
    if entry.first != 1:
        found["first"] = entry.first
    if entry.promised:
        found["promised"] = {str(each): said for each, said in sorted(entry.promised.items())}
    return found


# Made once: json.dumps() makes an encoder for every value.
_SORTED = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
_AS_GIVEN = json.JSONEncoder(ensure_ascii=False)
_OPEN = ("events", "majors", "promised", "fields", "compatible")


def _laid_out(value: dict[str, Any], depth: int, *, is_open: bool = True) -> str:
    if not is_open or not value:
        return (_SORTED if depth else _AS_GIVEN).encode(value)
    lines = []
    for key, inner in value.items():
        opens = isinstance(inner, dict) and (key in _OPEN or depth in (1, 3))
        shown = _laid_out(inner, depth + 1) if opens else _SORTED.encode(inner)
        lines.append(f"{' ' * (depth + 1)}{_AS_GIVEN.encode(key)}: {shown}")
    return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"
