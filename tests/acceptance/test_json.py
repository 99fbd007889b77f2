"""What programs read: the shape of `plan --json` and the events of `apply --json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.acceptance.campaigns import AFTER, drive, quiet
from tests.acceptance.conftest import World

SCHEMAS = Path(__file__).parents[2] / "schema"
ACTIONS = {
    *(("no-op",), ("create",), ("update",), ("delete",), ("forget",)),
    *(("delete", "create"), ("create", "delete")),
}
EVENTS = {
    *("version", "planned_change", "change_summary", "apply_start", "apply_progress", "apply_complete"),
    *("apply_errored", "apply_skipped", "diagnostic"),
}
HOOK_ACTIONS = {"create", "update", "replace", "delete", "launch", "halt", "import", "move", "forget"}


def _plan(world: World, *options: str) -> dict[str, Any]:
    plan: dict[str, Any] = world.plan("--json", *options).json
    return plan


def _resource(plan: dict[str, Any], address: str) -> dict[str, Any]:
    (found,) = [one for one in plan["resource_changes"] if one["address"] == address]
    assert isinstance(found, dict)
    return found


def test_a_plan_has_its_documented_members(world: World) -> None:
    world.write(drive())
    plan = _plan(world)
    assert {
        *("format_version", "mscode_version", "timestamp", "project", "environment", "applyable", "complete"),
        *("errored", "resource_changes", "resource_drift", "reach", "checks", "notes", "unmanaged", "digest"),
    } <= set(plan)
    assert (plan["project"], plan["environment"]) == ("drive", "test")
    assert (plan["applyable"], plan["complete"], plan["errored"]) == (True, True, False)
    assert plan["timestamp"].startswith("2026-11-30T06:00")


def test_each_change_has_its_documented_members(world: World) -> None:
    world.write(drive())
    for one in _plan(world)["resource_changes"]:
        assert {
            *("address", "previous_address", "mode", "type", "name", "index", "provider_name", "change"),
            *("action_reason", "source", "effects"),
        } <= set(one)
        assert {
            *("actions", "before", "after", "after_unknown", "before_sensitive", "after_sensitive"),
            *("replace_paths", "importing"),
        } <= set(one["change"])
        assert (one["mode"], one["provider_name"]) == ("managed", "multisender")
        assert one["address"] == f"{one['type']}.{one['name']}"
        assert set(one["source"]) == {"file", "line", "column"}


def test_a_create_that_dials_says_so_and_whom_it_reaches(world: World) -> None:
    world.write(drive())
    plan = _plan(world)
    invite = _resource(plan, "rsvpCalls.invite")
    assert (invite["change"]["actions"], invite["effects"]) == (["create"], ["dials"])
    reach = plan["reach"]["rsvpCalls.invite"]
    assert (reach["people"], reach["maxCalls"]) == (4, 12)
    assert reach["firstCall"] == "2026-12-01T08:00:00Z"
    assert reach["lastCall"].startswith("2026-12-04T1")
    assert _resource(plan, "groups.donors")["effects"] == []


def test_the_source_is_the_line_of_the_manifest(world: World) -> None:
    world.write(drive())
    lines = (world.folder / "all.yaml").read_text().splitlines()
    for one in _plan(world)["resource_changes"]:
        source = one["source"]
        assert source["file"] == "all.yaml"
        assert f'"{one["name"]}"' in lines[source["line"] - 1]


def test_every_action_has_its_word(world: World) -> None:
    manifest = drive()
    manifest["groups"] |= {"going": {}, "named": {}, "theirs": {}}
    world.launched(manifest)
    world.service.send("POST", "/groups", {"name": "adopted", "description": ""})
    del manifest["groups"]["going"]
    manifest["groups"]["renamed"] = manifest["groups"].pop("named") | {"renamedFrom": "named", "name": "named"}
    manifest["groups"]["donors"]["description"] = "Changed"
    manifest["groups"]["adopted"] = {"import": "5"}
    manifest["groups"]["fresh"] = {}
    manifest["voiceFiles"]["greeting"]["text"] = "Changed"
    world.write(manifest)
    plan = _plan(world)
    found = {one["address"]: tuple(one["change"]["actions"]) for one in plan["resource_changes"]}
    assert set(found.values()) <= ACTIONS
    assert found["groups.going"] == ("delete",)
    assert found["groups.donors"] == ("update",)
    assert found["groups.fresh"] == ("create",)
    assert found["voiceFiles.greeting"] == ("create", "delete")
    assert _resource(plan, "groups.renamed")["previous_address"] == "groups.named"
    assert _resource(plan, "groups.adopted")["change"]["importing"]["id"] == "5"
    assert _resource(plan, "voiceFiles.greeting")["change"]["replace_paths"] == [["text"]]
    before, after = (_resource(plan, "groups.donors")["change"][side] for side in ("before", "after"))
    assert (before["description"], after["description"]) == ("Donors in Helsinki", "Changed")


def test_a_forget_has_its_word(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    world.write(quiet())
    assert _resource(_plan(world), "rsvpCalls.invite")["change"]["actions"] == ["forget"]


def test_personal_values_are_marked_as_sensitive(world: World) -> None:
    world.write(quiet())
    change = _resource(_plan(world), "accounts.aino")["change"]
    assert change["after_sensitive"] == {"firstName": True, "phone": True}
    assert change["after"]["city"] == "Helsinki"


def test_nothing_to_do_is_not_applyable(world: World) -> None:
    world.launched(drive())
    plan = _plan(world)
    assert plan["applyable"] is False
    assert {tuple(one["change"]["actions"]) for one in plan["resource_changes"]} <= {("no-op",)}


def test_what_is_not_managed_is_counted(world: World) -> None:
    world.service.control("POST", "/seed", [{"phone": "+358405550199"}])
    world.service.send("POST", "/groups", {"name": "theirs", "description": ""})
    world.launched(quiet())
    assert _plan(world)["unmanaged"]["groups"] == 1
    assert "Not managed: " in world.plan().out


def test_notes_tell_what_is_no_change(world: World) -> None:
    world.launched(drive())
    world.service.halt_as_a_person()
    (note,) = _plan(world)["notes"]
    assert note["address"] == "rsvpCalls.invite"
    assert "was halted by a person" in json.dumps(note)


def test_a_failed_check_names_its_guard(world: World) -> None:
    world.write_project(guards={"maxPeople": 3})
    world.write(drive())
    ended = world.plan("--json")
    assert ended.code == 5
    assert [check["name"] for check in ended.json["checks"] if check.get("status") == "fail"] == ["maxPeople"]
    assert ended.json["applyable"] is False


def test_the_digest_is_the_same_for_the_same_plan_and_another_for_another(world: World) -> None:
    world.write(drive())
    first, second = _plan(world)["digest"], _plan(world)["digest"]
    assert first == second
    world.service.advance("+10m")
    assert _plan(world)["digest"] == first
    world.write(drive(acceptsWanted=3))
    assert _plan(world)["digest"] != first


def test_the_digest_of_a_plan_covers_the_people_it_reaches(world: World) -> None:
    manifest = drive()
    manifest["groups"]["donors"]["members"] = {"phones": ["+358405550301"]}
    manifest["rsvpCalls"]["invite"]["acceptsWanted"] = 1
    world.service.control("POST", "/seed", [{"phone": "+358405550301"}, {"phone": "+358405550302"}])
    world.write(manifest)
    first = _plan(world)["digest"]
    manifest["groups"]["donors"]["members"] = {"phones": ["+358405550302"]}
    world.write(manifest)
    assert _plan(world)["digest"] != first


def test_errors_are_json_too(world: World) -> None:
    manifest = quiet()
    manifest["groups"]["donors"]["descripton"] = "x"
    world.write(manifest)
    ended = world.plan("--json")
    assert ended.code == 1
    assert ended.json["errored"] is True


@pytest.mark.parametrize("moment", ["first", "later", "refused"])
def test_a_plan_follows_its_published_schema(world: World, moment: str) -> None:
    world.write(drive())
    if moment == "later":
        assert world.launch().code == 0
        world.write(drive(activeTo="16:00"))
    if moment == "refused":
        world.write_project(guards={"maxPeople": 1})
    schema = json.loads((SCHEMAS / "plan.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(_plan(world))


# apply --json


def test_an_apply_streams_its_documented_events(world: World) -> None:
    world.write(drive())
    ended = world.launch("--json")
    assert ended.code == 0
    events = ended.events
    assert {event["type"] for event in events} <= EVENTS
    assert events[0]["type"] == "version"
    for event in events:
        assert {"@timestamp", "@level", "@message"} <= set(event)
    assert {"planned_change", "change_summary", "apply_start", "apply_complete"} <= {event["type"] for event in events}


def test_every_step_starts_and_completes_with_its_hook(world: World) -> None:
    world.write(drive())
    events = world.launch("--json").events
    started = [_hook(event) for event in events if event["type"] == "apply_start"]
    completed = [_hook(event) for event in events if event["type"] == "apply_complete"]
    assert sorted(started) == sorted(completed)
    assert {("rsvpCalls.invite", "create"), ("rsvpCalls.invite", "launch"), ("groups.donors", "create")} <= set(started)
    for event in events:
        if event["type"] == "apply_complete":
            assert event["hook"]["action"] in HOOK_ACTIONS
            assert event["hook"]["id_value"]
            assert event["hook"]["elapsed_seconds"] >= 0


def test_a_failed_apply_streams_what_failed_and_what_was_skipped(world: World) -> None:
    world.write(drive())
    world.service.fault(method="POST", path="/accounts/filters", status=400, body={"error": {"message": "no"}})
    ended = world.launch("--json")
    assert ended.code == 6
    errored = [_hook(event)[0] for event in ended.events if event["type"] == "apply_errored"]
    skipped = [_hook(event)[0] for event in ended.events if event["type"] == "apply_skipped"]
    assert errored == ["filters.helsinki"]
    assert {"groups.donors", "rsvpCalls.invite"} <= set(skipped)


def test_an_error_before_the_plan_is_a_diagnostic(world: World) -> None:
    manifest = quiet()
    manifest["groups"]["donors"]["descripton"] = "x"
    world.write(manifest)
    ended = world.launch("--json")
    assert ended.code == 1
    assert "diagnostic" in {event["type"] for event in ended.events}


def test_events_follow_their_published_schema(world: World) -> None:
    world.write(drive())
    schema = json.loads((SCHEMAS / "events.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    world.service.fault(method="POST", path="/groups", status=400, body={"error": {"message": "no"}})
    for event in [*world.launch("--json").events, *world.apply("--json").events, *world.launch("--json").events]:
        validator.validate(event)


def _hook(event: dict[str, Any]) -> tuple[str, str]:
    return event["hook"]["resource"]["addr"], event["hook"]["action"]
