"""Each kind of change to an event contract: found, and doing what the published table says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from compile.cases import EVENT, contract_of

from headwater.compile import compile_contracts, hashing
from headwater.contracts.model import EventContract
from headwater.evolution import KINDS, Lock, evolve
from headwater.evolution.kinds import RESTATES

PAGE = Path(__file__).parents[3] / "docs/reference/contract-changes.md"
FIELDS: dict[str, Any] = {
    "person": {"type": "string", "pii": "identifier"},
    "size": {"type": "integer", "maximum": 9},
    "kind": {"enum": ["a", "b"]},
    "secret": {"type": "string", "pii": "sensitive"},
    "device": {"type": "object", "properties": {"os": {"type": "string"}}},
    "lines": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"sku": {"type": "string", "description": "What."}},
        },
    },
}
REQUIRED = ["size"]


def of(fields: Mapping[str, Any] = FIELDS, required: Sequence[str] = REQUIRED, **said: Any) -> Any:
    return contract_of(fields, required, **said)


def with_field(name: str, **changed: Any) -> dict[str, Any]:
    """The fields with keywords of one added, replaced, or (None) removed."""
    merged = {**FIELDS.get(name, {}), **changed}
    return {**FIELDS, name: {key: value for key, value in merged.items() if value is not None}}


def without(name: str) -> dict[str, Any]:
    return {key: schema for key, schema in FIELDS.items() if key != name}


@dataclass(frozen=True)
class Case:
    """Contracts before and after, and what sync says of the difference."""

    after: list[EventContract]
    said: str
    before: list[EventContract] = field(default_factory=lambda: [of()])


SECOND = of(with_field("size", type="string", maximum=None), major=2)
ITEMS = {
    "type": "object",
    "properties": {
        "sku": {"type": "string", "description": "What."},
        "count": {"type": "integer", "description": "How many."},
    },
}
CASES: dict[str, list[Case]] = {
    "event_added": [Case([of()], f"{EVENT} is new", [])],
    "event_removed": [Case([], f"{EVENT} has no event contract any more")],
    "major_added": [Case([of(), SECOND], "version 2 is new")],
    "major_removed": [Case([of()], "version 2 has no file any more", [of(), SECOND])],
    "latest_moved": [
        Case(
            [of(), of(with_field("size", type="string", maximum=None), major=2, latest=True)],
            "version 2 is the latest, not 1",
            [of(), SECOND],
        )
    ],
    "described": [
        Case([of(description="Other words.", tier="low", retention={"raw": "9 days"})], "")
    ],
    "field_added": [
        Case([of(with_field("note", type="string"))], "note added, optional"),
        Case(
            [
                of(
                    with_field(
                        "device", properties={"os": {"type": "string"}, "ram": {"type": "number"}}
                    )
                )
            ],
            "device.ram added, optional",
        ),
        Case([of(with_field("buyer", type="string", pii="identifier"))], "buyer added, optional"),
        Case(
            [of(with_field("seen_at", type="string", format="date-time"))],
            "seen_at added, optional",
        ),
    ],
    "structure_added": [
        Case(
            [of(with_field("tags", type="array", items={"type": "string"}))], "tags added, optional"
        ),
        Case(
            [of(with_field("place", type="object", properties={"x": {"type": "string"}}))],
            "place added, optional",
        ),
        Case([of(with_field("lines", items=ITEMS))], "lines[].count added, optional"),
    ],
    "required_added": [
        Case([of(with_field("note", type="string"), ["size", "note"])], "note added, required")
    ],
    "field_removed": [Case([of(without("kind"))], "kind removed")],
    "field_retyped": [
        Case([of(with_field("size", type="number"))], "size integer is now number"),
        Case(
            [of(with_field("at", type="string", format="date-time"))],
            "at string is now string, date-time",
            [of(with_field("at", type="string"))],
        ),
        Case(
            [of(with_field("cost", type="number", format="decimal(9,2)"))],
            "cost number, decimal(9,1) is now number, decimal(9,2)",
            [of(with_field("cost", type="number", format="decimal(9,1)"))],
        ),
        Case(
            [of(with_field("votes", type="object", additionalProperties={"type": "string"}))],
            "votes map of integer is now map of string",
            [of(with_field("votes", type="object", additionalProperties={"type": "integer"}))],
        ),
    ],
    "made_required": [Case([of(required=["size", "kind"])], "kind now required")],
    "made_optional": [Case([of(required=[])], "size now optional")],
    "rule_loosened": [
        Case([of(with_field("size", maximum=10))], "size.maximum loosened"),
        Case([of(with_field("size", maximum=None))], "size.maximum loosened"),
        Case([of(with_field("size", type=["integer", "null"]))], "size.types loosened"),
        Case([of(with_field("kind", enum=["a", "b", "c"]))], "kind.enum loosened"),
    ],
    "rule_tightened": [
        Case([of(with_field("size", maximum=8))], "size.maximum tightened"),
        Case([of(with_field("size", minimum=0))], "size.minimum tightened"),
        Case([of(with_field("kind", enum=["a"]))], "kind.enum tightened"),
        Case(
            [of(with_field("device", additionalProperties=False))],
            "device.additional_properties tightened",
        ),
        Case([of(payload={"minProperties": 2})], "payload.minProperties tightened"),
    ],
    "rule_changed": [
        Case([of(with_field("kind", enum=["a", "c"]))], "kind.enum changed"),
        Case(
            [of(with_field("person", pattern="b"))],
            "person.pattern changed",
            [of(with_field("person", pattern="a"))],
        ),
    ],
    "pii_changed": [
        Case([of(with_field("secret", pii="none"))], "secret pii sensitive is now none")
    ],
    "exposed": [Case([of(expose=["secret"])], "secret exposed")],
    "hidden": [Case([of()], "secret exposed no more", [of(expose=["secret"])])],
    "flattened": [Case([of(with_field("device", flatten=True))], "device flattened")],
    "lateness_loosened": [Case([of(max_lateness="none")], "max_lateness longer")],
    "lateness_tightened": [Case([of(max_lateness="1 day")], "max_lateness shorter")],
    "lookback_changed": [Case([of(dedup_lookback="1 day")], "dedup_lookback changed")],
    "envelope_changed": [Case([of(envelope={"event_id": "$.other"})], "envelope changed")],
    "headwater_changed": [Case([of()], f"{EVENT} means other rows to this version of headwater")],
    "version_lowered": [Case([of(version="1.0")], "", [of(version="1.1")])],
}
EACH = [(kind, case) for kind, cases in CASES.items() for case in cases]


def test_every_row_of_the_table_has_its_test() -> None:
    assert list(CASES) == list(KINDS)


@pytest.mark.parametrize(("kind", "case"), EACH, ids=[f"{kind} {case.said}" for kind, case in EACH])
def test_a_change_is_found_and_restates_what_the_table_says(
    kind: str, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another event type, so that the lock is not empty: then nothing would be new.
    other = Lock({"other": evolve(Lock(), [of()]).lock.entries[EVENT]})
    before = evolve(other, case.before, ["other"]).lock
    if kind == "headwater_changed":
        monkeypatch.setattr(hashing, "COMPILER_SEMANTICS", hashing.COMPILER_SEMANTICS + 1)
    found = evolve(before, case.after, ["other"])
    if kind == "described":
        assert (found.evolutions, found.owed, found.lock) == ((), (), before)
        return
    if kind == "version_lowered":
        assert KINDS[kind].grade == "refused"
        (refused,) = found.refused
        assert refused.message == "version is 1.0, and was 1.1 already"
        assert found.refused_events == {EVENT}
        assert found.lock == before
        return
    (evolution,) = found.evolutions
    assert [(each.change.kind, str(each.change)) for each in evolution.changes] == [
        (kind, case.said)
    ]
    assert evolution.restates == KINDS[kind].restates
    # What is restated is what the hash of the base model, and the hashes it accepts, decide.
    if case.before and case.after:
        old, new = before.entries[EVENT], found.lock.entries[EVENT]
        assert (old.hash == new.hash) == (KINDS[kind].restates == "nothing")
        assert (old.hash in new.compatible) == (KINDS[kind].restates == "carried")
        stays_open = kind in ("latest_moved", "major_removed")  # their files say it, or are gone
        assert bool(found.owed) == (KINDS[kind].grade == "major" and not stays_open)
        assert evolve(found.lock, case.after, ["other"]).evolutions == ()


def test_the_page_is_the_table() -> None:
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    assert rows[2:] == [
        [kind.what, "" if kind.grade == "none" else kind.grade, RESTATES[kind.restates], kind.does]
        for kind in KINDS.values()
    ]


def test_a_second_field_adds_to_what_older_slices_must_not_have_carried() -> None:
    first = evolve(Lock(), [of()]).lock
    second = evolve(first, [of(with_field("a", type="string"))]).lock
    fields = {**with_field("a", type="string"), "b": {"type": "boolean"}}
    third = evolve(second, [of(fields)]).lock.entries[EVENT]
    old, middle = first.entries[EVENT].hash, second.entries[EVENT].hash
    assert third.compatible == {old: ["a", "b"], middle: ["b"]}
    # Anything else ends it, and going back is anything else.
    assert (
        evolve(second, [of(with_field("a", type="integer"))]).lock.entries[EVENT].compatible == {}
    )
    assert evolve(second, [of()]).lock.entries[EVENT].compatible == {}


ENVELOPE = {"payload": "$", "event_type": "$.type"}


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ({"envelope": ENVELOPE}, {"time": {"type": "string"}}, "the envelope knew it already"),
        (
            {"payload": {"patternProperties": {"^x": {"type": "string"}}}},
            {"x1": {"type": "string"}},
            "a pattern may have accounted for it",
        ),
    ],
)
def test_a_field_that_unknown_fields_may_not_name_restates_everything(
    before: dict[str, Any], after: dict[str, Any], why: str
) -> None:
    lock = evolve(Lock(), [of(**before)]).lock
    (evolution,) = evolve(lock, [of({**FIELDS, **after}, **before)]).evolutions
    assert [each.change.kind for each in evolution.changes] == ["field_added"]
    assert evolution.restates == "all", why


def test_a_field_that_moves_another_major_s_column_restates_everything() -> None:
    newer = of({**FIELDS, "note": {"type": "integer"}}, major=2)
    lock = evolve(Lock(), [of(), newer]).lock
    moved = [of({**FIELDS, "note": {"type": "string"}}), newer]
    assert evolve(lock, moved).evolutions[0].restates == "all"
    same = [of({**FIELDS, "note": {"type": "integer"}}), newer]
    assert evolve(lock, same).evolutions[0].restates == "carried"


def breaking(**said: Any) -> EventContract:
    found: EventContract = of(with_field("size", maximum=5), **said)
    return found


def test_a_breaking_change_is_owed_until_the_contract_says_that_it_is_meant() -> None:
    lock = evolve(Lock(), [of(version="1.4")]).lock
    found = evolve(lock, [breaking(version="1.4")])
    (owed,) = found.owed
    assert owed.path.endswith(".v1.yml")
    assert owed.message == "size.maximum tightened breaks what version 1.4 promised its readers"
    assert "thing_happened.v2.yml" in owed.hint
    assert "write version: 1.5 and breaks: 1.4" in owed.hint
    # Told once, and owed ever after: by the next sync, and after a higher version alone.
    again = evolve(found.lock, [breaking(version="1.4")])
    assert (again.evolutions, len(again.owed), again.lock) == ((), 1, found.lock)
    assert evolve(found.lock, [breaking(version="1.5")]).owed
    # Acknowledged, or undone.
    paid = evolve(found.lock, [breaking(version="1.5", breaks="1.4")])
    assert (paid.owed, paid.lock.entries[EVENT].promised) == ((), {})
    assert evolve(paid.lock, [breaking(version="1.5", breaks="1.4")]).owed == ()
    undone = evolve(found.lock, [of(version="1.4")])
    assert (undone.owed, undone.lock) == ((), lock)
    # What was meant once says nothing of what breaks next.
    more = of(with_field("size", maximum=4), version="1.5", breaks="1.4")
    assert evolve(paid.lock, [more]).owed


def test_a_minor_change_asks_for_a_higher_version_and_no_more() -> None:
    lock = evolve(Lock(), [of(version="1.9")]).lock
    (evolution,) = evolve(lock, [of(with_field("note", type="string"), version="1.9")]).evolutions
    assert evolution.changes[0].hint == "write version: 1.10, so that readers see it"
    (evolution,) = evolve(lock, [of(with_field("note", type="string"), version="1.10")]).evolutions
    assert evolution.changes[0].hint == ""


def test_what_cannot_be_used_keeps_its_entry() -> None:
    lock = evolve(Lock(), [of()]).lock
    assert evolve(lock, [], [EVENT]) == evolve(lock, [of()])


def test_a_major_that_went_stays_told_apart() -> None:
    both = evolve(Lock(), [of(), SECOND]).lock
    one = evolve(both, [of()])
    assert one.histories[EVENT].retired == (2,)
    assert EVENT not in evolve(one.lock, [of(), SECOND]).histories


def test_rows_from_before_there_were_two_belong_to_the_major_that_was_alone() -> None:
    alone = evolve(Lock(), [SECOND])
    older = evolve(alone.lock, [of(), SECOND])
    assert older.histories[EVENT].first == 2
    files = compile_contracts([of(), SECOND], histories=older.histories).files
    texts = {path.rsplit("/", 1)[-1]: file.text for path, file in files.items()}
    assert "and coalesce(_major, 2) = 2\n" in texts[f"stg_{EVENT}_v2.sql"]
    assert "and _major = 1\n" in texts[f"stg_{EVENT}.sql"]
    assert evolve(Lock(), [of(), SECOND]).histories == {}
