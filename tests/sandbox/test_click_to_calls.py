"""Operations 25-28 (docs/service-notes.md#click-to-calls)."""

from typing import Any

import pytest

from .world import World, weekdays


def test_a_click_to_call_reads_as_documented(stage: World) -> None:
    account = stage.account(firstName="Aino", lastName="Virta")
    body = stage.click_body(receivers=[{"accountId": account}], meta={"a": "b"}, receiverWebhookUrl="https://h.example")
    response = stage.send("POST", "/click_to_calls", body)
    assert response.headers["location"] == "http://sandbox.local/v1/click_to_calls/1"
    dial: dict[str, Any] = {
        "accountId": account,
        "groupId": None,
        "phone": "+358401234567",
        "firsName": "Aino",
        "lastName": "Virta",
    }
    dial |= {"answered": 0, "reply": "noAnswer", "callDuration": 0, "dialledCalls": 0, "latestCallAt": ""}
    names = (
        "totalDialedCalls",
        "answeredCalls",
        "totalDuration",
        "acceptsReceived",
        "acceptsDeclined",
        "notAnsweredCalls",
    )
    made = response.json()
    assert made == {
        "clickToCallId": "1",
        "expiresAt": "2026-12-08 07:00:03",
        **body,
        "receivers": [dial],
        "maxRedials": 3,
        "stats": dict.fromkeys(names, 0),
        "updatedAt": "2026-12-01 07:00:03",
        "createdAt": "2026-12-01 07:00:03",
    }
    assert isinstance(made["voiceFileId"], int)
    assert (stage.get("/click_to_calls/1"), stage.get("/click_to_calls")) == (made, [made])


@pytest.mark.parametrize(
    "field", ["activeFrom", "activeTo", "activeWeekdays", "voiceFileId", "actionButtons", "receivers"]
)
def test_six_fields_are_required(stage: World, field: str) -> None:
    assert stage.refused("POST", "/click_to_calls", stage.click_body(**{field: ...})) == field
    assert stage.refused("POST", "/click_to_calls", stage.click_body(**{field: None})) == field


@pytest.mark.parametrize(
    ("field", "value"),
    [("expiresAt", "tomorrow"), ("maxRedials", -1), ("voiceFileId", 404), ("receivers", []), ("activeTo", "09:00:00"),
     ("receivers", [{"phone": "0401234567"}])],
)  # fmt: skip
def test_impossible_values_are_refused(stage: World, field: str, value: object) -> None:
    stage.refused("POST", "/click_to_calls", stage.click_body(**{field: value}))


def test_a_deleted_one_dials_nobody(stage: World) -> None:
    stage.click()
    stage.delete("/click_to_calls/1")
    stage.advance("+3d")
    assert (stage.rings(), stage.get("/click_to_calls")) == ([], [])
    assert stage.send("DELETE", "/click_to_calls/1").status_code == 404


def test_receivers_are_called_in_the_given_order_until_one_accepts(stage: World) -> None:
    people = stage.people(20)
    order = [people[number] for number in (7, 3, 11, 0, 15, 2, 9)]
    stage.click(receivers=[{"accountId": person} for person in order])
    stage.advance("+3d")
    rings = stage.rings()
    assert [ring["accountId"] for ring in rings] == order[: len(rings)]
    assert [ring["reply"] == "accept" for ring in rings] == [False] * (len(rings) - 1) + [True]
    shown = stage.get("/click_to_calls/1")
    assert shown["stats"]["acceptsReceived"] == 1
    assert shown["stats"]["totalDialedCalls"] == len(rings)
    assert [row["reply"] for row in shown["receivers"]].count("accept") == 1


def test_calling_stops_when_it_expires(stage: World) -> None:
    stage.people(20)
    stage.click(receivers=[{"accountId": "1"}], expiresAt="2026-12-01 09:00:00")
    stage.advance("+3d")
    assert stage.rings() == []


def test_its_webhook_uses_its_own_names(stage: World) -> None:
    hook: Any = {"receiverWebhookUrl": "https://hooks.example.com/r", "meta": {"season": "winter"}}
    stage.click(receivers=[{"accountId": person} for person in stage.people(9)], activeWeekdays=weekdays(), **hook)
    stage.advance("+1d")
    body = stage.control("GET", "/webhooks")[-1]["body"]
    assert set(body) == {"clickToCallId", "phoneNumber", "accountId", "reply", "meta", "timestamp"}
    assert (body["reply"], body["meta"]) == ("accept", {"season": "winter"})
