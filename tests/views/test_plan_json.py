"""The plan as programs read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from mscode.errors import Diagnostic, Place
from mscode.model.values import FileContent, Ref, Unknown
from mscode.plan.change import Action, Change, Check, FieldChange, MemberChange, Note
from mscode.views.diagnostics import to_json
from mscode.views.plan.plan_json import error_json, plan_json
from mscode.views.schemas import plan_schema
from tests.views.plans import (
    DONORS,
    GREETING,
    INVITE,
    RUNNING,
    at,
    desired,
    fields,
    launch,
    live,
    phones,
    plan,
    planned,
)

MADE = datetime(2026, 11, 24, 12, 30, 15, tzinfo=UTC)
VALIDATOR = jsonschema.Draft202012Validator(plan_schema())


def rendered(*changes: Change, **more: Any) -> dict[str, Any]:
    """The plan's JSON, checked against its schema."""
    shown = plan_json(plan(*changes, **more), timestamp=MADE, mscode_version="0.1.0", digest="ab" * 32)
    VALIDATOR.validate(shown)
    return shown


def resource(change: Change, *others: Change) -> dict[str, Any]:
    found: dict[str, Any] = rendered(change, *others)["resource_changes"][0]
    return found


def sides(change: Change, *others: Change) -> tuple[Any, Any]:
    inner = resource(change, *others)["change"]
    return inner["before"], inner["after"]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(plan_schema())
    assert plan_schema()["$id"] == "urn:mscode:schema:v1:plan"


def test_the_frame_of_a_plan() -> None:
    shown = rendered(GREETING, unmanaged={"groups": 3}, orphaned_objects=1)
    assert list(shown)[:8] == [
        "format_version",
        "mscode_version",
        "timestamp",
        "project",
        "environment",
        "applyable",
        "complete",
        "errored",
    ]
    assert shown["format_version"] == "1.0"
    assert shown["timestamp"] == "2026-11-24T12:30:15Z"
    assert (shown["applyable"], shown["complete"], shown["errored"]) == (True, True, False)
    assert shown["resource_drift"] == []
    assert shown["unmanaged"] == {"groups": 3}
    assert shown["strays"] == 1
    assert shown["digest"] == "ab" * 32
    assert shown["totals"] == {"import": 0, "move": 0, "add": 1, "change": 0, "remove": 0, "forget": 0, "launch": 0}


def test_a_create_as_terraform_would_write_it() -> None:
    assert resource(GREETING) == {
        "address": "voiceFiles.greeting",
        "previous_address": None,
        "mode": "managed",
        "type": "voiceFiles",
        "name": "greeting",
        "index": None,
        "provider_name": "multisender",
        "change": {
            "actions": ["create"],
            "before": None,
            "after": {"name": "Greeting", "text": "Hello! This is the blood service.", "voiceCode": "en"},
            "after_unknown": {},
            "before_sensitive": False,
            "after_sensitive": {},
            "replace_paths": [],
            "importing": None,
        },
        "action_reason": None,
        "source": {"file": "campaigns/voice.yaml", "line": 4, "column": 3},
        "effects": [],
        "depends_on": [],
    }


A = at("rsvpCalls.invite")
ACTIONS: list[tuple[Change, list[str], list[str]]] = [
    (planned(A, Action.NOOP), ["no-op"], []),
    (planned(A, Action.NOOP, import_id="3"), ["no-op"], []),
    (planned(A, Action.NOOP, launch=launch()), ["update"], ["dials"]),
    (planned(A, Action.CREATE, launch=launch()), ["create"], ["dials"]),
    (planned(A, Action.UPDATE), ["update"], []),
    (planned(A, Action.UPDATE, halts=True), ["update"], ["halts"]),
    (planned(A, Action.FORGET, halts=True), ["update"], ["halts"]),
    (planned(A, Action.FORGET), ["forget"], []),
    (planned(A, Action.DELETE), ["delete"], []),
    (planned(A, Action.REPLACE_DELETE_FIRST, launch=launch()), ["delete", "create"], ["dials"]),
    (planned(A, Action.REPLACE_CREATE_FIRST), ["create", "delete"], []),
]


@pytest.mark.parametrize(("change", "actions", "effects"), ACTIONS)
def test_actions_and_effects(change: Change, actions: list[str], effects: list[str]) -> None:
    shown = resource(change)
    assert (shown["change"]["actions"], shown["effects"]) == (actions, effects)


def test_changes_stand_in_the_order_of_the_plan_and_what_stays_is_among_them() -> None:
    quiet = planned(at("filters.adults"), Action.NOOP)
    shown = rendered(INVITE, quiet, GREETING)["resource_changes"]
    assert [c["address"] for c in shown] == ["rsvpCalls.invite", "filters.adults", "voiceFiles.greeting"]


def test_what_does_not_change_is_the_same_before_and_after() -> None:
    manifest = desired(DONORS, name="Donors", filter=Ref("filters", "adults"))
    change = planned(
        at("groups.donors"), Action.NOOP, desired=manifest, live=live("groups", "2", name="Donors ", filter="9")
    )
    before, after = sides(change)
    assert before == after == {"name": "Donors", "filter": "filters.adults"}


def test_an_update_has_all_managed_fields_on_both_sides() -> None:
    change = planned(
        at("groups.donors"),
        Action.UPDATE,
        desired=desired(DONORS, name="Donors", description="New"),
        fields=(FieldChange("description", "Old", "New"), FieldChange("note", "x", "", to_default=True)),
        members=MemberChange(("1", "2", "3"), ("9",), 1204),
    )
    assert sides(change) == (
        {"name": "Donors", "description": "Old", "note": "x", "members": {"count": 1202}},
        {"name": "Donors", "description": "New", "note": "", "members": {"count": 1204, "added": 3, "removed": 1}},
    )


def test_a_launch_alone_changes_the_state() -> None:
    change = planned(A, Action.NOOP, desired=desired(INVITE, state="active"), life=RUNNING, launch=launch())
    assert sides(change) == ({"state": "active"}, {"state": "active"})
    halted = planned(A, Action.NOOP, life=type(RUNNING)("halt", 0, None), launch=launch("resume"))
    assert sides(halted) == ({"state": "halt"}, {"state": "active"})


def test_what_goes_has_no_after() -> None:
    gone = live("groups", "2", name="Donors", description="", numberOfAccounts=3)
    for action in (Action.DELETE, Action.FORGET):
        assert sides(planned(at("groups.donors"), action, live=gone)) == ({"name": "Donors", "description": ""}, None)


def test_a_live_id_is_written_as_the_address_it_has_here() -> None:
    played = FieldChange(
        "voiceFiles",
        {"start": "4", "data": "77"},
        {"start": Ref("voiceFiles", "new"), "data": Ref("voiceFiles", "new")},
    )
    old = planned(at("voiceFiles.old"), Action.NOOP, live=live("voiceFiles", "4"))
    assert sides(planned(A, Action.UPDATE, fields=(played,)), old) == (
        {"voiceFiles": {"start": "voiceFiles.old", "data": "77"}},
        {"voiceFiles": {"start": "voiceFiles.new", "data": "voiceFiles.new"}},
    )


def test_what_is_known_only_after_the_apply_is_left_out_and_marked() -> None:
    unknown = Unknown(at("groups.donors"))
    change = planned(
        A, Action.CREATE, fields=fields(group=unknown, n=1, receivers=[{"groupId": unknown, "x": 1}, unknown])
    )
    inner = resource(change)["change"]
    assert inner["after"] == {"n": 1, "receivers": [{"x": 1}, None]}
    assert inner["after_unknown"] == {"group": True, "receivers": [{"groupId": True}, True]}


def test_an_upload_is_written_with_its_digest() -> None:
    _, after = sides(planned(A, Action.CREATE, fields=fields(file=FileContent("audio/jingle.wav", 4, "ab" * 32))))
    assert after == {"file": {"path": "audio/jingle.wav", "size": 4, "sha256": "ab" * 32}}


def test_people_are_masked_and_marked_as_sensitive() -> None:
    anna = {"firstName": "Anna", "phone": "+358401234567", "city": "Helsinki", "email": ""}
    change = planned(
        at("accounts.anna"),
        Action.UPDATE,
        desired=desired(planned(at("accounts.anna"), Action.NOOP), **anna),
        fields=(FieldChange("firstName", "Ann", "Anna", personal=True),),
    )
    inner = resource(change)["change"]
    assert inner["before"] == {"firstName": "A•••", "phone": "+35840•••4567", "city": "Helsinki", "email": ""}
    assert inner["after"] == inner["before"]
    assert inner["before_sensitive"] == inner["after_sensitive"] == {"firstName": True, "phone": True}


def test_a_receivers_number_is_marked_where_it_stands() -> None:
    receivers = [{"group": Ref("groups", "donors")}, {"phone": "+358401234567"}]
    inner = resource(planned(A, Action.CREATE, fields=fields(receivers=receivers)))["change"]
    assert inner["after"] == {"receivers": [{"group": "groups.donors"}, {"phone": "+35840•••4567"}]}
    assert inner["after_sensitive"] == {"receivers": [False, {"phone": True}]}


def test_replacement_import_and_move_say_what_they_are() -> None:
    replaced = planned(
        A, Action.REPLACE_CREATE_FIRST, fields=(FieldChange("text", "a", "b", forces_replacement=True),), reason="why"
    )
    assert resource(replaced)["change"]["replace_paths"] == [["text"]]
    assert resource(replaced)["action_reason"] == "why"
    assert resource(planned(A, Action.NOOP, import_id="303"))["change"]["importing"] == {"id": "303"}
    assert (
        resource(planned(A, Action.NOOP, previous_address=at("rsvpCalls.old")))["previous_address"] == "rsvpCalls.old"
    )


def test_one_made_by_for_each_has_its_key_as_index() -> None:
    shown = resource(planned(at("rsvpCalls.invite.espoo"), Action.CREATE))
    assert (shown["address"], shown["name"], shown["index"]) == ("rsvpCalls.invite.espoo", "invite", "espoo")


def test_reach_counts_people_and_holds_no_number() -> None:
    shown = rendered(INVITE)
    assert shown["reach"] == {
        "rsvpCalls.invite": {
            "people": 1204,
            "maxCalls": 4816,
            "firstCall": "2026-12-01T09:00:00Z",
            "lastCall": "2026-12-04T15:00:00Z",
        }
    }
    assert not [phone for phone in phones(1204) if phone in str(shown)]


def test_checks_notes_and_warnings() -> None:
    check = Check("maxPeople", "fail", "too many", "agreed", ("rsvpCalls.invite",))
    note = Note("rsvpCalls.invite", "is complete", "complete", Place("a.yaml", 3, 1))
    warning = Diagnostic("No button for decline", Place("a.yaml", 4, 2), severity="warning", code="no-button")
    shown = rendered(GREETING, checks=(check,), notes=(note,), warnings=(warning,))
    assert shown["applyable"] is False
    assert shown["checks"] == [
        {
            "name": "maxPeople",
            "status": "fail",
            "message": "too many",
            "reason": "agreed",
            "addresses": ["rsvpCalls.invite"],
        }
    ]
    assert shown["notes"] == [
        {
            "address": "rsvpCalls.invite",
            "kind": "complete",
            "text": "is complete",
            "detail": "",
            "source": {"file": "a.yaml", "line": 3, "column": 1},
        }
    ]
    assert shown["diagnostics"][0]["summary"] == "No button for decline"


def test_nothing_to_do_is_not_applyable_and_an_unknown_outcome_not_complete() -> None:
    assert rendered(planned(A, Action.NOOP))["applyable"] is False
    assert rendered(notes=(Note("calls.a", "outcome unknown", "unknown-outcome"),))["complete"] is False


def test_a_plan_that_could_not_be_made_fits_the_schema_too() -> None:
    shown = error_json([to_json(Diagnostic("Two matches", detail="ids 3 and 4"))])
    VALIDATOR.validate(shown)
    assert (shown["errored"], shown["applyable"], shown["diagnostics"][0]["severity"]) == (True, False, "error")


@pytest.mark.parametrize(
    "broken",
    [
        {"resource_changes": [{}]},
        {"applyable": "yes"},
        {"timestamp": "yesterday"},
        {"reach": {"rsvpCalls.invite": {"people": -1}}},
        {"format_version": "2.0"},
    ],
)
def test_the_schema_refuses_what_is_no_plan(broken: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(rendered(GREETING) | broken)
