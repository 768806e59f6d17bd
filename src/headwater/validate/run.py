"""`headwater validate`: what a load and a build would make of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from headwater import clock
from headwater import contracts as event_contracts
from headwater.contracts.model import EventContract, newest
from headwater.contracts.report import nearest
from headwater.errors import BadInput, ContractErrors
from headwater.examples import macros_of
from headwater.validate.memory import UNPARSED, Memory, base_sql, open_memory
from headwater.validate.records import data_file, read_into
from headwater.validate.report import SHOWN_LINES, Reason, UnknownField, Verdict, places


def contracts_of(root: Path, event: str) -> tuple[EventContract, ...]:
    """The majors of one event type of the project at `root`.

    Raises BadInput when no contract declares it, ContractErrors when theirs are refused.
    """
    reading = event_contracts.read_all(root, event)
    if reading.diagnostics:
        raise ContractErrors(reading.diagnostics)
    if not reading.contracts:
        known = event_contracts.event_names(root)
        match = nearest(event, known)
        raise BadInput(
            f"no event contract declares {event}",
            f"did you mean {match}?" if match else f"make one: headwater new {event}",
        )
    return reading.contracts


def validate(contracts: Sequence[EventContract], path: Path, root: Path) -> Verdict:
    """The verdict on the file at `path` by the majors of one event type of a project.

    Raises BadInput for a file that would not be loaded, ContractErrors for contracts that
    cannot be compiled.
    """
    (contract,) = newest(contracts).values()
    file = data_file(path, contract.event)
    text = base_sql(contracts)
    macros_dir = macros_of(root)
    with open_memory(macros_dir) as memory:
        counts = read_into(memory, file, contract.envelope, macros_dir, clock.now())
        memory.judge(contracts, text)
        ((accepted, rejected, duplicates),) = memory.query(
            """
            select countif(is_valid), countif(not is_valid), countif(is_valid and not is_first)
            from judged
            """
        )
        return Verdict(
            event=contract.event,
            file=file.path,
            records=counts.records,
            accepted=accepted,
            rejected=rejected,
            unparsed=counts.unparsed,
            duplicates=duplicates,
            violations=_reasons(
                memory,
                "select unnest(violations) as name, _major, _line from judged",
                places(contracts),
            ),
            unreadable=_reasons(
                memory, f"select reason as name, 0 as _major, _line from {UNPARSED}", {}
            ),
            unknown_fields=_unknown(memory),
        )


def _reasons(
    memory: Memory, found: str, known: Mapping[tuple[str, int], str]
) -> tuple[Reason, ...]:
    """The reasons in `found` (name, _major, _line), the most frequent first; `known` are their
    places by name and major."""
    rows = memory.query(
        f"""
        select
            name,
            count(*) as records,
            min(_line, {SHOWN_LINES}) as lines,
            list_sort(list_distinct(list(_major))) as majors
        from ({found})
        group by name
        order by records desc, name
        """
    )
    return tuple(
        Reason(
            name,
            records,
            tuple(lines),
            ", ".join(known[name, major] for major in majors if (name, major) in known),
        )
        for name, records, lines, majors in rows
    )


def _unknown(memory: Memory) -> tuple[UnknownField, ...]:
    rows = memory.query(
        """
        select name, list_sort(list_distinct(list(type))), count(distinct _line) as records
        from (
            select
                _line,
                regexp_replace(field, ':[a-z]+$', '') as name,
                regexp_extract(field, '[a-z]+$') as type
            from (select _line, unnest(unknown_fields) as field from judged)
        )
        group by name
        order by records desc, name
        """
    )
    return tuple(UnknownField(name, tuple(types), records) for name, types, records in rows)
