"""Calls, emails and smses: operations 19-24, 29-33, 43-48.

See docs/service-notes.md#calls-e-mails-and-text-messages.
"""

from typing import Any

import pytest

from .world import World

NOON = "2026-12-01 12:00:00"
STAMPS = {"updatedAt": "2026-12-01 07:00:00", "createdAt": "2026-12-01 07:00:00"}
BODIES: dict[str, dict[str, Any]] = {
    "/calls": {"operations": '[ {"play": 1} ]', "actionTime": NOON},
    "/emails": {"messageHtml": "<p>", "messageText": "Text", "subject": "Hello", "fromEmail": "crew@example.com",
                "fromName": "Crew", "actionTime": NOON},
    "/smses": {"message": "Hello", "sender": "Crew", "actionTime": NOON},
}  # fmt: skip
IDS = {"/calls": "callId", "/emails": "emailId", "/smses": "smsId"}
PRICES = {"/calls": 12.5, "/emails": 0.5, "/smses": 7.5}
RECEIVER = ["receiverId", "accountId", "groupId", "name", "firstName", "lastName", "email", "phone", "updatedAt",
            "createdAt"]  # fmt: skip
PATHS = list(BODIES)
every_kind = pytest.mark.parametrize("path", PATHS)


def to_account(world: World, path: str) -> dict[str, Any]:
    return {**BODIES[path], "receivers": [{"accountId": world.account(email="aino@example.com", firstName="Aino")}]}


@every_kind
def test_create_and_read_give_the_full_form(world: World, path: str) -> None:
    response = world.send("POST", path, to_account(world, path))
    made = response.json()
    assert response.headers["location"] == f"http://sandbox.local/v1{path}/1"
    (receiver,) = made.pop("receivers")
    assert list(receiver) == RECEIVER
    assert (receiver["accountId"], receiver["groupId"], receiver["firstName"]) == ("1", None, "Aino")
    expected = {IDS[path]: "1", **BODIES[path], "priceEstimateInCents": PRICES[path], "editable": "y", **STAMPS}
    assert made == expected
    assert world.get(f"{path}/1") == {**made, "receivers": [receiver]}


def test_each_list_has_its_own_shape(world: World) -> None:
    for path in PATHS:
        world.post(path, {**BODIES[path], "receivers": [{"groupId": world.group()}]})
    call, email, sms = (world.get(path)[0] for path in PATHS)
    assert set(call) == {"callId", "operations", "actionTime", "priceEstimateInCents", "totalDuration", *STAMPS}
    assert email == world.get("/emails/1")
    assert set(sms) == {"smsId", "message", "sender", "actionTime", "priceEstimateInCents", "editable", *STAMPS}
    assert (call["callId"], email["emailId"], sms["smsId"]) == ("1", "1", 1)


@pytest.mark.parametrize("path", ["/calls", "/smses"])
def test_receivers_are_listed_as_accounts_and_groups(world: World, path: str) -> None:
    account = world.account(firstName="Aino", lastName="Virta", email="aino@example.com")
    group = world.group(account, name="Crew")
    world.post(path, {**BODIES[path], "receivers": [{"accountId": account}, {"groupId": group}]})
    person = {"accountId": account, "groupId": None, "firstName": "Aino", "lastName": "Virta"}
    person |= {"phone": "+358401234567", "email": "aino@example.com", "name": "", "numberOfAccounts": None}
    crowd: dict[str, Any] = {
        "accountId": None,
        "groupId": group,
        **dict.fromkeys(("firstName", "lastName", "phone", "email"), ""),
    }
    crowd |= {"name": "Crew", "numberOfAccounts": 1}
    assert world.get(f"{path}/1/receivers") == [{**person, **STAMPS}, {**crowd, **STAMPS}]
    assert world.send("GET", f"{path}/2/receivers").status_code == 404


def test_emails_have_no_list_of_receivers(world: World) -> None:
    world.post("/emails", to_account(world, "/emails"))
    assert world.send("GET", "/emails/1/receivers").status_code == 404


@every_kind
def test_an_address_finds_its_account_or_makes_one(world: World, path: str) -> None:
    name = "email" if path == "/emails" else "phone"
    known = world.post("/accounts", {name: "known"})["accountId"]
    body = {**BODIES[path], "receivers": [{name: "known"}, {name: "new"}]}
    receivers = world.post(path, body)["receivers"]
    assert [receiver["accountId"] for receiver in receivers] == [known, "2"]
    assert [account[name] for account in world.get("/accounts")] == ["known", "new"]


@every_kind
@pytest.mark.parametrize(
    "receiver",
    [{}, {"accountId": "1", "groupId": "1"}, {"accountId": "404"}, {"groupId": "404"}, {"accountId": None}, "1"],
)
def test_a_receiver_is_exactly_one_known_thing(world: World, path: str, receiver: object) -> None:
    world.group(world.account())
    world.refused("POST", path, {**BODIES[path], "receivers": [receiver]})
    world.refused("POST", path, {**BODIES[path], "receivers": []})
    assert world.get(path) == []


@every_kind
def test_an_update_keeps_what_it_omits(world: World, path: str) -> None:
    before = world.post(path, to_account(world, path))
    world.advance("+1h")
    changed = world.put(f"{path}/1", {"actionTime": "2026-12-02 12:00:00"})
    assert changed == {**before, "actionTime": "2026-12-02 12:00:00", "updatedAt": "2026-12-01 08:00:00"}


@every_kind
def test_an_update_replaces_the_receivers_it_names(world: World, path: str) -> None:
    world.post(path, to_account(world, path))
    group = world.group()
    receivers = world.put(f"{path}/1", {"receivers": [{"groupId": group}]})["receivers"]
    assert [(receiver["accountId"], receiver["groupId"]) for receiver in receivers] == [(None, group)]


@every_kind
def test_a_message_is_sent_once_at_its_time_and_then_fixed(world: World, path: str) -> None:
    body = to_account(world, path)
    group = world.group("1")
    world.post(path, {**body, "receivers": [*body["receivers"], {"groupId": group}]})
    world.at("2026-12-01T11:59:59Z")
    assert (world.rings(), world.get(f"{path}/1")["editable"]) == ([], "y")
    world.at("2026-12-05T12:00:00Z")
    assert world.get(f"{path}/1")["editable"] == "n"
    assert [(ring["accountId"], ring["at"]) for ring in world.rings()] == [("1", "2026-12-01T12:00:00Z")] * 2
    assert world.refused("PUT", f"{path}/1", BODIES[path], 409) is None
    world.refused("DELETE", f"{path}/1", status=409)


@every_kind
def test_a_message_without_a_time_goes_out_at_once(world: World, path: str) -> None:
    made = world.post(path, {**to_account(world, path), "actionTime": None})
    assert (made["actionTime"], made["editable"]) == ("2026-12-01 07:00:00", "n")
    assert len(world.rings()) == 1


@every_kind
def test_a_message_can_be_deleted_before_its_time(world: World, path: str) -> None:
    world.post(path, to_account(world, path))
    world.delete(f"{path}/1")
    world.at("2026-12-02T00:00:00Z")
    assert (world.get(path), world.rings()) == ([], [])
    for method in ("GET", "PUT", "DELETE"):
        assert world.send(method, f"{path}/1", {}).status_code == 404


@every_kind
@pytest.mark.parametrize("time", ["2026-12-01T12:00:00", "2026-12-01", "2026-13-01 12:00:00", 5, ""])
def test_a_time_has_one_form(world: World, path: str, time: object) -> None:
    assert world.refused("POST", path, {**to_account(world, path), "actionTime": time}) == "actionTime"


@pytest.mark.parametrize("operations", ["{", "nope", [], {}, 1])
def test_operations_is_a_string_that_holds_json(world: World, operations: object) -> None:
    body = {**to_account(world, "/calls"), "operations": operations}
    assert world.refused("POST", "/calls", body) == "operations"
