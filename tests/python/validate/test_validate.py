"""`headwater validate`: what a file would become, told without a value of it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.errors import BadInput, ContractErrors, ExitCode
from headwater.validate import Verdict, contracts_of, validate

CONTRACT = """\
event: door_opened
version: 1.0
owner: team
channel: "#team"
description: A door was opened.
payload:
  type: object
  required: [door, width]
  properties:
    door: {type: string, minLength: 2, description: Which one.}
    width: {type: integer, minimum: 1, description: In centimetres.}
    user_id: {type: string, pii: identifier, description: Who did it.}
"""
NOW = "2026-03-01T12:00:00Z"
SECRET = "hunter2"


@pytest.fixture
def root(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEADWATER_NOW", NOW)
    declare(tmp_path, CONTRACT)
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros" / "headwater").symlink_to(repository / "macros" / "headwater")
    (tmp_path / "profiles.yml").symlink_to(repository / "profiles" / "profiles.yml")
    (tmp_path / "dbt_project.yml").write_text("name: doors\nprofile: headwater\n")
    return tmp_path


def declare(root: Path, text: str, name: str = "doors/door_opened.v1.yml") -> None:
    path = root / "contracts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def judged_file(root: Path, name: str) -> Verdict:
    contracts = contracts_of(root, "door_opened")
    return validate(contracts, root / name, root)


def event(number: int = 1, **payload: Any) -> dict[str, Any]:
    return {
        "type": "door_opened",
        "source": "tests",
        "id": str(number),
        "time": "2026-03-01T11:00:00Z",
        "receivedtime": "2026-03-01T11:00:01Z",
        "data": {"door": "front", "width": 90, **payload},
    }


@pytest.fixture
def judged(root: Path) -> Callable[..., Verdict]:
    """The verdict on some lines: events, or texts as they are."""

    def of(*lines: dict[str, Any] | str, name: str = "events.ndjson") -> Verdict:
        texts = [each if isinstance(each, str) else json.dumps(each) for each in lines]
        content = ("\n".join(texts) + "\n").encode()
        path = root / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return judged_file(root, name)

    return of


def test_what_holds_is_accepted(judged: Callable[..., Verdict]) -> None:
    verdict = judged(event(1), event(2, user_id=SECRET))
    assert (verdict.records, verdict.accepted, verdict.rejected) == (2, 2, 0)
    assert verdict.exit_code == ExitCode.OK


def test_each_reason_has_its_count_its_first_lines_and_its_place(
    judged: Callable[..., Verdict],
) -> None:
    verdict = judged(
        event(0), *(event(n, width=0) for n in range(1, 8)), event(9, width="x", door="")
    )
    assert (verdict.accepted, verdict.rejected) == (1, 8)
    assert verdict.exit_code == ExitCode.BRANCH_FAILED
    found = {each.name: each for each in verdict.violations}
    assert found["width.minimum"].records == 7
    assert found["width.minimum"].lines == (2, 3, 4, 5, 6)
    assert found["width.minimum"].place == "contracts/doors/door_opened.v1.yml:11"
    assert found["width.type"].lines == found["door.minLength"].lines == (9,)


def test_lines_that_are_no_json_are_told_apart(judged: Callable[..., Verdict]) -> None:
    verdict = judged(event(1), "{nonsense", "", event(2))
    assert (verdict.accepted, verdict.unparsed, verdict.rejected) == (2, 2, 0)
    assert [(each.name, each.lines) for each in verdict.unreadable] == [
        ("blank", (3,)),
        ("not JSON", (2,)),
    ]
    assert verdict.exit_code == ExitCode.BRANCH_FAILED


def test_copies_within_the_file_are_counted_and_accepted(judged: Callable[..., Verdict]) -> None:
    late = event(1) | {"receivedtime": "2026-03-01T11:30:00Z"}
    broken = event(2, width=0)
    verdict = judged(event(1), late, event(1), broken, event(2))
    assert (verdict.accepted, verdict.duplicates) == (4, 2)
    assert "2 of them repeat an event id" in "\n".join(verdict.lines())


def test_a_copy_beyond_the_look_back_is_no_duplicate(
    root: Path, judged: Callable[..., Verdict]
) -> None:
    declare(root, CONTRACT.replace("owner: team", "owner: team\ndedup_lookback: 10 minutes"))
    late = event(1) | {"receivedtime": "2026-03-01T11:30:00Z"}
    assert judged(event(1), late).duplicates == 0


def test_undeclared_fields_are_named_with_their_types(judged: Callable[..., Verdict]) -> None:
    verdict = judged(event(1, colour="red"), event(2, colour=7), event(3, **{"a b": 1}))
    assert [(each.name, each.types, each.records) for each in verdict.unknown_fields] == [
        ("colour", ("number", "string"), 2),
        ("(other)", ("number",), 1),
    ]
    assert verdict.exit_code == ExitCode.OK


def test_no_value_of_a_record_is_ever_shown(judged: Callable[..., Verdict]) -> None:
    verdict = judged(
        event(1, user_id=SECRET, extra=SECRET, **{SECRET + " x": 1}),
        event(2, width=SECRET),
        f"{{{SECRET}",
        event(SECRET, door=SECRET, user_id=[SECRET]),  # type: ignore[arg-type]
    )
    assert verdict.records == 4
    assert SECRET not in "\n".join(verdict.lines())
    assert SECRET not in json.dumps(verdict.as_json())


def test_what_the_envelope_lacks_is_explained(judged: Callable[..., Verdict]) -> None:
    text = "\n".join(judged({"data": {"door": "front", "width": 1}}).lines())
    assert "envelope.event_id: the record has no event id" in text
    assert "envelope.received_at: no time of arrival" in text


def test_csv_is_read_as_the_load_reads_it(root: Path, judged: Callable[..., Verdict]) -> None:
    envelope = (
        "envelope: {event_type: none, event_id: $.id, occurred_at: $.at, received_at: none,"
        " schema_version: none, payload: $}\npayload:"
    )
    declare(root, CONTRACT.replace("payload:", envelope))
    at = "2026-03-01 11:00:00"
    verdict = judged(
        "id,at,door,width", f"1,{at},front,90", f"2,{at},back,wide", "3", name="doors.csv"
    )
    assert (verdict.accepted, verdict.rejected, verdict.unparsed) == (1, 1, 1)
    assert [(each.name, each.lines) for each in verdict.violations] == [("width.type", (3,))]
    assert verdict.unreadable[0].name == "1 field, header has 4"


def test_an_array_and_parquet_are_read_as_the_load_reads_them(root: Path) -> None:
    events = [event(1), event(2, width=0), event(3)]
    (root / "doors.json").write_text(json.dumps(events, indent=2).replace('"3"', "NaN"))
    pq.write_table(pa.Table.from_pylist(events), root / "doors.parquet")
    for name, unparsed in (("doors.json", 1), ("doors.parquet", 0)):
        verdict = judged_file(root, name)
        assert (verdict.accepted, verdict.rejected, verdict.unparsed) == (2 - unparsed, 1, unparsed)
        assert [(each.name, each.lines) for each in verdict.violations] == [("width.minimum", (2,))]


def test_a_compressed_file_is_read(judged: Callable[..., Verdict]) -> None:
    assert judged(event(1), name="events.ndjson.gz").accepted == 1


def test_a_file_that_would_be_set_aside_is_refused_with_the_reason(
    root: Path, judged: Callable[..., Verdict]
) -> None:
    (root / "events.ndjson.manifest.json").write_text('{"count": 3}')
    with pytest.raises(BadInput, match="manifest says 3 records, it holds 1"):
        judged(event(1))
    (root / "damaged.ndjson.gz").write_bytes(gzip.compress(b"{}\n" * 100)[:-4])
    with pytest.raises(BadInput, match="would be set aside: damaged gzip"):
        judged_file(root, "damaged.ndjson.gz")


def test_an_empty_file_is_no_failure(root: Path) -> None:
    (root / "none.ndjson").touch()
    verdict = judged_file(root, "none.ndjson")
    assert (verdict.records, verdict.exit_code) == (0, ExitCode.OK)


def test_an_unknown_event_or_file_says_what_there_is(root: Path) -> None:
    with pytest.raises(BadInput, match=r"did you mean door_opened\?"):
        contracts_of(root, "door_openend")
    with pytest.raises(BadInput, match="headwater new lamp_lit"):
        contracts_of(root, "lamp_lit")
    with pytest.raises(BadInput, match="no such file"):
        judged_file(root, "nothing.ndjson")
    (root / "events.txt").touch()
    with pytest.raises(BadInput, match="of a kind that is not loaded"):
        judged_file(root, "events.txt")


def test_only_the_contracts_of_the_event_are_read(root: Path) -> None:
    declare(root, "nonsense", "doors/lamp_lit.v1.yml")
    assert len(contracts_of(root, "door_opened")) == 1
    with pytest.raises(ContractErrors, match=r"lamp_lit\.v1\.yml"):
        contracts_of(root, "lamp_lit")


def test_the_command_tells_a_program_the_same(root: Path) -> None:
    lines = (json.dumps(each) for each in (event(1), event(2, width=0)))
    (root / "events.ndjson").write_text("\n".join(lines))
    arguments = ["validate", "door_opened", "events.ndjson", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "headwater", *arguments],
        cwd=root,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ExitCode.BRANCH_FAILED
    found = json.loads(done.stdout)
    assert (found["accepted"], found["rejected"]) == (1, 1)
    assert found["violations"][0]["name"] == "width.minimum"
    assert done.stderr == ""
    assert not (root / "warehouse").exists()
