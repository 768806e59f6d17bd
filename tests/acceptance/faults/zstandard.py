"""zstd frames with the checksum that Arrow's encoder leaves out, as the `zstd` command makes."""

from __future__ import annotations

import pyarrow as pa

_WORD = (1 << 64) - 1
_PRIMES = (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
    0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5,
)  # fmt: skip


def frame(content: bytes, *, is_checked: bool = True) -> bytes:
    """One frame; with the checksum flag in its descriptor, and the checksum at its end."""
    made = bytearray(pa.compress(content, codec="zstd", asbytes=True))
    if is_checked:
        made[4] |= 4
        made += (xxh64(content) & 0xFFFFFFFF).to_bytes(4, "little")
    return bytes(made)


def xxh64(data: bytes) -> int:
    """XXH64 with seed 0, of which a frame's checksum is the lower half."""
    one, two, three, four, five = _PRIMES
    at = 0
    if len(data) >= 32:
        lanes = [(one + two) & _WORD, two, 0, -one & _WORD]
        while at + 32 <= len(data):
            for lane in range(4):
                word = int.from_bytes(data[at + 8 * lane : at + 8 * lane + 8], "little")
                lanes[lane] = _round(lanes[lane], word)
            at += 32
        total = sum(_turned(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True))
        for lane in lanes:
            total = ((total ^ _round(0, lane)) * one + four) & _WORD
    else:
        total = five
    total = (total + len(data)) & _WORD
    while at + 8 <= len(data):
        word = int.from_bytes(data[at : at + 8], "little")
        total = (_turned(total ^ _round(0, word), 27) * one + four) & _WORD
        at += 8
    if at + 4 <= len(data):
        word = int.from_bytes(data[at : at + 4], "little")
        total = (_turned(total ^ (word * one & _WORD), 23) * two + three) & _WORD
        at += 4
    for byte in data[at:]:
        total = _turned(total ^ (byte * five & _WORD), 11) * one & _WORD
    total = ((total ^ total >> 33) * two) & _WORD
    total = ((total ^ total >> 29) * three) & _WORD
    return total ^ total >> 32


def _round(lane: int, word: int) -> int:
    return _turned((lane + word * _PRIMES[1]) & _WORD, 31) * _PRIMES[0] & _WORD


def _turned(word: int, by: int) -> int:
    return (word << by | word >> (64 - by)) & _WORD
