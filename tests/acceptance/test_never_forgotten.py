"""What has called people is never forgotten, however it gets lost: by deleting, renaming, copying, importing, or by a state or
an environment that does not know it. One test for each way, for each kind that reaches people."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest

from tests.acceptance.campaigns import AFTER, Manifest, drive
from tests.acceptance.conftest import World
from tests.acceptance.test_sending import PATHS, project

PATH_OF = {"rsvpCalls": "/rsvp_calls", **PATHS}
every = pytest.mark.parametrize("section", sorted(PATH_OF))
ringing = pytest.mark.parametrize("section", ["rsvpCalls", "clickToCalls"])
#: While it calls, and while the forecast in another time zone's window says that nothing has rung yet.
CALLING = "2026-12-01T08:05:00Z"


def one_of(section: str) -> Manifest:
    """A project with one object of a section."""
    return drive() if section == "rsvpCalls" else project(section)


def address_of(section: str) -> str:
    return f"{section}.{next(iter(one_of(section)[section]))}"


def renamed(manifest: Manifest, section: str, name: str = "renamed", **more: str) -> Manifest:
    manifest = deepcopy(manifest)
    (fields,) = manifest[section].values()
    manifest[section] = {name: {**fields, **more}}
    return manifest


def without(manifest: Manifest, section: str) -> Manifest:
    return {name: value for name, value in manifest.items() if name != section}


def delete(world: World, section: str) -> None:
    world.service.send("DELETE", f"{PATH_OF[section]}/1")


def reaches_nobody_again(world: World, section: str, *, code: int, says: str) -> None:
    """Another apply, with every yes there is, sends nothing."""
    rung, there = world.service.rings(), world.service.get(PATH_OF[section])
    world.service.forget_requests()
    for ended in (world.plan(), world.launch()):
        assert ended.code == code, ended.said
        assert says in ended.said
    assert world.service.requests(writes=True) == []
    assert world.service.rings() == rung
    assert [one["createdAt"] for one in world.service.get(PATH_OF[section])] == [one["createdAt"] for one in there]


def in_another_zone(world: World) -> None:
    """mscode takes the service's windows to open eight hours later than they do: its forecasts are wrong."""
    config = json.loads((world.folder / "mscode.yaml").read_text())
    config["environments"]["test"]["windowZone"] = "America/Los_Angeles"
    (world.folder / "mscode.yaml").write_text(json.dumps(config))


# ---- deleted by a person ---------------------------------------------------------------------------------------------


@every
def test_what_was_launched_and_deleted_before_its_time_stays_deleted(world: World, section: str) -> None:
    world.launched(one_of(section))
    delete(world, section)
    reaches_nobody_again(world, section, code=0, says="it is not made again")
    assert world.launch("--replace", address_of(section)).code == 0
    assert len(world.service.get(PATH_OF[section])) == 1
    world.holds_the_law()


@ringing  # messages that have gone out cannot be deleted
def test_what_has_reached_people_and_was_deleted_stays_deleted(world: World, section: str) -> None:
    world.launched(one_of(section))
    world.service.at(CALLING)
    assert world.service.rings()
    delete(world, section)
    reaches_nobody_again(world, section, code=0, says="it is not made again")


@ringing
def test_calls_that_the_forecast_had_for_later_are_remembered_by_the_apply_that_read_them(
    world: World, section: str
) -> None:
    in_another_zone(world)
    world.launched(one_of(section))
    world.service.at(CALLING)
    assert world.apply().code == 0
    rung = len(world.service.rings())
    assert rung
    entry = json.loads((world.folder / ".mscode/test/state.json").read_text())["resources"]
    assert [one["dialled"] for one in entry if one["address"] == address_of(section)] == [rung]
    delete(world, section)
    reaches_nobody_again(world, section, code=0, says="it is not made again")


@ringing
@pytest.mark.parametrize("command", [("apply", "--refresh-only", "--auto-approve"), ("apply", "--auto-approve")])
def test_a_refused_or_empty_apply_writes_down_what_it_read(
    world: World, section: str, command: tuple[str, ...]
) -> None:
    world.launched(one_of(section))
    world.write_project(guards={"maxPeople": 0})
    world.service.at(CALLING)
    world.cli(command[0], world.folder, *command[1:])
    entries = json.loads((world.folder / ".mscode/test/state.json").read_text())["resources"]
    assert max(one["dialled"] for one in entries) == len(world.service.rings()) > 0


def test_a_start_that_a_person_brought_forward_is_seen(world: World) -> None:
    world.launched(drive(startTime="2026-12-03T08:00:00Z"))
    world.service.put_campaign(world.service.campaign(), startTime="2026-12-01 08:00:00")
    world.service.at(CALLING)
    assert world.service.rings()
    delete(world, "rsvpCalls")
    reaches_nobody_again(
        world, "rsvpCalls", code=0, says="was deleted after it had been launched; it is not made again"
    )


def test_what_a_person_started_and_an_apply_saw_under_way_is_not_made_anew(world: World) -> None:
    world.write(drive())
    assert world.apply("--no-launch").code == 0
    world.service.put_campaign(world.service.campaign(), state="active", startTime="2026-12-01 08:00:00")
    world.service.at(CALLING)
    assert world.apply("--no-launch").code == 0
    delete(world, "rsvpCalls")
    reaches_nobody_again(world, "rsvpCalls", code=0, says="it is not made again")


def test_what_the_brake_held_before_its_launch_and_a_person_then_deleted_is_not_launched(world: World) -> None:
    world.write(drive())
    assert world.apply("--no-launch").code == 0
    assert world.cli("halt", "--all", "--dir", world.folder).code == 0
    assert world.apply("--no-launch").code == 0
    delete(world, "rsvpCalls")
    reaches_nobody_again(world, "rsvpCalls", code=0, says="it is not made again")


@every
def test_refresh_only_does_not_forget_what_was_launched(world: World, section: str) -> None:
    world.launched(one_of(section))
    delete(world, section)
    ended = world.cli("apply", world.folder, "--refresh-only", "--auto-approve")
    assert ended.code == 0, ended.said
    assert address_of(section) in world.state_entries()
    reaches_nobody_again(world, section, code=0, says="it is not made again")


# ---- forgotten, and back ---------------------------------------------------------------------------------------------


@every
@pytest.mark.parametrize("gone_first", [True, False])
def test_a_manifest_that_comes_back_does_not_make_anew_what_was_launched_and_is_gone(
    world: World, section: str, gone_first: bool
) -> None:
    manifest = one_of(section)
    world.launched(manifest)
    if section in ("rsvpCalls", "clickToCalls"):  # messages that have gone out cannot be deleted
        world.service.at(CALLING)
    if gone_first:
        delete(world, section)
    assert world.cli("forget", address_of(section), world.folder).code == 0
    if not gone_first:
        delete(world, section)
    world.write(without(manifest, section))
    assert world.apply().code == 0
    world.write(manifest)
    reaches_nobody_again(world, section, code=1, says="was forgotten after it had been launched")
    world.write(renamed(manifest, section, renamedFrom=address_of(section).split(".")[1]))
    reaches_nobody_again(world, section, code=1, says="was forgotten after it had been launched")


@ringing
def test_what_called_people_and_was_destroyed_is_not_made_anew_by_the_next_apply(world: World, section: str) -> None:
    world.launched(one_of(section))
    world.service.at(CALLING)
    assert world.service.rings()
    assert world.destroy("--allow-deletes", "20").code == 0
    reaches_nobody_again(world, section, code=1, says=f"plan with --replace {address_of(section)}")


def test_a_click_to_call_that_called_and_left_the_manifests_does_not_call_again_when_it_is_back(world: World) -> None:
    manifest = project("clickToCalls")
    world.launched(manifest)
    world.service.at(CALLING)
    assert world.service.rings()
    world.write(without(manifest, "clickToCalls"))
    assert world.apply().code == 0
    world.write(manifest)
    reaches_nobody_again(world, "clickToCalls", code=1, says="--replace clickToCalls.desk")


# ---- renamed, and the state lost -------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["renamedFrom", "state mv"])
@pytest.mark.parametrize("stands", ["waiting", "halted", "calling", "complete"])
@every
def test_a_rename_and_then_a_lost_state_call_nobody_twice(world: World, section: str, stands: str, how: str) -> None:
    if stands == "halted" and section != "rsvpCalls":
        pytest.skip("only RSVP calls can be halted")
    manifest, old = one_of(section), address_of(section)
    world.launched(manifest)
    if how == "state mv":
        assert world.cli("state", "mv", old, f"{section}.renamed", world.folder).code == 0
    else:
        world.write(renamed(manifest, section, renamedFrom=old.split(".")[1]))
        assert world.apply().code == 0
    world.write(renamed(manifest, section))
    assert world.apply().code == 0
    if stands == "halted":
        world.service.halt_as_a_person()
    elif stands != "waiting":
        world.service.at(CALLING if stands == "calling" else AFTER)
    world.lose_state()
    rung = world.service.rings()
    later = renamed(manifest, section)
    if stands == "complete" and section in ("rsvpCalls", "clickToCalls"):
        later[section]["renamed"]["endTime" if section == "rsvpCalls" else "expiresAt"] = "2026-12-30T17:00:00Z"
        if section == "rsvpCalls":
            later[section]["renamed"]["startTime"] = "2026-12-28T08:00:00Z"
    world.write(later)
    ended = world.launch()
    assert world.service.rings() == rung
    assert len(world.service.get(PATH_OF[section])) == 1
    if section in ("rsvpCalls", "clickToCalls"):
        assert ended.code == 5, ended.said
        assert f"whom {old} was to call already" in ended.out
        assert "renamedFrom" in ended.out
    else:
        assert ended.code == 0, ended.said


# ---- copied, imported ------------------------------------------------------------------------------------------------


def copy_before_the_launch(world: World) -> None:
    """The web interface copies a campaign with all it has, the mark among it."""
    campaign = world.service.campaign()
    body = {key: value for key, value in campaign.items() if key not in ("rsvpCallId", "stats", "state")}
    rows = [{"groupId": row["groupId"]} for row in campaign["receivers"]]
    world.service.send("POST", "/rsvp_calls", {**body, "state": "halt", "receivers": rows})


@pytest.mark.parametrize("imports", ["no", "manifest", "forgotten, manifest", "forgotten, command"])
def test_a_copy_of_what_called_people_and_is_gone_is_not_launched_in_its_place(world: World, imports: str) -> None:
    world.write(drive())
    assert world.apply("--no-launch").code == 0
    copy_before_the_launch(world)
    copied = world.service.campaign(1)
    world.service.send("DELETE", "/rsvp_calls/2")
    assert world.launch().code == 0
    world.service.at(CALLING)
    assert world.apply().code == 0
    rung = world.service.rings()
    assert rung
    delete(world, "rsvpCalls")
    body = {key: value for key, value in copied.items() if key not in ("rsvpCallId", "stats", "state")}
    rows = [{"groupId": row["groupId"]} for row in copied["receivers"]]
    times = {"startTime": "2026-12-01 09:00:00"}
    world.service.send("POST", "/rsvp_calls", {**body, **times, "state": "halt", "receivers": rows})
    manifest = drive(startTime="2026-12-01T08:00:00Z")
    copy = world.service.campaign()["rsvpCallId"]
    if imports.endswith("manifest"):
        manifest["rsvpCalls"]["invite"]["import"] = copy
    world.write(manifest)
    if imports.startswith("forgotten"):
        assert world.cli("forget", "rsvpCalls.invite", world.folder).code == 0
    if imports.endswith("command"):
        assert world.cli("import", "rsvpCalls.invite", copy, world.folder).code == 0
    world.launch()
    world.launch()
    assert {one["state"] for one in world.service.get("/rsvp_calls")} == {"halt"}
    assert world.service.rings() == rung


@every
def test_what_was_imported_by_the_command_and_deleted_stays_deleted(world: World, section: str) -> None:
    world.launched(one_of(section))
    address = address_of(section)
    assert world.cli("forget", address, world.folder).code == 0
    assert world.cli("import", address, "1", world.folder).code == 0
    delete(world, section)
    reaches_nobody_again(world, section, code=0, says="it is not made again")


# ---- another name ----------------------------------------------------------------------------------------------------


@ringing
@pytest.mark.parametrize("stands", ["waiting", "calling"])
def test_another_key_without_renamed_from_is_refused_by_a_guard(world: World, section: str, stands: str) -> None:
    manifest, old = one_of(section), address_of(section)
    world.launched(manifest)
    world.service.at("2026-11-30T07:00:00Z" if stands == "waiting" else CALLING)
    rung = world.service.rings()
    other = renamed(manifest, section)
    if section == "rsvpCalls":
        other[section]["renamed"]["startTime"] = None
    world.write(other)
    people = "4 people" if section == "rsvpCalls" else "2 people"
    reaches_nobody_again(
        world, section, code=5, says=f"{section}.renamed would call {people} whom {old} was to call already"
    )
    (check,) = world.checks("calledAlready")
    assert check["status"] == "fail"
    assert check["addresses"] == [f"{section}.renamed", old]
    assert world.service.rings() == rung
    ended = world.plan("--override", "calledAlready")
    assert ended.code == 0 and "calledAlready was overridden" in ended.out, ended.said
    world.write(renamed(manifest, section, renamedFrom=old.split(".")[1]))
    assert world.launch().code == 0
    assert len(world.service.get(PATH_OF[section])) == 1
    assert world.service.rings() == rung
    world.holds_the_law()


@pytest.mark.parametrize("new", ["clickToCalls", "calls"])
def test_another_kind_that_calls_the_same_people_is_refused_too(world: World, new: str) -> None:
    world.launched(drive())
    other = project(new)
    other["accounts"] = drive()["accounts"]
    other["groups"], other["filters"] = drive()["groups"], drive()["filters"]
    world.write(other)
    ended = world.launch()
    assert ended.code == 5, ended.said
    assert "whom rsvpCalls.invite was to call already" in ended.out
    assert world.service.get(PATH_OF[new]) == []


def test_a_message_to_those_who_were_called_is_no_second_call(world: World) -> None:
    world.launched(drive())
    other = project("smses")
    other["accounts"] = drive()["accounts"]
    other["groups"], other["filters"] = drive()["groups"], drive()["filters"]
    world.write(other)
    ended = world.launch()
    assert ended.code == 0, ended.said


@pytest.mark.parametrize("section", ["calls", "smses", "emails"])
def test_another_key_of_a_message_asks_for_renamed_from(world: World, section: str) -> None:
    world.launched(project(section))
    world.write(renamed(project(section), section))
    reaches_nobody_again(world, section, code=1, says="renamedFrom")


@ringing
def test_another_key_and_a_deletion_together_are_refused_by_the_receivers_that_the_state_remembers(
    world: World, section: str
) -> None:
    manifest = one_of(section)
    world.launched(manifest)
    delete(world, section)
    world.write(renamed(manifest, section))
    reaches_nobody_again(world, section, code=5, says="and is gone from the live account")


@ringing
@pytest.mark.parametrize("way", ["another order", "one more", "one less"])
def test_another_key_with_other_receivers_and_a_deletion_are_refused_by_number(
    world: World, section: str, way: str
) -> None:
    """The object is gone, and a hash of all its receivers tells nothing of a list that differs in one of them."""
    manifest = one_of(section)
    receivers = [{"phone": f"+35840555010{n}"} for n in range(3)]
    (old,) = manifest[section].values()
    old["receivers"] = receivers
    if "acceptsWanted" in old:
        old["acceptsWanted"] = 1
    world.launched(manifest)
    delete(world, section)
    new = renamed(manifest, section)
    (fields,) = new[section].values()
    more = {"phone": "+358405550109"}
    fields["receivers"] = {
        "another order": receivers[::-1],
        "one more": [*receivers, more],
        "one less": receivers[1:],
    }[way]
    world.write(new)
    reaches_nobody_again(world, section, code=5, says="and is gone from the live account")
    fields["receivers"] = [more]
    world.write(new)
    assert world.plan().code == 0


def test_who_was_in_the_group_counts_by_number_and_not_by_group(world: World) -> None:
    world.launched(drive())
    manifest = renamed(drive(), "rsvpCalls")
    manifest["rsvpCalls"]["renamed"]["receivers"] = [{"phone": "+358405550100"}, {"account": "lauri"}]
    manifest["rsvpCalls"]["renamed"]["acceptsWanted"] = 1
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert "rsvpCalls.renamed would call 1 person whom rsvpCalls.invite" in ended.out
    manifest["rsvpCalls"]["renamed"]["receivers"] = [{"account": "lauri"}]
    world.write(manifest)
    assert world.plan().code == 0


def test_a_new_campaign_beside_the_old_one_is_nobodys_mistake(world: World) -> None:
    world.launched(drive())
    manifest = drive()
    manifest["rsvpCalls"]["second"] = deepcopy(manifest["rsvpCalls"]["invite"])
    world.write(manifest)
    assert world.launch().code == 0
    world.service.at(AFTER)
    manifest["rsvpCalls"] = {}
    world.write(manifest)
    assert world.apply().code == 0
    spring = {"startTime": "2026-12-07T08:00:00Z", "endTime": "2026-12-11T17:00:00Z"}
    manifest["rsvpCalls"] = {"spring": drive(**spring)["rsvpCalls"]["invite"]}
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 0, ended.said


# ---- another environment of the same account -------------------------------------------------------------------------


def elsewhere(world: World, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """The same account under an environment of another name."""
    if how == "MSCODE_URL":
        monkeypatch.setenv("MSCODE_URL", world.service.url)
        monkeypatch.setenv("MSCODE_TOKEN", world.service.token)
        return
    config = json.loads((world.folder / "mscode.yaml").read_text())
    config["environments"] = {"live": config["environments"]["test"]}
    config["defaultEnvironment"] = "live"
    (world.folder / "mscode.yaml").write_text(json.dumps(config))


@pytest.mark.parametrize("how", ["MSCODE_URL", "renamed"])
@pytest.mark.parametrize("stands", ["waiting", "calling"])
@every
def test_an_environment_of_another_name_calls_nobody_again(
    world: World, monkeypatch: pytest.MonkeyPatch, section: str, stands: str, how: str
) -> None:
    manifest = one_of(section)
    world.launched(manifest)
    if stands == "calling":
        world.service.at(CALLING)
    rung = world.service.rings()
    elsewhere(world, monkeypatch, how)
    world.service.forget_requests()
    if section not in ("rsvpCalls", "clickToCalls"):  # known by its content, in any environment
        ended = world.launch()
        assert ended.code == 0, ended.said
        assert world.service.rings() == rung and len(world.service.get(PATH_OF[section])) == 1
        return
    address = address_of(section)
    reaches_nobody_again(world, section, code=5, says=f"whom {address} was to call already")
    ended = world.plan()
    assert f"{address} of environment test is in this account too (id 1, " in ended.out
    notes = world.plan("--json").json["notes"]
    assert [one["address"] for one in notes if one["kind"] == "other-environment"] == [address]
    assert world.service.rings() == rung


def test_an_old_state_that_knows_no_dials_still_loads(world: World) -> None:
    world.launched(drive())
    path = world.folder / ".mscode" / "test" / "state.json"
    state = json.loads(path.read_text())
    for one in state["resources"]:
        del one["dialled"]
    path.write_text(json.dumps(state))
    for left in (world.folder / ".mscode" / "test").glob("journal*"):
        left.unlink()
    world.holds_the_law()


@ringing
@pytest.mark.parametrize("option", ["--only", "--exclude"])
def test_a_selection_does_not_hide_what_has_left_the_manifests(world: World, section: str, option: str) -> None:
    manifest, old = one_of(section), address_of(section)
    world.launched(manifest)
    world.write(renamed(manifest, section))
    chosen = f"{section}.renamed" if option == "--only" else old
    ended = world.launch(option, chosen)
    assert ended.code == 5, ended.said
    assert f"whom {old} was to call already" in ended.out
    assert len(world.service.get(PATH_OF[section])) == 1


@pytest.mark.parametrize("halted", [False, True])
def test_a_group_that_gets_another_key_with_its_campaign_hides_nobody(world: World, halted: bool) -> None:
    world.launched(drive())
    if halted:
        world.service.halt_as_a_person()
    manifest = renamed(drive(), "rsvpCalls")
    manifest["groups"] = {"people": manifest["groups"]["donors"]}
    manifest["rsvpCalls"]["renamed"]["receivers"] = [{"group": "people"}]
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 5, ended.said
    assert "rsvpCalls.renamed would call 4 people whom rsvpCalls.invite was to call already" in ended.out


def test_a_project_of_another_name_is_not_told_to_take_another_environment(world: World) -> None:
    world.launched(drive())
    world.write_project(project="walk")
    ended = world.launch()
    assert ended.code == 1, ended.said
    assert "Put the old project back" in ended.err


# ---- forgotten, and gone ---------------------------------------------------------------------------------------------


def _left_by_its_manifest(world: World, section: str) -> None:
    delete(world, section)
    world.write(without(one_of(section), section))
    assert world.apply().code == 0


def _forgotten_first(world: World, section: str) -> None:
    assert world.cli("forget", address_of(section), world.folder).code == 0
    delete(world, section)


def _destroyed(world: World, section: str) -> None:
    assert world.destroy("--only", address_of(section)).code == 0


def _managed_again_between(world: World, section: str) -> None:
    assert world.cli("forget", address_of(section), world.folder).code == 0
    assert world.cli("import", address_of(section), "1", world.folder).code == 0
    assert world.launch().code == 0
    _left_by_its_manifest(world, section)


WAYS = {
    "deleted by a person": _left_by_its_manifest,
    "forgotten first": _forgotten_first,
    "destroyed": _destroyed,
    "managed again between": _managed_again_between,
}


@ringing
@pytest.mark.parametrize("way", WAYS)
def test_what_called_people_and_was_forgotten_is_not_called_by_another_key(
    world: World, section: str, way: str
) -> None:
    world.launched(one_of(section))
    world.service.at(CALLING)
    assert world.launch().code == 0
    assert world.service.rings()
    WAYS[way](world, section)
    assert world.service.get(PATH_OF[section]) == []
    world.write(renamed(one_of(section), section))
    reaches_nobody_again(world, section, code=5, says="calledAlready")
    assert world.launch("--override", "calledAlready").code == 0


def test_next_seasons_campaign_may_call_them(world: World) -> None:
    world.launched(drive())
    world.service.at(CALLING)
    assert world.launch().code == 0
    _left_by_its_manifest(world, "rsvpCalls")
    world.service.at(AFTER)
    later = drive(startTime="2026-12-08T08:00:00Z", endTime="2026-12-11T17:00:00Z")
    world.write(renamed(later, "rsvpCalls"))
    ended = world.launch()
    assert ended.code == 0, ended.said


@pytest.mark.parametrize("way", ["deleted by a person", "forgotten first"])
def test_what_somebody_else_started_and_was_imported_has_called_people_too(world: World, way: str) -> None:
    world.launched(drive())
    world.service.at(CALLING)
    world.lose_state()
    assert world.launch().code == 0
    WAYS[way](world, "rsvpCalls")
    world.write(renamed(drive(receivers=[{"group": "donors"}, {"phone": "+358405550177"}]), "rsvpCalls"))
    reaches_nobody_again(world, "rsvpCalls", code=5, says="calledAlready")
