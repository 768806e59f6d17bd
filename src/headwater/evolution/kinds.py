"""Every kind of change to an event contract: docs/reference/contract-changes.md is this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# minor: who reads staging goes on reading it. major: they may not. refused: not done at all.
Class = Literal["none", "minor", "major", "refused"]
# Which slices of base the next run rebuilds.
Restates = Literal["nothing", "carried", "all"]

RESTATES: dict[Restates, str] = {
    "nothing": "nothing of the past",
    "carried": "only the slices that carried it",
    "all": "all slices",
}


@dataclass(frozen=True)
class Kind:
    """A row of the table. `what` is the change as people name it, `does` what becomes of it."""

    what: str
    grade: Class
    restates: Restates
    does: str


KINDS: dict[str, Kind] = {
    "event_added": Kind("a new event type", "none", "all", "its models are made"),
    "event_removed": Kind(
        "the last file of an event type deleted",
        "major",
        "nothing",
        "its models' files go; the tables stay in the warehouse until somebody drops them",
    ),
    "major_added": Kind(
        "a new major",
        "none",
        "all",
        "records that state it leave quarantine; `stg_<event>` stays as it is, "
        "`stg_<event>_v<major>` is new",
    ),
    "major_removed": Kind(
        "the file of a major deleted",
        "major",
        "all",
        "its staging is built no more, and its view stays until somebody drops it; records that "
        "state it are in quarantine again",
    ),
    "latest_moved": Kind(
        "`latest` moved to another major",
        "major",
        "nothing",
        "a `ref` without `v` means the other major, so what reads it is built anew",
    ),
    "described": Kind(
        "a description, example, owner, channel, tier, completeness, retention; an order",
        "none",
        "nothing",
        "documentation, dates of expiry and freshness follow; no row changes",
    ),
    "field_added": Kind(
        "an optional field added: a string, number or boolean",
        "minor",
        "carried",
        "a new column, with its past values; null in the slices where no record had it",
    ),
    "structure_added": Kind(
        "an optional object or array added, or a field inside the items of one",
        "minor",
        "all",
        "new columns, with their past values",
    ),
    "required_added": Kind(
        "a required field added",
        "major",
        "all",
        "records without it go to quarantine, those of the past too",
    ),
    "field_removed": Kind(
        "a field removed, or renamed, which is that and a field added",
        "major",
        "all",
        "its column leaves staging; base keeps an empty one",
    ),
    "field_retyped": Kind(
        "a field of another type, or `date-time` to or from plain text",
        "major",
        "all",
        "values that are not of the new type go to quarantine, and those of the old type are "
        "accepted no more; BigQuery changes a column from integer to number only, and needs a "
        "new major for the rest",
    ),
    "made_required": Kind(
        "a field made required", "major", "all", "records without it go to quarantine"
    ),
    "made_optional": Kind(
        "a field made optional", "minor", "all", "records without it leave quarantine"
    ),
    "rule_loosened": Kind(
        "a rule removed or loosened: a wider bound, one more value, null allowed",
        "minor",
        "all",
        "records that broke it leave quarantine",
    ),
    "rule_tightened": Kind(
        "a rule added or tightened: a narrower bound, one value less, null forbidden",
        "major",
        "all",
        "records that break it go to quarantine, those of the past too",
    ),
    "rule_changed": Kind(
        "a rule that is neither looser nor tighter, such as another pattern",
        "major",
        "all",
        "records go to quarantine and leave it",
    ),
    "pii_changed": Kind(
        "another `pii`",
        "major",
        "all",
        "pseudonyms become values or values pseudonyms, or the column comes or goes",
    ),
    "exposed": Kind(
        "a sensitive field listed in `expose`", "minor", "nothing", "staging has its column"
    ),
    "hidden": Kind(
        "a sensitive field listed in `expose` no more",
        "major",
        "nothing",
        "its column leaves staging",
    ),
    "flattened": Kind(
        "`flatten` written or removed",
        "major",
        "nothing",
        "staging has columns instead of a struct, or a struct instead of columns",
    ),
    "lateness_loosened": Kind(
        "a longer `max_lateness`, or none", "minor", "all", "late records leave quarantine"
    ),
    "lateness_tightened": Kind(
        "a shorter `max_lateness`", "major", "all", "late records go to quarantine"
    ),
    "lookback_changed": Kind(
        "another `dedup_lookback`",
        "major",
        "all",
        "copies are settled anew: rows come to staging or leave it",
    ),
    "envelope_changed": Kind(
        "another `envelope`",
        "major",
        "all",
        "ids, times and versions are read from elsewhere; another `received_at` affects later "
        "loads only",
    ),
    "headwater_changed": Kind(
        "another version of Headwater, to which contracts mean other rows",
        "none",
        "all",
        "base is rebuilt where raw is still there",
    ),
    "version_lowered": Kind(
        "a `version` lower than it was",
        "refused",
        "nothing",
        "nothing is written for the event type: what was promised under a number stays so",
    ),
}
