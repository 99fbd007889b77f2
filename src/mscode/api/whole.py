"""Is a list the whole list? The API's page knows neither pages nor envelopes: a list is a bare array, and that is all of it.

A service may wrap its lists one day, and then a page of a list looks just like the whole. A plan that is made of one page is
wrong: people of the other pages are created a second time, are not counted, and are called all the same. The API's page does
not say how to ask for the rest, so no link is followed. Members beside the rows are read strictly: a list is whole only where
every one of them is understood and agrees with that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PARTIAL_CONTENT = 206
#: Levels of `meta: {pagination: {…}}` that are read; anything deeper is not understood.
_DEPTH = 3


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Without case and signs: `total_count`, `totalCount` and `X-Total-Count` are one name.
_TOTALS = _names(
    "total totalcount totalitems totalresults totalrows totalrecords totalelements totalhits totalsize count itemcount "
    "rowcount recordcount resultcount size length found numfound"
)
_SIZES = _names("limit perpage pagesize itemsperpage pagelimit maxresults max top")
_FIRST_PAGES = _names("page currentpage pagenumber pageindex pageno")
_PAGE_COUNTS = _names("pages totalpages pagecount lastpage numpages numberofpages")
_OFFSETS = _names("offset skip start startindex from first")
_MORE = _names(
    "hasmore more hasnext hasnextpage truncated istruncated partial ispartial incomplete incompleteresults "
    "haspreviouspage hasprevious hasprev"
)
_WHOLE = _names("complete iscomplete last islast islastpage end isend done finished success successful ok")
# What says nothing of the number of rows: where, when and by what the answer was made.
_HARMLESS = _names(
    "self first firstpage firstpageurl path createdat updatedat generatedat timestamp servertime datetime took elapsed "
    "elapsedms runtime durationms requestid traceid correlationid xrequestid transactionid version apiversion kind object type "
    "copyright license documentation docs locale language environment"
)
# How the request went. "partial" and "page 1 of 3" stand there too, so only these values are understood.
_OUTCOMES = _names("status statuscode code message msg result outcome success successful ok")
_WENT_WELL = _names("0 200 ok 200ok success successful succeeded complete completed done true")
# Where the last page is: of several pages, unless what stands beside it says that there is one.
_LAST_PAGES = _names("last lastpageurl lastpagelink")
# Arrays that stand beside the rows. They are no rows, and must be empty.
_NOTES = _names("errors warnings notices notes alerts problems links included")
_NEXT = _names("next nextpage nexturl nextcursor nexttoken nextpagetoken nextoffset cursor")
_IN_HEADERS = _NEXT | _PAGE_COUNTS | _MORE | _FIRST_PAGES | {"offset"} | _TOTALS - {"size", "length", "found"}
_RELATION = re.compile(r"""\brel\s*=\s*(?:"([^"]*)|'([^']*)|([^\s;,"']+))""")
_CONTENT_RANGE = re.compile(r"\s*\w+\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)\s*")
_SIGNS = re.compile(r"[^a-z0-9]")


def rows_of(data: Any) -> tuple[list[dict[str, Any]] | None, Mapping[str, Any]]:
    """The rows of an answer, and what stands beside them: a bare array, or an object with exactly one array of rows in it.

    None where it is no list of objects. `errors` and their like are never the rows: an answer of nothing else is no empty list.
    """
    beside: Mapping[str, Any] = {}
    if isinstance(data, dict):
        names = [name for name, value in data.items() if isinstance(value, list) and _plain(name) not in _NOTES]
        if len(names) != 1:
            return None, {}
        beside = {name: value for name, value in data.items() if name != names[0]}
        data = data[names[0]]
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        return None, {}
    return data, beside


def sign_of_more(status: int, headers: Mapping[str, str], beside: Mapping[str, Any], count: int) -> str:
    """What says that there may be more than these `count` rows, a member or `the header Link`; "" where nothing does."""
    if status == _PARTIAL_CONTENT:
        return "the status 206"
    return _sign_in_headers(headers, count) or _sign_in(beside, count, _DEPTH)


def _sign_in_headers(headers: Mapping[str, str], count: int) -> str:
    """Headers that proxies and frameworks use for lists; any other says nothing about one. Names are in lower case."""
    relations = _RELATION.findall(headers.get("link", "").lower())
    if any("next" in "".join(relation).split() for relation in relations):
        return "the header Link"
    if (range_text := headers.get("content-range")) is not None:
        match = _CONTENT_RANGE.fullmatch(range_text)
        if match is None or int(match[1]) != 0 or match[3] == "*" or int(match[3]) != count:
            return "the header Content-Range"
    for name, value in headers.items():
        plain = _plain(name.removeprefix("x-").removeprefix("pagination-"))
        is_of_lists = name.startswith(("x-", "pagination-", "total-")) and plain in _IN_HEADERS
        if is_of_lists and not _agrees(plain, _number(value), count, {}):
            return f"the header {name.title()}"
    return ""


def _sign_in(beside: Mapping[str, Any], count: int, depth: int) -> str:
    values = {_plain(name): _read(value) for name, value in beside.items()}
    for name, value in beside.items():
        plain = _plain(name)
        if not isinstance(value, dict):
            if not _agrees(plain, _read(value), count, values):
                return name
        # A link may have its address one level down: `self: {href: …}` says what `self: …` says.
        elif not (set(value) == {"href"} and _agrees(plain, _read(value["href"]), count, values)):
            sign = _sign_in(value, count, depth - 1) if depth else "what lies deep in it"
            if sign:
                return f"{name}.{sign}" if depth else sign
            if plain in _NEXT and value:
                return name
    return ""


def _agrees(name: str, value: Any, count: int, values: Mapping[str, Any]) -> bool:
    """Does one member say, in a way that is understood, that `count` rows are all there are?"""
    if isinstance(value, bool):
        return value is (name in _WHOLE) if name in _MORE | _WHOLE else False
    if value is None or value in ("", [], {}):
        return True
    if name in _OUTCOMES:
        return _plain(str(value)) in _WENT_WELL
    if _is_number(value):
        return _number_agrees(name, value, count, values)
    if name in _LAST_PAGES:
        return values.get("next", value) in (None, "") or _has_total(values, count)
    return isinstance(value, str) and name in _HARMLESS


def _number_agrees(name: str, value: Any, count: int, values: Mapping[str, Any]) -> bool:
    if name in _FIRST_PAGES | _PAGE_COUNTS:
        return value in (0, 1)
    if name in _TOTALS or name.startswith(("total", "numberof")):
        return bool(value == count)
    if name in _SIZES:  # a full page may be the first of several, unless their total says otherwise
        return bool(value > count) or _has_total(values, count)
    if name in _OFFSETS:  # `from` and `to` count from one in some frameworks
        return value == 0 or (value == 1 and name == "from" and _has_total(values, count))
    return (name == "to" and value == count and _has_total(values, count)) or name in _HARMLESS


def _has_total(values: Mapping[str, Any], count: int) -> bool:
    return any(name.startswith("total") and _is_number(value) and value == count for name, value in values.items())


def _read(value: Any) -> Any:
    """What a member says; services write numbers as texts too."""
    return _number(value) if isinstance(value, str) else value


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
