"""The manifest read as a graph, and the plan that comes of comparing marks."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest

from headwater import graph, plan
from headwater.errors import BadInput
from headwater.windows import Restated, Window, restated, restated_for


def _model(name: str, parents: list[str], **config: Any) -> dict[str, Any]:
    return {
        "name": name,
        "resource_type": "model",
        "schema": "main",
        "alias": name,
        "relation_name": f'"main"."{name}"',
        "original_file_path": f"models/{config.pop('folder', 'marts')}/{name}.sql",
        "raw_code": config.pop("raw_code", f"select '{name}'"),
        "checksum": {"checksum": name},
        "config": {"materialized": "incremental", "meta": {}, **config},
        "depends_on": {"nodes": [f"model.m.{parent}" for parent in parents]},
        "columns": {},
        "fqn": ["m", "marts", name],
    }


MODELS = (
    _model(
        "base_e",
        [],
        folder="staging",
        meta={"event_type": "e", "contract_hash": "h1", "kind": "base"},
    ),
    _model("stg_e", ["base_e"], folder="staging", materialized="view", meta={"kind": "staging"}),
    _model("int_e", ["stg_e"], folder="intermediate", materialized="view"),
    _model("fct_e", ["int_e"], meta={"date": "d"}),
    _model("fct_week", ["fct_e"], meta={"date": "d", "windows": {"fct_e": {"before": 2}}}),
)


def _graph(*changed: dict[str, Any]) -> graph.Graph:
    by_name = {each["name"]: each for each in (*MODELS, *changed)}
    return graph.read({"nodes": {f"model.m.{name}": each for name, each in by_name.items()}})


def _versioned(latest: int) -> graph.Graph:
    """A mart on two versions of a staging view, one of which it names no version of."""
    nodes = {}
    for version in (1, 2):
        alias = "stg_e" if version == 1 else "stg_e_v2"
        node = _model("stg_e", ["base_e"], materialized="view", meta={"kind": "staging"})
        nodes[f"model.m.stg_e.v{version}"] = {**node, "version": version, "alias": alias}
    windows = {"stg_e": {"before": 3}}
    mart = _model("fct_e", [f"stg_e.v{latest}"], meta={"date": "d", "windows": windows})
    return graph.read({"nodes": {"model.m.base_e": MODELS[0], **nodes, "model.m.fct_e": mart}})


def test_a_model_version_is_known_by_its_name_and_version() -> None:
    known = _versioned(1)
    assert sorted(known.by_name) == ["base_e", "fct_e", "stg_e.v1", "stg_e.v2"]
    assert {known.by_name[f"stg_e.v{version}"].model for version in (1, 2)} == {"stg_e"}
    assert known.descendants({"stg_e.v2"}) == {"stg_e.v2"}
    # A window names the model as `ref` does.
    assert known.windows(known.by_name["fct_e"]) == {"base_e": Window(3, 0)}


def test_what_reads_another_version_is_other_code() -> None:
    first, second = _versioned(1), _versioned(2)
    assert first.code(first.by_name["fct_e"]) != second.code(second.by_name["fct_e"])


@dataclass
class Fake:
    """A warehouse of marks, in which everything is built, checked and published."""

    con: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)

    def __post_init__(self) -> None:
        known = _graph()
        self.con.execute(
            """
            create schema ops; create schema raw;
            create table raw.e (_load_id int, received_at timestamp);
            insert into raw.e values (1, '2026-01-01 10:15:00');
            create table base_e (_load_id int, _hour timestamp, _contract_hash text);
            insert into base_e values (1, '2026-01-01 10:00:00', 'h1');
            create table ops.built (model text, upstream text, seq int, code text);
            create table ops.changed_dates (model text, changed_date date, seq int);
            create table ops.checked (model text, seq int, suite text, is_passed bool);
            create table ops.published (model text, seq int);
            create view stg_e as select 1; create view int_e as select 1;
            create table fct_e (d date); create table fct_week (d date);
            """
        )
        for node in known.nodes.values():
            code = known.code(node)
            upstreams = ["", *(each.name for each in known.logged_below(node))]
            for upstream in upstreams:
                self.con.execute(
                    "insert into ops.built values (?, ?, 1, ?)", [node.name, upstream, code]
                )
            if node.is_logged:
                self.con.execute("insert into ops.changed_dates values (?, null, 1)", [node.name])
        for mart in ("fct_e", "fct_week"):
            self.con.execute("insert into ops.checked values (?, 1, 's', true)", [mart])
            self.con.execute("insert into ops.published values (?, 1)", [mart])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def execute(self, *statements: str) -> None:
        for statement in statements:
            self.con.execute(statement)

    def name(self, table: str) -> str:
        return table

    def tables(self) -> set[tuple[str, str]]:
        return {
            (schema, name)
            for schema, name in self.rows(
                "select table_schema, table_name from information_schema.tables"
            )
        }

    def hour_of(self, timestamp: str) -> str:
        return f"date_trunc('hour', {timestamp})"

    def held_slices(self, base: str, code: str, compatible: Mapping[str, Sequence[str]]) -> str:
        assert not compatible
        return f"select _load_id, _hour from {base} where _contract_hash = '{code}'"


@pytest.fixture
def database() -> Fake:
    return Fake()


def _plan(database: Fake, known: graph.Graph | None = None, suite: str = "s") -> plan.Plan:
    return plan.make(database, known or _graph(), lambda _: suite)


def _reasons(found: plan.Plan) -> dict[str, str]:
    return {each.name: each.reason for each in found.pending}


def test_nothing_new_is_nothing_to_do(database: Fake) -> None:
    assert _plan(database).is_nothing


def test_a_slice_that_base_lacks_is_built_with_all_that_follows(database: Fake) -> None:
    database.execute("insert into raw.e values (2, '2026-01-01 10:20:00')")
    found = _plan(database)
    assert _reasons(found) == {
        "base_e": "new records",
        "fct_e": "base_e changed",
        "fct_week": "fct_e changed",
    }
    assert found.pending[0].slices == 1
    assert found.pending[1].dates is None


def test_a_mended_contract_rebuilds_what_raw_still_has(database: Fake) -> None:
    mended = {**MODELS[0], "config": {**MODELS[0]["config"]}}
    mended["config"]["meta"] = {"event_type": "e", "contract_hash": "h2", "kind": "base"}
    assert _reasons(_plan(database, _graph(mended)))["base_e"] == "event contract changed"


def test_logged_dates_are_widened_by_the_window_that_reads_them(database: Fake) -> None:
    database.execute("insert into ops.changed_dates values ('fct_e', '2026-01-10', 2)")
    found = _plan(database)
    (week,) = (each for each in found.pending if each.name == "fct_week")
    assert week.dates == tuple(dt.date(2026, 1, day) for day in (10, 11, 12))


def test_an_edited_view_restates_the_marts_above_it(database: Fake) -> None:
    edited = {**MODELS[2], "raw_code": "select 'another'"}
    assert _reasons(_plan(database, _graph(edited))) == {
        "int_e": "its SQL changed",
        "fct_e": "its SQL changed",
        "fct_week": "fct_e changed",
    }


def test_a_generated_staging_view_restates_nothing(database: Fake) -> None:
    edited = {**MODELS[1], "raw_code": "select 'a longer description'"}
    assert _reasons(_plan(database, _graph(edited))) == {"stg_e": "its SQL changed"}


def test_a_table_that_is_gone_is_built(database: Fake) -> None:
    database.execute("drop table fct_week")
    assert _reasons(_plan(database)) == {"fct_week": "is not there yet"}


def test_marts_built_by_somebody_else_are_still_to_be_checked(database: Fake) -> None:
    database.execute(
        "insert into ops.changed_dates values ('fct_week', '2026-01-10', 2)",
    )
    found = _plan(database)
    assert (found.unchecked, found.build) == (("fct_week",), ())
    # Of what has no test, dbt would say that the selection matches nothing.
    assert found.selected == ()
    tested = dataclasses.replace(_graph(), tests={"model.m.fct_week": ("not null",)})
    # Building it again would restate all that is built from it, for a test's sake.
    assert _plan(database, tested).selected == ("fct_week,resource_type:test",)


def test_a_changed_suite_is_run_again(database: Fake) -> None:
    assert _plan(database, suite="stricter").unchecked == ("fct_e", "fct_week")


def test_a_checked_mart_that_is_not_in_serve_is_published(database: Fake) -> None:
    database.execute("delete from ops.published where model = 'fct_week'")
    found = _plan(database)
    assert (found.build, found.unpublished) == ((), ("fct_week",))


def test_what_is_built_from_a_failing_mart_waits_for_it_to_change(database: Fake) -> None:
    database.execute(
        "update ops.checked set is_passed = false where model = 'fct_e'",
        "drop table fct_week",
    )
    found = _plan(database)
    assert found.is_nothing
    assert found.failing == ("fct_e",)


def test_what_waited_for_a_failing_mart_is_built_with_it_again(database: Fake) -> None:
    database.execute(
        "update ops.checked set is_passed = false where model = 'fct_e'",
        "insert into raw.e values (2, '2026-01-01 10:20:00')",
    )
    assert [each.name for each in _plan(database).pending] == ["base_e", "fct_e", "fct_week"]


def test_a_branch_that_is_left_out_takes_its_descendants_along(database: Fake) -> None:
    database.execute("insert into raw.e values (2, '2026-01-01 10:20:00')")
    assert plan.make(database, _graph(), lambda _: "s", leave=["base_e"]).is_nothing


@pytest.mark.parametrize(
    ("hour", "first"),
    [
        (dt.datetime(2026, 1, 10, 12), dt.date(2026, 1, 11)),
        # Events say that they happened up to an hour after they were received.
        (dt.datetime(2026, 1, 10, 22), dt.date(2026, 1, 11)),
        (dt.datetime(2026, 1, 10, 23), dt.date(2026, 1, 12)),
    ],
)
def test_dates_that_read_what_left_staging_are_frozen(hour: dt.datetime, first: dt.date) -> None:
    by_dates = {"incremental_strategy": "dates"}
    windows = {"int_e": {"before": 2, "after": 3}}
    known = _graph(
        _model("fct_e", ["int_e"], **by_dates),
        _model("fct_wide", ["int_e"], meta={"windows": windows}, **by_dates),
        # What retention took is gone for all later dates: no reason to freeze them all.
        _model("fct_ever", ["int_e"], meta={"windows": {"int_e": {"before": "all"}}}, **by_dates),
        _model("dim_e", ["int_e"], materialized="table"),
        _model("fct_over_table", ["dim_e"], **by_dates),
        _model("fct_over_dates", ["fct_wide"], **by_dates),
    )
    found = {name: known.frozen_before(node, {"e": hour}) for name, node in known.by_name.items()}
    assert {name: date for name, date in found.items() if date} == {
        "fct_e": first,
        "fct_wide": first + dt.timedelta(days=2),
        "fct_ever": first,
        "fct_over_table": first,
    }
    assert known.frozen_before(known.by_name["fct_e"], {"other": hour}) is None


def test_frozen_dates_are_not_planned(database: Fake) -> None:
    database.execute(
        "create table ops.expired (what text, event_type text, hour timestamp)",
        "insert into ops.expired values ('staging', 'e', '2026-01-09 10:00:00')",
        "insert into ops.expired values ('raw', 'e', '2026-01-20 10:00:00')",
        *(
            f"insert into ops.changed_dates values ('base_e', '2026-01-{day}', 2)"
            for day in (9, 10)
        ),
    )
    known = _graph(_model("fct_e", ["int_e"], meta={"date": "d"}, incremental_strategy="dates"))
    (fct_e,) = (each for each in _plan(database, known).pending if each.name == "fct_e")
    assert fct_e.dates == (dt.date(2026, 1, 10),)


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2026-{text}")


def _days(*days: str) -> frozenset[dt.date]:
    return frozenset(map(_day, days))


def test_what_reads_everything_until_its_date_restates_all_later_dates(database: Fake) -> None:
    windows = {"int_e": {"before": "all", "after": 1}, "fct_week": {"before": 1}}
    known = _graph(_model("fct_ever", ["int_e", "fct_week"], meta={"windows": windows}))
    fct_ever = known.by_name["fct_ever"]
    assert known.windows(fct_ever) == {"base_e": Window(None, 1), "fct_week": Window(1, 0)}
    database.execute(
        "create table fct_ever (d date)",
        f"insert into ops.built select 'fct_ever', unnest(['', 'base_e', 'fct_week']), 1,"
        f" '{known.code(fct_ever)}'",
        "update ops.built set seq = 2 where model = 'fct_e' and upstream = 'base_e'",
        *(f"insert into ops.changed_dates values ('base_e', '2026-01-{day}', 2)" for day in (9, 7)),
        *(
            f"insert into ops.changed_dates values ('fct_week', '2026-01-0{day}', 2)"
            for day in (3, 6)
        ),
    )
    (planned,) = (each for each in _plan(database, known).pending if each.name == "fct_ever")
    assert planned.restated == Restated(_days("01-03", "01-04"), _day("01-06"))


def test_months_are_restated_whole(database: Fake) -> None:
    meta = {"date": "d", "period": "month", "windows": {"int_e": {"after": 1}}}
    known = _graph(_model("fct_month", ["int_e"], meta=meta, incremental_strategy="dates"))
    fct_month = known.by_name["fct_month"]
    database.execute(
        "create table fct_month (d date)",
        f"insert into ops.built select 'fct_month', unnest(['', 'base_e']), 1,"
        f" '{known.code(fct_month)}'",
        *(f"insert into ops.changed_dates values ('base_e', '2026-{day}', 2)"
          for day in ("03-01", "03-15", "05-31")),
    )  # fmt: skip
    (planned,) = (each for each in _plan(database, known).pending if each.name == "fct_month")
    assert planned.dates == (_day("02-01"), _day("03-01"), _day("05-01"))
    # A month is frozen whole.
    until = {"e": dt.datetime(2026, 3, 10, 12)}
    assert known.frozen_before(fct_month, until) == _day("04-01")
    assert known.frozen_before(fct_month, {"e": dt.datetime(2026, 2, 28, 22)}) == _day("03-01")


def test_open_ranges_and_months_join() -> None:
    changed = Restated(_days("01-31", "02-10"), _day("03-20"))
    assert restated_for(changed, Window(1, 0)) == Restated(
        _days("01-31", "02-01", "02-10", "02-11"), _day("03-20")
    )
    assert restated_for(changed, Window(None, 0)).since == _day("01-31")
    assert changed.by("month") == Restated(_days("01-01", "02-01"), _day("03-01"))
    assert changed.by("month", _day("02-01")) == Restated(_days("02-01"), _day("03-01"))
    assert changed.by("", _day("04-01")) == Restated(frozenset(), _day("04-01"))
    assert restated([], Window(None, 0)) == Restated()
    last = dt.date.max
    assert restated([last], Window(None, 2)).since == last - dt.timedelta(days=2)
    assert restated([dt.date.min], Window(None, 2)).since == dt.date.min


def test_a_window_or_period_is_part_of_the_code() -> None:
    metas: tuple[dict[str, Any], ...] = (
        {"date": "d"},
        {"date": "d", "period": "month"},
        {"date": "d", "windows": {"int_e": {"before": 0}}},
        {"date": "d", "windows": {"int_e": {"before": "all"}}},
    )
    known = [_graph(_model("fct_e", ["int_e"], meta=meta)) for meta in metas]
    assert len({each.code(each.by_name["fct_e"]) for each in known}) == len(metas)


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ({"windows": {"int_e": {"before": "al"}}}, "says before: al of int_e; that is a whole"),
        ({"windows": {"int_e": {"after": "all"}}}, "says after: all of int_e; that is a whole"),
        ({"windows": {"int_e": {"before": -1}}}, "says before: -1 of int_e"),
        ({"windows": {"int_e": {"before": True}}}, "says before: True of int_e"),
        ({"windows": {"int_e": {"until": 1}}}, "says until of int_e; it knows before and after"),
        ({"period": "week"}, "meta.period of fct_e is week; it is month"),
    ],
)
def test_a_window_that_cannot_be_read_is_refused(meta: dict[str, Any], said: str) -> None:
    known = _graph(_model("fct_e", ["int_e"], meta=meta))
    with pytest.raises(BadInput, match=said):
        known.windows(known.by_name["fct_e"])
