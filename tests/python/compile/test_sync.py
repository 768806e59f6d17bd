"""`headwater sync`: the files follow the contracts, and nothing else is touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from headwater.errors import ExitCode, HeadwaterError
from headwater.sync import compare, sync

ROOT = Path(__file__).parents[3]
CONTRACT = """\
event: {event}
version: 1.0
owner: team
channel: "#team"
description: Something happened.
payload:
  type: object
  properties:
    size: {{type: integer, description: How big it is.}}
"""
FOLDER = "models/staging/things"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for event in ("opened", "closed"):
        _declare(tmp_path, event)
    return tmp_path


def _declare(root: Path, event: str, text: str = CONTRACT, domain: str = "things") -> Path:
    path = root / "contracts" / domain / f"{event}.v1.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.format(event=event), encoding="utf-8")
    return path


def _files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted((root / "models").rglob("*"))
        if path.is_file()
    }


def test_this_repository_has_no_drift() -> None:
    result = sync(ROOT, check=True)
    assert result.lines()[:-1] == []
    assert result.exit_code == ExitCode.OK


def test_each_event_gets_its_models_and_each_domain_its_quarantine(root: Path) -> None:
    result = sync(root)
    assert result.exit_code == ExitCode.OK
    assert set(result.written) == set(_files(root))
    assert set(result.written) == {
        *(
            f"{FOLDER}/{kind}_{event}.sql"
            for kind in ("base", "stg")
            for event in ("opened", "closed")
        ),
        *(f"{FOLDER}/_{event}.yml" for event in ("opened", "closed")),
        f"{FOLDER}/quarantine_things.sql",
        f"{FOLDER}/_quarantine_things.yml",
    }


def test_syncing_twice_writes_nothing(root: Path) -> None:
    first = sync(root)
    stamps = {path: (root / path).stat().st_mtime_ns for path in first.written}
    second = sync(root)
    assert (second.written, second.deleted) == ((), ())
    assert second.unchanged == first.written
    assert stamps == {path: (root / path).stat().st_mtime_ns for path in first.written}


def test_the_same_contracts_give_the_same_bytes_anywhere(root: Path, tmp_path: Path) -> None:
    sync(root)
    elsewhere = tmp_path / "elsewhere"
    for event in ("closed", "opened"):
        _declare(elsewhere, event)
    sync(elsewhere)
    assert _files(elsewhere) == _files(root)


def test_checking_writes_nothing_and_names_every_file(root: Path) -> None:
    result = sync(root, check=True)
    assert not (root / "models").exists()
    assert result.exit_code == ExitCode.BRANCH_FAILED
    assert len(result.drift) == 8
    assert result.lines()[0].startswith(f"{FOLDER}/_closed.yml: ")
    assert "hint: run: headwater sync" in result.lines()[0]


def test_an_edit_by_hand_is_drift_of_its_own_branch_alone(root: Path) -> None:
    sync(root)
    path = root / FOLDER / "stg_opened.sql"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert set(compare(root).drift) == {"opened"}
    (found,) = compare(root).drift["opened"]
    assert found.path == f"{FOLDER}/stg_opened.sql"
    sync(root)
    assert compare(root).drift == {}


def test_an_edited_contract_is_drift_until_it_is_synced(root: Path) -> None:
    sync(root)
    _declare(root, "opened", CONTRACT.replace("integer", "number"))
    assert set(compare(root).drift) == {"opened"}
    result = sync(root)
    assert result.written == (f"{FOLDER}/base_opened.sql",)
    assert compare(root).drift == {}


def test_a_new_event_is_drift_of_itself_and_of_its_quarantine(root: Path) -> None:
    sync(root)
    _declare(root, "moved")
    assert set(compare(root).drift) == {"moved", "quarantine_things"}


def test_a_deleted_contract_takes_its_files_along(root: Path) -> None:
    sync(root)
    (root / "contracts/things/opened.v1.yml").unlink()
    assert set(compare(root).drift) == {"opened", "quarantine_things"}
    result = sync(root)
    assert set(result.deleted) == {
        f"{FOLDER}/_opened.yml",
        f"{FOLDER}/base_opened.sql",
        f"{FOLDER}/stg_opened.sql",
    }
    assert b"opened" not in b"".join(_files(root).values())


def test_the_last_contract_of_a_domain_takes_the_folder_along(root: Path) -> None:
    sync(root)
    shutil.rmtree(root / "contracts/things")
    (root / "contracts/things").mkdir()
    sync(root)
    assert not (root / FOLDER).exists()


def test_a_contract_that_moves_domain_moves_its_files(root: Path) -> None:
    sync(root)
    (root / "contracts/things/opened.v1.yml").unlink()
    _declare(root, "opened", domain="doors")
    result = sync(root)
    assert "models/staging/doors/base_opened.sql" in result.written
    assert f"{FOLDER}/base_opened.sql" in result.deleted


def test_files_that_were_not_generated_stay(root: Path) -> None:
    sync(root)
    own = root / FOLDER / "stg_mine.sql"
    own.write_text("select 1 as one\n", encoding="utf-8")
    shutil.rmtree(root / "contracts/things")
    sync(root)
    assert list(_files(root)) == [f"{FOLDER}/stg_mine.sql"]


def test_a_hand_written_model_is_not_overwritten(root: Path) -> None:
    path = root / FOLDER / "base_opened.sql"
    path.parent.mkdir(parents=True)
    path.write_text("select 1 as mine\n", encoding="utf-8")
    result = sync(root)
    assert path.read_text(encoding="utf-8") == "select 1 as mine\n"
    assert result.exit_code == ExitCode.BAD_INPUT
    assert f"{FOLDER}/base_opened.sql: " in result.lines()[0]
    assert f"{FOLDER}/base_closed.sql" in result.written


def test_a_broken_contract_leaves_its_files_and_the_others_go_on(root: Path) -> None:
    sync(root)
    before = _files(root)
    _declare(root, "opened", CONTRACT.replace("integer", "whatever"))
    _declare(root, "closed", CONTRACT.replace("integer", "number"))
    result = sync(root)
    assert result.exit_code == ExitCode.BAD_INPUT
    assert "contracts/things/opened.v1.yml:9: " in result.lines()[0]
    assert result.written == (f"{FOLDER}/base_closed.sql",)
    assert result.deleted == ()
    changed = {path for path, text in _files(root).items() if text != before[path]}
    assert changed == {f"{FOLDER}/base_closed.sql"}
    assert compare(root).drift == {}


def test_a_broken_contract_without_models_is_reported_and_skipped(root: Path) -> None:
    _declare(root, "moved", "event: moved\n")
    result = sync(root)
    assert result.exit_code == ExitCode.BAD_INPUT
    assert not [path for path in result.written if "moved" in path]
    assert b"moved" not in _files(root)[f"{FOLDER}/quarantine_things.sql"]


def test_fields_that_would_share_a_column_are_refused_by_file_and_line(root: Path) -> None:
    fields = (
        "    device: {type: object, description: What., properties: "
        "{size: {type: integer, description: How big.}}}\n"
        "    has_device: {type: boolean, description: Whether.}\n"
    )
    path = _declare(root, "opened", CONTRACT + fields.replace("{", "{{").replace("}", "}}"))
    result = sync(root)
    assert result.exit_code == ExitCode.BAD_INPUT
    assert result.lines()[0].startswith(f"{path.relative_to(root).as_posix()}:")
    assert "has_device" in result.lines()[0]


def test_a_folder_that_cannot_be_written_is_an_error_with_its_name(root: Path) -> None:
    (root / "models").write_text("not a folder", encoding="utf-8")
    with pytest.raises(HeadwaterError, match=r"cannot write .*models"):
        sync(root)


def test_a_half_written_file_of_a_killed_sync_is_mended(root: Path) -> None:
    sync(root)
    whole = _files(root)
    path = root / FOLDER / "base_opened.sql"
    path.write_bytes(path.read_bytes()[:200])
    (root / FOLDER / ".base_opened.sql.new").write_text("half", encoding="utf-8")
    sync(root)
    assert _files(root) == whole
