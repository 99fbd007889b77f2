"""What goes out: headers, paths, bodies, and what a reader is not able to send."""

from __future__ import annotations

import json

import httpx
import pytest

from mscode import __version__
from mscode.api.client import Reader
from mscode.errors import ConfigError, MscodeError
from mscode.http.outcome import RequestLabel
from tests.api.service import TOKEN, URL, Service, client_of

ONE = httpx.Response(200, json={"groupId": "1"})


def test_every_request_carries_token_accept_and_content_type() -> None:
    service = Service(ONE)
    client = client_of(service)
    client.get("/groups/1", what="groups.a")
    client.post("/groups", {}, what="groups.a")
    client.put("/groups/1", {}, what="groups.a")
    client.delete("/groups/1", what="groups.a")
    for request in service.requests:
        assert request.headers["X-Access-Token"] == TOKEN
        assert request.headers["Accept"] == request.headers["Content-Type"] == "application/json"
        assert request.headers["User-Agent"] == f"mscode/{__version__}"


def test_only_put_and_delete_carry_the_token_under_its_second_name() -> None:
    service = Service(ONE)
    client = client_of(service)
    client.put("/groups/1", {}, what="groups.a")
    client.delete("/groups/1", what="groups.a")
    client.get("/groups", what="groups")
    client.post("/groups", {}, what="groups.a")
    assert [r.headers.get("X-Authentication-Token") for r in service.requests] == [TOKEN, TOKEN, None, None]


def test_paths_are_joined_to_the_url_with_its_prefix() -> None:
    service = Service(ONE)
    client_of(service).get("/accounts/filters", what="filters")
    assert str(service.requests[0].url) == f"{URL}/accounts/filters"


def test_a_body_goes_out_as_utf8_json() -> None:
    service = Service(ONE)
    client_of(service).post("/groups", {"name": "Väri ☎"}, what="groups.a")
    assert json.loads(service.requests[0].content) == {"name": "Väri ☎"}
    assert "Väri ☎".encode() in service.requests[0].content


def test_an_upload_is_one_multipart_part_named_files() -> None:
    service = Service(httpx.Response(201, json={"files": [{"voiceFileId": "7"}]}))
    made = client_of(service).create_upload("/voice_files", "mscode-1.wav", b"RIFFdata", what="voiceFiles.j")
    request = service.requests[0]
    assert made.id == "7"
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="files"; filename="mscode-1.wav"' in request.content and b"RIFFdata" in request.content


@pytest.mark.parametrize("path", ["/accounts", "/accounts/", "/accounts/filters", "/accounts/..", "accounts/1"])
def test_a_change_must_name_one_object(path: str) -> None:
    service = Service(ONE)
    with pytest.raises(MscodeError, match="not the path of one object"):
        client_of(service).delete(path, what="accounts.a")
    assert service.requests == []


@pytest.mark.parametrize(
    "path", ["/accounts?all", "/accounts/1?x=2", "//evil.example/x", "/a/../b", "/a b", "/a#b", "groups", "/a%2fb"]
)
def test_a_path_is_plain_segments(path: str) -> None:
    service = Service(ONE)
    with pytest.raises(MscodeError, match="is no path of the API"):
        client_of(service).get(path, what="x")
    assert service.requests == []


def test_a_body_that_json_cannot_hold_is_not_sent() -> None:
    service = Service(ONE)
    with pytest.raises(MscodeError, match="cannot be written as JSON"):
        client_of(service).post("/groups", {"a": float("nan")}, what="groups.a")
    assert service.requests == []


def test_a_reader_has_no_method_that_changes_anything() -> None:
    names = [name for name in vars(Reader) if not name.startswith("_")]
    assert sorted(names) == [
        "adapt_to",
        "allow_for_lists",
        "answered_at",
        "close",
        "derive",
        "each",
        "expect",
        "find",
        "get",
        "limit_remaining_time",
        "limited",
        "list",
        "map",
        "methods",
        "now",
        "requests",
        "rows",
        "skew",
        "under_way",
    ]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_a_reader_cannot_change_anything_even_through_its_insides(method: str) -> None:
    service = Service(ONE)
    reader = Reader(URL, TOKEN, transport=httpx.MockTransport(service))
    for send in (reader._session.once, reader._session.repeat):
        with pytest.raises(MscodeError, match="sends nothing but GET"):
            send(RequestLabel(method, "/groups/1", "groups.a"))
    assert service.requests == []


def test_a_token_that_cannot_stand_in_a_header_is_refused_without_being_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        Reader(URL, "two\nlines", transport=httpx.MockTransport(Service(ONE)))
    assert "two" not in str(caught.value) and "lines" not in str(caught.value)


def test_requests_are_counted() -> None:
    client = client_of(Service(httpx.Response(503), ONE))
    client.get("/groups/1", what="groups.a")
    assert client.requests == 2


def test_cookies_are_not_kept() -> None:
    service = Service(httpx.Response(200, json={}, headers={"Set-Cookie": "session=1"}))
    client = client_of(service)
    client.get("/groups/1", what="groups.a")
    client.get("/groups/1", what="groups.a")
    assert "cookie" not in service.requests[1].headers
