"""A whole project, every kind of object in it, under other readings of the API's page; and what each reading alone could break."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest

from tests.acceptance.campaigns import Manifest
from tests.acceptance.conftest import World
from tests.acceptance.test_readings import ALONE, MORNING, Reading, combination, name_of
from tests.faults.project import FULL, SENDS, recording

DAY = "2026-12-02T09:00:00Z"


def everything(world: World) -> Manifest:
    """Every kind once; what is sent goes out the day after the story begins."""
    (world.folder / "jingle.wav").write_bytes(recording())
    manifest = deepcopy(FULL)
    accounts = {name: {**SENDS["accounts"].get(name, {}), **fields} for name, fields in FULL["accounts"].items()}
    manifest |= deepcopy({name: part for name, part in SENDS.items() if name not in FULL})
    manifest["accounts"] = accounts
    manifest["subusers"] = {"desk": {"username": "desk", "email": "desk@example.com", "phone": "+358405550150"}}
    for section in ("calls", "smses", "emails"):
        for fields in manifest[section].values():
            fields["actionTime"] = DAY
    return manifest


def edited(manifest: Manifest) -> Manifest:
    """A change to every object that can be changed where it is."""
    wanted = deepcopy(manifest)
    wanted["accounts"]["aino"]["firstName"] = "Aino Maria"
    wanted["groups"]["donors"]["description"] = "Donors of the capital"
    wanted["voiceFiles"]["jingle"]["description"] = "Very last"
    wanted["rsvpCalls"]["invite"]["meta"] = {"season": "spring"}
    wanted["rsvpCalls"]["invite"]["acceptsWanted"] = 1
    wanted["calls"]["notice"]["operations"] = [{"say": "We stay open"}]
    wanted["smses"]["reminder"]["message"] = "Not tomorrow"
    wanted["emails"]["letter"]["subject"] = "The bus does not come"
    wanted["subusers"]["desk"]["company"] = "City"
    return wanted


def begin(world: World, reading: Reading) -> None:
    world.service.at(MORNING)
    world.service.reads(**reading)
    world.write_project(service=reading)


def nobody_is_reached_twice(world: World) -> None:
    often = Counter((ring["kind"], ring["campaignId"], ring["accountId"]) for ring in world.service.rings())
    assert max(often.values(), default=0) <= 1, often


@pytest.mark.parametrize("reading", [pytest.param(one, id=name_of(one)) for one in ALONE])
def test_a_whole_project_is_made_edited_played_and_removed(world: World, reading: Reading) -> None:
    begin(world, reading)
    manifest = everything(world)
    world.launched(manifest)
    world.holds_the_law()
    world.launched(edited(manifest))
    world.holds_the_law()
    world.service.advance("+2d")
    world.holds_the_law()
    nobody_is_reached_twice(world)
    kinds = {ring["kind"] for ring in world.service.rings()}
    assert kinds == {"rsvp", "clickToCall", "call", "sms", "email"}
    for command in ("status", "results", "drift", "export"):
        more = {"export": ("--out", world.folder.parent / "exported"), "results": ("--dir",)}.get(command, ())
        ended = world.look(command, *more, world.folder)
        assert ended.code == 0, ended.said
    ended = world.destroy("--override=maxDeletes", "--allow-deletes=100")
    if "delete_url" in reading:  # groups and subusers are deleted at a URL that mscode never uses
        assert ended.code not in (0, 2), ended.said
        assert "delete" in ended.said
    else:
        assert ended.code == 0, ended.said
        assert world.service.get("/groups") == []
        assert world.service.get("/rsvp_calls") == []


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(200))
def test_a_whole_project_under_any_readings(world: World, seed: int) -> None:
    test_a_whole_project_is_made_edited_played_and_removed(world, combination(seed))


# ---- what a service cannot do ----------------------------------------------------------------------------------------


def test_a_voice_that_the_service_does_not_have_is_named(world: World) -> None:
    begin(world, {"voice_codes": ["sv", "fi"]})
    world.write(everything(world))
    for ended in (world.plan(), world.launch()):
        assert ended.code not in (0, 2), ended.said
        assert '"en"' in ended.said
    assert world.service.rings() == []


def test_a_field_that_a_new_subuser_lacks_is_named(world: World) -> None:
    begin(world, {"subuser_required": ["company"]})
    world.write(everything(world))
    ended = world.launch()
    assert ended.code not in (0, 2), ended.said
    assert "company is required" in ended.said
    assert world.service.get("/subusers") == []


@pytest.mark.parametrize("types", ["five", "any"])
def test_a_further_type_of_voice_file_is_sent_and_a_refusal_named(world: World, types: str) -> None:
    begin(world, {"voice_types": types})
    manifest = everything(world)
    manifest["rsvpCalls"]["invite"]["voiceFiles"]["decline"] = "greeting"
    world.write(manifest)
    ended = world.launch()
    if types == "any":
        assert ended.code == 0, ended.said
        world.holds_the_law()
        return
    assert ended.code not in (0, 2), ended.said
    assert "type is one of start data actionButtons accept end" in ended.said
    assert world.service.get("/rsvp_calls") == []


@pytest.mark.parametrize("wraps", [False, True])
def test_hours_that_pass_midnight_are_refused_whatever_the_service_takes(world: World, wraps: bool) -> None:
    begin(world, {"window_wrap": wraps})
    manifest = everything(world)
    manifest["rsvpCalls"]["invite"] |= {"activeFrom": "20:00", "activeTo": "08:00"}
    world.write(manifest)
    for ended in (world.cli("validate", world.folder), world.plan(), world.launch()):
        assert ended.code == 1, ended.said
        assert "activeTo" in ended.err


def test_a_call_of_a_person_whose_hours_pass_midnight_is_shown_and_halted(world: World) -> None:
    begin(world, {"window_wrap": True})
    manifest = everything(world)
    world.launched(manifest)
    campaign = world.service.campaign()
    world.service.put_campaign(campaign, activeFrom="20:00:00", activeTo="08:00:00")
    for command in ("status", "drift"):
        ended = world.look(command, world.folder)
        assert ended.code == 0, ended.said
    assert "activeFrom" in world.plan().out
    campaigns = world.look("status", world.folder, "--json").json["campaigns"]
    shown = next(one for one in campaigns if one["address"] == "rsvpCalls.invite")
    assert (shown["nextCall"], shown["nextCallUntil"]) == ("2026-12-01T20:00:00Z", "2026-12-02T08:00:00Z")
    assert world.cli("halt", "--all", "--dir", world.folder).code == 0
    assert world.service.campaign()["state"] == "halt"
    assert (world.service.campaign()["activeFrom"], world.service.campaign()["activeTo"]) == ("20:00:00", "08:00:00")
    world.service.advance("+2d")
    assert [ring for ring in world.service.rings() if ring["kind"] == "rsvp"] == []


# ---- numbers without their plus sign ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "phone"),
    [
        ("DE", "+447400123456"),
        ("US", "+3212345678"),
        ("IT", "+351912345678"),
        ("FI", "+376312345"),
        ("NO", "+24740123"),
    ],
)
def test_digits_are_not_taken_for_a_number_of_the_region(world: World, region: str, phone: str) -> None:
    """Without the setting they could be two people's: then nothing is guessed, and the plan is refused or not empty."""
    world.service.at(MORNING)
    world.service.reads(phone_plus="off")
    world.write_project(service={"phone_plus": "off"}, region=region)
    manifest = deepcopy(FULL)
    (world.folder / "jingle.wav").write_bytes(recording())
    manifest["accounts"]["aino"]["phone"] = phone
    manifest["rsvpCalls"]["invite"]["receivers"].append({"account": "kaisa"})
    world.launched(manifest)
    world.holds_the_law()
    world.service.advance("+1d")
    assert {ring["phone"] for ring in world.service.rings()} <= {one["phone"] for one in manifest["accounts"].values()}
    nobody_is_reached_twice(world)
    world.holds_the_law()


def test_a_person_of_the_do_not_call_list_is_known_without_the_plus_sign(world: World) -> None:
    world.service.at(MORNING)
    world.service.reads(phone_plus="off")
    (world.folder / "never.csv").write_text("+447400123456\n")
    world.write_project(service={"phone_plus": "off"}, region="DE", guards={"doNotCall": "never.csv"})
    (world.folder / "jingle.wav").write_bytes(recording())
    account = world.service.send("POST", "/accounts", {"phone": "447400123456", "firstName": "By hand"})
    group = world.service.send("POST", "/groups", {"name": "Crew", "description": ""})
    world.service.send("POST", f"/groups/{group['groupId']}/accounts", [{"accountId": account["accountId"]}])
    manifest: Any = deepcopy(FULL)
    manifest["rsvpCalls"]["invite"]["receivers"] = [{"groupId": group["groupId"]}, {"account": "kaisa"}]
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 5, ended.said
    assert "doNotCall" in ended.said
    world.service.advance("+3d")
    assert world.service.rings() == []


# ---- PUT that replaces -----------------------------------------------------------------------------------------------


def test_what_nobody_manages_survives_a_put_that_replaces(world: World) -> None:
    begin(world, {"put": "replace"})
    manifest = everything(world)
    world.launched(manifest)
    service = world.service
    # Accounts are made at the same time, so their ids say nothing of which is whose.
    account = next(account for account in service.get("/accounts") if account["firstName"] == "Aino")
    path = f"/accounts/{account['accountId']}"
    service.send("PUT", path, {**account, "note": "by hand", "yearOfBirth": 1970})
    subuser = service.get("/subusers")[0]
    service.send("PUT", f"/subusers/{subuser['subuserId']}", {**subuser, "lastName": "by hand"})
    service.put_campaign(service.campaign(), receiverWebhookUrl="http://127.0.0.1/hook")
    world.launched(edited(manifest))
    kept = service.get(path)
    assert (kept["note"], kept["yearOfBirth"], kept["firstName"]) == ("by hand", 1970, "Aino Maria")
    assert service.get("/subusers")[0]["lastName"] == "by hand"
    campaign = service.campaign()
    assert campaign["receiverWebhookUrl"] == "http://127.0.0.1/hook"
    assert (campaign["maxRedials"], campaign["startTime"]) == (0, "2026-12-01 08:00:00")
    for sent in ("/calls/1", "/smses/1", "/emails/1"):
        message = service.get(sent)
        assert (message["actionTime"], len(message["receivers"])) == ("2026-12-02 09:00:00", 2)


@pytest.mark.parametrize("at", ["2026-12-01T07:00:00Z", "2026-12-01T08:30:00Z", "2026-12-01T10:00:00Z"])
@pytest.mark.parametrize("unset", ["empty", None])
def test_a_halt_and_its_resume_under_a_put_that_replaces_ring_at_the_planned_hours(
    world: World, at: str, unset: str | None
) -> None:
    """Before its start, and less or more than 55 minutes after it; the hours begin at eleven."""
    begin(world, {"put": "replace", "unset": unset})
    manifest: Any = deepcopy(FULL)
    (world.folder / "jingle.wav").write_bytes(recording())
    manifest["rsvpCalls"]["invite"]["activeFrom"] = "11:00"
    world.launched(manifest)
    world.service.at(at)
    assert world.cli("halt", "--all", "--dir", world.folder).code == 0
    halted = world.service.campaign()
    assert (halted["state"], halted["maxRedials"], halted["meta"]["season"]) == ("halt", 0, "winter")
    if at < "2026-12-01T08":
        assert halted["startTime"] == "2026-12-01 08:00:00"
    world.holds_the_law()
    assert world.launch("--resume=rsvpCalls.invite").code == 0
    world.holds_the_law()
    world.service.advance("+1d")
    times = [ring["at"] for ring in world.service.rings()]
    assert times
    assert min(times) >= "2026-12-01T11:00:00Z"
    nobody_is_reached_twice(world)


@pytest.mark.parametrize("unset", ["empty", None])
def test_an_edit_long_after_the_start_is_done_where_a_put_sets_a_new_start(world: World, unset: str | None) -> None:
    """Two hours after the start, before the first call: an edit that narrows, one that widens, and people who are added."""
    begin(world, {"put": "replace", "unset": unset})
    manifest: Any = deepcopy(FULL)
    (world.folder / "jingle.wav").write_bytes(recording())
    manifest["rsvpCalls"]["invite"] |= {"activeFrom": "11:00", "acceptsWanted": 1}
    world.launched(manifest)
    world.service.at("2026-12-01T10:00:00Z")
    invite = manifest["rsvpCalls"]["invite"]
    for change in (
        {"meta": {"season": "spring"}},
        {"actionButtons": {"accept": 6, "decline": 9}},
        {"endTime": "2026-12-05T17:00:00Z"},
        {"receivers": [{"group": "donors"}, {"account": "kaisa"}]},
    ):
        invite.update(change)
        world.launched(manifest)
        world.holds_the_law()
        assert "rsvpCalls.invite was edited" not in world.cli("drift", world.folder).out
    world.service.advance("+1d")
    times = [ring["at"] for ring in world.service.rings()]
    assert min(times) >= "2026-12-01T11:00:00Z"
    nobody_is_reached_twice(world)


# ---- forms alone -----------------------------------------------------------------------------------------------------

#: Readings under which a service shows the same account in other forms.
FORMS = [
    reading
    for reading in ALONE
    if reading.keys() <= {"ids", "unset", "phone_plus", "op42_full", "fix_typos", "zone", "operations", "list_shape"}
]


def views(world: World) -> dict[str, Any]:
    """What mscode says of an account, in all ways in which it looks."""
    folder = world.folder
    exported = folder.parent / "exported"
    shutil.rmtree(exported, ignore_errors=True)
    seen: dict[str, Any] = {}
    for command in (
        ("plan", folder, "--json"),
        ("status", folder, "--json"),
        ("drift", folder, "--json"),
        ("results", "--json", "--dir", folder),
        ("results", "rsvpCalls.invite", "--json", "--dir", folder),
        ("results", "clickToCalls.desk", "--json", "--dir", folder),
        ("export", folder, "--people", "--out", exported),
    ):
        ended = world.look(*command)
        assert ended.code == 0, ended.said
        seen[" ".join(map(str, command[:2]))] = json.loads(ended.out) if "--json" in command else ended.said
    seen["exported"] = {path.name: path.read_text() for path in exported.rglob("*.yaml") if path.name != "mscode.yaml"}
    for name in ("plan", "status", "drift", "results"):
        for key, value in seen.items():
            if key.startswith(name) and isinstance(value, dict):
                value.pop("timestamp", None)
                value.pop("digest", None)
    return seen


def test_an_account_in_other_forms_looks_the_same(world: World) -> None:
    begin(world, {})
    manifest = everything(world)
    world.launched(manifest)
    world.service.send("POST", "/accounts", {"firstName": "By hand"})
    world.service.advance("+1d")
    literal = views(world)
    for reading in FORMS:
        world.service.reads(**reading)
        world.write_project(service=reading)
        seen = views(world)
        for name in literal:
            if name.startswith("results") and "op42_full" in reading:
                continue  # it shows how often the people of a group were dialled, which nothing else does
            assert seen[name] == literal[name], (reading, name)
