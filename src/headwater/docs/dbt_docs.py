"""Makes dbt's static documentation whole in itself."""

from __future__ import annotations

import re

ICON = (
    "data:image/svg+xml,"
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath fill='none' stroke='%230f766e' stroke-width='2' stroke-linecap='round' "
    "d='M1 5q3.5-3 7 0t7 0M1 11q3.5-3 7 0t7 0'/%3E%3C/svg%3E"
)

# dbt leaves a bundler's placeholder where its icon would be, which browsers then ask for.
_ICON = re.compile(r'<link rel="shortcut icon" href="[^"]*"/>')
_CANONICAL = re.compile(r'<link rel="canonical" href="[^"]*"/>')


def standalone(html: str, *, home: str) -> str:
    """dbt's static_index.html without the requests it makes, and with a way back to `home`."""
    html = _ICON.sub(f'<link rel="icon" href="{ICON}"/>', html, count=1)
    html = _CANONICAL.sub("", html, count=1)
    back = (
        f'<a href="{home}" style="position:fixed;z-index:9999;right:16px;top:8px;'
        "padding:6px 12px;border-radius:6px;background:#0f766e;color:#fff;"
        'font:600 13px/1.4 system-ui,sans-serif;text-decoration:none">State of the warehouse</a>'
    )
    return re.sub(r"(<body[^>]*>)", lambda match: match[1] + back, html, count=1)
