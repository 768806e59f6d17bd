"""The payload's keywords: what each becomes, and each refusal on its line with a hint."""

from pathlib import Path

import pytest
from contracts.cases import BASE, NOTE, Case, check, field, keyword, problems

from headwater.contracts import keywords, names, read, violation_names
from headwater.contracts.model import Field, Schema

OBJECT = "note:\n  description: N.\n  type: object\n  properties:\n    part: {BODY}"


def nested(case_id: str, body: str, message: str, hint: str) -> Case:
    return field(case_id, OBJECT.replace("{BODY}", body), message, hint, at="part:")


def entries(case_id: str, body: str, message: str, hint: str) -> Case:
    """A case whose field `note` is an object without properties."""
    lines = f"note: {{description: N., type: object, {body}}}"
    return field(case_id, lines, message, hint)


TYPES = [
    field("no schema", "note: text", "field note is not a schema", "type: string"),
    field("no type", "note: {description: N.}", "field note has no type", "type: string"),
    keyword("unknown type", "type: strin", "unknown type 'strin'", "did you mean string?"),
    keyword("type of a list", "type: [[string]]", "unknown type", "one of: string"),
    keyword("two types", "type: [string, integer]", "has the types string, integer", "two fields"),
    keyword("numbers", "type: [integer, number]", "has the types integer, number", "write number"),
    keyword("type twice", "type: [string, string]", "string is listed twice", "once"),
    keyword("null unquoted", "type: [string, null]", "null as a type is text", '"null"'),
    keyword("only null", "type: 'null'", "can only be null", "undeclared"),
    Case(
        "payload of text",
        "  type: object\n",
        "  type: string\n",
        7,
        "the type of payload is not object",
        "type: object",
    ),
]
UNSUPPORTED = [
    keyword(word, f"type: string\n{word}: x", f"keyword {word} is not supported", hint[:20])
    for word, hint in keywords.OTHERS.items()
]
UNKNOWN = [
    field(
        "comma in a text",
        "note: {type: string, description: Remark, if any.}",
        "unknown keyword 'if any.'",
        "a comma ends a text",
    ),
    keyword("misspelt", "type: string\nmaxlength: 3", "'maxlength'", "did you mean maxLength?"),
    keyword("unlike any", "type: string\nzzzzzzz: 3", "keyword 'zzzzzzz'", "one of: type, enum"),
]
OF_MAPS = "additionalProperties: {type: object, "
MAPS = [
    entries("map of anything", "additionalProperties: {minimum: 1}", "or of none", "one type"),
    entries(
        "map of two types", "additionalProperties: {type: [string, integer]}", "several", "one type"
    ),
    entries(
        "map of arrays",
        "additionalProperties: {type: array, items: {type: string}}",
        "more than plain values",
        "array of objects",
    ),
    entries(
        "map of maps",
        OF_MAPS + "additionalProperties: {type: string}}",
        "more than plain values",
        "as fields",
    ),
    entries(
        "map by patterns",
        "patternProperties: {a: {type: string}, b: {type: integer}}, additionalProperties: false",
        "has values of several types",
        "one type",
    ),
    entries(
        "open map",
        "patternProperties: {a: {type: string}}",
        "no pattern finds",
        "additionalProperties: false",
    ),
    entries(
        "odd name in a map",
        OF_MAPS + "properties: {a-b: {type: string}}}",
        "a value in which the name",
        "otherwise",
    ),
    entries(
        "one name in a map",
        OF_MAPS + "properties: {aB: {type: string}, a_b: {type: string}}}",
        "fields of one name",
        "otherwise",
    ),
    keyword(
        "items are maps",
        "type: array\nitems: {type: object, additionalProperties: {type: string}}",
        "note.items is a map",
        "a property that is the map",
    ),
    entries(
        "person as a map",
        "pii: identifier, additionalProperties: {type: string}",
        "is a map and has pii identifier",
        "one value",
    ),
    field(
        "map of persons",
        "user_id: {description: N., type: object, additionalProperties: {type: string}}",
        "looks personal",
        "write pii",
    ),
    entries(
        "flat map",
        "flatten: true, additionalProperties: {type: string}",
        "flatten on a map",
        "remove it",
    ),
    entries(
        "map of mail",
        OF_MAPS + "properties: {email: {type: string}}}",
        "looks personal (email)",
        "write pii",
    ),
]
DECIMALS = [
    keyword("decimal of nothing", "type: string\nformat: decimal", "without its digits", "(18,6)"),
    keyword("half a decimal", "type: string\nformat: decimal(18)", "without its digits", "(18,6)"),
    keyword("wide decimal", "type: string\nformat: 'decimal(39,2)'", "1 to 38 digits", "DuckDB"),
    keyword("no decimal", "type: string\nformat: 'decimal(0,0)'", "1 to 38 digits", "at most 38"),
    keyword("all fraction", "type: number\nformat: 'decimal(4,5)'", "5 of 4 digits", "them all"),
    keyword("whole decimal", "type: integer\nformat: 'decimal(4,2)'", "format says", "number"),
    keyword(
        "format of number", "type: number\nformat: uuid", "says nothing about", "decimal(18,6)"
    ),
    keyword(
        "enum of decimals",
        "type: number\nenum: [1.5]\nformat: 'decimal(4,2)'",
        "enum of a decimal",
        "minimum",
    ),
    keyword(
        "fine bound",
        "type: number\nformat: 'decimal(4,2)'\nminimum: 0.005",
        "minimum does not fit decimal(4,2)",
        "round it",
    ),
    keyword(
        "wide bound",
        "type: number\nformat: 'decimal(4,2)'\nexclusiveMaximum: 100",
        "exclusiveMaximum does not fit",
        "more digits",
    ),
    keyword(
        "items of decimals",
        "type: array\nitems: {type: string, format: 'decimal(4,2)'}",
        "the items of an array are decimals",
        "an object",
    ),
    keyword(
        "number in an array",
        "type: array\nitems: {type: object, properties: {a: {type: number, "
        "format: 'decimal(4,2)', description: A.}}}",
        "a decimal in an array is a number",
        "write type: string",
    ),
    keyword(
        "decimal in a rule",
        "type: number\nnot: {format: 'decimal(4,2)'}",
        "format decimal inside a rule",
        "column's",
    ),
    keyword(
        "decimal person",
        "type: string\nformat: 'decimal(4,2)'\npii: identifier",
        "has pii identifier",
        "pseudonym",
    ),
]
WRONG_TYPE = [
    keyword("length of integer", "type: integer\nminLength: 1", "minLength says nothing", "string"),
    keyword("pattern of boolean", "type: boolean\npattern: a", "pattern says nothing", "string"),
    keyword("format of integer", "type: integer\nformat: uuid", "format says nothing", "string"),
    keyword(
        "bound of string", "type: string\nmaximum: 3", "about type string", "integer and number"
    ),
    keyword("items of string", "type: string\nitems: {type: string}", "items says", "array"),
    keyword("required of string", "type: string\nrequired: []", "required says", "object"),
    keyword("flatten of string", "type: string\nflatten: true", "flatten says", "for object"),
    nested(
        "flatten of a word",
        "{type: object, description: P., flatten: x, "
        "properties: {a: {type: string, description: A.}}}",
        "flatten is neither true nor false",
        "write true",
    ),
    keyword(
        "flatten of items",
        "type: array\nitems: {type: object, flatten: true, "
        "properties: {a: {type: string, description: A.}}}",
        "flatten on items",
        "outside of arrays",
    ),
    keyword("bound of enum", "enum: [a]\nminimum: 3", "about type string", "integer and number"),
]
BOUNDS = [
    keyword(
        "text bound", "type: number\nminimum: '3'", "minimum is not a number", "without quotes"
    ),
    keyword("boolean bound", "type: number\nminimum: true", "minimum is not a number", "number"),
    keyword("infinite bound", "type: number\nmaximum: .inf", "maximum is not a number", "number"),
    keyword("bound list", "type: number\nmaximum: [1]", "maximum is not a number", "number"),
    keyword("half of integer", "type: integer\nminimum: 0.5", "minimum is not whole", "round"),
    keyword(
        "integer beyond int64",
        "type: integer\nmaximum: 9223372036854775808",
        "maximum is beyond 64 bits",
        "int64",
    ),
    keyword(
        "number beyond float64",
        "type: number\nmaximum: 9007199254740993",
        "beyond what a number can hold",
        "fewer digits",
    ),
    keyword("bounds crossed", "type: integer\nminimum: 3\nmaximum: 2", "under minimum", "no value"),
    keyword("lengths crossed", "type: string\nminLength: 3\nmaxLength: 2", "under minLength", "no"),
    keyword("negative length", "type: string\nminLength: -1", "minLength is not a length", "0 or"),
    keyword("half a length", "type: string\nmaxLength: 1.5", "maxLength is not a length", "whole"),
    keyword("text length", "type: string\nmaxLength: '5'", "maxLength is not a length", "whole"),
    keyword("text as bound", "type: number\nexclusiveMinimum: a", "exclusiveMinimum is", "quotes"),
    keyword(
        "half a bound", "type: integer\nexclusiveMaximum: 0.5", "Maximum is not whole", "round"
    ),
    keyword(
        "exclusive bounds crossed",
        "type: number\nexclusiveMinimum: 3\nexclusiveMaximum: 2",
        "exclusiveMaximum is under exclusiveMinimum",
        "no value",
    ),
    keyword(
        "step of zero", "type: number\nmultipleOf: 0", "multipleOf is not a number over 0", "0.01"
    ),
    keyword("step of text", "type: number\nmultipleOf: '2'", "multipleOf is not a number", "0.01"),
    keyword("fine step", "type: number\nmultipleOf: 1e-10", "over 9 digits on one side", "mart"),
    keyword("vast step", "type: integer\nmultipleOf: 12345678901", "over 9 digits on one", "mart"),
    keyword("no length", "type: string\nmaxLength: true", "maxLength is not a length", "whole"),
]
ENUMS = [
    keyword("enum text", "enum: a", "enum is not a list", "enum: [a, b]"),
    keyword("enum empty", "enum: []", "enum is not a list", "enum: [a, b]"),
    keyword("enum twice", "enum: [a, b, a]", "enum lists 'a' twice", "once"),
    keyword("enum 1 and 1.0", "enum: [1, 1.0]", "enum lists '1.0' twice", "once"),
    keyword("enum of lists", "enum: [a, [b]]", "holds a list or mapping", "plain values"),
    keyword("enum mixed", "enum: [a, 1]", "enum mixes number and string", "one type"),
    keyword("enum of null", "enum: [null]", "enum holds null only", "undeclared"),
    keyword("enum infinite", "enum: [1, .nan]", "'.nan' is not a finite", "no infinity"),
    keyword("enum beyond int64", "enum: [1, 18446744073709551616]", "is beyond 64", "int64"),
    keyword("enum template", "enum: ['{{ x }}', b]", "holds a template", "pattern"),
    keyword("enum bell", 'enum: ["a\\u0007", b]', "a control character", "remove"),
    keyword("enum of other type", "type: string\nenum: [a, 1]", "1 is not of type string", "quote"),
    keyword("enum true as text", "type: string\nenum: [true]", "True is not of type", "quote"),
    keyword("enum half", "type: integer\nenum: [1, 1.5]", "1.5 is not of type integer", "quote"),
    keyword("enum null untyped", "type: string\nenum: [a, null]", "None is not of type", "null"),
    keyword("null not in enum", "type: [string, 'null']\nenum: [a]", "enum does not", "add null"),
    keyword(
        "enum too long",
        f"enum: [{', '.join(f'v{n}' for n in range(1001))}]",
        "enum has over 1000 values",
        "seed",
    ),
]
CONSTS = [
    keyword("const list", "const: [a]", "const is a list or mapping", "plain values"),
    keyword("const null", "const: null", "const is null", "undeclared"),
    keyword("const and enum", "enum: [a]\nconst: a", "const stands beside enum", "one of them"),
    keyword("const of other type", "type: string\nconst: 1", "const value 1 is not of", "quote"),
    keyword("const half", "type: integer\nconst: 1.5", "const value 1.5 is not of type", "quote"),
    keyword(
        "const or null", "type: [string, 'null']\nconst: a", "the type allows null", "take null"
    ),
    keyword("const beyond int64", "const: 9223372036854775808", "is beyond 64 bits", "int64"),
    keyword("const template", "const: '{{ x }}'", "const holds a template", "pattern"),
    keyword("bound of const", "const: a\nminimum: 3", "about type string", "integer and number"),
]
FORMATS = [
    keyword("format refused", "type: string\nformat: regex", "'regex'", "write pattern"),
    field(
        "format personal",
        "note: {type: string, format: ipv4, description: N.}",
        "note looks personal (the format ipv4) and has no pii",
        "sensitive",
    ),
    keyword("format datetime", "type: string\nformat: datetime", "'datetime'", "mean date-time?"),
    keyword("format list", "type: string\nformat: [uuid]", "format ''", "write pattern"),
    keyword("pattern list", "type: string\npattern: [a]", "pattern is not text", "quotes"),
    keyword("pattern number", "type: string\npattern: 12", "pattern is not text", "quotes"),
    keyword("lookahead", "type: string\npattern: '(?=a)'", "it looks around", "say it without"),
]
OBJECTS = [
    field(
        "no properties",
        "note: {type: object, description: N.}",
        "object without properties",
        "at least one",
    ),
    Case(
        "empty properties",
        NOTE,
        "    note:\n      description: N.\n      type: object\n      properties: {}\n",
        "note:",
        "object without properties",
        "at least one",
    ),
    keyword("listed properties", "type: object\nproperties: [a]", "is not a mapping", "name:"),
    keyword(
        "additional text",
        "type: object\nproperties: {a: {type: string, description: A.}}\n"
        "additionalProperties: 'no'",
        "additionalProperties is not a schema",
        "type: string",
    ),
    keyword(
        "required here",
        "type: object\nproperties: {a: {type: string, description: A.}}\nrequired: true",
        "required is not a list",
        "on the object that has the field",
    ),
    Case("required unknown", "[order_no]", "[order_no, nota]", 8, "'nota', which", "mean note?"),
    Case("required odd", "[order_no]", "[order_no, qqqq]", 8, "'qqqq'", "declare qqqq under"),
    Case("required twice", "[order_no]", "[order_no, order_no]", 8, "'order_no' twice", "once"),
    nested("inner without description", "{type: string}", "field note.part has no desc", "unit"),
    nested(
        "inner keyword", "{type: string, description: I., nullable: true}", "note.part: the", "null"
    ),
    field(
        "too deep",
        "note: "
        + "{type: object, description: N., properties: {a: " * 8
        + "{type: string, description: A.}"
        + "}}" * 8,
        "nested too deeply",
        "at most 8 levels",
    ),
]
ARRAY = "type: array\nitems: {type: string}\n"
ARRAYS = [
    field(
        "no items",
        "note: {type: array, description: N.}",
        "array without items",
        "items: {type: string}",
    ),
    keyword("boolean items", "type: array\nitems: true", "items is not a schema", "type: string"),
    keyword("untyped items", "type: array\nitems: {}", "note.items has no type", "type: string"),
    keyword(
        "object in array",
        "type: array\nitems: {type: object, properties: {a: {type: string}}}",
        "field note.items.a has no description",
        "unit",
    ),
    keyword("no fields", "type: array\nitems: {type: object}", "without properties", "at least"),
    keyword(
        "personal in array",
        "type: array\nitems: {type: object, properties: {email: {type: string, description: A.}}}",
        "field note.items.email looks personal (email) and has no pii",
        "on the array",
    ),
    keyword(
        "identifier in array",
        "type: array\nitems: {type: object, properties: "
        "{a: {type: string, pii: identifier, description: A.}}}",
        "field note.items.a is inside items and has pii identifier",
        "on the array",
    ),
    keyword(
        "one struct field",
        "type: array\nitems: {type: object, properties: "
        "{aB: {type: string, description: A.}, a_b: {type: string, description: A.}}}",
        "fields aB and a_b would both be a_b",
        "undeclared",
    ),
    keyword(
        "arrays in array",
        "type: array\nitems: {type: array, items: {type: string}}",
        "note.items is an array",
        "no arrays of arrays",
    ),
    keyword(
        "null items", "type: array\nitems: {type: [string, 'null']}", "may be null", "BigQuery"
    ),
    keyword("null in items", "type: array\nitems: {enum: [a, null]}", "may be null", "BigQuery"),
    keyword(
        "items keyword", "type: array\nitems: {type: string, nullable: true}", "nullable", "null"
    ),
    keyword(
        "pii of items", "type: array\nitems: {type: string, pii: none}", "inside items", "note"
    ),
    keyword("negative count", f"{ARRAY}minItems: -1", "minItems is not a count", "0 or more"),
    keyword("text as count", f"{ARRAY}maxItems: '3'", "maxItems is not a count", "0 or more"),
    keyword("counts crossed", f"{ARRAY}minItems: 2\nmaxItems: 1", "is under minItems", "no value"),
    keyword("count of string", "type: string\nminItems: 2", "minItems says nothing", "array"),
    keyword("unique text", f"{ARRAY}uniqueItems: 'yes'", "neither true nor false", "write true"),
]
NAMES = [
    field(
        "hyphen", "no-te: {type: string, description: N.}", "'no-te' cannot be", "letters, digits"
    ),
    field("space", "'no te': {type: string, description: N.}", "'no te' cannot be", "undeclared"),
    field("dot", "no.te: {type: string, description: N.}", "'no.te' cannot be", "undeclared"),
    field("quote", "no'te: {type: string, description: N.}", "cannot be a column", "undeclared"),
    field("digit", "1st: {type: string, description: N.}", "'1st' cannot be", "undeclared"),
    field("accent", "noté: {type: string, description: N.}", "'noté' cannot be", "undeclared"),
    field("empty", "'': {type: string, description: N.}", "'' cannot be", "undeclared"),
    field("underscore", "_note: {type: string, description: N.}", "starts with _", "undeclared"),
    field("separator", "no__te: {type: string, description: N.}", "holds __", "undeclared"),
    field("last _", "note_: {type: string, description: N.}", "ends with _", "undeclared"),
    field("long", f"{'n' * 129}: {{type: string, description: N.}}", "longer than 128", "raw"),
    field(
        "case",
        "Order_No: {type: string, description: N.}",
        "Order_No and order_no differ only by case",
        "columns ignore case",
    ),
    field(
        "same column",
        "orderNo: {type: string, description: N.}",
        "field orderNo and field order_no would both be column order_no",
        "undeclared",
    ),
]
NAMES += [
    field(
        f"reserved {name}",
        f"{name}: {{type: string, description: N.}}",
        f"the name {name} is a column that every event has",
        "envelope",
    )
    for name in names.RESERVED_COLUMNS
]
IN_OBJECT = "type: object\nproperties: {a: {type: string, description: A.}}\n"
RULES = [
    keyword("prefix", f"{ARRAY}prefixItems: [{{type: integer}}]", "not all of one ty", "one plain"),
    keyword("no prefix", f"{ARRAY}prefixItems: []", "is not a list of schemas", "write prefix"),
    keyword("alone", "type: array\nprefixItems: [{type: string}]", "without items", "items: false"),
    keyword("left", f"{ARRAY}unevaluatedItems: false", "beside items", "remove it"),
    keyword("rule of text", "type: string\nnot: text", "note.not is not a schema", "type: string"),
    keyword("no list of rules", "type: string\nanyOf: {}", "anyOf is not a list of", "anyOf: ["),
    keyword("empty list of rules", "type: string\nallOf: []", "allOf is not a list of", "allOf: ["),
    keyword("then alone", "type: string\nthen: {minLength: 1}", "then without if", "write if"),
    keyword("if alone", "type: string\nif: {minLength: 1}", "if without then or else", "then"),
    keyword("count alone", f"{ARRAY}minContains: 1", "minContains without contains", "contains"),
    keyword("contains of text", "type: string\ncontains: {}", "contains says nothing", "array"),
    keyword("names of text", "type: string\npropertyNames: {}", "propertyNames says", "object"),
    keyword("count of names", f"{IN_OBJECT}minProperties: -1", "minProperties is not", "0 or more"),
    keyword("listed names", f"{IN_OBJECT}dependentRequired: [a]", "is not a mapping", "name:"),
    keyword("names as text", f"{IN_OBJECT}dependentRequired: {{a: b}}", "a list of names", "[name"),
    keyword("bad name", f"{IN_OBJECT}dependentSchemas: {{'{{{{x': {{}}}}", "template", "dbt"),
    keyword(
        "bad pattern of names",
        f"{IN_OBJECT}patternProperties: {{'(?=a)': {{}}}}",
        "looks",
        "without",
    ),
    keyword("unknown inside", "type: string\nnot: {minlength: 1}", "'minlength'", "minLength?"),
    keyword("refused inside", "type: string\nnot: {readOnly: true}", "readOnly is not", "leave"),
    keyword("pii inside", "type: string\nnot: {pii: none}", "note.not: pii says", "on the field"),
    keyword("type inside", "type: string\nnot: {type: strin}", "unknown type", "one of: string"),
    keyword(
        "pattern inside", "type: string\nnot: {pattern: '(?=a)'}", "it looks around", "without"
    ),
    keyword(
        "format inside", "type: string\nnot: {format: regex}", "'regex' is not supp", "pattern"
    ),
    keyword("enum inside", "type: string\nnot: {enum: []}", "enum is not a list", "[a, b]"),
    keyword(
        "value inside", "type: string\nnot: {const: ['{{ x }}']}", "holds a template", "pattern"
    ),
    keyword("name inside", "type: string\nnot: {const: {'{{ x }}': 1}}", "holds a template", "pat"),
    keyword("deep inside", "type: string\n" + "not: {" * 10 + "}" * 10, "too deeply", "8 schemas"),
]
ALL = [
    *RULES,
    *TYPES,
    *UNSUPPORTED,
    *UNKNOWN,
    *MAPS,
    *DECIMALS,
    *WRONG_TYPE,
    *BOUNDS,
    *ENUMS,
    *CONSTS,
    *FORMATS,
    *OBJECTS,
    *ARRAYS,
    *NAMES,
]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_a_bad_schema_is_refused_on_its_line(tmp_path: Path, case: Case) -> None:
    check(tmp_path, case)


def test_an_object_and_a_field_cannot_share_a_column(tmp_path: Path) -> None:
    lines = OBJECT.replace("{BODY}", "{type: string, description: I.}")
    lines += "\nhas_note: {type: boolean, description: H.}"
    check(tmp_path, field("", lines, "would both be column has_note", "undeclared", at="has_note"))


def test_an_object_and_a_field_spelled_like_it_cannot_share_a_column(tmp_path: Path) -> None:
    lines = "theBox: {type: string, description: B.}\nthe_box: {type: object, description: B., "
    lines += "properties: {inner: {type: string, description: I.}}}"
    case = field("", lines, "would both be column the_box", "undeclared", at="the_box")
    check(tmp_path, case)


FLAT = """device:
  description: D.
  type: object
  flatten: true
  properties:
    os: {type: string, description: O.}"""


@pytest.mark.parametrize(
    ("device", "other", "name"),
    [
        ("device", "device_os", "device_os, as is field device.os"),
        ("event", "", "event_id, as is a column that every event has"),
    ],
)
def test_a_flattened_field_has_a_name_of_its_own(
    tmp_path: Path, device: str, other: str, name: str
) -> None:
    lines = FLAT.replace("device", device)
    if other:
        lines += f"\n{other}: {{type: string, description: O.}}"
    else:
        lines = lines.replace("os: {type: string,", "id: {type: string,")
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    (found,) = problems(tmp_path, BASE.replace(NOTE, indented))
    assert name in found.message
    assert "remove flatten" in found.hint


def test_a_column_name_has_an_end(tmp_path: Path) -> None:
    name = "n" * 120
    lines = f"{name}: {{type: object, description: N., properties: {{{name}: {{type: object, "
    lines += f"description: N., properties: {{{name}: {{type: string, description: N.}}}}}}}}}}"
    found = problems(tmp_path, BASE.replace(NOTE, f"    {lines}\n"))
    assert {each.message.split(" has ")[1] for each in found} == {"too long a column name"}


def test_a_payload_has_at_most_a_thousand_fields(tmp_path: Path) -> None:
    lines = "".join(f"    n{n}: {{type: string, description: N.}}\n" for n in range(1000))
    (found,) = problems(tmp_path, BASE.replace(NOTE, lines))
    assert (found.line, found.message) == (6, "payload has 1001 fields")


def test_a_payload_declares_at_least_one_property(tmp_path: Path) -> None:
    text = BASE[: BASE.index("  required:")]
    (found,) = problems(tmp_path, text)
    assert (found.line, found.message) == (6, "payload is an object without properties")


FULL = BASE.replace(
    NOTE,
    """\
    note: {type: [string, "null"], minLength: 1, maxLength: 9, pattern: "^a", description: N.}
    count: {type: integer, minimum: 1.0, maximum: 9223372036854775807, description: C.}
    share: {type: number, minimum: -0.5, maximum: 1e3, description: S.}
    is_new: {type: boolean, description: I., title: New, default: false, deprecated: true}
    paid_at: {type: string, format: date-time, description: P.}
    basket: {type: string, format: uuid, description: B., $comment: no pun, examples: [x]}
    state: {enum: [on, off, yes, no], description: S.}
    level: {enum: [1, 2.0, null], description: L.}
    rate: {enum: [1, 2.5], description: R.}
    flags: {type: array, items: {type: integer, minimum: 0}, description: F.}
    order: {type: string, description: An SQL word at the top.}
    till:
      type: [object, "null"]
      required: [shop]
      additionalProperties: false
      description: T.
      properties:
        shop: {type: string, description: S.}
""",
)


@pytest.fixture
def fields(tmp_path: Path) -> dict[str, Field]:
    assert problems(tmp_path, FULL) == ()
    (contract,) = read(tmp_path)
    return {".".join(path): each for path, each in contract.payload.walk()}


def test_every_keyword_is_read(fields: dict[str, Field]) -> None:
    assert [fields["order_no"].required, fields["note"].required] == [True, False]
    note = fields["note"].schema
    assert (note.types, note.kind, note.nullable) == (("string", "null"), "string", True)
    assert (note.min_length, note.max_length, note.pattern, note.line) == (1, 9, "^a", 11)
    count = fields["count"].schema
    assert (count.minimum, count.maximum) == (1, 2**63 - 1)
    assert isinstance(count.minimum, int)
    share = fields["share"].schema
    assert (share.minimum, share.maximum) == (-0.5, 1000)
    assert fields["paid_at"].schema.format == "date-time"
    assert fields["basket"].schema.format == "uuid"
    assert fields["flags"].schema.items == Schema(types=("integer",), minimum=0, line=20)
    till = fields["till"].schema
    assert (till.kind, till.nullable, till.additional_properties) == ("object", True, False)
    assert [each.name for each in till.fields] == ["shop"]
    assert fields["till.shop"].required
    assert fields["till.shop"].description == "S."


def test_an_enum_without_type_has_the_type_of_its_values(fields: dict[str, Field]) -> None:
    state, level, rate = (fields[name].schema for name in ("state", "level", "rate"))
    assert (state.types, state.enum, state.kind) == ((), ("on", "off", "yes", "no"), "string")
    assert (level.enum, level.kind, level.nullable) == ((1, 2, None), "integer", True)
    assert (rate.kind, rate.nullable) == ("number", False)


def test_violations_are_named_by_field_and_keyword(tmp_path: Path) -> None:
    assert problems(tmp_path, FULL) == ()
    known = violation_names(read(tmp_path)[0].payload)
    assert len(set(known)) == len(known)
    assert {
        "payload.type",
        "order_no.required",
        "note.type",
        "note.minLength",
        "note.maxLength",
        "note.pattern",
        "count.int64",
        "count.minimum",
        "paid_at.format",
        "state.enum",
        "flags.type",
        "flags.items.type",
        "flags.items.minimum",
        "flags.items.int64",
        "till.type",
        "till.additionalProperties",
        "till.shop.required",
    } <= set(known)
    tags = (
        "    tags: {type: array, contains: {const: a}, maxContains: 2, description: T.,\n"
        "      items: {type: string, not: {const: b}}}\n"
    )
    rules = BASE.replace(NOTE, NOTE + tags)
    rules = rules.replace("  required:", "  dependentRequired: {note: [tags]}\n  required:")
    assert problems(tmp_path, rules) == ()
    assert {
        "payload.dependentRequired",
        "tags.contains",
        "tags.maxContains",
        "tags.items.not",
    } <= set(violation_names(read(tmp_path)[0].payload))
    assert not {"payload.additionalProperties", "state.type", "note.required"} & set(known)


@pytest.mark.parametrize(
    ("path", "column"),
    [
        (("user_id",), "user_id"),
        (("sessionIndex",), "session_index"),
        (("device", "osName"), "device__os_name"),
        (("HTTPStatus",), "http_status"),
        (("order",), "payload_order"),
    ],
)
def test_a_field_has_one_column(path: tuple[str, ...], column: str) -> None:
    assert names.column(path) == column
