"""The sandbox as an HTTP server."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from mscode.sandbox.serve import serve

_SERVER = """
import sys
from datetime import datetime, UTC
from mscode.sandbox.serve import serve
serve("127.0.0.1", 0, sys.argv[1], 50, datetime(2026, 12, 1, 7, tzinfo=UTC), 1, None,
      lambda url, token: print(url, token, flush=True))
print("ended", flush=True)
"""
HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


class Server:
    def __init__(self, db: Path) -> None:
        command = [sys.executable, "-c", _SERVER, str(db)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url, self.token = self.process.stdout.readline().split()
        self.client = httpx.Client(
            base_url=self.url, headers={**HEADERS, "X-Access-Token": self.token}, trust_env=False
        )

    def stop(self, number: int) -> tuple[int, str, str]:
        self.client.close()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=10)
        return self.process.returncode, out, err


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path / "sandbox.db")
    yield started
    started.client.close()
    with started.process:  # closes its pipes and waits
        started.process.kill()


def test_it_serves_with_one_date_and_no_name_and_ends_cleanly(server: Server) -> None:
    assert server.url.startswith("http://127.0.0.1:")
    assert server.url.endswith("/v1")
    response = server.client.post("/groups", json={"name": "Crew", "description": ""})
    assert response.status_code == 201
    assert response.headers["location"] == f"{server.url}/groups/1"
    assert response.headers.get_list("date")[0].startswith("Tue, 01 Dec 2026 07:00:")
    assert len(response.headers.get_list("date")) == 1
    assert "server" not in response.headers
    assert response.http_version == "HTTP/1.1"
    assert httpx.get(f"{server.url}/groups", headers=HEADERS, trust_env=False).status_code == 401
    assert server.stop(signal.SIGTERM) == (0, "ended\n", "")


def test_latency_does_not_queue_up_and_an_interrupt_is_no_failure(server: Server) -> None:
    started = time.perf_counter()
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda _: server.client.get("/groups").status_code, range(40)))
    took = time.perf_counter() - started
    assert statuses == [200] * 40
    assert 0.2 < took < 1.5, "40 requests of 50 ms, ten at a time"
    assert server.stop(signal.SIGINT) == (0, "ended\n", "")


def test_a_dropped_connection_is_broken_and_the_next_one_works(server: Server) -> None:
    control = server.url.replace("/v1", "/__sandbox")
    server.client.post(f"{control}/faults", json={"path": "/groups", "drop": True})
    with pytest.raises(httpx.TransportError):
        server.client.get("/groups")
    assert server.client.get("/groups").status_code == 200
    assert server.stop(signal.SIGTERM) == (0, "ended\n", "")


def test_a_taken_port_is_an_oserror(server: Server, tmp_path: Path) -> None:
    port = int(server.url.split(":")[2].removesuffix("/v1"))
    with pytest.raises(OSError, match=r"[Aa]ddress"):
        serve("127.0.0.1", port, tmp_path / "other.db", 0, datetime(2026, 12, 1, tzinfo=UTC), 1, None, lambda *_: None)
