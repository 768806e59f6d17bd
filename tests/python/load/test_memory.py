"""The memory of a load does not grow with what is loaded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pytest

from headwater.load.duckdb_target import DuckDBTarget
from load.conftest import Landing


@pytest.mark.parametrize("text", ['{"id":"long enough"}', "no JSON, but long"])
def test_a_batch_with_a_long_record_is_committed_with_all_the_memory_there_is(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    query = "select current_setting('memory_limit')"
    usual = landing.rows(query)
    limits = []
    really = DuckDBTarget.commit

    def looking(target: DuckDBTarget, *entries: Any) -> None:
        limits.append(landing.rows(query))
        really(target, *entries)

    monkeypatch.setattr(DuckDBTarget, "commit", looking)
    monkeypatch.setattr("headwater.load.write.LONG_BYTES", 12)
    for number, content in enumerate(['{"id":1}', text]):
        landing.drop(f"{number}.ndjson", content)
        landing.load()
    assert limits == [[("488.2 MiB",)], usual]


def test_a_load_leaves_the_engine_nothing_to_write_without_a_bound(landing: Landing) -> None:
    landing.drop("a.ndjson", '{"id":1}')
    landing.load()
    log = landing.project.warehouse_file.with_name("warehouse.duckdb.wal")
    assert not log.exists() or not log.stat().st_size


def test_rows_that_are_written_are_let_go_before_the_transaction_ends(landing: Landing) -> None:
    landing.load()
    target = DuckDBTarget(landing.project, landing.con)
    target.begin("noted", 1)
    before = pa.total_allocated_bytes()
    for _ in range(4):
        text = pa.compute.binary_repeat(pa.array([b"x"]), 1 << 20)
        target.write_unparsed(
            pa.table(
                {
                    "received_at": pa.array([datetime(2026, 2, 1)], pa.timestamp("us")),
                    "bytes": text,
                    **{each: ["a"] for each in ("reason", "_format", "_file")},
                    **{each: [1] for each in ("_file_id", "_line")},
                }
            )
        )
        del text
    assert pa.total_allocated_bytes() - before < 2 << 20
    target.rollback()
