"""What the guides tell people to write and to run is accepted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import jsonschema
import pytest
import yaml

from headwater import contracts, finding
from headwater.cli import cli

ROOT = Path(__file__).resolve().parents[3]
GUIDES = ROOT / "docs" / "guides"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "src/headwater/templates/init/README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
PAGES.remove(ROOT / "docs/reference/commands.md")  # --help itself


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(page: Path) -> list[list[str]]:
    """Every `headwater …` in the code of a page, split into words."""
    text = page.read_text(encoding="utf-8")
    code = "\n".join(blocks(page, "(?:bash|console|text)") + re.findall(r"`([^`\n]+)`", text))
    found = re.findall(r"(?:^| |bin/)headwater ((?:-|[a-z])[^\n|&;#`()]*)", code, re.MULTILINE)
    return [line.split() for line in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_on_a_page_exists(page: Path) -> None:
    for words in commands(page):
        name = next((word for word in words if not word.startswith("-")), None)
        command = cli.commands.get(str(name))
        assert command is not None, f"headwater {' '.join(words)}"
        known = {"--help", "-h", "--version"}
        for parameter in (*command.params, *cli.params):
            known |= set(parameter.opts if isinstance(parameter, click.Option) else ())
        options = {word for word in words if word.startswith("-") and word != "-"}
        assert options <= known, f"headwater {' '.join(words)}"


def test_commands_are_found() -> None:
    assert ["sync"] in commands(GUIDES / "producers.md")
    assert ["run", "--dry-run"] in commands(GUIDES / "on-call.md")


def test_the_producers_event_contract_is_accepted_and_so_is_their_record(tmp_path: Path) -> None:
    text = blocks(GUIDES / "producers.md", "yaml")[0]
    path = tmp_path / "contracts" / "checkout" / "basket_emptied.v1.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    (contract,) = contracts.read(tmp_path)
    record = json.loads(blocks(GUIDES / "producers.md", "json")[0])
    assert record["type"] == contract.event
    jsonschema.validate(record["data"], yaml.safe_load(text)["payload"])


def test_the_analysts_mart_is_one_of_ours() -> None:
    mart = ROOT / "models" / "marts" / "listening" / "fct_daily_listening.sql"
    assert mart.read_text(encoding="utf-8") in blocks(GUIDES / "analysts.md", "sql")


def test_the_on_call_table_has_a_line_for_everything_that_status_says() -> None:
    page = (GUIDES / "on-call.md").read_text(encoding="utf-8")
    missing = [kind for kind in finding.ORDER if f"\n| `{kind} " not in page]
    assert missing == []


def test_every_metric_and_saved_query_of_the_guides_exists() -> None:
    declared: dict[str, set[str]] = {"metrics": set(), "saved_queries": set()}
    for path in (ROOT / "models").rglob("*__metrics.yml"):
        for kind, names in declared.items():
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            names |= {each["name"] for each in content.get(kind, ())}
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    metrics = {name for some in re.findall(r"--metrics ([\w,]+)", text) for name in some.split(",")}
    queries = set(re.findall(r"--saved-query (\w+)", text))
    assert metrics
    assert queries
    assert metrics <= declared["metrics"]
    assert queries <= declared["saved_queries"]
