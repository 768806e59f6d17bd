"""The flow of dbt-bigquery and of load jobs, against an emulator that speaks BigQuery's API.

Whether the SQL means the same is ZetaSQL's business (tests/python/bigquery): the emulator
translates to DuckDB and gets much of it wrong, so that it is only given what is simple.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bigquery.deliveries import NOW
from bigquery.projects import copy_project
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from headwater.contracts.files import read
from headwater.contracts.model import EventContract

pytestmark = pytest.mark.emulator

# Of others it has no notion: it takes a column `position` for the function of that name,
# and finds no field in an array of structs.
EVENTS = ("search_performed", "track_played")
ANY_HOUR = "received_at >= timestamp '1970-01-01 00:00:00'"
MODELS = ("+fct_daily_listening", "+stg_search_performed")


@pytest.fixture(scope="module")
def emulator(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address, while the tests of this module run."""
    address = tmp_path_factory.mktemp("emulator") / "address"
    waits = f'echo "$BIGQUERY_EMULATOR_HOST" >"{address}"; exec sleep 3600'
    process = subprocess.Popen(
        ["scripts/emulator", "bash", "-c", waits],
        cwd=repository,
        env={**os.environ, "HEADWATER_PYTHON": sys.executable},
        start_new_session=True,
    )
    try:
        while not (address.is_file() and address.read_text(encoding="utf-8").endswith("\n")):
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
        yield address.read_text(encoding="utf-8").strip()
    finally:
        os.killpg(process.pid, 15)
        process.wait()


class Project:
    """A copy of the repository's warehouse whose target is the emulator."""

    def __init__(self, root: Path, repository: Path, address: str) -> None:
        self.root = root
        self.contracts = [each for each in read(root) if each.event in EVENTS]
        self._environment = {
            **os.environ,
            "BIGQUERY_EMULATOR_HOST": address,
            "HEADWATER_NOW": NOW,
            "HEADWATER_TARGET": "bigquery_emulator",
            "PYTHONPATH": str(repository / "src"),
        }
        self._client = bigquery.Client(
            "headwater-emulator",
            AnonymousCredentials(),
            client_options={"api_endpoint": address},
        )

    def run(self, module: str, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.root,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,  # Google's clients try again for ten minutes
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def build(self) -> None:
        # It cannot make tables with the constraints of a model contract.
        variables = "{headwater_enforce_contracts: false}"
        self.run(
            *("dbt.cli.main", "build", "--exclude-resource-type", "unit_test"),
            *("--select", *MODELS, "--indirect-selection", "cautious", "--vars", variables),
        )

    def count(self, table: str, where: str = "true") -> int:
        sql = f"select count(*) as n from `headwater_{table}` where {where}".replace(".", "`.`")
        return next(iter(self._client.query(sql).result()))["n"]


def deliver(contract: EventContract, landing: Path, number: int) -> int:
    """Two valid events, a copy of the first and one without a required field; how many."""
    payloads: list[Any] = [
        json.loads(each.payload) for each in contract.examples if each.violates is None
    ][:2]
    without = {name: value for name, value in payloads[0].items() if name != "user_id"}
    envelope = {
        "type": contract.event,
        "source": "emulator",
        "dataschemaversion": contract.version,
        "time": f"2026-02-0{number}T10:00:00Z",
        "receivedtime": f"2026-02-0{number}T10:00:01Z",
    }
    records = [
        {**envelope, "id": f"{contract.version}-{number}-{index}", "data": payload}
        for index, payload in enumerate([*payloads, without])
    ]
    records.append(records[0])
    folder = landing / contract.event
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(map(json.dumps, records))
    (folder / f"{contract.version}-{number}.ndjson").write_text(text + "\n", encoding="utf-8")
    return len(records)


def test_events_are_loaded_and_built_twice(emulator: str, repository: Path, tmp_path: Path) -> None:
    project = Project(copy_project(tmp_path / "project"), repository, emulator)
    assert {contract.event for contract in project.contracts} == set(EVENTS)
    streams: list[int] = []
    for number in (1, 2):
        for contract in project.contracts:
            assert deliver(contract, project.root / "landing", number) == 4
        project.run("headwater", "load")
        project.build()
        for event in EVENTS:
            majors = [each.major for each in project.contracts if each.event == event]
            records = number * 4 * len(majors)
            assert project.count(f"raw.{event}", ANY_HOUR) == records
            assert project.count(f"staging.base_{event}") == records
            assert project.count(f"staging.base_{event}", "not is_valid") == records // 4
            for major in majors:
                name = f"stg_{event}_v{major}" if major > 1 else f"stg_{event}"
                assert project.count(f"staging.{name}") == number * 2
        streams.append(project.count("marts.fct_streams"))
        assert project.count("marts.fct_daily_listening") > 0
    assert streams[1] == 2 * streams[0] > 0
