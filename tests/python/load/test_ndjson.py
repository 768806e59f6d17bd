"""Lines of JSON: every one ends up in raw or in raw.unparsed, byte for byte."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.load import lines, suspects
from headwater.load.blocks import in_lines
from load.conftest import Landing

TRICKY = [
    "null",
    "true",
    "0",
    "-0",
    "1.10",
    "1e5",
    "1E-999",
    "0e99999",
    '""',
    '"nan"',
    '"a, ]"',
    '{"a": "x,}"}',
    '{"a":"\\",]"}',
    '{"a":"\\\\"}',
    '{"info":"inf"}',
    '{"n": null, "i": "Infinity, NaN"}',
    '{"a":1,"a":2}',
    "123456789012345678901234567890",
    '{"big":18446744073709551616}',
    "1" + "0" * 308,
    '"1e999"',
    '{"hash":"1e999"}',
    '[1e99,"1e999"]',
    '"' + "9" * 400 + '"',
    '"\\ud83d\\ude00"',
    '"\\u0000"',
    '"\u2028\u00a0"',
    '  {"spaced" : [ 1 , 2 ] }  ',
    "[" * 200 + "]" * 200,
    # and what is not JSON, though some parsers take it
    "NaN",
    "nan",
    "-NaN",
    "Infinity",
    "-Infinity",
    "inf",
    "-INF",
    '{"a":NaN}',
    '{"a" : nAn}',
    '{"a":\t-infinity}',
    "[1,nan]",
    "[ Inf]",
    "[1,]",
    "[1 , ]",
    '{"a":1,}',
    '{"a":1,\t}',
    '[[1,],"x"]',
    '{"a":[1,2,   ]}',
    "[" + "1," * 70 + " " * 90 + "]",
    "+1",
    "01",
    ".5",
    "5.",
    "1e",
    "'a'",
    "{a:1}",
    '{"a"}',
    '{"a":1 "b":2}',
    "[1 2]",
    "[,1]",
    "// note",
    "/**/1",
    "1 2",
    '{"a":1}x',
    '"\t"',
    '"\x01"',
    '"\\x41"',
    '"\\u12"',
    '"',
    "True",
    "undefined",
    "\x0b1",
    "\ufeff1",
    "{",
    "}",
    "\x00",
    '{"a":\x00}',
]

BEYOND_FLOAT64 = [
    "1e400",
    "-1E+309",
    '{"a":1e400}',
    '{"a": [0, 1.7976931348623159e308]}',
    "1" + "0" * 309,
    '{"a":' + "9" * 250 + "e70}",
    "[1,2.5e0400]",
]


def is_json(text: str) -> bool:
    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    try:
        json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    return True


def test_a_line_is_loaded_exactly_when_it_is_json(landing: Landing) -> None:
    landing.drop("a.ndjson", "\n".join(TRICKY))
    landing.load()
    good = [(n, text) for n, text in enumerate(TRICKY, start=1) if is_json(text)]
    assert landing.raw() == good
    assert [line for line, *_ in landing.unparsed()] == [
        n for n, text in enumerate(TRICKY, start=1) if not is_json(text)
    ]
    assert 20 < len(good) < len(TRICKY) - 20


def test_a_number_beyond_float64_is_unparsed(landing: Landing) -> None:
    landing.drop("a.ndjson", "\n".join(BEYOND_FLOAT64))
    landing.load()
    assert [reason for _, reason, _ in landing.unparsed()] == ["number out of range"] * len(
        BEYOND_FLOAT64
    )


def test_a_number_beyond_64_bits_and_repeated_keys_are_loaded_as_delivered(
    landing: Landing,
) -> None:
    record = '{"id":1,"id":2,"big":123456789012345678901234567890,"price":1.10}'
    landing.drop("a.ndjson", record)
    landing.load()
    assert landing.raw() == [(1, record)]


def test_each_reason_names_the_fault(landing: Landing) -> None:
    faults = {
        b'{"a":NaN}': "not JSON: NaN or Infinity",
        b"[1,]": "not JSON: a trailing comma",
        b"\xff": "invalid UTF-8",
        b"\xc3": "invalid UTF-8",
        b"\xed\xa0\x80": "invalid UTF-8",
        b'{"a":"\\ud800"}': "half a surrogate pair in a string",
        b'{"a":\x00}': "not JSON: a NUL byte",
        b"": "blank",
        b" \t ": "blank",
        b"{": "not JSON",
        b"1e999": "number out of range",
    }
    landing.drop("a.ndjson", b"\n".join(faults) + b"\n")
    landing.load()
    assert landing.unparsed("reason, bytes") == [(why, line) for line, why in faults.items()]


def test_framing_is_not_part_of_a_record(landing: Landing) -> None:
    landing.drop("a.ndjson", b'\xef\xbb\xbf{"a":1}\r\n\r\n{"a":2}\r\n{"a":3}\r')
    landing.load()
    assert landing.raw() == [(1, '{"a":1}'), (3, '{"a":2}'), (4, '{"a":3}')]
    assert landing.unparsed() == [(2, "blank", b"")]


def test_a_byte_order_mark_elsewhere_is_data(landing: Landing) -> None:
    landing.drop("a.ndjson", b'{"a":1}\n\xef\xbb\xbf{"a":2}')
    landing.load()
    assert landing.unparsed() == [(2, "not JSON", b'\xef\xbb\xbf{"a":2}')]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_loads_no_records(landing: Landing, content: bytes) -> None:
    landing.drop("a.ndjson", content)
    assert landing.load().loaded == 0
    assert landing.files("status, records") == [("loaded", 0)]


def test_a_line_of_20_mb_is_loaded_whole(landing: Landing) -> None:
    record = '{"a":"' + "x" * (20 << 20) + '"}'
    landing.drop("a.ndjson", f'{{"a":1}}\n{record}\n{{"a":3}}')
    landing.load()
    assert landing.raw("_line, length(record)") == [(1, 7), (2, len(record)), (3, 7)]
    md5 = hashlib.md5(record.encode()).hexdigest()
    assert landing.rows("select md5(record) from raw.noted where _line = 2") == [(md5,)]


def test_a_line_too_long_for_either_engine_sets_its_file_aside(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_RECORD_BYTES", 1 << 20)
    landing.drop("a.ndjson", b"{}\n" + b"x" * (20 << 20))
    landing.drop("b.ndjson", "{}")
    result = landing.load()
    assert [file.reason for file in result.set_aside] == ["line 2: it has more than 1 MB"]
    assert result.loaded == 1


LINES = st.lists(
    st.one_of(
        st.binary(max_size=12),
        st.sampled_from([b'{"a":1}', b'"\xe2\x82\xac"', b"\r", b"", b"nan", b"[1,]", b"\xff"]),
    ),
    max_size=8,
)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(LINES.map(b"\n".join), unique=True, max_size=15))
def test_any_bytes_are_all_there_line_by_line(landing: Landing, contents: list[bytes]) -> None:
    landing.empty()
    expected: dict[tuple[str, int], bytes] = {}
    counts = []
    for number, content in enumerate(contents):
        landing.drop(f"{number:02}.ndjson", content)
        found = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        if found[-1] == b"":
            found.pop()
        for line, text in enumerate(found, start=1):
            expected[f"noted/{number:02}.ndjson", line] = text.removesuffix(b"\r")
        counts.append((len(found), len(found)))
    landing.load()
    kept = landing.rows("select _file, _line, encode(record) from raw.noted")
    kept += landing.rows("select _file, _line, bytes from raw.unparsed")
    assert {(file, line): text for file, line, text in kept} == expected
    assert len(kept) == len(expected)
    assert landing.files("records, loaded + unparsed") == counts


@given(st.lists(st.sampled_from([*TRICKY, *BEYOND_FLOAT64]), min_size=1, max_size=6))
def test_no_guilty_line_escapes_suspicion(texts: list[str]) -> None:
    records = [text.encode().replace(b"\n", b" ") + b"\n" for text in texts]
    starts = [0]
    for record in records[:-1]:
        starts.append(starts[-1] + len(record))
    found = suspects.suspicious(b"".join(records))
    marked = in_lines(found, np.array(starts, dtype=np.int64))
    for text, is_marked in zip(texts, marked, strict=True):
        outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
        is_guilty = (
            re.search(r"(?i)(?<![a-z])(nan|inf)", outside)
            or re.search(r",\s*[\]}]", outside)
            or text in BEYOND_FLOAT64
        )
        assert is_marked or not is_guilty


def test_a_fault_across_the_pieces_of_a_block_is_found() -> None:
    edge = suspects._PIECE
    for fault in (b"nan", b", ]", b"1e400", b"7" * 250):
        for shift in range(-len(fault) - 1, 2):
            start = edge + shift
            data = b" " * start + fault + b"\n"
            assert len(suspects.suspicious(data)), (fault, shift)


def test_sed_prints_the_line_a_record_says_it_is_on(landing: Landing) -> None:
    path = landing.drop("a.ndjson", '{"a":1}\n\x0c\n"\u2028"\n\x1f\r\n{"b":\r2}\n')
    landing.load()
    for line, record in landing.raw():
        printed = subprocess.run(
            ["sed", "-n", f"{line}p", str(path)], capture_output=True, check=True
        ).stdout
        assert printed.removesuffix(b"\n").removesuffix(b"\r").decode() == record
    assert len(landing.raw()) == 3
