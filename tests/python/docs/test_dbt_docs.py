"""dbt's page is made whole in itself, and serving it says what is wrong in one line."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

from headwater.docs.dbt_docs import standalone
from headwater.docs.serve import server
from headwater.errors import HeadwaterError


def test_the_page_dbt_ships_asks_for_nothing_once_it_is_standalone() -> None:
    shipped = (files("dbt.task.docs") / "index.html").read_text(encoding="utf-8")
    assert "require('./assets" in shipped
    html = standalone(shipped, home="index.html")
    assert 'href="${require(' not in html
    assert html.count('rel="icon" href="data:image/svg+xml,') == 1
    assert 'href="index.html"' in html
    assert len(html) > len(shipped)


def test_there_must_be_a_site_to_serve(small: Any) -> None:
    with pytest.raises(HeadwaterError, match="no site in") as raised:
        server(small.project, 0)
    assert raised.value.hint == "write it: headwater docs"


def test_a_taken_port_is_said(small: Any) -> None:
    small.project.site.mkdir(parents=True)
    (small.project.site / "index.html").write_text("x", encoding="utf-8")
    with server(small.project, 0) as running:
        port = running.server_address[1]
        with pytest.raises(HeadwaterError, match=f"cannot listen on 127.0.0.1:{port}") as raised:
            server(small.project, port)
    assert raised.value.hint == f"another port: headwater docs --serve --port {port + 1}"
