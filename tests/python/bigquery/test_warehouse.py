"""The small BigQuery that dbt runs on: does it do, and refuse, what BigQuery does?"""

from __future__ import annotations

from typing import Any

import pytest

from .engine import SqlError
from .warehouse import Warehouse


@pytest.fixture
def warehouse() -> Warehouse:
    made = Warehouse()
    made.run(
        """
        create schema if not exists `p`.`d` options (location = 'EU');
        create table if not exists `p`.`d`.`t` (n int64 not null, name string, ts timestamp)
        partition by timestamp_trunc(ts, hour) cluster by name;
        insert into `p`.`d`.`t` (n, name) values (1, 'a'), (2, 'b');
        """
    )
    return made


def numbers(warehouse: Warehouse, name: str = "p.d.t") -> list[Any]:
    return sorted(row["n"] for row in warehouse.read(name).dicts())


def test_statements_change_tables(warehouse: Warehouse) -> None:
    warehouse.run("delete from `p`.`d`.`t` where n = 1")
    warehouse.run("update `p`.`d`.`t` as t set n = f.n from (select 7 as n) as f where t.n = 2")
    warehouse.run("insert into `p.d.t` (n) select n + 1 from p.d.t")
    assert numbers(warehouse) == [7, 8]


def test_a_view_shows_what_its_tables_hold_now(warehouse: Warehouse) -> None:
    warehouse.run("create or replace view `p`.`d`.`v` as select n from `p`.`d`.`t`")
    warehouse.run("insert into `p`.`d`.`t` (n) values (3)")
    assert numbers(warehouse, "p.d.v") == [1, 2, 3]


def test_a_failing_transaction_leaves_nothing_behind(warehouse: Warehouse) -> None:
    script = """
        begin
            begin transaction;
            delete from `p`.`d`.`t` where true;
            insert into `p`.`d`.`t` (n) select div(1, 0);
            commit transaction;
        exception when error then
            rollback transaction;
            raise;
        end;
    """
    with pytest.raises(SqlError, match="division by zero"):
        warehouse.run(script)
    assert numbers(warehouse) == [1, 2]


def test_a_temporary_table_lives_as_long_as_its_script(warehouse: Warehouse) -> None:
    outcome = warehouse.run("create temp table x as select 5 as n; select n from x")
    assert outcome.result.rows == [(5,)]
    with pytest.raises(SqlError, match="Not found"):
        warehouse.run("select n from x")


def test_added_columns_are_null_and_added_arrays_empty(warehouse: Warehouse) -> None:
    warehouse.run("alter table `p`.`d`.`t` add column s string, add column list array<string>")
    rows = warehouse.read("p.d.t").dicts()
    assert [(row["s"], row["list"]) for row in rows] == [(None, []), (None, [])]


def test_a_clone_is_a_copy_with_the_layout_of_its_table(warehouse: Warehouse) -> None:
    warehouse.run("create or replace table `p.d.copy` clone `p.d.t`")
    warehouse.run("delete from `p.d.t` where true")
    assert numbers(warehouse, "p.d.copy") == [1, 2]
    assert warehouse.layouts["p.d.copy"] == warehouse.layouts["p.d.t"] != ""


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("select 1 from `p`.`d`.`missing`", "Not found"),
        ("create table `p`.`d`.`u` clone `p`.`d`.`missing`", "Not found"),
        ("create table `p`.`nowhere`.`t` as select 1 as n", "Not found: Dataset"),
        ("create table `p`.`d`.`t` as select 1 as n", "Already Exists"),
        ("create or replace table `p`.`d`.`t` as select 1 as n", "different partitioning"),
        ("insert into `p`.`d`.`t` (name) values ('x')", "cannot be null"),
        ("create table `p`.`d`.`u` as select [1, null] as list", "null element"),
        ("begin transaction; create table `p`.`d`.`u` as select 1 as n", "temporary"),
        ("begin transaction; select 1", "inside a transaction"),
        ("select\n  naem from `p`.`d`.`t`", "2:3: Unrecognized name: naem"),
        ("insert into `p`.`d`.`t` (n) select 'x'", "STRING"),
        ("merge `p`.`d`.`t` using (select 1) on true when matched then delete", "no merge"),
    ],
)
def test_what_bigquery_refuses_is_refused(warehouse: Warehouse, script: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        warehouse.run(script)
    assert numbers(warehouse) == [1, 2]
