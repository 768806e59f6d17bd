"""What waits in raw.undeclared, as the books have it: names, counts and times, no records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from dataclasses import dataclass

from headwater.contracts.values import NAME
from headwater.database import Database
from headwater.load.routes import MIXED, NO_TYPE, OTHER, SEVERAL


@dataclass(frozen=True)
class Undeclared:
    """Records of one type that no contract declares, under a name that may be shown."""

    event: str
    records: int
    files: int
    since: dt.datetime
    has_folder: bool  # some came in a folder of that name

    def hint(self, declared: Container[str], broken: Container[str]) -> str:
        """What to do so that they load. `declared` and `broken` types have a contract."""
        if self.event == NO_TYPE:
            return f"records in {MIXED}/ name their type where envelope.event_type says: $.type"
        if self.event == SEVERAL:
            return "each names two declared types, at different paths: see envelope.event_type"
        if self.event == OTHER:
            return "they say no name, but a text that a contract can take: envelope.event_type"
        if self.event in broken:
            return "they load once its event contract is mended"
        if self.event in declared:
            return "its contract looks for the type elsewhere: see envelope.event_type"
        if not NAME.fullmatch(self.event):
            return f"declare an event whose envelope.event_type is {self.event}, and they load"
        hint = f"declare it, and they load: headwater new {self.event} --from undeclared"
        if self.has_folder:
            hint += f"; files of many event types go to landing/{MIXED}/"
        return hint


def read(database: Database) -> list[Undeclared]:
    """Every such type, the most frequent first."""
    found = database.rows(
        f"""
        select
            event_type, sum(row_count) as n, count(distinct path), min(loaded_at),
            countif(not starts_with(path, '{MIXED}/'))
        from {database.name("ops.routed")}
        where not is_declared
        group by event_type
        order by n desc, event_type
        """
    )
    return [
        Undeclared(event, int(records), int(files), since, bool(folders))
        for event, records, files, since, folders in found
    ]
