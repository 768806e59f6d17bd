"""Moves what waited in raw.undeclared to its event type, once a contract declares it.

Which records those are is asked again whenever the contracts route otherwise than the last
time. All that follows from the answer is one transaction, so a kill leaves it done or undone.
"""

from __future__ import annotations

from dataclasses import dataclass

from headwater import clock, macros, warehouse
from headwater.database import Database, insert
from headwater.literals import literal
from headwater.load.check import MAX_AHEAD
from headwater.load.counts import NAMED
from headwater.load.routes import MIXED, OTHER, Routes
from headwater.project import Project
from headwater.raw import EARLIEST, any_hour

_IS_MIXED = f"starts_with(_file, '{MIXED}/')"
_KEY = ("_file", "_file_id", "_line")
_BOOKED = "event_type, is_declared, path, file_id, row_count, load_id, loaded_at"


@dataclass(frozen=True)
class Waiting:
    """The records of raw.undeclared, as the contracts are now."""

    project: Project
    database: Database
    routes: Routes

    def counts(self) -> dict[str, int]:
        """How many of them belong to each declared event type."""
        if self._is_settled() or not self._is_any():
            return {}
        found = self.database.rows(
            f"""
            select goes_to, count(*)
            from ({self._routed(["record"])}) as routed
            where goes_to is not null
            group by goes_to
            """
        )
        return {event: int(count) for event, count in sorted(found)}

    def release(self, load_id: int) -> dict[str, int]:
        """Moves those to their raw.<event>, as of this load; how many of each type.

        They came when they would have, had their type been declared all along.
        """
        if self._is_settled():
            return {}
        counts = self.counts()
        statements = self._moving(counts, load_id) if self._is_any() else []
        routing = self.database.name("ops.routing")
        self.database.execute(
            *statements,
            f"delete from {routing} where true",
            *insert(
                self.database,
                "ops.routing",
                [{"routing": self.routes.key, "routed_at": clock.now()}],
            ),
        )
        return counts

    def _is_settled(self) -> bool:
        """Whether all of them were asked under contracts that route alike."""
        rows = self.database.rows(f"select routing from {self.database.name('ops.routing')}")
        return [key for (key,) in rows] == [self.routes.key]

    def _is_any(self) -> bool:
        return bool(
            self.database.rows(
                f"select 1 from {self.database.name('raw.undeclared')} where {any_hour()} limit 1"
            )
        )

    def _routed(self, kept: list[str]) -> str:
        return self.routes.sql(
            warehouse.macros_dir(self.project),
            self.project.engine,
            f"(select * from {self.database.name('raw.undeclared')} where {any_hour()})",
            kept,
            is_mixed=_IS_MIXED,
            event="event_type",
        )

    def _moving(self, counts: dict[str, int], load_id: int) -> list[str]:
        undeclared = self.database.name("raw.undeclared")
        same = " and ".join(f"waiting.{key} = answers.{key}" for key in _KEY)
        answered = self._routed([*_KEY, "event_type", "shown_as as shown_before"])
        return [
            # Only what changes, and no records: most of what waits may go on waiting.
            f"""
            create temp table answers as
            select {", ".join(_KEY)}, goes_to, said, shown_as, is_mapped, arrived_at
            from ({answered}) as answered
            where
                goes_to is not null
                or said is distinct from event_type
                or shown_as is distinct from shown_before
            """,
            *(self._insert(event, load_id, same) for event in counts),
            f"""
            delete from {undeclared} as waiting
            where
                {any_hour("waiting")}
                and exists (select 1 from answers where {same} and answers.goes_to is not null)
            """,
            f"""
            update {undeclared} as waiting
            set event_type = answers.said, shown_as = answers.shown_as
            from answers
            where {any_hour("waiting")} and {same} and answers.goes_to is null
            """,
            *self._booking(counts, load_id),
            "drop table answers",
        ]

    def _insert(self, event: str, load_id: int, same: str) -> str:
        latest = macros.render(
            warehouse.macros_dir(self.project),
            f"{{{{ add_seconds('waiting.loaded_at', {int(MAX_AHEAD.total_seconds())}) }}}}",
            self.project.engine,
        )
        usable = f"answers.arrived_at <= {latest} and answers.arrived_at >= {literal(EARLIEST)}"
        return f"""
            insert into {self.database.name(f"raw.{event}")} (
                received_at, record, _format, _file, _file_id, _line, _load_id, _received_from
            )
            select
                case when {usable} then answers.arrived_at else waiting.received_at end,
                waiting.record, waiting._format, waiting._file, waiting._file_id, waiting._line,
                {load_id},
                case
                    when {usable} then 'record' when answers.is_mapped then 'fallback' else 'file'
                end
            from {self.database.name("raw.undeclared")} as waiting
            inner join answers on {same}
            where {any_hour("waiting")} and answers.goes_to = {literal(event)}
        """

    def _booking(self, counts: dict[str, int], load_id: int) -> list[str]:
        """What ops.routed says of them: what moved, and what still waits."""
        routed = self.database.name("ops.routed")
        return [
            *count_waiting(self.database),
            f"""
            insert into {routed} ({_BOOKED})
            select
                goes_to, true, _file, _file_id, count(*), {load_id}, {literal(clock.now())}
            from answers
            where goes_to is not null
            group by goes_to, _file, _file_id
            """,
        ]


def count_waiting(database: Database) -> list[str]:
    """The statements that make ops.routed say what raw.undeclared holds."""
    routed = database.name("ops.routed")
    return [
        f"delete from {routed} where not is_declared",
        f"""
        insert into {routed} ({_BOOKED})
        select
            case when rank <= {NAMED} then shown_as else {literal(OTHER)} end, false, _file,
            _file_id, sum(row_count), min(_load_id), min(loaded_at)
        from (
            select
                shown_as, _file, _file_id, count(*) as row_count, min(_load_id) as _load_id,
                min(loaded_at) as loaded_at,
                row_number() over (
                    partition by _file, _file_id order by count(*) desc, shown_as
                ) as rank
            from {database.name("raw.undeclared")}
            where {any_hour()}
            group by shown_as, _file, _file_id
        ) as counted
        group by 1, _file, _file_id
        """,
    ]
