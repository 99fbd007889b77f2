"""Rules that hold for all operations (docs/service-notes.md#requests, docs/service-notes.md#errors-and-rate-limits)."""

import pytest

from .world import World


@pytest.mark.parametrize("prefix", ["/v1", "/vi"])
def test_both_prefixes_serve_the_same_and_locations_keep_the_one_that_was_used(world: World, prefix: str) -> None:
    made = world.send("POST", f"http://any.host:81{prefix}/accounts", {"firstName": "Aino"})
    assert made.headers["location"] == f"http://any.host:81{prefix}/accounts/1"
    assert world.get("/accounts/1")["firstName"] == "Aino"


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/accounts/", "/accounts//", "/accounts/1/groups", "//accounts"])
def test_an_unknown_path_is_404(world: World, path: str) -> None:
    assert world.send("GET", path).status_code == 404


@pytest.mark.parametrize("object_id", ["7", "0", "-1", "01", "+1", "x", "%C3%A9", "99999999999999999999999", "1.0"])
def test_an_unknown_id_is_404_with_the_error_body(world: World, object_id: str) -> None:
    world.account()
    response = world.send("GET", f"/accounts/{object_id}")
    assert response.status_code == 404
    assert response.json() == {"error": {"code": "notFound", "message": "no such object", "field": None}}


def test_the_date_is_the_sandboxes_own(world: World) -> None:
    for path in ("/accounts", "/nothing", "http://sandbox.local/__sandbox/clock", "http://sandbox.local/else"):
        assert world.send("GET", path).headers.get_list("date") == ["Tue, 01 Dec 2026 07:00:00 GMT"]


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("Application/JSON; charset=utf-8", 200), ("text/html, application/json", 200),
     ("text/html", 406), ("*/*", 406), ("-", 406)],
)  # fmt: skip
def test_accept_must_be_json(world: World, accept: str, status: int) -> None:
    assert world.send("GET", "/accounts", headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json;charset=UTF-8", 200), ("APPLICATION/JSON", 200), ("text/plain", 415), ("-", 415)],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_content_type_must_be_json_even_without_a_body(
    world: World, method: str, content_type: str, status: int
) -> None:
    account = world.account()
    response = world.send(method, f"/accounts/{account}", headers={"Content-Type": content_type})
    assert response.status_code == (204 if status == 200 and method == "DELETE" else status)


@pytest.mark.parametrize("headers", [{"X-Access-Token": "-"}, {"X-Access-Token": "wrong"}, {"X-Access-Token": ""}])
def test_a_missing_or_wrong_token_is_401(world: World, headers: dict[str, str]) -> None:
    assert world.send("GET", "/accounts", headers=headers).status_code == 401
    assert world.send("POST", "/accounts", {}, headers=headers).status_code == 401
    assert world.get("/accounts") == []


def test_the_token_may_come_in_the_url(world: World) -> None:
    no_header = {"X-Access-Token": "-"}
    assert world.send("GET", f"/accounts?access_token={world.token}", headers=no_header).status_code == 200
    assert world.send("GET", "/accounts?access_token=wrong", headers=no_header).status_code == 401


def test_the_token_may_be_posted_and_is_no_field(world: World) -> None:
    body = {"firstName": "Aino", "access_token": world.token}
    assert world.send("POST", "/accounts", body, headers={"X-Access-Token": "-"}).status_code == 201
    assert world.send("PUT", "/accounts/1", body, headers={"X-Access-Token": "-"}).status_code == 401


def test_authentication_token_opens_the_17_operations_that_print_it_and_no_other(world: World) -> None:
    account, voice_file = world.account(), world.voice_file()
    headers = {"X-Access-Token": "-", "X-Authentication-Token": world.token}
    changed = {"name": "New", "description": ""}
    assert world.send("GET", "/accounts", headers=headers).status_code == 401
    assert world.send("PUT", f"/accounts/{account}", {}, headers=headers).status_code == 200
    assert world.send("PUT", f"/voice_files/{voice_file}", changed, headers=headers).status_code == 401
    assert world.send("DELETE", f"/voice_files/{voice_file}", headers=headers).status_code == 401
    assert world.send("DELETE", f"/accounts/{account}", headers=headers).status_code == 204


def test_the_access_token_header_counts_before_all_other_ways(world: World) -> None:
    headers = {"X-Access-Token": "wrong", "X-Authentication-Token": world.token}
    assert world.send("DELETE", f"/accounts?all&access_token={world.token}", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PATCH", "/accounts/1", "DELETE, GET, PUT"),
        ("HEAD", "/accounts", "DELETE, GET, POST"),
        ("OPTIONS", "/accounts", "DELETE, GET, POST"),
        ("PUT", "/click_to_calls/1", "DELETE, GET"),
        ("DELETE", "/accounts/filters/1", "GET, PUT"),
        ("DELETE", "/accounts/filters", "GET, POST"),
        ("DELETE", "/rsvp_calls/1/receivers", "GET, POST"),
        ("PUT", "/groups/1/accounts", "GET, POST"),
        ("DELETE", "/groups/1/accounts", "GET, POST"),
        ("DELETE", "/subusers/1/accounts", ""),
        ("GET", "/groups/1/2", "DELETE"),
        ("GET", "/login", "POST"),
        ("DELETE", "/login", "POST"),
        ("GET", "/voice_files/text_to_speech", "POST"),
        ("POST", "/voice_files/text_to_speech/voice_codes", "GET"),
    ],
)
def test_what_the_page_does_not_document_is_405(world: World, method: str, path: str, allow: str) -> None:
    response = world.send(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allow)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nul", b"\xff", b'{"note": NaN}', b'{"note": 1e999}', b'{"note": "\\ud800"}', b"[" * 100_000],
)
def test_a_body_that_is_not_json_is_400(world: World, body: bytes) -> None:
    assert world.send("POST", "/accounts", content=body).status_code == 400


@pytest.mark.parametrize("body", [[], "text", 1, None, True])
def test_a_body_that_is_no_object_is_400(world: World, body: object) -> None:
    assert world.refused("POST", "/accounts", body) is None


def test_a_refused_request_leaves_nothing_behind(stage: World) -> None:
    receivers = [{"phone": "+358405550101"}, {"groupId": "404"}]
    assert stage.refused("POST", "/rsvp_calls", stage.rsvp_body(receivers=receivers)) == "groupId"
    assert stage.get("/accounts") == []


def test_ids_are_never_given_twice(world: World) -> None:
    world.delete(f"/accounts/{world.account()}")
    world.delete(f"/groups/{world.group()}")
    assert (world.account(), world.group()) == ("2", "2")


def test_lists_are_bare_arrays_in_order_of_id(world: World) -> None:
    names = [str(number) for number in range(12)]
    for name in names:
        world.post("/groups", {"name": name, "description": ""})
    assert [group["name"] for group in world.get("/groups")] == names
