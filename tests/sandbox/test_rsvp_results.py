"""Operations 40-42 (docs/service-notes.md#receivers-and-results-of-an-rsvp-call)."""

import pytest

from .world import World


def test_added_receivers_answer_as_a_bare_array_with_their_own_spelling(stage: World) -> None:
    stage.rsvp(state="halt")
    body = [{"accountId": stage.account()}, {"phone": "+358405550102"}]
    response = stage.send("POST", "/rsvp_calls/1/receivers", body)
    assert response.status_code == 201
    assert response.headers["location"] == "http://sandbox.local/v1/rsvp_calls/1"
    names = ["accountId", "groupId", "phone", "firsName", "lastName", "answered", "rsvpReply", "callDuration",
             "totalDialledCalls", "latestCallAt"]  # fmt: skip
    assert [list(row) for row in response.json()] == [names, names]
    assert [row["phone"] for row in response.json()] == ["+358401234567", "+358405550102"]
    phones = [row["phone"] for row in stage.get("/rsvp_calls/1")["receivers"]]
    assert phones == ["+358405550199", "+358401234567", "+358405550102"]


@pytest.mark.parametrize("body", [[], {}, {"receivers": []}, [{"phone": "040"}], [{}]])
def test_adding_follows_the_rules_of_receivers(stage: World, body: object) -> None:
    stage.rsvp(state="halt")
    stage.refused("POST", "/rsvp_calls/1/receivers", body)
    assert len(stage.get("/rsvp_calls/1")["receivers"]) == 1


def test_nothing_is_added_to_a_complete_call(stage: World) -> None:
    stage.rsvp(endTime="2026-12-01 08:00:00")
    stage.at("2026-12-01T08:00:00Z")
    stage.refused("POST", "/rsvp_calls/1/receivers", [{"phone": "+358405550102"}], 409)


def test_a_receiver_added_to_an_active_call_is_rung_from_then_on(stage: World) -> None:
    stage.rsvp(receivers=[{"accountId": person} for person in stage.people(200)])
    stage.at("2026-12-01T09:10:00Z")
    stage.post("/rsvp_calls/1/receivers", [{"phone": "+358405559999"}])
    stage.at("2026-12-01T12:00:00Z")
    rung = [ring for ring in stage.rings() if ring["phone"] == "+358405559999"]
    assert rung
    assert all(ring["at"] > "2026-12-01T09:10:00Z" for ring in rung)


def test_stats_have_four_fields_and_agree_with_the_ledger(stage: World) -> None:
    stage.rsvp(receivers=[{"groupId": stage.group(*stage.people(30))}])
    stage.at("2026-12-03T00:00:00Z")
    rings = stage.rings()
    stats = stage.get("/rsvp_calls/1/stats")
    assert list(stats) == ["totalDialedCalls", "answeredCalls", "totalDuration", "acceptsReceived"]
    assert stats["totalDialedCalls"] == len(rings) > 30
    assert stats["answeredCalls"] == sum(ring["answered"] for ring in rings)
    assert stats["acceptsReceived"] == sum(ring["reply"] == "accept" for ring in rings)


def test_results_expand_groups_and_say_no_reply(stage: World) -> None:
    people = stage.people(60)
    group = stage.group(*people)
    stage.rsvp(receivers=[{"groupId": group}, {"phone": "+358405550199"}])
    expected = [*people, "61"]
    before = stage.get("/rsvp_calls/1/receivers")
    assert [row["accountId"] for row in before] == expected
    assert before[0] == {
        "accountId": "1", "answered": 0, "rsvpReply": "noReply", "callDuration": 0, "latestCallAt": "",
    }  # fmt: skip
    stage.at("2026-12-04T16:00:00Z")
    after = stage.get("/rsvp_calls/1/receivers")
    assert {row["rsvpReply"] for row in after} == {"accept", "decline", "noReply"}
    last = {ring["accountId"]: ring for ring in stage.rings()}
    for row in after:
        ring = last[row["accountId"]]
        assert row["answered"] == ring["answered"]
        assert row["rsvpReply"] == {"noAnswer": "noReply"}.get(ring["reply"], ring["reply"])
        assert row["latestCallAt"] == ring["at"].replace("T", " ").removesuffix("Z")


def test_one_who_left_the_group_after_a_dial_stays_in_the_results(stage: World) -> None:
    people = stage.people(2)
    group = stage.group(*people)
    stage.rsvp(receivers=[{"groupId": group}])
    stage.at("2026-12-01T09:00:30Z")
    stage.delete(f"/groups/{group}/{people[0]}")
    assert [row["accountId"] for row in stage.get("/rsvp_calls/1/receivers")] == people


def test_an_unknown_call_is_404(stage: World) -> None:
    assert stage.send("POST", "/rsvp_calls/404/receivers", []).status_code == 404
    assert stage.send("GET", "/rsvp_calls/404/receivers").status_code == 404
    assert stage.send("GET", "/rsvp_calls/404/stats").status_code == 404
