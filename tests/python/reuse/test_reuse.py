"""What `sync` takes from the last time is what it would make again, or it makes it again."""

from __future__ import annotations

import importlib
import io
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from headwater import memo, reuse
from headwater.contracts.contract import Parsed
from headwater.contracts.files import Source, parse_sources
from headwater.sync import compare, sync

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


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DBT_TARGET_PATH", raising=False)
    for event in ("opened", "closed", "broken"):
        path = contract(tmp_path, event)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CONTRACT.format(event=event), encoding="utf-8")
    edit(contract(tmp_path, "broken"), "type: integer", "type: whole")
    sync(tmp_path)
    return tmp_path


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is parsed and compiled from here on, in order."""
    done: list[str] = []
    real = reuse.compile_each

    def parsing(sources: Sequence[Source]) -> list[Parsed]:
        done.extend(f"parse {each.event}" for each in sources)
        return parse_sources(sources)

    def compiling(groups: Sequence[Any]) -> list[Any]:
        done.extend(f"compile {each.event}" for each in groups)
        return real(groups)

    monkeypatch.setattr(reuse, "parse_sources", parsing)
    monkeypatch.setattr(reuse, "compile_each", compiling)
    return done


def contract(root: Path, event: str) -> Path:
    return root / "contracts" / "things" / f"{event}.v1.yml"


def model(root: Path, event: str) -> Path:
    return root / "models" / "staging" / "things" / f"base_{event}.sql"


def kept(root: Path) -> Path:
    return root / "target" / "headwater" / "contracts.memo"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def everything(root: Path) -> tuple[Any, ...]:
    """All that a look at the project says."""
    found = compare(root)
    return found, sync(root, check=True)


def test_with_nothing_new_nothing_is_parsed_or_compiled(root: Path, work: list[str]) -> None:
    known = everything(root)
    assert work == []
    kept(root).unlink()
    assert everything(root) == known
    assert sorted(work) == [
        *("compile closed", "compile opened"),
        *("parse broken", "parse closed", "parse opened"),
    ]


def test_the_errors_of_a_contract_are_told_again(root: Path, work: list[str]) -> None:
    (problem,) = sync(root).diagnostics
    assert "unknown type 'whole'" in problem.message
    assert work == []


def test_a_changed_schema_file_makes_what_may_refer_to_it_again(
    root: Path, work: list[str]
) -> None:
    shared = root / "contracts" / "shared" / "size.schema.yml"
    shared.parent.mkdir()
    shared.write_text("{type: integer, maximum: 5, description: Size.}", encoding="utf-8")
    edit(contract(root, "opened"), "{type: integer", "{$ref: ../shared/size.schema.yml")
    sync(root)
    assert "<= 5" in model(root, "opened").read_text(encoding="utf-8")
    work.clear()
    sync(root)
    assert work == []
    edit(shared, "5", "6")
    sync(root)
    assert work == ["parse opened", "compile opened"]
    assert "<= 6" in model(root, "opened").read_text(encoding="utf-8")


def test_only_what_changed_is_made_again(root: Path, work: list[str]) -> None:
    edit(contract(root, "opened"), "How big", "How very big")
    result = sync(root)
    assert work == ["parse opened", "compile opened"]
    assert result.written == ("models/staging/things/_opened.yml",)
    work.clear()
    assert sync(root).written == ()
    assert work == []


def test_a_contract_that_is_mended_or_moved_is_read_again(root: Path, work: list[str]) -> None:
    edit(contract(root, "broken"), "type: whole", "type: integer")
    assert sync(root).diagnostics == ()
    (root / "contracts" / "more").mkdir()
    contract(root, "broken").rename(root / "contracts" / "more" / "broken.v1.yml")
    assert "models/staging/more/base_broken.sql" in sync(root).written
    assert "models/staging/things/base_broken.sql" not in sync(root).texts
    assert work == ["parse broken", "compile broken"] * 2


def test_a_model_edited_by_hand_is_drift_and_is_written_again(root: Path) -> None:
    original = model(root, "opened").read_bytes()
    edit(model(root, "opened"), "from parsed", "from  parsed")
    assert [each.path for each in sync(root, check=True).drift] == [
        "models/staging/things/base_opened.sql"
    ]
    assert list(compare(root).drift) == ["opened"]
    sync(root)
    assert model(root, "opened").read_bytes() == original
    model(root, "opened").unlink()
    sync(root)
    assert model(root, "opened").read_bytes() == original


def test_other_code_makes_everything_again(
    root: Path, work: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memo, "code_hash", lambda: "another")
    known = everything(root)
    assert len(work) == 5
    assert known[1].drift == ()


@pytest.mark.parametrize(
    "part", ["contracts/payload.py", "compile/base.py", "evolution/changes.py", "errors.py"]
)
def test_the_hash_of_the_code_knows_every_file_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    for path in memo._PACKAGE.rglob("*.py"):
        copy = tmp_path / path.relative_to(memo._PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(memo, "_PACKAGE", tmp_path)
    hashed = memo.code_hash.__wrapped__
    before = hashed()
    assert before == hashed()
    edit(tmp_path / part, "\n", "\n\n")
    assert before != hashed()
    (tmp_path / part).unlink()
    assert hashed() != before


def test_without_sources_nothing_is_kept(
    root: Path, work: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memo, "_PACKAGE", root)
    monkeypatch.setattr(memo, "code_hash", memo.code_hash.__wrapped__)
    assert memo.code_hash() == ""
    kept(root).unlink()
    sync(root)
    sync(root)
    assert len(work) == 10
    assert not kept(root).exists()


def flipped(content: bytes) -> bytes:
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


def signed(content: bytes) -> bytes:
    return sha256(content).digest() + content


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:100],
        lambda content: content[:-1],
        flipped,
        lambda content: signed(b"no pickle"),
        lambda content: signed(pickle.dumps(["no", "mapping"])),
        lambda content: signed(pickle.dumps(dict.fromkeys(values(content), b"?"))),
        lambda content: signed(pickle.dumps(dict.fromkeys(values(content), 7))),
        lambda content: signed(pickle.dumps(dict.fromkeys(values(content), pickle.dumps([1])))),
        lambda content: signed(
            pickle.dumps(dict.fromkeys(values(content), pickle.dumps({"models/x.sql": 1})))
        ),
    ],
)
def test_a_damaged_file_costs_only_time(
    root: Path, work: list[str], damage: Callable[[bytes], bytes]
) -> None:
    known = everything(root)
    kept(root).write_bytes(damage(kept(root).read_bytes()))
    assert everything(root) == known
    assert len(work) == 5
    assert everything(root) == known
    assert len(work) == 5


def values(content: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = pickle.loads(content[32:])
    return found


def test_a_file_that_cannot_be_written_costs_only_time(root: Path, work: list[str]) -> None:
    kept(root).unlink()
    (root / "target" / "headwater").rmdir()
    (root / "target" / "headwater").write_text("in the way")
    assert sync(root).written == ()
    assert len(work) == 5


class Attack:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch attacked",)


def test_a_file_made_by_others_runs_nothing(
    root: Path, work: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    content = kept(root).read_bytes()
    for attack in (Attack(), dict.fromkeys(values(content), pickle.dumps(Attack()))):
        kept(root).write_bytes(signed(pickle.dumps(attack)))
        sync(root)
    assert len(work) == 10
    assert not (root / "attacked").exists()
    with pytest.raises(pickle.UnpicklingError, match="is no value"):
        memo._Values(io.BytesIO(pickle.dumps(Attack()))).load()


def test_what_is_gone_is_forgotten_once_there_is_something_new(root: Path, work: list[str]) -> None:
    text = contract(root, "opened").read_text(encoding="utf-8")
    contract(root, "opened").unlink()
    edit(contract(root, "closed"), "How big", "How very big")
    sync(root)
    assert work == ["parse closed", "compile closed"]
    contract(root, "opened").write_text(text, encoding="utf-8")
    sync(root)
    assert work[2:] == ["parse opened", "compile opened"]


@pytest.fixture
def compared(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The event types that are compared with the lock from here on."""
    sync(root)  # the first time there was no lock to compare with
    found: list[str] = []
    evolve: Any = importlib.import_module("headwater.evolution.evolve")
    real = evolve._evolve

    def comparing(old: Any, majors: Sequence[Any]) -> Any:
        found.append(majors[0].event)
        return real(old, majors)

    monkeypatch.setattr(evolve, "_evolve", comparing)
    return found


def test_what_says_the_same_as_the_lock_is_not_compared_again(
    root: Path, compared: list[str]
) -> None:
    known = everything(root)
    assert compared == []
    kept(root).unlink()
    assert everything(root) == known
    assert compared == ["closed", "opened"]


def test_one_changed_contract_alone_is_compared_after_a_sync_of_nothing_new(
    root: Path, compared: list[str]
) -> None:
    sync(root)
    edit(contract(root, "opened"), "{type: integer", "{type: integer, minimum: 1")
    sync(root)
    assert compared == ["opened"]


def test_another_contract_or_another_lock_is_compared(root: Path, compared: list[str]) -> None:
    edit(contract(root, "opened"), "{type: integer", "{type: integer, minimum: 1")
    (evolution,) = sync(root).lock.evolutions
    assert [each.change.kind for each in evolution.changes] == ["rule_tightened"]
    assert compared == ["opened"]
    lock = root / "contracts" / "contracts.lock.json"
    edit(lock, '"minimum": 1', '"minimum": 2')
    compared.clear()
    sync(root, check=True)
    assert compared == ["opened"]


def test_a_lock_that_is_laid_out_otherwise_is_drift(root: Path) -> None:
    sync(root)
    lock = root / "contracts" / "contracts.lock.json"
    written = lock.read_bytes()
    edit(lock, '"about": ', '"about":  ')
    for _ in range(2):
        (problem,) = sync(root, check=True).lock.problems
        assert problem.path == "contracts/contracts.lock.json"
    sync(root)
    assert lock.read_bytes() == written
    assert sync(root, check=True).lock.problems == ()
    lock.unlink()
    assert len(sync(root, check=True).lock.problems) == 1


def test_a_sync_of_nothing_new_imports_no_engine_of_records(root: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from headwater import editor, share\n"
        "from headwater.examples import check_examples; from headwater.sync import sync\n"
        "result = sync(Path())\n"
        "check_examples(Path(), result.contracts, result.texts)\n"
        "heavy = {'pandas', 'pyarrow', 'numpy', 'dbt', 'great_expectations', 'sqlalchemy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts threads as Linux does")
def test_no_thread_is_there_when_a_process_forks(tmp_path: Path) -> None:
    folder = tmp_path / "contracts" / "things"
    folder.mkdir(parents=True)
    text = CONTRACT.replace("integer", "string, pattern: '^a+$'") + "examples: {{valid: [{{}}]}}\n"
    for n in range(70):
        (folder / f"event_{n}.v1.yml").write_text(text.format(event=f"event_{n}"), "utf-8")
    script = (
        "import os; from pathlib import Path; from headwater import split\n"
        "from headwater.examples import check_examples\n"
        "from headwater.sync import sync; threads = []; fork = os.fork\n"
        "split._processors = lambda: 2\n"
        "os.fork = lambda: (threads.append(len(os.listdir('/proc/self/task'))), fork())[1]\n"
        "found = sync(Path()); assert len(found.written) == 212\n"
        "assert check_examples(Path(), found.contracts, found.texts).run == 70\n"
        "assert threads == [1] * 4, threads  # to parse, compare, compile, run\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
