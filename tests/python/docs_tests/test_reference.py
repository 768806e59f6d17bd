"""What can be used is documented, and the pages that follow from the code follow from it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from headwater.contracts import envelope, header, keywords, pii

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "docs" / "reference"


def _load() -> ModuleType:
    spec = spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["reference"] = module
    spec.loader.exec_module(module)
    return module


reference = _load()


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == reference.PAGES[name](), (
        "hint: scripts/reference"
    )


@pytest.mark.parametrize("macro", list(reference.macros()), ids=lambda macro: macro.name)
def test_a_macro_says_what_it_does_and_what_each_argument_is(macro: object) -> None:
    assert macro.text  # type: ignore[attr-defined]
    assert macro.undescribed == ()  # type: ignore[attr-defined]


def test_an_undocumented_argument_is_noticed() -> None:
    macro = reference.Macro("x", "m", ("a", "b=1"), "Does.", (("a", "what"),), "")
    assert macro.undescribed == ("b",)


def test_a_macro_comment_is_read_whole() -> None:
    text, described, returns = reference._comment(
        "\n    Two\n    lines.\n\n    @arg a  first\n    @arg b, c  both,\n"
        "       long\n    @returns it\n"
    )
    assert text == "Two\nlines."
    assert described == (("a", "first"), ("b", "both, long"), ("c", "both, long"))
    assert returns == "it"


KEYS = [
    *header.HEADER_KEYS,
    *header.RETENTION_KEYS,
    *header.TIERS,
    *envelope.ENVELOPE_KEYS,
    *envelope.EPOCHS,
    *keywords.KEYWORDS,
    *keywords.ANNOTATIONS,
    *keywords.FORMATS,
    *pii.PII_WORDS,
]


def test_every_key_of_event_contracts_is_documented() -> None:
    page = (REFERENCE / "event-contracts.md").read_text(encoding="utf-8")
    quoted = " ".join(re.findall(r"`([^`]*)`", page))
    missing = [
        key for key in dict.fromkeys(KEYS) if not re.search(rf"(?<!\w){re.escape(key)}\b", quoted)
    ]
    assert missing == []


def test_every_environment_variable_is_documented() -> None:
    page = (REFERENCE / "environment.md").read_text(encoding="utf-8")
    used = set()
    for folder in ("src", "macros", "profiles", "scripts"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".sql", ".yml", ""} and path.is_file():
                text = path.read_text(encoding="utf-8", errors="ignore")
                used |= set(re.findall(r"\b(?:HEADWATER|BIGQUERY)_[A-Z_]*[A-Z]\b", text))
    assert used
    assert {name for name in used if f"`{name}`" not in page} == set()


def test_every_page_is_reached_by_a_link_and_no_link_is_broken() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    reached = {ROOT / "README.md"}
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" in link:
                continue
            target = (page.parent / link).resolve()
            assert target.exists(), f"{page.relative_to(ROOT)} links to {link}"
            reached.add(target)
    orphans = {page.relative_to(ROOT).as_posix() for page in pages if page not in reached}
    assert orphans == set()


def test_a_stale_page_fails_the_check(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHECK.format(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "macros.md: is out of date" in done.stderr
    assert "hint: scripts/reference" in done.stderr


CHECK = f"""
import sys, pathlib
sys.path.insert(0, {str(ROOT / "scripts")!r})
import reference
reference.ROOT = reference.REFERENCE = pathlib.Path({{!r}})
reference.PAGES = {{{{"macros.md": lambda: "new"}}}}
reference.main(["--check"])
""".replace("{!r}", "'{0}'")
