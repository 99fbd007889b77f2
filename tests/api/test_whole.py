"""A part of a list is never taken for the list: what stands beside the rows is understood and agrees, or it is refused."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mscode.api.whole import rows_of, sign_of_more

ROWS = [{"id": "1"}, {"id": "2"}]


def sign(beside: dict[str, Any], rows: list[dict[str, str]] | None = None, **headers: str) -> str:
    found, others = rows_of({"items": ROWS if rows is None else rows, **beside})
    assert found is not None
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return sign_of_more(200, named, others, len(found))


@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"next": None},
        {"next": ""},
        {"total": 2},
        {"totalCount": 2, "count": 2, "limit": 100, "offset": 0},
        {"total": 2, "page": 1, "pages": 1, "perPage": 2},
        {"hasMore": False, "cursor": None},
        {"last": True, "first": "/groups", "number_of_elements": 2},
        {"links": {"self": "/v1/groups", "next": None, "prev": None}},
        {"meta": {"pagination": {"total": 2, "current_page": 1, "total_pages": 1, "links": {}}}},
        {"updatedAt": "2026-12-01 08:00:00", "success": True},
        {"_links": {"self": {"href": "/v1/groups"}}},
        {"_links": {"self": {"href": "/v1/groups"}, "next": {"href": None}}},
        {"links": {"first": "/groups?page=1", "last": "/groups?page=1", "prev": None, "next": None}},
        {"meta": {"requestId": "8f3a", "took": 3}},
        {"status": "ok"},
        {"status": "success", "code": 200, "message": "OK"},
        {"total": "2", "hasMore": "false"},
        {"numberOfGroups": 2},
        {"errors": [], "warnings": [], "links": []},
        {
            "current_page": 1,
            "last_page": 1,
            "last_page_url": "/g?page=1",
            "from": 1,
            "to": 2,
            "total": 2,
            "next_page_url": None,
        },
    ],
)
def test_what_agrees_with_the_rows_leaves_the_list_whole(beside: dict[str, Any]) -> None:
    assert sign(beside) == ""


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        ({"next": "/groups?page=2"}, "next"),
        ({"next": 2}, "next"),
        ({"next": {"href": "/groups?page=2"}}, "next.href"),
        ({"next": True}, "next"),
        ({"total": 5}, "total"),
        ({"total": 1}, "total"),
        ({"total": "5"}, "total"),
        ({"totalCount": 5, "limit": 100}, "totalCount"),
        ({"number_of_items": 5}, "number_of_items"),
        ({"pages": 3}, "pages"),
        ({"Total-Pages": 3}, "Total-Pages"),
        ({"page": 2, "pages": 2}, "page"),
        ({"hasMore": True}, "hasMore"),
        ({"has_next": 1}, "has_next"),
        ({"truncated": True}, "truncated"),
        ({"isLast": False}, "isLast"),
        ({"complete": False}, "complete"),
        ({"offset": 2, "limit": 100}, "offset"),
        ({"offset": 0, "limit": 2}, "limit"),
        ({"count": 2, "limit": 2}, "limit"),
        ({"cursor": "b3Bh"}, "cursor"),
        ({"nextPageToken": "x"}, "nextPageToken"),
        ({"links": {"self": "/groups", "next": "/groups?page=2"}}, "links.next"),
        ({"_links": {"next": {"href": "/groups?page=2"}}}, "_links.next.href"),
        ({"meta": {"pagination": {"total": 5}}}, "meta.pagination.total"),
        ({"a": {"b": {"c": {"d": {"total": 2}}}}}, "a.b.c.what lies deep in it"),
        ({"remaining": 3}, "remaining"),
        ({"continue": "yes"}, "continue"),
        ({"error": {"message": "slow down"}}, "error.message"),
        ({"status": "partial"}, "status"),
        ({"status": "error", "code": 200}, "status"),
        ({"message": "the first 2 of 5"}, "message"),
        ({"code": 206}, "code"),
        ({"success": "false"}, "success"),
        ({"errors": [{"message": "one part of the store timed out"}]}, "errors"),
        ({"numberOfGroups": 5}, "numberOfGroups"),
        ({"last": "/groups?page=3"}, "last"),
        ({"links": {"last": "/groups?page=3", "next": "/groups?page=2"}}, "links.last"),
        ({"from": 1, "to": 2}, "from"),
        ({"to": 2}, "to"),
        ({"next": {"page": 1}}, "next"),
        ({"next": {"href": "/groups?page=2", "count": 2}}, "next.href"),
    ],
)
def test_what_says_otherwise_or_is_not_understood_is_told(beside: dict[str, Any], told: str) -> None:
    assert sign(beside) == told


@pytest.mark.parametrize(
    "answer", [{"errors": []}, {"errors": [{"message": "x"}]}, {"warnings": [], "links": []}, {"a": [], "b": []}]
)
def test_an_answer_without_rows_is_no_empty_list(answer: dict[str, Any]) -> None:
    assert rows_of(answer)[0] is None


def test_no_rows_are_not_the_list_where_there_are_some() -> None:
    assert sign({"total": 5}, []) == "total"
    assert sign({"total": 0}, []) == ""


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("link", '<https://a.example.com/groups?page=2>; rel="next"', "the header Link"),
        ("link", '</groups?page=1>; rel="first prev", </groups?page=3>; REL = "last next"', "the header Link"),
        ("link", "</groups?page=2>; rel=next", "the header Link"),
        ("link", "</groups?page=2>; rel='next", "the header Link"),
        ("link", '</next>; rel="help"', ""),
        ("content-range", "items 0-1/5", "the header Content-Range"),
        ("content-range", "items 0-1/*", "the header Content-Range"),
        ("content-range", "items 2-3/2", "the header Content-Range"),
        ("content-range", "items 0-1/2", ""),
        ("x-total-count", "5", "the header X-Total-Count"),
        ("x-total-count", "2", ""),
        ("x-total-pages", "2", "the header X-Total-Pages"),
        ("x-pagination-total-count", "5", "the header X-Pagination-Total-Count"),
        ("pagination-count", "5", "the header Pagination-Count"),
        ("total-count", "many", "the header Total-Count"),
        ("x-next-page", "2", "the header X-Next-Page"),
        ("x-next-page", "", ""),
        ("x-has-more", "true", "the header X-Has-More"),
        ("x-has-more", "false", ""),
        ("x-ratelimit-limit", "10", ""),
        ("x-total-time", "0.3", ""),
    ],
)
def test_headers_tell_too(name: str, value: str, told: str) -> None:
    assert sign_of_more(200, {name: value}, {}, 2) == told


def test_partial_content_is_a_part() -> None:
    assert sign_of_more(206, {}, {}, 2) == "the status 206"


@pytest.mark.parametrize(
    "text", ['rel="next ' * 100_000, "rel" + " " * 1_000_000, "rel='" * 200_000, "rel=" * 250_000, "a" * 1_000_000]
)
def test_long_headers_take_no_longer_than_they_are(text: str) -> None:
    began = time.monotonic()
    sign_of_more(200, {"link": text, "content-range": text, "x-total-count": text}, {text: text}, 2)
    assert time.monotonic() - began < 2
