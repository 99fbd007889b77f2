"""Is a list the whole list? The API's page knows neither pages nor envelopes: a list is a bare array, and that is all of it.

A service may wrap its lists one day, and then a part of one looks just like the whole. What is planned on a part is wrong in
every way: who is not on the page is made a second time, is not counted and is called all the same. How to ask for the rest is
written nowhere, so nothing is followed. What stands beside the rows is read strictly: a list is whole only where everything
that is said of it is understood and agrees with that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PARTIAL_CONTENT = 206
#: How deep `meta: {pagination: {…}}` is looked into; what lies deeper is not understood.
_DEPTH = 3


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Without case and signs: `total_count`, `totalCount` and `X-Total-Count` are one name.
_TOTALS = _names(
    "total totalcount totalitems totalresults totalrows totalrecords totalelements totalhits totalsize count itemcount "
    "rowcount recordcount resultcount size length found numfound numberofelements numberofitems"
)
_SIZES = _names("limit perpage pagesize itemsperpage pagelimit maxresults max top")
_FIRST_PAGES = _names("page currentpage pagenumber pageindex pageno")
_PAGE_COUNTS = _names("pages totalpages pagecount lastpage numpages numberofpages")
_OFFSETS = _names("offset skip start startindex from first")
_MORE = _names(
    "hasmore more hasnext hasnextpage truncated istruncated partial ispartial incomplete incompleteresults "
    "haspreviouspage hasprevious hasprev"
)
_WHOLE = _names("complete iscomplete last islast islastpage end isend done finished success ok")
_HARMLESS = _names("self first createdat updatedat timestamp servertime version apiversion kind object type")
_NEXT = _names("next nextpage nexturl nextcursor nexttoken nextpagetoken nextoffset cursor")
_IN_HEADERS = _NEXT | _PAGE_COUNTS | _MORE | _FIRST_PAGES | {"offset"} | _TOTALS - {"size", "length", "found"}
_RELATION = re.compile(r"""\brel\s*=\s*(?:"([^"]*)|'([^']*)|([^\s;,"']+))""")
_CONTENT_RANGE = re.compile(r"\s*\w+\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)\s*")
_SIGNS = re.compile(r"[^a-z0-9]")


def rows_of(data: Any) -> tuple[list[dict[str, Any]] | None, Mapping[str, Any]]:
    """The rows of an answer, and what stands beside them: a bare array, or an object with exactly one array in it.

    None where it is no list of objects.
    """
    beside: Mapping[str, Any] = {}
    if isinstance(data, dict):
        names = [name for name, value in data.items() if isinstance(value, list)]
        if len(names) != 1:
            return None, {}
        beside = {name: value for name, value in data.items() if name != names[0]}
        data = data[names[0]]
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        return None, {}
    return data, beside


def sign_of_more(status: int, headers: Mapping[str, str], beside: Mapping[str, Any], count: int) -> str:
    """What says that there may be more than these `count` rows: `"next"`, `the header Link`; "" where nothing does."""
    if status == _PARTIAL_CONTENT:
        return "the status 206"
    return _sign_in_headers(headers, count) or _sign_in(beside, count, _DEPTH)


def _sign_in_headers(headers: Mapping[str, str], count: int) -> str:
    """Headers that proxies and frameworks use for lists; any other says nothing about one. Names are in lower case."""
    relations = _RELATION.findall(headers.get("link", "").lower())
    if any("next" in "".join(relation).split() for relation in relations):
        return "the header Link"
    if (range_text := headers.get("content-range")) is not None and not _is_whole_range(range_text, count):
        return "the header Content-Range"
    for name, value in headers.items():
        plain = _plain(name.removeprefix("x-").removeprefix("pagination-"))
        is_of_lists = name.startswith(("x-", "pagination-", "total-")) and plain in _IN_HEADERS
        if is_of_lists and not _agrees(plain, _number(value), count, {}):
            return f"the header {name.title()}"
    return ""


def _is_whole_range(text: str, count: int) -> bool:
    found = _CONTENT_RANGE.fullmatch(text)
    return found is not None and int(found[1]) == 0 and found[3] != "*" and int(found[3]) == count


def _sign_in(beside: Mapping[str, Any], count: int, depth: int) -> str:
    numbers = {_plain(name): value for name, value in beside.items() if _is_number(value)}
    for name, value in beside.items():
        if isinstance(value, dict):
            sign = _sign_in(value, count, depth - 1) if depth else "what lies deep in it"
            if sign:
                return f"{name}.{sign}" if depth else sign
        elif not _agrees(_plain(name), value, count, numbers):
            return name
    return ""


def _agrees(name: str, value: Any, count: int, others: Mapping[str, Any]) -> bool:
    """Does one member say, in a way that is understood, that `count` rows are all there are?"""
    if isinstance(value, bool):
        return value is (name in _WHOLE) if name in _MORE | _WHOLE else False
    if value is None or value in ("", [], {}):
        return True
    if _is_number(value):
        return _number_agrees(name, value, count, others)
    return name in _HARMLESS


def _number_agrees(name: str, value: Any, count: int, others: Mapping[str, Any]) -> bool:
    if name in _FIRST_PAGES | _PAGE_COUNTS:
        return value in (0, 1)
    if name in _TOTALS or name.startswith("total"):
        return bool(value == count)
    if name in _SIZES:  # a full page may be the first of several, unless their total says otherwise
        return bool(value > count) or any(others.get(one) == count for one in others if one.startswith("total"))
    return (name in _OFFSETS and value == 0) or name in _HARMLESS


def _plain(name: str) -> str:
    return _SIGNS.sub("", name.lower())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(text: str) -> int | str | bool:
    """A header's value: a number where it is one, true and false, else the text."""
    bare = text.strip()
    if bare.lower() in ("true", "false"):
        return bare.lower() == "true"
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 19 else bare
