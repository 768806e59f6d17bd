"""JSON Schema patterns (ECMA-262) rewritten as RE2, which both engines run.

`translate` gives RE2 that means exactly what the pattern means, or refuses it: RE2 has
no lookaround, no backreference and no repeat over 1,000, and `.` and `\\s` differ.
"""

from __future__ import annotations

import functools
import os
import re

import duckdb

MAX_REPEAT = 1000
DOT = r"[^\n\r\x{2028}\x{2029}]"
SPACE = r"\t-\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}"

_CATEGORY = re.compile(r"L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cf]?")
# ECMA-262's long names of general categories.
_NAMES = """
    L=Letter Lu=Uppercase_Letter Ll=Lowercase_Letter Lt=Titlecase_Letter Lm=Modifier_Letter
    Lo=Other_Letter M=Mark M=Combining_Mark Mn=Nonspacing_Mark Mc=Spacing_Mark Me=Enclosing_Mark
    N=Number Nd=Decimal_Number Nd=digit Nl=Letter_Number No=Other_Number P=Punctuation P=punct
    Pc=Connector_Punctuation Pd=Dash_Punctuation Ps=Open_Punctuation Pe=Close_Punctuation
    Pi=Initial_Punctuation Pf=Final_Punctuation Po=Other_Punctuation S=Symbol Sm=Math_Symbol
    Sc=Currency_Symbol Sk=Modifier_Symbol So=Other_Symbol Z=Separator Zs=Space_Separator
    Zl=Line_Separator Zp=Paragraph_Separator Cc=Control Cc=cntrl Cf=Format Co=Private_Use
"""
_LONG = {name: short for short, name in (pair.split("=") for pair in _NAMES.split())}
_QUANTIFIER = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_ANYTHING = ("^", "^.*", "^.*$", "$", "^.*?$", "")
_SINGLE = re.compile(r"[^\\]|\\[^dDwWpPx]|\\x\{[0-9A-F]+\}|\\x[0-9]{2}")
_SPECIAL = frozenset("\\^$.*+?()[]{}|")
_IN_CLASS = frozenset("\\^-[]{")


class BadPatternError(ValueError):
    """Why a pattern is refused, and a hint as second argument."""


def translate(pattern: str) -> str:
    """`pattern` as RE2; raises BadPatternError."""
    # `{%` and `{#` would begin a dbt template wherever the pattern is written.
    translated = re.sub(r"\\\{(?=[%#])", r"\\x7B", _Translator(pattern).run())
    refused = _refused_by_re2(translated)
    if refused:
        raise BadPatternError(
            refused, "RE2 reads it; see docs/reference/event-contracts.md, pattern"
        )
    return translated


@functools.lru_cache(maxsize=4096)
def _refused_by_re2(pattern: str) -> str | None:
    try:
        _engine().execute("select regexp_matches('', ?)", [pattern]).fetchall()
    except duckdb.Error as error:
        return str(error).split("\n")[0].removeprefix("Invalid Input Error: ")
    return None


_engines: dict[int, duckdb.DuckDBPyConnection] = {}  # by process: a fork has none yet


def _engine() -> duckdb.DuckDBPyConnection:
    process = os.getpid()
    if process not in _engines:
        _engines[process] = duckdb.connect(":memory:", config={"threads": 1})
    return _engines[process]


def close_engine() -> None:
    """Ends the threads of the engine that reads patterns, which a fork must not find."""
    engine = _engines.pop(os.getpid(), None)
    if engine is not None:
        engine.close()


class _Translator:
    """One pass from left to right; `_at` is the next character."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def run(self) -> str:
        out: list[str] = []
        depth = 0
        repeatable = False
        while self._at < len(self._pattern):
            char = self._pattern[self._at]
            if char in "*+?" or (char == "{" and self._quantifier()):
                out.append(self._repeat(repeatable))
                repeatable = False
                continue
            repeatable = char not in "^$|("
            if char == "\\":
                escaped = self._escape(in_class=False)
                repeatable = escaped not in {r"\b", r"\B"}
                out.append(escaped)
            elif char == "[":
                out.append(self._class())
            elif char == "(":
                depth += 1
                out.append(self._group())
            else:
                depth -= char == ")"
                if depth < 0:
                    raise BadPatternError("a ) without its (", r"write \) for the character")
                self._at += 1
                out.append(self._plain(char))
        if depth:
            raise BadPatternError("a ( without its )", r"write \( for the character")
        return "".join(out)

    @staticmethod
    def _plain(char: str) -> str:
        if char == ".":
            return DOT
        if char in "{}]":
            return f"\\{char}"
        return _literal(char) if not char.isprintable() else char

    def _quantifier(self) -> re.Match[str] | None:
        rest = self._pattern[self._at :]
        if rest.startswith("{,"):
            raise BadPatternError("{, is no repeat", "write {0,n}")
        return _QUANTIFIER.match(rest)

    def _repeat(self, repeatable: bool) -> str:
        found = self._quantifier() if self._pattern[self._at] == "{" else None
        written = found[0] if found else self._pattern[self._at]
        if not repeatable:
            raise BadPatternError(
                f"{written} repeats nothing", rf"write \{written} for the character"
            )
        if found:
            low, high = int(found[1][:9]), int((found[3] or found[1])[:9])
            if max(low, high) > MAX_REPEAT:
                raise BadPatternError(
                    f"the repeat {written} is over {MAX_REPEAT}, the most that RE2 takes",
                    "use minLength and maxLength for long texts",
                )
            if high < low:
                raise BadPatternError(
                    f"the repeat {written} is the wrong way round", "smaller first"
                )
        self._at += len(written)
        if self._pattern[self._at : self._at + 1] == "?":
            self._at += 1
            written += "?"
        return written

    def _group(self) -> str:
        rest = self._pattern[self._at :]
        if rest.startswith(("(?=", "(?!", "(?<=", "(?<!")):
            raise BadPatternError(
                "it looks around (?= ?! ?<= ?<!), which RE2 cannot", self._without()
            )
        if rest.startswith("(?:"):
            self._at += 3
            return "(?:"
        if named := re.match(r"\(\?<[A-Za-z_$][A-Za-z0-9_$]*>", rest):
            self._at += len(named[0])
            return "(?:"
        if rest.startswith("(?"):
            raise BadPatternError(f"{rest[:4]} is no group of JSON Schema", "write (?:…)")
        self._at += 1
        return "("

    def _without(self) -> str:
        """What says the same without the look around that is next."""
        before, group = self._pattern[: self._at], self._pattern[self._at :]
        inner, after = _inside(group)
        inner = inner if "|" not in inner else f"(?:{inner})"
        is_behind, is_not = group.startswith("(?<"), "!" in group[:4]
        if before == "^" and not is_behind:
            kept, asked = f"^{after}", f"^{inner}"
        elif after == "$" and is_behind:
            kept, asked = f"{before}$", f"{inner}$"
        else:
            return "say it without, or by enum, minLength, maxLength, or not: {pattern: …}"
        asked, kept = (text.replace("'", "''") for text in (asked, kept))  # as YAML quotes it
        part = f"{{pattern: '{asked}'}}"
        words = f"write not: {part}" if is_not else f"write allOf: [{part}]"
        return words if kept in _ANYTHING else f"{words}, and pattern: '{kept}'"

    def _class(self) -> str:
        rest = self._pattern[self._at :]
        if re.match(r"\[\^?\[?:[a-z]+:\]", rest):
            raise BadPatternError("[:name:] is no class of JSON Schema", r"write a-z, \d or \p{L}")
        self._at += 1
        negated = self._pattern[self._at : self._at + 1] == "^"
        self._at += negated
        items: list[str] = []
        while True:
            if self._at >= len(self._pattern):
                raise BadPatternError("a [ without its ]", r"write \[ for the character")
            if self._pattern[self._at] == "]":
                self._at += 1
                break
            items.append(self._range())
        if not items:
            if negated:
                return r"[\x{0}-\x{10FFFF}]"
            raise BadPatternError("[] matches nothing", r"write \[\] for the characters")
        return f"[{'^' if negated else ''}{''.join(items)}]"

    def _range(self) -> str:
        low = self._member()
        rest = self._pattern[self._at : self._at + 2]
        if len(rest) < 2 or rest[0] != "-" or rest[1] == "]":
            return low
        self._at += 1
        high = self._member()
        for end in (low, high):
            if not _SINGLE.fullmatch(end):
                raise BadPatternError(f"{end} cannot end a range", r"write \- for the sign")
        return f"{low}-{high}"

    def _member(self) -> str:
        if self._at >= len(self._pattern):
            raise BadPatternError("a [ without its ]", r"write \[ for the character")
        char = self._pattern[self._at]
        if char == "\\":
            return self._escape(in_class=True)
        self._at += 1
        return _literal(char, in_class=True)

    def _escape(self, *, in_class: bool) -> str:
        rest = self._pattern[self._at + 1 :]
        if not rest:
            raise BadPatternError("it ends in \\", r"write \\ for the character")
        char = rest[0]
        if char in "dDwW" or (char in "bB" and not in_class):
            return self._take(2, f"\\{char}")
        if char in "tnvfr":
            return self._take(2, f"\\{char}")
        if char == "s":
            return self._take(2, SPACE if in_class else f"[{SPACE}]")
        if char == "S" and not in_class:
            return self._take(2, f"[^{SPACE}]")
        if char == "b":
            return self._take(2, r"\x08")
        if char in "pP" and (found := re.match(r"[pP]\{([A-Za-z_]+)(?:=([A-Za-z_]+))?\}", rest)):
            return self._take(1 + len(found[0]), f"\\{char}{{{_property(found[1], found[2])}}}")
        if code := self._code_point(rest):
            return code
        if char in "123456789k":
            raise BadPatternError(
                f"\\{char} refers back to a group, which RE2 cannot", "say it without"
            )
        if char.isascii() and not char.isalnum():
            return self._take(2, _literal(char, in_class=in_class))
        raise BadPatternError(
            f"\\{char} has no meaning in JSON Schema that RE2 shares",
            r"use \d \w \s \b \p{L} \t \n \r \xHH \uHHHH, or the character itself",
        )

    def _code_point(self, rest: str) -> str | None:
        if pair := re.match(r"u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})", rest):
            high, low = int(pair[1], 16), int(pair[2], 16)
            value = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
            return self._take(1 + len(pair[0]), _code(value))
        found = re.match(
            r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,8})\}|(0)(?![0-9])", rest
        )
        if found:
            value = int(next(group for group in found.groups() if group is not None), 16)
        elif control := re.match(r"c([A-Za-z])", rest):
            found, value = control, ord(control[1]) % 32
        else:
            return None
        if value > 0x10FFFF or 0xD800 <= value < 0xE000:
            raise BadPatternError(f"\\{found[0]} is no character", "write the character itself")
        return self._take(1 + len(found[0]), _code(value))

    def _take(self, length: int, out: str) -> str:
        self._at += length
        return out


def _inside(group: str) -> tuple[str, str]:
    """What a group that looks around holds, and what follows it."""
    start, depth, at = (4 if group[2:3] == "<" else 3), 0, 0
    while at < len(group):
        if group[at] == "\\":
            at += 1
        elif group[at] == "[":
            at = max(group.find("]", at + 2), at)
        elif group[at] in "()":
            depth += 1 if group[at] == "(" else -1
            if depth == 0:
                break
        at += 1
    return group[start:at], group[at + 1 :]


def _property(name: str, value: str | None) -> str:
    category = value if name in {"General_Category", "gc"} else name if value is None else ""
    if category in _LONG:
        return _LONG[category]
    if category and _CATEGORY.fullmatch(category):
        return category
    if name in {"Script", "sc"} and value is not None:
        return value
    written = name if value is None else f"{name}={value}"
    raise BadPatternError(
        f"the property {written} is not supported", r"use \p{L}, \p{Lu}, \p{Nd} or \p{Script=Greek}"
    )


def _code(value: int) -> str:
    return _literal(chr(value), in_class=True)


def _literal(char: str, *, in_class: bool = False) -> str:
    if not char.isprintable():
        return f"\\x{{{ord(char):X}}}"
    return f"\\{char}" if char in (_IN_CLASS if in_class else _SPECIAL) else char
