"""docs/reference/keywords.md: every keyword, an example, and the SQL it becomes on each engine."""

from __future__ import annotations

import re
from pathlib import Path

from headwater import macros
from headwater.compile import compile_contracts
from headwater.contracts import keywords
from headwater.contracts.contract import parse
from headwater.errors import ContractErrors

_CONTRACT = """\
event: happened
version: 1
owner: team
channel: "#team"
description: Something happened.
payload:
  $defs: {{code: {{type: string, minLength: 2, description: A code., $anchor: code}}}}
  type: object
  properties:
    y: {{$ref: "#/$defs/code"}}
    x: {field}
"""
_NUMBER, _TEXT = "type: integer", "type: string"
_LIST, _OBJECT = (
    "type: array, items: {type: string}",
    "type: object, properties: {a: {type: integer, description: A.}}",
)

# keyword → the example, a field called x, and the violation whose condition is shown.
EXAMPLES: dict[str, tuple[str, str]] = {
    "type": ('type: [string, "null"]', "x.type"),
    "enum": ("enum: [a, b]", "x.enum"),
    "const": ("const: a", "x.const"),
    "minimum": (f"{_NUMBER}, minimum: 1", "x.minimum"),
    "maximum": (f"{_NUMBER}, maximum: 9", "x.maximum"),
    "exclusiveMinimum": (f"{_NUMBER}, exclusiveMinimum: 1", "x.exclusiveMinimum"),
    "exclusiveMaximum": (f"{_NUMBER}, exclusiveMaximum: 9", "x.exclusiveMaximum"),
    "multipleOf": ("type: number, multipleOf: 0.01", "x.multipleOf"),
    "minLength": (f"{_TEXT}, minLength: 1", "x.minLength"),
    "maxLength": (f"{_TEXT}, maxLength: 9", "x.maxLength"),
    "pattern": (f'{_TEXT}, pattern: "^[a-z]+$"', "x.pattern"),
    "format": (f"{_TEXT}, format: date", "x.format"),
    "properties": (_OBJECT, "x.a.type"),
    "required": (f"{_OBJECT}, required: [a]", "x.a.required"),
    "additionalProperties": (f"{_OBJECT}, additionalProperties: false", "x.additionalProperties"),
    "items": ("type: array, items: {type: string, minLength: 1}", "x.items.minLength"),
    "minItems": (f"{_LIST}, minItems: 1", "x.minItems"),
    "maxItems": (f"{_LIST}, maxItems: 9", "x.maxItems"),
    "uniqueItems": (f"{_LIST}, uniqueItems: true", "x.uniqueItems"),
    "dependencies": (f"{_OBJECT}, dependencies: {{a: [b]}}", "x.dependentRequired"),
    "$ref": ('$ref: "#/$defs/code"', "x.minLength"),
    "$dynamicRef": ('$dynamicRef: "#code"', "x.minLength"),
    "$defs": ('$ref: "#/$defs/code"', "x.minLength"),
    "$id": (f"{_TEXT}, $id: code.json, minLength: 1", "x.minLength"),
    "$anchor": ('$ref: "#code"', "x.minLength"),
    "$dynamicAnchor": (f"{_TEXT}, $dynamicAnchor: code2, minLength: 1", "x.minLength"),
    "prefixItems": (
        "type: array, prefixItems: [{type: string, minLength: 1}], items: false",
        "x.prefixItems",
    ),
    "contains": (f"{_LIST}, contains: {{const: a}}", "x.contains"),
    "minContains": (f"{_LIST}, contains: {{const: a}}, minContains: 2", "x.minContains"),
    "maxContains": (f"{_LIST}, contains: {{const: a}}, maxContains: 2", "x.maxContains"),
    "minProperties": (f"{_OBJECT}, minProperties: 1", "x.minProperties"),
    "maxProperties": (f"{_OBJECT}, maxProperties: 9", "x.maxProperties"),
    "propertyNames": (f"{_OBJECT}, propertyNames: {{maxLength: 9}}", "x.propertyNames"),
    "patternProperties": (
        f'{_OBJECT}, patternProperties: {{"^n_": {{type: integer}}}}',
        "x.patternProperties",
    ),
    "dependentRequired": (f"{_OBJECT}, dependentRequired: {{a: [b]}}", "x.dependentRequired"),
    "dependentSchemas": (
        f"{_OBJECT}, dependentSchemas: {{a: {{required: [b]}}}}",
        "x.dependentSchemas",
    ),
    "allOf": (f"{_NUMBER}, allOf: [{{minimum: 1}}, {{multipleOf: 2}}]", "x.allOf"),
    "anyOf": (f"{_NUMBER}, anyOf: [{{maximum: 1}}, {{minimum: 9}}]", "x.anyOf"),
    "oneOf": (f"{_NUMBER}, oneOf: [{{maximum: 9}}, {{minimum: 1}}]", "x.oneOf"),
    "not": (f"{_TEXT}, not: {{pattern: ^test_}}", "x.not"),
    "if": (f"{_NUMBER}, if: {{minimum: 9}}, then: {{multipleOf: 2}}", "x.then"),
    "then": (f"{_NUMBER}, if: {{minimum: 9}}, then: {{multipleOf: 2}}", "x.then"),
    "else": (f"{_NUMBER}, if: {{minimum: 9}}, else: {{multipleOf: 3}}", "x.else"),
    "unevaluatedProperties": (
        f"{_OBJECT}, anyOf: [{{properties: {{b: true}}, required: [b]}}, true], "
        "unevaluatedProperties: false",
        "x.unevaluatedProperties",
    ),
    "unevaluatedItems": (
        f"{_LIST}, allOf: [{{prefixItems: [true], unevaluatedItems: {{minLength: 1}}}}]",
        "x.allOf",
    ),
}
INTRODUCTION = """
A keyword is compiled in one of two shapes. What is about the column itself reads the columns that
base has parsed: `x`, its JSON type `_type_x`, the number of its items `_length_x`. What no column
can answer is a rule on the JSON value, `_json_x`. Below stands for each keyword a field, the
violation, and the condition under which a row has it.
[Event contracts](event-contracts.md#payload) says what each means, and
[the official suite](json-schema-test-suite.md) how they fare. `$defs` in the payload is
`code: {type: string, minLength: 2, $anchor: code}`.
"""


def page(root: Path) -> str:
    """The page; its SQL is rendered from the macros below `root`."""
    note = "<!-- Written by scripts/reference; edit what it reads, not this page. -->"
    parts = ["# Keywords", note, INTRODUCTION.strip()]
    for keyword in keywords.KEYWORDS:
        field, violation = EXAMPLES[keyword]
        conditions = conditions_of(field, violation, root)
        parts += [f"## `{keyword}`", f"```yaml\nx: {{{field}}}\n```", f"`{violation}`:"]
        parts += [f"```sql\n-- {engine}\n{sql}\n```" for engine, sql in conditions.items()]
    parts.append("## Notes")
    parts.append(
        f"These decide nothing: {', '.join(f'`{each}`' for each in keywords.ANNOTATIONS)}."
    )
    parts.append("## Refused")
    refused = [f"- `{each}`: {hint}" for each, hint in keywords.OTHERS.items()]
    refused += [
        "- any other keyword, with the nearest that exists",
        "- a `$ref` that leads to no schema, or to one that holds itself",
        f"- a `format` besides {', '.join(f'`{each}`' for each in keywords.FORMATS)}",
        "- a [pattern](event-contracts.md#patterns) that RE2 cannot run, with what says the same",
    ]
    parts.append("\n".join(refused))
    return "\n\n".join(parts) + "\n"


def conditions_of(field: str, violation: str, root: Path) -> dict[str, str]:
    """The condition of a violation of the field x, by engine. Raises ContractErrors."""
    described = field if field.startswith("$ref") else f"{field}, description: X."
    text = _CONTRACT.format(field=f"{{{described}}}")
    parsed = parse(text, "contracts/things/happened.v1.yml", "things", "happened", 1)
    if parsed.contract is None:
        raise ContractErrors(parsed.diagnostics)
    (base,) = (
        file.text
        for path, file in compile_contracts([parsed.contract]).files.items()
        if path.endswith("/base_happened.sql")
    )
    settings = re.findall(r"^\{% set .*? %\}$", base, re.DOTALL | re.MULTILINE)
    found = re.search(
        rf"case\s+when((?:(?!\bcase\b).)*?)then '{re.escape(violation)}'\s+end", base, re.DOTALL
    )
    assert found is not None, violation
    sql = "".join([*settings, found[1]])
    top = root / "macros" / "headwater"
    duckdb, bigquery = (
        _wrapped(macros.render(top, sql, engine)) for engine in ("duckdb", "bigquery")
    )
    if duckdb == bigquery:
        return {"DuckDB and BigQuery": duckdb}
    return {"DuckDB": duckdb, "BigQuery": bigquery}


def _wrapped(sql: str, width: int = 100) -> str:
    """The SQL on lines of at most `width`, broken only between words outside of texts."""
    words = re.findall(r"(?:'(?:[^'\\]|\\.|'')*'|\S)+", sql)
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("   ")
        lines[-1] += f" {word}" if lines[-1] else word
    return "\n".join(lines)
