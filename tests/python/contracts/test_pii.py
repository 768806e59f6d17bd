"""Fields that look personal must say what they are, and what they say must be possible."""

from pathlib import Path

import pytest
from contracts.cases import BASE, NOTE, Case, check, field, problems

from headwater.contracts import pii, read

OBJECT = "note:\n  description: N.\n  type: object\n  {PII}\n  properties:\n    part: {BODY}"


def inside(case_id: str, word: str, body: str, message: str, hint: str, at: str) -> Case:
    lines = OBJECT.replace("{PII}", word).replace("{BODY}", body)
    return field(case_id, lines, message, hint, at)


CASES = [
    field(
        "missing", "email: {type: string, description: E.}", "looks personal (email)", "none, id"
    ),
    field(
        "misspelt", "note: {type: string, pii: hash, description: E.}", "pii cannot be 'hash'", "o"
    ),
    field("empty", "note: {type: string, pii: , description: E.}", "pii is empty", "one of: none"),
    field(
        "identifier of a number",
        "note: {type: number, pii: identifier, description: E.}",
        "is number and has pii identifier",
        "one string or integer",
    ),
    field(
        "identifier of an array",
        "note: {type: array, items: {type: string}, pii: identifier, description: E.}",
        "is array and has pii identifier",
        "sensitive or drop",
    ),
    field(
        "identifier of a time",
        "note: {type: string, format: date-time, pii: identifier, description: E.}",
        "is date-time and has pii identifier",
        "one string or integer",
    ),
    field(
        "at sign in a pattern",
        "note: {type: string, pattern: '^[^@]+@[^@]+$', description: E.}",
        "looks personal (an @ in its pattern)",
        "pii:",
    ),
    inside(
        "identifier of an object",
        "pii: identifier",
        "{type: string, description: P.}",
        "field note is an object with pii identifier",
        "on its properties",
        "pii: identifier",
    ),
    inside(
        "none of an object",
        "pii: none",
        "{type: string, description: P.}",
        "field note is an object with pii none",
        "on its properties",
        "pii: none",
    ),
    inside(
        "word inside a dropped object",
        "pii: drop",
        "{type: string, pii: sensitive, description: P.}",
        "pii sensitive inside a dropped object",
        "remove it",
        "part:",
    ),
    Case("payload", "  type: object", "  pii: none\n  type: object", 7, "payload has pii", "each"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_bad_pii_word_is_refused_on_its_line(tmp_path: Path, case: Case) -> None:
    check(tmp_path, case)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("email", "email"),
        ("contact_email", "email"),
        ("emailAddress", "email"),
        ("ip", "ip"),
        ("client_ip", "ip"),
        ("ipv4", "ipv4"),
        ("user_ipaddress", "ipaddress"),
        ("name", "name"),
        ("first_name", "first name"),
        ("FullName", "full name"),
        ("phone_number", "phone"),
        ("shipping_address", "address"),
        ("birth_year", "birth"),
        ("dateOfBirth", "birth"),
        ("device_id", "device id"),
        ("deviceId", "device id"),
        ("DEVICE_ID", "device id"),
        ("user_id", "user id"),
        ("userID", "user id"),
        ("recommended_user_id", "user id"),
        ("user.id", "user id"),
        ("device.id", "device id"),
        ("customer.name", "name"),
        ("geo.lat", "lat"),
        ("user_agent", "user agent"),
    ],
)
def test_a_personal_name_is_noticed(path: str, reason: str) -> None:
    assert pii.looks_personal(path.split(".")) == reason


@pytest.mark.parametrize(
    "path",
    [
        "track_id",
        "session_id",
        "order_no",
        "screen_name",
        "file_name",
        "page",
        "message",
        "shipped_at",
        "device.os",
        "device.model",
        "latency_ms",
        "platform",
        "equipment",
        "zipped",
        "is_agent",
    ],
)
def test_a_plain_name_is_left_alone(path: str) -> None:
    assert pii.looks_personal(path.split(".")) is None


def test_every_listed_word_and_phrase_is_noticed() -> None:
    listed = [*pii.WORDS, *("_".join(phrase) for phrase in pii.PHRASES)]
    assert [name for name in listed if pii.looks_personal([name]) is None] == []


def test_a_word_answers_the_question(tmp_path: Path) -> None:
    for word in pii.PII_WORDS:
        line = f"    email: {{type: string, pii: {word}, description: E.}}\n"
        assert problems(tmp_path, BASE.replace(NOTE, line)) == ()
        assert read(tmp_path)[0].payload.fields[1].pii == word


def test_a_boolean_about_something_personal_is_not_personal(tmp_path: Path) -> None:
    line = "    has_email: {type: boolean, description: E.}\n"
    assert problems(tmp_path, BASE.replace(NOTE, line)) == ()


def test_what_a_dropped_object_holds_is_dropped(tmp_path: Path) -> None:
    lines = "    who: {type: object, pii: drop, description: W., properties: {email: {BODY}}}\n"
    text = BASE.replace(NOTE, lines.replace("{BODY}", "{type: string, description: E.}"))
    assert problems(tmp_path, text) == ()
    who = read(tmp_path)[0].payload.fields[1]
    assert (who.pii, who.schema.fields[0].pii) == ("drop", "drop")
