"""YAML as contracts read it: lines, YAML 1.2 scalars, and what is refused."""

from pathlib import Path

import pytest
from contracts.cases import BASE, Case, check, field, header, problems

from headwater.contracts import tree
from headwater.contracts.report import Report


def parsed(text: str) -> tree.Node:
    report = Report("x.yml")
    node = tree.parse(text, report)
    assert node is not None, report.diagnostics
    assert report.diagnostics == ()
    return node


CASES = [
    Case("tab", "  type: object", "\ttype: object", 7, "YAML: found", "spaces, not tabs"),
    Case(
        "colon in text",
        "A customer paid.",
        "Paid: by card: once.",
        5,
        "mapping values are not allowed",
        'quote text that holds ": "',
    ),
    Case("open bracket", "[order_no]", "[order_no", 9, "YAML:", "opens on line 8"),
    Case("open quote", '"#data-checkout"', '"#data-checkout', 4, "open here", "close the quotes"),
    Case("stray bracket", "owner: checkout", "owner: ]", 3, "YAML:", "quotes, brackets"),
    Case("tag", "version: 1.0", "version: !!str 1.0", 2, "YAML tag", "quote what is text"),
    Case("object tag", "version: 1.0", "version: !!python/name:os.system", 2, "tag", "remove it"),
    Case("unknown alias", "owner: checkout", "owner: *team", 3, "YAML:", "anchor"),
    Case("second document", "owner: checkout", "---\nowner: x", 3, "second YAML", "one event"),
    header(
        "key twice",
        "tier: high\ntier: low",
        "the key 'tier' is there twice (first on line 3)",
        "keep one",
        at=4,
    ),
    field(
        "field twice",
        "note: {type: string, description: Remark.}\nnote: {type: string, description: Other.}",
        "the key 'note' is there twice (first on line 11)",
        "keep one",
        at="Other.",
    ),
    header("key that is a list", "? [a, b]\n: 1", "a key that is not text", "name: value"),
    header("merge of text", "<<: high", "<< takes a mapping", "<<: *name"),
    header("merge of a list", "<<: [high]", "<< takes a mapping", "<<: *name"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_unreadable_yaml_is_refused_on_its_line(tmp_path: Path, case: Case) -> None:
    check(tmp_path, case)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 1, "the file is empty"),
        (b"# only a comment\n", 1, "the file is empty"),
        (b"just text\n", 1, "an event contract is a mapping"),
        (b"- a\n- b\n", 1, "an event contract is a mapping"),
        (BASE.replace("checkout", "check\x00out", 1).encode(), 3, "must not hold"),
        (BASE.encode().replace(b"A customer", b"A \xff customer"), 5, "not UTF-8"),
        (BASE.encode("utf-16"), 1, "not UTF-8"),
        (BASE.replace("A customer", "A\u2028customer").encode(), 5, "another kind (U+2028)"),
        (BASE.replace("A customer", "A\rcustomer").encode(), 5, "another kind (U+000D)"),
        (b"a: " + b"[" * 5000, 1, "nested too deeply"),
        (b"a: &a [x]\n" + b"b: *a\n" * 3 + b"x" * 2**20, 0, "larger than"),
    ],
    ids=[
        "empty",
        "comment",
        "text",
        "list",
        "NUL",
        "invalid UTF-8",
        "UTF-16",
        "line separator",
        "lone carriage return",
        "deep nesting",
        "large",
    ],
)
def test_a_file_that_is_no_contract_is_refused(
    tmp_path: Path, content: bytes, line: int, message: str
) -> None:
    (found,) = problems(tmp_path, content)
    assert (found.line, bool(found.hint)) == (line, True)
    assert message in found.message


def test_aliases_of_aliases_end_before_they_fill_the_memory(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (found,) = problems(tmp_path, "\n".join(lines))
    assert "holds too much" in found.message


def test_a_byte_order_mark_and_windows_line_ends_are_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode()) == ()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"),
        ("No", "No"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("2026-01-31", "2026-01-31"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("012", 12),
        ("0o14", 12),
        ("0x1F", 31),
        ("-7", -7),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        ("=", "="),
        ("'12'", "12"),
        ('"true"', "true"),
        ("'null'", "null"),
    ],
)
def test_scalars_follow_yaml_1_2(written: str, value: object) -> None:
    node = parsed(f"a: {written}")
    assert isinstance(node, tree.Mapping)
    leaf = node.entries[0].value
    assert isinstance(leaf, tree.Scalar)
    assert (leaf.value, type(leaf.value)) == (value, type(value))


def test_a_merge_key_lends_what_is_not_written() -> None:
    node = parsed("a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}\nc: {<<: [*a, {y: 9, z: 4}]}")
    assert isinstance(node, tree.Mapping)
    _, b, c = (texts(entry.value) for entry in node.entries)
    assert b == {"x": "1", "y": "3"}
    assert c == {"x": "1", "y": "2", "z": "4"}


def texts(node: tree.Node) -> dict[str, str]:
    assert isinstance(node, tree.Mapping)
    leaves = {each.key: each.value for each in node.entries}
    return {key: leaf.text for key, leaf in leaves.items() if isinstance(leaf, tree.Scalar)}
