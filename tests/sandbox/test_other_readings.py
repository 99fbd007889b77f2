"""Switches of the requests, the lists and the times: each value beside the literal reading."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mscode.sandbox.operations import AUTHENTICATION_TOKEN, operations
from mscode.sandbox.profile import BadProfile, Profile, switch_schemas

from .world import World

HELSINKI = ZoneInfo("Europe/Helsinki")


@pytest.fixture
def served() -> Iterator[Any]:
    """A sandbox of a profile, on a Tuesday at 10:00 UTC with a voice file; made when it is called."""
    made: list[World] = []

    def make(**settings: Any) -> World:
        made.append(World(now=datetime(2026, 12, 1, 10, tzinfo=UTC), profile=Profile.of(settings)))
        prefix = made[-1].app.state.switches.profile.prefix
        made[-1].base = f"http://sandbox.local{'/v1' if prefix is None else prefix}"
        return made[-1]

    yield make
    for one in made:
        one.close()


# ---- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"prefix": "/"}, {"prefix": ""}),
        ({"prefix": ""}, {"prefix": ""}),
        ({"prefix": "vi"}, {"prefix": "/vi"}),
        ({"prefix": "/api/v2/"}, {"prefix": "/api/v2"}),
        ({"prefix": None}, {"prefix": None}),
        ({"login_path": "sessions"}, {"login_path": "/sessions"}),
        ({"post_token": False}, {"post_token": "off"}),
        ({"filter_op10": False}, {"filter_op10": "off"}),
        ({"zone": "UTC"}, {"zone": "UTC"}),
    ],
)
def test_values_that_are_the_same_are_one(settings: dict[str, Any], kept: dict[str, Any]) -> None:
    profile = Profile.of(settings)
    assert {name: getattr(profile, name) for name in kept} == kept
    assert Profile.of(profile.settings()) == profile


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"prefix": "/v1?x"}, "a path like /v1"),
        ({"prefix": "/__sandbox"}, "a path like /v1"),
        ({"prefix": "/../v1"}, "a path like /v1"),
        ({"prefix": 1}, "a path like /v1"),
        ({"login_path": "/"}, "a path like /login"),
        ({"login_path": None}, "a path like /login"),
        ({"login_path": "/a" * 400}, "a path like /login"),
        ({"zone": "Helsinki"}, "a time zone like Europe/Helsinki"),
        ({"zone": "../zone"}, "a time zone like Europe/Helsinki"),
        ({"zone": ["UTC"]}, "a time zone like Europe/Helsinki"),
        ({"auth_header": "strict"}, "both, strict17 or access_only"),
        ({"post_token": 0}, "on or off"),
        ({"filter_op10": True}, "put, post, delete or off"),
        ({"bare_delete": False}, "refuse or all"),
        ({"list_shape": None}, "printed or full"),
    ],
)
def test_values_that_are_none_are_refused_with_those_there_are(settings: dict[str, Any], hint: str) -> None:
    with pytest.raises(BadProfile) as refused:
        Profile.of(settings)
    ((wrong),) = refused.value.wrong
    assert hint in wrong.hint


def test_every_switch_has_a_schema() -> None:
    assert set(switch_schemas()) == set(Profile().settings())


# ---- requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "there", "not_there"),
    [
        (None, ["/v1", "/vi"], ["", "/v2"]),
        ("/vi", ["/vi"], ["/v1", ""]),
        ("/", [""], ["/v1", "/vi"]),
        ("/api/v2", ["/api/v2"], ["/api", "/v1"]),
    ],
)
def test_prefix_is_where_the_api_is(served: Any, prefix: str | None, there: list[str], not_there: list[str]) -> None:
    world = served(prefix=prefix)
    for path in there:
        made = world.send("POST", f"http://sandbox.local{path}/groups", {"name": "Crew", "description": ""})
        assert made.status_code == 201
        assert made.headers["location"].startswith(f"http://sandbox.local{path}/groups/")
    for path in not_there:
        assert world.send("GET", f"http://sandbox.local{path}/groups").status_code == 404
    assert world.control("GET", "/profile")["prefix"] == ({"/": ""}.get(prefix or "", prefix))


@pytest.mark.parametrize(("is_lenient", "statuses"), [(False, [406, 415, 406]), (True, [200, 200, 200])])
def test_lenient_headers_asks_for_neither(served: Any, is_lenient: bool, statuses: list[int]) -> None:
    world = served(lenient_headers=is_lenient)
    asked: list[dict[str, str]] = [{"Accept": "text/html"}, {"Content-Type": "-"}, {"Accept": "-"}]
    assert [world.send("GET", "/groups", headers=one).status_code for one in asked] == statuses
    made = world.send("POST", "/groups", {"name": "Crew", "description": ""}, {"Content-Type": "text/plain"})
    assert made.status_code == (201 if is_lenient else 415)


def test_lenient_headers_still_takes_an_upload(served: Any) -> None:
    world = served(lenient_headers=True)
    headers = {"Accept": "-", "Content-Type": "-"}
    made = world.send("POST", "/voice_files", headers=headers, files={"files": ("hello.wav", b"sound")})
    assert made.status_code == 201
    world.refused("POST", "/voice_files", {"name": "no file"})


@pytest.mark.parametrize(
    ("reading", "access", "authentication"),
    [("both", 204, 204), ("strict17", 401, 204), ("access_only", 204, 401)],
)
def test_auth_header_says_which_header_opens_the_seventeen(
    served: Any, reading: str, access: int, authentication: int
) -> None:
    world = served(auth_header=reading)
    only_access = {"X-Access-Token": world.token}
    only_authentication = {"X-Access-Token": "-", "X-Authentication-Token": world.token}
    both = {**only_access, "X-Authentication-Token": world.token}
    for headers, status in ((only_access, access), (only_authentication, authentication), (both, 204)):
        account = world.account()
        assert world.send("DELETE", f"/accounts/{account}", headers=headers).status_code == status
    assert world.send("GET", "/accounts", headers=only_access).status_code == 200
    assert world.send("GET", "/accounts", headers=only_authentication).status_code == 401


def test_auth_header_strict17_is_about_seventeen_operations(served: Any) -> None:
    world = served(auth_header="strict17")
    token = {"X-Access-Token": "-", "X-Authentication-Token": world.token}
    for operation in operations():
        path = re.sub(r"\{\w+\}", "7", operation.path)
        demands = operation.number in AUTHENTICATION_TOKEN
        assert (world.send(operation.method, path, {}).status_code == 401) == demands, operation.number
        assert not demands or world.send(operation.method, path, {}, token).status_code != 401, operation.number


@pytest.mark.parametrize(("reading", "status"), [("on", 201), ("off", 401)])
def test_post_token_counts_or_not(served: Any, reading: str, status: int) -> None:
    world = served(post_token=reading)
    body = {"name": "Crew", "description": "", "access_token": world.token}
    assert world.send("POST", "/groups", body, {"X-Access-Token": "-"}).status_code == status
    assert world.send("POST", "/groups", body).status_code == 201


def test_login_path_is_the_path_of_the_login(served: Any) -> None:
    owner = {"email": "sandbox@example.com", "password": "sandbox"}
    world = served(login_path="/auth/sessions")
    assert set(world.post("/auth/sessions", owner)) == {"authToken"}
    assert world.send("POST", "/login", owner).status_code == 404
    assert served().send("POST", "/login", owner).status_code == 201


@pytest.mark.parametrize(("reading", "left"), [("refuse", 2), ("all", 0)])
def test_bare_delete_deletes_everybody_or_nobody(served: Any, reading: str, left: int) -> None:
    world = served(bare_delete=reading)
    world.people(2)
    assert world.send("DELETE", "/accounts").status_code == (204 if reading == "all" else 400)
    assert len(world.get("/accounts")) == left
    world.refused("DELETE", "/accounts?all&filterId=1")


# ---- filters and groups ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reading", "gone"), [("number", True), ("text", False)])
def test_filter_compare_is_by_number_or_by_text(served: Any, reading: str, gone: bool) -> None:
    world = served(filter_compare=reading)
    world.account(zip="20100")
    body = {"filters": [{"field": "zip", "operator": "<=", "value": "100000"}]}
    filter_id = world.post("/accounts/filters", body)["filterId"]
    world.delete(f"/accounts?filterId={filter_id}")
    assert (world.get("/accounts") == []) == gone


@pytest.mark.parametrize("reading", ["put", "post", "delete", "off"])
def test_filter_op10_is_one_method_or_none(served: Any, reading: str) -> None:
    world = served(filter_op10=reading)
    old, new = [{"field": "city", "operator": "==", "value": value} for value in ("Espoo", "Vantaa")]
    path = f"/accounts/filters/{world.post('/accounts/filters', {'filters': [old]})['filterId']}"
    for method in ("PUT", "POST", "DELETE"):
        answer = world.send(method, path, {"filters": [new]})
        if method.lower() != reading:
            assert answer.status_code == 405
            assert answer.headers["allow"] == (
                "GET" if reading == "off" else ", ".join(sorted(("GET", reading.upper())))
            )
            continue
        assert answer.status_code == 201
        assert "location" not in answer.headers
        assert answer.json()["filters"] == ([old] if reading == "delete" else [new])
    assert world.send("GET", path).status_code == (404 if reading == "delete" else 200)


@pytest.mark.parametrize("reading", ["item", "printed"])
def test_delete_url_is_the_items_or_the_printed_one(served: Any, reading: str) -> None:
    world = served(delete_url=reading)
    group = world.group(world.account())
    subuser = world.post("/subusers", {"username": "crew", "email": "crew@example.com"})["subuserId"]
    for item in (f"/groups/{group}", f"/subusers/{subuser}"):
        right, wrong = (item, f"{item}/accounts") if reading == "item" else (f"{item}/accounts", item)
        world.refused("DELETE", wrong, status=405)
        assert world.send("GET", item).status_code == 200
        world.delete(right)
        assert world.send("GET", item).status_code == 404
    assert len(world.get("/accounts")) == 1


@pytest.mark.parametrize(("reading", "shown"), [("new", 1), ("all", 2)])
def test_group_add_echo_names_the_new_or_all(served: Any, reading: str, shown: int) -> None:
    world = served(group_add_echo=reading)
    first, second = world.people(2)
    group = world.group(first)
    body = [{"accountId": first}, {"accountId": second}]
    answer = world.post(f"/groups/{group}/accounts", body)
    assert answer == [{"groupId": group, "accountId": one} for one in (first, second)[-shown:]]
    assert len(world.get(f"/groups/{group}/accounts")) == 2


@pytest.mark.parametrize("reading", ["printed", "nested"])
def test_group_remove_is_at_the_printed_or_the_nested_url(served: Any, reading: str) -> None:
    world = served(group_remove=reading)
    member = world.account()
    group = world.group(member)
    printed, nested = f"/groups/{group}/{member}", f"/groups/{group}/accounts/{member}"
    right, wrong = (printed, nested) if reading == "printed" else (nested, printed)
    world.refused("DELETE", wrong, status=404)
    assert len(world.get(f"/groups/{group}/accounts")) == 1
    world.delete(right)
    assert world.get(f"/groups/{group}/accounts") == []
    assert world.get("/accounts")


# ---- messages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reading", ["text", "object"])
def test_operations_comes_back_as_text_or_parsed(served: Any, reading: str) -> None:
    world = served(operations=reading)
    text = '[{"say": "See you", "at": 1}]'
    body = {"operations": text, "actionTime": "2026-12-02 10:00:00", "receivers": [{"phone": "+358401234567"}]}
    made = world.post("/calls", body)
    expected = text if reading == "text" else [{"say": "See you", "at": 1}]
    path = f"/calls/{made['callId']}"
    assert [one["operations"] for one in (made, world.get(path), world.put(path, body), *world.get("/calls"))] == [
        expected
    ] * 4
    world.refused("POST", "/calls", {**body, "operations": [{"say": "as JSON"}]})
    assert world.post("/calls", {**body, "operations": ""})["operations"] == ""


@pytest.mark.parametrize("path", ["/calls", "/smses", "/emails"])
def test_list_shape_full_shows_whole_objects(served: Any, path: str) -> None:
    full, printed = served(list_shape="full"), served()
    receiver = {"email": "a@example.com"} if path == "/emails" else {"phone": "+358401234567"}
    rows = []
    for world in (full, printed):
        made = world.post(path, {"actionTime": "2026-12-02 10:00:00", "receivers": [receiver]})
        ((row),) = world.get(path)
        rows.append(row)
        assert row.get("receivers", made["receivers"]) == made["receivers"]
    whole, listed = rows
    assert {*whole, "totalDuration"} == {*made, "totalDuration"}
    assert "receivers" in whole and "editable" in whole and "totalDuration" in whole
    lacks = {
        "/calls": {"receivers", "editable"},
        "/smses": {"receivers", "totalDuration"},
        "/emails": {"totalDuration"},
    }
    assert set(whole) - set(listed) == lacks[path]


# ---- times -----------------------------------------------------------------------------------------------------------


def _times(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every date-time of an answer with the name of its member."""
    if isinstance(value, dict):
        for inner, member in value.items():
            yield from _times(member, inner)
    elif isinstance(value, list):
        for item in value:
            yield from _times(item, name)
    elif isinstance(value, str) and name.endswith(("Time", "At", "timestamp")) and value[:2] == "20":
        yield name, value.replace(":", " ", 1) if len(value) > 10 and value[10] == ":" else value


def test_zone_is_that_of_every_time_but_start_and_end(served: Any) -> None:
    """The same requests to two sandboxes: each answer's times are the same instants, on the clocks of two zones."""
    answers = []
    for zone in ("UTC", "Europe/Helsinki"):
        world = served(zone=zone)
        local = (datetime(2026, 12, 2, 10, tzinfo=UTC)).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
        world.voice_file()
        member = world.account()
        group = world.group(member)
        condition = {"field": "city", "operator": "==", "value": "Espoo"}
        body = {"receivers": [{"phone": "+358405550123"}], "actionTime": local}
        hooks = {"stateWebhookUrl": "http://127.0.0.1/s", "receiverWebhookUrl": "http://127.0.0.1/r"}
        world.post("/accounts/filters", {"filters": [condition]})
        world.post("/subusers", {"username": "crew", "email": "crew@example.com"})
        for path in ("/calls", "/smses"):
            world.post(path, body)
        world.post("/emails", {**body, "receivers": [{"email": "a@example.com"}]})
        world.click(expiresAt=local)
        world.click()
        world.rsvp(startTime="2026-12-01 10:30:00", **hooks)
        world.advance("+1h")
        paths = (
            *(
                "/accounts",
                f"/accounts/{member}",
                "/accounts/filters",
                "/groups",
                f"/groups/{group}/accounts",
                "/calls",
            ),
            *("/calls/1", "/calls/1/receivers", "/smses", "/smses/1/receivers", "/emails", "/click_to_calls"),
            *(
                "/rsvp_calls",
                "/rsvp_calls/1/receivers",
                "/subusers",
                "/voice_files",
                "/voice_files/text_to_speech/voice_codes",
            ),
        )
        shown = {path: list(_times(world.get(path))) for path in paths}
        shown["webhooks"] = list(_times([one["body"] for one in world.control("GET", "/webhooks")]))
        world.advance("+1d")
        sent = [ring["at"] for ring in world.rings() if ring["kind"] in ("call", "sms", "email")]
        assert sent == ["2026-12-02T10:00:00Z"] * 3
        answers.append(shown)
    utc, helsinki = answers
    seen = set()
    for path, times in utc.items():
        assert times, path
        for (name, first), (_, second) in zip(times, helsinki[path], strict=True):
            seen.add(name)
            ahead = timedelta(0) if name in ("startTime", "endTime") else timedelta(hours=2)
            differs = datetime.fromisoformat(second) - datetime.fromisoformat(first)
            assert abs(differs - ahead) <= timedelta(seconds=5), (path, name, first, second)
    assert seen == {
        *("actionTime", "expiresAt", "createdAt", "updatedAt", "latestCallAt", "timestamp", "startTime", "endTime")
    }


@pytest.mark.parametrize(
    ("written", "instant", "shown"),
    [
        ("2026-10-25 02:59:59", "2026-10-24T23:59:59Z", "2026-10-25 02:59:59"),
        ("2026-10-25 03:30:00", "2026-10-25T00:30:00Z", "2026-10-25 03:30:00"),  # comes twice: the first
        ("2026-10-25 04:00:00", "2026-10-25T02:00:00Z", "2026-10-25 04:00:00"),
        ("2027-03-28 03:30:00", "2027-03-28T01:30:00Z", "2027-03-28 04:30:00"),  # is skipped
        ("2027-03-28 04:00:00", "2027-03-28T01:00:00Z", "2027-03-28 04:00:00"),
    ],
)
def test_zone_where_the_clocks_change(served: Any, written: str, instant: str, shown: str) -> None:
    world = served(zone="Europe/Helsinki")
    world.at("2026-10-01T00:00:00Z")
    made = world.post("/smses", {"actionTime": written, "receivers": [{"phone": "+358401234567"}]})
    assert made["actionTime"] == shown
    world.at("2027-04-01T00:00:00Z")
    assert [ring["at"] for ring in world.rings()] == [instant]


def test_zone_of_an_account_as_a_filter_compares_it(served: Any) -> None:
    """What a filter compares is what the account shows."""
    world = served(zone="Europe/Helsinki")
    account = world.get(f"/accounts/{world.account()}")
    assert account["createdAt"].startswith("2026-12-01 12:")
    condition = {"field": "createdAt", "operator": ">=", "value": "2026-12-01 12:00:00"}
    filter_id = world.post("/accounts/filters", {"filters": [condition]})["filterId"]
    world.delete(f"/accounts?filterId={filter_id}")
    assert world.get("/accounts") == []


def test_a_switch_may_be_turned_while_it_serves(world: World) -> None:
    group = world.group()
    world.control("POST", "/profile", {"delete_url": "printed", "zone": "Asia/Tokyo"})
    assert world.get("/groups")[0]["createdAt"].startswith("2026-12-01 16:")
    world.refused("DELETE", f"/groups/{group}", status=405)
    world.control("DELETE", "/profile")
    world.delete(f"/groups/{group}")
