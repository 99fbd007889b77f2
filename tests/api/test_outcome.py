"""The closed table of answers (docs/protocol.md#the-steps-of-a-create): which ends of a create are applied, rejected, unknown."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mscode.api.client import Cleared, Client, Created
from mscode.api.ids import created_id, item
from mscode.errors import ApiError, MscodeError, NotSent, Rejected, UnknownOutcome
from mscode.http.outcome import RateLimited, classify, classify_repeatable
from mscode.http.response import Failure, Response
from tests.api.service import Service, client_of, page

JSON = {"content-type": "application/json"}
REFUSALS = {400, 401, 403, 404, 405, 406, 410, 413, 415, 422, 429}


def create(response: httpx.Response | Exception) -> tuple[Created, Service]:
    service = Service(response)
    return client_of(service).create("/groups", {"name": "Donors"}, what="groups.a", id_field="groupId"), service


@pytest.mark.parametrize("status", range(300, 600))
def test_a_json_answer_is_a_refusal_for_these_statuses_and_unknown_for_all_others(status: int) -> None:
    expected = "rejected" if status in REFUSALS else "unknown"
    assert classify(Response(status, JSON, b'{"error": "no"}')) == classify(Response(status)) == expected


@pytest.mark.parametrize("status", [*range(200, 600)])
def test_a_page_is_never_an_outcome(status: int) -> None:
    assert classify(Response(status, {"content-type": "text/html"}, b"<p>no</p>")) == "unknown"


def test_an_answer_of_success_needs_an_id_where_something_was_made() -> None:
    made = Response(201, JSON, b'{"groupId": "1"}')
    assert classify(made) == "applied"
    assert classify(made, has_id=False) == "unknown"


def test_without_an_answer_only_what_was_not_sent_is_rejected() -> None:
    assert classify(Failure("refused", sent=False)) == "rejected"
    assert classify(Failure("time-out", sent=True)) == "unknown"


def test_a_repeated_request_is_refused_by_any_4xx_unless_a_try_before_was_unclear() -> None:
    conflict = Response(409, JSON, b"{}")
    assert classify_repeatable(conflict, unclear_before=False) == "rejected"
    assert classify_repeatable(conflict, unclear_before=True) == "unknown"
    assert classify_repeatable(Response(408), unclear_before=False) == "unknown"
    assert classify_repeatable(Response(200), unclear_before=True) == "applied"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), NotSent),
        (httpx.ConnectTimeout(""), NotSent),
        (httpx.PoolTimeout(""), NotSent),
        (httpx.ProxyError("407"), NotSent),
        (httpx.ReadTimeout(""), UnknownOutcome),
        (httpx.WriteTimeout(""), UnknownOutcome),
        (httpx.ReadError("reset"), UnknownOutcome),
        (httpx.WriteError("broken pipe"), UnknownOutcome),
        (httpx.RemoteProtocolError("closed"), UnknownOutcome),
    ],
)
def test_a_create_without_an_answer_is_sent_once_and_judged_by_whether_it_left(
    error: Exception, kind: type[ApiError]
) -> None:
    service = Service(error)
    words = "^Could not connect to https://" if kind is NotSent else "^groups.a: POST /groups: "
    with pytest.raises(kind, match=words):
        client_of(service).post("/groups", {}, what="groups.a")
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [302, 408, 409, 425, 500, 502, 503, 504])
def test_a_create_is_never_sent_again(status: int) -> None:
    service = Service(httpx.Response(status, json={}))
    with pytest.raises(UnknownOutcome) as caught:
        client_of(service).post("/groups", {}, what="groups.a")
    assert caught.value.status == status and caught.value.exit_code == 7 and len(service.requests) == 1


def test_a_refused_create_says_what_the_service_said() -> None:
    with pytest.raises(Rejected, match=r"groups.a: POST /groups answered 422: name is required") as caught:
        create(httpx.Response(422, json={"error": {"message": "name is required", "code": "missing"}}))
    assert caught.value.status == 422


def test_a_429_says_how_long_to_wait() -> None:
    with pytest.raises(RateLimited) as caught:
        create(httpx.Response(429, headers={"Retry-After": "7"}))
    assert caught.value.retry_after == 7 and caught.value.status == 429


def test_a_429_without_retry_after_names_no_wait() -> None:
    with pytest.raises(RateLimited) as caught:
        create(httpx.Response(429))
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("body", "location", "id"),
    [
        ({"groupId": "17"}, "", "17"),
        ({"groupId": 17}, "https://elsewhere.example/v1/groups/18", "17"),
        ({"GroupID": "17"}, "", "17"),
        ({}, "https://elsewhere.example/v1/groups/18/?x=1", "18"),
        ({"groupId": ""}, "/groups/18", "18"),
        ({"groupId": "../1"}, "", ""),
        ({"files": [{"groupId": "3"}]}, "", "3"),
        ({"files": [{"groupId": "3"}, {"groupId": "4"}]}, "", ""),
        ([{"groupId": "3"}], "", "3"),
        (None, "http://api.example.com/accounts/filters", ""),
        ("17", "", ""),
        ({}, "http://[broken", ""),
    ],
)
def test_the_id_comes_from_the_body_and_else_from_the_end_of_location(body: Any, location: str, id: str) -> None:
    assert created_id(body, "groupId", location) == id


def test_a_create_with_an_empty_body_and_a_location_is_done() -> None:
    made, _ = create(httpx.Response(201, headers={"Location": "http://url.to/groups/9"}))
    assert made == Created("9", None)


@pytest.mark.parametrize(
    "response", [httpx.Response(201, json={}), httpx.Response(204), page(200), httpx.Response(201, text="{}")]
)
def test_a_success_without_an_id_is_unknown(response: httpx.Response) -> None:
    with pytest.raises(UnknownOutcome, match=r"groups.a: POST /groups answered 20"):
        create(response)


def test_a_post_that_makes_nothing_needs_no_id() -> None:
    assert client_of(Service(httpx.Response(201, json=[]))).post("/groups/1/accounts", [], what="groups.a") == []
    assert client_of(Service(httpx.Response(204))).post("/groups/1/accounts", [], what="groups.a") is None


def test_a_put_that_starts_calls_is_sent_once() -> None:
    service = Service(httpx.Response(503))
    with pytest.raises(UnknownOutcome):
        client_of(service).ring("PUT", "/rsvp_calls/1", lambda: Cleared({"state": "active"}), what="rsvpCalls.invite")
    assert len(service.requests) == 1


def put(client: Client) -> Any:
    return client.put("/groups/1", {"name": "x"}, what="groups.a")


def test_a_refused_put_is_rejected() -> None:
    with pytest.raises(Rejected, match="not editable"):
        put(client_of(Service(httpx.Response(409, json={"error": "not editable"}))))


def test_a_put_refused_after_an_unclear_try_is_unknown() -> None:
    with pytest.raises(UnknownOutcome):
        put(client_of(Service(httpx.ReadTimeout(""), httpx.Response(409, json={}))))


def test_a_put_that_ends_well_after_an_unclear_try_is_done() -> None:
    assert put(client_of(Service(httpx.ReadError(""), httpx.Response(200, json={"groupId": "1"})))) == {"groupId": "1"}


def test_a_put_answered_by_a_page_is_unknown() -> None:
    with pytest.raises(UnknownOutcome):
        put(client_of(Service(page(200))))


def test_deleting_tells_done_from_not_found() -> None:
    assert client_of(Service(httpx.Response(204))).delete("/groups/1", what="groups.a") is True
    assert client_of(Service(httpx.Response(404, json={}))).delete("/groups/1", what="groups.a") is False


@pytest.mark.parametrize(("status", "kind"), [(405, Rejected), (403, Rejected), (500, UnknownOutcome)])
def test_a_delete_that_is_refused_or_unclear_is_an_error(status: int, kind: type[ApiError]) -> None:
    with pytest.raises(kind):
        client_of(Service(httpx.Response(status, json={}))).delete("/groups/1", what="groups.a")


def test_an_id_makes_a_path() -> None:
    assert item("/groups", "17") == "/groups/17"


@pytest.mark.parametrize("id", ["", "..", "1/2", "filters", "1?all", "x" * 65])
def test_what_is_no_id_makes_no_path(id: str) -> None:
    with pytest.raises(MscodeError, match="cannot be an id"):
        item("/accounts", id)
