"""Operations 35-39 (docs/service-notes.md#rsvp-calls)."""

from typing import Any

import pytest

from .world import World, weekdays

REQUIRED = ["endTime", "activeFrom", "activeTo", "activeWeekdays", "voiceFiles", "actionButtons", "acceptsWanted"]
STATS = ["totalDialedCalls", "answeredCalls", "totalDuration", "acceptsReceived", "declinesAndNoRepliesReceived",
         "notAnsweredCalls"]  # fmt: skip


def test_an_rsvp_call_reads_as_documented(stage: World) -> None:
    account = stage.account(firstName="Aino", lastName="Virta")
    body = stage.rsvp_body(
        state="active",
        startTime="2026-12-02 08:00:00",
        receivers=[{"accountId": account, "groupId": None, "phone": None}],
        maxRedials=1,
        receiverWebhookUrl="https://hooks.example.com/r",
        stateWebhookUrl="https://hooks.example.com/s",
        meta={"season": "winter"},
    )
    response = stage.send("POST", "/rsvp_calls", body)
    assert response.headers["location"] == "http://sandbox.local/v1/rsvp_calls/1"
    dial: dict[str, Any] = {
        "accountId": account,
        "groupId": None,
        "phone": "+358401234567",
        "firsName": "Aino",
        "lastName": "Virta",
    }
    dial |= {"answered": 0, "rsvpReply": "noAnswer", "callDuration": 0, "dialledCalls": 0, "latestCallAt": ""}
    made = response.json()
    assert made == {
        "rsvpCallId": "1",
        **body,
        "state": "waitingToActive",
        "receivers": [dial],
        "stats": dict.fromkeys(STATS, 0),
        "updatedAt": "2026-12-01 07:00:03",
        "createdAt": "2026-12-01 07:00:03",
    }
    assert (stage.get("/rsvp_calls/1"), stage.get("/rsvp_calls")) == (made, [made])


def test_defaults(stage: World) -> None:
    made = stage.rsvp(startTime=None)
    assert (made["startTime"], made["state"], made["maxRedials"]) == ("2026-12-01 07:00:03", "active", 3)
    assert (made["receiverWebhookUrl"], made["stateWebhookUrl"], made["meta"]) == ("", "", {})


@pytest.mark.parametrize("field", [*REQUIRED, "receivers"])
def test_required_fields_on_create(stage: World, field: str) -> None:
    assert stage.refused("POST", "/rsvp_calls", stage.rsvp_body(**{field: ...})) == field
    assert stage.refused("POST", "/rsvp_calls", stage.rsvp_body(**{field: None})) == field


@pytest.mark.parametrize("field", REQUIRED)
def test_required_fields_on_update(stage: World, field: str) -> None:
    stage.rsvp()
    assert stage.refused("PUT", "/rsvp_calls/1", stage.rsvp_body(**{field: ...})) == field


REFUSED: list[tuple[str, Any]] = [
    ("state", "complete"),
    ("state", "waitingToActive"),
    ("state", 1),
    ("startTime", "2026-12-01 06:00:02"),
    ("startTime", "2026-12-01T09:00:00Z"),
    ("startTime", "2026-12-04 17:00:00"),
    ("endTime", "2026-12-01 07:00:03"),
    ("endTime", "2026-11-30 07:00:00"),
    ("activeFrom", "9:00:00"),
    ("activeFrom", "09:00"),
    ("activeTo", "24:00:00"),
    ("activeTo", "09:00:00"),
    ("activeTo", "08:00:00"),
    ("activeWeekdays", "monday"),
    ("activeWeekdays", [{"weekday": "monday"}]),
    ("activeWeekdays", [{"weekday": "Monday", "active": "1"}]),
    ("activeWeekdays", [{"weekday": "monday", "active": 1}]),
    ("activeWeekdays", [{"weekday": "monday", "active": "2"}]),
    ("activeWeekdays", [{"weekday": "monday", "active": "1"}] * 2),
    ("voiceFiles", []),
    ("voiceFiles", '[{"type":"start","voiceFileId":"1"}]'),
    ("voiceFiles", [{"type": "decline", "voiceFileId": "1"}]),
    ("voiceFiles", [{"type": "start", "voiceFileId": "1"}] * 2),
    ("voiceFiles", [{"type": "start", "voiceFileId": "404"}]),
    ("voiceFiles", [{"type": "start"}]),
    ("actionButtons", [{"button": "10", "action": "accept"}]),
    ("actionButtons", [{"button": 5, "action": "accept"}]),
    ("actionButtons", [{"button": "#", "action": "accept"}]),
    ("actionButtons", [{"button": "5", "action": "maybe"}]),
    ("actionButtons", {"5": "accept"}),
    ("acceptsWanted", 0),
    ("acceptsWanted", "40"),
    ("acceptsWanted", True),
    ("maxRedials", -1),
    ("maxRedials", 1.5),
    ("stateWebhookUrl", 1),
]


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_create_and_update_refuse_the_same_values(stage: World, field: str, value: object) -> None:
    assert stage.refused("POST", "/rsvp_calls", stage.rsvp_body(**{field: value})) is not None
    before = stage.rsvp(state="halt")
    assert stage.refused("PUT", "/rsvp_calls/1", stage.rsvp_body(**{field: value})) is not None
    assert stage.get("/rsvp_calls/1") == before


@pytest.mark.parametrize(
    "receivers",
    [[], [{}], [{"phone": "0401234567"}], [{"phone": "+1"}], [{"phone": "+1234567890123456"}],
     [{"phone": "+358 401234567"}], [{"accountId": "404"}], [{"phone": "+358401234567", "groupId": "1"}], ["1"], {}],
)  # fmt: skip
def test_receivers_that_break_a_rule_are_refused(stage: World, receivers: object) -> None:
    stage.group()
    stage.refused("POST", "/rsvp_calls", stage.rsvp_body(receivers=receivers))


def test_a_start_exactly_one_hour_ago_is_allowed(stage: World) -> None:
    stage.at("2026-12-01T10:00:00Z")
    assert stage.rsvp(startTime="2026-12-01 09:00:00")["state"] == "active"


def test_a_voice_file_must_be_ready(stage: World) -> None:
    speech = {"name": "Bye", "text": "Bye", "voiceCode": "en"}
    stage.post("/voice_files/text_to_speech", speech)
    body = stage.rsvp_body(voiceFiles=[{"type": "end", "voiceFileId": "2"}])
    assert stage.refused("POST", "/rsvp_calls", body) == "voiceFiles"
    stage.advance("+2s")
    assert stage.post("/rsvp_calls", body)["voiceFiles"] == [{"type": "end", "voiceFileId": "2"}]


def test_voice_file_ids_are_text_whatever_was_sent(stage: World) -> None:
    refs = [{"type": "end", "voiceFileId": 1}, {"type": "start", "voiceFileId": "1"}]
    made = stage.rsvp(voiceFiles=refs)["voiceFiles"]
    assert made == [{"type": "end", "voiceFileId": "1"}, {"type": "start", "voiceFileId": "1"}]


def test_weekdays_read_as_all_seven_monday_first(stage: World) -> None:
    made = stage.rsvp(activeWeekdays=[{"weekday": "friday", "active": "1"}, {"weekday": "monday", "active": "1"}])
    assert made["activeWeekdays"] == weekdays("monday", "friday")


def test_a_phone_finds_the_oldest_account_or_makes_one(stage: World) -> None:
    first, _second = stage.account("+358405550101"), stage.account("+358405550101")
    made = stage.rsvp(receivers=[{"phone": "+358405550101"}, {"phone": "+358405550102"}])
    assert [row["accountId"] for row in made["receivers"]] == [first, "3"]
    assert stage.get("/accounts/3")["phone"] == "+358405550102"
    assert stage.get("/accounts/3")["firstName"] == ""


@pytest.mark.parametrize(
    ("sent", "read"), [(..., {}), (None, {}), ([1], [1]), ("text", "text"), ({"a": {"ä": None}}, {"a": {"ä": None}})]
)
def test_meta_is_kept_as_it_is(stage: World, sent: object, read: object) -> None:
    assert stage.rsvp(meta=sent)["meta"] == read


def test_state_follows_the_start_and_the_wish(stage: World) -> None:
    assert stage.rsvp(state="halt", startTime="2026-12-02 08:00:00")["state"] == "halt"
    resumed = stage.put("/rsvp_calls/1", stage.rsvp_body(state="active"))
    assert (resumed["state"], resumed["startTime"]) == ("waitingToActive", "2026-12-02 08:00:00")
    assert stage.put("/rsvp_calls/1", stage.rsvp_body(state="halt"))["state"] == "halt"
    assert stage.put("/rsvp_calls/1", stage.rsvp_body())["state"] == "halt"
    now = stage.put("/rsvp_calls/1", stage.rsvp_body(state="active", startTime=None))
    assert (now["state"], now["startTime"]) == ("active", "2026-12-01 07:00:03")


def test_an_update_replaces_required_fields_and_keeps_omitted_optional_ones(stage: World) -> None:
    before = stage.rsvp(maxRedials=1, meta={"a": 1}, stateWebhookUrl="https://h.example", state="halt")
    stage.advance("+1h")
    changed = stage.put("/rsvp_calls/1", stage.rsvp_body(acceptsWanted=7, receivers=...))
    assert changed == {**before, "acceptsWanted": 7, "updatedAt": "2026-12-01 08:00:03"}


def test_an_update_ignores_receivers(stage: World) -> None:
    before = stage.rsvp(state="halt")["receivers"]
    other = stage.rsvp_body(receivers=[{"phone": "+358405550111"}])
    assert stage.put("/rsvp_calls/1", other)["receivers"] == before
    assert len(stage.get("/accounts")) == 1


def test_a_stored_start_that_has_grown_old_is_refused_when_sent_again(stage: World) -> None:
    stage.rsvp(startTime="2026-12-01 08:00:00", activeFrom="12:00:00")
    stage.at("2026-12-01T09:00:01Z")
    body = stage.rsvp_body(startTime="2026-12-01 08:00:00")
    assert stage.refused("PUT", "/rsvp_calls/1", body) == "startTime"
    assert stage.put("/rsvp_calls/1", stage.rsvp_body())["startTime"] == "2026-12-01 08:00:00"


def test_buttons_of_an_update_may_be_spelled_both_ways(stage: World) -> None:
    stage.rsvp(state="halt")
    lower, upper = [{"button": "1", "action": "accept"}], [{"button": "2", "action": "accept"}]
    only_lower = stage.rsvp_body(actionButtons=..., actionbuttons=lower)
    assert stage.put("/rsvp_calls/1", only_lower)["actionButtons"] == lower
    stage.put("/rsvp_calls/1", stage.rsvp_body(actionButtons=upper, actionbuttons=upper))
    differing = stage.rsvp_body(actionButtons=upper, actionbuttons=lower)
    assert stage.refused("PUT", "/rsvp_calls/1", differing) == "actionButtons"
    assert stage.refused("POST", "/rsvp_calls", only_lower) == "actionButtons"


def test_complete_is_final(stage: World) -> None:
    stage.rsvp(receivers=[{"accountId": stage.account("")}])
    stage.at("2026-12-01T09:00:00Z")
    assert stage.get("/rsvp_calls/1")["state"] == "complete"
    for state in ("active", "halt"):
        assert stage.refused("PUT", "/rsvp_calls/1", stage.rsvp_body(state=state), 409) == "state"
    assert stage.put("/rsvp_calls/1", stage.rsvp_body(acceptsWanted=3))["state"] == "complete"


def test_an_unknown_one_is_404(stage: World) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert stage.send(method, "/rsvp_calls/404", stage.rsvp_body()).status_code == 404


def test_a_deleted_one_is_gone(stage: World) -> None:
    stage.rsvp()
    stage.delete("/rsvp_calls/1")
    assert stage.get("/rsvp_calls") == []
    stage.advance("+1d")
    assert stage.rings() == []
