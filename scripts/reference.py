"""Writes the pages of docs/reference that follow from the code: commands, changes, macros …"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from headwater import cli, errors
from headwater.evolution import KINDS
from headwater.evolution.kinds import RESTATES

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Written by scripts/reference; edit what it reads, not this page. -->"

_MACRO = re.compile(
    r"(?:\{#-?(?P<comment>(?:(?!\{#).)*?)-?#\}\s*)?"
    r"\{%-?\s*macro\s+(?P<name>\w+)\((?P<arguments>.*?)\)\s*-?%\}",
    re.DOTALL,
)


@dataclass(frozen=True)
class Macro:
    """A macro of the framework: its signature, and what the comment before it says."""

    folder: str
    name: str
    arguments: tuple[str, ...]
    text: str
    described: tuple[tuple[str, str], ...]  # (argument, what it is)
    returns: str

    @property
    def undescribed(self) -> tuple[str, ...]:
        """The arguments that the comment does not explain."""
        known = {name for name, _ in self.described}
        names = [argument.split("=")[0].strip() for argument in self.arguments]
        return tuple(name for name in names if name not in known)


def macros() -> Iterator[Macro]:
    """Every macro of the framework, by folder, file and place."""
    top = ROOT / "macros" / "headwater"
    for path in sorted(top.rglob("*.sql")):
        for found in _MACRO.finditer(path.read_text(encoding="utf-8")):
            text, described, returns = _comment(found["comment"] or "")
            yield Macro(
                folder=path.parent.relative_to(top).as_posix(),
                name=found["name"],
                arguments=_arguments(found["arguments"]),
                text=text,
                described=described,
                returns=returns,
            )


def _arguments(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _comment(comment: str) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """What a macro's comment says: its text, its `@arg`s and its `@returns`."""
    text, *tags = re.split(r"^\s*@", textwrap.dedent(comment), flags=re.MULTILINE)
    described, returns = [], ""
    for tag in tags:
        word, rest = [*tag.split(maxsplit=1), ""][:2]
        if word == "returns":
            returns = " ".join(rest.split())
        elif word == "arg":
            names, meaning = [*re.split(r"(?<!,)\s+", rest, maxsplit=1), ""][:2]
            for name in re.split(r",\s*", names):
                described.append((name, " ".join(meaning.split())))
    return text.strip(), tuple(described), returns


def macros_page() -> str:
    """docs/reference/macros.md."""
    parts = [
        "# Macros",
        NOTE,
        "What models and hooks may call. They live in `macros/headwater/`, each engine's body"
        " beside the other's, and come with the wheel: `headwater sync` upgrades them.",
    ]
    folder = None
    for macro in sorted(macros(), key=lambda each: (each.folder, each.name)):
        if macro.folder != folder:
            folder = macro.folder
            parts.append(f"## {folder}")
        parts.append(f"### `{macro.name}({', '.join(macro.arguments)})`")
        parts.append(macro.text)
        rows = [f"- `{name}`: {meaning}" for name, meaning in macro.described]
        if macro.returns:
            rows.append(f"- returns {macro.returns}")
        if rows:
            parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def commands_page() -> str:
    """docs/reference/commands.md: what `--help` prints, command by command."""
    parts = [
        "# Commands",
        NOTE,
        "Data goes to standard output, everything else to standard error. What the exit codes"
        " mean: [exit-codes.md](exit-codes.md).",
    ]
    group = click.Context(
        cli.cli, info_name="headwater", terminal_width=80, **cli.cli.context_settings
    )
    contexts = [
        click.Context(command, info_name=name, parent=group)
        for name, command in sorted(cli.cli.commands.items())
    ]
    for context in [group, *contexts]:
        parts.append(f"## {context.command_path}")
        parts.append(f"```text\n{context.get_help()}\n```")
    return "\n\n".join(parts) + "\n"


def exit_codes_page() -> str:
    """docs/reference/exit-codes.md, from the comments beside ExitCode's members."""
    source = Path(errors.__file__).read_text(encoding="utf-8")
    rows = re.findall(r"^    ([A-Z_]+) = (\d+)(?:  # (.*))?$", source, re.MULTILINE)
    assert {name for name, _, _ in rows} == {code.name for code in errors.ExitCode}
    lines = ["| code | name | meaning |", "| --- | --- | --- |"]
    for name, code, meaning in rows:
        lines.append(f"| {code} | {name} | {meaning or 'all went well'} |")
    lines.append("| 130 | | stopped by Ctrl-C |")
    return (
        "\n\n".join(
            [
                "# Exit codes",
                NOTE,
                "Every command ends with one of these, so that a scheduler can tell a failure that"
                " waits for a person from one that another attempt may cure. Running again is"
                " always safe.",
                "\n".join(lines),
            ]
        )
        + "\n"
    )


CHANGES = """
`headwater sync` compares every event contract with `contracts/contracts.lock.json`, which it
writes and which is committed with the contracts, and tells each change: its class, the models it
touches, down to what analysts have built, and what of the past the next run restates. Nothing is
told when nothing has changed.

- *minor*: whoever reads staging goes on reading it. Write a higher `version`, so that they see
  it.
- *major*: they may not: rows or columns go, or mean something else. It belongs into a new major,
  a file of its own beside the old one. The majors then live [side by
  side](event-contracts.md#majors), and readers move when they can.
- A major change inside a major mends a contract that was wrong from the start. `sync` does it, so
  that the past heals by the next run, and `sync --check` fails, in review, until the contract
  says that it is meant: a higher `version`, and in `breaks:` the version whose readers it breaks.
  Both stay in the file; the next breaking change needs its own.
- *refused*: the event type stays as it is.

A slice is one load of one delivery hour. "Only the slices that carried it" are those where
`unknown_fields` of a record names the new field, in any case; the others keep their rows, and the
column is null in them. All slices are rebuilt instead where that cannot be known: when the field
is a part of the envelope, lies in an object with a rule of its own such as `patternProperties`,
or makes another major's column move; and when anything else that decides rows changes with it.
Rows whose raw has expired stay as they are, whatever changes.
"""


def changes_page() -> str:
    """docs/reference/contract-changes.md, from the table that sync goes by."""
    lines = [
        "| change | class | the next run restates | what it does |",
        "| --- | --- | --- | --- |",
    ]
    for kind in KINDS.values():
        grade = "" if kind.grade == "none" else kind.grade
        lines.append(f"| {kind.what} | {grade} | {RESTATES[kind.restates]} | {kind.does} |")
    return (
        "\n\n".join(["# Changes of event contracts", NOTE, CHANGES.strip(), "\n".join(lines)])
        + "\n"
    )


def keywords_page() -> str:
    """docs/reference/keywords.md."""
    sys.path.insert(0, str(ROOT / "scripts"))
    from reference_keywords import page

    return str(page(ROOT))


PAGES = {
    "contract-changes.md": changes_page,
    "commands.md": commands_page,
    "exit-codes.md": exit_codes_page,
    "keywords.md": keywords_page,
    "macros.md": macros_page,
}


@click.command(epilog="Example: scripts/reference --check")
@click.option("--check", is_flag=True, help="Write nothing; fail when a page is out of date.")
def main(check: bool) -> None:
    """Writes the pages of docs/reference that follow from the code."""
    stale = []
    for name, page in PAGES.items():
        path = REFERENCE / name
        if not path.is_file() or path.read_text(encoding="utf-8") != page():
            stale.append(path.relative_to(ROOT).as_posix())
            if not check:
                path.write_text(page(), encoding="utf-8")
    for name in stale:
        click.echo(f"{name}: {'is out of date' if check else 'written'}", err=True)
    if stale and check:
        click.echo("  hint: scripts/reference", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
