"""The embedded app and the environment's proxy."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mscode.api.client import Client
from mscode.errors import ApiError, ConfigError, UnknownOutcome
from mscode.http.transport import embedded, proxy_for
from tests.api.service import TOKEN

URL = "http://sandbox/v1"


async def echo(request: Request) -> Response:
    return JSONResponse(
        {"method": request.method, "body": (await request.body()).decode(), "token": request.headers["x-access-token"]}
    )


def number(request: Request) -> Response:
    time.sleep(0.005)
    return JSONResponse({"number": request.path_params["number"], "thread": threading.get_ident()})


async def slow(_: Request) -> Response:
    await anyio.sleep(30)
    return Response()


def broken(_: Request) -> Response:
    raise RuntimeError("a bug of the app")


ROUTES = [
    Route("/v1/echo/1", echo, methods=["GET", "POST", "PUT"]),
    Route("/v1/numbers/{number}", number),
    Route("/v1/slow", slow, methods=["POST"]),
    Route("/v1/broken", broken, methods=["POST"]),
]


def client(**settings: Any) -> Client:
    return Client(URL, TOKEN, transport=embedded(Starlette(routes=ROUTES)), **settings)


def test_the_embedded_app_gets_method_headers_and_body() -> None:
    with client() as embedded_client:
        assert embedded_client.put("/echo/1", {"a": 1}, what="x") == {
            "method": "PUT",
            "body": '{"a":1}',
            "token": TOKEN,
        }


def test_ten_threads_may_use_the_embedded_app_at_once() -> None:
    with client() as embedded_client, ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: embedded_client.get(f"/numbers/{n}", what="x")["number"], range(200)))
    assert answers == [str(n) for n in range(200)]


def test_a_bug_of_the_app_is_a_500_as_over_a_network() -> None:
    with client() as embedded_client, pytest.raises(UnknownOutcome) as caught:
        embedded_client.post("/broken", {}, what="x")
    assert caught.value.status == 500


def test_the_deadline_holds_for_the_embedded_app_too() -> None:
    start = time.monotonic()
    with client(deadline=0.1) as embedded_client, pytest.raises(UnknownOutcome, match=r"no answer within 0\.1 s"):
        embedded_client.post("/slow", {}, what="x")
    assert time.monotonic() - start < 5


def test_closing_stops_the_thread_of_the_embedded_app() -> None:
    before = threading.active_count()
    embedded_client = client()
    embedded_client.get("/echo/1", what="x")
    embedded_client.close()
    embedded_client.close()
    assert threading.active_count() <= before


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def test_the_environments_proxy_is_used_with_its_password(no_proxies: pytest.MonkeyPatch) -> None:
    no_proxies.setenv("HTTPS_PROXY", "http://anna:s%40cret@proxy.example.com:3128")
    proxy = proxy_for("https://api.example.com/v1")
    assert proxy is not None
    assert (proxy.url.host, proxy.url.port, proxy.auth) == (b"proxy.example.com", 3128, (b"anna", b"s@cret"))


def test_a_proxy_of_another_scheme_is_not_used(no_proxies: pytest.MonkeyPatch) -> None:
    no_proxies.setenv("HTTP_PROXY", "http://proxy.example.com:3128")
    assert proxy_for("https://api.example.com/v1") is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/v1", "http://localhost/v1", "https://api.inside.example/v1"])
def test_loopback_and_the_hosts_of_no_proxy_are_asked_directly(url: str, no_proxies: pytest.MonkeyPatch) -> None:
    no_proxies.setenv("ALL_PROXY", "http://proxy.example.com:3128")
    no_proxies.setenv("NO_PROXY", "inside.example")
    assert proxy_for(url) is None
    assert proxy_for("https://api.example.com/v1") is not None


def test_a_proxy_that_is_not_http_is_an_error_that_shows_no_password(no_proxies: pytest.MonkeyPatch) -> None:
    no_proxies.setenv("ALL_PROXY", "socks5://anna:secret@proxy.example.com:1080")
    with pytest.raises(ConfigError) as caught:
        proxy_for("https://api.example.com/v1")
    assert "secret" not in repr(caught.value.diagnostics)


def test_a_request_without_a_network_is_an_api_error(no_proxies: pytest.MonkeyPatch) -> None:
    no_proxies.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with (
        Client("https://api.example.com/v1", TOKEN, sleep=lambda _: None) as proxied,
        pytest.raises(
            ApiError,
            match=r"Could not connect to https://api\.example\.com:443, through the proxy http://127\.0\.0\.1:9 ",
        ),
    ):
        proxied.get("/groups", what="groups")
