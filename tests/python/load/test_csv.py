"""CSV: records as RFC 4180 frames them; every one in raw or in raw.unparsed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.load import csv_records, files, quotes
from load.conftest import Landing


def records(landing: Landing) -> list[tuple[int, dict[str, str]]]:
    return [(line, json.loads(record)) for line, record in landing.raw()]


def test_a_record_is_an_object_of_strings_without_empty_cells(landing: Landing) -> None:
    landing.drop("a.csv", 'id,note\n1,\n02,"a ""b"", c"\n"",x\n,\n')
    landing.load()
    assert records(landing) == [
        (2, {"id": "1"}),
        (3, {"id": "02", "note": 'a "b", c'}),
        (4, {"note": "x"}),
        (5, {}),
    ]


def test_a_quoted_newline_does_not_end_a_record(landing: Landing) -> None:
    landing.drop("a.csv", 'id,"no\nte"\n1,"a\nb\r\nc"\r\n2,d\r\n')
    landing.load()
    assert records(landing) == [
        (3, {"id": "1", "no\nte": "a\nb\r\nc"}),
        (6, {"id": "2", "no\nte": "d"}),
    ]


@pytest.mark.parametrize("read_bytes", [1, 2, 3, 7])
def test_a_record_may_straddle_any_two_reads(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, read_bytes: int
) -> None:
    monkeypatch.setattr(files, "READ_BYTES", read_bytes)
    landing.drop("a.csv", '\ufeffid,note\r\n1,"a\n""b"\r\n\r\n2,"c\n')
    landing.load()
    assert records(landing) == [(2, {"id": "1", "note": 'a\n"b'})]
    assert landing.unparsed() == [(4, "blank", b""), (5, "unterminated quote", b'2,"c\n')]


def test_a_record_unlike_the_header_or_the_rfc_is_unparsed(landing: Landing) -> None:
    faults = {
        b"1": "1 field, header has 2",
        b"1,2,3": "3 fields, header has 2",
        b"": "blank",
        b'1,a"b"': "misplaced quote",
        b'1,"a"b': "misplaced quote",
        b"1,a\rb": "carriage return outside quotes",
        b"1,\xff": "invalid UTF-8",
        b'1,"open': "unterminated quote",
    }
    landing.drop("a.csv", b"id,note\n1,ok\n" + b"\n".join(faults))
    landing.load()
    assert landing.unparsed("reason, bytes") == [(why, line) for line, why in faults.items()]
    assert records(landing) == [(2, {"id": "1", "note": "ok"})]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("id,id", "its header gives columns 1 and 2 the same name"),
        ("id,,x", "its header has no name for column 2"),
        ("\nid", "its header is not CSV: blank"),
        ('i"d"', "its header is not CSV: misplaced quote"),
        ('"id', "its header is not CSV: unterminated quote"),
    ],
)
def test_a_file_whose_header_cannot_be_used_is_set_aside(
    landing: Landing, header: str, reason: str
) -> None:
    landing.drop("a.csv", header + "\n1,2\n")
    landing.drop("b.csv", "id\n1\n")
    result = landing.load()
    assert [file.reason for file in result.set_aside] == [reason]
    assert result.loaded == 1


def test_columns_that_differ_by_case_and_hostile_names_keep_their_values(
    landing: Landing,
) -> None:
    names = ["id", "ID", "it's", 'a "b"', "c0", "x; drop table y", "\\"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([names, [str(n) for n in range(len(names))]])
    landing.drop("a.csv", text.getvalue())
    landing.load()
    assert records(landing) == [(2, {name: str(n) for n, name in enumerate(names)})]


def test_only_a_header_and_not_even_that_load_no_records(landing: Landing) -> None:
    landing.drop("a.csv", "id,note\r\n")
    landing.drop("b.csv", "")
    assert landing.load().loaded == 0
    assert landing.files("status, records") == [("loaded", 0)] * 2


def test_received_at_is_found_in_a_cell(landing: Landing) -> None:
    landing.drop("a.csv", "id,receivedtime\n1,2026-02-01T08:00:00+01:00\n")
    landing.load()
    assert [str(at) for (at,) in landing.raw("received_at")] == ["2026-02-01 07:00:00"]


CELLS = st.text(st.sampled_from('ab,"\n\r€ '), max_size=5)


def quick(test: Callable[..., None]) -> Callable[..., None]:
    """Few examples, each of several files: a load costs more than a record."""
    few = settings(
        max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    return few(test)


@quick
@given(
    tables=st.lists(
        st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), min_size=1, max_size=12
    ),
    crlf=st.booleans(),
)
def test_what_a_csv_writer_writes_is_read_back(
    landing: Landing, tables: list[list[tuple[str, str]]], crlf: bool
) -> None:
    landing.empty()
    expected = []
    for number, rows in enumerate(tables):
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n" if crlf else "\n")
        writer.writerow(["a", "b", "n"])
        for first, second in rows:
            # The writer leaves a lone return unquoted where its lines end without one.
            row = [cell if crlf else cell.replace("\r", "") for cell in (first, second)]
            line = text.getvalue().count("\n") + 1
            writer.writerow([*row, number])
            cells = zip("abn", [*row, str(number)], strict=True)
            expected.append((number, line, {name: cell for name, cell in cells if cell}))
        landing.drop(f"{number:02}.csv", text.getvalue().encode())
    landing.load()
    found = landing.raw("_file, _line, record")
    assert [(int(file[-6:-4]), line, json.loads(text)) for file, line, text in found] == expected
    assert landing.unparsed() == []


@quick
@given(st.lists(st.text(st.sampled_from('a,"\n\r€'), max_size=30), min_size=1, max_size=12))
def test_whatever_the_bytes_none_is_lost(landing: Landing, bodies: list[str]) -> None:
    landing.empty()
    texts = {f"noted/{n:02}.csv": f"a,b{n}\n{body}".encode() for n, body in enumerate(bodies)}
    for path, text in texts.items():
        landing.drop(path.removeprefix("noted/"), text)
    landing.load()
    for path, records, loaded, unparsed in landing.files("path, records, loaded, unparsed"):
        rows = landing.rows(f"select count(*) from raw.noted where _file = '{path}'")
        assert (records, rows) == (loaded + unparsed, [(loaded,)])
    for path, line, reason, data in landing.unparsed("_file, _line, reason, bytes"):
        assert texts[path].split(b"\n", line - 1)[-1].startswith(data), reason


def test_the_pieces_of_a_file_are_its_bytes() -> None:
    text = b'a,b\n1,"x\ny"\n2,z\n"'
    for size in range(1, len(text)):
        chunks = [text[at : at + size] for at in range(0, len(text), size)]
        assert b"".join(csv_records._whole_records(chunks)) == text + b"\n"


def test_a_quote_in_the_middle_of_a_cell_spoils_only_its_record(landing: Landing) -> None:
    landing.drop("a.csv", 'id,note\n1,5" disk\n2,"x\ny"\n3,"a"b"\n4,"ok"\n5,a"",\n6,"z""\n"\n')
    landing.load()
    assert records(landing) == [
        (3, {"id": "2", "note": "x\ny"}),
        (6, {"id": "4", "note": "ok"}),
        (8, {"id": "6", "note": 'z"\n'}),
    ]
    assert landing.unparsed("_line, reason") == [(n, "misplaced quote") for n in (2, 5, 7)]


def machine(text: bytes) -> tuple[list[bool], list[int]]:
    """What RFC 4180 says of each byte, one byte at a time, and the misplaced quotes."""
    inside, misplaced, is_inside = [], [], False
    closed_at = -2
    for at, byte in enumerate(text):
        if byte == ord('"'):
            before, after = text[at - 1 : at], text[at + 1 : at + 3]
            if is_inside:
                is_inside, closed_at = False, at
                if not (after[:1] in (b"", b",", b"\n", b'"') or after == b"\r\n"):
                    misplaced.append(at)
            elif at == 0 or before in (b",", b"\n") or closed_at == at - 1:
                is_inside = True
            else:
                misplaced.append(at)
        inside.append(is_inside)
    return inside, sorted(misplaced)


@settings(max_examples=500, deadline=None)
@given(st.text(st.sampled_from('a",\n\r'), max_size=40).map(str.encode))
def test_quotes_are_read_as_a_machine_reads_them_byte_by_byte(text: bytes) -> None:
    found = quotes.quoted(np.frombuffer(text, dtype=np.uint8))
    assert (found.inside.tolist(), sorted(found.misplaced.tolist())) == machine(text)


@given(
    st.lists(
        st.text(st.sampled_from('a"\\\n\t\x00\x1f\x7f/€\u2028'), max_size=6), min_size=2, max_size=2
    )
)
def test_a_cell_is_told_as_python_tells_it(cells: list[str]) -> None:
    name, cell = cells
    content = io.StringIO()
    csv.writer(content, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [["first", f"x{name}"], ["1", cell]]
    )
    (block,) = csv_records.blocks([content.getvalue().encode()])
    told = {"first": "1"} | ({f"x{name}": cell} if cell else {})
    (text,) = block.texts.to_pylist()
    assert text == json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def test_a_record_too_long_for_either_engine_sets_its_file_aside(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_records, "MAX_RECORD_BYTES", 1 << 20)
    landing.drop("a.csv", b'id\n1\n"' + b"x\n" * (10 << 20))
    landing.drop("b.csv", "id\n1\n")
    result = landing.load()
    reason = "line 3: its record has more than 1 MB; a quote that is not closed?"
    assert [file.reason for file in result.set_aside] == [reason]
    assert result.loaded == 1


@given(st.text(st.sampled_from('a,"\n\r'), max_size=40), st.integers(1, 9))
def test_however_a_file_is_cut_into_pieces_its_records_are_the_same(body: str, size: int) -> None:
    content = b"a,b\n" + body.encode()
    pieces = [content[at : at + size] for at in range(0, len(content), size)]

    def told(chunks: list[bytes]) -> list[tuple[int, object, object]]:
        found: list[tuple[int, object, object]] = []
        for block in csv_records.blocks(chunks):
            texts = block.texts.to_pylist()
            found += zip(block.lines.tolist(), texts, [None] * len(texts), strict=True)
            for each in block.rejected:
                kept = each.bytes.to_pylist()
                found += zip(each.lines.tolist(), kept, each.reasons.to_pylist(), strict=True)
        return sorted(found, key=lambda each: each[0])

    assert told(pieces) == told([content])
