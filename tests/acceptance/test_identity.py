"""Which live object is which address: moves, imports, lost state, forgotten objects."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.acceptance.campaigns import drive, quiet
from tests.acceptance.conftest import World


def test_renamed_from_is_a_move_and_not_a_new_object(world: World) -> None:
    world.launched(drive())
    manifest = drive()
    for section, old, new in (("groups", "donors", "givers"), ("rsvpCalls", "invite", "call-in")):
        moved = manifest[section].pop(old)
        manifest[section][new] = moved | {"renamedFrom": old}
    manifest["groups"]["givers"]["name"] = "donors"
    manifest["rsvpCalls"]["call-in"]["receivers"] = [{"group": "givers"}]
    world.write(manifest)
    shown = world.plan().out
    assert "rsvpCalls.invite has moved to rsvpCalls.call-in" in shown
    assert "2 to move, 0 to add, 0 to change, 0 to destroy" in shown
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert "2 moved" in ended.out
    assert [one["rsvpCallId"] for one in world.service.get("/rsvp_calls")] == ["1"]
    assert [one["groupId"] for one in world.service.get("/groups")] == ["1"]
    world.holds_the_law()


def test_a_rename_without_renamed_from_is_delete_and_create(world: World) -> None:
    world.launched(quiet())
    manifest = quiet()
    manifest["groups"]["givers"] = manifest["groups"].pop("donors")
    world.write(manifest)
    assert {address: actions for address, (actions, _) in world.changes().items()} == {
        "groups.donors": ["delete"],
        "groups.givers": ["create"],
    }


def test_import_in_a_manifest_takes_a_live_object_and_may_stay(world: World) -> None:
    world.service.send("POST", "/groups", {"name": "theirs", "description": "Old"})
    manifest = quiet()
    manifest["groups"]["theirs"] = {"import": "1", "description": "New"}
    world.write(manifest)
    assert "Plan: 1 to import, 9 to add, 1 to change, 0 to destroy." in world.plan().out
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert "1 imported" in ended.out
    assert world.service.get("/groups")[0]["description"] == "New"
    world.holds_the_law()


def test_import_may_be_per_environment(world: World) -> None:
    world.service.send("POST", "/groups", {"name": "theirs", "description": ""})
    manifest = quiet()
    manifest["groups"]["theirs"] = {"import": {"test": "1", "other": "99"}}
    world.write(manifest)
    assert "# groups.theirs will be imported" in world.plan().out
    assert world.apply().code == 0
    assert world.state_entries()["groups.theirs"] == "1"


def test_an_import_of_another_id_than_the_states_is_an_error(world: World) -> None:
    world.launched(quiet())
    world.service.send("POST", "/groups", {"name": "theirs", "description": ""})
    manifest = quiet()
    manifest["groups"]["donors"]["import"] = "2"
    world.write(manifest)
    assert world.plan().code == 1


def test_an_import_of_what_does_not_exist_is_an_error(world: World) -> None:
    manifest = quiet()
    manifest["groups"]["donors"]["import"] = "77"
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 1
    assert "77" in ended.err


def test_the_import_command_changes_nothing_live(world: World) -> None:
    world.service.send("POST", "/groups", {"name": "donors", "description": "Other"})
    world.write(quiet())
    world.service.forget_requests()
    ended = world.cli("import", "groups.donors", "1", world.folder)
    assert ended.code == 0, ended.said
    assert world.service.requests(writes=True) == []
    assert world.apply().code == 0
    assert len(world.service.get("/groups")) == 1
    world.holds_the_law()


# Lost state


@pytest.fixture(params=["waiting", "calling", "complete"])
def stateless(world: World, request: pytest.FixtureRequest) -> World:
    """A launched campaign whose state was lost."""
    times = {"waiting": "2026-11-30T07:00:00Z", "calling": "2026-12-01T08:05:00Z", "complete": "2026-12-05T06:00:00Z"}
    world.launched(drive())
    world.service.at(times[request.param])
    shutil.rmtree(world.folder / ".mscode")
    world.service.forget_requests()
    return world


def test_lost_state_heals_itself_where_everything_is_as_written(stateless: World) -> None:
    shown = stateless.plan()
    assert shown.code == 0, shown.said
    assert "10 to import, 0 to add, 0 to change, 0 to destroy" in shown.out
    ended = stateless.apply()
    assert ended.code == 0, ended.said
    assert stateless.service.requests(writes=True) == []
    stateless.holds_the_law()


@pytest.mark.parametrize("section", ["groups", "rsvpCalls", "accounts", "voiceFiles"])
def test_lost_state_and_a_difference_is_an_error_that_asks_for_import(world: World, section: str) -> None:
    world.launched(drive())
    shutil.rmtree(world.folder / ".mscode")
    manifest = drive(acceptsWanted=3) if section == "rsvpCalls" else drive()
    other: dict[str, Any] = {
        "groups": {"description": "Other"},
        "rsvpCalls": {},
        "accounts": {"city": "Tampere"},
        "voiceFiles": {"text": "Other"},
    }
    name = next(iter(manifest[section]))
    manifest[section][name] |= other[section]
    world.write(manifest)
    world.service.forget_requests()
    ended = world.launch("--override", "acceptsWanted")
    assert ended.code == 1, ended.said
    assert 'import: "1"' in ended.err
    assert world.service.requests(writes=True) == []


def test_two_live_objects_for_one_name_are_an_error_with_both_ids(world: World) -> None:
    for _ in range(2):
        world.service.send("POST", "/groups", {"name": "donors", "description": "Donors in Helsinki"})
    world.write(quiet())
    ended = world.plan()
    assert ended.code == 1, ended.said
    assert "1" in ended.err and "2" in ended.err and "import" in ended.err


def test_a_campaign_of_another_project_is_no_candidate(world: World) -> None:
    world.launched(drive())
    campaign = world.service.campaign()
    marker = campaign["meta"]["mscode"].replace("drive/test", "other/test")
    world.service.put_campaign(campaign, meta={**campaign["meta"], "mscode": marker})
    shutil.rmtree(world.folder / ".mscode")
    assert world.changes()["rsvpCalls.invite"] == (["create"], ["dials"])


def test_an_object_with_our_marker_that_nobody_wants_is_never_touched(world: World) -> None:
    world.launched(drive())
    shutil.rmtree(world.folder / ".mscode")
    world.write(quiet())
    before = world.service.campaign()
    assert world.apply().code == 0
    assert world.service.campaign() == before


def test_a_state_of_another_url_stops_the_run(world: World) -> None:
    world.launched(quiet())
    state = world.folder / ".mscode" / "test"
    for file in state.rglob("*.json"):
        file.write_text(file.read_text().replace(world.service.url, "http://127.0.0.1:9/v1"))
    sent = world.service.requests(writes=True)
    ended = world.plan()
    assert ended.code == 1, ended.said
    assert world.service.requests(writes=True) == sent


# Forgetting


def test_a_forgotten_object_does_not_come_back_by_its_name(world: World) -> None:
    world.launched(quiet())
    assert world.cli("forget", "groups.donors", world.folder).code == 0
    ended = world.plan()
    assert ended.code == 1, ended.said
    assert "1" in ended.err and "import:" in ended.err and "--replace" in ended.err


def test_a_forgotten_object_comes_back_with_import(world: World) -> None:
    world.launched(quiet())
    assert world.cli("forget", "groups.donors", world.folder).code == 0
    manifest = quiet()
    manifest["groups"]["donors"]["import"] = "1"
    world.write(manifest)
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert len(world.service.get("/groups")) == 1
    world.holds_the_law()


def test_a_forgotten_campaign_is_left_alone_when_its_manifest_goes_too(world: World) -> None:
    world.launched(drive())
    assert world.cli("forget", "rsvpCalls.invite", world.folder).code == 0
    world.write(quiet())
    world.holds_the_law()
    assert world.service.campaign()["state"] == "waitingToActive"


def test_forgetting_what_is_not_managed_is_an_error(world: World) -> None:
    world.launched(quiet())
    assert world.cli("forget", "groups.nobody", world.folder).code == 1


# What the state knows is gone, and somebody made one like it


def _made_anew(world: World, path: str, address: str, names: tuple[str, ...]) -> None:
    one = world.service.get(f"{path}/{world.state_entries()[address]}")
    world.service.send("DELETE", f"{path}/{next(iter(one.values()))}")
    world.service.send("POST", path, {name: one[name] for name in names})


def test_an_account_that_was_deleted_and_made_again_by_somebody_is_adopted(world: World) -> None:
    world.launched(quiet())
    _made_anew(world, "/accounts", "accounts.lauri", ("firstName", "phone", "city", "yearOfBirth"))
    plan = world.plan()
    assert plan.code == 0 and "# accounts.lauri will be imported" in plan.out, plan.said
    assert world.apply().code == 0
    world.holds_the_law()
    assert world.state_entries()["accounts.lauri"] == "7"


def test_a_group_that_was_made_again_and_differs_asks_which_one_is_meant(world: World) -> None:
    world.launched(quiet())
    _made_anew(world, "/groups", "groups.donors", ("name", "description"))
    for ended in (world.plan(), world.apply()):
        assert ended.code == 1, ended.said
        assert "groups.donors exists already in the live account (id 2) and differs" in ended.err
        assert 'Write `import: "2"`' in ended.err
    manifest = quiet()
    manifest["groups"]["donors"]["import"] = "2"
    world.write(manifest)
    assert world.apply().code == 0
    world.holds_the_law()


def test_a_replacement_beside_another_of_its_name_is_refused_before_anything_is_sent(world: World) -> None:
    world.launched(quiet())
    world.service.send("POST", "/voice_files/text_to_speech", {"name": "greeting", "text": "x", "voiceCode": "en"})
    manifest = quiet()
    manifest["voiceFiles"]["greeting"]["text"] = "Other words"
    world.write(manifest)
    world.service.forget_requests()
    for ended in (world.plan(), world.apply()):
        assert ended.code == 1
        assert "voiceFiles.greeting cannot be replaced: the live account holds another one like it (id 2)" in ended.err
    assert world.service.requests(writes=True) == []
    world.service.send("DELETE", "/voice_files/2")
    assert world.apply().code == 0
    world.holds_the_law()
