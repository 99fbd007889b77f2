"""The served page as anybody may reach it: what is answered, to whom, and what a client that means no good can do."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from mscode.app.live import site as site_module
from mscode.app.live.address import Address
from mscode.app.live.server import Limits, serving
from mscode.app.live.site import Site
from mscode.errors import ConfigError, UsageError
from tests.views.live_pages import live_page

QUICK = Limits(connections=20, request_seconds=0.25, answer_seconds=0.5, idle_seconds=1)
GET = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
PATHS = ("/", "/live.js", "/metrics", "/healthz")


@pytest.fixture
def site() -> Site:
    site = Site(60)
    site.show(live_page(), is_current=True)
    return site


@contextmanager
def served(site: Site) -> Iterator[str]:
    address = Address("127.0.0.1", 0)
    with serving([(site.app(address), address)], QUICK) as [url]:
        yield url
        site.close()


@pytest.fixture
def own_url(site: Site) -> Iterator[str]:
    """For a test that changes the site."""
    with served(site) as url:
        yield url


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    site = Site(3600)
    site.show(live_page(), is_current=True)
    with served(site) as url:
        yield url


def raw(url: str, sent: bytes, seconds: float = 10.0) -> bytes:
    """What is answered to these bytes, until the connection ends."""
    parts = urlsplit(url)
    received = b""
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=seconds) as connection:
        try:
            connection.sendall(sent)
            while part := connection.recv(65536):
                received += part
        except ConnectionError:
            pass
    return received


# ---- what is answered ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_says_that_it_may_load_nothing_and_be_kept_nowhere(url: str, path: str) -> None:
    answer = httpx.get(url + path)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not {"set-cookie", "server", "access-control-allow-origin"} & set(answer.headers)


def test_the_page_is_the_page_and_metrics_have_their_type(url: str) -> None:
    assert "mscode halt rsvpCalls.invite" in httpx.get(url).text
    metrics = httpx.get(f"{url}/metrics")
    assert metrics.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert metrics.text.endswith("# EOF\n")
    assert httpx.get(f"{url}/healthz").text == "ok\n"


@pytest.mark.parametrize("path", [*PATHS, "/events", "/nothing"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "LAUNCH"])
def test_nothing_but_get_and_head(url: str, path: str, method: str) -> None:
    answer = httpx.request(method, url + path, content=b"x")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", [*PATHS, "/events"])
def test_head_is_get_without_a_body(url: str, path: str) -> None:
    answer = httpx.head(url + path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/live.css", "/..", "/%2e%2e/etc/passwd", "//", "/index.html", "/metrics/", "/%00", "/hook/CANARY"]
)
def test_there_is_nothing_else_and_the_path_is_not_said(url: str, path: str) -> None:
    answer = raw(url, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.endswith(b"not found\n")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "LOCALHOST:80", "[::1]:8080", "127.9.9.9"])
def test_names_of_this_machine_are_served(url: str, host: str) -> None:
    assert httpx.get(url, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "[::1].evil"]
)
def test_other_names_on_loopback_are_refused(url: str, host: str) -> None:
    for path in (*PATHS, "/events"):
        answer = raw(url, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert answer.split()[1] in (b"421", b"400")
        assert b"rsvpCalls" not in answer


def test_two_names_or_none_are_refused(url: str) -> None:
    two = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert raw(url, two).split()[1] in (b"400", b"421")
    assert raw(url, b"GET / HTTP/1.0\r\n\r\n").split()[1] == b"421"


def test_where_a_host_is_named_any_name_is_served(site: Site) -> None:
    app = site.app(Address("0.0.0.0", 0))
    with serving([(app, Address("127.0.0.1", 0))], QUICK) as [url]:
        assert httpx.get(url, headers={"Host": "duty.example.com"}).status_code == 200
        site.close()


# ---- health ----------------------------------------------------------------------------------------------------------


def test_it_is_healthy_while_the_account_is_read() -> None:
    seconds = [100.0]
    site = Site(60, clock=lambda: seconds[0])
    with served(site) as url:

        def statuses() -> list[int]:
            return [httpx.get(url + path).status_code for path in ("/healthz", "/", "/metrics")]

        assert statuses() == [503, 503, 503], "nothing was read yet"
        site.show(live_page(), is_current=True)
        seconds[0] = 160
        assert statuses() == [200, 200, 200]
        seconds[0] = 161
        site.show(live_page(), is_current=False)
        assert statuses() == [503, 200, 200], "the last reading that succeeded is too old"
        assert "cannot be read at the moment" in httpx.get(url).text


# ---- events ----------------------------------------------------------------------------------------------------------


def test_events_say_that_there_is_a_newer_page(site: Site, own_url: str) -> None:
    with httpx.stream("GET", f"{own_url}/events", timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        seen = [next(lines) for _ in range(6)]
        assert seen == ["retry: 3000", "", "id: 1", "event: page", "data: 1", ""]
        site.show(live_page(), is_current=True)
        assert [next(lines) for _ in range(3)] == ["id: 2", "event: page", "data: 2"]


def test_a_stream_shows_that_it_is_alive(site: Site, own_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_module, "HEARTBEAT", 0.1)
    with httpx.stream("GET", f"{own_url}/events", timeout=20) as answer:
        lines = answer.iter_lines()
        assert ": still here" in [next(lines) for _ in range(8)]


def test_a_stream_ends_after_its_time_and_with_the_program(
    site: Site, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_module, "LONGEST_STREAM", 0.3)
    assert httpx.get(f"{own_url}/events", timeout=20).text.startswith("retry")
    monkeypatch.setattr(site_module, "LONGEST_STREAM", 3600)
    with httpx.stream("GET", f"{own_url}/events", timeout=20) as answer:
        begun = time.monotonic()
        site.close()
        answer.read()
        assert time.monotonic() - begun < 8


def test_streams_are_bounded_and_given_back(site: Site, own_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_module, "MOST_STREAMS", 2)
    with httpx.stream("GET", f"{own_url}/events", timeout=20), httpx.stream("GET", f"{own_url}/events", timeout=20):
        refused = httpx.get(f"{own_url}/events")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
        assert httpx.get(own_url).status_code == 200
    deadline = time.monotonic() + 30
    while site.streams and time.monotonic() < deadline:
        time.sleep(0.02)
    assert site.streams == 0


# ---- clients that mean no good ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", ["", "GET / HT", f"{GET}X: ", f"{GET}Content-Length: 9\r\n\r\nx"])
def test_a_request_that_does_not_come_whole_is_cut(url: str, begun: str) -> None:
    start = time.monotonic()
    raw(url, begun.encode(), seconds=10)
    assert time.monotonic() - start < 8


def test_a_slow_drip_of_headers_is_cut(url: str) -> None:
    parts = urlsplit(url)
    start = time.monotonic()
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=0.05) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        while _drips(connection) and time.monotonic() - start < 12:
            pass
    assert time.monotonic() - start < 8


def _drips(connection: socket.socket) -> bool:
    """Send one more header; is the connection still there?"""
    try:
        connection.sendall(b"X-a: b\r\n")
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def test_a_head_that_is_too_long_is_refused(url: str) -> None:
    for head in (b"GET /" + b"a" * 70_000, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000):
        answer = raw(url, head)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


def test_of_too_many_connections_the_oldest_idle_one_is_closed(url: str) -> None:
    parts = urlsplit(url)
    opened = [socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) for _ in range(60)]
    try:
        assert httpx.get(url).status_code == 200
    finally:
        for connection in opened:
            connection.close()


def odd_requests() -> Iterator[bytes]:
    """Requests as scanners, broken clients and people with bad intentions send them; each holds CANARY or nothing of its own."""
    chance = random.Random(14)
    methods = ["GET", "HEAD", "POST", "get", "G\x00T", "CANARY", "PRI", ""]
    targets = [
        "/",
        "/CANARY",
        "*",
        "http://CANARY/",
        "/metrics?CANARY",
        "/events/../CANARY",
        "/%ff%fe",
        "/a b",
        "//CANARY",
        "\\",
        "/\r\nX: CANARY",
        "?",
    ]
    versions = ["HTTP/1.1", "HTTP/1.0", "HTTP/2", "HTTP/0.9", "", "CANARY/1.1"]
    headers = [
        "Host: 127.0.0.1",
        "Host: CANARY",
        "Host:",
        "Content-Length: 5",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: CANARY",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Expect: 100-continue",
        "X: " + "CANARY" * 50,
        "Cookie: CANARY",
        " folded",
        "Range: bytes=0-CANARY",
        "Accept-Encoding: gzip",
        "\x00: \xff",
        "If-None-Match: *",
    ]
    for _ in range(300):
        lines = [f"{chance.choice(methods)} {chance.choice(targets)} {chance.choice(versions)}"]
        lines += chance.sample(headers, chance.randrange(5))
        end = chance.choice(["\r\n\r\n", "\n\n", "\r\n", "\r\n\r\nCANARY", "\r\n\r\n5\r\nhello\r\n0\r\n\r\n"])
        yield chance.choice(["\r\n", "\r\n", "\n"]).join([*lines, "Connection: close"]).encode("latin-1") + end.encode()
    for _ in range(100):
        yield chance.randbytes(chance.randrange(1, 400))


def test_odd_requests_get_an_answer_without_anything_of_theirs_and_the_page_stays(url: str) -> None:
    requests = list(odd_requests())
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda sent: raw(url, sent), requests))
    for sent, answer in zip(requests, answers, strict=True):
        assert b"CANARY" not in answer, sent
        assert b"Traceback" not in answer, sent
        assert answer == b"" or answer.split()[1] in (b"100", b"200", b"400", b"404", b"405", b"421"), sent
    assert len({answer.split()[1] for answer in answers if answer}) > 3, "the requests are odd in several ways"
    assert httpx.get(url).status_code == 200


# ---- where it listens ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address", "is_local"),
    [
        ("8080", "127.0.0.1:8080", True),
        ("0", "127.0.0.1:0", True),
        ("localhost:80", "localhost:80", True),
        ("0.0.0.0:8080", "0.0.0.0:8080", False),
        ("[::1]:8080", "[::1]:8080", True),
        ("[::]:8080", "[::]:8080", False),
        ("duty.example.com:443", "duty.example.com:443", False),
    ],
)
def test_an_address_is_a_port_with_a_host_or_none(text: str, address: str, is_local: bool) -> None:
    read = Address.parse(text, "--serve")
    assert (str(read), read.is_local) == (address, is_local)


@pytest.mark.parametrize(
    "text", ["", "x", "65536", "-1", ":80", "http://a:80", "a:b", "::1:80", "1.5", "٣", "a b:80", "80\n"]
)
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match=r"--serve takes \[HOST:\]PORT"):
        Address.parse(text, "--serve")


@pytest.mark.parametrize("host", ["..", "a..b", "a" * 64])
def test_a_host_that_no_host_can_be_called_is_an_error(site: Site, host: str) -> None:
    address = Address.parse(f"{host}:0", "--serve")
    with pytest.raises(ConfigError, match="cannot listen on"), serving([(site.app(address), address)]):
        pass


def test_a_port_that_is_taken_is_an_error(site: Site, own_url: str) -> None:
    address = Address("127.0.0.1", urlsplit(own_url).port or 0)
    with pytest.raises(ConfigError, match=r"cannot listen on 127\.0\.0\.1:"), serving([(site.app(address), address)]):
        pass
