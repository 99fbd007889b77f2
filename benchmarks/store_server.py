"""A store that speaks as much of S3 as a state needs, without signatures and in memory: objects with ETags, and conditional writes.

The store of the tests (moto) takes several milliseconds a request, which would be measured in the place of the state.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OBJECTS: dict[str, bytes] = {}
WRITES = {"count": 0, "bytes": 0}
_LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        content = OBJECTS.get(self.path)
        self.answer(200 if content is not None else 404, content or b"")

    do_HEAD = do_GET

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        with _LOCK:
            now = OBJECTS.get(self.path)
            wanted, is_new = self.headers.get("If-Match"), self.headers.get("If-None-Match") == "*"
            if (is_new and now is not None) or (wanted and (now is None or etag(now) != wanted)):
                self.answer(412, b"")
                return
            OBJECTS[self.path] = content
            WRITES["count"] += 1
            WRITES["bytes"] += len(content)
        self.answer(200, b"", etag(content))

    def answer(self, status: int, content: bytes, tag: str = "") -> None:
        self.send_response(status)
        self.send_header("ETag", tag or etag(content))
        self.send_header("Last-Modified", "Mon, 30 Nov 2026 08:00:00 GMT")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def main() -> None:
    """Serve until standard input ends; then one line of JSON with what was written, and the processor's seconds."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()
    print(json.dumps({**WRITES, "seconds": time.process_time()}), flush=True)


if __name__ == "__main__":
    main()
