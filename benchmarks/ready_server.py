"""Answers GET with what is in memory already, so that a benchmark measures who reads and not who serves.

    python benchmarks/ready_server.py PORT FOLDER

The files of the folder are the answers: `accounts.json` that of `/v1/accounts`, `groups__1__accounts.json` that of
`/v1/groups/1/accounts`. Every other list is empty. A line on stdout says when it serves.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    answers = {f"/v1/{file.stem.replace('__', '/')}": file.read_bytes() for file in folder.glob("*.json")}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = answers.get(self.path, b"[]")
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print("serving", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
