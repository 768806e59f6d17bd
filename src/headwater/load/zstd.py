"""Walks over the frames of a zstd file without decompressing them (RFC 8878, section 3.1)."""

from __future__ import annotations

import io
from typing import BinaryIO

_FRAME = b"\x28\xb5\x2f\xfd"
# Frames with these numbers hold no data; decoders skip them, as pzstd's sizes and seek tables.
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_DICTIONARY_BYTES = (0, 1, 2, 4)
_SIZE_BYTES = (0, 2, 4, 8)
_RUN = 1  # a block of one byte, repeated


def is_checked(handle: BinaryIO) -> bool:
    """Whether every frame from here on says that it carries a checksum.

    Only of a file that decodes is that the whole truth: where this one cannot follow the
    frames, the decoder cannot either, and says so.
    """
    while len(magic := handle.read(4)) == 4:
        if magic == _FRAME:
            descriptor = int.from_bytes(handle.read(1), "little")
            if not descriptor & 0b100:
                return False
            _pass_frame(handle, descriptor)
        elif int.from_bytes(magic, "little") in _SKIPPABLE:
            handle.seek(int.from_bytes(handle.read(4), "little"), io.SEEK_CUR)
        else:
            break
    return True


def _pass_frame(handle: BinaryIO, descriptor: int) -> None:
    """Goes from behind the descriptor of a frame with a checksum to behind that."""
    has_window = not descriptor & 0b100000
    size = _SIZE_BYTES[descriptor >> 6] or int(not has_window)
    handle.seek(has_window + _DICTIONARY_BYTES[descriptor & 0b11] + size, io.SEEK_CUR)
    is_last = False
    while not is_last and len(head := handle.read(3)) == 3:
        block = int.from_bytes(head, "little")
        is_last = bool(block & 1)
        handle.seek(1 if block >> 1 & 0b11 == _RUN else block >> 3, io.SEEK_CUR)
    handle.seek(4, io.SEEK_CUR)
