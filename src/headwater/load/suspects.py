"""A cheap, vectorised first look for what DuckDB's parser accepts and RFC 8259 does not.

`json_valid` takes NaN, Infinity and their like in any case, and a comma before a closing
bracket; numbers beyond float64 it reads as infinity. A record that holds none of these has
no byte sequence found here; the few that do are tested exactly, in SQL. Strings may look
alike, so a suspect is often innocent, and nothing guilty is missed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from headwater.load.blocks import Bytes, Lines

_PIECE = 1 << 20  # stays in the processor's cache through the passes below
_OVERLAP = 512  # longer than any pattern looked for in one piece
_DIGITS_STRIDE = 20
_MAX_STEPS = 64  # backwards, before a position counts as suspicious anyway

_IS_DIGIT = np.zeros(256, dtype=bool)
_IS_DIGIT[ord("0") : ord("9") + 1] = True
_IS_SPACE = np.zeros(256, dtype=bool)
_IS_SPACE[[9, 10, 13, 32]] = True
_IN_NUMBER = _IS_DIGIT.copy()
_IN_NUMBER[[ord("+"), ord("-"), ord(".")]] = True
_BEFORE_VALUE = _IS_SPACE.copy()
_BEFORE_VALUE[[ord(":"), ord(","), ord("["), ord("-")]] = True


def suspicious(data: bytes) -> Lines:
    """Positions in `data` (records, each ended by a newline) that need the exact test."""
    whole = np.frombuffer(data, dtype=np.uint8)
    found: list[Lines] = []
    for start in range(0, len(whole), _PIECE):
        piece = whole[start : start + _PIECE + _OVERLAP]
        lower = piece | 0x20
        for positions in (
            _not_finite(piece, lower),
            _trailing_comma(whole, start, piece, lower),
            _large_exponent(whole, start, lower),
            _long_digits(piece),
        ):
            if len(positions):
                found.append(positions + start)
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _where(mask: npt.NDArray[np.bool_]) -> Lines:
    return np.flatnonzero(mask).astype(np.int64, copy=False)


def _not_finite(piece: Bytes, lower: Bytes) -> Lines:
    """`nan` or `inf`, in any case, where a value can begin."""
    n = lower == ord("n")
    nan = n[:-2] & (lower[1:-1] == ord("a")) & n[2:]
    inf = n[1:-1] & (lower[:-2] == ord("i")) & (lower[2:] == ord("f"))
    at = _where(nan | inf)
    return at[(at == 0) | _BEFORE_VALUE[piece[at - 1]]]


def _trailing_comma(whole: Bytes, start: int, piece: Bytes, lower: Bytes) -> Lines:
    """A closing bracket or brace with a comma before it, spaces aside."""
    closing = lower[1:] == ord("}")  # `]` with bit 5 set is `}`
    before = piece[:-1]
    at = _where(closing & ((before == ord(",")) | (before <= 32)))
    here = at + start
    for _ in range(_MAX_STEPS):
        spaces = _IS_SPACE[whole[here]] & (here > 0)
        if not spaces.any():
            return at[whole[here] == ord(",")] + 1
        here = here - spaces
    return at + 1


def _large_exponent(whole: Bytes, start: int, lower: Bytes) -> Lines:
    """An `e` with three digits of exponent, in what reads backwards as a number."""
    e = lower[:-1] == ord("e")
    follows = lower[1:]
    at = _where(e & (follows >= ord("+")) & (follows <= ord("9"))) + start
    first = at + 1 + (whole[np.minimum(at + 1, len(whole) - 1)] == ord("+"))
    fits = first + 2 < len(whole)
    at, first = at[fits], first[fits]
    three = _IS_DIGIT[whole[first]] & _IS_DIGIT[whole[first + 1]] & _IS_DIGIT[whole[first + 2]]
    at = at[three & (at > 0)]
    at = at[_IS_DIGIT[whole[at - 1]]]
    here = at - 1
    for _ in range(_MAX_STEPS):
        inside = _IN_NUMBER[whole[here]] & (here > 0)
        if not inside.any():
            return at[(here == 0) | _BEFORE_VALUE[whole[here]]] - start
        here = here - inside
    return at - start


def _long_digits(piece: Bytes) -> Lines:
    """Runs of 200 digits or more: each covers ten samples in a row at this stride.

    With an exponent of two digits that is what it takes to leave float64's range.
    """
    sampled = piece[::_DIGITS_STRIDE]
    digits = (sampled >= ord("0")) & (sampled <= ord("9"))
    run = digits[:-8].copy()
    for offset in range(1, 9):
        run &= digits[offset : len(digits) - 8 + offset]
    return _where(run) * _DIGITS_STRIDE
