"""What `headwater new` infers from records, and what it leaves to a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from new.conftest import Make

from headwater.contracts import pii
from headwater.contracts.contract import Parsed, parse
from headwater.errors import BadInput
from headwater.new import Head, new, source
from headwater.new.profile import ENUM_TIMES, ENUM_VALUES, MAP_NAMES, steps

SECRET = "hunter2"


def flat(number: int, **fields: Any) -> dict[str, Any]:
    return {"event_id": f"e{number}", "ts": 1772366400 + number, **fields}


def cloud(number: int, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": "page_seen",
        "source": "/tests",
        "id": str(number),
        "time": "2026-03-01T11:00:00Z",
        "receivedtime": "2026-03-01T11:00:01Z",
        "data": data,
    }


def fields(text: str) -> dict[str, Any]:
    """The properties, without what is left empty."""
    payload = yaml.safe_load(text)["payload"]
    return {
        name: {key: value for key, value in each.items() if value is not None}
        for name, each in payload["properties"].items()
    }


def parsed(text: str) -> Parsed:
    return parse(text, "contracts/web/page_seen.v1.yml", "web", "page_seen", 1)


def finished(text: str) -> str:
    """As a person would go on: a word at each line that is left empty."""
    lines = []
    for line in text.splitlines():
        key, _, rest = line.partition(":")
        if not rest.split("#")[0].strip() and key.strip() in ("owner", "channel", "description"):
            line = f"{key}: said"
        if key.strip() == "pii" and not rest.split("#")[0].strip():
            line = f"{key}: none"
        lines.append(line)
    return "\n".join(lines)


def test_types_are_those_of_the_values(make: Make) -> None:
    made, text = make(
        [
            flat(
                1, text="a", whole=1, half=1, yes=True, list=[1, 2.5], inner={"a": None, "b": "x"}
            ),
            flat(2, text="b", whole=2, half=0.5, yes=False, list=[], inner={"a": 1, "b": "y"}),
        ]
    )
    found = fields(text)
    assert found["text"] == {"type": "string"}
    assert found["whole"] == {"type": "integer"}
    assert found["half"] == {"type": "number"}
    assert found["yes"] == {"type": "boolean"}
    assert found["list"] == {"type": "array", "items": {"type": "number"}}
    assert found["inner"]["properties"]["a"]["type"] == ["integer", "null"]
    assert "2 of 2 records fit" in "\n".join(made.lines())


def test_what_every_record_has_is_required_and_what_is_null_may_be(make: Make) -> None:
    _, text = make(
        [flat(1, a=1, b=None, c={"d": 1}), flat(2, a=2, b="x", c={}), flat(3, a=3, b="x")]
    )
    payload = yaml.safe_load(text)["payload"]
    assert payload["required"] == ["a", "b"]
    assert payload["properties"]["b"]["type"] == ["string", "null"]
    assert "required" not in payload["properties"]["c"]


def test_formats_are_those_that_all_values_have(make: Make) -> None:
    uuid = "6f1f64d1-9d5e-4c7b-8f3a-3c1f1f6b2a90"
    _, text = make(
        [
            flat(
                1, at="2026-03-01T11:00:00Z", key=uuid, almost="2026-03-01T11:00:00Z", keys=[uuid]
            ),
            flat(2, at="2026-03-01T13:00:00.5+02:00", key=uuid.upper(), almost="soon", keys=[]),
        ]
    )
    found = fields(text)
    assert found["at"]["format"] == "date-time"
    assert found["key"]["format"] == "uuid"
    assert found["keys"]["items"]["format"] == "uuid"
    assert "format" not in found["almost"]


def test_few_values_that_come_back_often_are_an_enum(make: Make) -> None:
    count = 2 * ENUM_TIMES
    records = [
        flat(
            number,
            kind="in" if number % 2 else "out",
            maybe=None if number % 2 else ["x", "y"][number // 2 % 2],
            same="always",
            rare="once" if number == 0 else "often",
            many=f"value {number % (ENUM_VALUES + 1)}",
            to=f"{'ab'[number % 2]}@example.com",
            whom=f"u{1000 + number % 2}",
            gender="f" if number % 2 else "m",
        )
        for number in range(2 * count)
    ]
    found = fields(make(records)[1])
    assert sorted(found["kind"]["enum"]) == ["in", "out"]
    assert found["maybe"]["enum"] == ["x", "y", None]
    for name in ("same", "rare", "many"):
        assert found[name] == {"type": "string"}
    for personal in ("gender", "to", "whom"):
        assert "enum" not in found[personal], "values of persons are not written down"


def test_a_field_that_looks_personal_is_left_for_a_person_to_decide(make: Make) -> None:
    _, text = make([flat(1, user_id=SECRET, email=SECRET, has_email=True, device={"id": SECRET})])
    assert SECRET not in text
    assert not any(f"pii: {word}" in text for word in pii.PII_WORDS)
    empty = [line.strip() for line in text.splitlines() if "pii:" in line]
    assert empty == [
        "pii:  # looks personal (user id): identifier, sensitive, drop or none",
        "pii:  # looks personal (email): identifier, sensitive, drop or none",
        "pii:  # looks personal (device id): identifier, sensitive, drop or none",
    ]


def test_sync_names_each_line_that_is_left_and_nothing_else(make: Make) -> None:
    made, text = make([flat(1, user_id="u", size=1, inner={"a": 1})])
    lines = text.splitlines()
    left = {
        number
        for number, line in enumerate(lines, start=1)
        if line.split("#")[0].rstrip().endswith(("owner:", "channel:", "description:", "pii:"))
    }
    assert {problem.line for problem in parsed(text).diagnostics} == left
    assert len(left) == len(made.open) == 8
    assert parsed(finished(text)).diagnostics == ()


def test_what_no_contract_can_declare_is_left_out_and_told(make: Make) -> None:
    record = flat(1, mixed=1, never=None, empty=[], none={}, big=2**70, ok=1, received_at="x")
    _, text = make([record | {"odd name": 1, SECRET + "!": 2}, record | {"mixed": "a"}])
    assert list(fields(text)) == ["ok"]
    told = text.split("# Not in this contract:\n")[1]
    assert "# - mixed: values of several types (integer, string)" in told
    assert "# - never: always null" in told
    assert "# - empty: an array that is always empty" in told
    assert "# - none: an object that is always empty" in told
    assert "# - big: whole numbers beyond 64 bits" in told
    assert "# - received_at: the name received_at is a column that every event has" in told
    assert "# - 2 fields whose names hold more than letters, digits and _" in told
    assert SECRET not in text


def test_names_that_are_data_are_a_map(make: Make) -> None:
    records = [flat(n, size=1, by_key={f"k{n}": 1, "total": n}) for n in range(MAP_NAMES + 5)]
    _, text = make(records)
    assert list(fields(text)) == ["size", "by_key"]
    assert fields(text)["by_key"]["additionalProperties"] == {"type": "integer"}
    assert "k17" not in text


@pytest.mark.parametrize("value", [[1], "1", {"a": {"b": 1}}])
def test_a_map_of_values_of_no_one_plain_type_is_left_out(make: Make, value: Any) -> None:
    records = [
        flat(n, size=1, by_key={f"k{n}": value if n % 2 or value != "1" else 1})
        for n in range(MAP_NAMES + 5)
    ]
    _, text = make(records)
    assert list(fields(text)) == ["size"]
    assert "# - by_key: a map of values of no one plain type: " in text


def test_two_names_of_one_column_are_not_both_declared(make: Make) -> None:
    _, text = make([flat(1, pageId=1, page_id=2)])
    assert list(fields(text)) == ["pageId"]
    assert "page_id" in text.split("# Not in this contract:")[1]


def test_cloudevents_need_no_envelope(make: Make) -> None:
    _, text = make([cloud(1, size=1), cloud(2, size=2)])
    assert "\nenvelope:" not in text
    assert list(fields(text)) == ["size"]


def test_only_what_differs_from_cloudevents_is_mapped(make: Make) -> None:
    records = [
        cloud(n, size=1) | {"type": "com.shop.page", "dataschemaversion": "1.2"} for n in (1, 2)
    ]
    for record in records:
        del record["receivedtime"]
    envelope = yaml.safe_load(make(records)[1])["envelope"]
    assert envelope == {"event_type": "none", "received_at": "none"}


def test_flat_records_are_mapped_by_name_and_by_what_stands_there(make: Make) -> None:
    records = [
        {
            "name": "page_seen",
            "messageId": f"m{n}",
            "timestamp": 1772366400000 + n,
            "receivedTime": "2026-03-01 11:00:00",
            "schemaVersion": "1.3",
            "size": n,
        }
        for n in range(20)
    ]
    _, text = make(records)
    assert yaml.safe_load(text)["envelope"] == {
        "event_type": "$.name",
        "event_id": "$.messageId",
        "occurred_at": {"path": "$.timestamp", "epoch": "milliseconds"},
        "received_at": "$.receivedTime",
        "schema_version": "$.schemaVersion",
        "payload": "$",
    }
    assert list(fields(text)) == ["size"]


def test_what_repeats_is_no_id_and_what_is_no_time_is_asked_for(make: Make) -> None:
    made, text = make([{"id": 7, "time": "noon", "size": n} for n in range(20)])
    envelope = yaml.safe_load(text)["envelope"]
    assert envelope["event_id"] == "record"
    assert envelope["occurred_at"] is None
    assert "envelope.occurred_at" in made.open
    line = next(n for n, each in enumerate(text.splitlines(), 1) if "occurred_at:" in each)
    assert line in {problem.line for problem in parsed(text).diagnostics}


def test_of_a_mixed_file_only_the_event_s_own_records_are_read(make: Make) -> None:
    others = [cloud(n, other=1) | {"type": "page_left"} for n in range(3)]
    made, text = make([cloud(1, size=1), *others])
    assert list(fields(text)) == ["size"]
    assert "1 of 4 records have the type page_seen" in made.notes[0]


def test_csv_cells_have_the_types_that_base_will_give_them(make: Make) -> None:
    _, text = make(
        "event_id,ts,size,rate,ok,code,note\n"
        + "".join(f"e{n},2026-03-01 11:00:00,{n},{n}.5,true,00{n},\n" for n in range(3))
        + 'e9,2026-03-01 11:00:00,9,1e3,false,7,"a,b"\n',
        "sample.csv",
    )
    found = {name: each["type"] for name, each in fields(text).items()}
    assert found == {
        "size": "integer",
        "rate": "number",
        "ok": "boolean",
        "code": "string",
        "note": "string",
    }
    assert yaml.safe_load(text)["payload"]["required"] == ["size", "rate", "ok", "code"]


def test_a_cell_that_looks_like_a_number_is_a_value_of_its_column_s_enum(make: Make) -> None:
    rows = "".join(f"e{n},{1772366400 + n},{['CA', '05', '7'][n % 3]}\n" for n in range(90))
    made, text = make(f"event_id,ts,region\n{rows}", "sample.csv")
    assert sorted(fields(text)["region"]["enum"]) == ["05", "7", "CA"]
    assert "90 of 90 records fit the payload that was inferred" in made.notes


def test_a_json_array_and_a_single_record_are_read(make: Make, root: Path) -> None:
    _, text = make(json.dumps([flat(1, size=1), flat(2, size=2)], indent=1), "sample.json")
    assert "from 2 records of sample.json" in text
    (root / "contracts/web/page_seen.v1.yml").unlink()
    _, text = make(json.dumps(flat(1, size=1), indent=1), "sample.json")
    assert "from 1 record of sample.json" in text
    (root / "contracts/web/page_seen.v1.yml").unlink()
    _, text = make([flat(1, size=1), flat(2, size=2)], "sample.json")
    assert "from 2 records of sample.json" in text


def test_parquet_is_read_with_its_times_in_utc(root: Path) -> None:
    path = root / "sample.parquet"
    duckdb.connect().sql(
        "select range as id, timestamp '2026-03-01' + to_hours(range) as seen_at,"
        " {'a': range, 'b': 'x'} as inner from range(5)"
    ).write_parquet(path.as_posix())
    made = new(root, Head("page_seen", ""), path)
    text = (root / made.path).read_text()
    assert yaml.safe_load(text)["envelope"]["occurred_at"] == "$.seen_at"
    assert fields(text)["inner"]["required"] == ["a", "b"]


def test_lines_that_are_no_json_are_passed_over_and_told(make: Make) -> None:
    made, _ = make('{"event_id": "1", "size": 1, "time": "2026-03-01T11:00:00Z"}\nnonsense\n')
    assert made.notes[0] == "1 of 2 records are no JSON, and were passed over"


def test_no_more_records_are_read_than_show_what_there_is(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MAX_RECORDS", 3)
    made, text = make([flat(n, size=n) for n in range(9)])
    assert "from 3 records" in text
    assert "only the first 3 records were read" in made.notes


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("[1, 2]\n", "sample.ndjson", "holds no JSON objects"),
        ("", "sample.ndjson", "holds no JSON objects"),
        ('{"odd name": 1}\n', "sample.ndjson", "no field that an event contract can declare"),
        ("text", "sample.txt", "of a kind that is not loaded"),
        ("not parquet", "sample.parquet", "not Parquet, or cut short"),
    ],
)
def test_what_nothing_can_be_made_of_is_refused_and_nothing_is_written(
    make: Make, root: Path, text: str, name: str, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        make(text, name)
    assert list((root / "contracts/web").iterdir()) == []


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("$", ()),
        ("$.a.b", ("a", "b")),
        ('$."a.b"[*].c', ("a.b", "[]", "c")),
        ('$.a[*][*]."x y"', ("a", "[]", "[]", "x y")),
    ],
)
def test_a_place_is_read_as_a_path(place: str, path: tuple[str, ...]) -> None:
    assert steps(place) == path
