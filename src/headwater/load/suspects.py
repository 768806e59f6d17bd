"""A cheap, vectorised first look for what DuckDB's parser accepts and RFC 8259 does not.

`json_valid` takes NaN, Infinity and their like in any case, and a comma before a closing
bracket; numbers beyond float64 it reads as infinity. A record that holds none of these has
no byte sequence found here; the few that do are tested exactly, in SQL. Strings may look
alike, so a suspect is often innocent, and nothing guilty is missed.
"""

from __future__ import annotations

import numpy as np

from headwater.load.blocks import Bytes, Lines, Mask, where

_PIECE = 1 << 20  # stays in the processor's cache through the passes below
_OVERLAP = 512  # longer than any pattern looked for in one piece
_DIGITS_STRIDE = 20
_MAX_STEPS = 64  # backwards, before a position counts as suspicious anyway

_NOWHERE: Lines = np.empty(0, dtype=np.int64)
_IS_DIGIT: Mask = np.zeros(256, dtype=bool)
_IS_DIGIT[ord("0") : ord("9") + 1] = True
_IS_SPACE: Mask = np.zeros(256, dtype=bool)
_IS_SPACE[[9, 10, 13, 32]] = True
_IN_NUMBER: Mask = _IS_DIGIT.copy()
_IN_NUMBER[[ord("+"), ord("-"), ord(".")]] = True
_BEFORE_VALUE: Mask = _IS_SPACE.copy()
_BEFORE_VALUE[[ord(":"), ord(","), ord("["), ord("-")]] = True


def suspicious(data: bytes) -> Lines:
    """Positions in `data` (records, each ended by a newline) that need the exact test."""
    whole = np.frombuffer(data, dtype=np.uint8)
    found: list[Lines] = []
    for start in range(0, len(whole), _PIECE):
        piece = whole[start : start + _PIECE + _OVERLAP]
        lower = piece | np.uint8(0x20)
        for positions in (
            _not_finite(piece, lower),
            _trailing_comma(whole, start, piece, lower),
            _large_exponent(whole, start, lower),
            _long_digits(piece),
        ):
            if len(positions):
                found.append(positions + start)
    return np.concatenate(found) if found else _NOWHERE


def _not_finite(piece: Bytes, lower: Bytes) -> Lines:
    """`nan` or `inf`, in any case, where a value can begin."""
    n = lower == ord("n")
    at = where((n[:-2] & n[2:]) | (n[1:-1] & (lower[2:] == ord("f"))))
    middle = lower[at + 1]
    is_nan = (middle == ord("a")) & (lower[at] == ord("n"))
    is_inf = (middle == ord("n")) & (lower[at] == ord("i"))
    at = at[is_nan | is_inf]
    suspects: Lines = at[(at == 0) | _BEFORE_VALUE[piece[at - 1]]]
    return suspects


def _trailing_comma(whole: Bytes, start: int, piece: Bytes, lower: Bytes) -> Lines:
    """A closing bracket or brace with a comma before it, spaces aside."""
    closing = lower[1:] == ord("}")  # `]` with bit 5 set is `}`
    before = piece[:-1]
    at = where(closing & ((before == ord(",")) | (before <= 32)))
    here = at + start
    for _ in range(_MAX_STEPS):
        spaces = _IS_SPACE[whole[here]] & (here > 0)
        if not spaces.any():
            suspects: Lines = at[whole[here] == ord(",")] + 1
            return suspects
        here = here - spaces
    return at + 1


def _large_exponent(whole: Bytes, start: int, lower: Bytes) -> Lines:
    """An `e` with three digits of exponent, in what reads backwards as a number."""
    # The byte after may be a sign; a digit stands before, and third and fourth in any case.
    digit = (lower - np.uint8(ord("0"))) < 10
    at = where((lower[1:-3] == ord("e")) & digit[:-4] & digit[3:-1]) + (start + 1)
    first = at + 1 + (whole[np.minimum(at + 1, len(whole) - 1)] == ord("+"))
    fits = first + 2 < len(whole)
    at, first = at[fits], first[fits]
    three = _IS_DIGIT[whole[first]] & _IS_DIGIT[whole[first + 1]] & _IS_DIGIT[whole[first + 2]]
    at = at[three]
    here = at - 1
    for _ in range(_MAX_STEPS):
        inside = _IN_NUMBER[whole[here]] & (here > 0)
        if not inside.any():
            at = at[(here == 0) | _BEFORE_VALUE[whole[here]]]
            break
        here = here - inside
    suspects: Lines = at - start
    return suspects


def _long_digits(piece: Bytes) -> Lines:
    """Runs of 200 digits or more: each covers ten samples in a row at this stride.

    With an exponent of two digits that is what it takes to leave float64's range.
    """
    sampled = piece[::_DIGITS_STRIDE]
    digits = (sampled >= ord("0")) & (sampled <= ord("9"))
    if len(digits) < 9:
        return _NOWHERE
    run = digits[:-8].copy()
    for offset in range(1, 9):
        run &= digits[offset : len(digits) - 8 + offset]
    suspects: Lines = where(run) * _DIGITS_STRIDE
    return suspects
