"""Connections that break at every point, seen from the socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.service import Service, running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(Path(tmp_path_factory.mktemp("wire")) / "sandbox.db") as made:
        yield made


@pytest.fixture(autouse=True)
def _afresh(service: Service) -> None:
    service.start_over("2026-12-01T07:00:00Z")


def connected(service: Service) -> socket.socket:
    parts = urlsplit(service.url)
    assert parts.hostname and parts.port
    return socket.create_connection((parts.hostname, parts.port), timeout=10)


def asked(service: Service, method: str = "GET", limit: int = 1 << 20, patience: float = 10) -> tuple[bytes, str]:
    """Everything that comes, and how it ends: `end`, `reset`, or `more` where it went on beyond `limit`."""
    body = b'{"name": "Crew", "description": ""}' if method == "POST" else b""
    head = (
        f"{method} /v1/groups HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
        f"X-Access-Token: {service.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    seen = b""
    with connected(service) as line:
        line.settimeout(patience)
        try:
            line.sendall(head.encode() + body)
            while piece := line.recv(65536):
                seen += piece
                if len(seen) > limit:
                    return seen, "more"
        except ConnectionResetError:
            return seen, "reset"
    return seen, "end"


def groups(service: Service) -> int:
    return len(service.get("/groups"))


def test_a_refused_connection_is_reset_before_anything_is_read(service: Service) -> None:
    groups(service)  # the control connection is open before
    service.fault(wire="refuse", times=2)
    for _ in range(2):
        with pytest.raises(ConnectionResetError), connected(service) as line:  # at once, or when it is read
            line.recv(1)
    assert service.requests() == ["GET /groups"]
    assert groups(service) == 0


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(("wire", "end"), [("reset", "reset"), ("close", "end")])
def test_no_answer_comes_whether_it_was_done_or_not(
    service: Service, wire: str, end: str, when: str, made: int
) -> None:
    service.fault(method="POST", path="/groups", wire=wire, when=when)
    assert asked(service, "POST") == (b"", end)
    assert groups(service) == made


def test_a_reset_comes_in_the_middle_of_the_headers(service: Service) -> None:
    service.fault(method="POST", path="/groups", wire="resetHead")
    seen, end = asked(service, "POST")
    assert seen.startswith(b"HTTP/1.1 201 ") and b"\r\n\r\n" not in seen
    assert (end, groups(service)) == ("reset", 1)


def test_a_reset_comes_in_the_middle_of_the_body(service: Service) -> None:
    service.fault(method="POST", path="/groups", wire="resetBody")
    seen, end = asked(service, "POST")
    _, _, body = seen.partition(b"\r\n\r\n")
    assert body.startswith(b'{"groupId"') and not body.endswith(b"}")
    assert (end, groups(service)) == ("reset", 1)


def test_fewer_bytes_come_than_were_promised(service: Service) -> None:
    service.fault(method="GET", path="/groups", wire="truncate", status=200, body=[])
    seen, end = asked(service)
    assert b"content-length: 66\r\n" in seen and seen.endswith(b"\r\n\r\n[]")
    assert end == "end"


def test_a_body_never_ends(service: Service) -> None:
    service.fault(method="GET", path="/groups", wire="endless")
    seen, end = asked(service, limit=3_000_000)
    assert end == "more" and b"content-length" not in seen[:500]
    assert groups(service) == 0, "the client has gone, and the service goes on"


def test_a_drip_gives_the_whole_answer_in_the_end(service: Service) -> None:
    service.fault(method="GET", path="/groups", wire="drip", interval_ms=0)
    seen, end = asked(service)
    assert seen.startswith(b"HTTP/1.1 200 OK\r\n") and seen.endswith(b"\r\n\r\n[]")
    assert end == "end"


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_client_that_stops_waiting_does_not_know_whether_it_was_done(service: Service, when: str, made: int) -> None:
    service.fault(method="POST", path="/groups", wire="close", when=when, delay_ms=1500)
    with pytest.raises(TimeoutError):
        asked(service, "POST", patience=0.3)
    assert groups(service) == made
