"""A mended contract may give a field another type: no value is bent to fit the old one."""

from __future__ import annotations

from types import SimpleNamespace

import duckdb

from .render import render


def _statements(engine: str, base: dict[str, str], new: dict[str, str]) -> str:
    tables = {
        name: [
            SimpleNamespace(name=column, quoted=f'"{column}"', data_type=kind)
            for column, kind in columns.items()
        ]
        for name, columns in (("base", base), ("new", new))
    }
    adapter = SimpleNamespace(get_columns_in_relation=lambda table: tables[table])
    return render("{{ retype_columns('base', 'new') }}", engine, adapter=adapter)


def _retyped(old: str, new: str) -> list[object]:
    with duckdb.connect() as connection:
        connection.execute(f"create table base as select {old} as x, 'kept' as y")
        connection.execute(f"create table new as select {new} as x, 'new' as y, 1 as z")
        types = {
            table: {row[0]: row[1] for row in connection.execute(f"describe {table}").fetchall()}
            for table in ("base", "new")
        }
        connection.execute("begin")
        connection.execute(_statements("duckdb", types["base"], types["new"]))
        connection.execute("insert into base select x, y from new")
        connection.execute("commit")
        return [row[0] for row in connection.execute("select x from base").fetchall()]


def test_a_fraction_is_not_rounded_into_a_column_that_held_integers() -> None:
    assert _retyped("1::bigint", "1.7::double") == [1.0, 1.7]


def test_a_kept_row_keeps_its_value_where_it_has_one_in_the_new_type() -> None:
    assert _retyped("'7'", "8::bigint") == [7, 8]
    assert _retyped("'seven'", "8::bigint") == [None, 8]
    assert _retyped("7::bigint", "'eight'") == ["7", "eight"]
    assert _retyped("'a'", "['b']") == [None, ["b"]]


def test_nothing_is_altered_when_the_types_agree() -> None:
    assert _statements("duckdb", {"x": "BIGINT"}, {"X": "BIGINT", "y": "VARCHAR"}) == ""
    assert _statements("duckdb", {"x": "BIGINT", "gone": "VARCHAR"}, {"x": "BIGINT"}) == ""


def test_bigquery_is_asked_to_widen() -> None:
    text = _statements("bigquery", {"x": "INT64"}, {"x": "FLOAT64"})
    assert text == 'alter table base alter column "x" set data type FLOAT64;'
