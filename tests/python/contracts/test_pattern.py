"""Patterns mean on RE2 what JSON Schema (ECMA-262, Unicode) says, or are refused."""

from itertools import product

import duckdb
import jsonschema_rs
import pytest

from headwater.contracts.pattern import BadPatternError, translate

# pattern, a text that matches, a text that does not. Checked once against a JavaScript
# engine; the pairs in the second half are those where RE2 as written would be wrong.
MEANINGS = [
    ("^[0-9A-Za-z]{3}$", "aB9", "aB9x"),
    ("^a|b$", "xb", "bx"),
    (r"^\d+\.\d{2}$", "12.50", "12,50"),
    (r"\bcat\b", "a cat.", "cats"),
    ("^(?:ab)*?$", "abab", "aba"),
    ("^(?<year>[0-9]{4})-", "2026-01", "26-01"),
    (r"^\p{Lu}\p{Letter}+$", "Ärger", "ärger"),
    (r"^\p{Script=Greek}$", "Ω", "O"),
    (r"^\p{digit}$", "\u0663", "x"),
    (r"^\p{gc=Currency_Symbol}\p{General_Category=Nd}$", "€1", "€x"),
    (r"^\P{punct}$", "a", "!"),
    ("^[a-c-]$", "-", "d"),
    (r"^[\d_]$", "_", "-"),
    (r"^\/a$", "/a", "a"),
    (r"^[\]\\^]$", "^", "["),
    ("^é$", "é", "e"),
    ("a{2,}", "aa", "a"),
    ("^{}$", "{}", ""),
    (r"\S", "x", "\u00a0\u2028\ufeff\v"),
    (r"^\s$", "\u00a0", "x"),
    (r"^[\sx]$", "\ufeff", "y"),
    ("^.$", "x", "\r"),
    ("^.$", "\v", "\u2028"),
    ("^[^]$", "\n", ""),
    ("^[[]$", "[", "]"),
    (r"^[\b]$", "\b", "b"),
    (r"^\cJ$", "\n", "J"),
    (r"^\u0041\x42$", "AB", "u0041"),
    (r"^\ud83d\ude00$", "😀", "x"),
    (r"^\u{1F600}$", "😀", "u"),
    ("^[😀-😂]$", "😁", "😃"),
    (r"^a$", "a", "a\n"),
]


@pytest.mark.parametrize(("pattern", "matches", "differs"), MEANINGS)
def test_a_pattern_means_the_same_on_re2(pattern: str, matches: str, differs: str) -> None:
    row = (
        duckdb.connect()
        .execute(
            "select regexp_matches($1, $3), regexp_matches($2, $3)",
            [matches, differs, translate(pattern)],
        )
        .fetchone()
    )
    assert row == (True, False)


@pytest.mark.parametrize(
    "pattern", ["^[0-9A-Za-z]{22}$", "^[A-Z]{2}$", r"^\d+(?:\.\d+)?$", "a|b", "^/", ""]
)
def test_a_pattern_that_both_read_alike_stays_as_it_is(pattern: str) -> None:
    assert translate(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=a)", "looks around"),
        ("(?!a)", "looks around"),
        ("(?<=a)b", "looks around"),
        ("(?<!a)b", "looks around"),
        (r"(a)\1", "refers back"),
        (r"(?<n>a)\k<n>", "refers back"),
        ("a{1001}", "over 1000"),
        ("a{2,99999999999}", "over 1000"),
        ("(a{500}){3}", "invalid repetition size"),
        ("(?:a{1000}){2}", "invalid repetition size"),
        ("a{3,2}", "wrong way round"),
        ("a{,3}", "no repeat"),
        ("*a", "repeats nothing"),
        ("a**", "repeats nothing"),
        ("a*+", "repeats nothing"),
        ("^*", "repeats nothing"),
        (r"\b+", "repeats nothing"),
        ("(+a)", "repeats nothing"),
        ("(a", "without its )"),
        ("a)", "without its ("),
        ("[a", "without its ]"),
        ("[", "without its ]"),
        ("[]", "matches nothing"),
        ("[[:alpha:]]", "no class of JSON Schema"),
        ("[:digit:]", "no class of JSON Schema"),
        (r"[a-\d]", "cannot end a range"),
        ("[z-a]", "invalid character class range"),
        (r"[\S]", "RE2 shares"),
        ("(?i)a", "no group of JSON Schema"),
        ("(?P<n>a)", "no group of JSON Schema"),
        ("a\\", "ends in"),
        (r"\A", "RE2 shares"),
        (r"\Z", "RE2 shares"),
        (r"\h", "RE2 shares"),
        (r"\Qa\E", "RE2 shares"),
        (r"\pL", "RE2 shares"),
        (r"\p{Emoji}", "property Emoji"),
        (r"\p{Script=Klingon}", "invalid character class range"),
        (r"\p{Script_Extensions=Greek}", "property Script_Extensions=Greek"),
        (r"\ud83d", "no character"),
        (r"\u{110000}", "no character"),
    ],
)
def test_what_re2_cannot_do_is_refused_with_the_reason(pattern: str, reason: str) -> None:
    with pytest.raises(BadPatternError) as refused:
        translate(pattern)
    assert reason in refused.value.args[0]
    assert refused.value.args[1]


def test_a_translated_pattern_never_looks_like_a_dbt_template() -> None:
    for pattern in ("{{", "{%", "{#", "[{]{", "[{{]", "a{{b", "[{%]"):
        translated = translate(pattern)
        assert not {"{{", "{%", "{#"} & {
            translated[at : at + 2] for at in range(len(translated))
        }, translated


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("^(?!test_)", "write not: {pattern: '^test_'}"),
        ("^(?!test_|demo_).*$", "write not: {pattern: '^(?:test_|demo_)'}"),
        ("^(?!a(?:b))[a-z]+$", "write not: {pattern: '^a(?:b)'}, and pattern: '^[a-z]+$'"),
        (r"^(?![)\)'])x", r"write not: {pattern: '^[)\)'']'}, and pattern: '^x'"),
        (
            "^(?=.*[0-9])[a-z0-9]+$",
            "write allOf: [{pattern: '^.*[0-9]'}], and pattern: '^[a-z0-9]+$'",
        ),
        ("^[a-z.]+(?<!x)$", "write not: {pattern: 'x$'}, and pattern: '^[a-z.]+$'"),
        ("a(?!b)", "say it without, or by enum, minLength, maxLength, or not: {pattern: …}"),
    ],
)
def test_what_looks_around_is_refused_with_what_says_the_same(pattern: str, hint: str) -> None:
    with pytest.raises(BadPatternError) as error:
        translate(pattern)
    assert error.value.args[1] == hint


@pytest.mark.parametrize(
    ("pattern", "rewritten"),
    [
        ("^(?!ab|c)[a-d]+$", {"not": {"pattern": "^(?:ab|c)"}, "pattern": "^[a-d]+$"}),
        ("^(?=.*b)[a-d]+$", {"allOf": [{"pattern": "^.*b"}], "pattern": "^[a-d]+$"}),
        ("^[a-d]+(?<!b)$", {"not": {"pattern": "b$"}, "pattern": "^[a-d]+$"}),
    ],
)
def test_what_the_hint_says_means_what_the_pattern_meant(pattern: str, rewritten: object) -> None:
    texts = ["".join(each) for length in range(4) for each in product("abcdx", repeat=length)]
    for text in texts:
        said = jsonschema_rs.is_valid({"pattern": pattern}, text)
        assert jsonschema_rs.is_valid(rewritten, text) == said, text
