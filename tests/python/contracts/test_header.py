"""Every header key: what it takes, and each refusal on its line with a hint."""

from datetime import timedelta
from pathlib import Path

import pytest
from contracts.cases import BASE, Case, check, header, problems

from headwater.contracts import read

CASES = [
    Case("no event", "event: order_paid\n", "", 1, "no event", "name in the file name"),
    Case("no version", "version: 1.0\n", "", 1, "no version", "version: 1.0"),
    Case("no owner", "owner: checkout\n", "", 1, "no owner", "the team that answers"),
    Case("no channel", 'channel: "#data-checkout"\n', "", 1, "no channel", '"#data-listening"'),
    Case("no description", "description: A customer paid.\n", "", 1, "no description", "is sent"),
    header("unknown key", "retentoin: {raw: 1 day}", "'retentoin'", "did you mean retention?"),
    header("unlike any key", "zzzzzz: 1", "unknown key 'zzzzzz'", "one of: event, version"),
    Case(
        "event of another name",
        "event: order_paid",
        "event: order_payed",
        1,
        "event is order_payed, and the file name says order_paid",
        "rename one",
    ),
    Case(
        "hostile event",
        "event: order_paid",
        'event: "x\'; drop table y"',
        1,
        "event cannot be",
        "small letters, digits and _",
    ),
    Case("event list", "event: order_paid", "event: [a]", 1, "event cannot be", "small letters"),
    Case("other major", "version: 1.0", "version: 2.0", 2, "the file name says v1", "new major"),
    Case("version of three", "version: 1.0", "version: 1.0.2", 2, "'1.0.2'", "major.minor"),
    Case("version by word", "version: 1.0", "version: v1", 2, "version cannot be 'v1'", "1.0"),
    Case("version led by zero", "version: 1.0", "version: 01.0", 2, "'01.0'", "major.minor"),
    Case("version empty", "version: 1.0", "version:", 2, "version cannot be ''", "major.minor"),
    Case("owner empty", "owner: checkout", "owner:", 3, "owner is empty", "some text"),
    Case("owner number", "owner: checkout", "owner: 12", 3, "owner is not text", "quotes"),
    Case("owner list", "owner: checkout", "owner: [a, b]", 3, "owner is not text", "quotes"),
    Case(
        "owner of two lines",
        "owner: checkout",
        'owner: "a\\nb"',
        3,
        "owner is longer than a line",
        "200",
    ),
    Case(
        "channel lost to a comment",
        'channel: "#data-checkout"',
        "channel: #data-checkout",
        4,
        "channel is empty",
        "an unquoted # starts a comment",
    ),
    Case(
        "description for dbt to run",
        "description: A customer paid.",
        "description: \"{{ env_var('X') }}\"",
        5,
        "description holds a template",
        "dbt would run it",
    ),
    Case(
        "description with a bell",
        "description: A customer paid.",
        'description: "A\\u0007b"',
        5,
        "description holds a control character",
        "remove it",
    ),
    header("breaks another major", "breaks: 0.9", "'0.9' in version 1.0", "the version before"),
    header("breaks itself", "breaks: 1.0", "breaks cannot be '1.0'", "the version before"),
    header("breaks a word", "breaks: true", "breaks cannot be 'true'", "the version before"),
    header("latest", "latest: yes", "latest is neither true nor false", "latest: true"),
    header("tier", "tier: hgih", "tier cannot be 'hgih'", "did you mean high?"),
    header("tier empty", "tier:", "tier is empty", "one of: high, normal, low"),
    header("completeness without %", "completeness: 99.9", "percentage: '99.9'", "99.9 %"),
    header("completeness over 100", "completeness: 101 %", "percentage: '101 %'", "up to 100"),
    header("completeness of none", "completeness: 0 %", "percentage", "over 0"),
    header("retention as text", "retention: 30 days", "retention is not a mapping", "{raw: 30"),
    header("retention key", "retention: {row: 3 days}", "'row' in retention", "did you mean raw?"),
    header("retention unit", "retention: {raw: 3 years}", "retention.raw is not a", "weeks"),
    header(
        "staging kept less",
        "retention: {raw: 30 days, staging: 29 days}",
        "staging for less time than raw",
        "at least as long",
    ),
    header("lookback", "dedup_lookback: 14", "dedup_lookback is not a duration: '14'", "30 days"),
    header("lookback of 0", "dedup_lookback: 0 days", "dedup_lookback must be over 0", "30 days"),
    header("lookback for ever", "dedup_lookback: 999999999 weeks", "at most 36500 days", "days"),
    header(
        "lookback longer than staging",
        "dedup_lookback: 500 days",
        "dedup_lookback is longer than staging is kept",
        "shorten it",
    ),
    header("lateness", "max_lateness: never", "max_lateness is not a duration", "30 days"),
    header("lateness empty", "max_lateness:", "max_lateness is not a duration", "30 days"),
    header("expose text", "expose: note", "expose is not a list", "[field, object.field]"),
    header("expose unknown", "expose: [nota]", "'nota', which payload does not", "mean note?"),
    header("expose what is not hidden", "expose: [note]", "note, which has pii none", "remove it"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_bad_header_is_refused_on_its_line(tmp_path: Path, case: Case) -> None:
    check(tmp_path, case)


def test_a_field_exposed_twice_is_refused(tmp_path: Path) -> None:
    text = BASE.replace("Remark.}", "Remark., pii: sensitive}") + "expose: [note, note]\n"
    (found,) = problems(tmp_path, text)
    assert (found.line, found.message) == (12, "expose lists 'note' twice")


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = BASE.replace("owner: checkout", "owner:").replace("1.0", "2.0").replace("string", "text")
    lines = [each.line for each in problems(tmp_path, text)]
    assert lines == [2, 3, 10, 11]


def test_every_header_key_is_read(tmp_path: Path) -> None:
    text = BASE.replace("Remark.}", "Remark., pii: sensitive}") + (
        "tier: high\ncompleteness: 99.95 %\nretention: {raw: 2 weeks, staging: 90 days}\n"
        "dedup_lookback: 36 hours\nmax_lateness: none\nexpose: [note]\n"
    )
    assert problems(tmp_path, text) == ()
    (contract,) = read(tmp_path)
    assert (contract.domain, contract.event, contract.major) == ("shop", "order_paid", 1)
    assert (contract.owner, contract.channel) == ("checkout", "#data-checkout")
    assert contract.description == "A customer paid."
    assert (contract.tier, contract.completeness) == ("high", 99.95)
    assert contract.raw_retention == timedelta(days=14)
    assert contract.staging_retention == timedelta(days=90)
    assert contract.dedup_lookback == timedelta(hours=36)
    assert contract.max_lateness is None
    assert contract.expose == ("note",)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    assert problems(tmp_path, BASE) == ()
    (contract,) = read(tmp_path)
    assert (contract.tier, contract.completeness, contract.expose) == ("normal", None, ())
    assert contract.raw_retention == timedelta(days=30)
    assert contract.staging_retention == timedelta(days=400)
    assert contract.dedup_lookback == timedelta(days=14)
    assert contract.max_lateness == timedelta(days=30)


@pytest.mark.parametrize(
    ("written", "version"),
    [("1.10", "1.10"), ('"1.10"', "1.10"), ("1", "1"), ("1.4", "1.4"), ("1.0", "1.0")],
)
def test_a_version_stays_as_written(tmp_path: Path, written: str, version: str) -> None:
    assert problems(tmp_path, BASE.replace("version: 1.0", f"version: {written}")) == ()
    assert read(tmp_path)[0].version == version


@pytest.mark.parametrize(
    ("written", "duration"),
    [
        ("90 minutes", timedelta(minutes=90)),
        ("1 hour", timedelta(hours=1)),
        ("1 day", timedelta(days=1)),
        ("2 weeks", timedelta(days=14)),
    ],
)
def test_a_duration_is_a_count_and_a_unit(
    tmp_path: Path, written: str, duration: timedelta
) -> None:
    assert problems(tmp_path, BASE + f"max_lateness: {written}\n") == ()
    assert read(tmp_path)[0].max_lateness == duration
