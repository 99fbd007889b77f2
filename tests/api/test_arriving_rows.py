"""A list that is decoded while it arrives is the list that is decoded when it is there, however it is cut into pieces."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mscode.api.client import Reader
from mscode.errors import ApiError, MscodeError
from mscode.http import arriving_rows
from mscode.http.arriving_rows import ArrivingRows
from mscode.http.response import DEPTH, BadBodyError, parse_json

ROW = '{"accountId":"1","note":"a}b]c{d[e,f","phone":"+358405550101"}'
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12)
)
ROWS = st.lists(
    st.dictionaries(st.text(max_size=6), SCALARS | st.lists(SCALARS, max_size=3) | st.just("},{]["), max_size=5),
    max_size=8,
)


def taken(body: bytes, size: int) -> Any:
    """The rows, in pieces of `size` bytes; the words of the error where they cannot be read; else what is no bare array."""
    arriving = ArrivingRows(lambda row: row)
    for start in range(0, len(body), size):
        arriving.feed(body[start : start + size])
    arriving.end()
    if isinstance(arriving.rows, BadBodyError):
        return str(arriving.rows)
    if arriving.rows is None:
        return whole(arriving.content)
    return arriving.rows.items if arriving.rows.are_objects else "no objects"


def whole(body: bytes) -> Any:
    """The same of a body that is there."""
    try:
        value = parse_json(body)
    except BadBodyError as error:
        return str(error)
    if isinstance(value, list) and not all(isinstance(row, dict) for row in value):
        return "no objects"
    return value


@settings(max_examples=150, deadline=None)
@given(
    rows=ROWS,
    size=st.integers(1, 40),
    block=st.integers(1, 60),
    indent=st.sampled_from([None, 0, 2]),
    ascii=st.booleans(),
)
def test_the_rows_are_the_same_however_they_are_cut(
    rows: list[Any], size: int, block: int, indent: int | None, ascii: bool
) -> None:
    text = json.dumps(rows, indent=indent, ensure_ascii=ascii)
    body = text.encode("utf-8", "surrogatepass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arriving_rows, "BLOCK", block)
        assert taken(body, size) == whole(body)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "[]",
        " [ ] ",
        "\ufeff[" + ROW + "]",
        "\n[" + ROW + "\n,\t" + ROW + " ] ",
        f"[{ROW},]",
        f"[,{ROW}]",
        f"[{ROW} {ROW}]",
        f"[{ROW},,{ROW}]",
        f"[{ROW}]]",
        f"[{ROW}]" + "}",
        f"[{ROW}",
        f"[{ROW},",
        f"[{ROW},{{",
        f"[{ROW},{ROW}}}]",
        f"[{ROW},1]",
        f"[{ROW},12,{ROW}]",
        f'[{ROW},"a}}",{ROW}]',
        f"[[{ROW}],{ROW}]",
        f"[{ROW},null]",
        "[1,2]",
        "[1",
        '["}"]',
        '{"items":[' + ROW + "]}",
        '{"items":[' + ROW,
        "null",
        "<html>",
        '[{"a":NaN}]',
        '[{"a":Infinity}]',
        '[{"a":1e999}]',
        '[{"a":"\\ud800"}]',
        '[{"a":"\\ud83d\\ude00"}]',
        '[{"a":"\\\\ud800"}]',
        '[{"a":"\x01"}]',
        '[{"a":' + "[" * DEPTH + "]" * DEPTH + "}]",
        '[{"a":' + "[" * (DEPTH - 3) + "]" * (DEPTH - 3) + "}]",
        '[{"a":1,"a":2}]',
    ],
)
@pytest.mark.parametrize("block", [1, 7, 1 << 18])
def test_what_is_no_list_is_told_as_of_a_body_that_is_there(
    text: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving_rows, "BLOCK", block)
    body = text.encode()
    for size in (1, 5, 1000):
        assert taken(body, size) == whole(body)


@pytest.mark.parametrize("body", [b"[" + b'{"a":"\xff"}]', b'[{"a":"\xe2\x82', b"\xef\xbb", b"\xef\xbb\xbf"])
def test_bytes_that_are_no_text_are_no_list(body: bytes) -> None:
    assert taken(body, 1) == whole(body)


def test_a_row_that_never_ends_takes_time_in_proportion() -> None:
    def seconds(size: int) -> float:
        body = b'[{"a":"' + b"}" * size
        began = time.process_time()
        assert taken(body, 1 << 16) == "it is not valid JSON"
        return time.process_time() - began

    seconds(1 << 20)
    assert seconds(1 << 24) < 40 * max(seconds(1 << 21), 0.01)


# ---- through the client ----------------------------------------------------------------------------------------------


def reader_of(*answers: httpx.Response) -> Reader:
    pending = list(answers)
    return Reader(
        "https://api.example/v1",
        "token",
        transport=httpx.MockTransport(lambda request: pending.pop(0)),
        sleep=lambda seconds: None,
    )


def test_a_list_that_broke_off_is_begun_anew() -> None:
    def broken() -> Any:
        yield f"[{ROW},{ROW},".encode()
        raise httpx.ReadError("gone")

    with reader_of(httpx.Response(200, content=broken()), httpx.Response(200, content=f"[{ROW}]")) as reader:
        assert reader.rows("/accounts", lambda row: row["accountId"], what="accounts") == ["1"]


def test_what_is_wrong_with_a_row_is_raised_after_what_is_wrong_with_the_list() -> None:
    def refuse(row: Any) -> None:
        raise MscodeError("of a row")

    for body, words in ((f"[{ROW}]", "of a row"), (f"[{ROW}", "not valid JSON"), (f"[{ROW},1]", "no list of objects")):
        with reader_of(httpx.Response(200, content=body)) as reader, pytest.raises(MscodeError, match=words):
            reader.rows("/accounts", refuse, what="accounts")


def test_a_part_of_a_list_is_no_list() -> None:
    headers = {"Link": '</accounts?page=2>; rel="next"'}
    reader = reader_of(httpx.Response(200, content=f"[{ROW}]", headers=headers))
    with reader, pytest.raises(ApiError, match="is not complete"):
        reader.rows("/accounts", dict, what="accounts")


def test_the_limit_of_a_list_grows_with_what_is_expected() -> None:
    body = f"[{','.join([ROW] * 100)}]"
    answers = [httpx.Response(200, content=body) for _ in range(2)]
    with Reader(
        "https://api.example/v1",
        "token",
        transport=httpx.MockTransport(lambda request: answers.pop()),
        body_limit=1000,
    ) as reader:
        with pytest.raises(ApiError, match="larger than 1,000 bytes") as raised:
            reader.list("/accounts", what="accounts")
        assert "256 MiB" in raised.value.diagnostics[0].hint
        reader.expect(100)
        assert len(reader.list("/accounts", what="accounts")) == 100


def test_a_list_of_many_short_rows_ends_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mscode.http.session.MOST_ROWS", 90)
    body = f"[{','.join([ROW] * 100)}]"
    with reader_of(*(httpx.Response(200, content=body) for _ in range(2))) as reader:
        with pytest.raises(ApiError, match="the list has more than 90 rows") as raised:
            reader.list("/accounts", what="accounts")
        assert "Ask the operator" in raised.value.diagnostics[0].hint
        reader.expect(5)
        assert len(reader.list("/accounts", what="accounts")) == 100


def test_a_list_that_takes_too_long_says_which_setting_gives_it_more_time() -> None:
    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late")

    with (
        Reader("https://api.example/v1", "token", transport=httpx.MockTransport(late), budget=0.1) as reader,
        pytest.raises(ApiError, match="no answer within") as raised,
    ):
        reader.list("/accounts", what="accounts")
    assert "listSeconds" in raised.value.diagnostics[0].hint


def test_a_list_may_take_as_long_as_its_setting_says_and_nothing_else_may() -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        def arriving() -> Iterator[bytes]:
            yield b"["
            time.sleep(0.15)
            yield f"{ROW}]".encode()

        return httpx.Response(200, content=arriving())

    with Reader(
        "https://api.example/v1", "token", transport=httpx.MockTransport(slow), deadline=0.1, budget=0.1
    ) as reader:
        with pytest.raises(ApiError, match="no answer within"):
            reader.list("/accounts", what="accounts")
        reader.allow_for_lists(20)
        assert len(reader.list("/accounts", what="accounts")) == 1
        with pytest.raises(ApiError, match="no answer within"):
            reader.get("/accounts/1", what="account")
