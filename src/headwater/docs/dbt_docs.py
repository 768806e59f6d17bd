"""Makes dbt's static documentation whole in itself."""

from __future__ import annotations

import re

ICON = (
    "data:image/svg+xml,"
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath fill='none' stroke='%230f766e' stroke-width='2' stroke-linecap='round' "
    "d='M1 5q3.5-3 7 0t7 0M1 11q3.5-3 7 0t7 0'/%3E%3C/svg%3E"
)

# The page may not ask anyone for anything, whatever dbt puts into it one day.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline';"
    " img-src data: blob:; font-src data:"
)

# dbt leaves a bundler's placeholder where its icon would be, which browsers then ask for.
_ICON = re.compile(r'<link rel="shortcut icon" href="[^"]*"/>')
_CANONICAL = re.compile(r'<link rel="canonical" href="[^"]*"/>')


def standalone(html: str, *, home: str) -> str:
    """dbt's static_index.html without the requests it makes, and with a way back to `home`."""
    icon = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>'
    icon += f'<link rel="icon" href="{ICON}"/>'
    html = _ICON.sub(icon, html, count=1)
    html = _CANONICAL.sub("", html, count=1)
    # Angular fills this in a moment after the browser has asked for it as it stands.
    html = html.replace('xlink:href="{{', 'ng-attr-xlink:href="{{')
    back = (
        f'<a href="{home}" style="position:fixed;z-index:9999;left:16px;bottom:16px;'
        "padding:6px 12px;border-radius:6px;background:#0f766e;color:#fff;"
        'font:600 13px/1.4 system-ui,sans-serif;text-decoration:none">State of the warehouse</a>'
    )
    return re.sub(r"(<body[^>]*>)", lambda match: match[1] + back, html, count=1)
