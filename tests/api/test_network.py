"""Real sockets: servers that break off, dribble, or are not there."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable

import pytest

from mscode.api.client import Client
from mscode.errors import ApiError, NotSent, UnknownOutcome
from tests.api.service import TOKEN, raw_server, read_request

Talk = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def whole(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(HEAD + b'Content-Length: 17\r\nConnection: close\r\n\r\n{"groupId": "1"}\n')


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_after_the_request(connection: socket.socket) -> None:
    read_request(connection)
    reset(connection)


def close_without_an_answer(connection: socket.socket) -> None:
    read_request(connection)


def break_in_the_headers(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(HEAD[:30])


def break_in_the_body(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"groupId": "1"}')


def break_in_a_chunk(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(HEAD + b'Transfer-Encoding: chunked\r\n\r\n10\r\n{"groupId')


def talk_nonsense(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"220 mail.example.com ESMTP\r\n")


def dribble(data: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)

    return talk


def answer_nothing(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


def one_after_the_other(*talks: Talk) -> Talk:
    left = iter(talks)

    def talk(connection: socket.socket) -> None:
        next(left)(connection)

    return talk


BROKEN: list[Talk] = [
    reset_after_the_request,
    close_without_an_answer,
    break_in_the_headers,
    break_in_the_body,
    break_in_a_chunk,
    talk_nonsense,
]
SLOW: list[Talk] = [
    answer_nothing,
    dribble(HEAD + b"X: " + b"x" * 2000),
    dribble(HEAD + b'Content-Length: 2000\r\n\r\n"' + b"x" * 2000),
    dribble(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 2000),
]


@pytest.mark.parametrize("talk", BROKEN)
def test_a_create_whose_connection_breaks_is_unknown(talk: Talk) -> None:
    with (
        raw_server(talk) as url,
        Client(url, TOKEN) as client,
        pytest.raises(UnknownOutcome, match="the connection broke"),
    ):
        client.post("/groups", {"name": "x"}, what="groups.a")
    assert client.requests == 1


@pytest.mark.parametrize("talk", BROKEN)
def test_a_get_whose_connection_breaks_is_repeated(talk: Talk) -> None:
    with (
        raw_server(one_after_the_other(talk, whole)) as url,
        Client(url, TOKEN, sleep=lambda _: None) as client,
    ):
        assert client.get("/groups/1", what="groups.a") == {"groupId": "1"}
    assert client.requests == 2


@pytest.mark.parametrize("talk", SLOW)
def test_one_deadline_holds_for_headers_and_body_together(talk: Talk) -> None:
    start = time.monotonic()
    with (
        raw_server(talk) as url,
        Client(url, TOKEN, deadline=0.3) as client,
        pytest.raises(UnknownOutcome, match=r"no answer within 0.3 s"),
    ):
        client.post("/groups", {}, what="groups.a")
    assert time.monotonic() - start < 2


def test_what_is_under_way_ends_soon_after_a_signal() -> None:
    with raw_server(answer_nothing) as url, Client(url, TOKEN, deadline=30) as client:
        threading.Timer(0.1, client.limit_remaining_time, [0.1]).start()
        start = time.monotonic()
        with pytest.raises(UnknownOutcome):
            client.post("/groups", {}, what="groups.a")
        assert time.monotonic() - start < 3


def test_nobody_listening_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (
        Client(f"http://127.0.0.1:{port}/v1", TOKEN) as client,
        pytest.raises(
            NotSent, match=rf"Could not connect to http://127.0.0.1:{port} \(connection refused; tried 1 time\)"
        ) as caught,
    ):
        client.post("/groups", {}, what="groups.a")
    assert caught.value.exit_code == 1


def test_a_host_without_tls_means_that_nothing_was_sent() -> None:
    def answer_plain(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with (
        raw_server(answer_plain) as url,
        Client(url.replace("http:", "https:"), TOKEN) as client,
        pytest.raises(NotSent),
    ):
        client.post("/groups", {}, what="groups.a")


def test_a_connection_is_used_again() -> None:
    accepted = 0

    def keep(connection: socket.socket) -> None:
        nonlocal accepted
        accepted += 1
        for _ in range(2):
            read_request(connection)
            connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")

    with raw_server(keep) as url, Client(url, TOKEN) as client:
        client.get("/groups/1", what="g")
        client.get("/groups/2", what="g")
    assert accepted == 1


def test_the_headers_on_the_wire_are_what_the_service_asks_for() -> None:
    seen = b""

    def note(connection: socket.socket) -> None:
        nonlocal seen
        seen = read_request(connection)
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    with raw_server(note) as url, Client(url, TOKEN) as client:
        assert client.delete("/groups/1", what="g")
    head = seen.decode().lower()
    assert head.startswith("delete /v1/groups/1 http/1.1\r\n")
    assert head.count("content-type: application/json") == head.count("accept: application/json") == 1
    assert f"x-access-token: {TOKEN}".lower() in head and f"x-authentication-token: {TOKEN}".lower() in head


def test_netrc_adds_nothing(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    seen = b""

    def note(connection: socket.socket) -> None:
        nonlocal seen
        seen = read_request(connection)
        connection.sendall(HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")

    (tmp_path / "netrc").write_text("machine 127.0.0.1 login anna password netrc-secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with raw_server(note) as url, Client(url, TOKEN) as client:
        client.get("/groups/1", what="g")
    assert b"authorization" not in seen.lower()


def test_a_get_that_gets_too_large_an_answer_is_not_repeated() -> None:
    def huge(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(HEAD + b'Content-Length: 100000\r\n\r\n"' + b"x" * 99_998 + b'"')

    with (
        raw_server(huge) as url,
        Client(url, TOKEN, body_limit=1000) as client,
        pytest.raises(ApiError, match="larger than"),
    ):
        client.get("/groups/1", what="groups.a")
    assert client.requests == 1


def test_a_short_body_goes_out_with_the_head_of_its_request() -> None:
    arrived: list[bytes] = []

    def read_once(connection: socket.socket) -> None:
        arrived.append(connection.recv(65536))
        connection.sendall(HEAD + b'Content-Length: 17\r\nConnection: close\r\n\r\n{"groupId": "1"}\n')

    with raw_server(read_once) as url, Client(url, TOKEN) as client:
        assert client.create("/groups", {"name": "donors"}, what="groups.donors", id_field="groupId").id == "1"
    (request,) = arrived
    assert request.startswith(b"POST ")
    assert b'"donors"' in request
