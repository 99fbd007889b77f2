"""Live against last applied: progress, operator action and drift of configuration, kept apart; and accepting it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from mscode.views.schemas import drift_schema
from tests.acceptance.campaigns import AFTER, PHONES, drive, quiet
from tests.acceptance.conftest import Ended, World

CALLING = "2026-12-01T08:05:00Z"


def drift(world: World, *options: str) -> Ended:
    ended = world.look("drift", world.folder, *options)
    if "--json" in options:
        jsonschema.validate(ended.json, drift_schema())
    return ended


def found(world: World) -> dict[str, list[tuple[str, str]]]:
    """Cause -> (address, kind) of what `drift --json` tells."""
    told = drift(world, "--json").json
    return {cause: [(one["address"], one["kind"]) for one in told[cause]] for cause in CAUSES}


CAUSES = ("progress", "operator", "configuration")
NOTHING: dict[str, list[Any]] = {cause: [] for cause in CAUSES}


def edit_group(world: World, **changes: str) -> None:
    group = world.service.get("/groups")[0]
    body = {"name": group["name"], "description": group["description"]} | changes
    world.service.send("PUT", f"/groups/{group['groupId']}", body)


# ---- three kinds -----------------------------------------------------------------------------------------------------


def test_after_an_apply_there_is_no_drift(launched: World) -> None:
    ended = drift(launched, "--detailed-exitcode")
    assert ended.code == 0, ended.said
    assert ended.out.startswith("No drift. The live account is as it was last applied.")
    assert found(launched) == NOTHING


def test_a_campaign_that_was_not_launched_yet_is_no_drift(world: World) -> None:
    world.write(drive())
    assert world.apply("--no-launch").code == 0
    assert found(world) == NOTHING


@pytest.mark.parametrize(
    ("time", "kind", "text"),
    [(CALLING, "calling", "is calling"), (AFTER, "complete", "is complete: ")],
    ids=["calling", "complete"],
)
def test_a_campaign_that_goes_on_is_progress_and_no_more(launched: World, time: str, kind: str, text: str) -> None:
    launched.service.at(time)
    assert found(launched) == NOTHING | {"progress": [("rsvpCalls.invite", kind)]}
    ended = drift(launched, "--detailed-exitcode")
    assert ended.code == 0, ended.said
    assert f"rsvpCalls.invite {text}" in ended.out


def test_progress_counts_calls_answers_and_accepts(launched: World) -> None:
    launched.service.at(AFTER)
    stats = launched.service.campaign()["stats"]
    assert stats["totalDialedCalls"] > 0
    standing = drift(launched, "--json").json["progress"][0]["standing"]
    assert (standing["dialled"], standing["answered"], standing["accepted"], standing["acceptsWanted"]) == (
        stats["totalDialedCalls"],
        stats["answeredCalls"],
        stats["acceptsReceived"],
        4,
    )


def test_a_halt_of_a_person_is_operator_action(launched: World) -> None:
    launched.service.halt_as_a_person()
    assert found(launched) == NOTHING | {"operator": [("rsvpCalls.invite", "halted")]}
    ended = drift(launched, "--detailed-exitcode")
    assert ended.code == 2
    assert "# rsvpCalls.invite was halted by a person" in ended.out
    assert drift(launched).code == 0


def test_the_emergency_brake_is_told_from_a_persons_halt(launched: World) -> None:
    assert launched.cli("halt", "rsvpCalls.invite", "--dir", launched.folder).code == 0
    assert "rsvpCalls.invite was halted with `mscode halt`" in drift(launched).out


def test_a_halt_that_the_manifest_asked_for_is_no_drift(launched: World) -> None:
    launched.write(drive(state="halt"))
    assert launched.apply().code == 0
    assert found(launched) == NOTHING


def test_a_campaign_that_a_person_started_is_operator_action(launched: World) -> None:
    launched.write(drive(state="halt"))
    assert launched.apply().code == 0
    launched.service.put_campaign(launched.service.campaign(), state="active")
    assert found(launched) == NOTHING | {"operator": [("rsvpCalls.invite", "started")]}


def test_a_campaign_that_somebody_started_before_its_launch_is_operator_action(world: World) -> None:
    world.write(drive())
    assert world.apply("--no-launch").code == 0
    world.service.put_campaign(world.service.campaign(), state="active")
    assert ("rsvpCalls.invite", "started") in found(world)["operator"]


def test_an_edit_of_a_campaign_shows_its_fields(launched: World) -> None:
    launched.service.put_campaign(launched.service.campaign(), activeTo="14:00:00", acceptsWanted=9)
    ended = drift(launched, "--detailed-exitcode")
    assert ended.code == 2
    assert "# rsvpCalls.invite was edited" in ended.out
    assert "14:00" in ended.out
    fields = {one["name"]: one for one in drift(launched, "--json").json["operator"][0]["fields"]}
    assert set(fields) == {"activeTo", "acceptsWanted"}
    assert (fields["acceptsWanted"]["before"], fields["acceptsWanted"]["after"]) == (4, 9)


def test_receivers_that_somebody_added_are_operator_action(launched: World) -> None:
    number = launched.service.campaign()["rsvpCallId"]
    launched.service.send("POST", f"/rsvp_calls/{number}/receivers", [{"phone": "+358405550199"}])
    assert ("rsvpCalls.invite", "receivers") in found(launched)["operator"]


def test_a_deleted_object_is_operator_action(launched: World) -> None:
    launched.service.send("DELETE", "/rsvp_calls/1")
    assert found(launched) == NOTHING | {"operator": [("rsvpCalls.invite", "deleted")]}
    assert drift(launched, "--detailed-exitcode").code == 2


def test_another_description_is_drift_of_configuration(launched: World) -> None:
    edit_group(launched, description="Somebody wrote this")
    assert found(launched) == NOTHING | {"configuration": [("groups.donors", "changed")]}
    ended = drift(launched, "--detailed-exitcode")
    assert ended.code == 2
    assert "# groups.donors has changed" in ended.out


def test_members_are_compared_with_the_manifest(launched: World) -> None:
    group = launched.service.get("/groups")[0]["groupId"]
    stranger = next(one for one in launched.service.get("/accounts") if one["city"] == "Tampere")
    launched.service.send("POST", f"/groups/{group}/accounts", [{"accountId": stranger["accountId"]}])
    ended = drift(launched, "--detailed-exitcode")
    assert ended.code == 2
    assert "groups.donors has other members than its manifest wants: 1 too many" in ended.out


def test_an_account_that_was_edited_shows_no_person(launched: World) -> None:
    account = next(one for one in launched.service.get("/accounts") if one["phone"] == PHONES[0])
    body = account | {"lastName": "Wirtanen-Moss", "firstName": "Zacharias", "city": "Turku"}
    launched.service.send("PUT", f"/accounts/{account['accountId']}", body)
    for form in ("text", "json", "markdown"):
        ended = drift(launched, "--format", form)
        assert "accounts.aino" in ended.out
        assert "firstName" in ended.out
        assert "Turku" in ended.out
        assert not [word for word in ("Zacharias", "Wirtanen", "Aino", *PHONES) if word in ended.said]


def test_an_edit_in_git_is_no_drift(launched: World) -> None:
    launched.write(drive(activeTo="14:00"))
    assert launched.changes() != {}
    assert found(launched) == NOTHING


def test_manifests_that_cannot_be_read_leave_the_state_to_compare_with(launched: World) -> None:
    edit_group(launched, description="Somebody wrote this")
    (launched.folder / "all.yaml").write_text("apiVersion: [")
    ended = drift(launched, "--detailed-exitcode")
    assert ended.code == 2
    assert "groups.donors has changed" in ended.out
    assert "members of groups and receivers were not compared: the manifests have errors" in ended.out


def test_no_state_is_no_drift(world: World) -> None:
    assert drift(world, "--detailed-exitcode").code == 0


def test_what_happened_to_one_campaign_is_told_apart(launched: World) -> None:
    launched.service.at(CALLING)
    launched.service.halt_as_a_person()
    launched.service.put_campaign(launched.service.campaign(), maxRedials=7)
    assert found(launched) == {
        "progress": [("rsvpCalls.invite", "calling")],
        "operator": [("rsvpCalls.invite", "halted"), ("rsvpCalls.invite", "edited")],
        "configuration": [],
    }


# ---- formats ---------------------------------------------------------------------------------------------------------


def test_markdown_begins_with_a_line_that_never_changes(launched: World) -> None:
    first = drift(launched, "--format", "markdown").out.splitlines()
    launched.service.halt_as_a_person()
    second = drift(launched, "--format", "markdown").out.splitlines()
    assert first[0] == second[0] == "<!-- mscode:drift:1:drive/test -->"
    assert "No drift" in "\n".join(first)
    assert "was halted by a person" in "\n".join(second)


def test_a_hostile_text_cannot_leave_its_fence(launched: World) -> None:
    edit_group(launched, description="```\n@everyone <img src=x> ````\n-->")
    body = drift(launched, "--format", "markdown").out
    inside, outside, fence = [], [], ""
    for line in body.splitlines():
        if not fence and line.startswith("```"):
            fence = line.removesuffix("text")
        elif fence and line == fence:
            fence = ""
        else:
            (inside if fence else outside).append(line)
    assert fence == ""
    assert any("@everyone" in line for line in inside)
    assert not any("@everyone" in line or "img" in line for line in outside)


def test_a_plan_tells_drift_as_terraform_does(launched: World) -> None:
    launched.service.halt_as_a_person()
    edit_group(launched, description="Somebody wrote this")
    told = {one["address"]: one for one in launched.plan("--json").json["resource_drift"]}
    assert set(told) == {"rsvpCalls.invite", "groups.donors"}
    change = told["groups.donors"]["change"]
    assert change["actions"] == ["update"]
    assert change["before"]["description"] == "Donors in Helsinki"
    assert change["after"]["description"] == "Somebody wrote this"
    assert told["rsvpCalls.invite"]["change"]["after"]["state"] == "halt"
    assert told["rsvpCalls.invite"]["change"]["before_sensitive"] == {"receivers": True}


def test_a_plan_tells_no_progress_as_drift(launched: World) -> None:
    launched.service.at(AFTER)
    assert launched.plan("--json").json["resource_drift"] == []


def test_a_deleted_object_is_a_delete_in_the_plan(launched: World) -> None:
    launched.service.send("DELETE", "/rsvp_calls/1")
    [told] = launched.plan("--json").json["resource_drift"]
    assert told["change"]["actions"] == ["delete"]
    assert told["change"]["after"] is None


# ---- accepting it ----------------------------------------------------------------------------------------------------


def refresh(world: World, *options: str) -> Ended:
    """`apply --refresh-only`, which must send nothing but GET."""
    world.service.forget_requests()
    ended = world.cli("apply", world.folder, "--refresh-only", "--auto-approve", *options)
    assert world.service.requests(writes=True) == []
    return ended


def test_a_refresh_only_plan_shows_what_the_state_would_take(launched: World) -> None:
    edit_group(launched, description="Somebody wrote this")
    before = launched.cli("state", "pull", launched.folder).out
    ended = launched.cli("plan", launched.folder, "--refresh-only", "--detailed-exitcode")
    assert ended.code == 2
    assert ended.out.startswith("Note: Objects have changed outside of mscode")
    assert "Refresh: 1 object would be accepted into the state." in ended.out
    assert launched.cli("state", "pull", launched.folder).out == before


def test_nothing_to_accept_says_so(launched: World) -> None:
    ended = launched.cli("plan", launched.folder, "--refresh-only", "--detailed-exitcode")
    assert ended.code == 0, ended.said
    assert ended.out.startswith("No changes. The live account still matches the state.")
    assert refresh(launched).code == 0


def test_accepted_drift_is_drift_no_more_and_the_next_plan_shows_the_difference(launched: World) -> None:
    edit_group(launched, description="Somebody wrote this")
    ended = refresh(launched)
    assert ended.code == 0, ended.said
    assert "groups.donors: Accepted into the state" in ended.out
    assert "Apply complete! Resources: 0 added, 0 changed, 0 destroyed." in ended.out
    assert found(launched) == NOTHING
    assert launched.changes() == {"groups.donors": (["update"], [])}


def test_an_accepted_edit_of_an_account_keeps_hashes_alone(launched: World) -> None:
    account = next(one for one in launched.service.get("/accounts") if one["phone"] == PHONES[0])
    launched.service.send("PUT", f"/accounts/{account['accountId']}", account | {"firstName": "Zacharias"})
    assert refresh(launched).code == 0
    assert found(launched) == NOTHING
    assert not any(b"Zacharias" in file.read_bytes() for file in launched.folder.rglob("*") if file.is_file())


def test_an_accepted_halt_stays_a_persons_halt(launched: World) -> None:
    launched.service.halt_as_a_person()
    assert refresh(launched).code == 0
    assert found(launched) == NOTHING
    ended = launched.launch()
    assert ended.code == 0, ended.said
    assert "was halted by a person; stays halted" in ended.out
    assert launched.service.campaign()["state"] == "halt"
    assert launched.changes("--resume", "rsvpCalls.invite") == {"rsvpCalls.invite": (["update"], ["dials"])}


def test_a_halt_after_an_accepted_one_and_a_resume_is_told_again(launched: World) -> None:
    launched.service.halt_as_a_person()
    assert refresh(launched).code == 0
    assert launched.launch("--resume", "rsvpCalls.invite").code == 0
    assert found(launched) == NOTHING
    launched.service.halt_as_a_person()
    assert found(launched)["operator"] == [("rsvpCalls.invite", "halted")]


def test_an_accepted_start_is_drift_no_more(launched: World) -> None:
    launched.service.halt_as_a_person()
    assert refresh(launched).code == 0
    launched.service.put_campaign(launched.service.campaign(), state="active")
    assert found(launched)["operator"] == [("rsvpCalls.invite", "started")]
    assert refresh(launched).code == 0
    assert found(launched) == NOTHING
    launched.holds_the_law()


def test_an_accepted_deletion_leaves_the_state(world: World) -> None:
    world.launched(quiet())
    world.service.send("DELETE", "/voice_files/1")
    ended = refresh(world)
    assert "voiceFiles.greeting: Left the state" in ended.out
    assert "voiceFiles.greeting" not in world.state_entries()
    assert world.changes() == {"voiceFiles.greeting": (["create"], [])}


def test_a_deleted_campaign_that_may_have_called_is_not_accepted_for_it_would_call_again(launched: World) -> None:
    launched.service.at("2026-12-01T08:40:00Z")
    launched.service.send("DELETE", "/rsvp_calls/1")
    ended = refresh(launched)
    assert ended.code == 0, ended.said
    assert "Not accepted into the state:" in ended.out
    assert "rsvpCalls.invite" in launched.state_entries()
    assert launched.launch().code == 0
    assert launched.service.get("/rsvp_calls") == []


def test_without_a_yes_nothing_is_written(launched: World) -> None:
    edit_group(launched, description="Somebody wrote this")
    ended = launched.cli("apply", launched.folder, "--refresh-only", "--no-input")
    assert ended.code == 1
    assert "Cannot ask for approval" in ended.err
    assert found(launched)["configuration"] == [("groups.donors", "changed")]


def test_what_was_accepted_is_in_the_audit_log(launched: World) -> None:
    edit_group(launched, description="Somebody wrote this")
    account = launched.state_entries()["accounts.lauri"]
    launched.service.send("DELETE", f"/accounts/{account}")
    assert refresh(launched).code == 0
    last = json.loads((launched.folder / ".mscode" / "audit.jsonl").read_text().splitlines()[-1])
    assert (last["action"], last["accepted"], last["left"]) == ("refresh-only", ["groups.donors"], ["accounts.lauri"])


def test_the_step_summary_of_a_job_says_what_drift_found(launched: World, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = launched.folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    edit_group(launched, description="Somebody wrote this")
    assert drift(launched).code == 0
    assert "groups.donors has changed" in summary.read_text()


@pytest.mark.parametrize("more", [("--out", "plan.json"), ("--format", "html"), ("--at", "2026-12-01T10:00:00Z")])
def test_a_refresh_only_plan_is_no_plan_to_be_saved(launched: World, more: tuple[str, ...]) -> None:
    assert launched.cli("plan", launched.folder, "--refresh-only", *more).code == 64


def test_broken_manifests_do_not_keep_live_values_from_the_state(launched: World) -> None:
    edit_group(launched, description="Somebody wrote this")
    (launched.folder / "all.yaml").write_text("apiVersion: [")
    assert refresh(launched).code == 0


@pytest.mark.parametrize("options", [("--resume", "rsvpCalls.invite"), ("--allow-launch",), ("--only", "groups.*")])
def test_refresh_only_goes_with_nothing_that_changes_the_account(launched: World, options: tuple[str, ...]) -> None:
    assert launched.cli("apply", launched.folder, "--refresh-only", *options).code == 64


def test_programs_follow_a_refresh_line_by_line(launched: World) -> None:
    edit_group(launched, description="Somebody wrote this")
    events = refresh(launched, "--json").events
    assert [one["type"] for one in events] == ["version", "resource_drift", "change_summary"]
    assert events[1]["change"]["resource"]["addr"] == "groups.donors"
    plan = launched.cli("plan", launched.folder, "--refresh-only", "--json").json
    assert plan["resource_changes"] == []
    assert plan["applyable"] is False
    json.dumps(plan)
