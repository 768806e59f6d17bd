"""Shows target/site on the loopback interface, to this machine's own browsers only."""

from __future__ import annotations

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from headwater.errors import HeadwaterError
from headwater.project import Project

HOST = "127.0.0.1"


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder. A page elsewhere that resolves its name to 127.0.0.1 gets nothing."""

    protocol_version = "HTTP/1.1"

    def send_head(self) -> Any:
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in (HOST, "localhost"):
            self.send_error(403, "This site is for this machine")
            return None
        return super().send_head()

    def list_directory(self, path: Any) -> Any:
        self.send_error(404)
        return None

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


def server(project: Project, port: int) -> ThreadingHTTPServer:
    """A server of the site that has not begun; port 0 takes any free one.

    Raises HeadwaterError when there is no site yet or the port is taken.
    """
    if not (project.site / "index.html").is_file():
        raise HeadwaterError(f"no site in {project.site}", "write it: headwater docs")
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Handler, directory=str(project.site)))
    except OSError as error:
        raise HeadwaterError(
            f"cannot listen on {HOST}:{port}: {error.strerror}",
            f"another port: headwater docs --serve --port {port + 1}",
        ) from None


def serve_site(project: Project, port: int) -> None:
    """Shows the site until Ctrl-C."""
    with server(project, port) as running:
        address = f"http://{HOST}:{running.server_address[1]}/"
        print(f"serving {project.site} on {address} (Ctrl-C ends it)", file=sys.stderr)
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
