"""Going on after a campaign that broke off: those whom it reached and those who are called again never meet."""

from __future__ import annotations

import random
import shutil
from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, MONDAY, NAMES, PHONES, drive
from tests.acceptance.conftest import World

TIMES = ("--start", "2026-12-07 10:00", "--end", "2026-12-11 17:00")
INVITE = "rsvpCalls.invite"


def broken_off(world: World, **changes: Any) -> set[str]:
    """The campaign ran for one opening, its people never answering more than some; it is over. Gives whom it reached."""
    world.service.at(MONDAY)
    world.launched(drive(**{"acceptsWanted": 4, **changes}))
    world.service.at("2026-12-01T08:10:00Z")
    world.service.halt_as_a_person()
    world.service.at(AFTER)
    return {ring["phone"] for ring in world.service.rings() if ring["answered"]}


def continued(world: World) -> None:
    ended = world.cli("continue", INVITE, world.folder, *TIMES, "--out", world.folder / "again.yaml")
    assert ended.code == 0, ended.said


def test_the_second_campaign_calls_those_whom_the_first_did_not_reach(world: World) -> None:
    reached = broken_off(world, acceptsWanted=3)
    assert reached
    assert reached != set(PHONES[:4])
    continued(world)
    shown = world.plan()
    assert shown.code == 0, shown.said
    line = f"rsvpCalls.invite-2 continues {INVITE}: {4 - len(reached)} of 4 people, 0 of those already reached"
    assert line in shown.out
    before = len(world.service.rings())
    assert world.launch().code == 0
    world.holds_the_law()
    world.service.at("2026-12-12T00:00:00Z")
    again = {ring["phone"] for ring in world.service.rings()[before:]}
    assert again == set(PHONES[:4]) - reached


def test_the_manifest_has_the_hours_words_and_buttons_of_the_first(world: World) -> None:
    broken_off(world, meta={"season": "winter"})
    ended = world.look("continue", INVITE, world.folder, *TIMES)
    assert ended.code == 0, ended.said
    accepted = sum(ring["reply"] == "accept" for ring in world.service.rings())
    for line in (
        "  invite-2:",
        "startTime: 2026-12-07 10:00:00",
        "endTime: 2026-12-11 17:00:00",
        'activeFrom: "08:00"',
        'activeTo: "15:00"',
        "start: greeting",
        "accept: 5",
        "maxRedials: 2",
        "season: winter",
        f"acceptsWanted: {4 - accepted}",
        "replied: {campaign: invite, reply: unreached}",
        "- group: invite-2-unreached",
    ):
        assert line in ended.out, line
    assert not any(phone in ended.said for phone in PHONES)


def test_without_times_it_is_a_usage_error(world: World) -> None:
    broken_off(world)
    for options in ((), TIMES[:2], TIMES[2:]):
        ended = world.look("continue", INVITE, world.folder, *options)
        assert ended.code == 64
        assert "--start TIME --end TIME" in ended.err


@pytest.mark.parametrize(
    "times",
    [
        ("--start", "soon", "--end", "2026-12-11 17:00"),
        ("--start", "2026-12-11 17:00", "--end", "2026-12-07 10:00"),
        ("--start", "2026-12-01 17:00", "--end", "2026-12-02 10:00"),
        ("--start", "2026-12-01 17:00", "--end", "2026-12-11 17:00"),
    ],
)
def test_times_that_are_none_or_past_are_usage_errors(world: World, times: tuple[str, ...]) -> None:
    broken_off(world)
    assert world.look("continue", INVITE, world.folder, *times).code == 64


def test_a_campaign_that_may_still_call_is_not_continued(world: World) -> None:
    world.service.at(MONDAY)
    world.launched(drive())
    for act in (lambda: None, world.service.halt_as_a_person):
        act()
        ended = world.look("continue", INVITE, world.folder, *TIMES)
        assert ended.code == 1
        assert "has not finished" in ended.err


def test_nothing_is_left_where_as_many_accepted_as_are_wanted(world: World) -> None:
    world.service.at(MONDAY)
    world.launched(drive(acceptsWanted=1))
    world.service.at(AFTER)
    ended = world.look("continue", INVITE, world.folder, *TIMES)
    assert ended.code == 1
    assert "accepted, of 1 wanted" in ended.err
    world.write(drive(acceptsWanted=4))  # more are wanted now, and not everybody was called
    ended = world.look("continue", INVITE, world.folder, *TIMES)
    assert ended.code == 0, ended.said
    assert "acceptsWanted: 3" in ended.out


def test_nobody_is_left_where_everybody_was_reached(world: World) -> None:
    world.service.at(MONDAY)
    world.launched(drive(acceptsWanted=4, maxRedials=5))
    world.service.at(AFTER)
    assert {ring["phone"] for ring in world.service.rings() if ring["answered"]} == set(PHONES[:4])
    ended = world.look("continue", INVITE, world.folder, *TIMES)
    assert ended.code == 1
    assert "Nobody is left" in ended.err


def test_what_is_no_campaign_or_unknown_is_an_error(world: World) -> None:
    broken_off(world)
    for address in ("groups.donors", "rsvpCalls.invit"):
        ended = world.look("continue", address, world.folder, *TIMES)
        assert ended.code == 1, ended.said
    assert "invite" in ended.err


def test_never_over_a_file(world: World) -> None:
    broken_off(world)
    (world.folder / "again.txt").write_text("mine")
    ended = world.look("continue", INVITE, world.folder, *TIMES, "--out", world.folder / "again.txt")
    assert ended.code == 1
    assert (world.folder / "again.txt").read_text() == "mine"


def test_it_is_continued_once(world: World) -> None:
    broken_off(world)
    continued(world)
    ended = world.look("continue", INVITE, world.folder, *TIMES)
    assert ended.code == 1
    assert "is continued already" in ended.err


def continuing(world: World) -> dict[str, Any]:
    """The project with a second campaign for the unreached, written by hand."""
    manifest = drive(acceptsWanted=4)
    manifest["groups"]["rest"] = {"members": {"replied": {"campaign": "invite", "reply": "unreached"}}}
    manifest["rsvpCalls"]["rest"] = {
        **manifest["rsvpCalls"]["invite"],
        "startTime": "2026-12-07T08:00:00Z",
        "endTime": "2026-12-11T15:00:00Z",
        "receivers": [{"group": "rest"}],
        "acceptsWanted": 1,
    }
    return manifest


@pytest.mark.parametrize("state", ["active", "halted"])
def test_a_launch_while_the_first_may_still_call_is_refused(world: World, state: str) -> None:
    world.service.at(MONDAY)
    world.launched(drive(acceptsWanted=4))
    world.service.at("2026-12-01T08:10:00Z")
    if state == "halted":
        world.service.halt_as_a_person()
    world.write(continuing(world))
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert "rsvpCalls.rest reaches people whom rsvpCalls.invite may still call" in ended.said
    before = len(world.service.rings())
    assert world.launch().code == 5
    assert len(world.service.get("/rsvp_calls")) == 1
    assert len(world.service.rings()) == before


def test_a_first_campaign_that_is_resumed_meanwhile_holds_the_launch(world: World) -> None:
    """Between the plan and the launch somebody gives the first campaign a later end, and resumes it."""
    broken_off(world)
    world.service.at("2026-12-04T17:30:00Z")  # halted, with its end just past
    world.write(continuing(world))

    def resume() -> None:
        campaign = world.service.campaign()
        world.service.put_campaign(campaign, state="active", endTime="2026-12-18 15:00:00")

    world.service.before("PUT /rsvp_calls/2", resume)
    before = len(world.service.rings())
    ended = world.launch()
    assert ended.code in (1, 5, 6), ended.said
    world.service.at("2026-12-08T12:00:00Z")
    assert not [ring for ring in world.service.rings()[before:] if ring["campaignId"] == "2"]


def test_a_number_with_two_accounts_is_reached_by_either(world: World) -> None:
    reached = broken_off(world)
    number = min(reached)
    twin = world.service.send("POST", "/accounts", {"firstName": "Twin", "phone": number, "city": "Helsinki"})
    world.service.send("POST", "/groups/1/accounts", [{"accountId": twin["accountId"]}])
    world.write(continuing(world))
    shown = world.plan("--override", "duplicatePerson")
    assert f"{4 - len(reached)} of 4 people, 0 of those already reached" in shown.out, shown.said


def test_a_service_that_does_not_tell_person_by_person_is_an_error(world: World) -> None:
    broken_off(world)
    world.write(continuing(world))
    world.service.fault(method="GET", path="/rsvp_calls/1/receivers", status=404, times=None)
    ended = world.plan()
    assert ended.code == 1, ended.said
    world.service.no_more_faults()
    world.service.fault(method="GET", path="/rsvp_calls/1/receivers", omit=1, times=None)
    ended = world.plan()
    assert ended.code == 1
    assert "nothing is told of 1 person" in ended.said.lower()
    ended = world.look("continue", INVITE, world.folder, *TIMES)
    assert ended.code == 1


def test_a_row_that_cannot_be_read_is_an_error(world: World) -> None:
    broken_off(world)
    world.write(continuing(world))
    rows = [dict(row) for row in world.service.get("/rsvp_calls/1/receivers")]
    for spoilt in ({"answered": "perhaps"}, {"rsvpReply": "voicemail"}, {"callDuration": "long"}, {"answered": None}):
        world.service.no_more_faults()
        body = [{**rows[0], **spoilt}, *rows[1:]]
        world.service.fault(method="GET", path="/rsvp_calls/1/receivers", status=200, body=body, times=None)
        ended = world.plan()
        assert ended.code == 1, (spoilt, ended.said)
        assert "cannot be told person by person" in ended.said


def test_receivers_that_are_single_people_need_no_list(world: World) -> None:
    people = [{"account": name} for name in ("aino", "eero", "helmi", "ilmari")]
    reached = broken_off(world, receivers=people)
    world.service.fault(method="GET", path="/rsvp_calls/1/receivers", status=404, times=None)
    manifest = continuing(world)
    manifest["rsvpCalls"]["invite"]["receivers"] = people
    world.write(manifest)
    assert f"{4 - len(reached)} of 4 people, 0 of those already reached" in world.plan().out


# ---- broken lives ----------------------------------------------------------------------------------------------------


def a_broken_life(world: World, seed: int) -> None:
    """A campaign is broken off at some moment, by some people's hand, and continued: nobody who was reached is called again, and
    everybody else who was to be called is.
    """
    chosen = random.Random(seed)
    world.service.start_over(MONDAY)
    shutil.rmtree(world.folder / ".mscode", ignore_errors=True)
    (world.folder / "again.yaml").unlink(missing_ok=True)
    world.service.reads(expand_groups=chosen.random() < 0.3)
    by_group, redials = chosen.random() < 0.6, chosen.randint(0, 3)
    people = [{"account": name} for name in chosen.sample(NAMES[:4], 4)]
    changes = {"acceptsWanted": 4, "maxRedials": redials, **({} if by_group else {"receivers": people})}
    world.launched(drive(**changes))
    world.service.at("2026-12-01T07:59:00Z")
    # Not a full hour after the start: whether the service takes the old start then depends on the second of the halt.
    world.service.advance(f"+{chosen.choice([chosen.randint(60, 3600), chosen.randint(3720, 9000)])}s")
    if world.service.campaign()["state"] != "complete":
        world.service.halt_as_a_person()
    world.service.at(AFTER)
    rings = world.service.rings()
    reached = {ring["phone"] for ring in rings if ring["answered"]}
    ended = world.cli("continue", INVITE, world.folder, *TIMES, "--out", world.folder / "again.yaml")
    if ended.code != 0:
        assert "Nobody is left" in ended.err or "Nothing is left" in ended.err, ended.said
        assert "Nothing is left" in ended.err or reached == set(PHONES[:4])
        return
    ended = world.launch("--override", "acceptsWanted")
    assert ended.code == 0, ended.said
    world.service.at("2026-12-12T00:00:00Z")
    again = {ring["phone"] for ring in world.service.rings()[len(rings) :]}
    assert not again & reached
    accepted = sum(ring["reply"] == "accept" for ring in world.service.rings())
    assert again | reached == set(PHONES[:4]) or accepted >= 4


def test_reached_and_continued_never_meet(world: World) -> None:
    for seed in range(12):
        a_broken_life(world, seed)


@pytest.mark.torture
@pytest.mark.parametrize("first", range(0, 10_000, 100))
def test_reached_and_continued_never_meet_in_ten_thousand_lives(world: World, first: int) -> None:
    for seed in range(first, first + 100):
        a_broken_life(world, seed)
