"""Loading into BigQuery: what is asked of it, and what a kill between two requests leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from google.api_core.exceptions import BadRequest, Forbidden
from google.auth.credentials import AnonymousCredentials

from headwater import project as projects
from headwater.contracts.model import EventContract
from headwater.errors import HeadwaterError
from headwater.load import LoadResult, bigquery, load
from headwater.project import Project
from load.conftest import CONTRACT, ROOT, Landing
from load.fake_bigquery import FakeClient

PROFILES = """
small:
  target: bigquery
  outputs:
    bigquery: {type: bigquery, project: p, dataset: d, location: EU}
    emulator: {type: bigquery, project: p, dataset: d, api_endpoint: "http://127.0.0.1:1"}
"""
GOOD = '{"id":%d,"receivedtime":"2026-01-31T07:30:00.123456Z"}\n'


@dataclass
class Cloud:
    project: Project
    client: FakeClient
    contracts: Sequence[EventContract] = (CONTRACT,)

    def drop(self, name: str, content: str, event: str = "noted") -> None:
        path = self.project.landing / event / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def load(self) -> LoadResult:
        return load(self.project, self.contracts, self.client)  # type: ignore[arg-type]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.client.con.execute(sql).fetchall()

    def kept(self) -> list[list[tuple[Any, ...]]]:
        """All that a load leaves, but for which load it was."""
        return [
            self.rows("select * exclude (_load_id) from d_raw.noted order by _file, _line"),
            self.rows("select * exclude (_load_id) from d_raw.unparsed order by _file, _line"),
            self.rows(
                "select * exclude (load_id, modified_ns) from d_ops.files"
                " where status <> 'abandoned' order by path"
            ),
        ]


MIXED_LINES = "\n".join(
    [
        '{"type":"noted","id":%d,"receivedtime":"2026-01-31T07:30:00Z"}',
        '{"type":"unheard_of","id":%d}',
        '{"type":"paid","id":%d}',
        '{"id":%d}',
        "bad %d",
    ]
)


def mixed(number: int) -> str:
    return MIXED_LINES.replace("%d", str(number))


def cloud_in(folder: Path) -> Cloud:
    (folder / "dbt_project.yml").write_text("name: small\nprofile: small\n")
    (folder / "profiles.yml").write_text(PROFILES)
    (folder / "macros").mkdir()
    (folder / "macros" / "headwater").symlink_to(ROOT / "macros" / "headwater")
    return Cloud(projects.find(folder), FakeClient())


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    monkeypatch.setenv("HEADWATER_NOW", "2026-02-01T12:00:00Z")
    folder = tmp_path / "cloud"
    folder.mkdir()
    return cloud_in(folder)


def test_a_job_is_named_by_what_it_loads_and_says_how(cloud: Cloud) -> None:
    cloud.drop("a.ndjson", GOOD % 1)
    cloud.load()
    (request,) = cloud.client.requests
    (digest,) = cloud.rows("select left(sha256(file_hash), 16) from d_ops.files")
    assert request.job_id == f"headwater_noted_{digest[0]}_1"
    assert request.destination == "p.d_raw.noted"
    assert request.location == "EU"
    assert request.config["labels"] == {
        "headwater": "load",
        "event_type": "noted",
        "load_id": "1",
    }
    asked = request.config["load"]
    assert asked["timePartitioning"] == {"type": "HOUR", "field": "received_at"}
    assert asked["clustering"] == {"fields": ["_file_id"]}
    assert asked["sourceFormat"] == "PARQUET"
    assert asked["writeDisposition"] == "WRITE_APPEND"
    assert [(each["name"], each["type"]) for each in asked["schema"]["fields"]] == [
        ("received_at", "TIMESTAMP"),
        ("record", "STRING"),
        ("_format", "STRING"),
        ("_file", "STRING"),
        ("_file_id", "INTEGER"),
        ("_line", "INTEGER"),
        ("_load_id", "INTEGER"),
        ("_received_from", "STRING"),
    ]


def test_tables_are_made_partitioned_by_hour_and_clustered(cloud: Cloud) -> None:
    cloud.load()
    raw, files = cloud.client.tables["d_raw.noted"], cloud.client.tables["d_ops.files"]
    assert (raw.time_partitioning.type_, raw.time_partitioning.field) == ("HOUR", "received_at")
    assert raw.clustering_fields == ["_file_id"]
    assert raw.require_partition_filter
    assert raw.description == (
        "Every delivered noted record, as delivered. Identifiers are in the clear."
    )
    assert (raw.labels, files.labels) == ({"headwater": "raw"}, {"headwater": "ops"})
    assert (files.time_partitioning, files.require_partition_filter) == (None, None)
    assert set(cloud.client.datasets) == {"d_keys", "d_ops", "d_raw"}
    assert cloud.client.datasets["d_raw"].location == "EU"


def test_an_older_warehouse_gets_the_columns_added_since(cloud: Cloud) -> None:
    cloud.load()
    table = cloud.client.tables["d_ops.files"]
    table.schema = table.schema[:-1]
    cloud.client.con.execute("alter table d_ops.files drop column hour")
    cloud.drop("a.ndjson", GOOD % 1)
    cloud.load()
    assert cloud.rows("select hour is not null from d_ops.files") == [(True,)]


def test_both_engines_hold_the_same_rows(cloud: Cloud, landing: Landing) -> None:
    contents = {
        "a.ndjson": GOOD % 1 + "bad\n\n" + '{"x":"€\\u0000"}',
        "date=2026-01-30/hour=05/b.csv": 'id,note\n1,"a\nb"\n2\n',
        "c.ndjson": "",
        "d.csv": "a,a\n",
        "e.ndjson": GOOD % 1 + "bad\n\n" + '{"x":"€\\u0000"}',
        "f.json": "[" + GOOD % 2 + ', NaN, {"y":\n[1]}',
    }
    for name, content in contents.items():
        cloud.drop(name, content)
        landing.drop(name, content)
    rows = pa.table({"id": [1, 2], "share": [0.5, float("nan")], "at": pa.nulls(2)})
    for folder in (cloud.project.landing, landing.project.landing):
        pa.parquet.write_table(rows, folder / "noted" / "g.parquet")
    assert [file.outcome for file in cloud.load().files] == [
        file.outcome for file in landing.load().files
    ]
    columns = "event_type, path, status, reason, duplicate_of, records, loaded, unparsed, load_id"
    for table, order in [
        ("raw.noted", "_file, _line"),
        ("raw.unparsed", "_file, _line"),
        (f"(select {columns} from ops.files)", "path"),
    ]:
        ours = cloud.rows(f"from {table.replace('raw.', 'd_raw.').replace('ops.', 'd_ops.')}"
                          f" order by {order}")  # fmt: skip
        theirs = landing.rows(f"from {table} order by {order}")
        assert [[_zoneless(v) for v in row] for row in ours] == [list(row) for row in theirs]


def _zoneless(value: Any) -> Any:
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value


def test_loading_twice_asks_for_no_second_job(cloud: Cloud) -> None:
    cloud.drop("a.ndjson", GOOD % 1)
    cloud.load()
    before = cloud.kept()
    assert cloud.load().files == ()
    assert (len(cloud.client.requests), cloud.kept()) == (1, before)


def test_a_file_touched_and_given_a_manifest_is_only_noted(cloud: Cloud) -> None:
    cloud.drop("a.ndjson", GOOD % 1)
    cloud.load()
    cloud.drop("a.ndjson.manifest.json", '{"count": 2}')
    assert cloud.load().files == ()
    cloud.drop("a.ndjson", GOOD % 1)
    cloud.load()
    assert cloud.rows("select records, expected_records from d_ops.files") == [(1, 2)]
    assert len(cloud.client.requests) == 1


@pytest.mark.parametrize(("is_after", "few"), [(False, 0), (True, 500), (True, 0)])
def test_a_kill_between_any_two_requests_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_after: bool, few: int
) -> None:
    monkeypatch.setattr(bigquery, "_FEW_ROWS", few)
    monkeypatch.setenv("HEADWATER_NOW", "2026-02-01T12:00:00Z")
    monkeypatch.setattr(bigquery.BigQueryTarget, "batch_files", 2)
    # A killed process runs no clean-up.
    really = bigquery.BigQueryTarget.rollback
    call = 0
    undisturbed: list[list[tuple[Any, ...]]] | None = None
    while True:
        folder = tmp_path / str(call)
        folder.mkdir()
        cloud = cloud_in(folder)
        for number in range(3):
            cloud.drop(f"{number}.ndjson", GOOD % number + f"bad {number}\n")
        if call:

            def kill(number: int, at: int = call) -> None:
                if number == at:
                    raise KeyboardInterrupt

            if is_after:
                cloud.client.after = kill
            else:
                cloud.client.before = kill
            monkeypatch.setattr(bigquery.BigQueryTarget, "rollback", lambda target: None)
            try:
                cloud.load()
            except KeyboardInterrupt:
                pass
            else:
                break
            monkeypatch.setattr(bigquery.BigQueryTarget, "rollback", really)
            cloud.client.after = cloud.client.before = lambda number: None
            cloud.drop("3.ndjson", GOOD % 3 + "bad 3\n")  # so the batches are others
        else:
            cloud.drop("3.ndjson", GOOD % 3 + "bad 3\n")
        cloud.load()
        undisturbed = undisturbed or cloud.kept()
        assert cloud.kept() == undisturbed, f"killed at call {call}"
        assert cloud.rows("select sum(records) from d_ops.files") == [(8,)]
        call += 1
    assert call > 6


@pytest.mark.parametrize(("few", "jobs"), [(2, 1), (1, 2)])
def test_few_unparsed_records_need_no_job_of_their_own(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, few: int, jobs: int
) -> None:
    monkeypatch.setattr(bigquery, "_FEW_ROWS", few)
    cloud.drop("a.ndjson", GOOD % 1 + "it's \\ bad\n\x00€\n")
    cloud.load()
    assert len(cloud.client.requests) == jobs
    assert cloud.rows("select bytes, reason from d_raw.unparsed order by _line") == [
        (b"it's \\ bad", "not JSON"),
        ("\x00€".encode(), "not JSON: a NUL byte"),
    ]


def test_a_ledger_of_several_statements_is_as_safe(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bigquery, "_LEDGER_ROWS_AT_ONCE", 1)
    for number in range(2):
        cloud.drop(f"{number}.ndjson", f"bad {number}\n")

    def kill(number: int) -> None:
        raise KeyboardInterrupt

    cloud.client.after = kill
    with monkeypatch.context() as patched:
        patched.setattr(bigquery.BigQueryTarget, "rollback", lambda target: None)
        with pytest.raises(KeyboardInterrupt):
            cloud.load()
    cloud.client.after = lambda number: None
    cloud.load()
    assert cloud.rows("select bytes from d_raw.unparsed order by _file") == [
        (b"bad 0",),
        (b"bad 1",),
    ]


def test_a_file_of_unparsed_records_only_needs_no_job(cloud: Cloud) -> None:
    cloud.drop("a.ndjson", "bad\n")
    cloud.load()
    assert cloud.client.requests == []
    assert cloud.rows("select status, unparsed from d_ops.files") == [("loaded", 1)]


def test_a_job_still_running_after_a_kill_is_waited_for(cloud: Cloud) -> None:
    cloud.drop("a.ndjson", GOOD % 1)

    def kill(number: int) -> None:
        if cloud.client.jobs:
            raise KeyboardInterrupt

    cloud.client.after = kill
    with pytest.raises(KeyboardInterrupt):
        cloud.load()
    cloud.client.after = lambda number: None
    (cloud.project.state / "load-left").mkdir()
    assert cloud.load().files == ()
    assert list(cloud.project.state.iterdir()) == []
    assert cloud.rows("select status, loaded from d_ops.files") == [("loaded", 1)]
    assert len(cloud.client.requests) == 1


def test_a_file_that_fails_its_job_is_set_aside_and_the_others_load(cloud: Cloud) -> None:
    for number in range(4):
        cloud.drop(f"{number}.ndjson", GOOD % number + "bad\n")

    def refuse(rows: pa.Table) -> Exception | None:
        is_bad = "record" in rows.column_names and any(
            '"id":2' in record for record in rows["record"].to_pylist()
        )
        return BadRequest("secret payload") if is_bad else None

    cloud.client.refuse = refuse
    result = cloud.load()
    assert result.loaded == 3
    assert [(file.path, file.reason) for file in result.set_aside] == [
        ("noted/2.ndjson", "could not be loaded (BadRequest)")
    ]
    assert sorted(cloud.rows("select _file from d_raw.unparsed")) == [
        ("noted/0.ndjson",), ("noted/1.ndjson",), ("noted/3.ndjson",)
    ]  # fmt: skip


def test_a_refusal_that_is_not_about_the_files_stops_the_load(cloud: Cloud) -> None:
    cloud.drop("a.ndjson", GOOD % 1)
    cloud.client.refuse = lambda rows: Forbidden("quota")
    with pytest.raises(HeadwaterError, match=r"did not finish headwater_noted_\w+: Forbidden"):
        cloud.load()
    cloud.client.refuse = lambda rows: None
    assert cloud.load().loaded == 1


def test_an_endpoint_is_an_emulator_without_credentials(tmp_path: Path) -> None:
    cloud_in(tmp_path)
    client = bigquery.connect(projects.find(tmp_path, "emulator"))
    assert client._connection.API_BASE_URL == "http://127.0.0.1:1"
    assert isinstance(client._credentials, AnonymousCredentials)
    assert client.project == "p"


@pytest.fixture
def two(cloud: Cloud) -> Cloud:
    """With two declared event types, `noted` and `paid`."""
    cloud.contracts = (CONTRACT, replace(CONTRACT, event="paid"))
    return cloud


def test_a_file_of_many_types_takes_a_job_for_each_and_the_last_has_its_name(two: Cloud) -> None:
    two.drop("a.ndjson", mixed(1), event="_mixed")
    result = two.load()
    (digest,) = two.rows("select left(sha256(file_hash), 16) from d_ops.files")
    name = f"headwater__mixed_{digest[0]}_1"
    assert [(each.destination, each.job_id) for each in two.client.requests] == [
        ("p.d_raw.noted", f"{name}_noted"),
        ("p.d_raw.paid", f"{name}_paid"),
        ("p.d_raw.undeclared", name),
    ]
    assert [each["name"] for each in two.client.requests[2].config["load"]["schema"]["fields"]] == [
        "event_type", "shown_as", "received_at", "record", "_format", "_file", "_file_id",
        "_line", "_load_id", "loaded_at",
    ]  # fmt: skip
    assert two.client.tables["d_raw.undeclared"].time_partitioning.field == "received_at"
    assert (result.loaded, result.unparsed) == (4, 1)
    assert two.load().files == ()
    assert len(two.client.requests) == 3


def test_both_engines_route_alike(two: Cloud, landing: Landing) -> None:
    landing.contracts = two.contracts
    for name, content, event in [
        ("a.ndjson", mixed(1), "_mixed"),
        ("date=2026-01-30/hour=05/b.csv", "type,id\nnoted,1\npaid,2\nx y,3\n,4\n", "_mixed"),
        ("c.ndjson", mixed(1), "unheard_of"),
        ("d.ndjson", mixed(1), "_mixed"),
    ]:
        two.drop(name, content, event=event)
        landing.drop(name, content, event=event)
    assert list(two.load().lines()) == list(landing.load().lines())
    for table, order in [
        ("raw.noted", "_file, _line"),
        ("raw.paid", "_file, _line"),
        ("raw.undeclared", "_file, _line"),
        ("raw.unparsed", "_file, _line"),
        ("ops.routed", "path, event_type"),
        ("ops.routing", "routing"),
    ]:
        ours = two.rows(f"from d_{table} order by {order}")
        theirs = landing.rows(f"from {table} order by {order}")
        assert [[_zoneless(v) for v in row] for row in ours] == [list(row) for row in theirs]


@pytest.mark.parametrize("is_after", [False, True])
def test_a_kill_between_any_two_requests_of_a_mixed_load_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_after: bool
) -> None:
    monkeypatch.setenv("HEADWATER_NOW", "2026-02-01T12:00:00Z")
    monkeypatch.setattr(bigquery.BigQueryTarget, "batch_files", 2)
    monkeypatch.setattr(bigquery, "_FEW_ROWS", 0)
    really = bigquery.BigQueryTarget.rollback
    tables = ["d_raw.noted", "d_raw.paid", "d_raw.undeclared", "d_raw.unparsed"]

    def kept(cloud: Cloud) -> list[list[tuple[Any, ...]]]:
        return [
            cloud.rows(f"select * exclude (_load_id) from {table} order by _file, _line")
            for table in tables
        ] + [
            cloud.rows("select * exclude (load_id) from d_ops.routed order by path, event_type"),
            cloud.kept()[2],
        ]

    call = 0
    undisturbed: list[list[tuple[Any, ...]]] | None = None
    while True:
        folder = tmp_path / str(call)
        folder.mkdir()
        cloud = cloud_in(folder)
        cloud.contracts = (CONTRACT, replace(CONTRACT, event="paid"))
        for number in range(2):
            cloud.drop(f"{number}.ndjson", mixed(number), event="_mixed")
        if call:

            def kill(number: int, at: int = call) -> None:
                if number == at:
                    raise KeyboardInterrupt

            if is_after:
                cloud.client.after = kill
            else:
                cloud.client.before = kill
            monkeypatch.setattr(bigquery.BigQueryTarget, "rollback", lambda target: None)
            try:
                cloud.load()
            except KeyboardInterrupt:
                pass
            else:
                break
            monkeypatch.setattr(bigquery.BigQueryTarget, "rollback", really)
            cloud.client.after = cloud.client.before = lambda number: None
        cloud.drop("2.ndjson", mixed(2), event="_mixed")
        cloud.load()
        undisturbed = undisturbed or kept(cloud)
        assert kept(cloud) == undisturbed, f"killed at call {call}"
        assert cloud.rows("select sum(row_count) from d_ops.routed") == [(12,)]
        call += 1
    assert call > 6


def test_a_mixed_file_that_fails_the_last_of_its_jobs_leaves_no_row_of_the_others(
    two: Cloud,
) -> None:
    two.drop("a.ndjson", mixed(1), event="_mixed")
    two.client.refuse = lambda rows: (
        BadRequest("secret payload") if "shown_as" in rows.column_names else None
    )
    assert [file.reason for file in two.load().set_aside] == ["could not be loaded (BadRequest)"]
    for table in ("d_raw.noted", "d_raw.paid", "d_raw.undeclared", "d_raw.unparsed"):
        assert two.rows(f"from {table}") == []
    assert two.rows("from d_ops.routed") == []


def test_a_file_with_more_types_than_a_statement_takes_files_goes_by_itself(
    two: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bigquery, "_LEDGER_ROWS_AT_ONCE", 3)
    for number in range(3):
        two.drop(f"{number}.ndjson", mixed(number), event="_mixed")
    assert two.load().loaded == 12
    assert two.rows("select status, count(*) from d_ops.files group by 1") == [("loaded", 3)]
    assert two.rows("select count(*), sum(row_count) from d_ops.routed") == [(12, 12)]
