"""Renders the Jinja of generated models, which is calls of macros with literals, by Python itself.

Jinja takes longer to read such a model than DuckDB to run it. What is written here is read as
Jinja reads it or not at all: for anything else, and for every error, `render` gives None.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import Any

_OPEN = re.compile(r"\{\{|\{%|\{#")
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    |(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?(?![\w.]))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<end>\}\}|%\})
    |(?P<mark>[()\[\]{},:=~])
    """,
    re.VERBOSE,
)
# Words of either language that are no names.
_WORDS = frozenset({*keyword.kwlist, "recursive"})
_CONSTANTS = {"true": True, "false": False, "none": None}
_OTHER_ESCAPE = re.compile(r"\\(?!['\"nrt])")


class _OtherError(Exception):
    """Something is written that Python might read otherwise."""


def render(text: str, names: Mapping[str, Any]) -> str | None:
    """What Jinja makes of `text` where `names` are defined; None where Jinja has to say it."""
    try:
        model = _Model(text)
        scope = {**_CONSTANTS, **names, "_texts": model.texts, "_join": "".join, "_str": str}
        scope["__builtins__"] = {}  # no name means more than it does in Jinja
        exec(compile(model.code(), "<model>", "exec"), scope)
        return str(scope["_render"]())
    except Exception:
        return None


class _Model:
    """One pass over a model; `texts` are the pieces between its calls."""

    def __init__(self, text: str) -> None:
        if "\r" in text:
            raise _OtherError
        # A line break at the very end is the file's, as Jinja has it.
        self._text = text.removesuffix("\n")
        self._at = 0
        self.texts: list[str] = []

    def code(self) -> str:
        """Python for it: a function `_render`."""
        body, ended_by = self._parts(is_top=True)
        if ended_by:
            raise _OtherError
        return "\n ".join(["def _render():", "_out = []", *body, "return _join(_out)"])

    def _parts(self, *, is_top: bool) -> tuple[list[str], str]:
        """Statements at the top, expressions inside a block; and what ended them."""
        found: list[str] = []

        def add(expression: str) -> None:
            found.append(f"_out.append({expression})" if is_top else expression)

        while opened := _OPEN.search(self._text, self._at):
            if opened.start() > self._at:
                add(self._plain(self._text[self._at : opened.start()]))
            self._at = opened.end()
            if opened[0] == "{#":
                raise _OtherError
            tokens = self._tokens("}}" if opened[0] == "{{" else "%}")
            if opened[0] == "{{":
                add(f"_str({_python(tokens)})")
            elif tokens[0] == "set" and tokens[2] == "=" and is_top:
                found.append(f"{tokens[1]} = ({_python(tokens[3:])})")
            elif tokens[0] == "call" and tokens[2] == "(" and tokens[-1] == ")":
                parts, ended_by = self._parts(is_top=False)
                if ended_by != "endcall":
                    raise _OtherError
                caller = f"caller=lambda: _join(({', '.join([*parts, ''])}))"
                add(f"_str({_python(tokens[1:-1])}, {caller}))")
            elif tokens == ["endcall"]:
                return found, "endcall"
            else:
                raise _OtherError
        if self._at < len(self._text):
            add(self._plain(self._text[self._at :]))
        return found, ""

    def _plain(self, text: str) -> str:
        self.texts.append(text)
        return f"_texts[{len(self.texts) - 1}]"

    def _tokens(self, end: str) -> list[str]:
        """Those up to the end of the tag, which no bracket that is open contains."""
        found: list[str] = []
        depth = 0
        if self._text[self._at : self._at + 1] in ("-", "+"):  # that is about white space
            raise _OtherError
        while match := _TOKEN.match(self._text, self._at):
            kind, token = match.lastgroup, match[0]
            if kind == "end" and depth:
                kind, token = "mark", token[0]  # of `}}`, the bracket that it closes first
            self._at += len(token)
            if kind == "end":
                if token != end or not found:
                    break
                return found
            if token in "([{" and kind == "mark":
                depth += 1
            elif token in ")]}" and kind == "mark":
                depth -= 1
            if kind == "text" and _OTHER_ESCAPE.search(token.replace("\\\\", "")):
                break
            if kind != "space":
                found.append(token)
        raise _OtherError


def _python(tokens: list[str]) -> str:
    """The expression as Python, where + joins texts as ~ does in Jinja."""
    for at, token in enumerate(tokens):
        if token in _WORDS or token.startswith("_"):
            raise _OtherError
        if token == "~":
            before, after = tokens[at - 1 : at], tokens[at + 1 : at + 3]
            is_text = after and (after[0][0] in "'\"" or after[1:] == ["("])
            if not (before and before[0][-1] in "'\")" and is_text):
                raise _OtherError
    return " ".join("+" if token == "~" else token for token in tokens)
