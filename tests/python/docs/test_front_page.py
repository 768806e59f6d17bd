"""The front page says how things are, worst first, and nothing that anyone sent."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from headwater import finding
from headwater.docs import build_front_page, page
from headwater.docs.page import ago, share


class Text(HTMLParser):
    """The words of a page, and every address it names."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.addresses: list[str] = []
        self.skip = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skip = tag == "style"
        self.addresses += [value for name, value in attrs if name in ("href", "src") and value]

    def handle_data(self, data: str) -> None:
        if not self.skip:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(small: Any) -> Text:
    found = Text()
    found.feed(build_front_page(small.project, small.database).read_text(encoding="utf-8"))
    return found


def test_it_says_what_is_late_failing_quarantined_and_whose_it_is(busy: Any) -> None:
    text = read(busy).text
    assert "need attention" in text
    assert "late search_performed 6 h behind: the latest hour is 2026-01-31 02:00 UTC" in text
    assert "fct_broken.n" in text
    assert "1 of 10 rows" in text
    assert "broken-team #broken" in text
    assert "ms_played.maximum" in text
    assert "not published" in text
    assert "Nobody sums so much." in text
    assert "expect_column_sum_to_be_between (max_value=150)" in text


def test_the_worst_comes_first(busy: Any) -> None:
    text = read(busy).text
    events = text[text.index("Event types Delivery") :]
    assert events.index("search_performed") < events.index("track_played")
    marts = events[events.index("Marts What people query") :]
    assert marts.index("fct_broken") < marts.index("daily_sums")
    checks = marts[marts.index("Checks Content") :]
    assert checks.index("failed") < checks.index("warning") < checks.index("passed")


def test_it_names_no_address_but_its_own(busy: Any) -> None:
    assert all(each.startswith(("#", "data:")) for each in read(busy).addresses)
    (busy.project.site / "dbt.html").touch()
    addresses = read(busy).addresses
    assert all(each.startswith(("#", "dbt.html", "data:")) for each in addresses)
    assert "dbt.html#!/model/model.small.fct_broken" in addresses
    html = (busy.project.site / "index.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "url(" not in html
    assert "@import" not in html


def test_an_empty_warehouse_has_a_page_that_says_what_to_do(make_small: Any) -> None:
    empty = make_small()
    empty.write({"nodes": {}})
    text = read(empty).text
    assert "Everything is delivered, checked and published" in text
    assert "No run yet: headwater run" in text
    assert "No event contract yet" in text


def test_no_value_and_no_markup_of_anyone_reaches_the_page(busy: Any) -> None:
    busy.sql(
        "insert into ops.violations values"
        " ('track_played', timestamp '2026-01-31 10:00', '<script>alert(1)</script>', 100000)"
    )
    html = build_front_page(busy.project, busy.database).read_text(encoding="utf-8")
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "person0" not in html


def test_the_page_is_replaced_at_once(busy: Any) -> None:
    build_front_page(busy.project, busy.database)
    build_front_page(busy.project, busy.database)
    assert [path.name for path in busy.project.site.iterdir()] == ["index.html"]


def test_shares_and_ages_are_never_rounded_to_nothing() -> None:
    from headwater.docs import values

    assert [share(0, 10), share(1, 100_000), share(1, 3)] == ["0 %", "< 0.1 %", "33.3 %"]
    at = page.dt.datetime(2026, 1, 31, 12)
    back = page.dt.timedelta
    assert [
        ago(at - each, at)
        for each in (back(seconds=5), back(minutes=7), back(hours=5), back(days=3))
    ] == ["just now", "7 min ago", "5 h ago", "3 d ago"]
    hour = values.Hour(at, 100, 25)
    event = values.EventType("e", "d", "", "", "", "high", "", at, "", 100, 0, 25, 0, (), (hour,))
    drawn = page.chart(event)
    assert drawn.valid == "M1 28V7.0"
    assert drawn.invalid == "M1 7.0v-7.0"
    assert drawn.title == "At most 100 rows an hour"


def test_every_kind_of_finding_has_a_tone(repository: Path) -> None:
    page = repository / "src" / "headwater" / "templates" / "site" / "index.html"
    (tones,) = re.findall(r"set tone = (\{.*?\})", page.read_text(encoding="utf-8"))
    assert json.loads(tones).keys() == set(finding.ORDER)
