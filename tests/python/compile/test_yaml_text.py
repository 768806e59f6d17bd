"""Generated YAML is written as PyYAML writes it, whatever the texts hold."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headwater.compile import yaml_text

WORDS = st.sampled_from(
    [
        "the",
        "event",
        "'",
        '"',
        ":",
        "#",
        "-",
        ",",
        "yes",
        "null",
        "~",
        "1",
        "1.5",
        "{{",
        "[",
        "&",
        "*",
        "!",
        "|",
        ">",
        "%",
        "@",
        "`",
        "é",
        "…",
        "track's",
        "a:b",
        "`path:type`",
        "a\nb",
        "\t",
        "",
        "long-word-that-goes-on-and-on-and-on",
        "no-end-in-sight-for-this-one",
    ]
)
TEXTS = st.one_of(
    st.lists(WORDS, max_size=60).map(" ".join),
    st.text(max_size=200),
    st.lists(st.sampled_from(["The", "count", "of", "everything,", "twice;"]), min_size=1).map(
        " ".join
    ),
)
VALUES = st.one_of(TEXTS, st.integers(), st.floats(allow_nan=False, allow_infinity=False))
KEYS = st.sampled_from(["name", "description", "a_key", "warn_after"])
MAPPINGS = st.recursive(
    st.dictionaries(KEYS, VALUES, min_size=1),
    lambda inner: st.dictionaries(
        KEYS, st.one_of(VALUES, inner, st.lists(inner, min_size=1, max_size=3)), min_size=1
    ),
    max_leaves=12,
)


def by_pyyaml(content: dict[str, Any]) -> str:
    class NoAnchors(yaml_text.Dumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    return yaml.dump(
        content, Dumper=NoAnchors, sort_keys=False, width=88, allow_unicode=True, indent=2
    )


@settings(max_examples=150, deadline=None)
@given(MAPPINGS)
@example({"a": [{"b": [{"c": {"d": "word " * 40 + "end"}}]}]})
@example({"a": "#data-music_2", "b": "_line", "c": 7, "d": -7, "e": True, "f": "a `b`, (`c`)"})
@example({"a": {"b": "x" * 86, "c": "x" * 87, "d": "y" * 40 + " " + "z" * 44 + " w"}})
@example({"a": {"b": "one\x85two\u2028\u2029three\x85"}, "c": [{"d": "one\n\ntwo\n"}]})
def test_it_is_what_pyyaml_writes(content: dict[str, Any]) -> None:
    assert yaml_text.dump(content) == by_pyyaml(content)


@pytest.mark.parametrize("word", ["yes", "No", "NULL", "true", "on", "1.5", "2026-01-01", ""])
def test_a_text_that_reads_as_another_type_is_quoted(word: str) -> None:
    text = yaml_text.dump({"name": word})
    assert yaml.safe_load(text) == {"name": word}
    assert text.rstrip() != f"name: {word}"
