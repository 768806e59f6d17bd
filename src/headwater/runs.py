"""One row in ops.runs for every run, also for the one that was killed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from headwater import clock
from headwater.database import Database, insert
from headwater.literals import literal


@dataclass(frozen=True)
class NodeResult:
    """What dbt said of one node: `status` is its word, `seconds` wall time."""

    unique_id: str
    status: str
    seconds: float
    row_count: int | None
    byte_count: int | None
    message: str

    @property
    def name(self) -> str:
        return name_of(self.unique_id)

    @property
    def kind(self) -> str:
        return self.unique_id.split(".")[0]

    @property
    def has_failed(self) -> bool:
        return self.status in ("error", "fail", "runtime error", "partial success")


def name_of(unique_id: str) -> str:
    """What a node is called, with its version where it is a dbt model version."""
    kind, _, name, *version = unique_id.split(".")
    return ".".join([name, *version]) if kind == "model" else name


def node_results(run_results: Mapping[str, Any]) -> tuple[NodeResult, ...]:
    """The results of a dbt run_results.json, in its order."""
    return tuple(_node_result(each) for each in run_results.get("results", ()))


def _node_result(raw: Mapping[str, Any]) -> NodeResult:
    response = raw.get("adapter_response") or {}
    return NodeResult(
        unique_id=raw["unique_id"],
        status=raw["status"],
        seconds=round(float(raw.get("execution_time") or 0), 3),
        row_count=response.get("rows_affected"),
        byte_count=response.get("bytes_processed"),
        message=raw.get("message") or "",
    )


def begin(database: Database, *, job: str, trigger: str, target: str) -> str:
    """Records that a run begins; its id. Whoever was still running holds no lock: killed."""
    started = clock.now()
    run_id = f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    versions = {name: version(name) for name in ("headwater", "dbt-core", "duckdb")}
    runs = database.name("ops.runs")
    database.execute(
        f"update {runs} set status = 'killed', finished_at = {literal(started)}"
        " where status = 'running'",
        *insert(
            database,
            "ops.runs",
            [
                {
                    "run_id": run_id,
                    "job": job,
                    "trigger": trigger,
                    "target": target,
                    "versions": json.dumps(versions),
                    "started_at": started,
                    "status": "running",
                }
            ],
        ),
    )
    return run_id


def finish(
    database: Database,
    run_id: str,
    *,
    outcome: Mapping[str, Any],
    nodes: Iterable[NodeResult],
) -> None:
    """Completes the row of a run (`outcome` holds the columns to set) and adds its nodes."""
    values = {"finished_at": clock.now(), **outcome}
    assignments = ", ".join(f"{column} = {literal(value)}" for column, value in values.items())
    database.execute(
        f"update {database.name('ops.runs')} set {assignments} where run_id = {literal(run_id)}",
        *insert(
            database,
            "ops.run_nodes",
            [
                {
                    "run_id": run_id,
                    "node": node.unique_id,
                    "status": node.status,
                    "seconds": node.seconds,
                    "row_count": node.row_count,
                    "byte_count": node.byte_count,
                    "message": node.message,
                }
                for node in nodes
            ],
        ),
    )
