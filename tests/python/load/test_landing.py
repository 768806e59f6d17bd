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


def test_an_undeclared_event_type_waits_and_the_rest_loads(landing: Landing) -> None:
    landing.drop("a.ndjson", "{}", event="unheard_of")
    landing.drop("b.csv", "a\n1\n", event="unheard_of")
    landing.drop("a.ndjson", '{"id":1}')
    result = landing.load()
    assert (result.loaded, result.waiting) == (1, {"unheard_of": 2})
    text = "\n".join(result.lines())
    assert "waiting: 2 files in unheard_of/, an event type no contract declares" in text
    assert "hint: declare it (contracts/<domain>/unheard_of.v1.yml)" in text
    assert landing.files() == [("noted/a.ndjson", "loaded")]


def test_what_waited_loads_once_it_is_declared(landing: Landing) -> None:
    landing.drop("a.ndjson", "{}")
    declared, landing.contracts = landing.contracts, ()
    assert landing.load().waiting == {"noted": 1}
    landing.contracts = declared
    assert landing.load().loaded == 1


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
    for name in ("a.parquet", "b.parquet", "c.xlsx", "README"):
        landing.drop(name, "?")
    text = summary(landing)
    assert "noted: 2 files not loaded, of a kind it does not read: *.parquet" in text
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
