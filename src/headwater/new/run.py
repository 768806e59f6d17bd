"""`headwater new`: writes a first event contract, and says what is left for a person."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path as File

from headwater import clock
from headwater import contracts as event_contracts
from headwater.contracts import violation_names
from headwater.contracts.files import name_problems
from headwater.contracts.model import EventContract, Path
from headwater.errors import BadInput, ExitCode
from headwater.examples import macros_of
from headwater.new import convert, guess, source
from headwater.new.draft import ITEMS, Draft, Head, Json
from headwater.new.formats import strings, with_formats
from headwater.new.profile import Profile, infer, profile, with_enums
from headwater.new.prune import prune
from headwater.new.write import personal, write
from headwater.validate.memory import RAW, Memory, base_sql, open_memory


@dataclass(frozen=True)
class Made:
    """What was written where, what a person has to fill in, and what to know of the rest.

    `lost` are the parts of a JSON Schema that could not be taken over.
    """

    path: str
    open: tuple[str, ...]
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.BRANCH_FAILED if self.lost else ExitCode.OK

    def lines(self) -> Sequence[str]:
        """What to tell a person."""
        found = [*self.lost, *self.notes, f"wrote {self.path}"]
        if self.open:
            descriptions = sum(each.endswith("description") for each in self.open)
            words = [each.removesuffix(": pii") for each in self.open if each.endswith(": pii")]
            others = [each for each in self.open if each in ("owner", "channel")]
            others += [each for each in self.open if each.startswith(("envelope.", "payload."))]
            left = [*others]
            if words:
                left.append(f"pii of {', '.join(words)}")
            if descriptions:
                left.append(f"{descriptions} description{'' if descriptions == 1 else 's'}")
            found.append(f"left to write: {'; '.join(left)}")
            found.append("  hint: headwater sync names each by its line, until all are written")
        return found


def new(root: File, head: Head, origin: File | source.Sample | None) -> Made:
    """Writes the first contract of an event type of the project at `root`.

    Raises BadInput when there is one already, or when nothing can be made of `origin`.
    """
    head = _placed(root, head)
    schema = source.read_schema(origin) if isinstance(origin, File) else None
    if origin is None:
        draft, notes, lost = _EMPTY, _NONE, _NONE
    elif schema is not None and isinstance(origin, File):
        head = replace(head, origin=f"Converted by `headwater new` from {origin.name}.")
        head, draft, lost = _from_schema(head, schema, origin)
        notes = _NONE
    else:
        head, draft, notes = _from_records(root, head, origin)
        lost = _NONE
    written = write(head, draft)
    _create(root / head.path, written.text)
    return Made(head.path, tuple(written.open), notes, lost)


_NONE: tuple[str, ...] = ()
_EMPTY = Draft({"type": "object", "properties": {}})


def _placed(root: File, head: Head) -> Head:
    """The head with its domain, once it is sure that the event is new."""
    reading = event_contracts.files_of(root, head.event)
    if reading:
        raise BadInput(
            f"{head.event} has an event contract: {reading[0]}",
            "edit that; a change that is not compatible is a new major, in a file of its own",
        )
    if not head.domain:
        folders = sorted(
            path.name
            for path in (root / "contracts").glob("*")
            if path.is_dir() and not path.name.startswith(".")
        )
        if len(folders) != 1:
            known = f"one of: {', '.join(folders)}, or a new one" if folders else "for example"
            raise BadInput(
                f"which domain does {head.event} belong to?",
                f"{known}: headwater new {head.event} --domain {(folders or ['orders'])[0]}",
            )
        head = replace(head, domain=folders[0])
    for problem in name_problems(head.path, head.domain, head.event):
        raise BadInput(problem.message, problem.hint)
    return head


def _create(path: File, text: str) -> None:
    """Writes a file that is not there yet, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    draft.write_text(text, encoding="utf-8")
    try:
        os.link(draft, path)
    except FileExistsError:
        raise BadInput(f"{path} is there already", "it is never overwritten") from None
    finally:
        draft.unlink()


def _from_schema(head: Head, schema: Json, origin: File) -> tuple[Head, Draft, tuple[str, ...]]:
    converted = convert.convert(schema)
    lost = tuple(f"{origin}{problem}" for problem in converted.problems)
    told = tuple(f"{problem}" for problem in converted.problems)
    payload = {key: value for key, value in converted.schema.items() if key != "description"}
    if not head.description:
        head = replace(head, description=converted.schema.get("description", ""))
    draft, contract = prune(head, Draft(payload, left_out=told), are_names_data=False)
    _refuse_empty(draft, contract, origin)
    others = (f"{origin}: not declared: {each}" for each in draft.left_out[len(told) :])
    return head, draft, (*lost, *others)


def _refuse_empty(
    draft: Draft, contract: EventContract | None, origin: File | source.Sample
) -> None:
    if contract is None:
        reasons = "; ".join(draft.left_out[:5])
        raise BadInput(
            f"{origin} holds no field that an event contract can declare",
            reasons or "an event's payload is an object with named fields",
        )


def _from_records(
    root: File, head: Head, origin: File | source.Sample
) -> tuple[Head, Draft, tuple[str, ...]]:
    macros_dir = macros_of(root)
    now = clock.now()
    with open_memory(macros_dir) as memory:
        notes = [source.read_records(memory, origin, head.event, macros_dir, now)]
        notes += [_only(memory, head.event), _first(memory)]
        seen = profile(memory)
        place = seen.places.get(())
        if place is None or not place.objects:
            raise BadInput(f"{origin} holds no JSON objects", f"--from takes {source.KINDS}")
        found = guess.guess(seen, guess.columns(memory, macros_dir), head.event)
        inferred = infer(seen, found.payload, found.taken)
        head = replace(
            head,
            origin=f"Inferred by `headwater new` from {_counted(seen.records)} of {origin.name}.",
        )
        draft = Draft(inferred.schema, found.envelope, left_out=tuple(inferred.left_out))
        draft, contract = prune(head, draft, are_names_data=True)
        _refuse_empty(draft, contract, origin)
        draft = with_formats(memory, head, draft, found.payload)
        draft = _with_enums(seen, draft, found.payload)
        draft, contract = prune(head, draft, are_names_data=True)
        _refuse_empty(draft, contract, origin)
        assert contract is not None
        notes.append(_proof(memory, contract))
    return head, draft, tuple(note for note in notes if note)


def _counted(records: int) -> str:
    return "1 record" if records == 1 else f"{records:,} records"


def _only(memory: Memory, event: str) -> str:
    """Leaves the records of this event type, where a field names it among others."""
    for name in guess.EVENT_TYPE:
        said = f"json_extract_string(record, '$.{name}')"
        ((own, every),) = memory.query(
            f"select countif({said} = $event), count(*) from {RAW}", event=event
        )
        if own:
            if own == every:
                return ""
            memory.query(f"delete from {RAW} where {said} is distinct from $event", event=event)
            return f"{own:,} of {every:,} records have the {name} {event}; the others were not read"
    return ""


def _first(memory: Memory) -> str:
    """Leaves as many records as show what there is to see."""
    limit = source.MAX_RECORDS
    memory.query(f"delete from {RAW} where rowid not in (select rowid from {RAW} limit {limit})")
    ((left,),) = memory.query(f"select count(*) from {RAW}")
    return f"only the first {limit:,} records were read" if left == limit else ""


def _with_enums(seen: Profile, draft: Draft, payload: Path) -> Draft:
    """Enums, but never of values that may be a person's."""
    skip = frozenset(
        (*payload, *path)
        for path in strings(draft.payload)
        if personal(tuple(each for each in path if each != ITEMS), {"type": "string"})
    )
    return replace(draft, payload=with_enums(seen, draft.payload, payload, skip))


def _proof(memory: Memory, contract: EventContract) -> str:
    """What the contract says of the records that it was made from."""
    memory.judge([contract], base_sql([contract]))
    names = list(violation_names(contract.payload))
    ((fit, every),) = memory.query(
        "select countif(not list_has_any(violations, $names)), count(*) from judged", names=names
    )
    return f"{fit:,} of {every:,} records fit the payload that was inferred"
