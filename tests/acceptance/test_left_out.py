"""Whoever is on a do-not-call list with `action: exclude`, or in `members.exclude`, is left out of groups, and nothing else reaches
them either: whatever the plan does beside that, whatever fails in it, and whatever others do meanwhile.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, NAMES, PHONES, Manifest, drive, people
from tests.acceptance.conftest import Ended, World
from tests.acceptance.test_judged_again import Answers

PHONE = dict(zip(NAMES, PHONES, strict=True))
ASKED = "eero"
ADDING = r"POST /groups/\d+/accounts"
REMOVING = r"DELETE /groups/\d+(/accounts)?/\d+"
READINGS: list[dict[str, Any]] = [{}, {"expand_groups": True}, {"expand_groups": True, "receiver_rows": "account"}]


def never(world: World, *phones: str, name: str = "never.csv") -> None:
    (world.folder / name).write_text("phone\n" + "".join(f"{phone}\n" for phone in phones))


def guarded(world: World, action: str = "exclude", **guards: Any) -> None:
    world.write_project(guards={"doNotCall": {"value": "never.csv", "action": action}, **guards})


def crew(*names: str, **changes: Any) -> Manifest:
    """The project with a group of these accounts, and its campaign."""
    wanted = len([name for name in names if name != ASKED]) or 1
    manifest = drive(**{"acceptsWanted": wanted, **changes})
    manifest["groups"]["donors"]["members"] = {"accounts": list(names)}
    return manifest


@pytest.fixture
def listed(world: World) -> World:
    """Nothing is applied yet, and Eero has asked not to be called."""
    never(world, PHONE[ASKED])
    guarded(world)
    world.write(crew("aino", ASKED, "helmi"))
    return world


@pytest.fixture
def calling(world: World) -> World:
    """A campaign is launched and waits for its start, and then Eero asks not to be called."""
    never(world, "+358409999999")
    guarded(world)
    world.launched(crew("aino", ASKED, "helmi"))
    never(world, "+358409999999", PHONE[ASKED])
    world.service.forget_requests()
    return world


def members(world: World, group: int = 1) -> set[str]:
    return {one["phone"] for one in world.service.get(f"/groups/{group}/accounts")}


def eero(world: World) -> str:
    """The id of his account."""
    return str(next(one["accountId"] for one in world.service.get("/accounts") if one["phone"] == PHONE[ASKED]))


def rung(world: World, until: str = AFTER) -> set[str]:
    world.service.at(until)
    return {str(ring.get("phone") or ring.get("email")) for ring in world.service.rings()}


def refused(ended: Ended, *words: str) -> None:
    assert ended.code == 5, ended.said
    assert "Guard doNotCall refuses this plan" in ended.out
    assert all(word in ended.out for word in words), ended.out
    assert not any(phone in ended.said or phone[-4:] in _guard_line(ended) for phone in PHONES)


def _guard_line(ended: Ended) -> str:
    return next(line for line in ended.out.splitlines() if line.startswith("Guard doNotCall"))


# ---- who is in a group -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("switches", READINGS, ids=str)
def test_a_campaign_calls_the_group_without_the_people_of_the_list(listed: World, switches: dict[str, Any]) -> None:
    listed.service.reads(**switches)
    ended = listed.launch()
    assert ended.code == 0, ended.said
    assert "1 person of never.csv left out of groups.donors" in ended.out
    assert members(listed) == {PHONE["aino"], PHONE["helmi"]}
    listed.holds_the_law()
    assert "1 person of never.csv left out of groups.donors" in listed.plan().out
    assert rung(listed) == {PHONE["aino"], PHONE["helmi"]}


@pytest.mark.parametrize("time", [None, "2026-12-01T08:00:01Z"], ids=["waiting", "calling"])
def test_who_gets_on_the_list_leaves_the_group_first_and_without_a_yes(calling: World, time: str | None) -> None:
    if time:
        calling.service.at(time)
    before = rung(calling, time) if time else set()
    ended = calling.apply("--no-launch")
    assert ended.code == 0 and "members: -1 (2 after)" in ended.out, ended.said
    (removal,) = calling.service.requests(writes=True)
    assert removal.startswith("DELETE /groups/1/")
    calling.holds_the_law()
    assert PHONE[ASKED] not in rung(calling) - before


def test_who_leaves_is_gone_before_anything_else_is_done(calling: World) -> None:
    """A new text, a wider window, a new member and a new group: all of it in the plan that takes Eero out."""
    manifest = crew("aino", ASKED, "helmi", "kaisa", activeTo="17:00")
    manifest["voiceFiles"]["greeting"]["text"] = "Hello again"
    manifest["groups"]["more"] = {"members": {"accounts": [ASKED, "lauri"]}}
    calling.write(manifest)
    ended = calling.launch()
    assert ended.code == 0, ended.said
    writes = calling.service.requests(writes=True)
    assert writes[0].startswith("DELETE /groups/1/"), writes
    assert members(calling) == {PHONE["aino"], PHONE["helmi"], PHONE["kaisa"]}
    assert members(calling, 2) == {PHONE["lauri"]}
    calling.holds_the_law()
    assert PHONE[ASKED] not in rung(calling)


def test_who_leaves_goes_although_who_joins_is_held(calling: World) -> None:
    calling.write(crew("aino", ASKED, "helmi", "kaisa", acceptsWanted=2))
    assert calling.apply("--no-launch").code == 0
    assert members(calling) == {PHONE["aino"], PHONE["helmi"]}
    assert calling.changes() == {"groups.donors": (["update"], ["dials"])}
    assert PHONE[ASKED] not in rung(calling)


def test_nobody_else_leaves_and_the_limit_counts_them_alone(world: World) -> None:
    everybody = {f"p{at:02}": {"phone": f"+3584055502{at:02}"} for at in range(12)}
    manifest = crew(*everybody)
    manifest["accounts"] |= everybody
    never(world, "+358409999999")
    guarded(world)
    world.launched(manifest)
    phones = [one["phone"] for one in everybody.values()]
    never(world, "+358409999999", *phones[:6])
    assert world.look("plan", world.folder).code == 0
    manifest["groups"]["donors"]["members"]["accounts"] = [*everybody][:-3]
    world.write(manifest)
    ended = world.look("plan", world.folder)
    assert ended.code == 5 and "groups.donors loses 3 of 12" in ended.out, ended.said
    manifest["groups"]["donors"]["members"]["accounts"] = [*everybody]
    world.write(manifest)
    assert world.apply("--no-launch").code == 0
    assert members(world) == set(phones[6:])
    world.holds_the_law()


@pytest.mark.parametrize("spelling", ["+358 40-555 0101", "00358405550101", "040 5550101", "tel:+358405550101"])
@pytest.mark.parametrize("typed", ["+358405550101", "040-555 0101", "00358 40 555 0101", "+358 (0)40 5550101"])
def test_a_number_is_one_however_it_is_written(world: World, spelling: str, typed: str) -> None:
    """Two accounts of one number, found by a filter: neither is a member."""
    world.service.send("POST", "/accounts", {"phone": spelling, "city": "Espoo"})
    world.service.send("POST", "/accounts", {"phone": "+358405550101", "city": "Espoo"})
    world.service.send("POST", "/accounts", {"phone": "+358405550102", "city": "Espoo"})
    never(world, typed)
    world.write_project(region="FI", guards={"doNotCall": {"value": "never.csv", "action": "exclude"}})
    manifest = drive(acceptsWanted=1)
    del manifest["accounts"]
    manifest["filters"]["helsinki"]["conditions"][0]["value"] = "Espoo"
    world.launched(manifest)
    assert members(world) == {"+358405550102"}
    world.holds_the_law()
    assert rung(world) == {"+358405550102"}


def test_who_is_added_by_others_is_taken_out_by_the_next_apply(listed: World) -> None:
    assert listed.launch().code == 0
    listed.service.send("POST", "/groups/1/accounts", [{"accountId": eero(listed)}])
    assert listed.apply("--no-launch").code == 0
    listed.holds_the_law()
    assert PHONE[ASKED] not in rung(listed)


def test_rows_of_a_list_are_left_out_and_named_by_their_lines(world: World) -> None:
    (world.folder / "l.csv").write_text("phone,lang\n" + "".join(f"{phone},fi\n" for phone in PHONES))
    never(world, PHONES[1], PHONES[3])
    guarded(world)
    manifest = drive(acceptsWanted=1)
    del manifest["accounts"], manifest["filters"]
    manifest["accountLists"] = {"l": {"file": "l.csv"}}
    manifest["groups"]["donors"]["members"] = {"accountList": "l", "where": {"lang": "fi"}}
    world.write(manifest)
    ended = world.plan("--json")
    (note,) = [one for one in ended.json["notes"] if one["kind"] == "left-out"]
    assert note["text"] == "2 people of never.csv left out of groups.donors" and note["people"] == 2
    lines = [("never.csv", 2), ("never.csv", 3), ("l.csv", 3), ("l.csv", 5)]
    assert note["places"] == [{"file": file, "line": line} for file, line in lines]
    assert not any(phone in ended.out for phone in PHONES)
    assert world.launch().code == 0
    world.holds_the_law()
    assert not rung(world) & {PHONES[1], PHONES[3]}


@pytest.mark.parametrize("section", ["calls", "smses", "emails", "clickToCalls"])
def test_nothing_that_goes_out_to_the_group_reaches_them(listed: World, section: str) -> None:
    from tests.acceptance.test_sending import project

    manifest = project(section)
    manifest["accounts"] = {name: {**one, "email": f"{name}@example.com"} for name, one in people().items()}
    manifest["groups"] = {"donors": {"members": {"accounts": ["aino", ASKED]}}}
    (item,) = manifest[section].values()
    item["receivers"] = [{"group": "donors"}]
    listed.write(manifest)
    ended = listed.launch()
    assert ended.code == 0, ended.said
    listed.holds_the_law()
    assert rung(listed) == {"aino@example.com" if section == "emails" else PHONE["aino"]}


# ---- other ways to them ----------------------------------------------------------------------------------------------


def through_the_group(world: World, members: Manifest | None) -> None:
    """Eero is in a group, put there by somebody."""
    world.write({"apiVersion": "mscode/v1", "accounts": people()})
    assert world.apply().code == 0
    accounts = {one["phone"]: one["accountId"] for one in world.service.get("/accounts")}
    world.service.send("POST", "/groups", {"name": "donors", "description": "Donors in Helsinki"})
    ids = [{"accountId": accounts[PHONE[name]]} for name in ("aino", ASKED)]
    world.service.send("POST", "/groups/1/accounts", ids)
    manifest = crew("aino")
    manifest["groups"]["donors"]["import"] = "1"
    manifest["groups"]["donors"].pop("members")
    if members is not None:
        manifest["groups"]["donors"]["members"] = members
    world.write(manifest)


@pytest.mark.parametrize("members", [None, {"accounts": ["helmi"], "exclusive": False}], ids=["left alone", "kept"])
def test_a_group_that_keeps_its_members_is_refused(listed: World, members: Manifest | None) -> None:
    through_the_group(listed, members)
    refused(listed.plan(), "rsvpCalls.invite would reach 1 person through groups.donors (never.csv line 2)")
    assert listed.launch().code == 5
    assert listed.service.get("/rsvp_calls") == []


def test_a_group_whose_members_are_ignored_is_refused(listed: World) -> None:
    through_the_group(listed, {"accounts": ["aino"]})
    manifest = crew("aino")
    manifest["groups"]["donors"] |= {"import": "1", "lifecycle": {"ignoreChanges": ["members"]}}
    listed.write(manifest)
    refused(listed.plan(), "through groups.donors (never.csv line 2)")


@pytest.mark.parametrize(
    ("receiver", "name"),
    [
        ({"account": ASKED}, "accounts.eero"),
        ({"phone": PHONE[ASKED]}, "phone receiver 2"),
        ({"accountId": "2"}, "accounts.eero"),
        ({"groupId": "1"}, "group 1"),
    ],
    ids=["account", "phone", "accountId", "groupId"],
)
def test_another_receiver_that_reaches_them_is_refused(listed: World, receiver: Manifest, name: str) -> None:
    listed.write({"apiVersion": "mscode/v1", "accounts": people()})
    assert listed.apply().code == 0
    listed.service.send("POST", "/groups", {"name": "others", "description": ""})
    listed.service.send("POST", "/groups/1/accounts", [{"accountId": eero(listed)}])
    if "accountId" in receiver:
        receiver = {"accountId": eero(listed)}
    manifest = crew("aino", ASKED, receivers=[{"group": "donors"}, receiver])
    listed.write(manifest)
    ended = listed.plan()
    refused(ended, f"rsvpCalls.invite would reach 1 person through {name} (never.csv line 2)")
    (check,) = listed.checks("doNotCall")
    assert check["people"] == 1 and check["places"] == [{"file": "never.csv", "line": 2}]
    assert "rsvpCalls.invite" in check["addresses"]
    assert listed.launch().code == 5 and listed.service.get("/rsvp_calls") == []
    # The override lets them be reached as the receiver that somebody wrote, and does not bring them into the group.
    assert listed.launch("--override", "doNotCall").code == 0
    donors = next(one["groupId"] for one in listed.service.get("/groups") if one["name"] == "donors")
    assert members(listed, donors) == {PHONE["aino"]}


def test_an_override_without_another_way_changes_nothing(listed: World) -> None:
    assert listed.launch("--override", "doNotCall").code == 0
    assert members(listed) == {PHONE["aino"], PHONE["helmi"]}
    assert PHONE[ASKED] not in rung(listed)


def test_taking_the_action_out_again_is_refused(calling: World) -> None:
    assert calling.apply().code == 0
    for action in ("refuse", None):
        guard: Any = {"value": "never.csv", "action": action} if action else "never.csv"
        calling.write_project(guards={"doNotCall": guard})
        refused(calling.plan(), "rsvpCalls.invite would reach 1 person through groups.donors (never.csv line 3)")
        assert calling.launch().code == 5
    calling.write_project()
    ended = calling.plan()
    assert ended.code == 5 and "Guard doNotCallGrows refuses this plan" in ended.out
    assert members(calling) == {PHONE["aino"], PHONE["helmi"]}


def test_a_level_of_warn_leaves_them_out_all_the_same(listed: World) -> None:
    listed.write_project(guards={"doNotCall": {"value": "never.csv", "action": "exclude", "level": "warn"}})
    listed.write(crew("aino", ASKED, receivers=[{"group": "donors"}, {"account": "helmi"}]))
    assert listed.launch().code == 0
    assert PHONE[ASKED] not in rung(listed)


def test_the_list_only_grows_as_ever(calling: World) -> None:
    assert calling.apply().code == 0
    never(calling, PHONE[ASKED])
    ended = calling.plan()
    assert ended.code == 5 and "Guard doNotCallGrows refuses this plan" in ended.out
    never(calling, "+358409999999")
    assert calling.launch("--override", "doNotCall").code == 5
    assert members(calling) == {PHONE["aino"], PHONE["helmi"]}


@pytest.mark.parametrize("switches", READINGS[1:], ids=str)
def test_who_was_taken_in_with_the_group_is_told_of_and_nothing_of_it_is_edited(
    world: World, switches: dict[str, Any]
) -> None:
    """The service has taken the group apart: leaving it stops no call, and only a person can say what to do."""
    world.service.reads(**switches)
    never(world, "+358409999999")
    guarded(world)
    world.launched(crew("aino", ASKED))
    never(world, "+358409999999", PHONE[ASKED])
    told = "1 person on the do-not-call list is still to be called by rsvpCalls.invite"
    ended = world.apply("--no-launch")
    assert ended.code == 0 and told in ended.out, ended.said
    assert members(world) == {PHONE["aino"]}
    assert told in world.plan().out
    manifest = crew("aino", ASKED)
    manifest["voiceFiles"]["greeting"]["text"] = "Hello again"
    world.write(manifest)
    refused(world.plan(), "rsvpCalls.invite is changed and would go on to reach 1 person")
    assert world.cli("halt", "rsvpCalls.invite", "--dir", world.folder).code == 0
    refused(world.plan("--resume", "rsvpCalls.invite"), "would reach 1 person through groups.donors")


# ---- numbers that change ---------------------------------------------------------------------------------------------


def test_an_account_that_is_given_a_number_of_the_list_leaves_first(calling: World) -> None:
    never(calling, "+358409999999", "+358405550177")
    manifest = crew("aino", ASKED, "helmi")
    manifest["accounts"][ASKED]["phone"] = "+358405550177"
    changed = eero(calling)
    calling.write(manifest)
    ended = calling.launch()
    assert ended.code == 0, ended.said
    writes = calling.service.requests(writes=True)
    assert writes[0].startswith("DELETE /groups/1/") and f"PUT /accounts/{changed}" in writes[1:], writes
    calling.holds_the_law()
    assert "+358405550177" not in rung(calling)


def test_a_number_of_the_list_that_is_to_change_is_not_called_until_then(calling: World) -> None:
    """The change reaches somebody new, so it may be held; meanwhile the old number would be called."""
    manifest = crew("aino", ASKED, "helmi")
    manifest["accounts"][ASKED]["phone"] = "+358405550177"
    calling.write(manifest)
    ended = calling.apply("--no-launch")
    assert ended.code == 0, ended.said
    assert "1 person may join at the next apply" in ended.out
    assert members(calling) == {PHONE["aino"], PHONE["helmi"]}
    assert calling.launch().code == 0
    assert members(calling) == {PHONE["aino"], PHONE["helmi"], "+358405550177"}
    calling.holds_the_law()
    assert PHONE[ASKED] not in rung(calling)


# ---- selections, saved plans, faults, other people -------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        ("--only", "rsvpCalls.*"),
        ("--exclude", "groups.*"),
        ("--exclude", "groups.donors", "--only", "rsvpCalls.invite"),
        ("--exclude", "accounts.*"),
    ],
    ids=" ".join,
)
def test_no_selection_leads_to_them(calling: World, options: tuple[str, ...]) -> None:
    calling.write(crew("aino", ASKED, "helmi", activeTo="17:00"))
    ended = calling.launch(*options)
    is_done = ended.code == 0 and members(calling) == {PHONE["aino"], PHONE["helmi"]}
    assert is_done or ended.code == 5, ended.said


def test_a_selection_without_the_group_is_refused(calling: World) -> None:
    """A group that another one is told apart from by its id alone: it is left out, and with it who leaves it."""
    calling.write(crew("aino", ASKED, "helmi", receivers=[{"groupId": "1"}], activeTo="17:00"))
    refused(calling.plan("--only", "rsvpCalls.*"), "(never.csv line 3)")
    assert calling.launch("--only", "rsvpCalls.*").code == 5
    assert calling.launch().code == 0
    assert PHONE[ASKED] not in rung(calling)


def test_a_saved_plan_is_stale_once_the_list_has_grown(listed: World, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert listed.plan("--out", str(plan)).code == 0
    text = plan.read_text()
    assert "1 person of never.csv left out of groups.donors" in text
    assert not any(phone in text for phone in PHONES)
    never(listed, PHONE[ASKED], PHONE["helmi"])
    ended = listed.cli("apply", plan, "--allow-launch")
    assert ended.code == 3 and "never.csv has changed" in ended.said, ended.said
    assert listed.service.requests(writes=True) == []


def test_a_saved_plan_takes_them_out(calling: World, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert calling.plan("--out", str(plan)).code == 0
    assert calling.cli("apply", plan).code == 0
    calling.holds_the_law()
    assert PHONE[ASKED] not in rung(calling)


def test_nothing_is_launched_or_widened_while_somebody_could_not_be_taken_out(calling: World) -> None:
    calling.write(crew("aino", ASKED, "helmi", "kaisa", activeTo="17:00"))
    calling.service.fault(method="DELETE", path="/groups/.*", status=403, body={"error": {"message": "no"}}, times=None)
    ended = calling.launch()
    assert ended.code not in (0, 5), ended.said
    writes = [one for one in calling.service.requests(writes=True) if not one.startswith("DELETE /groups/")]
    assert writes == [], writes
    calling.service.no_more_faults()
    assert calling.launch().code == 0
    calling.holds_the_law()
    assert PHONE[ASKED] not in rung(calling)


def asks_not_to_be_called(world: World) -> Callable[[], None]:
    return lambda: never(world, PHONE[ASKED], PHONE["helmi"])


def test_who_gets_on_the_list_during_the_question_is_left_out(listed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Answers(asks_not_to_be_called(listed)))
    ended = listed.cli("apply", listed.folder)
    assert "2 people of never.csv left out of groups.donors" in ended.out, ended.said
    assert rung(listed) <= {PHONE["aino"]}


@pytest.mark.parametrize("request_", ["POST /rsvp_calls", ADDING, "POST /voice_files/.*"])
def test_who_gets_on_the_list_while_it_is_applied_is_not_called(listed: World, request_: str) -> None:
    listed.service.before(request_, asks_not_to_be_called(listed))
    listed.launch()
    assert not rung(listed) & {PHONE[ASKED], PHONE["helmi"]}


@pytest.mark.parametrize("request_", ["POST /rsvp_calls", "POST /voice_files/.*"])
def test_who_is_put_into_the_group_while_it_is_applied_is_not_called(listed: World, request_: str) -> None:
    def joins() -> None:
        listed.service.send("POST", "/groups/1/accounts", [{"accountId": eero(listed)}])

    listed.service.before(request_, joins)
    assert listed.launch().code != 0
    assert PHONE[ASKED] not in rung(listed, "2026-11-30T08:00:00Z")
    assert listed.launch().code == 0
    listed.holds_the_law()
    assert PHONE[ASKED] not in rung(listed)


def test_an_action_that_is_taken_out_during_the_question_brings_nobody_in(
    calling: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert calling.apply().code == 0
    calling.write(crew("aino", ASKED, "helmi", "kaisa"))
    monkeypatch.setattr(sys, "stdin", Answers(lambda: guarded(calling, "refuse")))
    ended = calling.cli("apply", calling.folder)
    assert ended.code == 5 and "Guard doNotCall refuses this plan" in ended.out, ended.said
    assert PHONE[ASKED] not in members(calling)


def test_a_campaign_that_is_made_anew_calls_none_of_them(calling: World) -> None:
    """A receiver that goes replaces the campaign."""
    calling.write(crew("aino", ASKED, "helmi", receivers=[{"group": "donors"}, {"account": "kaisa"}]))
    assert calling.launch().code == 0
    never(calling, "+358409999999", PHONE[ASKED], PHONE["helmi"])
    calling.write(crew("aino", ASKED, "helmi", acceptsWanted=1))
    ended = calling.launch()
    assert ended.code == 0 and "must be replaced" in ended.out, ended.said
    calling.holds_the_law()
    assert rung(calling) == {PHONE["aino"]}


def test_a_campaign_that_nobody_manages_stops_calling_them(calling: World) -> None:
    campaign = calling.service.campaign()
    calling.service.send("POST", "/rsvp_calls", {**_copied(campaign), "state": "active"})
    assert calling.apply("--no-launch").code == 0
    assert PHONE[ASKED] not in rung(calling)


def _copied(campaign: Manifest) -> Manifest:
    names = (
        "startTime",
        "endTime",
        "activeFrom",
        "activeTo",
        "activeWeekdays",
        "voiceFiles",
        "actionButtons",
        "acceptsWanted",
    )
    return {name: campaign[name] for name in names} | {"receivers": [{"groupId": "1"}], "meta": {}}


def test_a_lost_state_brings_nobody_back(calling: World) -> None:
    assert calling.apply().code == 0
    for file in sorted((calling.folder / ".mscode").rglob("*.json*")):
        file.unlink()
    ended = calling.launch()
    assert ended.code == 0, ended.said
    assert members(calling) == {PHONE["aino"], PHONE["helmi"]}
    assert PHONE[ASKED] not in rung(calling)


def test_a_destroy_is_not_held_up(calling: World) -> None:
    assert calling.destroy().code == 0
    assert rung(calling) == set()


# ---- exclude of one group --------------------------------------------------------------------------------------------


def excluding(exclude: Manifest, **members: Any) -> Manifest:
    manifest = crew("aino", ASKED, "helmi")
    manifest["groups"]["donors"]["members"] |= {"exclude": exclude, **members}
    return manifest


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("exclude", [{"phones": [PHONE[ASKED]]}, {"file": "out.csv"}], ids=["phones", "file"])
def test_a_group_leaves_out_whom_it_excludes(world: World, exclude: Manifest, exclusive: bool) -> None:
    world.launched(crew("aino", ASKED, "helmi"))
    never(world, PHONE[ASKED], name="out.csv")
    world.write(excluding(exclude, exclusive=exclusive))
    ended = world.apply("--no-launch")
    assert ended.code == 0 and "members: -1 (2 after)" in ended.out, ended.said
    whom = "out.csv" if "file" in exclude else "members.exclude.phones"
    assert f"1 person of {whom} left out of groups.donors" in ended.out
    world.holds_the_law()
    assert rung(world) == {PHONE["aino"], PHONE["helmi"]}


def test_a_group_that_nothing_else_manages_may_leave_people_out(world: World) -> None:
    world.launched(crew("aino", ASKED, "helmi"))
    manifest = crew()
    manifest["groups"]["donors"]["members"] = {"exclusive": False, "exclude": {"phones": [PHONE[ASKED]]}}
    world.write(manifest)
    assert world.apply("--no-launch").code == 0
    assert members(world) == {PHONE["aino"], PHONE["helmi"]}
    world.holds_the_law()


def test_who_has_replied_is_left_out_of_the_group_that_calls_them(world: World) -> None:
    """The group is called by the campaign whose replies it asks for: that is no circle."""
    world.launched(crew("aino", ASKED, "helmi"))
    world.service.at("2026-12-01T08:00:01Z")
    replies = {one["accountId"]: one for one in world.service.get("/rsvp_calls/1/receivers")}
    accounts = {one["accountId"]: one["phone"] for one in world.service.get("/accounts")}
    accepted = {accounts[number] for number, row in replies.items() if row.get("reply") == "accept"}
    world.write(excluding({"replied": {"campaign": "invite", "reply": "accept"}}))
    ended = world.apply("--no-launch")
    assert ended.code == 0, ended.said
    assert members(world) == {PHONE["aino"], PHONE[ASKED], PHONE["helmi"]} - accepted
    world.holds_the_law()


@pytest.fixture
def answered(world: World) -> tuple[World, set[str]]:
    """The campaign has called everybody; who has accepted."""
    world.launched(crew(*NAMES, acceptsWanted=6, maxRedials=0))
    world.service.at(AFTER)
    accounts = {one["accountId"]: one["phone"] for one in world.service.get("/accounts")}
    rows = world.service.get("/rsvp_calls/1/receivers")
    accepted = {
        accounts[str(row["accountId"])] for row in rows if "accept" in json.dumps(row).lower().replace("accepts", "")
    }
    assert 0 < len(accepted) < len(NAMES)
    return world, accepted


def reminding(campaign: str = "invite") -> Manifest:
    """Another group of everybody but those who have accepted."""
    manifest = crew(*NAMES, acceptsWanted=6, maxRedials=0)
    replied = {"campaign": campaign, "reply": "accept"}
    manifest["groups"]["rest"] = {"members": {"accounts": [*NAMES], "exclude": {"replied": replied}}}
    return manifest


def test_who_has_accepted_is_not_reminded(answered: tuple[World, set[str]]) -> None:
    world, accepted = answered
    world.write(reminding())
    assert world.apply().code == 0
    assert members(world, 2) == {*PHONES} - accepted
    world.holds_the_law()


def test_a_second_account_of_who_has_accepted_is_left_out_too(answered: tuple[World, set[str]]) -> None:
    world, accepted = answered
    manifest = reminding()
    manifest["filters"]["again"] = {"conditions": [{"field": "city", "operator": "==", "value": "Again"}]}
    manifest["groups"]["rest"]["members"]["filter"] = "again"
    for phone in accepted:
        world.service.send("POST", "/accounts", {"phone": phone.replace("+358", "00358 "), "city": "Again"})
    world.write(manifest)
    assert world.apply().code == 0
    assert members(world, 2) == {*PHONES} - accepted


def test_replies_are_known_though_the_campaign_is_renamed_in_the_same_plan(answered: tuple[World, set[str]]) -> None:
    world, accepted = answered
    manifest = reminding("first")
    manifest["rsvpCalls"]["first"] = {**manifest["rsvpCalls"].pop("invite"), "renamedFrom": "invite"}
    world.write(manifest)
    assert world.apply().code == 0
    assert members(world, 2) == {*PHONES} - accepted


def test_replies_that_are_gone_bring_nobody_in(answered: tuple[World, set[str]]) -> None:
    world, _ = answered
    world.service.send("DELETE", "/rsvp_calls/1")
    world.write(reminding())
    ended = world.look("plan", world.folder)
    assert ended.code == 1 and "by their replies to rsvpCalls.invite, which cannot be read any more" in ended.err


def test_a_group_that_is_made_anew_has_none_of_them(calling: World) -> None:
    ended = calling.launch("--replace", "groups.donors")
    assert ended.code == 0, ended.said
    (group,) = calling.service.get("/groups")
    assert members(calling, group["groupId"]) == {PHONE["aino"], PHONE["helmi"]}
    assert PHONE[ASKED] not in rung(calling)


def test_an_account_that_is_made_anew_stays_left_out(calling: World) -> None:
    ended = calling.launch("--replace", f"accounts.{ASKED}")
    assert ended.code == 0, ended.said
    assert members(calling) == {PHONE["aino"], PHONE["helmi"]}
    calling.holds_the_law()
    assert PHONE[ASKED] not in rung(calling)


def test_an_account_that_is_made_anew_is_one_more_person_for_what_runs(calling: World) -> None:
    """The service knows nothing of the old one's calls: it calls the new one from the beginning."""
    ended = calling.apply("--replace", "accounts.helmi", "--no-launch")
    assert ended.code == 0 and "groups.donors will be updated in-place and reaches 1 more person" in ended.out, (
        ended.said
    )
    assert members(calling) == {PHONE["aino"]}
    assert calling.launch().code == 0
    assert members(calling) == {PHONE["aino"], PHONE["helmi"]}
    calling.holds_the_law()


def test_a_new_number_of_the_list_is_refused_where_the_group_is_left_out_of_the_plan(calling: World) -> None:
    never(calling, "+358409999999", "+358405550177")
    manifest = crew("aino", ASKED, "helmi")
    manifest["accounts"][ASKED]["phone"] = "+358405550177"
    calling.write(manifest)
    refused(calling.plan("--only", "accounts.*"), "rsvpCalls.invite would reach 1 person through groups.donors")
    assert calling.launch("--only", "accounts.*").code == 5


@pytest.mark.parametrize(
    ("exclude", "more", "said"),
    [
        ({}, {}, "exclude takes phones, file or replied"),
        ({"phones": ["0405550101"]}, {}, "must be in international form"),
        ({"file": "gone.csv"}, {}, 'the file "gone.csv" does not exist'),
        ({"file": "../out.csv"}, {}, "lies outside the project"),
        ({"file": "bad.csv"}, {}, "bad.csv line 3"),
        ({"file": "empty.csv"}, {}, "names nobody"),
        ({"replied": {"campaign": "invit", "reply": "accept"}}, {}, "rsvpCalls.invit does not exist"),
        ({"phone": [PHONES[1]]}, {}, 'Did you mean "phones"?'),
        ({"phones": [PHONES[1]]}, {"accounts": ...}, "exclude alone would remove everybody"),
    ],
)
def test_an_exclude_that_names_nobody_is_an_error(world: World, exclude: Manifest, more: Manifest, said: str) -> None:
    (world.folder / "bad.csv").write_text(f"phone\n{PHONES[0]}\nnobody\n")
    (world.folder / "empty.csv").write_text("phone\n")
    manifest = excluding(exclude)
    members = manifest["groups"]["donors"]["members"]
    manifest["groups"]["donors"]["members"] = {
        name: value for name, value in {**members, **more}.items() if value is not ...
    }
    world.write(manifest)
    ended = world.cli("validate", world.folder)
    assert ended.code == 1 and said in ended.said, ended.said


def test_a_saved_plan_knows_the_file_of_an_exclude(world: World, tmp_path: Path) -> None:
    never(world, "+358409999999", name="out.csv")
    world.write(excluding({"file": "out.csv"}))
    plan = tmp_path / "plan.json"
    assert world.plan("--out", str(plan)).code == 0
    never(world, PHONE[ASKED], name="out.csv")
    ended = world.cli("apply", plan, "--allow-launch")
    assert ended.code == 3 and "out.csv has changed" in ended.said, ended.said


# ---- the guard's form ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guards", "said"),
    [
        ({"doNotCall": {"value": "never.csv", "action": "exlude"}}, "action: must be refuse or exclude"),
        ({"doNotCall": {"value": "never.csv", "acton": "exclude"}}, 'Did you mean "action"?'),
        ({"doNotCall": {"action": "exclude"}}, "doNotCall must be the path of a file"),
        ({"maxPeople": {"value": 5, "action": "exclude"}}, 'maxPeople does not take "action"'),
        ({"duplicatePerson": {"action": "exclude"}}, 'duplicatePerson does not take "action"'),
    ],
)
def test_an_action_in_another_form_is_an_error(world: World, guards: Manifest, said: str) -> None:
    never(world, PHONE[ASKED])
    world.write(crew("aino"))
    world.write_project(guards=guards)
    ended = world.cli("validate", world.folder)
    assert ended.code == 1 and said in ended.said, ended.said


def test_two_declared_accounts_with_one_number_are_an_error(world: World) -> None:
    manifest = crew("aino")
    manifest["accounts"] |= {"p12": {"phone": "+358 (0)40 555 1239"}, "p13": {"phone": "00358405551239"}}
    world.write(manifest)
    ended = world.cli("validate", world.folder)
    assert ended.code == 1 and "accounts.p13 and accounts.p12 have the same phone" in ended.said, ended.said


def test_a_review_says_who_is_left_out_once(listed: World) -> None:
    ended = listed.plan("--format", "markdown")
    assert ended.code == 0 and "\n- 1 person of never.csv left out of groups.donors<br>never.csv line 2.\n" in ended.out
