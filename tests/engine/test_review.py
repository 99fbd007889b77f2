"""Whom an apply may ring, and what it may not forget: each of these went wrong once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mscode.engine.apply.run import Run
from mscode.errors import PlanError
from mscode.model.address import Address
from mscode.plan.inputs import Options
from tests.engine.review_world import PLAIN, World, change_of

INVITE = Address("rsvpCalls", "invite")
ANNA, ERIK, GUEST = "+358401234567", "+358405550101", "+358405550199"
TOMORROW = "startTime: 2026-12-02T09:00:00Z"
GUEST_TOO = f', {{phone: "{GUEST}"}}'


def campaign(
    top: str = "state: active",
    *,
    members: str = "anna",
    groups: str = "",
    receivers: str = "{group: donors}" + GUEST_TOO,
    text: str = "Hello there",
    erik: str = ERIK,
    name: str = "invite",
    accepts: int = 1,
) -> str:
    return f"""
accounts:
  anna: {{firstName: Anna, phone: "{ANNA}"}}
  erik: {{firstName: Erik, phone: "{erik}"}}
groups:
  donors: {{description: d, members: {{accounts: [{members}]}}}}
  {groups}
voiceFiles:
  hi: {{text: {text}, voiceCode: en}}
rsvpCalls:
  {name}:
    {top}
    endTime: 2026-12-04T17:00:00Z
    activeFrom: "09:00"
    activeTo: "17:00"
    activeWeekdays: [monday, tuesday, wednesday, thursday, friday]
    voiceFiles: {{start: hi}}
    actionButtons: {{accept: 5, decline: 9}}
    receivers: [{receivers}]
    acceptsWanted: {accepts}
"""


def launch_of(world: World, address: str = "rsvpCalls.invite") -> str:
    change = change_of(world.plan(), address)
    return change.launch.reason if change.launch else ""


def notes(world: World, options: Options = PLAIN) -> list[str]:
    return [note.kind for note in world.plan(options).notes]


def member_of_more(world: World) -> None:
    """A person of the web interface puts somebody new into the group `more`."""
    world.client.post("/accounts", {"firstName": "Nils", "phone": "+358405550155"}, what="test")
    nils = next(one["accountId"] for one in world.all("/accounts") if one["firstName"] == "Nils")
    more = next(one["groupId"] for one in world.all("/groups") if one["name"] == "more")
    world.client.post(f"/groups/{more}/accounts", [{"accountId": nils}], what="test")


# ---- a person's halt -------------------------------------------------------------------------------------------------


def test_removing_a_receiver_does_not_restart_what_a_person_halted(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.brake("rsvpCalls.invite")
    world.write(campaign(TOMORROW, receivers="{group: donors}"))
    with pytest.raises(PlanError, match="was halted by a person"):
        world.plan()
    assert launch_of_resumed(world) == "first"


def launch_of_resumed(world: World) -> str:
    change = change_of(world.plan(Options(resume=frozenset({INVITE}))), "rsvpCalls.invite")
    return change.launch.reason if change.launch else ""


def test_the_brake_pulled_while_the_people_are_counted_is_respected(world: World) -> None:
    world.write(campaign())
    world.apply(launch=False)
    pulled: list[str] = []

    def pull(method: str, path: str, body: Any) -> None:
        if method == "GET" and path.startswith("/groups/") and not pulled:
            pulled.append(path)
            world.brake("rsvpCalls.invite")

    def arm(run: Run) -> None:
        world.transport.before = pull

    summary = world.apply(on_run=arm)
    assert pulled and "somebody changed it meanwhile" in summary.failed[0][1]
    assert world.campaign()["state"] == "halt" and world.campaign()["meta"]["mscode"].endswith(":held")


def test_a_halt_after_somebody_else_resumed_it_is_a_persons(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(f"{TOMORROW}\n    state: halt"))
    world.apply()
    world.person_sets("active")
    world.write(campaign(TOMORROW))
    world.apply()
    world.person_sets("halt")
    assert notes(world) == ["operator-halt"] and not world.plan().launches


def test_a_halt_right_after_a_resume_is_a_persons(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(f"{TOMORROW}\n    state: halt"))
    world.apply()
    world.write(campaign(TOMORROW))
    launched: list[str] = []

    def halt_after(method: str, path: str, body: Any) -> None:
        if launched and method == "GET":
            world.transport.before = None
            world.person_sets("halt")
        if method == "PUT" and body["state"] == "active":
            launched.append(path)

    def arm(run: Run) -> None:
        world.transport.before = halt_after

    assert world.apply(on_run=arm).failed
    assert notes(world) == ["operator-halt"] and not world.plan().launches


def test_ctrl_c_before_the_launch_is_sent_stops_it(world: World) -> None:
    world.write(campaign())
    world.apply(launch=False)

    def arm(run: Run) -> None:
        def stop(method: str, path: str, body: Any) -> None:
            if path.startswith("/groups/"):
                run.stop.set()

        world.transport.before = stop

    assert "the run was stopped" in world.apply(on_run=arm).failed[0][1]
    assert world.campaign()["state"] == "halt" and launch_of(world) == "first"


# ---- launches that were held -----------------------------------------------------------------------------------------


def test_a_launch_that_was_held_for_hours_can_be_launched(world: World) -> None:
    world.write(campaign())
    world.apply(launch=False)
    world.at("2026-12-01T10:00:00Z")
    assert launch_of(world) == "first"
    assert world.apply().launched == 1 and world.campaign()["state"] == "active"


def test_a_held_launch_survives_a_rename(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply(launch=False)
    world.write(campaign(f"{TOMORROW}\n    renamedFrom: invite", name="invited"))
    world.apply(launch=False)
    assert launch_of(world, "rsvpCalls.invited") == "first"


def test_a_rejected_resume_is_shown_again(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(f"{TOMORROW}\n    state: halt"))
    world.apply()
    world.write(campaign(TOMORROW))
    world.fault(method="PUT", path="/rsvp_calls/.*", status=422, body={"error": {"message": "no"}})
    assert world.apply().failed
    assert launch_of(world) == "resume"


def test_the_first_launch_keeps_a_start_whose_later_changes_are_ignored(world: World) -> None:
    world.write(campaign("startTime: 2026-12-03T09:00:00Z\n    lifecycle: {ignoreChanges: [startTime]}"))
    world.apply()
    assert (world.campaign()["state"], world.campaign()["startTime"]) == ("waitingToActive", "2026-12-03 09:00:00")


def test_a_replacement_whose_launch_was_held_is_launched_by_the_next_apply(world: World) -> None:
    world.write(campaign(members="anna, erik", accepts=3))
    world.apply()
    world.at("2026-12-01T09:00:02Z")
    world.person_sets("halt")
    again = Options(replace=frozenset({INVITE}), override=frozenset({"acceptsWanted"}))
    world.apply(again, launch=False)
    assert [one["state"] for one in world.all("/rsvp_calls")] == ["halt", "halt"]
    assert world.apply().launched == 1
    assert not world.plan().shown


# ---- people who were not approved ------------------------------------------------------------------------------------


def test_new_receivers_that_grew_since_the_plan_are_not_added(world: World) -> None:
    more = "more: {description: d, members: {accounts: [erik], exclusive: false}}"
    world.write(campaign(TOMORROW, groups=more))
    world.apply()
    world.write(campaign(TOMORROW, groups=more, receivers="{group: donors}, {group: more}" + GUEST_TOO))
    summary = world.apply(meanwhile=lambda: member_of_more(world))
    assert "1 person who was not in the plan" in summary.failed[0][1]
    assert len(world.campaign()["receivers"]) == 2 and world.campaign()["state"] == "waitingToActive"


def test_a_wanted_halt_comes_before_the_members_that_it_must_not_reach(world: World) -> None:
    world.write(campaign(accepts=2))
    world.apply()
    world.write(campaign("state: halt", members="anna, erik", accepts=2))
    world.transport.sent.clear()
    summary = world.apply(launch=False)
    assert [path for method, path, _ in world.transport.sent if method != "GET"] == [
        "/rsvp_calls/1",
        "/groups/1/accounts",
    ]
    assert summary.changed == 2 and not world.plan().shown


def test_members_are_not_added_when_the_halt_before_them_failed(world: World) -> None:
    world.write(campaign(accepts=2))
    world.apply()
    world.write(campaign("state: halt", members="anna, erik", accepts=2))
    world.fault(method="PUT", path="/rsvp_calls/.*", times=None, status=422, body={"error": {"message": "no"}})
    summary = world.apply(launch=False)
    assert [str(address) for address, _ in summary.skipped] == ["rsvpCalls.invite", "groups.donors"]
    assert len(world.all("/groups/1/accounts")) == 1


def test_a_halt_does_not_wait_for_a_voice_file_that_fails(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(f"{TOMORROW}\n    state: halt", text="Hello you"))
    world.fault(method="POST", path="/voice_files/.*", status=422, body={"error": {"message": "no"}})
    assert world.apply().failed
    assert world.campaign()["state"] == "halt"


def test_a_changed_phone_in_somebody_elses_running_campaign_is_a_launch(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    theirs = {"name": "theirs", "description": ""}
    group = world.client.create("/groups", theirs, what="test", id_field="groupId").id
    erik = next(one["accountId"] for one in world.all("/accounts") if one["firstName"] == "Erik")
    world.client.post(f"/groups/{group}/accounts", [{"accountId": erik}], what="test")
    body = {k: v for k, v in world.campaign().items() if k not in ("rsvpCallId", "stats", "meta")}
    world.client.post("/rsvp_calls", {**body, "state": "active", "receivers": [{"groupId": group}]}, what="test")
    world.write(campaign(TOMORROW, erik="+358405550102"))
    assert launch_of(world, "accounts.erik") == "reaches-more"


# ---- rung once -------------------------------------------------------------------------------------------------------


def test_an_adopted_campaign_that_dialled_and_was_deleted_is_not_made_again(world: World) -> None:
    world.write(campaign(accepts=2))
    world.apply()
    world.lose_state()
    world.apply()
    world.at("2026-12-01T09:00:30Z")
    assert world.rung()
    world.client.delete("/rsvp_calls/1", what="test")
    assert notes(world) == ["gone-after-dialling"] and not world.plan().launches


def test_a_campaign_that_dialled_after_an_edit_to_an_earlier_start_is_not_made_again(world: World) -> None:
    world.write(campaign("startTime: 2026-12-03T09:00:00Z", accepts=2))
    world.apply()
    world.write(campaign("startTime: 2026-12-01T08:00:00Z", accepts=2))
    world.apply()
    world.at("2026-12-01T09:00:30Z")
    assert world.rung()
    world.client.delete("/rsvp_calls/1", what="test")
    world.write(campaign(accepts=2))
    assert notes(world) == ["gone-after-dialling"]


def test_a_campaign_waits_for_a_voice_file_that_an_earlier_run_left_pending(world: World) -> None:
    world.transport.after_speech = lambda: None

    def impatient(run: Run) -> None:
        run.target = replace(run.target, ready_seconds=-1.0)

    world.write(campaign())
    world.apply(on_run=impatient)
    summary = world.apply(on_run=impatient)
    assert summary.failed[0][1] == "voiceFiles.hi is pending"
    assert not world.all("/rsvp_calls")


# ---- nothing is forgotten or made twice ------------------------------------------------------------------------------


def test_the_old_campaign_stays_when_its_replacement_is_refused(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(TOMORROW, receivers="{group: donors}"))
    world.fault(method="POST", path="/rsvp_calls", status=422, body={"error": {"message": "no"}})
    assert world.apply().destroyed == 0
    assert [one["rsvpCallId"] for one in world.all("/rsvp_calls")] == ["1"]
    assert world.apply().launched == 1
    assert [one["rsvpCallId"] for one in world.all("/rsvp_calls")] == ["2"] and not world.plan().shown


def test_a_replacement_whose_answer_was_lost_is_found_and_has_no_twin(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(TOMORROW, receivers="{group: donors}"))
    world.fault(method="POST", path="/rsvp_calls", when="after", drop=True)
    assert world.apply().launched == 1
    assert [one["rsvpCallId"] for one in world.all("/rsvp_calls")] == ["2"] and not world.plan().shown


def test_a_voice_file_made_anew_without_an_answer_is_found_and_has_no_twin(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply(launch=False)
    world.write(campaign(TOMORROW, text="Hello you"))
    world.fault(method="POST", path="/voice_files/.*", when="after", drop=True)
    assert world.apply(launch=False).complete
    world.apply()
    assert [one["voiceFileId"] for one in world.all("/voice_files")] == ["2"] and not world.plan().shown


def test_a_crash_after_the_new_id_is_recorded_leaves_a_state_that_can_be_used(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.at("2026-12-01T07:00:10Z")
    world.write(campaign(TOMORROW, receivers="{group: donors}"))
    world.fault(method="GET", path="/rsvp_calls/2", status=400, body={})
    assert world.apply().failed
    assert world.apply().launched == 1
    assert [one["rsvpCallId"] for one in world.all("/rsvp_calls")] == ["2"] and not world.plan().shown


def test_the_brake_halts_the_others_when_one_cannot_be_written_back(world: World) -> None:
    from mscode.engine.halt import Choice
    from mscode.engine.halt import halt_campaigns as pull_brake
    from mscode.model.kind import registry

    world.write(campaign(TOMORROW))
    world.apply()
    good = world.campaign()
    bad = {**good, "rsvpCallId": "99", "endTime": None, "meta": {}}
    world.fault(method="GET", path="/rsvp_calls", status=200, body=[bad, good])
    choice = Choice(everything_in_account=True)
    pulled = pull_brake(world.client, registry()["rsvpCalls"], world.environment.target(), choice)
    assert {one.id: one.error is None for one in pulled.halted} == {"99": False, good["rsvpCallId"]: True}
    assert world.campaign()["state"] == "halt"


def test_a_voice_file_that_somebody_elses_running_campaign_plays_is_not_deleted(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply(launch=False)
    body = {k: v for k, v in world.campaign().items() if k not in ("rsvpCallId", "stats", "meta")}
    theirs = {**body, "state": "active", "startTime": "2026-12-02 09:00:00", "receivers": [{"phone": GUEST}]}
    world.client.post("/rsvp_calls", theirs, what="test")
    everything = campaign(TOMORROW)
    world.write(everything[: everything.index("voiceFiles:")])
    assert "a running campaign plays it" in world.apply().failed[0][1]
    assert len(world.all("/voice_files")) == 1


def test_one_number_twice_is_refused_where_the_manifest_leaves_the_receivers_alone(world: World) -> None:
    world.write(campaign(f"{TOMORROW}\n    lifecycle: {{ignoreChanges: [receivers]}}"))
    world.apply(launch=False)
    world.client.post("/rsvp_calls/1/receivers", [{"phone": ANNA}], what="test")
    assert [check.name for check in world.plan().checks if check.status == "fail"] == ["duplicatePerson"]
