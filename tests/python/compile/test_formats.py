"""Formats and decimal steps mean what their standards say, on both engines."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from headwater.contracts.keywords import FORMATS

from .cases import contract_of, record
from .render import raw_rows, run_bigquery, run_duckdb

ENGINES = {"duckdb": run_duckdb, "bigquery": run_bigquery}
JUDGED = tuple(name for name in FORMATS if name not in ("date-time", "uuid"))
TEXTS = (
    *("", " ", "a", "2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "2024-04-31"),
    *("2024-12-31", "2024-13-01", "2024-1-1", "2024-00-10", "2024-01-00", "2024-01-32", "24-01-01"),
    *("2024-01-01 ", "2024-01-01\n", "2024-01-0\u0661", "2024-001", "2024-W01-1", "20240101"),
    *("12:00:00Z", "12:00:00z", "12:00:00+02:00", "12:00:00-00:00", "24:00:00Z", "12:60:00Z"),
    *("12:00:00", "12:00Z", "12:00:00.123456789Z", "12:00:00.Z", "12:00:00+24:00", "12:00:00+2:00"),
    *("12:00:00 Z", "12:00:61Z", "1:00:00Z", "12:00:00+00:60", "12:00:00Z\n"),
    *("P1Y", "P1Y2M3DT4H5M6S", "P4W", "PT1H", "PT36H", "P1D", "P1DT12H", "P", "PT", "P1", "1Y"),
    *("P1YT", "P2D1Y", "P1W2D", "PT1D", "P1S", "P-1Y", "p1y", "P1Y2W", "PT0S", "P1M", "PT1M"),
    *("a@b.c", "a@b", "a.b+c@example.com", ".a@b.c", "a.@b.c", "a..b@c.d", "a@", "@b", "a b@c.d"),
    *('"a b"@c.d', '"a@b"@c.d', "a@[127.0.0.1]", "a@[IPv6:::1]", "a@[127.0.0.256]", "a@-b.c"),
    *("te~st@example.com", "~test@example.com", "a@b..c", "2962", "a@b.c\n", "a@b_c.d", '"a@b.c'),
    *("localhost", "www.example.com", "-a.com", "a-.com", "a_b.com", "a..b", "a.", "1.2.3", "A-1"),
    *(f"{'a' * 63}.com", f"{'a' * 64}.com", f"{'a.' * 126}b", f"{'a.' * 127}b", "host\n"),
    *("127.0.0.1", "255.255.255.255", "256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 "),
    *("0.0.0.0", "1.2.3.", "1,2,3,4", "0x7f000001", "2130706433", "1.2.3.\u0661", "1.2.3.4/8"),
    *("::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::"),
    *(
        "::ffff:1.2.3.4",
        "1::2::3",
        "1:2:3:4:5:6:1.2.3.4",
        "::1.2.3.256",
        ":1",
        "1:",
        ":::",
        "fe80::",
    ),
    *("fe80::a%eth1", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2::8", "::abcg", "1::1.2.3.4"),
    *("1:2:3:4::6:7:8", "::1/64", "1:2:3:4:5:6:7:1.2.3.4", "100:100:100:100:100:100:255.255.255"),
    *("http://a", "http://a/b?c#d", "//a/b", "a/b", "mailto:a@b.c", "urn:a:b", "http://", "http:"),
    *(
        "http://a b",
        "http://a/%20",
        "http://a/%2",
        "http://[::1]:80/",
        "http://[::1",
        "http://a:b/",
    ),
    *(
        "http://u:p@a:80/",
        "http://a/\u00e9",
        "1http://a",
        ":a",
        "http://a/<>",
        "http://a/{b}",
        "a:",
    ),
    *(
        "http://a/b[c]",
        "http://a#b#c",
        "file:///a",
        "ftp://a.b/c;d=1",
        "http://a\\b",
        "x:y?z",
        "a:/",
    ),
    *(
        "bar,baz:foo",
        "http://[v1.a:b]/",
        "tel:+1-2",
        "http://a/?q=a'b",
        "http://a/`",
        "ldap://[2001:db8::7]/c",
    ),
    *(
        "/",
        "//",
        "/a/b",
        "/a~0b~1c",
        "/a~",
        "/a~2",
        "#",
        "#/a",
        "/ ",
        "/\n",
        "/\u00e9",
        "/%25",
        "/a/",
    ),
    *(
        "\uc2e4\ub840@\uc2e4\ub840.\ud14c\uc2a4\ud2b8",
        "\u00e9@b",
        "?q",
        "?q#f",
        "#f#f",
        "./a:b",
        "a%zz",
    ),
    *(
        "\u00e9",
        "http://\u00e9/\u00e9?\u00e9#\u00e9",
        "http://a/?\ue000",
        "http://a/\ue000",
        "//\u00e9",
    ),
    *("\U0001f600", "x:\U0001f600", "http://a/?\ufdd0", "?\U00100000", "\\\\WINDOWS\\share", "//["),
    *("http://a/{b}/c", "{+a,b*}{?c:3}", "{a", "a}", "{}", "{a:0}", "{a:10000}", "{a.b}", "{a..b}"),
    *("{#a}x", "{^a}", "{a b}", "{a%20}", "a'b", "a|b", "{a,}", "{|a}", "{a*:3}"),
    *("0", "1/a", "0#", "0##", "01", "1+2#", "1-0/a", "-1", "+1/a", "2/0/b", "120/a~", "1+"),
)
# What jsonschema-rs judges otherwise than the standard: the index manipulation of relative
# pointers (draft-bhutton-relative-json-pointer-00), and a code point that is no character.
OTHERWISE = {
    ("relative-json-pointer", "1+2#"): True,
    ("relative-json-pointer", "1-0/a"): True,
    ("uri-template", "http://a/?\ufdd0"): False,
}
NUMBERS = (
    *("0", "-0.0", "0.1", "0.3", "0.7", "1", "1.1", "-4.35", "19.99", "0.07", "0.005", "1e-7"),
    *("0.30000000000000004", "123456789.12", "123456789.125", "9007199254740993", "1e22", "1e23"),
    *("1e28", "3e28", "1e37", "1e38", "-3e38", "7e39", "1.2345e300", "1e308", "5e-324", "0.0075"),
)
STEPS = ("0.1", "0.01", "0.3", "1", "3", "0.07", "1e-7", "0.005", "12.5", "1024", "1e2", "0.0001")


@cache
def _verdicts(engine: str) -> dict[tuple[str, str], bool]:
    """(format, text) -> whether the model accepts it."""
    contract = contract_of(
        {
            name.replace("-", "_"): {"type": "string", "format": name, "pii": "none"}
            for name in JUDGED
        }
    )
    payloads = [json.dumps(dict.fromkeys(_names(), text)) for text in TEXTS]
    rows = ENGINES[engine](contract, raw_rows([record(payload) for payload in payloads]))
    return {
        (name, text): f"{name.replace('-', '_')}.format" not in row["violations"]
        for text, row in zip(TEXTS, rows, strict=True)
        for name in JUDGED
    }


def _names() -> list[str]:
    return [name.replace("-", "_") for name in JUDGED]


def _wanted(name: str, text: str) -> bool:
    if (name, text) in OTHERWISE:
        return OTHERWISE[name, text]
    schema = {"type": "string", "format": name}
    return bool(jsonschema_rs.is_valid(schema, text, validate_formats=True))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_format_accepts_what_jsonschema_rs_accepts(engine: str) -> None:
    verdicts = _verdicts(engine)
    assert {key: found for key, found in verdicts.items() if found != _wanted(*key)} == {}


@pytest.mark.parametrize("name", JUDGED)
def test_a_format_is_tried_on_texts_that_have_it_and_that_lack_it(name: str) -> None:
    judged = [found for (each, _), found in _verdicts("duckdb").items() if each == name]
    assert min(judged.count(True), judged.count(False)) >= 3


@pytest.mark.parametrize("engine", ENGINES)
def test_a_step_of_parts_is_exact_for_every_integer(engine: str) -> None:
    whole = ("0", "-5", "4", "9007199254740993", "9007199254740995", "9223372036854775805")
    step = {"type": "integer", "multipleOf": 2.5}
    contract = contract_of({"n": step, "list": {"type": "array", "items": step}})
    payloads = [f'{{"n": {each}, "list": [5, {each}]}}' for each in whole]
    rows = ENGINES[engine](contract, raw_rows([record(each) for each in payloads]))
    assert [row["violations"] for row in rows] == [
        [] if int(each) % 5 == 0 else ["n.multipleOf", "list.items.multipleOf"] for each in whole
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_step_is_counted_in_decimals(engine: str) -> None:
    names = {f"n{index}": step for index, step in enumerate(STEPS)}
    properties: dict[str, Any] = {
        name: {"type": "number", "multipleOf": float(step)} for name, step in names.items()
    }
    payloads = ["{" + ", ".join(f'"{name}": {each}' for name in names) + "}" for each in NUMBERS]
    rows = ENGINES[engine](contract_of(properties), raw_rows([record(each) for each in payloads]))
    for number, row in zip(NUMBERS, rows, strict=True):
        for name, step in names.items():
            numerator, denominator = (Decimal(repr(float(number))) / 1).as_integer_ratio()
            over, under = Decimal(step).as_integer_ratio()
            is_multiple = numerator * under % (denominator * over) == 0
            assert (f"{name}.multipleOf" not in row["violations"]) == is_multiple, (number, step)
