"""What comes back: lists, objects, and bodies that are not what they should be."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest

from mscode.errors import ApiError
from tests.api.service import Service, client_of, page


def get(response: httpx.Response, **settings: Any) -> Any:
    return client_of(Service(response), **settings).get("/groups/1", what="groups.a")


def rows(response: httpx.Response) -> list[dict[str, Any]]:
    return client_of(Service(response)).list("/groups", what="groups")


def json_text(text: str | bytes, **headers: str) -> httpx.Response:
    return httpx.Response(200, content=text, headers={"content-type": "application/json", **headers})


def test_a_bare_array_is_a_list() -> None:
    assert rows(httpx.Response(200, json=[{"groupId": "1"}])) == [{"groupId": "1"}]


def test_an_object_with_one_array_is_a_list() -> None:
    assert rows(httpx.Response(200, json={"total": 1, "groups": [{"groupId": "1"}]})) == [{"groupId": "1"}]


@pytest.mark.parametrize("data", [{}, {"a": [], "b": []}, "text", 1, None, [1], [{"a": 1}, None]])
def test_anything_else_is_no_list(data: Any) -> None:
    with pytest.raises(ApiError, match=r"groups: GET /groups"):
        rows(httpx.Response(200, json=data))


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(206, json=[]),
        httpx.Response(200, json=[], headers={"Link": '</groups?page=2>; rel="next"'}),
        httpx.Response(200, json=[], headers={"Link": "</groups?page=2>; rel=next"}),
    ],
)
def test_a_list_that_says_it_goes_on_is_refused(response: httpx.Response) -> None:
    with pytest.raises(ApiError, match="not complete"):
        rows(response)


def test_an_object_that_is_gone_is_none() -> None:
    assert client_of(Service(httpx.Response(404, json={"error": "gone"}))).find("/groups/1", what="groups.a") is None
    assert client_of(Service(httpx.Response(404))).find("/groups/1", what="groups.a") is None


def test_a_404_page_of_some_proxy_does_not_say_that_an_object_is_gone() -> None:
    with pytest.raises(ApiError, match=r"groups.a: GET /groups/1 answered 404") as caught:
        client_of(Service(page(404, "<h1>default backend</h1>"))).find("/groups/1", what="groups.a")
    assert caught.value.status == 404


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": 1e999}',
        "[" * 100_000,
        "\xff".encode("latin-1"),
        '["\\ud800"]',
        "[" * 300 + "]" * 300,
    ],
)
def test_what_is_no_sound_json_is_an_error(text: str | bytes) -> None:
    with pytest.raises(ApiError, match=r"groups.a: GET /groups/1 answered 200"):
        get(json_text(text))


@pytest.mark.parametrize("text", ['"\\ud83d\\ude00"', "\ufeff{}", "[" * 150 + "]" * 150, "-0.5"])
def test_unusual_but_sound_json_is_read(text: str) -> None:
    get(json_text(text.encode()))


def test_a_page_is_no_answer_whatever_its_status() -> None:
    with pytest.raises(ApiError, match="the answer is text/html, not JSON"):
        get(page(200))


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/problem+json", "text/json", ""]
)
def test_json_has_several_media_types(kind: str) -> None:
    assert get(json_text("{}", **{"content-type": kind})) == {}


def test_an_empty_answer_to_a_get_is_an_error() -> None:
    with pytest.raises(ApiError, match="the answer is empty"):
        get(httpx.Response(200))


def test_a_body_over_the_limit_is_cut_off() -> None:
    with pytest.raises(ApiError, match="larger than 1,000 bytes"):
        get(json_text('"' + "x" * 1000 + '"'), body_limit=1000)


def test_a_small_gzip_of_a_huge_body_is_cut_off_too() -> None:
    bomb = gzip.compress(b'"' + b"x" * 50_000_000 + b'"', mtime=0)
    assert len(bomb) < 100_000
    with pytest.raises(ApiError, match="larger than 1,000,000 bytes"):
        get(_Stream.answer(bomb), body_limit=1_000_000)


def test_a_compressed_answer_is_read() -> None:
    assert get(_Stream.answer(gzip.compress(b'{"a": 1}', mtime=0))) == {"a": 1}


@pytest.mark.parametrize(
    ("encoding", "content"),
    [("gzip", b"not gzip"), ("gzip", gzip.compress(b"{}", mtime=0)[:-4]), ("br", b"x"), ("gzip, gzip", b"x")],
)
def test_a_body_that_cannot_be_decompressed_is_an_error(encoding: str, content: bytes) -> None:
    with pytest.raises(ApiError, match="compressed"):
        get(_Stream.answer(content, encoding))


class _Stream(httpx.SyncByteStream):
    """A body as it comes from the network: nothing of httpx has unpacked it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Any:
        yield from (self._content[at : at + 4096] for at in range(0, len(self._content), 4096))

    @classmethod
    def answer(cls, content: bytes, encoding: str = "gzip") -> httpx.Response:
        return httpx.Response(
            200, headers={"content-type": "application/json", "content-encoding": encoding}, stream=cls(content)
        )


def test_a_redirect_is_not_followed_and_only_its_host_is_shown() -> None:
    service = Service(httpx.Response(302, headers={"Location": "https://login.example.net/sso?secret=1"}))
    with pytest.raises(
        ApiError, match=r"answered 302, a redirect to login\.example\.net; redirects are not followed"
    ) as caught:
        client_of(service).get("/groups/1", what="groups.a")
    assert "secret" not in str(caught.value) and len(service.requests) == 1
