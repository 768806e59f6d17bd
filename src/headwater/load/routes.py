"""Which raw table a record belongs to: SQL, made of what the event contracts say.

The folder decides, where it is an event type's. In `landing/_mixed` each record does, by the
string at its contract's `envelope.event_type`. Whatever no contract declares waits in
raw.undeclared, with the name that it says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as Folder

from headwater import macros
from headwater.contracts.model import Envelope, EpochUnit, EventContract, Path, newest
from headwater.literals import literal

# The folder of the landing folder whose files hold many event types. No event is called so.
MIXED = "_mixed"

# How messages and ops call what waits: by what the records say, where that is a name.
NO_TYPE = "(no type)"
SEVERAL = "(several types)"
OTHER = "(other)"
_SHOWN = "^[A-Za-z_][A-Za-z0-9_.]{0,99}$"

_Mapping = tuple[Path | None, EpochUnit | None]


@dataclass(frozen=True)
class Route:
    """One event type: where its records name it (None: nowhere), how, and when they came."""

    event: str
    said_at: Path | None
    called: tuple[str, ...]
    received_at: Path | None
    unit: EpochUnit | None


@dataclass(frozen=True)
class Routes:
    """The declared event types, by name."""

    routes: tuple[Route, ...]

    @cached_property
    def events(self) -> tuple[str, ...]:
        return tuple(each.event for each in self.routes)

    @cached_property
    def key(self) -> str:
        """Equal for contracts that route every record alike."""
        said = json.dumps([(each.event, each.said_at, each.called) for each in self.routes])
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Where any contract looks for the event type, and where one does by default."""
        default = Envelope().event_type
        assert default is not None
        mapped = {each.said_at for each in self.routes if each.said_at is not None}
        return (default, *sorted(mapped - {default}))

    def sql(self, folder: Folder, engine: str, source: str, kept: Sequence[str], is_mixed: str,
            event: str) -> str:  # fmt: skip
        """A select of the columns `kept` of `source`, and for each of its rows:

        goes_to    the declared event type it belongs to; null when it waits
        said       the event type that it says, declared or not; null for none or several
        shown_as   what to call that where anybody may read it
        is_mapped  whether that event type's contract maps a time of arrival
        arrived_at the time that it maps, if there is any

        `source` has the column `record`. Where `is_mixed` (SQL) does not hold, the type is
        `event` (SQL), whatever the record says.
        """
        said = [f"_said_{number}" for number, _ in enumerate(self.paths, start=1)]
        known = [f"_is_{number}" for number, _ in enumerate(self.paths, start=1)]
        told = [
            f"case when {is_mixed} then {{{{ record_string('record', {list(path)!r}) }}}} end"
            f" as {name}"
            for name, path in zip(said, self.paths, strict=True)
        ]
        told += [
            f"{{{{ record_scalar('record', {list(path)!r}) }}}} as _time_{number}"
            for number, (path, _) in enumerate(self._mappings)
            if path is not None
        ]
        matched = [
            f"case {self._matching(name, path)} end as {match}"
            for name, match, path in zip(said, known, self.paths, strict=True)
        ]
        first = _coalesced(known)
        times = [
            f"case when {self._maps(mapping)} then {_time(number, mapping[1])} end"
            for number, mapping in enumerate(self._mappings)
            if mapping[0] is not None
        ]
        text = f"""
            with told as (
                select
                    *, case when not ({is_mixed}) then {event} end as _folder, {", ".join(told)}
                from {source}
            ),

            matched as (
                select *, {", ".join(matched)} from told
            ),

            counted as (
                select
                    *, {first} as _first,
                    {" or ".join(f"coalesce({each} <> {first}, false)" for each in known)}
                        as _is_several
                from matched
            ),

            routed as (
                select
                    *,
                    case
                        when _folder is not null
                            then case when {_among("_folder", self.events)} then _folder end
                        when not _is_several then _first
                    end as goes_to,
                    case
                        when _folder is not null then _folder
                        when not _is_several then {_coalesced(said)}
                    end as said
                from counted
            )

            select
                {", ".join(kept)}, goes_to, said,
                case
                    when _is_several then {literal(SEVERAL)}
                    when said is null then {literal(NO_TYPE)}
                    when {{{{ regex_match('said', {_SHOWN!r}) }}}} then said
                    else {literal(OTHER)}
                end as shown_as,
                {self._is_mapped} as is_mapped,
                {_coalesced(times) if times else "cast(null as timestamp)"} as arrived_at
            from routed
        """
        return macros.render(folder, text, engine)

    def _matching(self, said: str, path: Path) -> str:
        """Whens from what a record says at `path` to the event type."""
        here = [each for each in self.routes if each.said_at == path]
        plain = [each.event for each in here if each.called == (each.event,)]
        whens = [f"when {_among(said, plain)} then {said}"]
        whens += [
            f"when {_among(said, each.called)} then {literal(each.event)}"
            for each in here
            if each.called != (each.event,)
        ]
        return " ".join(whens)

    @cached_property
    def _mappings(self) -> dict[_Mapping, list[str]]:
        """Each way in which contracts map the time of arrival, and the event types it is for."""
        found: dict[_Mapping, list[str]] = {}
        for each in self.routes:
            found.setdefault((each.received_at, each.unit), []).append(each.event)
        return found

    def _maps(self, mapping: _Mapping) -> str:
        if len(self._mappings) == 1:
            return "goes_to is not null"
        return _among("goes_to", self._mappings[mapping])

    @property
    def _is_mapped(self) -> str:
        mapped = [each.event for each in self.routes if each.received_at is not None]
        return f"coalesce({_among('goes_to', mapped)}, false)"


def of(contracts: Iterable[EventContract]) -> Routes:
    """The routes of some contracts. The newest major of an event type speaks for all."""
    return Routes(
        tuple(
            Route(
                event,
                each.envelope.event_type,
                each.called,
                each.envelope.received_at,
                each.envelope.received_at_unit,
            )
            for event, each in sorted(newest(contracts).items())
        )
    )


def _among(value: str, names: Sequence[str]) -> str:
    if not names:
        return "false"
    return f"{value} in ({', '.join(literal(name) for name in names)})"


def _coalesced(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def _time(number: int, unit: EpochUnit | None) -> str:
    how = "parse_timestamp" if unit is None else "parse_epoch"
    return f"{{{{ {how}('_time_{number}', {unit or 'optional'!r}) }}}}"
