"""An account in memory that takes accounts, groups and members, so that a benchmark measures who writes and not who serves.

    python benchmarks/taking_server.py PORT ACCOUNTS LATENCY

ACCOUNTS is a file with the list of the accounts that are there, each with the id of its place; every answer waits for LATENCY ms.
A line on stdout says when it serves; one on stdin makes it say how many requests it has answered since the last one.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TIMES = {"createdAt": "2026-11-30 06:00:01", "updatedAt": "2026-11-30 06:00:01"}


class Account:
    """Rows are kept as the bytes that a list has of them. Safe for many threads."""

    def __init__(self, accounts: Path) -> None:
        listed = json.loads(accounts.read_bytes())
        self._accounts = {str(at): json.dumps(row).encode() for at, row in enumerate(listed, 1)}
        self._groups: dict[str, dict[str, Any]] = {}
        self._members: dict[str, list[str]] = {}
        self._lock = threading.Lock()
        self.requests = 0

    def get(self, path: str) -> bytes:
        """The answer to a GET; a section that is not here is empty."""
        match path.removeprefix("/v1/").split("/"):
            case ["accounts"]:
                return b"[" + b",".join(self._accounts.values()) + b"]"
            case ["groups"]:
                return json.dumps(list(map(self._group, self._groups))).encode()
            case ["groups", group]:
                return json.dumps(self._group(group)).encode()
            case ["groups", group, "accounts"]:
                return b"[" + b",".join(map(self._accounts.__getitem__, self._members[group])) + b"]"
        return b"[]"

    def post(self, path: str, body: Any) -> bytes:
        """What was made; members, an array of objects with their ids, are answered by nothing."""
        with self._lock:
            match path.removeprefix("/v1/").split("/"):
                case ["accounts"]:
                    live_id = str(len(self._accounts) + 1)
                    self._accounts[live_id] = json.dumps({"accountId": live_id, **body, **TIMES}).encode()
                    return self._accounts[live_id]
                case ["groups"]:
                    live_id = str(len(self._groups) + 1)
                    self._groups[live_id] = {"groupId": live_id, **body, **TIMES}
                    self._members[live_id] = []
                    return json.dumps(self._group(live_id)).encode()
                case ["groups", group, "accounts"]:
                    self._members[group] += [str(row["accountId"]) for row in body]
                    return b"{}"
        raise LookupError(path)

    def _group(self, live_id: str) -> dict[str, Any]:
        return {**self._groups[live_id], "numberOfAccounts": len(self._members[live_id])}


def main() -> None:
    port, latency = int(sys.argv[1]), int(sys.argv[3])
    account = Account(Path(sys.argv[2]))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def do_GET(self) -> None:
            self._answer(200, account.get(self.path))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(201, account.post(self.path, body))

        def _answer(self, status: int, body: bytes) -> None:
            account.requests += 1
            time.sleep(latency / 1000)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("serving", flush=True)
    for _ in sys.stdin:
        print(account.requests, flush=True)
        account.requests = 0


if __name__ == "__main__":
    main()
