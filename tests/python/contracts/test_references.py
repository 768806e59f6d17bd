"""References: what stands where they stood, and each that is refused."""

from pathlib import Path

import pytest
from contracts.cases import BASE, NOTE, Case, check, problems

from headwater.contracts import read, violation_names
from headwater.contracts.model import Field

DEFS = """\
  $defs:
    code: {type: string, minLength: 2, pii: none, description: A code.}
    place:
      type: object
      description: A place.
      properties:
        country: {$ref: "#/$defs/code", description: Its country.}
    old: {const: x}
  type: object
"""


def case(case_id: str, note: str, message: str, hint: str, defs: str = "") -> Case:
    """The field `note` is declared so, below a payload with these definitions."""
    head = f"  $defs: {{{defs}}}\n" if defs else ""
    new = f"    note: {note}\n"
    where = BASE.replace("  type: object\n", f"{head}  type: object\n")
    return _Whole(case_id, "", "", where.replace(NOTE, new), message, hint)


class _Whole(Case):
    """A case whose text is `at`; its problem is on the line that holds MARK, else on the last."""

    @property
    def text(self) -> str:
        return str(self.at).replace("MARK", "")

    @property
    def line(self) -> int:
        lines = str(self.at).splitlines()
        marked = [number for number, each in enumerate(lines, 1) if "MARK" in each]
        return marked[0] if marked else len(lines)


CODE = "code: {type: string, minLength: 2, description: A code.}"
CASES = [
    case("no file", "{$ref: other.schema.yml, description: N.}", "no schema file", "by its path"),
    case("no schema file", "{$ref: order_paid.v2.yml, description: N.}", "no schema f", "its path"),
    case("outside", "{$ref: ../../a.schema.yml, description: N.}", "no schema file", "by its path"),
    case("no text", "{$ref: [a], description: N.}", "names no schema", "#/$defs/name"),
    case("no anchor", "{$ref: '#cod', description: N.}", "'#cod' names no schema", "#/$defs/name"),
    case(
        "unknown",
        "{$ref: '#/$defs/cod', description: N.}",
        "names no schema",
        "mean #/$defs/code?",
        CODE,
    ),
    case("no schema", "{$ref: '#/required/0', description: N.}", "names no schema", "#/$defs/name"),
    case("whole", "{$ref: '#', description: N.}", "# refers to itself", "finite"),
    case(
        "in a circle",
        "{$ref: '#/$defs/node'}",
        "field note.next: #/$defs/node refers to itself",
        "as many levels",
        "node: {type: object, description: N.MARK, properties: {next: {$ref: '#/$defs/node'}}}",
    ),
    case(
        "both say",
        "{$ref: '#/$defs/code', minLength: 3}",
        "minLength stands here and in what $ref names",
        "in allOf",
        CODE,
    ),
    case(
        "unused", "{type: string, description: N.}", "'code' is used nowhere", "$ref", f"{CODE}MARK"
    ),
    case(
        "beside what looks at it",
        "{type: object, $ref: '#/$defs/closed', description: N., "
        "properties: {a: {type: string, description: A.}}}",
        "properties stands here and in what $ref names, or looks at what does",
        "in allOf",
        "closed: {additionalProperties: false}",
    ),
    case(
        "wrong inside",
        "{$ref: '#/$defs/c'}",
        "note: minItems says",
        "array",
        "c: {type: string, description: C., minItems: 1}MARK",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_bad_reference_is_refused_on_its_line(tmp_path: Path, case: Case) -> None:
    check(tmp_path, case)


def test_nothing_stands_beside_a_reference_to_true_or_false(tmp_path: Path) -> None:
    text = case("", "{$ref: '#/$defs/no', description: N.}", "", "", "no: false").text
    found = [each.message for each in problems(tmp_path, text)]
    assert "field note: keywords beside a $ref to true or false" in found


def test_a_payload_that_refers_to_true_is_no_schema_of_objects(tmp_path: Path) -> None:
    text = BASE[: BASE.index("payload:")] + "payload: {$ref: '#/$defs/any', $defs: {any: true}}\n"
    (found,) = problems(tmp_path, text)
    assert (found.line, found.message) == (6, "payload is not a schema")


def test_definitions_are_a_mapping(tmp_path: Path) -> None:
    text = BASE.replace("  type: object\n", "  $defs: [a]\n  type: object\n")
    (found,) = problems(tmp_path, text)
    assert (found.line, found.message) == (7, "payload: $defs is not a mapping")


def test_references_that_double_end_before_they_fill_the_memory(tmp_path: Path) -> None:
    twice = "[{{$ref: '#/$defs/d{0}'}}, {{$ref: '#/$defs/d{0}'}}]"
    defs = "".join(f"    d{n}: {{allOf: {twice.format(n + 1)}}}\n" for n in range(40))
    text = BASE.replace("  type: object\n", f"  $defs:\n{defs}    d40: {{}}\n  type: object\n")
    note = "    note: {type: string, description: N., $ref: '#/$defs/d0'}\n"
    found = problems(tmp_path, text.replace(NOTE, note))
    assert any("the references hold too much" in each.message for each in found)


def test_long_lists_of_values_that_are_referred_to_often_end_as_well(tmp_path: Path) -> None:
    values = ", ".join(f"v{n}" for n in range(900))
    refs = ", ".join(["{$ref: '#/$defs/d0'}"] * 90)
    head = f"  $defs: {{d0: {{enum: [{values}]}}}}\n"
    text = BASE.replace("  type: object\n", f"{head}  type: object\n")
    note = f"    note: {{type: string, description: N., anyOf: [{refs}]}}\n"
    found = problems(tmp_path, text.replace(NOTE, note))
    assert any("the references hold too much" in each.message for each in found)


def test_a_long_chain_of_references_ends(tmp_path: Path) -> None:
    defs = "".join(f"    d{n}: {{$ref: '#/$defs/d{n + 1}'}}\n" for n in range(900))
    text = BASE.replace("  type: object\n", f"  $defs:\n{defs}    d900: {{}}\n  type: object\n")
    note = "    note: {$ref: '#/$defs/d0', description: N.}\n"
    found = problems(tmp_path, text.replace(NOTE, note))
    assert any("the references hold too much" in each.message for each in found)


@pytest.fixture
def fields(tmp_path: Path) -> dict[str, Field]:
    note = """\
    note: {$ref: "#/$defs/code", maxLength: 4, description: Remark.}
    from: {$ref: "#/$defs/place"}
    stops: {type: array, items: {$ref: "#/$defs/place"}, description: On the way.}
    word: {type: string, not: {$ref: "#/$defs/old"}, description: W.}
    again: {$ref: "#/properties/note", description: Like note.}
"""
    text = BASE.replace("  type: object\n", DEFS).replace(NOTE, note)
    assert problems(tmp_path, text) == ()
    (contract,) = read(tmp_path)
    assert {
        "note.maxLength",
        "from.country.minLength",
        "stops.items.country.minLength",
        "word.not",
        "again.minLength",
    } <= set(violation_names(contract.payload))
    return {".".join(path): each for path, each in contract.payload.walk()}


def test_a_reference_is_what_it_names_with_what_stands_beside(fields: dict[str, Field]) -> None:
    note, country = fields["note"], fields["from.country"]
    assert (note.schema.min_length, note.schema.max_length) == (2, 4)
    assert (note.description, note.pii) == ("Remark.", "none")
    assert (fields["from"].description, country.description) == ("A place.", "Its country.")
    assert fields["again"].schema.max_length == 4
    assert '"x"' in fields["word"].schema.rules[0].schema


SHARED = """\
$schema: http://json-schema.org/draft-07/schema#
$id: https://schemas.example.com/money
definitions:
  cents: {type: integer, minimum: 0, description: Cents.}
  amount:
    type: object
    description: An amount.
    properties:
      cents: {$ref: "#/definitions/cents", maximum: 5}
      pair: {type: array, items: {$ref: "code.schema.json#code"}, description: Two of them.}
"""
CODE_FILE = (
    '{"$id": "https://schemas.example.com/code.schema.json", '
    '"$defs": {"x": {"$anchor": "code", "type": "string", "maxLength": 3}}}'
)


def _with_files(root: Path, note: str, **files: str) -> str:
    """A contract with this field `note`, beside files of schemas."""
    folder = root / "contracts" / "shared"
    folder.mkdir(parents=True)
    for name, text in files.items():
        ending = "json" if text.startswith("{") else "yml"
        (folder / f"{name}.schema.{ending}").write_text(text, encoding="utf-8")
    return BASE.replace(NOTE, f"    note: {note}\n")


@pytest.mark.parametrize(
    "reference",
    [
        "../shared/money.schema.yml#/definitions/amount",
        "https://schemas.example.com/money#/definitions/amount",
    ],
)
def test_a_schema_file_is_found_by_its_path_and_by_its_id(tmp_path: Path, reference: str) -> None:
    text = _with_files(tmp_path, f"{{$ref: '{reference}'}}", money=SHARED, code=CODE_FILE)
    assert problems(tmp_path, text) == ()
    (contract,) = read(tmp_path)
    found = {".".join(path): each.schema for path, each in contract.payload.walk()}
    # Draft 7 ignores what stands beside $ref.
    assert (found["note.cents"].minimum, found["note.cents"].maximum) == (0, None)
    pair = found["note.pair"].items
    assert pair is not None
    assert pair.max_length == 3


def test_what_is_wrong_in_a_schema_file_is_told_where_it_is_referred_to(tmp_path: Path) -> None:
    note = "{$ref: ../shared/a.schema.yml, description: N.}"
    text = _with_files(tmp_path, note, a="# A\n\ntype: string\nminItems: 1\n")
    (found,) = problems(tmp_path, text)
    assert (found.path, found.line) == ("contracts/shop/order_paid.v1.yml", 11)
    assert found.message == "field note: minItems says nothing about type string"


def test_a_schema_file_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    note = "{$ref: ../shared/a.schema.yml, description: N.}"
    text = _with_files(tmp_path, note, a="type: string\ntype: string\n")
    (found,) = problems(tmp_path, text)
    assert found.message.startswith("field note: $ref '../shared/a.schema.yml': contracts/shared/")
    assert "a.schema.yml:2: the key 'type' is there twice" in found.message


def test_keywords_of_a_later_draft_are_refused_in_an_older_one(tmp_path: Path) -> None:
    note = "{$ref: ../shared/a.schema.yml, description: N.}"
    old = "$schema: http://json-schema.org/draft-04/schema\ntype: string\nconst: a\n"
    (found,) = problems(tmp_path, _with_files(tmp_path, note, a=old))
    assert found.message == "field note: const is not in draft 4, which ignores it"


def test_a_dialect_of_one_s_own_is_refused(tmp_path: Path) -> None:
    note = "{$ref: ../shared/a.schema.yml, description: N.}"
    text = _with_files(tmp_path, note, a="$schema: https://example.com/mine\ntype: string\n")
    (found,) = problems(tmp_path, text)
    assert "the keyword $schema is not supported with another vocabulary" in found.message


def test_dependencies_are_both_keywords_that_replaced_them(tmp_path: Path) -> None:
    both = "dependencies: {a: [b], b: {minProperties: 2}}"
    fields = "properties: {a: {type: string, description: A.}, b: {type: string, description: B.}}"
    note = f"    note: {{type: object, description: N., {fields}, {both}}}\n"
    assert problems(tmp_path, BASE.replace(NOTE, note)) == ()
    (contract,) = read(tmp_path)
    found = [name for name in violation_names(contract.payload) if name.startswith("note.dep")]
    assert found == ["note.dependentRequired", "note.dependentSchemas"]
    twice = note.replace(both, f"{both}, dependentRequired: {{b: [a]}}")
    (problem,) = problems(tmp_path, BASE.replace(NOTE, twice))
    assert problem.message == "field note: dependentRequired beside dependencies"
