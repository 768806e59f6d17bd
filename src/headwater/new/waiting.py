"""Records that wait in raw.undeclared, to infer their event contract from."""

from __future__ import annotations

from headwater import summary
from headwater.database import has
from headwater.errors import BadInput
from headwater.literals import literal
from headwater.new.source import MAX_RECORDS, Sample
from headwater.project import Project
from headwater.raw import any_hour


def read(project: Project, event: str) -> Sample:
    """Records of one event type that no contract declares.

    Raises BadInput when none wait, Locked or HeadwaterError when the warehouse cannot be read.
    """
    with summary.reading(project, ops_only=False) as database:
        if not has(database, "raw.undeclared"):
            raise BadInput("this warehouse has no raw.undeclared yet", "headwater load makes it")
        found = database.rows(
            f"""
            select _format, record
            from {database.name("raw.undeclared")}
            where {any_hour()} and event_type = {literal(event)}
            order by _file, _line
            limit {MAX_RECORDS}
            """
        )
    if not found:
        raise BadInput(
            f"no records of {event} wait in raw.undeclared", "those that do: headwater status"
        )
    return Sample("raw.undeclared", found)
