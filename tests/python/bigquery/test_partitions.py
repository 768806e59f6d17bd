from __future__ import annotations

import pytest

from .engine import SqlError
from .warehouse import Warehouse

SOME_HOURS = "received_at >= timestamp '2026-01-01' and received_at < timestamp '2026-01-02'"


@pytest.fixture
def warehouse() -> Warehouse:
    made = Warehouse()
    made.run("create schema p.d")
    made.run(
        "create table p.d.raw (x int64, received_at timestamp)"
        " partition by timestamp_trunc(received_at, hour)"
        " options (require_partition_filter = true)"
    )
    made.run("create table p.d.other (x int64, received_at timestamp)")
    made.run("insert into p.d.raw values (1, timestamp '2026-01-01 10:00:00')")
    return made


@pytest.mark.parametrize(
    "sql",
    [
        f"select x from p.d.raw where {SOME_HOURS}",
        f"select x from (select * from p.d.raw) as inside where x = 1 and {SOME_HOURS}",
        f"select x from p.d.raw where ({SOME_HOURS}) or received_at = timestamp '2026-02-01'",
        "select x from p.d.raw where received_at between timestamp '2026-01-01' and"
        " timestamp_add(timestamp '2026-01-01', interval 3 hour)",
        f"select other.x from p.d.other as other join p.d.raw as given using (x)"
        f" where given.{SOME_HOURS.replace('and ', 'and given.')}",
        f"create table p.d.made as select x from p.d.raw where {SOME_HOURS}",
        f"delete from p.d.raw where {SOME_HOURS}",
        f"update p.d.raw set x = 2 where {SOME_HOURS}",
        f"insert into p.d.other select * from p.d.raw where {SOME_HOURS}",
        "insert into p.d.raw values (2, timestamp '2026-01-01 11:00:00')",
        "select x from p.d.other",
    ],
)
def test_a_scan_with_a_bound_is_allowed(warehouse: Warehouse, sql: str) -> None:
    warehouse.run(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select x from p.d.raw",
        "select x from p.d.raw where x = 1",
        "select x from p.d.raw where false",
        "select x from p.d.raw where timestamp_trunc(received_at, day) = timestamp '2026-01-01'",
        "select x from p.d.raw where received_at is not null",
        f"select x from p.d.raw where {SOME_HOURS} or x = 1",
        "select given.x from p.d.raw as given join p.d.other as other"
        " on given.received_at >= other.received_at",
        f"select x from p.d.raw as one join p.d.raw as two using (x)"
        f" where one.{SOME_HOURS.replace('and ', 'and one.')}",
        f"select other.x from p.d.other as other join p.d.raw as given using (x)"
        f" where other.{SOME_HOURS.replace('and ', 'and other.')}",
        "create table p.d.made as select x from p.d.raw",
        "delete from p.d.raw where x = 1",
        "update p.d.raw set x = 2 where x = 1",
        "insert into p.d.other select * from p.d.raw",
        "insert into p.d.raw select x, received_at from p.d.raw",
    ],
)
def test_a_scan_without_a_bound_is_refused(warehouse: Warehouse, sql: str) -> None:
    with pytest.raises(SqlError, match="without a filter over column") as refused:
        warehouse.run(sql)
    assert "p.d.raw" in refused.value.message
