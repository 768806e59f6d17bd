"""A serve file that is copied and patched: what marts logged as changed since is replaced in it.

What a mart did not log is not looked at, so a row changed behind the log tells a patch from a copy.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from headwater.check import check
from headwater.publish import drafting, publish
from headwater.serve import New

DAYS = 6
ALL_DATES = f"select date '2026-01-01' + day::int from range({DAYS}) as days (day)"


@pytest.fixture
def small(make_small: Callable[[], Any]) -> Any:
    """A warehouse with one mart, `fct_visits`, of six dates and 256 users, published."""
    found = make_small()
    found.mart(
        "fct_visits",
        "select date '2026-01-01' + day::int as visit_date, printf('user-%02x', who) as user_id,"
        " 0 as visits from range(6) as days (day), range(256) as users (who)",
        date="visit_date",
        restate_by="user_id",
        description="One row per date and user.",
    )
    published(found)
    return found


def published(small: Any, *, is_ahead: bool = False, **options: Any) -> Any:
    """Published as a run does it, or with all marts copied before the checks are done."""
    if not is_ahead:
        check(small.project, small.database)
        return publish(small.project, small.database, {}, **options)
    hoped = {"fct_visits": True}
    with drafting(small.project, small.database, hoped, **options) as draft:
        assert draft is not None
        assert draft.result()
        check(small.project, small.database)
        return publish(small.project, small.database, {}, draft, **options)


def logged(small: Any, dates: str, *parts: str, model: str = "fct_visits") -> None:
    """The mart says that these dates (a query) changed, or these parts of them."""
    seq = "(select coalesce(max(seq), 0) from ops.changed_dates where model = 'fct_visits')"
    small.sql(
        f"insert into ops.changed_dates select '{model}', it, {seq} + 1 from ({dates}) as t (it)"
    )
    for part in parts:
        small.sql(
            f"insert into ops.changed_parts (model, changed_date, part, seq)"
            f" select '{model}', it, '{part}', {seq} from ({dates}) as t (it)"
        )


def served(small: Any, sql: str, file: str = "serve.duckdb") -> list[tuple[Any, ...]]:
    with duckdb.connect(str(small.project.state / file), read_only=True) as con:
        return con.execute(sql).fetchall()


def sums(small: Any) -> list[int]:
    """The visits of each date in serve."""
    return [
        int(visits)
        for (visits,) in served(
            small,
            "select sum(visits) from marts.fct_visits group by visit_date order by visit_date",
        )
    ]


def is_like_the_warehouse(small: Any) -> bool:
    mine = small.sql("from marts.fct_visits order by all")
    return bool(mine == served(small, "from marts.fct_visits order by all"))


@pytest.mark.parametrize("is_ahead", [False, True])
def test_the_dates_that_changed_are_replaced(small: Any, is_ahead: bool) -> None:
    small.sql("update marts.fct_visits set visits = 1")
    logged(small, "select date '2026-01-02'")
    logged(small, "select date '2026-01-05'")
    report = published(small, is_ahead=is_ahead)
    assert report.published == ("fct_visits",)
    assert sums(small) == [0, 256, 0, 0, 256, 0]
    assert served(small, "select seq from ops.published") == [(3,)]


def test_of_a_date_of_which_parts_changed_those_are_replaced(small: Any) -> None:
    small.sql("update marts.fct_visits set visits = 1")
    logged(small, "select date '2026-01-02'", "0a", "ff")
    logged(small, "select date '2026-01-02'", "0b")
    logged(small, "select date '2026-01-03'", "0a")
    logged(small, "select date '2026-01-03'")
    published(small)
    assert sums(small) == [0, 3, 256, 0, 0, 0]


def test_rows_go_and_come_on_dates_that_changed(small: Any) -> None:
    small.sql("delete from marts.fct_visits where visit_date = '2026-01-01'")
    small.sql("insert into marts.fct_visits values ('2026-02-01', 'user-zz', 9)")
    logged(small, "select unnest([date '2026-01-01', date '2026-02-01'])")
    published(small)
    assert is_like_the_warehouse(small)
    assert sums(small) == [0, 0, 0, 0, 0, 9]


def test_a_mart_that_has_not_changed_and_one_that_is_held_back_stay(small: Any) -> None:
    small.mart("fct_same", "select 1 as n")
    small.mart("fct_held", "select 1 as n")
    small.mart("fct_table", "select 1 as n", description="Before.")
    published(small)
    for name in ("fct_same", "fct_held"):
        small.sql(f"update marts.{name} set n = 2")
    small.mart("fct_table", "select 2 as n", description="After.")
    logged(small, "select date '2026-01-02'")
    logged(small, "select null::date", model="fct_held")
    small.node("fct_same", description="The same.")
    check(small.project, small.database)
    report = publish(small.project, small.database, {"fct_held": False})
    assert (report.published, report.kept) == (("fct_table", "fct_visits"), ("fct_held",))
    for name, n, comment in [
        ("fct_same", 1, "The same."),
        ("fct_held", 1, None),
        ("fct_table", 2, "After."),
    ]:
        assert served(small, f"select n from marts.{name}") == [(n,)], name
        said = f"select comment from duckdb_tables() where table_name = '{name}'"
        assert served(small, said) == [(comment,)], name


def behind_the_log(small: Any) -> None:
    """A date that changed, and others that changed without a word."""
    small.sql("update marts.fct_visits set visits = 1")
    logged(small, "select date '2026-01-02'")


def of_another_length(small: Any) -> None:
    small.sql(
        "delete from marts.fct_visits where visit_date = '2026-01-06' and user_id = 'user-00'"
    )


def all_of_it(small: Any) -> None:
    logged(small, "select null::date")


def another_column(small: Any) -> None:
    small.sql("alter table marts.fct_visits add column is_new boolean default true")


def another_type(small: Any) -> None:
    small.sql("alter table marts.fct_visits alter visits type bigint")


def not_by_dates(small: Any) -> None:
    small.node("fct_visits")


def written_to(small: Any, sql: str) -> None:
    small.project.serve_file.chmod(0o644)
    with duckdb.connect(str(small.project.serve_file)) as con:
        con.execute(sql)


def a_view_in_serve(small: Any) -> None:
    written_to(small, "create view marts.mine as select 1 as n")


def a_table_in_serve(small: Any) -> None:
    written_to(small, "create table marts.mine as select 1 as n")


def a_log_beside_serve(small: Any) -> None:
    small.project.serve_file.with_name("serve.duckdb.wal").touch()


def mostly_free(small: Any) -> None:
    written_to(small, "create table marts.t as select uuid() as u from range(400000)")
    written_to(small, "drop table marts.t")


def of_another_time(small: Any) -> None:
    written_to(small, "update ops.published set published_at = '2020-01-01'")


def published_elsewhere(small: Any) -> None:
    written_to(small, "update ops.published set seq = 0")


@pytest.mark.parametrize(
    "obstacle",
    [
        of_another_length, all_of_it, another_column, another_type, not_by_dates,
        a_view_in_serve, a_table_in_serve, a_log_beside_serve, mostly_free,
        of_another_time, published_elsewhere,
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_ahead", [False, True])
def test_what_cannot_be_patched_is_copied(
    small: Any, obstacle: Callable[[Any], None], is_ahead: bool
) -> None:
    behind_the_log(small)
    obstacle(small)
    published(small, is_ahead=is_ahead)
    assert is_like_the_warehouse(small)
    tables = "select table_name from duckdb_tables() where schema_name = 'marts'"
    assert served(small, tables) == [("fct_visits",)]
    assert served(small, "select view_name from duckdb_views() where not internal") == []


def test_a_serve_file_that_was_brought_back_is_not_patched(small: Any) -> None:
    backup = small.project.state / "backup.duckdb"
    shutil.copyfile(small.project.serve_file, backup)
    small.sql("update marts.fct_visits set visits = 1")
    logged(small, ALL_DATES)
    published(small)
    backup.replace(small.project.serve_file)
    logged(small, "select date '2026-01-02'")
    published(small)
    assert is_like_the_warehouse(small)


@pytest.mark.parametrize("is_ahead", [False, True])
def test_a_file_written_anew_has_no_bytes_of_rows_that_are_gone(small: Any, is_ahead: bool) -> None:
    small.sql("update marts.fct_visits set user_id = 'forget-me-' || user_id")
    logged(small, ALL_DATES)
    published(small)
    small.sql("update marts.fct_visits set user_id = 'kept' where visit_date < '2026-01-06'")
    logged(small, "select date '2026-01-02'")
    published(small)
    assert b"forget-me-" in small.project.serve_file.read_bytes()
    small.sql("update marts.fct_visits set user_id = 'kept'")
    logged(small, "select date '2026-01-06'")
    published(small, is_ahead=is_ahead, is_anew=True)
    assert b"forget-me-" not in small.project.serve_file.read_bytes()


def random_history(small: Any, seed: int) -> None:
    """Twelve publishes, with up to three builds before each; now and then one fails."""
    dice = random.Random(seed)
    for _ in range(12):
        for _ in range(dice.randint(1, 3)):
            day = f"date '2026-01-0{dice.randint(1, DAYS)}'"
            parts = [f"{dice.randrange(256):02x}" for _ in range(dice.randint(0, 2))]
            within = f"visit_date = {day}"
            if parts:
                within += " and right(user_id, 2) in (" + ", ".join(f"'{p}'" for p in parts) + ")"
            how = dice.choice(["update", "update", "delete", "insert"])
            if how == "update":
                small.sql(f"update marts.fct_visits set visits = visits + 1 where {within}")
            elif how == "delete":
                small.sql(f"delete from marts.fct_visits where {within} and visits % 2 = 0")
            else:
                small.sql(f"insert into marts.fct_visits from marts.fct_visits where {within}")
            logged(small, f"select {day}", *parts)
        if dice.random() < 0.2:
            check(small.project, small.database)
            publish(small.project, small.database, {"fct_visits": False})
        else:
            published(small, is_ahead=dice.random() < 0.5)
            assert is_like_the_warehouse(small)


@pytest.mark.parametrize("seed", range(4))
def test_however_it_came_about_serve_has_the_rows_of_the_warehouse(
    small: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(New, "copy_mart", None)  # it is patched all the time
    random_history(small, seed)


def later(patch: Any) -> Any:
    return lambda new, node, since: patch(new, node, since + 1)


def without_parts(patch: Any) -> Any:
    def call(new: New, node: Any, since: int) -> None:
        node.meta.pop("restate_by", None)
        patch(new, node, since)

    return call


@pytest.mark.parametrize("mutant", [later, without_parts])
def test_a_patch_that_leaves_something_out_is_noticed(
    small: Any, mutant: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(New, "patch_mart", mutant(New.patch_mart))
    monkeypatch.setattr(New, "copy_mart", None)
    with pytest.raises((AssertionError, TypeError)):
        random_history(small, 0)
