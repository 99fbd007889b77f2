"""The approved plan is the applied plan: `plan --out`, `apply FILE`, and everything that must be refused between them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mscode.app.plan_file import without_people
from tests.acceptance.campaigns import PHONES, drive, quiet
from tests.acceptance.conftest import Ended, World

#: Unmanaged people, in a group that nothing manages.
NUMBERS = [f"+3584055502{at:02}" for at in range(12)]


@pytest.fixture
def file(world: World) -> Path:
    return world.folder / "plan.json"


def _plan(world: World, file: Path, *options: str) -> Ended:
    ended = world.plan("--out", str(file), *options)
    assert ended.code == 0, ended.said
    return ended


def _apply(world: World, file: Path, *options: str) -> Ended:
    return world.cli("apply", file, *options)


def _refused(world: World, file: Path, *words: str) -> Ended:
    """Exit 3, every word said, nothing sent that changes anything."""
    world.service.forget_requests()
    ended = _apply(world, file, "--allow-launch")
    assert ended.code == 3, ended.said
    assert world.service.requests(writes=True) == []
    for word in words:
        assert word in ended.err, ended.err
    return ended


def _edit(file: Path, change: Callable[[Any], object]) -> None:
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))


# ---- what is approved is applied -------------------------------------------------------------------------------------


def test_a_saved_plan_is_applied_without_a_first_question(world: World, file: Path) -> None:
    world.write(drive())
    _plan(world, file)
    ended = _apply(world, file, "--allow-launch")
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == "waitingToActive"
    world.holds_the_law()


def test_a_saved_plan_holds_its_launch_without_a_yes_of_its_own(world: World, file: Path) -> None:
    world.write(drive())
    _plan(world, file)
    ended = _apply(world, file)
    assert ended.code == 5, ended.said
    assert world.service.campaign()["state"] == "halt"
    assert _apply(world, file, "--allow-launch").code == 3  # it was applied once; the state has moved on


def test_a_saved_plan_holds_its_launch_on_purpose(world: World, file: Path) -> None:
    world.write(drive())
    _plan(world, file)
    assert _apply(world, file, "--no-launch").code == 0


def test_a_saved_plan_without_changes_is_applied(world: World, file: Path) -> None:
    world.launched(drive())
    _plan(world, file)
    ended = _apply(world, file)
    assert ended.code == 0 and "No changes." in ended.out


def test_a_plan_is_applied_on_another_machine(world: World, file: Path, tmp_path: Path) -> None:
    """Another folder, with what a shared state holds; nothing in the file says where it was made."""
    world.launched(quiet())
    world.write(drive())
    _plan(world, file)
    assert str(tmp_path) not in file.read_text()
    there = tmp_path / "elsewhere" / "checkout"
    shutil.copytree(world.folder, there)
    shutil.rmtree(world.folder)
    ended = world.cli("apply", there / "plan.json", "--allow-launch")
    assert ended.code == 0, ended.said


def test_the_current_folder_is_the_project_of_a_plan_that_lies_elsewhere(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "artifacts" / "deep" / "plan.json"
    file.parent.mkdir(parents=True)
    world.write(quiet())
    _plan(world, file)
    ended = _apply(world, file)
    assert ended.code == 1 and "no project" in ended.err
    monkeypatch.chdir(world.folder)
    assert _apply(world, file).code == 0


def test_a_plan_is_applied_from_where_it_was_saved_beside_the_project(world: World, tmp_path: Path) -> None:
    world.write(quiet())
    _plan(world, tmp_path / "plan.json")
    assert _apply(world, tmp_path / "plan.json").code == 0


def test_apply_replans_with_the_options_of_the_plan(world: World, file: Path) -> None:
    world.launched(drive())
    world.service.halt_as_a_person()
    _plan(world, file, "--resume", "rsvpCalls.invite")
    ended = _apply(world, file, "--allow-launch")
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == "waitingToActive"


def test_a_plan_to_destroy_destroys(world: World, file: Path) -> None:
    world.launched(quiet())
    _plan(world, file, "--destroy")
    ended = _apply(world, file)
    assert ended.code == 0, ended.said
    assert world.service.get("/groups") == []


def test_planning_options_belong_to_the_saved_plan(world: World, file: Path) -> None:
    world.write(quiet())
    _plan(world, file)
    assert _apply(world, file, "--replace", "groups.donors").code == 64


def test_the_json_of_a_saved_plan_is_that_of_plan_json_and_more(world: World, file: Path) -> None:
    world.write(drive())
    printed = json.loads(_plan(world, file, "--json").out)
    saved = json.loads(file.read_text())
    assert {key: saved[key] for key in printed} == without_people(printed)
    assert set(saved) - set(printed) == {"saved"}


def test_apply_json_of_a_saved_plan_is_a_stream(world: World, file: Path) -> None:
    world.write(quiet())
    _plan(world, file)
    ended = _apply(world, file, "--json")
    assert ended.code == 0
    assert ended.events[0]["type"] == "version"
    refused = _apply(world, file, "--json")
    assert refused.code == 3
    assert refused.events[-1]["type"] == "diagnostic"


# ---- what has changed is refused -------------------------------------------------------------------------------------


def test_a_changed_manifest_is_refused_and_named(world: World, file: Path) -> None:
    world.write(drive())
    _plan(world, file)
    world.write(drive(acceptsWanted=3))
    _refused(world, file, "all.yaml has changed")


def test_a_comment_in_a_manifest_is_a_change(world: World, file: Path) -> None:
    world.write(quiet())
    _plan(world, file)
    with (world.folder / "all.yaml").open("a") as manifest:
        manifest.write("\n# reviewed\n")
    _refused(world, file, "all.yaml has changed")


def test_a_manifest_that_is_broken_since_is_refused_as_changed(world: World, file: Path) -> None:
    world.write(quiet())
    _plan(world, file)
    (world.folder / "all.yaml").write_text("apiVersion: [")
    _refused(world, file, "all.yaml has changed")


def test_a_new_and_a_removed_manifest_are_refused_and_named(world: World, file: Path) -> None:
    world.write(quiet())
    world.write({"apiVersion": "mscode/v1", "groups": {"more": {"description": "More"}}}, "more.yaml")
    _plan(world, file)
    (world.folder / "more.yaml").rename(world.folder / "other.yaml")
    _refused(world, file, "more.yaml is gone")
    world.write({"apiVersion": "mscode/v1", "groups": {"more": {"description": "More"}}}, "more.yaml")
    (world.folder / "other.yaml").write_text('{"apiVersion": "mscode/v1"}')
    _plan(world, file)
    (world.folder / "another.yaml").write_text('{"apiVersion": "mscode/v1"}')
    _refused(world, file, "another.yaml is new")


def test_a_changed_file_that_a_manifest_names_is_refused(world: World, file: Path) -> None:
    manifest = quiet()
    manifest["voiceFiles"]["greeting"]["text"] = {"file": "words.txt"}
    (world.folder / "words.txt").write_text("Hello")
    world.write(manifest)
    _plan(world, file)
    (world.folder / "words.txt").write_text("Good day")
    _refused(world, file, "words.txt has changed")


def test_changed_settings_of_the_project_are_refused(world: World, file: Path) -> None:
    world.write(quiet())
    _plan(world, file)
    world.write_project(guards={"maxPeople": 7})
    _refused(world, file, "mscode.yaml has changed")


def test_another_environment_is_refused(world: World, file: Path) -> None:
    one = {"url": world.service.url, "token": {"env": "ACCEPTANCE_TOKEN"}}
    world.write_project(environments={"test": one, "other": one})
    world.write(quiet())
    _plan(world, file)
    ended = world.cli("--env", "other", "apply", file)
    assert ended.code == 3 and "environment test" in ended.err
    _edit(file, lambda data: data.update(environment="other"))
    _refused(world, file)


def test_another_url_is_refused(world: World, file: Path) -> None:
    world.write(quiet())
    _plan(world, file)
    elsewhere = {"url": world.service.url + "x", "token": {"env": "ACCEPTANCE_TOKEN"}}
    world.write_project(environments={"test": elsewhere})
    _refused(world, file, "environment test is")


def test_the_environment_of_the_plan_is_the_one_that_is_applied(world: World, file: Path) -> None:
    one = {"url": world.service.url, "token": {"env": "ACCEPTANCE_TOKEN"}}
    world.write_project(environments={"test": {"url": "sandbox:"}, "other": one})
    world.write(quiet())
    _plan(world, file, "--env", "other")
    assert _apply(world, file).code == 0
    assert world.service.get("/groups")


def test_another_version_of_mscode_is_refused(world: World, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(quiet())
    _plan(world, file)
    monkeypatch.setattr("mscode.app.saved_plan.__version__", "99.0")
    _refused(world, file, "this is 99.0")


def test_another_time_zone_database_is_refused(world: World, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(quiet())
    _plan(world, file)
    monkeypatch.setattr("mscode.app.plan_inputs.tz_version", lambda: "2099z")
    _refused(world, file, "time zone database")


def test_a_state_that_has_moved_on_is_refused_with_what_differs(world: World, file: Path) -> None:
    world.write(quiet())
    _plan(world, file)
    assert world.apply().code == 0
    _refused(world, file, "The state has moved on", "serial 0 when planned", "groups.donors")


def test_a_lost_state_is_refused(world: World, file: Path) -> None:
    world.launched(quiet())
    world.write(drive())
    _plan(world, file)
    shutil.rmtree(world.folder / ".mscode")
    _refused(world, file, "made with a state")


def test_another_token_is_refused_while_there_is_no_state(
    world: World, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write(quiet())
    _plan(world, file)
    monkeypatch.setenv("ACCEPTANCE_TOKEN", "another-token")
    _refused(world, file, "made with another token")


def test_a_changed_live_object_is_refused_and_named(world: World, file: Path) -> None:
    world.launched(quiet())
    manifest = quiet()
    manifest["groups"]["donors"]["description"] = "Donors in the capital region"
    world.write(manifest)
    _plan(world, file)
    group = world.service.get("/groups")[0]
    world.service.send("PUT", f"/groups/{group['groupId']}", {"name": group["name"], "description": "Mine"})
    _refused(world, file, "groups.donors would be changed in another way")


def test_a_field_that_no_manifest_sets_belongs_to_the_object_too(world: World, file: Path) -> None:
    world.launched(drive())
    world.write(drive(acceptsWanted=3))
    _plan(world, file)
    world.service.put_campaign(world.service.campaign(), stateWebhookUrl="https://hooks.example.com/new")
    _refused(world, file, "rsvpCalls.invite would be changed in another way")


def test_an_object_that_is_gone_is_refused_and_named(world: World, file: Path) -> None:
    world.launched(quiet())
    world.write(drive())
    _plan(world, file)
    group = world.service.get("/groups")[0]
    world.service.send("DELETE", f"/groups/{group['groupId']}")
    _refused(world, file, "groups.donors was not to be changed")


def test_a_planning_that_fails_is_an_error_of_its_own(world: World, file: Path) -> None:
    """Exit 1: what the service holds cannot be brought together with the manifests, so there is nothing to compare."""
    world.write(quiet())
    _plan(world, file)
    world.service.send("POST", "/groups", {"name": "donors", "description": "Somebody else's"})
    ended = _apply(world, file)
    assert ended.code == 1, ended.said
    assert "exists already in the live account" in ended.err


def test_a_locked_state_is_exit_4(world: World, file: Path) -> None:
    from mscode.state.local.lock import StateLock

    world.launched(quiet())
    world.write(drive())
    _plan(world, file)
    lock = StateLock(world.folder / ".mscode" / "test", "apply")
    lock.acquire()
    try:
        assert _apply(world, file).code == 4
    finally:
        lock.release()


def test_a_guard_refuses_a_saved_plan_as_any_other(world: World, file: Path) -> None:
    world.write_project(guards={"maxPeople": 3})
    world.write(drive())
    assert world.plan("--out", str(file)).code == 5
    world.service.forget_requests()
    assert _apply(world, file, "--allow-launch").code == 5
    assert world.service.requests(writes=True) == []
    assert world.plan("--out", str(file), "--override", "maxPeople").code == 0
    assert _apply(world, file, "--allow-launch").code == 0


# ---- expiry ----------------------------------------------------------------------------------------------------------


def test_a_plan_expires_after_a_day(world: World, file: Path) -> None:
    world.write(quiet())
    _plan(world, file)
    world.service.advance("+23h")
    assert _apply(world, file).code == 0
    world.write({**quiet(), "filters": {**quiet()["filters"], "all": quiet()["filters"]["helsinki"]}})
    _plan(world, file)
    world.service.advance("+24h")
    _refused(world, file, "expired at")


def test_a_plan_expires_when_its_first_call_is_due(world: World, file: Path) -> None:
    world.service.at("2026-12-01T06:00:00Z")
    world.write(drive())
    _plan(world, file)
    world.service.at("2026-12-01T08:00:00Z")
    _refused(world, file, "expired at 2026-12-01 08:00 UTC")


def test_an_expired_plan_is_stale_even_where_it_cannot_be_planned_any_more(world: World, file: Path) -> None:
    world.write(drive())
    _plan(world, file)
    world.service.at("2026-12-01T09:30:00Z")  # the start is over 55 minutes past: planning is refused
    assert world.plan().code == 1
    _refused(world, file, "expired at")


def test_a_campaign_that_starts_at_once_does_not_expire_at_once(world: World, file: Path) -> None:
    world.service.at("2026-12-01T09:00:00Z")
    world.write(drive(startTime=...))
    _plan(world, file)
    world.service.advance("+5m")
    ended = _apply(world, file, "--allow-launch")
    assert ended.code == 0, ended.said


def test_a_plan_made_for_another_time_is_never_applied(world: World, file: Path) -> None:
    world.write(quiet())
    _plan(world, file, "--at", "2026-11-30T07:00:00Z")
    _refused(world, file, "--at")


# ---- people ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def outsiders(world: World) -> World:
    """A campaign over twelve people of a group that nothing manages."""
    world.service.control("POST", "/seed", [{"phone": number} for number in NUMBERS])
    group = world.service.send("POST", "/groups", {"name": "outsiders", "description": ""})["groupId"]
    ids = [one["accountId"] for one in world.service.get("/accounts")]
    world.service.send("POST", f"/groups/{group}/accounts", [{"accountId": one} for one in ids])
    manifest = drive(receivers=[{"groupId": str(group)}])
    del manifest["groups"], manifest["filters"], manifest["accounts"]
    world.write(manifest)
    return world


def _leave(world: World, number: str) -> None:
    group = next(g["groupId"] for g in world.service.get("/groups") if g["name"] == "outsiders")
    who = next(a["accountId"] for a in world.service.get("/accounts") if a["phone"] == number)
    world.service.send("DELETE", f"/groups/{group}/{who}")


def _join(world: World, number: str) -> None:
    group = next(g["groupId"] for g in world.service.get("/groups") if g["name"] == "outsiders")
    world.service.control("POST", "/seed", [{"phone": number}])
    who = next(a["accountId"] for a in world.service.get("/accounts") if a["phone"] == number)
    world.service.send("POST", f"/groups/{group}/accounts", [{"accountId": who}])


def test_fewer_people_than_approved_go_on_and_are_counted(outsiders: World, file: Path) -> None:
    _plan(outsiders, file)
    for number in NUMBERS[:2]:
        _leave(outsiders, number)
    ended = _apply(outsiders, file, "--allow-launch")
    assert ended.code == 0, ended.said
    assert "rsvpCalls.invite reaches 2 people fewer than approved (10 of 12)." in ended.err
    outsiders.holds_the_law()


def test_one_person_more_is_stale(outsiders: World, file: Path) -> None:
    _plan(outsiders, file)
    _join(outsiders, "+358405550299")
    _refused(outsiders, file, "rsvpCalls.invite would reach 1 person whom nobody approved")


def test_another_person_in_the_place_of_one_is_stale(outsiders: World, file: Path) -> None:
    _plan(outsiders, file)
    _leave(outsiders, NUMBERS[0])
    _join(outsiders, "+358405550299")
    _refused(outsiders, file, "rsvpCalls.invite would reach 1 person whom nobody approved")


def test_a_group_that_is_made_with_fewer_members_goes_on(world: World, file: Path) -> None:
    world.service.control("POST", "/seed", [{"phone": n, "city": "Helsinki"} for n in NUMBERS])
    manifest = drive()
    del manifest["accounts"]
    world.write(manifest)
    _plan(world, file)
    who = world.service.get("/accounts")[0]["accountId"]
    world.service.send("DELETE", f"/accounts/{who}")
    ended = _apply(world, file, "--allow-launch")
    assert ended.code == 0, ended.said
    assert "1 person fewer than approved (11 of 12)" in ended.err


# ---- forged and edited files -----------------------------------------------------------------------------------------

EDITS: dict[str, Callable[[Any], object]] = {
    "text": lambda d: d["resource_changes"][0].update(address="accounts.other"),
    "reach": lambda d: d["reach"]["rsvpCalls.invite"].update(people=1),
    "digest": lambda d: d.update(digest="0" * 64),
    "expires": lambda d: d["saved"].update(expires="2099-01-01T00:00:00Z"),
    "serial": lambda d: d["saved"].update(serial=5),
    "options": lambda d: d["saved"].update(options={"override": ["maxPeople"]}),
    "files": lambda d: d["saved"].update(files={}),
    "people": lambda d: d["saved"]["changes"][-1].update(people=""),
    "mac": lambda d: d["saved"].update(mac="0" * 64),
    "mac of another type": lambda d: d["saved"].update(mac=7),
    "no mac": lambda d: d["saved"].pop("mac"),
    "no saved": lambda d: d.pop("saved"),
    "saved of another type": lambda d: d.update(saved=[1]),
    "version": lambda d: d["saved"].update(version=2),
    "changes of another type": lambda d: d["saved"].update(changes=[[]]),
    "folder": lambda d: d["saved"].update(folder="../../.."),
    "project": lambda d: d.update(project="other"),
    "environment": lambda d: d.update(environment="\x1b[2J"),
    "token's key": lambda d: d["saved"].update(key_from="state"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edited_plan_is_refused(world: World, file: Path, edit: Callable[[Any], object]) -> None:
    world.write(drive())
    _plan(world, file)
    _edit(file, edit)
    ended = _refused(world, file)
    assert "\x1b" not in ended.said and "Traceback" not in ended.said


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"saved": {}}'])
def test_what_is_no_plan_is_refused(world: World, file: Path, content: bytes) -> None:
    world.write(quiet())
    file.write_bytes(content)
    _refused(world, file)


# ---- what the file tells ---------------------------------------------------------------------------------------------


def test_the_file_holds_no_token_no_number_and_no_name(world: World, file: Path) -> None:
    world.write(drive(receivers=[{"group": "donors"}, {"phone": NUMBERS[0]}]))
    for options in ((), ("--show-people",)):
        _plan(world, file, *options)
        text = file.read_text()
        for secret in (world.service.token, *PHONES, *(phone[1:] for phone in PHONES), NUMBERS[0], "Ilmari", "Helmi"):
            assert secret not in text
        shown = json.dumps(json.loads(text), ensure_ascii=False)
        assert "+35840" not in shown and "I•••" not in shown and '"•••' in shown


def test_two_plans_do_not_show_that_they_reach_the_same_people(world: World, file: Path) -> None:
    world.write(drive())
    hashes = []
    for _ in range(2):
        _plan(world, file)
        hashes.append(json.loads(file.read_text())["saved"]["changes"][-1]["people"])
    assert hashes[0] != hashes[1]


def test_a_number_cannot_be_found_by_trying_all_of_them(world: World, file: Path) -> None:
    """Whoever has the file, the manifests' form and everything but the key gets no hash of a number he knows."""
    import hashlib

    world.write(drive())
    _plan(world, file)
    text = file.read_text()
    salt = json.loads(text)["saved"]["id"]
    for phone in PHONES:
        for form in (phone, f":{phone}", salt + phone, f"{salt}person rsvpCalls.invite\0{phone}"):
            assert hashlib.sha256(form.encode()).hexdigest() not in text
    assert hashlib.sha256((world.folder / "all.yaml").read_bytes()).hexdigest() not in text


def test_a_plan_that_cannot_be_written_is_an_error(world: World) -> None:
    world.write(quiet())
    ended = world.plan("--out", str(world.folder / "no" / "such" / "folder.json"))
    assert ended.code == 1 and "cannot be written" in ended.err


def test_the_file_is_of_the_published_form(world: World, file: Path) -> None:
    import jsonschema

    world.write(drive())
    _plan(world, file)
    schema = world.cli("schema", "plan").json
    jsonschema.validate(json.loads(file.read_text()), schema)


# ---- lists -----------------------------------------------------------------------------------------------------------


def test_a_list_of_people_is_a_file_of_the_plan_and_tells_nobody(world: World, file: Path) -> None:
    people = world.folder / "people.csv"
    people.write_text("phone,firstName\n" + "".join(f"{number},Ilmatar\n" for number in NUMBERS))
    manifest = drive()
    del manifest["accounts"], manifest["filters"]
    manifest["accountLists"] = {"people": {"file": "people.csv", "key": "phone"}}
    manifest["groups"]["donors"]["members"] = {"accountList": "people"}
    world.write(manifest)
    _plan(world, file)
    text = json.dumps(json.loads(file.read_text()), ensure_ascii=False)
    assert not [secret for secret in (*NUMBERS, NUMBERS[0][:6], "Ilmatar") if secret in text]
    with people.open("a") as more:
        more.write("+358405550299,Ilmatar\n")
    _refused(world, file, "people.csv has changed")
    _plan(world, file)
    ended = _apply(world, file, "--allow-launch")
    assert ended.code == 0, ended.said
    world.holds_the_law()


# ---- variables -------------------------------------------------------------------------------------------------------


@pytest.fixture
def varied(world: World) -> World:
    """A group whose description comes from the command line."""
    world.write_project(variables={"place": {"type": "string"}, "key": {"secret": True}})
    manifest = quiet()
    manifest["groups"]["donors"]["description"] = "Donors in ${var.place}, ${var.key}"
    world.write(manifest)
    return world


GIVEN = ("--var", "place=Espoo +358405559999", "--var", "key=hunter2-hunter2")


def test_a_plan_keeps_its_variables_and_shows_none_that_is_a_secret(varied: World, file: Path) -> None:
    _plan(varied, file, *GIVEN)
    text = file.read_text()
    assert "hunter2" not in text and "405559999" not in text
    ended = _apply(varied, file)
    assert ended.code == 0, ended.said
    assert varied.service.get("/groups")[0]["description"] == "Donors in Espoo +358405559999, hunter2-hunter2"


def test_a_file_of_variables_is_a_file_of_the_plan(varied: World, file: Path) -> None:
    values = varied.folder / "other.vars.yaml"
    values.write_text("place: Turku\nkey: hunter2-hunter2\n")
    _plan(varied, file, "--var-file", str(values))
    values.write_text("place: Oulu\nkey: hunter2-hunter2\n")
    _refused(varied, file, "other.vars.yaml has changed")
    _plan(varied, file, "--var-file", str(values))
    assert _apply(varied, file).code == 0
    assert varied.service.get("/groups")[0]["description"].startswith("Donors in Oulu")


def test_variables_belong_to_the_saved_plan(varied: World, file: Path) -> None:
    _plan(varied, file, *GIVEN)
    assert _apply(varied, file, "--var", "place=Oulu").code == 64


def test_a_variable_of_the_environment_that_is_another_is_stale(
    varied: World, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSCODE_VAR_key", "hunter2-hunter2")
    _plan(varied, file, "--var", "place=Espoo")
    monkeypatch.setenv("MSCODE_VAR_key", "another-secret")
    ended = _refused(varied, file, "groups.donors would be changed in another way")
    assert "hunter2" not in ended.said and "another-secret" not in ended.said


def test_a_plan_of_a_part_is_applied_as_that_part(world: World, file: Path) -> None:
    world.write(quiet())
    _plan(world, file, "--only", "voiceFiles.*")
    assert _apply(world, file).code == 0
    assert set(world.state_entries()) == {"voiceFiles.greeting"}


# ---- show ------------------------------------------------------------------------------------------------------------


def test_a_saved_plan_is_shown_offline_as_it_was_printed(
    world: World, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write(drive())
    printed = _plan(world, file).out
    world.service.forget_requests()
    monkeypatch.delenv("ACCEPTANCE_TOKEN")
    assert world.cli("show", file).out == without_people(printed)
    assert world.cli("show", "--json", file).json == json.loads(file.read_text())
    assert "mscode plan: `drive` in `test`" in world.cli("show", "--format", "markdown", file).out
    assert world.cli("show", "--format", "html", file).out.startswith("<!DOCTYPE html>")
    assert world.service.requests() == []


def test_the_state_is_shown_as_text_and_json(world: World) -> None:
    world.launched(quiet())
    assert "# groups.donors" in world.cli("show", world.folder).out
    assert world.cli("show", "--format", "json", world.folder).json["environment"] == "test"
    assert world.cli("show", "--format", "html", world.folder).code == 64


@pytest.mark.parametrize("content", ["{}", "[]", "x", '{"view": {"opening": 1}}', '{"saved": {"folder": "\\u0000"}}'])
def test_what_is_no_plan_is_not_shown(world: World, file: Path, content: str) -> None:
    file.write_text(content)
    for form in ("text", "markdown", "html"):
        ended = world.cli("show", "--format", form, file)
        assert ended.code == 1 and "not a plan" in ended.err, ended.said
