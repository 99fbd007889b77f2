"""Repeats: which requests, how long, and how all threads heed one 429."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest
import time_machine

from mscode.api.client import Cleared, Client
from mscode.errors import ApiError, NotSent, Rejected, UnknownOutcome
from mscode.http.outcome import RateLimited
from mscode.http.response import Response
from mscode.http.retry import backoff, retry_after
from mscode.http.session import Retry
from tests.api.service import Service, Time, client_of

FINE = httpx.Response(200, json={"groupId": "1"})


def get(client: Client) -> object:
    return client.get("/groups/1", what="groups.a")


@pytest.mark.parametrize(
    "passing", [429, 502, 503, 504, httpx.ReadTimeout(""), httpx.ReadError("reset"), httpx.RemoteProtocolError("x")]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_may_be_repeated_is_repeated(method: str, passing: int | Exception) -> None:
    service = Service(httpx.Response(passing) if isinstance(passing, int) else passing, FINE)
    client = client_of(service)
    if method == "PUT":
        client.put("/groups/1", {}, what="g")
    else:
        (client.get if method == "GET" else client.delete)("/groups/1", what="g")
    assert [name for name, _ in service.sent] == [method, method]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500, 501])
def test_other_answers_are_final(status: int) -> None:
    service = Service(httpx.Response(status, json={}), FINE)
    with pytest.raises(ApiError) as caught:
        get(client_of(service))
    assert caught.value.status == status and len(service.requests) == 1


def test_the_waits_grow_and_stay_inside_the_budget() -> None:
    time = Time()
    with pytest.raises(ApiError, match="answered 503"):
        get(client_of(Service(httpx.Response(503)), time, budget=60.0))
    assert sum(time.slept) < 60 and len(time.slept) >= 6
    assert time.slept[3] > time.slept[0]


def test_what_is_worth_no_waiting_gets_less_of_it() -> None:
    time = Time()
    client = client_of(Service(httpx.Response(503)), time, budget=60.0)
    with client.limited(5), pytest.raises(ApiError, match="answered 503"):
        get(client)
    assert sum(time.slept) < 5
    with pytest.raises(ApiError, match="answered 503"):
        get(client)
    assert sum(time.slept) > 30


def test_a_put_that_stays_unclear_is_unknown() -> None:
    with pytest.raises(UnknownOutcome, match="answered 503"):
        client_of(Service(httpx.Response(503))).put("/groups/1", {}, what="groups.a")


def test_time_spent_in_slow_answers_counts_too() -> None:
    time = Time()

    def slow(_: httpx.Request) -> httpx.Response:
        time.now += 25
        raise httpx.ReadTimeout("")

    service = Service(slow)
    with pytest.raises(ApiError, match="no answer within"):
        get(client_of(service, time, budget=60.0))
    assert len(service.requests) == 3


def test_the_last_try_gets_no_more_time_than_the_budget_leaves() -> None:
    time, granted = Time(), []

    def slow(request: httpx.Request) -> httpx.Response:
        granted.append(request.extensions["timeout"]["read"])
        time.now += granted[-1]
        raise httpx.ReadTimeout("")

    with pytest.raises(ApiError):
        get(client_of(Service(slow), time, budget=60.0, deadline=40.0))
    assert granted[0] == pytest.approx(40, abs=0.5) and granted[1] < 20 and len(granted) == 2


def test_retry_after_is_waited_for() -> None:
    time = Time()
    get(client_of(Service(httpx.Response(503, headers={"Retry-After": "7"}), FINE), time))
    assert sum(time.slept) == pytest.approx(7)


def test_a_retry_after_beyond_the_budget_fails_at_once() -> None:
    time = Time()
    service = Service(httpx.Response(429, headers={"Retry-After": "120"}))
    with pytest.raises(RateLimited) as caught:
        get(client_of(service, time, budget=60.0))
    assert caught.value.retry_after == 120 and time.slept == [] and len(service.requests) == 1


def test_one_429_makes_everybody_wait() -> None:
    time = Time()
    service = Service(httpx.Response(429, headers={"Retry-After": "5"}), FINE)
    client = client_of(service, time)
    with pytest.raises(RateLimited):
        client.post("/groups", {}, what="groups.a")
    client.get("/groups/2", what="groups.b")
    assert time.slept == [5.0]


def test_a_post_waits_for_the_pause_but_not_for_longer_than_the_budget() -> None:
    service = Service(httpx.Response(429, headers={"Retry-After": "90"}))
    client = client_of(service, budget=60.0)
    for _ in range(2):
        with pytest.raises(Rejected) as caught:
            client.post("/groups", {}, what="groups.a")
        assert caught.value.status == 429
    assert len(service.requests) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize(("asked", "slept"), [("900", []), ("30", []), ("5", [5.0])])
def test_what_is_urgent_is_sent_once_whatever_pause_another_answer_asked_for(
    method: str, asked: str, slept: list[float]
) -> None:
    time = Time()
    service = Service(httpx.Response(429, headers={"Retry-After": asked}), FINE)
    client = client_of(service, time, budget=60.0, is_urgent=True)
    with pytest.raises(RateLimited):
        client.post("/groups", {}, what="groups.a")
    send = {"GET": client.get, "PUT": partial(client.put, body={}), "POST": partial(client.post, body={})}[method]
    send("/groups/2", what="groups.b")
    assert len(service.requests) == 2 and time.slept == slept


def test_a_connection_that_cannot_be_made_is_tried_three_times() -> None:
    time = Time()
    service = Service(httpx.ConnectError("[Errno 111] Connection refused"))
    with pytest.raises(NotSent, match=r"Could not connect to https?://\S+:\d+ \(connection refused; tried 3 times\)"):
        get(client_of(service, time))
    assert len(service.requests) == 3 and sum(time.slept) < 5


def test_each_repeat_is_told() -> None:
    told: list[Retry] = []
    get(client_of(Service(httpx.Response(503), FINE), on_retry=told.append))
    assert [(str(one.ask), one.reason) for one in told] == [("groups.a: GET /groups/1", "answered 503")]


def test_after_a_signal_nothing_is_repeated() -> None:
    service = Service(httpx.Response(503))
    client = client_of(service)
    client.limit_remaining_time(5)
    with pytest.raises(ApiError):
        get(client)
    assert len(service.requests) == 1


def test_jitter_takes_away_half_of_a_wait_at_most() -> None:
    waits = [backoff(2) for _ in range(200)]
    assert 1.0 <= min(waits) < max(waits) <= 2.0
    assert backoff(50) <= 10


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1" * 400, None),
        ("Tue, 01 Dec 2026 07:01:30 GMT", 90.0),
        ("Tue, 01 Dec 2026 06:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_on_the_services_clock(text: str, seconds: float | None) -> None:
    answer = Response(429, {"retry-after": text, "date": "Tue, 01 Dec 2026 07:00:00 GMT"})
    assert retry_after(answer) == seconds


def test_the_clock_is_the_services_own_and_goes_on_between_answers() -> None:
    time = Time()
    client = client_of(Service(httpx.Response(200, json={}, headers={"Date": "Tue, 01 Dec 2026 07:00:00 GMT"})), time)
    assert client.now() is None and client.skew() is None
    with time_machine.travel(datetime(2026, 12, 1, 6, 50, tzinfo=UTC), tick=False):
        get(client)
        time.now += 90
        assert client.now() == datetime(2026, 12, 1, 7, 1, 30, tzinfo=UTC)
        assert client.skew() == timedelta(minutes=10)


def test_without_a_date_the_machines_clock_is_taken() -> None:
    client = client_of(Service(httpx.Response(200, json={})))
    with time_machine.travel(datetime(2036, 12, 1, 7, tzinfo=UTC), tick=False):
        get(client)
        assert client.now() == datetime(2036, 12, 1, 7, tzinfo=UTC)
    assert client.skew() is None


def test_a_date_that_is_none_changes_nothing() -> None:
    dated = httpx.Response(200, json={}, headers={"Date": "Tue, 01 Dec 2026 07:00:00 GMT"})
    client = client_of(Service(dated, httpx.Response(200, json={}, headers={"Date": "yesterday"})))
    get(client)
    get(client)
    assert client.now() == datetime(2026, 12, 1, 7, tzinfo=UTC)


# ---- what can ring ---------------------------------------------------------------------------------------------------


def test_the_last_look_comes_after_every_wait_and_nothing_waits_after_it() -> None:
    time = Time()
    service = Service(httpx.Response(429, headers={"Retry-After": "20"}), httpx.Response(200, json={}))
    looked: list[float] = []

    def look() -> Cleared:
        looked.append(time.now)
        time.now += 3  # it reads, which takes a while
        return Cleared({"state": "active"})

    sent: list[float] = []

    def note(request: httpx.Request) -> httpx.Response:
        sent.append(time.now)
        return service(request)

    client_of(note, time).ring("PUT", "/rsvp_calls/1", look, what="c")
    assert [at - 3 for at in sent] == looked and looked[1] - sent[0] >= 20


def test_a_pause_that_begins_during_the_look_is_followed_by_another_look() -> None:
    time = Time()
    limited = httpx.Response(429, headers={"Retry-After": "5"})
    service = Service(limited, httpx.Response(200, json={}))
    client = client_of(service, time)
    looks: list[int] = []

    def look() -> Cleared:
        looks.append(1)
        if len(looks) == 1:
            with pytest.raises(ApiError):
                client.post("/accounts", {}, what="another thread")
        return Cleared({"state": "active"})

    client.ring("PUT", "/rsvp_calls/1", look, what="c")
    assert len(looks) == 2 and service.sent[-1] == ("PUT", "/rsvp_calls/1")


def test_what_can_ring_is_not_sent_once_the_run_was_stopped() -> None:
    service = Service(httpx.Response(200, json={}))
    client = client_of(service)

    def look() -> Cleared:
        client.limit_remaining_time(5)
        return Cleared({"state": "active"})

    with pytest.raises(NotSent, match="the run was stopped"):
        client.ring("PUT", "/rsvp_calls/1", look, what="c")
    assert service.requests == []


def test_a_create_is_not_sent_once_the_run_was_stopped() -> None:
    service = Service(httpx.Response(201, json={"groupId": "1"}))
    client = client_of(service)
    client.limit_remaining_time(5)
    with pytest.raises(NotSent, match="the run was stopped"):
        client.create("/groups", {}, what="g", id_field="groupId")
    assert service.requests == []
