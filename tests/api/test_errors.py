"""What an error shows: object, method, path, status, the service's words; never the token or a person's number."""

from __future__ import annotations

import html
import io
import json
import logging
import traceback
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from mscode.api.client import Client
from mscode.errors import ApiError, MscodeError
from mscode.model.privacy import Masker
from tests.api.service import TOKEN, Service, client_of

SPELLINGS = [TOKEN, quote(TOKEN, safe=""), html.escape(TOKEN), json.dumps(TOKEN)[1:-1]]


def error_of(response: httpx.Response | Exception, **settings: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        client_of(Service(response), **settings).post("/groups", {}, what="groups.a")
    return caught.value


def words(text: str, **settings: Any) -> str:
    summary = error_of(httpx.Response(400, json={"error": {"message": text}}), **settings).diagnostics[0].summary
    return summary.removeprefix("groups.a: POST /groups answered 400: ")


def everything(error: BaseException) -> str:
    """All that any handler could print of an error: its own texts, its chain, its traceback."""
    out = io.StringIO()
    seen: list[BaseException | None] = [error, error.__cause__, error.__context__]
    for one in seen:
        if one is not None:
            traceback.print_exception(one, file=out)
            out.write(repr(one) + str(one) + repr(getattr(one, "__dict__", "")))
            out.write(repr(list(one.diagnostics) if isinstance(one, MscodeError) else ""))
    return out.getvalue()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_service_that_repeats_the_token_does_not_make_us_repeat_it(spelling: str) -> None:
    for answer in (
        httpx.Response(401, json={"error": {"message": f"token {spelling} is not valid"}}),
        httpx.Response(401, json={"seen": [spelling]}),
        httpx.Response(401, text=f"bad token {spelling}"),
        httpx.Response(401, html=f"<p>{spelling}</p>"),
        httpx.Response(302, headers={"Location": f"https://x.example/?t={spelling}"}),
    ):
        assert spelling not in everything(error_of(answer))


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ReadError, httpx.ReadTimeout, httpx.LocalProtocolError])
def test_an_error_of_the_network_that_holds_the_token_does_not_reach_anybody(kind: type[httpx.TransportError]) -> None:
    error = error_of(
        kind(f"Illegal header value {TOKEN!r}", request=httpx.Request("POST", "https://x", headers={"t": TOKEN}))
    )
    assert TOKEN not in everything(error)
    assert error.__cause__ is None and error.__context__ is None


def test_the_token_is_not_shown_at_the_cut_of_a_long_text() -> None:
    for length in range(290, 310):
        assert TOKEN[:6] not in words("x" * length + TOKEN)


def test_the_token_is_not_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        error_of(httpx.Response(401, text=TOKEN))
    assert TOKEN not in caplog.text


def test_a_client_does_not_show_its_token() -> None:
    client: Client = client_of(Service(httpx.Response(200)))
    assert TOKEN not in repr(client) and TOKEN not in repr(client._session)


def test_numbers_and_addresses_in_the_services_words_are_masked() -> None:
    assert words("+358401234567 and anna@example.com are taken") == "+35840•••4567 and a••• are taken"


def test_known_names_are_masked_by_the_given_masker() -> None:
    assert words("Virta is taken", masker=Masker(["Virta"])) == "V••• is taken"


def test_people_are_shown_only_by_a_masker_that_shows_them() -> None:
    assert words("+358401234567 is taken", masker=Masker(show_people=True)) == "+358401234567 is taken"


def test_words_are_one_line_of_300_characters_at_most() -> None:
    said = words("a \n\t b " * 1000)
    assert said.startswith("a b a b") and len(said) <= 300 and said.endswith("…")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"code": "missing", "message": "is required", "field": "name"}}, "is required (name)"),
        ({"message": "no"}, "no"),
        ({"error": "no"}, "no"),
        ({"detail": "no"}, "no"),
        ("no", "no"),
        (["no"], '["no"]'),
        ({"reasons": {"a": 1}}, '{"reasons": {"a": 1}}'),
    ],
)
def test_the_services_words_are_found_in_errors_of_any_form(body: object, said: str) -> None:
    assert str(error_of(httpx.Response(400, json=body))) == f"groups.a: POST /groups answered 400: {said}"


def test_of_a_page_only_its_text_is_shown() -> None:
    page = "<style>p {color: red}</style><script>alert(1)</script><body><h1>Bad Gateway</h1><p>nginx</p></body>"
    assert str(error_of(httpx.Response(502, html=page))) == "groups.a: POST /groups answered 502: Bad Gateway nginx"


def test_an_error_without_words_ends_with_its_status() -> None:
    assert str(error_of(httpx.Response(500))) == "groups.a: POST /groups answered 500"


def test_an_unknown_outcome_says_so_and_a_wrong_token_what_to_do() -> None:
    assert "may or may not have been done" in error_of(httpx.Response(500)).diagnostics[0].detail
    assert "MSCODE_TOKEN" in error_of(httpx.Response(401, json={})).diagnostics[0].hint


def test_a_huge_error_page_is_cut_before_it_is_cleaned() -> None:
    assert len(str(error_of(httpx.Response(500, html="<" * 5_000_000)))) < 400
