"""`headwater new` itself: where the file goes, and what a person is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from new.conftest import Make

from headwater.contracts.contract import parse
from headwater.contracts.editor import MODELINE
from headwater.errors import BadInput, ExitCode
from headwater.new import Head, Sample, new


def test_without_records_it_is_a_page_to_fill_in(make: Make) -> None:
    made, text = make(None, owner="web", channel="#web: ask")
    assert made.path == "contracts/web/page_seen.v1.yml"
    assert text.splitlines()[0] == MODELINE
    found = yaml.safe_load(text)
    assert (found["owner"], found["channel"]) == ("web", "#web: ask")
    parsed = parse(text, made.path, "web", "page_seen", 1)
    assert [problem.message for problem in parsed.diagnostics] == [
        "description is empty",
        "payload: properties is not a mapping",
    ]
    assert "left to write: payload.properties; 1 description" in made.lines()


def test_records_that_wait_make_the_contract_that_a_file_of_them_makes(root: Path) -> None:
    cells = [f'{{"id":"{number}","size":"{number}","type":"page_seen"}}' for number in range(9)]
    whole = [f'{{"id": "{number}", "size": {number}, "on": true}}' for number in range(9)]
    (root / "s.csv").write_text(
        "id,size,type\n" + "".join(f"{number},{number},page_seen\n" for number in range(9))
    )
    (root / "s.ndjson").write_text("\n".join(whole))
    made = []
    for name, style, records in (("s.csv", "csv", cells), ("s.ndjson", "ndjson", whole)):
        for origin in (root / name, Sample(name, [(style, record) for record in records])):
            written = root / new(root, Head("page_seen", "web"), origin).path
            made.append(written.read_text())
            written.unlink()
    assert made[0] == made[1]
    assert "size:\n      type: integer\n" in made[0]
    assert made[2] == made[3]


def test_an_event_that_has_a_contract_is_never_overwritten(make: Make, root: Path) -> None:
    _, before = make(None)
    for domain in ("web", "shop"):
        with pytest.raises(BadInput, match=r"has an event contract: contracts/web/page_seen\.v1"):
            new(root, Head("page_seen", domain), None)
    assert (root / "contracts/web/page_seen.v1.yml").read_text() == before
    assert not (root / "contracts/shop").exists()


def test_the_domain_is_asked_for_unless_there_is_one_only(make: Make, root: Path) -> None:
    (root / "contracts" / "shop").mkdir()
    with pytest.raises(BadInput, match="which domain") as caught:
        make(None)
    assert "one of: shop, web" in str(caught.value)
    made, _ = make(None, domain="new_one")
    assert made.path == "contracts/new_one/page_seen.v1.yml"


@pytest.mark.parametrize("event", ["Page", "page-seen", "select", "page_v2", "unparsed", "../x"])
def test_a_name_that_no_event_can_have_is_refused(root: Path, event: str) -> None:
    with pytest.raises(BadInput):
        new(root, Head(event, "web"), None)
    assert list((root / "contracts/web").iterdir()) == []


def test_the_command_writes_what_sync_then_goes_through(root: Path, repository: Path) -> None:
    (root / "profiles.yml").symlink_to(repository / "profiles" / "profiles.yml")
    (root / "dbt_project.yml").write_text("name: pages\nprofile: headwater\n")
    (root / "s.ndjson").write_text('{"id": "1", "ts": 1772366400, "email": "x", "size": 1}\n')

    def headwater(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "headwater", *args],
            cwd=root,
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )

    done = headwater("new", "page_seen", "--from", "s.ndjson", "--owner", "web", "--channel", "#w")
    assert done.returncode == ExitCode.OK
    assert "wrote contracts/web/page_seen.v1.yml" in done.stderr
    assert "left to write: pii of email; 3 descriptions" in done.stderr
    done = headwater("sync")
    assert done.returncode == ExitCode.BAD_INPUT
    path = "contracts/web/page_seen.v1.yml"
    line = (root / path).read_text().split("pii:")[0].count("\n") + 1
    assert f"{path}:{line}: field email: pii is empty or not a word" in done.stderr
    assert f"{path}:{line + 1}: field email: description is empty" in done.stderr
    assert headwater("new", "page_seen").returncode == ExitCode.BAD_INPUT
