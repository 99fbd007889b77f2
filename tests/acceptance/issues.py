"""A local GitHub that knows nothing but issues, and is strict about what it is asked."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "forge-token-0123456789"
ME = "github-actions[bot]"
LONGEST_BODY = 65_536
_PATH = re.compile(r"/repos/drive/drive/issues(?:/(\d+))?\Z")
_MAY_SET = {"POST": {"title", "body"}, "PATCH": {"title", "body", "state", "state_reason"}}


@dataclass
class Issues:
    """The issues in the order in which they were made, and what was asked wrongly or refused."""

    url: str = ""
    issues: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refuse: int = 0
    #: statuses of a rate limit that answer the next writes, with a second to wait
    limits: list[int] = field(default_factory=list)

    def add(self, body: str, author: str = ME, **more: Any) -> dict[str, Any]:
        number = len(self.issues) + 1
        issue = {"number": number, "title": "", "body": body, "state": "open", "user": {"login": author}, **more}
        self.issues.append(issue)
        return issue

    @property
    def open(self) -> list[dict[str, Any]]:
        return [one for one in self.issues if one["state"] == "open"]

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any]:
        """Status and JSON for one request."""
        parts = urlsplit(target)
        self.asked.append(f"{method} {parts.path}")
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        found = _PATH.match(parts.path)
        if self.refuse or not found:
            return self.refuse or 404, {"message": "Not Found"}
        if method != "GET" and self.limits:
            return self.limits.pop(0), {"message": "You have exceeded a secondary rate limit"}
        if method == "GET":
            return self._page({name: values[0] for name, values in parse_qs(parts.query).items()})
        return self._write(method, found[1], json.loads(body))

    def _page(self, query: dict[str, str]) -> tuple[int, Any]:
        size, page = int(query["per_page"]), int(query["page"])
        assert size <= 100
        assert query["state"] == "open"
        return 200, self.open[(page - 1) * size : page * size]

    def _write(self, method: str, number: str | None, data: dict[str, Any]) -> tuple[int, Any]:
        if set(data) - _MAY_SET[method] or len(data.get("body", "")) > LONGEST_BODY:
            return 422, {"message": "Validation Failed"}
        if method == "POST" and number is None and data.get("title"):
            issue = self.add(data["body"], title=data["title"])
            return 201, issue
        if method == "PATCH" and number is not None:
            issue = self.issues[int(number) - 1]
            issue.update(data)
            return 200, issue
        return 422, {"message": "Validation Failed"}


@contextmanager
def serving() -> Iterator[Issues]:
    """The forge on a free port of this machine, until the block ends."""
    forge = Issues()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, data = forge.answer(self.command, self.path, self.headers, body)
            content = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if "rate limit" in str(data):
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _handle

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    forge.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
