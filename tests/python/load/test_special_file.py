"""A file with every kind of line that breaks readers: all are there, where sed sees them."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from load.conftest import Landing

LINES = [
    b'\xef\xbb\xbf{"id":1}',  # the mark at the start of a file is framing
    b'{"id":2}\r',
    b"",
    b"\r",
    b'{"id":5,"x":NaN}',
    b'{"id":6,"x":"\xff"}',
    b'\xef\xbb\xbf{"id":7}',
    b'{"id":8,"x":"\x00"}',
    b'{"id":9,"x":"\x1f"}',
    b'{"id":10,"x":"\xc2\x85\xe2\x80\xa8"}',  # what other splitters take for an end of line
    b'\x1f{"id":11}\x0b\x0c',
    b'{"id":12,"x":"' + b"y" * (100 << 20) + b'"}',
    b'{"id":13}\r\r',
    b"\x00",
    b'{"id":15}',  # without a newline
]
# What a reader of JSON lines may take from them.
LOADED = [1, 2, 10, 12, 13, 15]


def printed(path: Path, line: int) -> str:
    """The hash of a line as sed prints it, framing removed."""
    quitting = f"{line}{{p;q}}"
    told = subprocess.run(
        ["sed", "-n", quitting, path],
        capture_output=True,
        check=True,
        env={**os.environ, "LC_ALL": "C"},
    ).stdout
    bare = told.removesuffix(b"\n").removesuffix(b"\r")
    return hashlib.md5(bare.removeprefix(b"\xef\xbb\xbf") if line == 1 else bare).hexdigest()


# The one with the long line is slow: sed reads it for each line from there on.
@pytest.mark.parametrize("is_last_ended", [pytest.param(False, marks=pytest.mark.slow), True])
def test_each_line_is_the_one_that_sed_prints(landing: Landing, is_last_ended: bool) -> None:
    lines = LINES if not is_last_ended else [*LINES[:11], *LINES[12:]]
    path = landing.drop("a.ndjson", b"\n".join(lines) + b"\n" * is_last_ended)
    result = landing.load()
    counted = subprocess.run(["sed", "-n", "$=", path], capture_output=True, check=True).stdout
    assert result.loaded + result.unparsed == int(counted) == len(lines)
    loaded = landing.raw("_line, md5(record)")
    kept = dict(loaded) | dict(landing.unparsed("_line, md5(bytes)"))
    assert kept == {line: printed(path, line) for line in range(1, len(lines) + 1)}
    ids = [int(each.split(b'"id":')[1].split(b",")[0].split(b"}")[0])
           for line, each in enumerate(lines, start=1) if line in dict(loaded)]  # fmt: skip
    assert ids == [each for each in LOADED if is_last_ended <= (each != 12)]
