"""Which bytes of CSV stand between quotes, as RFC 4180 has it, without a loop over them.

Where every quote stands as the RFC allows, a byte is inside when an odd number of quotes
precedes it. A quote in the middle of a cell (`5" disk`) opens nothing, though, and counting
it would turn all that follows inside out. So when there is one, the little machine that the
RFC describes is run: what each quote does to its states is a map, and the composition of all
maps up to a quote, which is found by doubling, says where the machine is then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headwater.load.blocks import Bytes, Lines, Mask, where

_QUOTE, _COMMA, _NEWLINE, _RETURN = b'",\n\r'
_ENDS_CELL: Mask = np.isin(np.arange(256), (_COMMA, _NEWLINE))

# The states between two quotes: outside; inside; outside, just after a quote that closed.
_OUTSIDE, _INSIDE, _CLOSED = 0, 1, 2


@dataclass(frozen=True)
class Quoted:
    """`inside`: for each byte, whether it stands between quotes (an opening quote does).

    `misplaced`: the quotes that open nothing, or that close a cell which then goes on.
    """

    inside: Mask
    misplaced: Lines


def quoted(whole: Bytes) -> Quoted:
    """Reads `whole`, which begins where a record does."""
    is_quote = whole == _QUOTE
    quotes = where(is_quote)
    if not len(quotes):
        return Quoted(np.zeros(len(whole), dtype=bool), quotes)
    inside: Mask = np.logical_xor.accumulate(is_quote)
    begins_cell = (quotes == 0) | _ENDS_CELL[whole[quotes - 1]]
    follows_quote = np.diff(quotes, prepend=-2) == 1
    stray = inside[quotes] & ~(begins_cell | follows_quote)
    if stray.any():
        stray = _strays(begins_cell, follows_quote)
        is_quote = is_quote.copy()
        is_quote[quotes[stray]] = False
        inside = np.logical_xor.accumulate(is_quote)
    closing = quotes[~inside[quotes] & ~stray]
    return Quoted(
        inside, np.concatenate((quotes[stray], closing[~_is_well_closed(whole, closing)]))
    )


def _is_well_closed(whole: Bytes, closing: Lines) -> Mask:
    """Whether a cell, or an escaped quote, ends with each of these quotes."""
    last = len(whole) - 1
    following = whole[np.minimum(closing + 1, last)]
    at_return = (following == _RETURN) & (whole[np.minimum(closing + 2, last)] == _NEWLINE)
    well: Mask = _ENDS_CELL[following] | (following == _QUOTE) | at_return | (closing == last)
    return well


def _strays(begins_cell: Mask, follows_quote: Mask) -> Mask:
    """Which quotes find the machine outside and leave it there."""
    maps = np.empty((len(begins_cell), 3), dtype=np.int8)
    maps[:, _OUTSIDE] = np.where(begins_cell, _INSIDE, _OUTSIDE)
    maps[:, _INSIDE] = _CLOSED
    maps[:, _CLOSED] = np.where(begins_cell | follows_quote, _INSIDE, _OUTSIDE)
    step = 1
    while step < len(maps):
        maps[step:] = np.take_along_axis(maps[step:], maps[:-step], axis=1)
        step *= 2
    strays: Mask = maps[:, _OUTSIDE] == _OUTSIDE
    return strays
