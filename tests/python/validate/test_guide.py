"""docs/guides/producers.md shows what `headwater validate` prints."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from headwater.validate import contracts_of, validate


def test_the_guide_shows_what_is_printed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (repository / "docs/guides/producers.md").read_text(encoding="utf-8")
    (contract,) = re.findall(r"```yaml\n(event: .*?)```", guide, re.DOTALL)
    (shown,) = re.findall(r"```text\n(events\.ndjson .*?)```", guide, re.DOTALL)
    (record,) = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    folder = tmp_path / "contracts" / "checkout"
    folder.mkdir(parents=True)
    (folder / "basket_emptied.v1.yml").write_text(contract, encoding="utf-8")
    event: dict[str, Any] = json.loads(record)
    extra = event | {"data": event["data"] | {"voucher": "x"}}
    wrong = event | {"id": "other", "data": event["data"] | {"item_count": 0}}
    lines = [json.dumps(each) for each in (extra, wrong, extra)]
    (tmp_path / "events.ndjson").write_text("\n".join([*lines, "nonsense"]), encoding="utf-8")
    monkeypatch.setenv("HEADWATER_NOW", event["receivedtime"])
    monkeypatch.chdir(tmp_path)
    verdict = validate(contracts_of(tmp_path, "basket_emptied"), Path("events.ndjson"), tmp_path)
    assert "\n".join(verdict.lines()) + "\n" == shown
