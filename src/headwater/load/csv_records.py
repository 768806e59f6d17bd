"""Frames CSV (RFC 4180)."""
from collections.abc import Iterable, Iterator
from headwater.load.blocks import Block
def blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    raise NotImplementedError
