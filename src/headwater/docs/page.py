"""Renders the front page from its values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import jinja2

from headwater.docs.dbt_docs import ICON
from headwater.docs.state import DAYS_COUNTED, HOURS_SHOWN
from headwater.docs.values import EventType, State

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "site"
CHART_HEIGHT = 28
BAR_STEP = 3


@dataclass(frozen=True)
class Chart:
    """An event type's hours as two SVG paths: one stroke an hour, a thousand types a page."""

    valid: str
    invalid: str
    title: str


def chart(event: EventType) -> Chart:
    """The hours of an event type, scaled to its highest; what is quarantined on top."""
    top = max((hour.rows for hour in event.hours), default=0)
    valid, invalid = [], []
    for number, hour in enumerate(event.hours):
        if not hour.rows:
            continue
        x = number * BAR_STEP + 1
        height = max(1.5, CHART_HEIGHT * hour.rows / top)
        # A quarantined row in a thousand must still be seen.
        part = max(1.5, height * hour.invalid / hour.rows) if hour.invalid else 0.0
        base = CHART_HEIGHT - max(height - part, 0)
        if base < CHART_HEIGHT:
            valid.append(f"M{x} {CHART_HEIGHT}V{base:.1f}")
        if part:
            invalid.append(f"M{x} {base:.1f}v-{part:.1f}")
    title = f"At most {top:,} rows an hour"
    return Chart("".join(valid), "".join(invalid), title if top else "No rows")


def moment(value: dt.datetime | None) -> str:
    return f"{value:%d %b %Y, %H:%M}" if value else "never"


def ago(value: dt.datetime | None, at: dt.datetime) -> str:
    """How long before `at`, in the largest unit that says it well."""
    if value is None:
        return ""
    seconds = (at - value).total_seconds()
    if seconds < 90:
        return "just now"
    for size, unit in ((86400 * 2, "d"), (3600 * 2, "h"), (60, "min")):
        if seconds >= size:
            each = {"d": 86400, "h": 3600, "min": 60}[unit]
            return f"{seconds / each:.0f} {unit} ago"
    return "1 min ago"


def share(part: int, whole: int) -> str:
    """A percentage that is neither 0 nor 100 unless it truly is."""
    if not part or not whole:
        return "0 %"
    percent = 100 * part / whole
    return "< 0.1 %" if percent < 0.1 else f"{percent:.1f} %"


def render(name: str, state: State, *, has_dbt: bool) -> str:
    """The whole page, style inline. `has_dbt`: dbt's documentation lies beside it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(moment=moment, number=lambda value: f"{value:,}")
    environment.globals.update(ago=lambda value: ago(value, state.at), chart=chart, share=share)
    return environment.get_template("index.html").render(
        name=name,
        state=state,
        has_dbt=has_dbt,
        icon=ICON,
        days=DAYS_COUNTED,
        hours=HOURS_SHOWN,
        chart_height=CHART_HEIGHT,
        chart_width=HOURS_SHOWN * BAR_STEP,
    )
