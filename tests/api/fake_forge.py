"""GitHub and GitLab as far as a comment needs them, on this machine, and stricter than they are.

What is not exactly as their documentation says (method, path, headers, limits) is answered with an error and noted in
`wrong`, so that a test fails that would pass with a laxer fake.
"""

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
#: What each forge takes in one comment, in characters.
LIMITS = {"github": 65_536, "gitlab": 1_000_000}


@dataclass
class Forge:
    """`kind` is github or gitlab. `faults` are statuses that answer the next requests in place of the forge."""

    kind: str
    url: str = ""
    me: str = "mscode-bot"
    app: bool = False
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    merged: dict[str, int] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    faults: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    #: the same as `faults` for the next requests of one method, with the body of the answer
    of_method: dict[str, list[tuple[int, dict[str, str], Any]]] = field(default_factory=dict)
    #: statuses that answer the next POSTs although the comment was made
    lost: list[int] = field(default_factory=list)
    #: GitHub: the reviews of a run's environments, by the run's id
    reviews: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    #: GitLab: the deployments of an environment, newest first; the list shows no approvals, the page of each does
    deployments: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    #: what `commits/…/pulls` answers in place of what `merged` says
    pulls: list[dict[str, Any]] | None = None
    #: called once before the next POST is taken: what another job does in the meantime
    meanwhile: Any = None
    _last: int = 100

    def say(self, number: int, author: str, body: str) -> dict[str, Any]:
        """Somebody comments."""
        self._last += 1
        who = (
            {"user": {"login": author}} if self.kind == "github" else {"author": {"username": author}, "system": False}
        )
        comment = {"id": self._last, "body": body.rstrip(), **who}
        if self.kind == "github":
            comment["html_url"] = f"https://github.example.com/drive/drive/pull/{number}#issuecomment-{self._last}"
        self.comments.setdefault(number, []).append(comment)
        return comment

    @property
    def bodies(self) -> list[str]:
        return [one["body"] for comments in self.comments.values() for one in comments]

    # ---- answering: status, data, headers

    def answer(self, method: str, target: str, headers: dict[str, str], body: Any) -> tuple[int, Any, dict[str, str]]:
        self.requests.append(f"{method} {target}")
        if self.faults:
            status, more = self.faults.pop(0)
            return status, {"message": f"fault {status}"}, more
        if self.of_method.get(method):
            status, more, data = self.of_method[method].pop(0)
            return status, data, more
        problem = self._headers(method, headers) or (self._body(body) if body is not None else "")
        if problem:
            self.wrong.append(f"{method} {target}: {problem}")
            return 400, {"message": problem}, {}
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return self._route(method, parts.path, query, body)

    def _headers(self, method: str, headers: dict[str, str]) -> str:
        expected = (
            {
                "authorization": f"Bearer {TOKEN}",
                "accept": "application/vnd.github+json",
                "x-github-api-version": "2022-11-28",
            }
            if self.kind == "github"
            else {"job-token": TOKEN}
            if "job-token" in headers
            else {"private-token": TOKEN}
        )
        if method != "GET":
            expected["content-type"] = "application/json"
        missing = [name for name, value in expected.items() if headers.get(name) != value]
        if not headers.get("user-agent"):
            missing.append("user-agent")
        return f"headers {', '.join(missing)}" if missing else ""

    def _body(self, body: Any) -> str:
        if not isinstance(body, dict) or set(body) != {"body"} or not isinstance(body["body"], str):
            return "the body is not {body: text}"
        return "body is too long" if len(body["body"]) > LIMITS[self.kind] else ""

    def _route(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any, dict[str, str]]:
        for wanted, pattern, handle in self._routes():
            if wanted == method and (found := re.fullmatch(pattern, path)):
                return handle(query, body, *found.groups())
        self.wrong.append(f"{method} {path}: no such route")
        return 404, {"message": "Not Found"}, {}

    def _routes(self) -> list[tuple[str, str, Any]]:
        if self.kind == "github":
            return [
                ("GET", r"/user", self._who),
                ("GET", r"/repos/drive/drive/issues/(\d+)/comments", self._list),
                ("POST", r"/repos/drive/drive/issues/(\d+)/comments", self._create),
                ("PATCH", r"/repos/drive/drive/issues/comments/(\d+)", self._edit),
                ("GET", r"/repos/drive/drive/commits/([0-9a-f]+)/pulls", self._pulls),
                ("GET", r"/repos/drive/drive/actions/runs/(\d+)/approvals", self._reviews),
            ]
        return [
            ("GET", r"/api/v4/user", self._who),
            ("GET", r"/api/v4/projects/7/merge_requests/(\d+)/notes", self._list),
            ("POST", r"/api/v4/projects/7/merge_requests/(\d+)/notes", self._create),
            ("PUT", r"/api/v4/projects/7/merge_requests/\d+/notes/(\d+)", self._edit),
            ("GET", r"/api/v4/projects/7/repository/commits/([0-9a-f]+)/merge_requests", self._pulls),
            ("GET", r"/api/v4/projects/7/deployments", self._list_deployments),
            ("GET", r"/api/v4/projects/7/deployments/(\d+)", self._deployment),
        ]

    def _who(self, query: Any, body: Any) -> tuple[int, Any, dict[str, str]]:
        if self.app:
            return 403, {"message": "Resource not accessible by integration"}, {}
        return 200, {"login": self.me} if self.kind == "github" else {"username": self.me}, {}

    def _list(self, query: dict[str, str], body: Any, number: str) -> tuple[int, Any, dict[str, str]]:
        size, page = min(100, int(query.get("per_page", 30))), int(query.get("page", 1))
        found = self.comments.get(int(number), [])
        if self.kind == "gitlab" and (query.get("sort"), query.get("order_by")) != ("asc", "created_at"):
            found = found[::-1]
        rows = found[(page - 1) * size : page * size]
        more = page * size < len(found)
        if self.kind == "gitlab":
            return 200, rows, {"X-Next-Page": str(page + 1) if more else ""}
        # The address of a next page is a lure: a client that follows it sends its token elsewhere.
        return 200, rows, {"Link": '<https://elsewhere.example.com/?page=2>; rel="next"'} if more else {}

    def _create(self, query: Any, body: Any, number: str) -> tuple[int, Any, dict[str, str]]:
        if self.meanwhile is not None:
            (meanwhile, self.meanwhile) = (self.meanwhile, None)
            meanwhile()
        made = self.say(int(number), self.me, body["body"])
        return (self.lost.pop(0), {"message": "bad gateway"}, {}) if self.lost else (201, made, {})

    def _edit(self, query: Any, body: Any, id: str) -> tuple[int, Any, dict[str, str]]:
        for comment in (one for comments in self.comments.values() for one in comments):
            if comment["id"] == int(id):
                comment["body"] = body["body"].rstrip()
                return 200, comment, {}
        return 404, {"message": "Not Found"}, {}

    def _reviews(self, query: Any, body: Any, run: str) -> tuple[int, Any, dict[str, str]]:
        return 200, self.reviews.get(run, []), {}

    def _list_deployments(self, query: dict[str, str], body: Any) -> tuple[int, Any, dict[str, str]]:
        rows = self.deployments.get(query.get("environment", ""), [])
        if (query.get("sort"), query.get("order_by")) != ("desc", "id"):
            rows = rows[::-1]
        return 200, [{name: row[name] for name in row if name != "approvals"} for row in rows], {}

    def _deployment(self, query: Any, body: Any, id: str) -> tuple[int, Any, dict[str, str]]:
        rows = [row for rows in self.deployments.values() for row in rows if row["id"] == int(id)]
        return (200, rows[0], {}) if rows else (404, {"message": "404 Not Found"}, {})

    def _pulls(self, query: Any, body: Any, sha: str) -> tuple[int, Any, dict[str, str]]:
        if self.pulls is not None:
            return 200, self.pulls, {}
        name = "number" if self.kind == "github" else "iid"
        number = self.merged.get(sha)
        return 200, [{name: number, "merged_at": "2026-11-30T06:00:00Z"}] if number else [], {}


@contextmanager
def serving(kind: str) -> Iterator[Forge]:
    """A forge on a free port of this machine."""
    forge = Forge(kind)

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, data, more = forge.answer(self.command, self.path, headers, body)
            content = json.dumps(data).encode()
            if "Date" in more:
                self.send_response_only(status)
            else:
                self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(content)),
                **more,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: pytest shows what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forge.url = f"http://127.0.0.1:{server.server_port}{'/api/v4' if kind == 'gitlab' else ''}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
