"""Writes YAML as PyYAML does, and much faster where texts are plain, as most are."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

WIDTH = 88
_STEP = 2

# What needs no quotes wherever it stands, and can be folded at any of its spaces.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.,;()/`-]*(?: [A-Za-z0-9_.,;()/`-]+)*", re.ASCII)
_CHANNEL = re.compile(r"#[A-Za-z0-9_-]{1,40}", re.ASCII)
_BREAK = re.compile("([\n\x85\u2028\u2029])(?=[^\n\x85\u2028\u2029])")
_OTHER_TYPES = frozenset({"yes", "no", "true", "false", "on", "off", "null"})


class Dumper(yaml.SafeDumper):
    """PyYAML's own way, which `dump` follows: lists indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Double quotes around what holds single ones: easier to read than doubled ones."""
    style = '"' if "'" in text and '"' not in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _string)


def dump(content: Mapping[str, Any]) -> str:
    """The text of mappings and lists in block style, without anchors.

    Values are texts, numbers, mappings and lists of mappings; none is empty. Keys are words.
    """
    return "".join(_mapping(content, 0))


def _mapping(content: Mapping[str, Any], indent: int, lead: str | None = None) -> Iterator[str]:
    """Its lines; `lead` stands before the first key instead of the indentation."""
    margin = " " * indent
    before = margin if lead is None else lead
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield f"{before}{key}:\n"
            yield from _mapping(value, indent + _STEP)
        elif isinstance(value, list):
            yield f"{before}{key}:\n"
            for item in value:
                yield from _mapping(item, indent + 2 * _STEP, f"{margin}{' ' * _STEP}- ")
        else:
            yield before + _pair(key, value, indent)
        before = margin


def _pair(key: str, value: str | int | float, indent: int) -> str:
    if type(value) is int:
        return f"{key}: {value}\n"
    if not isinstance(value, str):
        return _any_pair(key, value, indent)
    if _CHANNEL.fullmatch(value):
        return f"{key}: '{value}'\n"
    if not _PLAIN.fullmatch(value) or value.lower() in _OTHER_TYPES:
        return _any_text(key, value, indent)
    end = indent + len(key) + 2 + len(value)
    if end <= WIDTH:
        return f"{key}: {value}\n"
    return f"{key}: {_folded(value, indent + len(key) + 2, indent + _STEP)}\n"


def _folded(text: str, column: int, indent: int) -> str:
    """A plain text that begins in `column`: a line ends after the word that passes WIDTH."""
    parts: list[str] = []
    for word in text.split(" "):
        if parts:
            broken = column > WIDTH
            parts.append("\n" + " " * indent if broken else " ")
            column = indent if broken else column + 1
        parts.append(word)
        column += len(word)
    return "".join(parts)


@functools.lru_cache(maxsize=4096)
def _any_text(key: str, value: str, indent: int) -> str:
    return _any_pair(key, value, indent)


def _any_pair(key: str, value: str | int | float, indent: int) -> str:
    """By PyYAML, as if the page began at the indentation."""
    text = yaml.dump(
        {key: value}, Dumper=Dumper, width=WIDTH - indent, allow_unicode=True, indent=_STEP
    )
    return _BREAK.sub(rf"\1{' ' * indent}", text)
