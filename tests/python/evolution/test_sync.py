"""The lock file: written, compared, read back, and what sync says of a change."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from headwater.errors import ContractErrors, ExitCode
from headwater.evolution import PATH, Lock, read
from headwater.evolution.lockfile import Entry
from headwater.evolution.report import lines
from headwater.graph import Graph, Node
from headwater.sync import compare, sync

CONTRACT = """\
event: opened
version: {version}
owner: team
channel: "#team"
description: Somebody opened it.
payload:
  type: object
  properties:
    size: {{type: integer, maximum: {maximum}, description: How big.}}
{fields}"""
NOTE = "    note: {type: string, description: What.}\n"


def lock_of(text: str) -> Lock:
    with TemporaryDirectory() as folder:
        path = Path(folder) / PATH
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        return read(Path(folder))


def declare(root: Path, maximum: int = 9, fields: str = "", version: str = "1.0") -> Path:
    path = root / "contracts/things/opened.v1.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = CONTRACT.format(maximum=maximum, fields=fields, version=version)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    declare(tmp_path)
    result = sync(tmp_path)
    assert result.exit_code == ExitCode.OK
    return tmp_path


def test_the_lock_is_the_same_whoever_writes_it(root: Path) -> None:
    text = (root / PATH).read_text(encoding="utf-8")
    assert read(root).text == text
    sync(root)
    assert (root / PATH).read_text(encoding="utf-8") == text
    (root / PATH).unlink()
    sync(root)
    assert (root / PATH).read_text(encoding="utf-8") == text


def test_all_that_an_entry_holds_is_read_back() -> None:
    promise = {"version": "2.0", "fields": {"": {"schema": {}}, "a.b": {"pii": "none"}}}
    entry = Entry("h", 2, {2: promise, 3: promise}, {2: promise}, {"o": ["a", "b"]}, (1,), 2)
    lock = Lock({"opened": entry, "é": entry})
    assert lock_of(lock.text) == lock


def test_a_field_is_a_line_of_the_lock(root: Path) -> None:
    before = (root / PATH).read_text(encoding="utf-8").splitlines()
    declare(root, fields=NOTE)
    sync(root)
    after = (root / PATH).read_text(encoding="utf-8").splitlines()
    (added,) = [line for line in after if '"note": ' in line]
    assert added not in before
    assert json.loads((root / PATH).read_text(encoding="utf-8"))["events"]["opened"]["hash"]


def test_a_lock_that_is_missing_or_old_fails_the_check_alone(root: Path) -> None:
    (root / PATH).unlink()
    result = sync(root, check=True)
    assert result.exit_code == ExitCode.BRANCH_FAILED
    assert result.lines()[0].startswith(f"{PATH}: is not what the event contracts say")
    assert not (root / PATH).exists()
    assert compare(root).drift == {}  # what is built follows from the contracts


def test_without_a_lock_nothing_is_new(root: Path) -> None:
    (root / PATH).unlink()
    assert sync(root).lock.evolutions == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<<<<<<< ours\n", 1),
        ('{\n "events": {\n<<<<<<<', 3),
        ("[]", 1),
        ('{"events": {"opened": {}}}', 1),
    ],
)
def test_a_lock_that_cannot_be_read_says_where_and_what_to_do(
    root: Path, text: str, line: int
) -> None:
    (root / PATH).write_text(text, encoding="utf-8")
    with pytest.raises(ContractErrors) as refused:
        sync(root)
    (problem,) = refused.value.diagnostics
    assert (problem.path, problem.line) == (PATH, line)
    assert "take either side of a merge" in problem.hint


def test_a_lock_that_cannot_be_read_stops_no_run(root: Path) -> None:
    (root / PATH).write_text("<<<<<<< ours\n", encoding="utf-8")
    found = compare(root)
    assert [problem.path for problem in found.reading.strays] == [PATH]
    assert (found.drift, found.refused) == ({}, {})
    assert [contract.event for contract in found.reading.contracts] == ["opened"]


def test_a_broken_contract_keeps_what_it_promised(root: Path) -> None:
    before = (root / PATH).read_text(encoding="utf-8")
    declare(root, fields="    note: {type: whatever, description: What.}\n")
    assert sync(root).exit_code == ExitCode.BAD_INPUT
    assert (root / PATH).read_text(encoding="utf-8") == before


def test_a_lower_version_leaves_its_event_type_alone(root: Path) -> None:
    declare(root, version="1.5")
    sync(root)
    before = (root / PATH).read_text(encoding="utf-8")
    declare(root, version="1.4", fields=NOTE)
    result = sync(root)
    assert result.exit_code == ExitCode.BAD_INPUT
    assert result.lines()[0].startswith(
        "contracts/things/opened.v1.yml:1: version is 1.4, and was 1.5 already"
    )
    assert (result.written, result.deleted) == ((), ())
    assert (root / PATH).read_text(encoding="utf-8") == before
    assert set(compare(root).refused) == {"opened"}


def test_the_base_model_lists_the_hashes_that_its_slices_may_keep(root: Path) -> None:
    base = root / "models/staging/things/base_opened.sql"
    assert "compatible" not in base.read_text(encoding="utf-8")
    old = read(root).entries["opened"].hash
    declare(root, fields=NOTE)
    sync(root)
    assert f"'compatible': {{'{old}': ['note']}},\n" in base.read_text(encoding="utf-8")
    assert sync(root, check=True).exit_code == ExitCode.OK
    # A copy of the project without what was remembered compiles the same.
    assert sync(root, check=True, remember=False).exit_code == ExitCode.OK
    declare(root, fields=NOTE, maximum=10)
    sync(root)
    assert "compatible" not in base.read_text(encoding="utf-8")


def model(name: str, *parents: str) -> Node:
    return Node(
        unique_id=name,
        name=name,
        kind="model",
        materialized="view",
        schema="main",
        identifier=name,
        path=f"models/{name}.sql",
        relation=name,
        raw_code="",
        checksum="",
        meta={},
        parents=parents,
    )


def graph() -> Graph:
    nodes = [
        model("base_opened"),
        model("stg_opened", "base_opened"),
        model("quarantine_things", "base_opened"),
        model("int_opened", "stg_opened"),
        model("fct_quarantined", "quarantine_things"),
        model("fct_other"),
    ]
    return Graph({node.unique_id: node for node in nodes}, {})


def test_a_change_names_every_model_it_touches(root: Path) -> None:
    declare(root, maximum=5)
    result = sync(root)
    assert list(lines(result.lock.evolutions, graph())) == [
        "contracts/things/opened.v1.yml: size.maximum tightened (major)",
        "  opened: the next run restates all slices",
        "  opened: touches base_opened, stg_opened, quarantine_things, int_opened, fct_quarantined",
    ]
    assert list(lines(result.lock.evolutions, None))[-1] == (
        "  opened: touches base_opened, stg_opened, quarantine_things"
    )
    # Done, and owed: a warning now, a failure in review.
    assert result.exit_code == ExitCode.OK
    assert result.lines()[0].startswith("warning: contracts/things/opened.v1.yml:9: size.maximum")
    assert sync(root, check=True).exit_code == ExitCode.BRANCH_FAILED
    assert sync(root).lock.evolutions == ()


def test_what_changes_in_staging_alone_touches_no_base(root: Path) -> None:
    device = "    device: {{type: object, description: Which.{flat}, properties: {{os: "
    device += "{{type: string, description: Its.}}}}}}\n"
    declare(root, fields=device.format(flat=""))
    sync(root)
    declare(root, fields=device.format(flat=", flatten: true"))
    (_, restated, touched) = lines(sync(root).lock.evolutions, graph())
    assert restated == "  opened: the next run restates nothing of the past"
    assert touched == "  opened: touches stg_opened, int_opened"


def test_an_event_type_that_is_gone_is_told_with_what_was_built_on_it(root: Path) -> None:
    declare(root).unlink()
    said = list(lines(sync(root).lock.evolutions, graph()))
    assert said[0] == "contracts/: opened has no event contract any more (major)"
    assert said[1].startswith("  opened: touches base_opened, stg_opened, ")
    assert read(root).entries == {}
