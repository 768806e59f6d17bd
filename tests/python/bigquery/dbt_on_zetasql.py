"""Runs dbt with target `bigquery` on the small BigQuery of `warehouse`, in this process.

    with connected(warehouse):
        run_dbt(project, out, "build")

No credentials, no network: the client that dbt-bigquery would open is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from dbt.adapters.bigquery import connections
from dbt.cli.main import dbtRunner

from .client import Client
from .warehouse import Warehouse


@contextmanager
def connected(warehouse: Warehouse, project: str = "headwater-dev") -> Iterator[Client]:
    """While it lasts, every connection of dbt-bigquery leads to `warehouse`."""
    client = Client(warehouse, project)
    with mock.patch.object(connections, "create_bigquery_client", return_value=client):
        yield client


def run_dbt(
    root: Path,
    out: Path,
    *arguments: str,
    variables: Mapping[str, Any] | None = None,
    manifest: Any = None,
    may_fail: bool = False,
) -> Any:
    """One dbt call on the target `bigquery`, its dbtRunnerResult; artifacts go to `out`.

    `manifest` (of an earlier call) saves parsing. Raises AssertionError when dbt fails,
    unless it `may_fail`.
    """
    result: Any = dbtRunner(manifest=manifest).invoke(
        [
            *("--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats"),
            *arguments,
            *("--project-dir", str(root), "--profiles-dir", str(root)),
            *("--threads", "1", "--target", "bigquery"),
            *("--target-path", str(out), "--log-path", str(out)),
            *("--vars", yaml.safe_dump(dict(variables or {}))),
        ]
    )
    if not result.success and not may_fail:
        raise AssertionError(_failures(result))
    return result


def _failures(result: Any) -> str:
    found = getattr(result.result, "results", None) or []
    messages = [
        f"{each.node.unique_id}: {each.message}"
        for each in found
        if str(each.status) in ("error", "fail", "runtime error")
    ]
    return "\n".join(messages) or str(result.exception)
