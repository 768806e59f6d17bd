"""What lies in the landing folder: which of it is data, and a clear line about the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from headwater.errors import BadInput
from load.conftest import Landing


def summary(landing: Landing) -> str:
    return "\n".join(landing.load().lines())


def test_files_are_found_in_folders_of_any_depth_and_ending(landing: Landing) -> None:
    for n, name in enumerate(["a.ndjson", "x/b.jsonl", "x/y/c.JSON", "d.json.gz", "e.csv.gz"]):
        landing.drop(name, f"id\n{n}\n" if ".csv" in name else f'{{"id":{n}}}')
    assert landing.load().loaded == 5
    assert {file for (file,) in landing.raw("_file")} == {
        "noted/a.ndjson", "noted/x/b.jsonl", "noted/x/y/c.JSON", "noted/d.json.gz", "noted/e.csv.gz"
    }  # fmt: skip


def test_hidden_and_unfinished_files_are_no_data(landing: Landing) -> None:
    for name in (".a.ndjson", "b.ndjson.tmp", "c.ndjson.partial", ".git/d.ndjson"):
        landing.drop(name, "{}")
    result = landing.load()
    assert (result.files, result.notes) == ((), ())


def test_the_files_of_a_broken_contract_wait_where_they_are(landing: Landing) -> None:
    landing.drop("a.ndjson", "{}")
    declared, landing.contracts = landing.contracts, ()
    assert landing.load(broken=["noted"]).waiting == {"noted": 1}
    text = "\n".join(landing.load(broken=["noted"]).lines())
    assert "waiting: 1 file in noted/, until its event contract is mended" in text
    landing.contracts = declared
    assert landing.load().loaded == 1


def test_a_folder_that_no_event_can_be_called_is_named_and_left(landing: Landing) -> None:
    for folder in ("Noted", "_other", "select", "noted_v2", "x'; drop table y"):
        landing.drop("a.ndjson", "{}", event=folder)
    landing.drop("b.csv", "a\n1\n", event="Noted")
    result = landing.load()
    assert result.files == ()
    text = "\n".join(result.lines())
    assert "2 files in Noted/ not loaded: no event can have that name\n  hint: " in text
    assert "1 file in x'; drop table y/ not loaded" in text
    assert text.count("files of many event types go to _mixed/") == 5


def test_hostile_names_are_only_names(landing: Landing) -> None:
    landing.drop("x'); drop table ops.files; --.ndjson", '{"id":1}')
    landing.drop("new\nline\x1b[31m.ndjson", '{"id":2}')
    (landing.project.landing / "noted" / os.fsdecode(b"\xff.ndjson")).write_bytes(b'{"id":3}')
    assert landing.load().loaded == 3
    assert {file for (file,) in landing.raw("_file")} == {
        "noted/x'); drop table ops.files; --.ndjson",
        "noted/new\\nline\\x1b[31m.ndjson",
        "noted/\\xff.ndjson",
    }
    assert landing.load().files == ()


def test_a_file_outside_every_event_folder_is_named(landing: Landing) -> None:
    landing.drop("../stray.ndjson", "{}")
    text = summary(landing)
    assert "1 file directly in the landing folder not loaded: stray.ndjson" in text
    assert "hint: put each into the folder of its event type" in text


def test_files_of_another_kind_are_counted_by_kind(landing: Landing) -> None:
    for name in ("a.parquet.gz", "b.parquet.gz", "c.xlsx", "README"):
        landing.drop(name, "?")
    text = summary(landing)
    assert "noted: 2 files not loaded, of a kind it does not read: *.parquet.gz" in text
    assert "noted: 1 file not loaded, of a kind it does not read: *.xlsx" in text


def test_a_folder_named_like_a_file_is_looked_into(landing: Landing) -> None:
    landing.drop("a.ndjson/part-0.ndjson", "{}")
    result = landing.load()
    assert result.loaded == 1
    assert result.notes == ("noted/a.ndjson: a folder named like a file; looked inside",)


def test_a_loop_of_links_and_a_dangling_link_are_named(landing: Landing) -> None:
    landing.drop("a.ndjson", "{}")
    folder = landing.project.landing / "noted"
    (folder / "again").symlink_to(folder)
    (folder / "gone.ndjson").symlink_to(folder / "nowhere")
    result = landing.load()
    assert result.loaded == 1
    assert result.notes == (
        "noted/again: a link to a folder it lies in; not followed",
        "noted/gone.ndjson: cannot be read: No such file or directory",
    )


def test_a_pipe_is_no_file(landing: Landing) -> None:
    path = landing.drop("a.ndjson", "{}")
    path.unlink()
    os.mkfifo(path)
    assert landing.load().notes == ("noted/a.ndjson: neither a file nor a folder; not loaded",)


def test_a_file_without_permission_is_set_aside_and_the_rest_loads(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = landing.drop("locked.ndjson", "{}")
    landing.drop("open.ndjson", '{"id":1}')
    really_open = Path.open

    def as_nobody(path: Path, *args: object, **named: object) -> object:
        if path == locked:
            raise PermissionError(13, "Permission denied")
        return really_open(path, *args, **named)  # type: ignore[call-overload]

    with monkeypatch.context() as patched:  # root may read everything
        patched.setattr(Path, "open", as_nobody)
        result = landing.load()
    assert [file.reason for file in result.set_aside] == ["cannot be read: Permission denied"]
    assert result.loaded == 1
    assert landing.load().loaded == 1  # as soon as it may be read, though it did not change
    assert landing.files() == [("noted/locked.ndjson", "loaded"), ("noted/open.ndjson", "loaded")]


def test_a_folder_without_permission_is_named(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.drop("open.ndjson", "{}")
    locked = landing.drop("locked/a.ndjson", "{}").parent
    really_scan = os.scandir

    def as_nobody(path: object) -> object:
        if path == locked:
            raise PermissionError(13, "Permission denied")
        return really_scan(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", as_nobody)
    result = landing.load()
    assert result.notes == ("noted/locked: cannot be listed: Permission denied",)
    assert result.loaded == 1


def test_no_landing_folder_is_nothing_to_load(landing: Landing) -> None:
    assert landing.load().files == ()


def test_paths_limit_what_is_loaded(landing: Landing) -> None:
    first = landing.drop("x/a.ndjson", '{"id":1}')
    second = landing.drop("y/b.ndjson", '{"id":2}')
    landing.drop("y/c.ndjson", '{"id":3}')
    assert landing.load(first).loaded == 1
    assert landing.load(second.parent).loaded == 2


def test_a_path_that_is_missing_or_elsewhere_is_refused(landing: Landing, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file or folder"):
        landing.load(tmp_path / "nowhere.ndjson")
    elsewhere = tmp_path / "elsewhere.ndjson"
    elsewhere.write_text("{}")
    with pytest.raises(BadInput, match="is not in the landing folder") as refused:
        landing.load(elsewhere)
    assert "landing/<event>/" in refused.value.hint
