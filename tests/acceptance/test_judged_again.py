"""What a guard or a policy allowed is asked again: under the lock, and right before anything rings.

Between the look that a plan is made of and the request that lets phones ring somebody else acts: a second account of one
number joins, a number is put on the do-not-call list, the clock goes on, a rule is written. The digest of a plan covers none
of that.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.campaigns import PHONES, invite
from tests.acceptance.conftest import Ended, World
from tests.acceptance.service import Service

Act = Callable[[World], object]
TEXT = "POST /voice_files/text_to_speech"


class Answers(io.StringIO):
    """A person who says yes, and takes so long about the first answer that somebody else acts meanwhile."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__("yes\nyes\n")
        self._act: Callable[[], object] | None = act

    def readline(self, size: int | None = -1, /) -> str:
        if self._act is not None:
            act, self._act = self._act, None
            act()
        return super().readline(-1 if size is None else size)


@pytest.fixture
def crowd(world: World) -> World:
    """Two people in a group that nothing manages, and a campaign that calls them at once."""
    world.service.control("POST", "/seed", [{"phone": phone, "city": "Oulu"} for phone in PHONES[:2]])
    world.service.send("POST", "/groups", {"name": "crowd", "description": ""})
    world.service.send("POST", "/groups/1/accounts", [{"accountId": one["accountId"]} for one in people(world.service)])
    (world.folder / "never.txt").write_text("+358409999999\n")
    world.write(calling())
    return world


def calling(**changes: Any) -> dict[str, Any]:
    fields = {"receivers": [{"groupId": "1"}], "acceptsWanted": 1, "startTime": ..., **changes}
    voice = {"greeting": {"text": "Hello there", "voiceCode": "en"}}
    return {"apiVersion": "mscode/v1", "voiceFiles": voice, "rsvpCalls": {"invite": invite(**fields)}}


def people(service: Service) -> list[Any]:
    return list(service.get("/accounts"))


def joins(world: World, phone: str) -> None:
    """Somebody makes an account of a number and puts it into the group."""
    world.service.send("POST", "/accounts", {"firstName": "Again", "phone": phone})
    world.service.send("POST", "/groups/1/accounts", [{"accountId": people(world.service)[-1]["accountId"]}])


def second_account(world: World) -> None:
    joins(world, PHONES[0])


def takes_the_number(world: World) -> None:
    """A member's account is given the number of another member."""
    first, second = people(world.service)
    world.service.send("PUT", f"/accounts/{second['accountId']}", {**second, "phone": first["phone"]})


def asks_not_to_be_called(world: World) -> None:
    with (world.folder / "never.txt").open("a") as file:
        file.write(f"{PHONES[1]}\n")


def rule(world: World) -> None:
    folder = world.folder / "policies"
    folder.mkdir(exist_ok=True)
    (folder / "more.yaml").write_text("name: nobody\nmessage: Nobody is called.\nexpression: 'false'\n")


def list_is_lost(world: World) -> None:
    (world.folder / "never.txt").unlink()


def fewer_people(world: World) -> None:
    world.write_project(guards={"maxPeople": 1})


LIST = {"doNotCall": "never.txt"}
ACTS: dict[str, tuple[Act, dict[str, Any], str]] = {
    "a second account of a number": (second_account, {}, "duplicatePerson"),
    "an account gets another's number": (takes_the_number, {}, "duplicatePerson"),
    "a number on the list": (asks_not_to_be_called, LIST, "doNotCall"),
    "a rule is written": (rule, {}, "policy.nobody"),
    "a guard is made stricter": (fewer_people, {"maxPeople": 2}, "maxPeople"),
    "a guard is written": (fewer_people, {}, "maxPeople"),
}


def asked(world: World, monkeypatch: pytest.MonkeyPatch, act: Act, *options: str) -> Ended:
    monkeypatch.setattr("sys.stdin", Answers(lambda: act(world)))
    return world.cli("apply", world.folder, *options)


def nobody_rang(world: World) -> None:
    world.service.no_more_faults()
    world.service.at("2026-12-06T00:00:00Z")
    assert world.service.rings() == []


@pytest.mark.parametrize("what", ACTS)
def test_what_happens_while_the_question_stands_is_judged_under_the_lock(
    crowd: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    act, guards, name = ACTS[what]
    crowd.write_project(guards=guards)
    assert crowd.plan().code == 0
    crowd.service.forget_requests()
    ended = asked(crowd, monkeypatch, act)
    assert ended.code == 5, ended.said
    assert f"Guard {name} refuses this plan" in ended.out
    assert not [one for one in crowd.service.requests(writes=True) if "rsvp" in one or "voice" in one]
    nobody_rang(crowd)


@pytest.mark.parametrize("what", ACTS)
def test_what_happens_while_a_voice_file_is_made_is_judged_at_the_launch(crowd: World, what: str) -> None:
    act, guards, name = ACTS[what]
    crowd.write_project(guards=guards)
    crowd.service.before(TEXT, lambda: act(crowd))
    ended = crowd.launch()
    assert ended.code == 6, ended.said
    assert f"rsvpCalls.invite is not launched: guard {name}: " in ended.said
    assert not any(phone in ended.said for phone in PHONES)
    assert crowd.service.campaign()["state"] == "halt"
    nobody_rang(crowd)


def test_the_launch_alone_that_a_guard_refuses_ends_as_refused(crowd: World) -> None:
    crowd.launched(calling(state="halt"))
    crowd.write(calling())
    crowd.service.before("GET /rsvp_calls", lambda: second_account(crowd), nth=2)
    ended = crowd.launch()
    assert ended.code == 5, ended.said
    assert "guard duplicatePerson: rsvpCalls.invite would reach 1 person twice" in ended.said
    nobody_rang(crowd)


def test_what_was_overridden_stays_so(crowd: World) -> None:
    second_account(crowd)
    crowd.service.before(TEXT, lambda: joins(crowd, PHONES[1]))
    assert crowd.launch("--override", "duplicatePerson").code == 0


def test_a_level_that_warns_refuses_no_launch(crowd: World) -> None:
    crowd.write_project(guards={"duplicatePerson": {"level": "warn"}})
    crowd.service.before(TEXT, lambda: second_account(crowd))
    assert crowd.launch().code == 0


def test_a_guard_that_is_loosened_while_an_apply_works_still_holds(crowd: World) -> None:
    def loosen() -> None:
        second_account(crowd)
        crowd.write_project(guards={"duplicatePerson": {"level": "warn"}})

    crowd.service.before(TEXT, loosen)
    ended = crowd.launch()
    assert ended.code == 6, ended.said
    assert "guard duplicatePerson" in ended.said
    nobody_rang(crowd)


def test_a_guard_that_becomes_stricter_counts_for_what_is_made_halted_too(crowd: World) -> None:
    project = calling(maxRedials=1)
    project["rsvpCalls"]["later"] = {**project["rsvpCalls"]["invite"], "state": "halt", "maxRedials": 4}
    crowd.write(project)
    crowd.service.before(TEXT, lambda: crowd.write_project(guards={"maxRedials": 2}))
    ended = crowd.launch()
    assert ended.code == 6, ended.said
    assert "rsvpCalls.invite is not launched: guard maxRedials: rsvpCalls.later redials up to 4 times" in ended.said
    nobody_rang(crowd)


def test_a_project_that_cannot_be_read_any_more_launches_nothing(crowd: World) -> None:
    crowd.service.before(TEXT, lambda: (crowd.folder / "mscode.yaml").write_text("guards: ["))
    ended = crowd.launch()
    assert ended.code == 6, ended.said
    nobody_rang(crowd)


def test_a_list_that_cannot_be_read_any_more_allows_nobody(crowd: World) -> None:
    crowd.write_project(guards=LIST)
    crowd.service.before(TEXT, lambda: list_is_lost(crowd))
    ended = crowd.launch()
    assert ended.code == 6, ended.said
    assert "The do-not-call file does not exist" in ended.said
    nobody_rang(crowd)


def test_who_is_taken_off_the_list_meanwhile_is_not_called(crowd: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an apply began with holds for it: only the next plan reads a shorter list."""
    crowd.write_project(guards=LIST)
    (crowd.folder / "never.txt").write_text(f"{PHONES[2]}\n")

    def act(world: World) -> None:
        joins(world, PHONES[2])
        (world.folder / "never.txt").write_text(f"{PHONES[4]}\n")

    ended = asked(crowd, monkeypatch, act)
    assert ended.code == 5, ended.said
    assert "Guard doNotCall refuses this plan" in ended.out
    nobody_rang(crowd)


def desk(**changes: Any) -> dict[str, Any]:
    fields = {"activeFrom": "09:00", "activeTo": "15:00", "activeWeekdays": ["tuesday"], "voiceFile": "greeting"}
    call = {**fields, "actionButtons": {"accept": 5}, "receivers": [{"groupId": "1"}], **changes}
    voice = {"greeting": {"text": "Hello there", "voiceCode": "en"}}
    return {"apiVersion": "mscode/v1", "voiceFiles": voice, "clickToCalls": {"desk": call}}


def test_time_is_that_of_the_launch(crowd: World) -> None:
    """A click-to-call that names no end lives for a week from its POST on: made three days later it meets a holiday."""
    crowd.write_project(guards={"publicHolidays": {"countries": ["ES"]}})
    crowd.write(desk())
    assert crowd.plan().code == 0
    crowd.service.before(TEXT, lambda: crowd.service.at("2026-12-03T06:00:00Z"))
    ended = crowd.launch()
    assert ended.code == 6, ended.said
    assert "clickToCalls.desk is not launched: guard publicHolidays" in ended.said
    assert crowd.service.get("/click_to_calls") == []


def test_a_day_shared_with_what_somebody_started_meanwhile_is_refused(crowd: World) -> None:
    crowd.write_project(guards={"samePersonSameDay": {"level": "deny"}})
    other = calling(state="halt") | {"voiceFiles": calling()["voiceFiles"]}
    other["rsvpCalls"] = {"other": other["rsvpCalls"]["invite"]}
    crowd.launched(other)
    crowd.write({**other, "rsvpCalls": {**other["rsvpCalls"], "invite": invite(**fields_of())}})
    halted = crowd.service.campaign()
    crowd.service.before("POST /rsvp_calls", lambda: crowd.service.put_campaign(halted, state="active"))
    ended = crowd.launch()
    assert ended.code == 6, ended.said
    assert "guard samePersonSameDay" in ended.said
    assert crowd.service.campaign(1)["state"] == "halt"


def fields_of() -> dict[str, Any]:
    return {"receivers": [{"groupId": "1"}], "acceptsWanted": 1, "startTime": ...}


# ---- edits, messages, groups -----------------------------------------------------------------------------------------


def test_an_edit_that_widens_is_judged_again(crowd: World) -> None:
    crowd.launched(calling(startTime="2026-12-02T08:00:00Z"))
    crowd.write(calling(startTime="2026-12-01T08:00:00Z"))
    before = crowd.service.campaign()
    crowd.service.before("GET /rsvp_calls", lambda: second_account(crowd), nth=2)
    ended = crowd.launch()
    assert ended.code == 5, ended.said
    assert "guard duplicatePerson" in ended.said
    assert crowd.service.campaign() == before


def message(time: str = "2026-12-01T08:00:00Z", **more: Any) -> dict[str, Any]:
    sms = {"message": "Hello", "sender": "Club", "actionTime": time, "receivers": [{"groupId": "1"}], **more}
    return {"apiVersion": "mscode/v1", "smses": {"note": sms}}


@pytest.mark.parametrize("guards", [LIST])
def test_a_message_is_judged_right_before_it_is_sent(crowd: World, guards: dict[str, Any]) -> None:
    crowd.write_project(guards=guards)
    crowd.write(message())
    crowd.service.before("GET /groups/1/accounts", lambda: asks_not_to_be_called(crowd), nth=2)
    crowd.service.before("GET /smses", lambda: asks_not_to_be_called(crowd), nth=2)
    ended = crowd.launch()
    assert ended.code == 5, ended.said
    assert "smses.note is not launched: guard doNotCall" in ended.said
    assert crowd.service.get("/smses") == []


def test_members_of_what_rings_are_judged_right_before_they_join(crowd: World) -> None:
    """Somebody who joins a group that is called is rung without any campaign being touched."""
    crowd.write_project(guards=LIST)
    group = {"crowd": {"import": "1", "description": "", "members": {"phones": list(PHONES[:2])}}}
    crowd.launched({**calling(receivers=[{"group": "crowd"}], startTime="2026-12-02T08:00:00Z"), "groups": group})
    crowd.service.control("POST", "/seed", [{"phone": PHONES[2], "city": "Oulu"}])
    group["crowd"]["members"]["phones"] = list(PHONES[:3])
    crowd.write({**calling(receivers=[{"group": "crowd"}], startTime="2026-12-02T08:00:00Z"), "groups": group})

    def act() -> None:
        (crowd.folder / "never.txt").write_text(f"{PHONES[2]}\n")

    crowd.service.before("GET /rsvp_calls", act, nth=2)
    ended = crowd.launch()
    assert ended.code == 5, ended.said
    assert "groups.crowd is not launched: guard doNotCall" in ended.said
    assert len(crowd.service.get("/groups/1/accounts")) == 2
