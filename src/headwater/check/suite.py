"""Reads the suites in tests/expectations/: YAML to values, with a line for every complaint.

A suite names a model and lists expectations by Great Expectations' own names:

    model: dim_thing
    owner: a-team             # optional; default: the model's meta
    channel: "#a-channel"     # optional; default: the model's meta
    expectations:
      - expect_column_values_to_not_be_null: {column: thing_id}
        severity: critical    # critical | warning
        description: Every row is one thing.

Nothing here imports Great Expectations: that costs seconds, and most runs check nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from headwater.errors import Diagnostic

SEVERITIES = ("critical", "warning")
SUITE_KEYS = ("model", "owner", "channel", "expectations")
ENTRY_KEYS = ("severity", "description")


@dataclass(frozen=True)
class Expectation:
    """One expectation as written: `type` is Great Expectations' name, `kwargs` its arguments."""

    type: str
    kwargs: Mapping[str, Any]
    severity: str
    description: str
    path: str
    line: int

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns its arguments name, in order (none for a rule about the table)."""
        if self.type.startswith("expect_table_"):
            return ()
        named = [self.kwargs.get(key) for key in ("column", "column_A", "column_B")]
        named.extend(self.kwargs.get("column_list") or ())
        return tuple(str(name) for name in named if name)

    @property
    def label(self) -> str:
        """The name with the arguments that are not columns, for people and for history."""
        hidden = {"column", "column_A", "column_B", "column_list"}
        said = [f"{key}={_short(value)}" for key, value in self.kwargs.items() if key not in hidden]
        return f"{self.type} ({', '.join(said)})" if said else self.type


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:59] + "…"


@dataclass(frozen=True)
class Suite:
    """The expectations of one model. `diagnostics` is what could not be read of the file."""

    path: str
    model: str
    owner: str
    channel: str
    expectations: tuple[Expectation, ...]
    hash: str
    diagnostics: tuple[Diagnostic, ...] = ()


def suite_hash(path: Path) -> str:
    """A hash of what the suite says; empty when there is no file.

    Comments and layout do not count, so that tidying a suite checks nothing again.
    """
    if not path.is_file():
        return ""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        said = repr(yaml.safe_load(text))
    except yaml.YAMLError:
        said = text
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def suite_path(root: Path, model: str) -> Path:
    """Where the suite of `model` lies."""
    return root / "tests" / "expectations" / f"{model}.yml"


def read_suites(root: Path) -> list[Suite]:
    """Every suite under tests/expectations/, in file order; each carries its own complaints."""
    folder = root / "tests" / "expectations"
    paths = sorted((*folder.glob("*.yml"), *folder.glob("*.yaml")))
    return [read_suite(root, path) for path in paths]


def read_suite(root: Path, path: Path) -> Suite:
    """One suite. A file that cannot be read at all is a suite of its stem with a complaint."""
    shown = path.relative_to(root).as_posix()
    return _Reader(shown, path).read()


class _Reader:
    """Walks one file's YAML nodes, so that each complaint has its line."""

    def __init__(self, shown: str, path: Path) -> None:
        self.shown = shown
        self.path = path
        self.found: list[Diagnostic] = []

    def read(self) -> Suite:
        top = self._compose()
        fields = dict(self._pairs(top, "a suite is a mapping: model, expectations"))
        for key, (key_node, _) in fields.items():
            if key not in SUITE_KEYS:
                self._complain(key_node, f"unknown key {key!r}", f"one of: {', '.join(SUITE_KEYS)}")
        model = self._text(fields, "model") or self.path.stem
        if isinstance(top, yaml.MappingNode) and "model" not in fields:
            self._complain(top, "a suite says which model it is for", f"model: {self.path.stem}")
        elif model != self.path.stem:
            self._complain(
                fields["model"][1],
                f"the suite of {model} lies in {self.path.name}",
                f"name the file {model}.yml: one suite per model",
            )
        return Suite(
            path=self.shown,
            model=self.path.stem,
            owner=self._text(fields, "owner"),
            channel=self._text(fields, "channel"),
            expectations=tuple(self._expectations(fields.get("expectations"))),
            hash=suite_hash(self.path),
            diagnostics=tuple(self.found),
        )

    def _compose(self) -> yaml.Node | None:
        try:
            text = self.path.read_text(encoding="utf-8")
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except OSError as error:
            self.found.append(Diagnostic(self.shown, 0, f"cannot be read: {error.strerror}"))
            return None
        except UnicodeDecodeError:
            self.found.append(Diagnostic(self.shown, 0, "is not UTF-8"))
            return None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 0
            problem = getattr(error, "problem", None) or "is not YAML"
            self.found.append(Diagnostic(self.shown, line, f"is not YAML: {problem}"))
            return None
        if node is None:
            self.found.append(
                Diagnostic(self.shown, 1, "is empty", "delete it, or expect something")
            )
        return node

    def _complain(self, node: yaml.Node, message: str, hint: str = "") -> None:
        self.found.append(Diagnostic(self.shown, node.start_mark.line + 1, message, hint))

    def _pairs(
        self, node: yaml.Node | None, otherwise: str
    ) -> Iterator[tuple[str, tuple[yaml.Node, yaml.Node]]]:
        if node is None:
            return
        if not isinstance(node, yaml.MappingNode):
            self._complain(node, otherwise)
            return
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                self._complain(key, f"{name!r} is said twice")
            seen.add(name)
            yield name, (key, value)

    def _text(self, fields: Mapping[str, tuple[yaml.Node, yaml.Node]], key: str) -> str:
        if key not in fields:
            return ""
        node = fields[key][1]
        if not isinstance(node, yaml.ScalarNode):
            self._complain(node, f"{key} is a text")
            return ""
        return str(node.value).strip()

    def _expectations(self, field: tuple[yaml.Node, yaml.Node] | None) -> Iterable[Expectation]:
        if field is None:
            return
        if not isinstance(field[1], yaml.SequenceNode):
            self._complain(field[1], "expectations is a list", "begin each with `- expect_…`")
            return
        for node in field[1].value:
            expectation = self._expectation(node)
            if expectation is not None:
                yield expectation

    def _expectation(self, node: yaml.Node) -> Expectation | None:
        before = len(self.found)
        fields = dict(self._pairs(node, "an expectation is a mapping: its name, then severity"))
        names = [key for key in fields if key not in ENTRY_KEYS]
        severity = self._text(fields, "severity")
        if isinstance(node, yaml.MappingNode):
            if len(names) != 1:
                said = ", ".join(names) or "none"
                self._complain(
                    node,
                    f"one expectation per entry, not {said}",
                    "beside its name stand only: " + ", ".join(ENTRY_KEYS),
                )
            if severity not in SEVERITIES:
                place = fields["severity"][1] if "severity" in fields else node
                said = f"severity {severity!r} is unknown" if severity else "no severity"
                self._complain(place, said, f"severity: {' | '.join(SEVERITIES)}")
        if len(self.found) > before:
            return None
        arguments = self._arguments(fields[names[0]][1])
        if arguments is None:
            return None
        return Expectation(
            type=names[0],
            kwargs=arguments,
            severity=severity,
            description=self._text(fields, "description"),
            path=self.shown,
            line=node.start_mark.line + 1,
        )

    def _arguments(self, node: yaml.Node) -> dict[str, Any] | None:
        value = _value(node)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._complain(node, "the arguments are a mapping", "for example {column: thing_id}")
            return None
        return {str(key): inner for key, inner in value.items()}


def _value(node: yaml.Node) -> Any:
    """The plain value of a node, as YAML's safe loader would make it."""
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()
