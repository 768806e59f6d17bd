"""A server that answers what gcsfs asks of Cloud Storage's JSON API: list, describe, read."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = 2  # objects in one answer to a listing


@dataclass
class Bucket:
    """The objects of a bucket, and the requests that were made."""

    objects: dict[str, tuple[bytes, int]] = field(default_factory=dict)  # content, generation
    encodings: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    refuses: bool = False
    written: int = 0

    def put(self, name: str, content: bytes) -> None:
        """Writes an object: another generation of it, if it is there."""
        self.written += 1
        self.objects[name] = (content, 1_770_000_000_000_000 + self.written)

    def about(self, name: str) -> dict[str, Any]:
        content, generation = self.objects[name]
        seconds = generation - 1_770_000_000_000_000
        about = {
            "name": name,
            "bucket": "landing",
            "size": str(len(content)),
            "generation": str(generation),
            "etag": f"etag-{generation}",
            "updated": f"2026-02-01T11:00:{seconds:02}.123Z",
            "timeCreated": "2026-02-01T10:00:00.000Z",
        }
        return about | ({"contentEncoding": self.encodings[name]} if name in self.encodings else {})


@contextmanager
def served(bucket: Bucket) -> Iterator[str]:
    """The address at which the bucket `landing` is served."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(url.query))
            bucket.requests.append(self.path)
            _, _, tail = url.path.partition("/b/landing/o")
            name = urllib.parse.unquote(tail.removeprefix("/"))
            if bucket.refuses:
                self.answer(403, json.dumps({"error": {"code": 403, "message": "secret"}}).encode())
            elif not name:
                self.answer(200, self.listing(query))
            elif name not in bucket.objects:
                self.answer(404, b"{}")
            elif "/download/" in url.path or query.get("alt") == "media":
                self.content(bucket.objects[name][0])
            else:
                self.answer(200, json.dumps(bucket.about(name)).encode())

        def listing(self, query: dict[str, str]) -> bytes:
            names = sorted(each for each in bucket.objects if each.startswith(query["prefix"]))
            start = int(query.get("pageToken", 0))
            said: dict[str, Any] = {
                "kind": "storage#objects",
                "items": [bucket.about(name) for name in names[start : start + PAGE]],
            }
            if start + PAGE < len(names):
                said["nextPageToken"] = str(start + PAGE)
            return json.dumps(said).encode()

        def content(self, whole: bytes) -> None:
            asked = self.headers.get("Range", f"bytes=0-{len(whole) - 1}")
            first, last = asked.removeprefix("bytes=").split("-")
            part = whole[int(first) : int(last) + 1]
            self.answer(206 if "Range" in self.headers else 200, part)

        def answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
