"""sqlfluff judges every model: one it cannot render it would pass over in silence."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from compile.cases import EVENT, contract_of

from headwater.compile import History, compile_contracts


def lint(root: Path) -> dict[str, set[str]]:
    """The rules that each model below `root`/models breaks."""
    done = subprocess.run(
        [sys.executable, "-m", "sqlfluff", "lint", "--format", "json", "models"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        each["filepath"]: {violation["code"] for violation in each["violations"]}
        for each in json.loads(done.stdout)
    }


def test_a_capital_is_found_in_every_model(repository: Path, tmp_path: Path) -> None:
    shutil.copy(repository / ".sqlfluff", tmp_path)
    shutil.copytree(repository / "macros", tmp_path / "macros")
    shutil.copytree(repository / "models", tmp_path / "models")
    models = sorted((tmp_path / "models").rglob("*.sql"))
    assert models
    for model in models:
        text, count = re.subn(
            r"select \* from final\n*\Z", "SELECT * from final\n", model.read_text()
        )
        assert count == 1, f"{model} does not end with its CTE `final`"
        model.write_text(text)
    found = lint(tmp_path)
    unseen = [
        model.relative_to(tmp_path).as_posix()
        for model in models
        if "CP01" not in found[model.relative_to(tmp_path).as_posix()]
    ]
    assert unseen == []


def test_models_of_two_majors_are_as_the_style_has_them(repository: Path, tmp_path: Path) -> None:
    shutil.copy(repository / ".sqlfluff", tmp_path)
    shutil.copytree(repository / "macros", tmp_path / "macros")
    majors = [
        contract_of({"size": {"type": "integer"}, "tags": tags("string")}, ["size"]),
        contract_of({"size": {"type": "string"}, "tags": tags("integer")}, major=2),
    ]
    history = History((3,), (("a" * 32, ("size", "tags")), ("b" * 32, ("size",) * 9)))
    files = compile_contracts(majors, histories={EVENT: history}).files
    for name, file in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(file.text, encoding="utf-8")
    assert lint(tmp_path) == {name: set() for name in files if name.endswith(".sql")}


def tags(kind: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": kind}}


def test_what_the_style_forbids_is_found(repository: Path, tmp_path: Path) -> None:
    shutil.copy(repository / ".sqlfluff", tmp_path)
    shutil.copytree(repository / "macros" / "headwater", tmp_path / "macros" / "headwater")
    (tmp_path / "models").mkdir()
    cases = {
        "AL06": "select play.a from plays as p\n",
        "AM05": "select plays.a from plays join users using (user_id)\n",
        "AM06": "select a, count(*) as plays from b group by 1\n",
        "AL03": "select plays.a + 1, plays.b from plays\n",
        "ST03": "with unused as (select 1 as one) select * from plays\n",
        "CV11": "select a::date as day from plays\n",
        "LT05": f"select {'a' * 90} from plays\n",
    }
    for rule, sql in cases.items():
        (tmp_path / "models" / f"{rule}.sql").write_text(sql)
    found = lint(tmp_path)
    missed = [rule for rule in cases if rule not in found[f"models/{rule}.sql"]]
    assert missed == []
