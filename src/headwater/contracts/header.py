"""The header of an event contract: what a schema cannot say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from headwater.contracts import values
from headwater.contracts.model import Tier
from headwater.contracts.report import Report, key_hint, shown
from headwater.contracts.tree import Entry, Mapping, Scalar, Sequence

REQUIRED = {
    "event": "write event: and the name in the file name",
    "version": "write version: 1.0; the major is the one in the file name",
    "owner": "write owner: and the team that answers for it",
    "channel": 'write channel: and where to ask, for example channel: "#data-listening"',
    "description": "write description: and when this event is sent",
    "payload": "write payload: with type: object and properties:",
}
OPTIONAL = (
    "breaks",
    "latest",
    "tier",
    "completeness",
    "retention",
    "dedup_lookback",
    "max_lateness",
    "expose",
    "envelope",
    "examples",
)
HEADER_KEYS = (*REQUIRED, *OPTIONAL)
RETENTION_KEYS = ("raw", "staging")
TIERS: tuple[Tier, ...] = ("high", "normal", "low")

_DEFAULTS = {
    "raw": timedelta(days=30),
    "staging": timedelta(days=400),
}


@dataclass(frozen=True)
class Header:
    """The header's values; None where a problem was reported instead."""

    event: str | None = None
    version: str | None = None
    owner: str | None = None
    channel: str | None = None
    description: str | None = None
    tier: Tier = "normal"
    completeness: float | None = None
    retention: dict[str, timedelta] = field(default_factory=lambda: dict(_DEFAULTS))
    dedup_lookback: timedelta = timedelta(days=14)
    max_lateness: timedelta | None = timedelta(days=30)
    expose: tuple[tuple[str, int], ...] = ()  # dotted path, line
    breaks: str | None = None
    latest: bool = False


def read(root: Mapping, event: str, major: int, report: Report) -> Header:
    """The header of the contract that the file name says is `event`, `major`."""
    for entry in root.entries:
        if entry.key not in HEADER_KEYS:
            hint = key_hint(entry.key, HEADER_KEYS)
            report.add(entry.key_line, f"unknown key {shown(entry.key)}", hint)
    for key, hint in REQUIRED.items():
        if root.get(key) is None:
            report.add(1, f"no {key}", hint)
    retention = _retention(root.get("retention"), report)
    lookback = _duration(root.get("dedup_lookback"), Header.dedup_lookback, report)
    said = root.get("dedup_lookback") or root.get("retention")
    if said is not None and lookback > retention["staging"]:
        report.add(
            said.key_line,
            "dedup_lookback is longer than staging is kept",
            "duplicates are looked for in what is kept: shorten it, or keep staging longer",
        )
    return Header(
        event=_event(root.get("event"), event, report),
        version=_version(root.get("version"), major, report),
        owner=_text(root.get("owner"), report),
        channel=_channel(root.get("channel"), report),
        description=_description(root.get("description"), report),
        tier=_tier(root.get("tier"), report),
        completeness=_completeness(root.get("completeness"), report),
        retention=retention,
        dedup_lookback=lookback,
        max_lateness=_max_lateness(root.get("max_lateness"), report),
        expose=_expose(root.get("expose"), report),
        breaks=_breaks(root.get("breaks"), root.get("version"), report),
        latest=_latest(root.get("latest"), report),
    )


def _event(entry: Entry | None, name: str, report: Report) -> str | None:
    if entry is None:
        return None
    written = entry.value.text if isinstance(entry.value, Scalar) else ""
    if not values.NAME.fullmatch(written):
        report.add(
            entry.key_line,
            f"event cannot be {shown(written)}",
            "an event is named in small letters, digits and _, starting with a letter",
        )
    elif written != name:
        report.add(
            entry.key_line,
            f"event is {written}, and the file name says {name}",
            "rename one of them",
        )
    return written


def _version(entry: Entry | None, major: int, report: Report) -> str | None:
    found = None if entry is None else values.version(entry, report)
    if entry is None or found is None:
        return None
    if found[1] != major:
        report.add(
            entry.key_line,
            f"version is {found[0]}, and the file name says v{major}",
            f"write version: {major}.0, or rename the file; a new major is a new file",
        )
    return found[0]


def _breaks(entry: Entry | None, version: Entry | None, report: Report) -> str | None:
    """The version before this one whose readers have to look."""
    if entry is None or version is None:
        return None
    node, own = entry.value, version.value
    written = node.text if isinstance(node, Scalar) else ""
    now = own.text if isinstance(own, Scalar) else ""
    if not values.VERSION.fullmatch(now):
        return None  # told already
    if values.VERSION.fullmatch(written):
        before, after = (
            [int(number) for number in (*text.split("."), "0")[:2]] for text in (written, now)
        )
        if before[0] == after[0] and before < after:
            return written
    report.add(
        entry.key_line,
        f"breaks cannot be {shown(written)} in version {now}",
        "write the version before, of the same major, that this one breaks",
    )
    return None


def _latest(entry: Entry | None, report: Report) -> bool:
    if entry is None:
        return False
    if isinstance(entry.value, Scalar) and isinstance(entry.value.value, bool):
        return entry.value.value
    report.add(entry.key_line, "latest is neither true nor false", "write latest: true, or nothing")
    return False


def _text(entry: Entry | None, report: Report) -> str | None:
    return None if entry is None else values.line_of_text(entry, entry.key, report)


def _channel(entry: Entry | None, report: Report) -> str | None:
    if entry is None:
        return None
    hint = 'put it in quotes, since an unquoted # starts a comment: channel: "#data-listening"'
    return values.line_of_text(entry, "channel", report, hint=hint)


def _description(entry: Entry | None, report: Report) -> str | None:
    return None if entry is None else values.text(entry, "description", report)


def _tier(entry: Entry | None, report: Report) -> Tier:
    written = "normal" if entry is None else values.word(entry, "tier", TIERS, report)
    return next((tier for tier in TIERS if tier == written), "normal")


def _completeness(entry: Entry | None, report: Report) -> float | None:
    return None if entry is None else values.percent(entry, "completeness", report)


def _duration(entry: Entry | None, default: timedelta, report: Report) -> timedelta:
    if entry is None:
        return default
    return values.duration(entry, entry.key, report) or default


def _max_lateness(entry: Entry | None, report: Report) -> timedelta | None:
    if entry is not None and isinstance(entry.value, Scalar) and entry.value.text == "none":
        return None
    return _duration(entry, timedelta(days=30), report)


def _retention(entry: Entry | None, report: Report) -> dict[str, timedelta]:
    found = dict(_DEFAULTS)
    if entry is None:
        return found
    if not isinstance(entry.value, Mapping):
        hint = "write retention: {raw: 30 days, staging: 400 days}"
        report.add(entry.key_line, "retention is not a mapping", hint)
        return found
    for each in entry.value.entries:
        if each.key in RETENTION_KEYS:
            name = f"retention.{each.key}"
            found[each.key] = values.duration(each, name, report) or found[each.key]
        else:
            hint = key_hint(each.key, RETENTION_KEYS)
            report.add(each.key_line, f"unknown key {shown(each.key)} in retention", hint)
    if found["staging"] < found["raw"]:
        report.add(
            entry.key_line,
            "retention keeps staging for less time than raw",
            "staging must be kept at least as long as raw",
        )
    return found


def _expose(entry: Entry | None, report: Report) -> tuple[tuple[str, int], ...]:
    if entry is None:
        return ()
    if not isinstance(entry.value, Sequence):
        report.add(entry.key_line, "expose is not a list", "write expose: [field, object.field]")
        return ()
    found: dict[str, int] = {}
    for item in entry.value.items:
        path = item.text if isinstance(item, Scalar) else ""
        if path in found:
            report.add(item.line, f"expose lists {shown(path)} twice", "remove one of them")
        found.setdefault(path, item.line)
    return tuple(found.items())
