"""The short cut renders as Jinja does, or leaves it to Jinja."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compile.render import generated
from headwater import contracts, macros, plain_jinja
from headwater.compile.text import Call, argument, quoted

LIBRARY = """
{% macro say(text, loud=false) %}<{{ text }}{{ '!' if loud }}>{% endmacro %}
{% macro around(name) %}[{{ name }}: {{ caller() }}]{% endmacro %}
{% macro all(values) %}{{ values | join('+') }}{% endmacro %}
"""
NAMES: dict[str, Any] = {"config": lambda **_: "", "answer": 42, "a": "A", "nothing": None}


def by_jinja(text: str) -> str:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    return environment.from_string(text).render({**NAMES, **library()})


def library() -> dict[str, Any]:
    module = jinja2.Environment().from_string(LIBRARY).module
    return {name: getattr(module, name) for name in ("say", "around", "all")}


def by_python(text: str) -> str | None:
    return plain_jinja.render(text, {**NAMES, **library()})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain\n",
        "two\n\n",
        "{{ say('x') }}",
        "{{ say('x', loud=true) }} and {{say(\"it's\")}}\n",
        "{{ config(meta={'a': {'b': [1, 2.5, -3]}}, c='}}') }}end",
        "{{ all(['a', 'b',]) }}",
        "{% set shape = {\n    '': 'x',\n    'a.b': ['y'],\n} %}\n\n{{ all(shape) }}",
        "{% set x = none %}{{ x }}{{ true }}{{ answer }}{{ nothing }}",
        "{{ say('a' ~ say('b') ~ 'c') }}",
        "{% call around('x') %}1 {{ say('2') }} {% call around('y') %}{% endcall %}{% endcall %}",
        r"{{ say('\\d \' \" \n \t') }} \d",
        "{{ say('日本 é 🎵 {% {{ {#') }}",
        "{{ say(1) }} } %} }} ' \" {",
    ],
)
def test_it_is_what_jinja_writes(text: str) -> None:
    assert by_python(text) == by_jinja(text)


@pytest.mark.parametrize(
    "text",
    [
        "{# a comment #}",
        "{{- say('x') }} y",
        "y {{ say('x') -}} z",
        "{%- set x = 1 %}{{ x }}",
        "{{ 1 ~ 2 }}",
        "{{ answer ~ answer }}",
        "{{ answer ~ say('x') }}",
        "{{ 'a' | upper }}",
        "{{ 'a'.upper() }}",
        "{{ 1 if true else 2 }}",
        "{{ 'a' is string }}",
        "{{ 'a' in 'abc' }}",
        "{{ 2 * 3 }}",
        "{{ 1 + 1 }}",
        "{% if true %}x{% endif %}",
        "{% for x in [1, 2] %}{{ x }}{% endfor %}",
        "{% set x %}block{% endset %}{{ x }}",
        "{% raw %}{{ x }}{% endraw %}",
        r"{{ say('\x41') }}",
        "{{ say('a\nb') }}",
        "a\r\nb",
        "{{ all([1, 2]) ~ '' | upper }}",
        "{% set _x = 1 %}{{ _x }}",
        "{{ say(('a', 'b')[0]) if a }}",
    ],
)
def test_what_python_may_read_otherwise_is_left_to_jinja(text: str) -> None:
    by_jinja(text)
    assert by_python(text) in (None, by_jinja(text))


@pytest.mark.parametrize(
    "text",
    [
        "{{ missing }}",
        "{{ missing('x') }}",
        "{{ say(missing) }}",
        "{{ say('x' }}",
        "{{ say('x') ",
        "{{ say('x) }}",
        "{{ }}",
        "{{ say('x')) }}",
        "{% call around('x') %}",
        "{% endcall %}",
        "{{ say(a=1, b=2, c=3, d=4) }}",
        "{{ len('x') }}",
        "{{ open('x') }}",
        "{{ str(1) }}",
        "{{ __import__('os') }}",
        "{{ _texts }}",
        "{{ _join }}",
        "{{ x }}{% set x = 1 %}",
    ],
)
def test_an_error_is_left_to_jinja(text: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011
        by_jinja(text)
    assert by_python(text) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.text(), st.text("'\"\\{}%#\n\r\t ab")), min_size=1))
def test_any_text_that_the_compiler_quotes_is_read_as_jinja_reads_it(texts: list[str]) -> None:
    sql = argument([*texts, Call("say('x')")])
    text = f"{{{{ all([{', '.join(map(quoted, texts))}]) }}}} {{{{ say({sql}) }}}}"
    expected = by_jinja(text)
    assert by_python(text) in (None, expected)


def test_every_model_of_this_repository_takes_the_short_cut(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> str:
        raise AssertionError("Jinja was asked")

    monkeypatch.setattr(macros, "by_jinja", refuse)
    for contract in contracts.read(repository):
        text = generated(contract, f"base_{contract.event}.sql")
        for engine in ("duckdb", "bigquery"):
            assert "with delivered as" in macros.render(
                repository / "macros" / "headwater", text, engine
            )
