"""One change that takes away and brings in is two: what it takes away is done first, and needs no yes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, PHONES, Manifest, drive, people
from tests.acceptance.conftest import World
from tests.acceptance.test_sending import project

RUNNING = ("active", "waitingToActive")


def rung(world: World) -> set[str]:
    return {str(ring.get("phone") or ring.get("email")) for ring in world.service.rings()}


def without_a_yes(world: World) -> None:
    """The launch is held on purpose; what it holds stands in the next plan."""
    ended = world.apply("--no-launch")
    assert ended.code == 0, ended.said


# ---- groups ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{}, {"activeTo": "18:00"}], ids=["only less", "less and more"])
def test_what_narrows_arrives_although_a_voice_file_was_deleted(world: World, more: Manifest) -> None:
    """The service takes no campaign back with a voice file that is gone: it waits for the one that is made in its place."""
    world.launched(drive(acceptsWanted=2))
    world.service.send("DELETE", "/voice_files/1")
    world.write(drive(acceptsWanted=1, **more))
    without_a_yes(world)
    campaign = world.service.campaign()
    assert campaign["acceptsWanted"] == 1 and campaign["state"] in RUNNING
    assert "18:00" not in campaign["activeTo"]
    if more:
        assert world.launch().code == 0
        assert world.service.campaign()["activeTo"] == "18:00:00"
    world.holds_the_law()


def members(*names: str) -> Manifest:
    manifest = drive(acceptsWanted=2)
    manifest["groups"]["donors"]["members"] = {"accounts": list(names)}
    return manifest


def live_members(world: World) -> set[str]:
    return {one["phone"] for one in world.service.get("/groups/1/accounts")}


PHONE = dict(zip(people(), PHONES, strict=True))


@pytest.mark.parametrize("time", [None, "2026-12-01T08:00:01Z"], ids=["waiting", "calling"])
def test_who_leaves_a_group_leaves_it_although_who_joins_is_held(world: World, time: str | None) -> None:
    world.launched(members("aino", "eero"))
    if time:
        world.service.at(time)
    world.write(members("eero", "helmi"))
    without_a_yes(world)
    assert live_members(world) == {PHONE["eero"]}
    assert world.changes() == {"groups.donors": (["update"], ["dials"])}
    found = world.plan().out
    assert "+1 (2 after)" in found and "+1 -1" not in found
    assert world.launch().code == 0
    assert live_members(world) == {PHONE["eero"], PHONE["helmi"]}
    world.holds_the_law()


def test_a_launch_that_waits_for_its_yes_is_told_by_5_and_the_rest_is_done(world: World) -> None:
    world.launched(members("aino", "eero"))
    world.write(members("eero", "helmi"))
    ended = world.apply()
    assert ended.code == 5, ended.said
    assert live_members(world) == {PHONE["eero"]}
    assert "1 changed" in ended.out and "1 held" in ended.out


def test_a_filter_that_lets_somebody_go_and_another_in(world: World) -> None:
    manifest = drive(acceptsWanted=1)
    world.launched(manifest)
    manifest["filters"]["helsinki"]["conditions"] = [{"field": "city", "operator": "==", "value": "Tampere"}]
    world.write(manifest)
    without_a_yes(world)
    assert live_members(world) == set()
    world.service.at(AFTER)
    assert rung(world) == set()


def test_a_list_that_loses_a_row_and_gets_another(world: World) -> None:
    manifest = drive(acceptsWanted=1)
    manifest["accountLists"] = {"guests": {"file": "guests.csv"}}
    manifest["groups"]["donors"]["members"] = {"accountList": "guests"}
    (world.folder / "guests.csv").write_text("phone\n+358405550201\n+358405550202\n")
    world.launched(manifest)
    (world.folder / "guests.csv").write_text("phone\n+358405550202\n+358405550203\n")
    without_a_yes(world)
    assert live_members(world) == {"+358405550202"}


def test_who_leaves_does_not_wait_for_one_who_cannot_be_made(world: World) -> None:
    world.launched(members("aino", "eero"))
    manifest = members("eero", "new")
    manifest["accounts"]["new"] = {"firstName": "New", "phone": "+358405550300"}
    world.write(manifest)
    world.service.fault(method="POST", path="/accounts", status=400, body={"error": {}}, times=None)
    ended = world.launch()
    assert ended.code == 6, ended.said
    assert live_members(world) == {PHONE["eero"]}


# ---- campaigns -------------------------------------------------------------------------------------------------------

BASE = {
    "activeFrom": "09:00",
    "activeTo": "14:00",
    "acceptsWanted": 3,
    "maxRedials": 2,
    "activeWeekdays": ["tuesday", "wednesday"],
}
#: what is changed, and what of it is done without a yes
MIXED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "hours": ({"activeFrom": "10:00", "activeTo": "15:00"}, {"activeFrom": "10:00:00", "activeTo": "14:00:00"}),
    "hours the other way": (
        {"activeFrom": "08:00", "activeTo": "13:00"},
        {"activeFrom": "09:00:00", "activeTo": "13:00:00"},
    ),
    "weekdays": ({"activeWeekdays": ["wednesday", "thursday"]}, {"activeWeekdays": {"wednesday"}}),
    "fewer accepts, more redials": ({"acceptsWanted": 1, "maxRedials": 4}, {"acceptsWanted": 1, "maxRedials": 2}),
    "fewer redials, more accepts": ({"acceptsWanted": 4, "maxRedials": 1}, {"acceptsWanted": 3, "maxRedials": 1}),
    "redials left out, more accepts": ({"acceptsWanted": 4, "maxRedials": 0}, {"acceptsWanted": 3, "maxRedials": 0}),
    "an earlier end, more hours": (
        {"endTime": "2026-12-02T17:00:00Z", "activeTo": "15:00"},
        {"endTime": "2026-12-02 17:00:00", "activeTo": "14:00:00"},
    ),
    "a later start and end": (
        {"startTime": "2026-12-02T08:00:00Z", "endTime": "2026-12-09T17:00:00Z"},
        {"startTime": "2026-12-02 08:00:00", "endTime": "2026-12-04 17:00:00"},
    ),
    "fewer accepts, another receiver": (
        {"acceptsWanted": 1, "receivers": [{"group": "donors"}, {"account": "lauri"}]},
        {"acceptsWanted": 1},
    ),
    "fewer hours, more accepts, another text": (
        {"activeFrom": "10:00", "acceptsWanted": 4, "receiverWebhookUrl": "https://hooks.example.com/x"},
        {"activeFrom": "10:00:00", "acceptsWanted": 3, "receiverWebhookUrl": None},
    ),
}


def shown(campaign: Any, name: str) -> Any:
    value = campaign[name]
    if name == "activeWeekdays":
        return {day["weekday"] for day in value if day["active"] in (1, "1")}
    return value or None if name.endswith("Url") else value


@pytest.mark.parametrize(("edit", "done"), MIXED.values(), ids=MIXED)
def test_the_narrower_part_of_an_edit_is_done_although_the_wider_is_held(
    world: World, edit: dict[str, Any], done: dict[str, Any]
) -> None:
    world.launched(drive(**BASE))
    world.write(drive(**{**BASE, **edit}))
    without_a_yes(world)
    campaign = world.service.campaign()
    assert {name: shown(campaign, name) for name in done} == done
    assert campaign["state"] in RUNNING and campaign["meta"]["mscode"].endswith(":live")
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}
    assert world.cli("drift", world.folder, "--detailed-exitcode").code == 0
    assert world.launch().code == 0
    world.holds_the_law()
    assert len(world.service.get("/rsvp_calls")) == 1


@pytest.mark.parametrize(("edit", "done"), MIXED.values(), ids=MIXED)
def test_what_is_taken_away_is_resumed_first_and_what_is_brought_in_has_a_resume_of_its_own(
    world: World, edit: dict[str, Any], done: dict[str, Any]
) -> None:
    """Each of the two has its own yes and its own last look; in between it calls with less than before and than after."""
    world.launched(drive(**BASE))
    before = world.service.campaign()
    world.write(drive(**{**BASE, **edit}))
    met: list[Any] = []

    def look() -> None:
        met.append(world.service.campaign())

    for nth in range(1, 7):
        world.service.before("PUT /rsvp_calls/1", look, nth)
    ended = world.launch()
    assert ended.code == 0, ended.said
    met.append(world.service.campaign())
    assert [one["state"] in RUNNING for one in met] == [True, False, False, True, False, False, True]
    assert {name: shown(met[3], name) for name in done} == done
    assert met[3]["receivers"] == before["receivers"]
    world.holds_the_law()


@pytest.mark.parametrize("put", [3, 4, 5])
def test_a_halt_between_the_two_parts_of_an_edit_stays(world: World, put: int) -> None:
    """Pressed right after the first resume, after the second halt, or after the second edit."""
    world.launched(drive(**BASE))
    world.write(drive(**{**BASE, **MIXED["hours"][0]}))

    def press() -> None:
        world.service.advance("+2s")  # two writes of one second have the same updatedAt, and cannot be told apart
        world.service.halt_as_a_person()

    world.service.before("PUT /rsvp_calls/1", lambda: world.service.before("GET /rsvp_calls/1", press), put)
    ended = world.launch()
    assert ended.code != 0, ended.said
    assert world.service.campaign()["state"] == "halt"
    world.service.at(AFTER)
    assert rung(world) == set()


NOTHING_BETWEEN = {
    "hours": {"activeFrom": "14:00", "activeTo": "15:00"},
    "weekdays": {"activeWeekdays": ["thursday"]},
    "dates": {"startTime": "2026-12-08T08:00:00Z", "endTime": "2026-12-10T17:00:00Z"},
}


@pytest.mark.parametrize("edit", NOTHING_BETWEEN.values(), ids=NOTHING_BETWEEN)
def test_where_nothing_lies_between_it_calls_nobody_until_it_is_launched(world: World, edit: dict[str, Any]) -> None:
    world.launched(drive(**BASE))
    world.write(drive(**{**BASE, **edit}))
    without_a_yes(world)
    assert world.service.campaign()["state"] == "halt"
    assert world.service.campaign()["meta"]["mscode"].endswith(":edit")
    assert world.changes()["rsvpCalls.invite"][1] == ["dials"]
    assert world.launch().code == 0
    assert world.service.campaign()["state"] in RUNNING
    world.holds_the_law()


@pytest.mark.parametrize("edit", NOTHING_BETWEEN.values(), ids=NOTHING_BETWEEN)
def test_where_nothing_lies_between_and_the_launch_has_its_yes_one_apply_does_it(
    world: World, edit: dict[str, Any]
) -> None:
    world.launched(drive(**BASE))
    world.write(drive(**{**BASE, **edit}))
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] in RUNNING
    world.holds_the_law()


def test_a_narrower_edit_does_not_wait_for_a_recording(world: World) -> None:
    world.launched(drive(**BASE))
    manifest = drive(**{**BASE, "acceptsWanted": 1, "voiceFiles": {"start": "other"}})
    manifest["voiceFiles"]["other"] = {"text": "Something else", "voiceCode": "en"}
    world.write(manifest)
    world.service.fault(method="POST", path="/voice_files/text_to_speech", status=400, body={}, times=None)
    assert world.apply().code == 6
    assert world.service.campaign()["acceptsWanted"] == 1
    assert world.service.campaign()["state"] in RUNNING


def test_receivers_that_are_taken_out_are_not_called_while_the_new_campaign_waits(world: World) -> None:
    receivers = [{"account": "aino"}, {"account": "eero"}]
    world.launched(drive(acceptsWanted=1, receivers=receivers))
    world.write(drive(acceptsWanted=1, receivers=[{"account": "eero"}, {"account": "helmi"}]))
    assert world.apply("--no-launch").code == 0
    world.service.at(AFTER)
    assert rung(world) == set()


def test_receivers_that_are_taken_out_do_not_wait_for_what_the_new_campaign_needs(world: World) -> None:
    receivers = [{"account": "aino"}, {"account": "eero"}]
    world.launched(drive(acceptsWanted=1, receivers=receivers))
    manifest = drive(acceptsWanted=1, receivers=[{"account": "eero"}], voiceFiles={"start": "other"})
    manifest["voiceFiles"]["other"] = {"text": "Something else", "voiceCode": "en"}
    world.write(manifest)
    world.service.fault(method="POST", path="/voice_files/text_to_speech", status=400, body={}, times=None)
    assert world.launch().code == 6
    assert world.service.campaign()["state"] == "halt"
    world.service.no_more_faults()
    assert world.launch().code == 0
    world.service.at(AFTER)
    assert rung(world) == {PHONE["eero"]}


def test_a_halt_beside_other_edits_waits_for_nothing(world: World) -> None:
    world.launched(drive())
    manifest = drive(state="halt", voiceFiles={"start": "other"}, acceptsWanted=2)
    manifest["voiceFiles"]["other"] = {"text": "Something else", "voiceCode": "en"}
    world.write(manifest)
    world.service.fault(method="POST", path="/voice_files/text_to_speech", status=400, body={}, times=None)
    assert world.apply().code == 6
    assert world.service.campaign()["state"] == "halt"


# ---- messages and click-to-calls -------------------------------------------------------------------------------------


def to(manifest: Manifest, section: str, *names: str) -> Manifest:
    manifest = deepcopy(manifest)
    (item,) = manifest[section].values()
    item["receivers"] = [{"account": name} for name in names]
    return manifest


@pytest.mark.parametrize("section", ["calls", "smses", "emails", "clickToCalls"])
@pytest.mark.parametrize("names", [("eero", "helmi"), ("helmi", "ilmari")], ids=["one stays", "nobody stays"])
def test_who_is_taken_out_is_not_reached_while_the_others_wait_for_their_yes(
    world: World, section: str, names: tuple[str, ...]
) -> None:
    base = project(section)
    base["accounts"] = {name: {**one, "email": f"{name}@example.com"} for name, one in base["accounts"].items()}
    world.service.at("2026-11-29T06:00:00Z")
    world.launched(to(base, section, "aino", "eero"))
    world.write(to(base, section, *names))
    without_a_yes(world)
    (address,) = [f"{section}.{name}" for name in base[section]]
    assert set(world.changes()) == {address}
    assert world.changes()[address][1], "what is held is a launch"
    world.service.at("2026-11-29T06:01:00Z")
    without_a_yes(world)
    assert world.launch().code == 0
    world.holds_the_law()
    world.service.at("2026-12-12T06:00:00Z")
    wanted = {PHONE[name] for name in names} | {f"{name}@example.com" for name in names}
    assert rung(world) and rung(world) <= wanted


@pytest.mark.parametrize("section", ["calls", "smses", "emails", "clickToCalls"])
def test_who_is_taken_out_is_never_reached_where_the_yes_never_comes(world: World, section: str) -> None:
    base = project(section)
    base["accounts"] = {name: {**one, "email": f"{name}@example.com"} for name, one in base["accounts"].items()}
    world.service.at("2026-11-29T06:00:00Z")
    world.launched(to(base, section, "aino", "eero"))
    world.write(to(base, section, "eero", "helmi"))
    without_a_yes(world)
    world.service.at("2026-12-12T06:00:00Z")
    assert not rung(world) & {PHONE["aino"], "aino@example.com", PHONE["helmi"], "helmi@example.com"}


def test_narrower_hours_of_a_click_to_call_stop_it_until_the_new_one_has_its_yes(world: World) -> None:
    base = project("clickToCalls")
    world.service.at("2026-11-29T06:00:00Z")
    world.launched(base)
    (desk,) = base["clickToCalls"].values()
    desk["activeTo"] = "11:00"
    world.write(base)
    without_a_yes(world)
    assert world.service.get("/click_to_calls") == []
    assert world.launch().code == 0
    world.holds_the_law()


def test_another_voice_of_a_click_to_call_is_held_whole(world: World) -> None:
    """It takes nobody and no moment away: the old one goes on."""
    base = project("clickToCalls")
    world.service.at("2026-11-29T06:00:00Z")
    world.launched(base)
    (desk,) = base["clickToCalls"].values()
    desk["meta"] = {"season": "spring"}
    world.write(base)
    without_a_yes(world)
    assert len(world.service.get("/click_to_calls")) == 1


# ---- together --------------------------------------------------------------------------------------------------------


def test_a_renamed_group_loses_who_leaves_it(world: World) -> None:
    world.launched(members("aino", "eero"))
    manifest = members("eero", "helmi")
    manifest["groups"]["givers"] = {**manifest["groups"].pop("donors"), "renamedFrom": "donors", "name": "donors"}
    manifest["rsvpCalls"]["invite"]["receivers"] = [{"group": "givers"}]
    world.write(manifest)
    without_a_yes(world)
    assert live_members(world) == {PHONE["eero"]}
    assert world.launch().code == 0
    world.holds_the_law()


def test_an_account_that_goes_is_no_reason_to_refuse_the_launch_of_another_campaign(world: World) -> None:
    manifest = members("aino", "eero", "helmi")
    world.launched(manifest)
    manifest = members("eero", "helmi")
    del manifest["accounts"]["aino"]
    manifest["rsvpCalls"]["second"] = {**manifest["rsvpCalls"]["invite"], "startTime": "2026-12-03T08:00:00Z"}
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert live_members(world) == {PHONE["eero"], PHONE["helmi"]}
    world.holds_the_law()


# ---- what is left alone ----------------------------------------------------------------------------------------------


def test_the_state_cannot_be_left_alone(world: World) -> None:
    manifest = drive()
    manifest["rsvpCalls"]["invite"]["lifecycle"] = {"ignoreChanges": ["state"]}
    world.write(manifest)
    for command in (["validate"], ["plan"], ["apply", "--auto-approve", "--allow-launch"]):
        ended = world.cli(*command[:1], world.folder, *command[1:])
        assert ended.code == 1, ended.said
        assert "lifecycle.ignoreChanges: state cannot be left alone" in ended.err
        assert "state: halt" in ended.err
    assert world.service.get("/rsvp_calls") == []


def test_a_group_that_a_person_added_is_counted_where_the_manifest_leaves_receivers_alone(world: World) -> None:
    """The plan and the launch count the same people: those who are live, whoever added them."""
    manifest = drive(acceptsWanted=1, receivers=[{"account": "lauri"}])
    manifest["rsvpCalls"]["invite"]["lifecycle"] = {"ignoreChanges": ["receivers"]}
    manifest["groups"]["others"] = {"members": {"accounts": ["aino", "eero"]}}
    world.launched(manifest)
    others = next(one["groupId"] for one in world.service.get("/groups") if one["name"] == "others")
    world.service.send("POST", "/rsvp_calls/1/receivers", [{"groupId": others}])
    manifest["rsvpCalls"]["invite"]["endTime"] = "2026-12-11T17:00:00Z"
    del manifest["groups"]["others"]["members"]
    world.write(manifest)
    reach = world.plan("--json").json["reach"]["rsvpCalls.invite"]
    assert reach["people"] == 3
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()
