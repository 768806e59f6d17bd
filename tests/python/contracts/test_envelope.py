"""The envelope block: defaults, overrides, JSON paths, epochs, and each refusal."""

from pathlib import Path

import pytest
from contracts.cases import BASE, NOTE, Case, check, problems

from headwater.contracts import paths, read
from headwater.contracts.model import Envelope


def mapped(case_id: str, lines: str, message: str, hint: str, at: str | int = "") -> Case:
    indented = "".join(f"  {line}\n" for line in lines.splitlines())
    at = at or lines.splitlines()[-1]
    return Case(case_id, "payload:\n", f"envelope:\n{indented}payload:\n", at, message, hint)


CASES = [
    Case("text", "payload:\n", "envelope: $.id\npayload:\n", 6, "not a mapping", "event_id: $.id"),
    mapped("key", "occured_at: $.ts", "unknown envelope key", "did you mean occurred_at?"),
    mapped("empty", "received_at:", "envelope.received_at is empty", "none unmaps it"),
    mapped("empty id", "event_id:", "envelope.event_id is empty", "leave the key out"),
    mapped("no time", "occurred_at: none", "occurred_at cannot be none", "map a path"),
    mapped("no id", "event_id: none", "event_id cannot be none", "record"),
    mapped("no payload", "payload: none", "payload cannot be none", "flat records write $"),
    mapped("no dollar", "occurred_at: ts", "a path starts with $", "did you mean $.ts?"),
    mapped("wildcard", "occurred_at: $.a[*]", "cannot read '[*]'", "no wildcards"),
    mapped("descendants", "occurred_at: $..a", "cannot read", "no wildcards"),
    mapped("position", "occurred_at: $.a[0]", "cannot read '[0]'", "no list positions"),
    mapped("hyphen", "occurred_at: $.odd-name", "cannot read '-name'", "$['odd name']"),
    mapped("dangling dot", "occurred_at: $.a.", "cannot read '.'", "$.name.name"),
    mapped("no name", "occurred_at: $['']", "a name is empty", "rename it"),
    mapped("template", "occurred_at: $['{{ x }}']", "a template", "rename it"),
    mapped("whole record", "occurred_at: $", "cannot be the whole record", "$.id"),
    mapped("mapping as id", "event_id: {path: $.a}", "event_id is not a path", "$.name"),
    mapped("no ids", "event_id: []", "envelope.event_id is empty", "record"),
    mapped("same id twice", "event_id: [$.a, \"$['a']\"]", "names a path twice", "remove one"),
    mapped("list as time", "occurred_at: [$.a]", "occurred_at is not a path", "$.name"),
    mapped("deep", f"occurred_at: ${'.a' * 11}", "occurred_at is too deep", "at most 10"),
    mapped(
        "type key",
        "event_type: {path: $.type, equals: x}",
        "unknown key 'equals' in envelope.event_type",
        "{path: $.type, is: com.example.order.paid}",
    ),
    mapped("type list", "event_type: {is: []}", "event_type.is is not a text", "list of up to 20"),
    mapped("type null", "event_type: {is: }", "event_type.is is not a text", "list of up to 20"),
    mapped("type object", "event_type: {is: [{a: b}]}", "event_type.is is not a text", "list"),
    mapped("type quote", """event_type: {is: "it's"}""", "event_type.is cannot be", "quotation"),
    mapped("type backslash", r"event_type: {is: 'a\b'}", "event_type.is cannot be", "backslash"),
    mapped("type twice", "event_type: {is: [a, a]}", "event_type.is cannot be 'a'", "once"),
    mapped("type length", f"event_type: {{is: {'x' * 201}}}", "event_type.is cannot be", "200"),
    mapped("type path", "event_type: {path: type, is: x}", "a path starts with $", "$.type"),
    mapped(
        "epoch unit",
        "occurred_at: {path: $.ts, epoch: milisecond}",
        "occurred_at.epoch cannot be 'milisecond'",
        "did you mean milliseconds?",
    ),
    mapped("epoch alone", "occurred_at: {epoch: seconds}", "has no path", "path: $.name"),
    mapped(
        "epoch key",
        "received_at: {path: $.ts, unit: seconds}",
        "unknown key 'unit' in envelope.received_at",
        "epoch: milliseconds",
    ),
    mapped(
        "payload mapped twice",
        "occurred_at: $.data",
        "$.data is mapped and the payload",
        "map another path",
    ),
    mapped(
        "value inside a value",
        "event_id: $.meta\noccurred_at: $.meta.ts",
        "$.meta is mapped, and $.meta.ts lies inside it",
        "not an object",
        at="event_id",
    ),
    mapped(
        "names that differ by case",
        "event_id: $.ID\noccurred_at: $.id",
        "$.ID and $.id differ only by case",
        "columns ignore case",
        at="event_id",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_bad_envelope_is_refused_on_its_line(tmp_path: Path, case: Case) -> None:
    check(tmp_path, case)


FLAT = BASE.replace("payload:\n", "envelope:\n  payload: $\n  event_id: $.id\npayload:\n")


@pytest.mark.parametrize(
    ("field", "mapping", "message"),
    [
        (
            "tags: {type: array, items: {type: string}, description: T.}",
            "$.tags",
            "which payload declares as array",
        ),
        (
            "tags: {type: string, description: T.}",
            "$.tags.id",
            "payload declares $.tags as string",
        ),
        ("Tags: {type: string, description: T.}", "$.tags", "differ only by case"),
    ],
)
def test_an_envelope_that_contradicts_the_payload_is_refused(
    tmp_path: Path, field: str, mapping: str, message: str
) -> None:
    text = FLAT.replace(NOTE, f"    {field}\n").replace("$.id", mapping)
    (found,) = problems(tmp_path, text)
    assert found.line == 7
    assert message in found.message
    assert found.hint


def test_a_flat_payload_with_a_type_of_its_own_must_say_where_the_event_type_is(
    tmp_path: Path,
) -> None:
    text = FLAT.replace("    note:", "    type:")
    (found,) = problems(tmp_path, text)
    assert "payload declares $.type" in found.message
    assert "event_type: none" in found.hint
    assert (
        problems(tmp_path, text.replace("  payload: $\n", "  payload: $\n  event_type: none\n"))
        == ()
    )


def test_the_default_is_cloudevents(tmp_path: Path) -> None:
    assert problems(tmp_path, BASE) == ()
    assert read(tmp_path)[0].envelope == Envelope()


def test_an_envelope_overrides_key_by_key(tmp_path: Path) -> None:
    text = BASE.replace(
        "payload:\n",
        """envelope:
  event_id: record
  occurred_at: {path: $.meta.ts, epoch: milliseconds}
  received_at: none
  schema_version: $['odd name'].v
payload:
""",
    )
    assert problems(tmp_path, text) == ()
    assert read(tmp_path)[0].envelope == Envelope(
        event_type=("type",),
        event_id=None,
        occurred_at=("meta", "ts"),
        occurred_at_unit="milliseconds",
        received_at=None,
        schema_version=("odd name", "v"),
        payload=("data",),
    )


@pytest.mark.parametrize(
    ("written", "path", "called"),
    [
        ("{path: $.kind, is: com.example.paid}", ("kind",), ("com.example.paid",)),
        ("{is: ['a: b', ü]}", ("type",), ("a: b", "ü")),
        ("{path: $.kind}", ("kind",), ()),
        ("$.kind", ("kind",), ()),
    ],
)
def test_records_may_call_their_type_otherwise(
    tmp_path: Path, written: str, path: tuple[str, ...], called: tuple[str, ...]
) -> None:
    text = BASE.replace("payload:\n", f"envelope:\n  event_type: {written}\npayload:\n")
    assert problems(tmp_path, text) == ()
    (contract,) = read(tmp_path)
    assert (contract.envelope.event_type, contract.envelope.called) == (path, called)
    assert contract.called == (called or ("order_paid",))


def test_flat_records_need_not_declare_what_the_envelope_maps(tmp_path: Path) -> None:
    assert problems(tmp_path, FLAT) == ()
    (contract,) = read(tmp_path)
    assert (contract.envelope.payload, contract.envelope.event_id) == ((), (("id",),))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("$", ()),
        ("$.a.b", ("a", "b")),
        ("$['a b'].c", ("a b", "c")),
        ('$["a.b"]', ("a.b",)),
        (r"$['it\'s']", ("it's",)),
        (r"$['back\\slash']", ("back\\slash",)),
    ],
)
def test_a_path_is_read_and_written_the_same(text: str, path: tuple[str, ...]) -> None:
    assert paths.parse(text) == path
    assert paths.parse(paths.text(path)) == path
