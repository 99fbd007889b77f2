"""A small server of the Terraform HTTP state protocol, with GitLab's lock too, and switches for trouble."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD = "robot", "s3cret-canary"


@dataclass
class Kept:
    """What the server keeps, and what it was asked: (method, path, lock id) of each request."""

    documents: dict[str, bytes] = field(default_factory=dict)
    locks: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    password: str = ""
    #: statuses to answer with before (or, with "lost", after) carrying out, by method
    trouble: dict[str, list[int]] = field(default_factory=dict)
    lost_answers: dict[str, int] = field(default_factory=dict)
    #: the end of a path to the status that a write there is answered with
    refused: dict[str, int] = field(default_factory=dict)
    redirect_to: str = ""
    has_locks: bool = True
    #: says yes to every lock, as a proxy or a file server may
    says_yes: bool = False
    #: seconds that each answer takes
    delay: float = 0.0
    #: bytes of all documents that were written
    received: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def count(self, method: str) -> int:
        return sum(asked == method for asked, _, _ in self.asked)


class _Handler(BaseHTTPRequestHandler):
    kept: Kept
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(self.kept.delay)
        lock_id = parse_qs(parts.query).get("ID", [""])[0]
        with self.kept.guard:
            self.kept.asked.append((self.command, parts.path, lock_id))
            status, answer = self._status(parts.path, lock_id, body)
            if self.kept.lost_answers.get(self.command, 0) > 0:
                self.kept.lost_answers[self.command] -= 1
                self.close_connection = True
                return
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", self.kept.redirect_to)
        if status == 401:
            self.send_header("WWW-Authenticate", "Basic")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _status(self, path: str, lock_id: str, body: bytes) -> tuple[int, bytes]:
        if self.kept.password and self.headers.get("Authorization") != _basic(self.kept.password):
            return 401, b""
        if self.kept.redirect_to:
            return 307, b""
        if self.kept.trouble.get(self.command):
            return self.kept.trouble[self.command].pop(0), b"<html>trouble</html>"
        if self.command in ("LOCK", "UNLOCK") or path.endswith("/lock"):
            return self._lock(path.removesuffix("/lock"), body)
        return self._document(path, lock_id, body)

    def _lock(self, name: str, body: bytes) -> tuple[int, bytes]:
        if self.kept.says_yes:
            return 200, b""
        if not self.kept.has_locks:
            return 405, b""
        wanted, held = json.loads(body), self.kept.locks.get(name)
        taken = 409 if self.command == "POST" else 423
        if self.command in ("LOCK", "POST"):
            if held:
                return taken, json.dumps(held).encode()
            self.kept.locks[name] = wanted
            return 200, b""
        if held is None:
            return 404, b""
        if held["ID"] != wanted["ID"]:
            return 409, json.dumps(held).encode()
        del self.kept.locks[name]
        return 200, b""

    def _document(self, name: str, lock_id: str, body: bytes) -> tuple[int, bytes]:
        if self.command == "GET":
            found = self.kept.documents.get(name)
            return (200, found) if found else (404, b"")
        if status := next((status for end, status in self.kept.refused.items() if name.endswith(end)), 0):
            return status, b""
        held = self.kept.locks.get(name)
        if held and held["ID"] != lock_id:
            return 423, json.dumps(held).encode()
        if (
            name.startswith("/api/v4/")
            and self.command == "POST"
            and (status := self._gitlab_refusal(name, lock_id, body))
        ):
            return status, b""
        if self.command == "DELETE":
            self.kept.documents.pop(name, None)
        else:
            self.kept.documents[name] = body
            self.kept.received += len(body)
        return 200, b""

    def _gitlab_refusal(self, name: str, lock_id: str, body: bytes) -> int:
        """GitLab refuses the ID of a lock that nobody holds, and keeps versions by their serials; 0 where it takes the document."""
        if lock_id and name not in self.kept.locks:
            return 409
        try:
            before = json.loads(self.kept.documents.get(name, b"")).get("serial", -1)
        except ValueError:
            before = -1
        return 0 if json.loads(body)["serial"] > before else 422

    do_GET = do_POST = do_PUT = do_DELETE = do_LOCK = do_UNLOCK = handle_any


def force(address: str, content: bytes) -> None:
    """Put a document there behind the back of every lock."""
    parts = urlsplit(address)
    _SERVERS[parts.port or 0].documents[parts.path] = content


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed leaves a broken pipe behind, and that is meant."""


_SERVERS: dict[int, Kept] = {}


def _basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode()


@contextmanager
def state_server() -> Iterator[tuple[str, Kept]]:
    """Its URL, and what it keeps."""
    kept = Kept()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"kept": kept}))
    _SERVERS[server.server_port] = kept
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", kept
    finally:
        server.shutdown()
        server.server_close()
