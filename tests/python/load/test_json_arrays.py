"""Arrays of JSON: every element ends up in raw or in raw.unparsed, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.load import json_arrays
from headwater.load.blocks import Block
from load.conftest import Landing

SPACES = st.text(" \t\r\n", max_size=3)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text('a,[]{}"\\:\n é', max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text('k,]}"\\', max_size=3), inner, max_size=3),
    ),
    max_leaves=6,
)


def records_of(content: bytes, size: int = 1 << 20) -> list[tuple[int, bytes, str]]:
    """What framing makes of a file: (number, bytes, reason or nothing), in order."""
    return sorted(_each(json_arrays.blocks(_cut(content, size))))


def _cut(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def _each(blocks: Iterator[Block]) -> Iterator[tuple[int, bytes, str]]:
    for block in blocks:
        for number, text in zip(block.lines.tolist(), block.texts.to_pylist(), strict=True):
            yield number, text.encode(), ""
        for each in block.rejected:
            yield from zip(
                each.lines.tolist(), each.bytes.to_pylist(), each.reasons.to_pylist(), strict=True
            )


def good(texts: Sequence[bytes]) -> list[tuple[int, bytes, str]]:
    return [(number, text, "") for number, text in enumerate(texts, start=1)]


@given(st.lists(st.tuples(SPACES, VALUES, SPACES)), SPACES, st.integers(1, 40), st.booleans())
def test_each_element_is_a_record_with_its_text_as_delivered(
    elements: list[tuple[str, Any, str]], around: str, size: int, is_ascii: bool
) -> None:
    texts = [json.dumps(value, ensure_ascii=is_ascii).encode() for _, value, _ in elements]
    inner = b",".join(
        before.encode() + text + after.encode()
        for text, (before, _, after) in zip(texts, elements, strict=True)
    )
    content = around.encode() + b"[" + inner + b"]" + around.encode()
    assert records_of(content, size) == good(texts)
    assert records_of(b"\xef\xbb\xbf" + content, size) == good(texts)


@given(st.lists(VALUES.filter(lambda value: isinstance(value, (dict, list, str))), min_size=1),
       st.integers(1, 9), st.data())  # fmt: skip
def test_wherever_an_array_is_cut_its_whole_elements_are_told_apart(
    values: list[Any], size: int, data: st.DataObject
) -> None:
    texts = [json.dumps(value).encode() for value in values]
    content = b"[" + b", ".join(texts) + b"]"
    cut = data.draw(st.integers(1, len(content) - 1))
    found = records_of(content[:cut], size)
    *whole, (number, rest, reason) = found
    assert whole == good(texts[: len(whole)])
    assert (number, reason) == (len(whole) + 1, json_arrays.NOT_CLOSED)
    kept = b"[" + b", ".join([*(text for _, text, _ in whole), *([rest] if rest else [])])
    assert kept in (content[:cut], content[:cut].rstrip(b", "))


@given(st.binary(max_size=30), st.integers(1, 9))
def test_however_a_file_is_cut_into_pieces_its_records_are_the_same(
    content: bytes, size: int
) -> None:
    content = b"[" + content
    assert records_of(content, size) == records_of(content)


@given(st.lists(st.sampled_from([b"{", b"}", b"[", b"]", b",", b'"', b"\\", b"\n", b"1", b"\xff"])))
def test_no_byte_of_a_broken_array_is_lost(parts: list[bytes]) -> None:
    content = b"".join(parts)
    texts = [text for _, text, _ in records_of(b"[" + content)]

    def without(data: bytes) -> bytes:
        return data.translate(None, b", \t\r\n")

    kept = without(b"".join(texts))
    assert kept == without(content) or _without_end(without(content), kept)


def _without_end(content: bytes, kept: bytes) -> bool:
    """Whether only the bracket that ended the array is missing."""
    return any(
        content[:at] + content[at + 1 :] == kept
        for at, byte in enumerate(content)
        if byte == ord("]")
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[]", []),
        (b" [ \n ] ", []),
        (b"[1,2]", [(1, b"1", ""), (2, b"2", "")]),
        (b"[1,]", [(1, b"1", ""), (2, b"", "")]),
        (b'[{"a":1}},{"b":2}]', [(1, b'{"a":1}}', ""), (2, b'{"b":2}', "")]),
        (b'[{"a":[1},2]', [(1, b'{"a":[1},2]', ""), (2, b"", "the array does not end")]),
        (b"[1\xff,2]", [(1, b"1\xff", "invalid UTF-8"), (2, b"2", "")]),
        (b"[\n1\n,\n\xff\n\n,2]",
         [(1, b"1", ""), (2, b"\xff", "invalid UTF-8"), (3, b"2", "")]),
        (b"[1", [(1, b"1", "the array does not end")]),
        (b"[", [(1, b"", "the array does not end")]),
        (b'[{"a":1}', [(1, b'{"a":1}', ""), (2, b"", "the array does not end")]),
        (b"[1]\n[2]", [(1, b"1", ""), (2, b"[2]", "after the end of the array")]),
        (b"[] {}\n", [(1, b"{}", "after the end of the array")]),
        (b'{"a":1}\n[2]\n', [(1, b'{"a":1}', ""), (2, b"[2]", "")]),
        (b"\xef\xbb\xbf[1]", [(1, b"1", "")]),
        (b"\xef\xbb\xbf\xef\xbb\xbf[1]", [(1, b"\xef\xbb\xbf[1]", "")]),
    ],
)  # fmt: skip
def test_what_is_no_clean_array_is_kept_with_its_reason(
    content: bytes, expected: list[tuple[int, bytes, str]]
) -> None:
    assert records_of(content) == expected
    assert records_of(content, 1) == expected


def test_many_spaces_around_an_element_are_no_part_of_it() -> None:
    spaces = b" " * 10_000
    assert records_of(b"[" + spaces + b"1" + spaces + b"," + spaces + b"]") == [
        (1, b"1", ""), (2, b"", "")
    ]  # fmt: skip


def test_what_follows_an_array_is_kept_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_arrays, "PIECE_BYTES", 4)
    after = json_arrays.AFTER_END
    expected = [(1, b"1", ""), (2, b"abcd", after), (3, b"efgh", after), (4, b"i", after)]
    assert records_of(b"[1] abcdefghi \n") == expected
    assert records_of(b"[1] abcdefghi \n", 1) == expected


def test_an_array_is_loaded_element_by_element(landing: Landing) -> None:
    landing.drop("a.json", '[\n  {"id": 1},\n  {"id":\n 2}, NaN,\n {"x": [1,],"y":2}, 1e999\n]\n')
    landing.drop("b.json.gz", '[{"id": 3}]')
    landing.drop("c.json", '{"id": 4}\n\n[5]')
    landing.load()
    assert landing.raw("_file, _line, record, _format") == [
        ("noted/a.json", 1, '{"id": 1}', "json"),
        ("noted/a.json", 2, '{"id":\n 2}', "json"),
        ("noted/b.json.gz", 1, '{"id": 3}', "json"),
        ("noted/c.json", 1, '{"id": 4}', "json"),
        ("noted/c.json", 3, "[5]", "json"),
    ]
    assert landing.unparsed("_file, _line, reason") == [
        ("noted/a.json", 3, "not JSON: NaN or Infinity"),
        ("noted/a.json", 4, "not JSON: a trailing comma"),
        ("noted/a.json", 5, "number out of range"),
        ("noted/c.json", 2, "blank"),
    ]
    assert landing.files("path, records, loaded + unparsed") == [
        ("noted/a.json", 5, 5), ("noted/b.json.gz", 1, 1), ("noted/c.json", 3, 3)
    ]  # fmt: skip


def test_an_element_too_long_for_either_engine_sets_its_file_aside(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_arrays, "MAX_RECORD_BYTES", 1 << 20)
    landing.drop("a.json", b"[1,[" + b"1," * (3 << 20) + b"1]]")
    landing.drop("b.json", "[{}]")
    result = landing.load()
    assert [file.reason for file in result.set_aside] == ["element 2: it has more than 1 MB"]
    assert result.loaded == 1


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.lists(VALUES, max_size=4), max_size=8))
def test_any_array_is_loaded_whole(landing: Landing, contents: list[list[Any]]) -> None:
    landing.empty()
    expected = {}
    for number, values in enumerate(contents):
        landing.drop(f"{number}.json", json.dumps([number, *values], indent=number % 3))
        expected[f"noted/{number}.json"] = [number, *values]
    landing.load()
    found: dict[str, list[Any]] = {}
    for file, record in landing.raw("_file, record"):
        found.setdefault(file, []).append(json.loads(record))
    assert found == expected
    assert landing.unparsed() == []
