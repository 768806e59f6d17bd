"""docs/reference/event-contracts.md says what the code does, and no less."""

import re
from pathlib import Path

import pytest

from headwater.contracts import envelope, header, keywords, names, pii, read
from headwater.contracts.files import TAKEN
from headwater.contracts.pattern import BadPatternError, translate

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/reference/event-contracts.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text below the heading `title`, up to the next heading."""
    return re.split(r"\n#+ ", PAGE.split(f"# {title}\n", 1)[1])[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def quoted(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def test_the_header_table_has_each_key_once_and_says_which_are_needed() -> None:
    table = {cells[0].strip("`"): cells[1] == "yes" for cells in rows("Header")}
    assert table == {key: key in header.REQUIRED for key in header.HEADER_KEYS}


def test_the_envelope_table_has_each_key() -> None:
    table = [cells[0].strip("`") for cells in rows("Envelope")]
    assert table == list(envelope.ENVELOPE_KEYS)
    assert set(envelope.EPOCHS) <= quoted(section("Envelope"))


def test_the_keyword_table_has_each_keyword() -> None:
    found = {word for cells in rows("Payload") for word in quoted(cells[0])}
    assert found == {*keywords.KEYWORDS, *keywords.ANNOTATIONS, *keywords.OWN}
    meanings = " ".join(cells[2] for cells in rows("Payload"))
    assert set(keywords.TYPES) <= quoted(meanings)


def test_the_format_table_has_each_format() -> None:
    assert {word for cells in rows("Formats") for word in quoted(cells[0])} == set(keywords.FORMATS)


def test_every_refused_keyword_is_listed_with_its_hint() -> None:
    table = {word: cells[1] for cells in rows("Not supported") for word in quoted(cells[0])}
    assert table == keywords.OTHERS


def test_the_reserved_names_are_listed() -> None:
    assert set(names.RESERVED_COLUMNS) <= quoted(section("Columns"))
    assert set(TAKEN) <= quoted(section("The file"))


def test_the_personal_words_are_listed() -> None:
    lists = re.findall(r"(?:^> .*\n)+", section("Personal data"), re.MULTILINE)
    words, phrases = (set(re.sub(r"\n?> ", " ", each).strip().split(", ")) for each in lists)
    assert words == pii.WORDS
    assert phrases == {" ".join(phrase) for phrase in pii.PHRASES}
    assert {cells[0].strip("`") for cells in rows("Personal data")} == set(pii.PII_WORDS)


def test_patterns_that_the_page_refuses_are_refused_and_the_others_are_not() -> None:
    accepted, refused = section("Patterns").split("Refused, because RE2 cannot", 1)
    for written in quoted(accepted):
        translate(written.replace("HHHH", "0041").replace("{H}", "{41}").replace("cX", "cJ"))
    for written in quoted(refused):
        with pytest.raises(BadPatternError):
            translate(f"{written}a)" if written.startswith("(?") else f"a{written}")


def test_the_example_on_the_page_is_a_contract(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(event:.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "contracts/shop/basket_emptied.v1.yml"
    file.parent.mkdir(parents=True)
    file.write_text(block, encoding="utf-8")
    (contract,) = read(tmp_path)
    assert len(contract.examples) == 3


def test_the_repository_s_own_contracts_are_read_without_a_problem() -> None:
    found = {each.event: each for each in read(ROOT)}
    assert {"track_played", "search_performed"} <= set(found)
    for contract in found.values():
        assert any(each.violates is None for each in contract.examples)
        assert any(each.violates is not None for each in contract.examples)


def test_the_contract_that_init_writes_is_read_without_a_problem() -> None:
    (contract,) = read(ROOT / "src/headwater/templates/init")
    assert contract.domain == "example"
