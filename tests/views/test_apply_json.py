"""An apply as programs follow it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from mscode.errors import Diagnostic
from mscode.model.address import Address
from mscode.plan.change import Action, Change, Check
from mscode.plan.events import (
    ApplySummary,
    Completed,
    Event,
    Failed,
    Finished,
    Held,
    Notice,
    Progress,
    Skipped,
    Started,
)
from mscode.views.apply.apply_json import action_of, diagnostic_line, event_lines, plan_lines, version_line
from mscode.views.schemas import events_schema
from tests.views.plans import DONORS, INVITE, at, launch, plan, planned

VALIDATOR = jsonschema.Draft202012Validator(events_schema(), format_checker=jsonschema.FormatChecker())
A = Address.parse("voiceFiles.greeting")


def read(line: str) -> dict[str, Any]:
    """One line of the stream, checked against its schema."""
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    VALIDATOR.validate(found)
    return found


def one(event: Event) -> dict[str, Any]:
    (line,) = event_lines(event)
    return read(line)


def hook(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = one(event)["hook"]
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(events_schema())
    assert events_schema()["$id"] == "urn:mscode:schema:v1:events"


def test_the_stream_begins_with_the_version() -> None:
    from mscode import __version__

    first = read(version_line())
    assert (first["type"], first["mscode"], first["ui"]) == ("version", __version__, "1.0")
    assert first["@level"] == "info"
    assert first["@timestamp"].endswith("Z")


def test_a_step_begins_goes_on_and_ends() -> None:
    began = one(Started(A, "create"))
    assert began["type"] == "apply_start"
    assert began["@message"] == "voiceFiles.greeting: Creating..."
    assert began["hook"] == {
        "resource": {"addr": "voiceFiles.greeting"},
        "action": "create",
        "id_value": None,
        "elapsed_seconds": 0.0,
    }
    assert hook(Progress(A, "update", 5, 9, "members", 1.23456)) == {
        "resource": {"addr": "voiceFiles.greeting"},
        "action": "update",
        "id_value": None,
        "elapsed_seconds": 1.235,
        "done": 5,
        "total": 9,
        "unit": "members",
    }
    ended = one(Completed(A, "create", "17", 1.0))
    assert (ended["type"], ended["hook"]["id_value"]) == ("apply_complete", "17")


def test_every_progress_is_a_line_however_soon() -> None:
    assert one(Progress(A, "create", elapsed=0.1))["type"] == "apply_progress"


def test_a_failure_is_followed_by_its_diagnostics() -> None:
    found = (Diagnostic("400", code="api", address="voiceFiles.greeting"), Diagnostic("Look", severity="warning"))
    lines = [read(line) for line in event_lines(Failed(A, "create", found, 2.0))]
    assert [(line["type"], line["@level"]) for line in lines] == [
        ("apply_errored", "error"),
        ("diagnostic", "error"),
        ("diagnostic", "warn"),
    ]
    assert lines[1]["diagnostic"]["code"] == "api"


def test_what_was_skipped_or_held_says_why() -> None:
    skipped, held = one(Skipped(A, "delete", "x failed")), one(Held(A, "no yes"))
    assert (skipped["type"], skipped["hook"]["action"], skipped["hook"]["reason"]) == (
        "apply_skipped",
        "delete",
        "x failed",
    )
    assert (held["type"], held["hook"]["action"], held["hook"]["reason"]) == ("apply_skipped", "launch", "no yes")


def test_a_notice_is_a_warning() -> None:
    shown = one(Notice("was left behind", A))
    assert shown["type"] == "diagnostic"
    assert shown["diagnostic"]["severity"] == "warning"
    assert shown["diagnostic"]["address"] == "voiceFiles.greeting"


def test_the_end_is_a_summary_of_what_was_done() -> None:
    shown = one(Finished(ApplySummary(1, 2, 3, 4, 5, 6, 7, 8, 20)))
    assert shown["type"] == "change_summary"
    assert shown["@level"] == "info"
    assert shown["changes"] == {
        "import": 1,
        "move": 2,
        "add": 3,
        "change": 4,
        "remove": 5,
        "forget": 6,
        "launch": 7,
        "operation": "apply",
    }
    assert shown["outcome"]["held"] == 8
    assert shown["outcome"]["done"] == 20


def test_a_partial_end_is_an_error_that_names_what_failed() -> None:
    summary = ApplySummary(failed=((A, "400"),), unknown=((A, "lost"),), destroy=True, interrupted=True)
    warning, shown = map(read, event_lines(Finished(summary)))
    assert warning["@message"] == "Nobody was called or written to. Run mscode apply again to go on."
    assert shown["@level"] == "error"
    assert shown["changes"]["operation"] == "destroy"
    assert shown["outcome"]["failed"] == [{"addr": "voiceFiles.greeting", "reason": "400"}]
    assert shown["outcome"]["unknown"] == [{"addr": "voiceFiles.greeting", "reason": "lost"}]
    assert shown["outcome"]["interrupted"] is True


def test_the_plan_comes_first_change_by_change() -> None:
    check = Check("maxPeople", "fail", "too many", "agreed")
    quiet = planned(at("filters.a"), Action.NOOP)
    shown = [read(line) for line in plan_lines(plan(quiet, DONORS, INVITE, checks=(check, Check("maxCalls", "pass"))))]
    assert [line["type"] for line in shown] == ["planned_change", "planned_change", "change_summary", "diagnostic"]
    assert shown[1]["@message"] == "rsvpCalls.invite will be created and launched"
    assert shown[1]["change"]["resource"]["resource_type"] == "rsvpCalls"
    assert shown[1]["change"]["effects"] == ["dials"]
    assert shown[1]["change"]["reach"]["people"] == 1204
    assert shown[2]["changes"]["operation"] == "plan"
    assert shown[2]["@message"] == "Plan: 1 to add, 1 to change, 0 to destroy."
    assert shown[3]["@message"] == "Guard maxPeople: too many"
    assert shown[3]["@level"] == "error"


ACTIONS = [
    (planned(A, Action.CREATE, launch=launch()), "create"),
    (planned(A, Action.UPDATE), "update"),
    (planned(A, Action.UPDATE, halts=True), "halt"),
    (planned(A, Action.FORGET, halts=True), "halt"),
    (planned(A, Action.FORGET), "forget"),
    (planned(A, Action.DELETE), "delete"),
    (planned(A, Action.REPLACE_CREATE_FIRST), "replace"),
    (planned(A, Action.REPLACE_DELETE_FIRST), "replace"),
    (planned(A, Action.NOOP, launch=launch("resume")), "launch"),
    (planned(A, Action.NOOP, import_id="3"), "import"),
    (planned(A, Action.NOOP, previous_address=at("voiceFiles.old")), "move"),
]


@pytest.mark.parametrize(("change", "action"), ACTIONS)
def test_the_one_word_of_a_planned_change(change: Change, action: str) -> None:
    assert action_of(change) == action
    for line in plan_lines(plan(change)):
        read(line)


def test_lines_are_ascii_and_hold_no_number_of_anybody() -> None:
    hostile = "\x1b[31m\u202e+358401234567 anna@example.com\n"
    found = Diagnostic(hostile, detail=hostile, hint=hostile)
    reasons = ((A, hostile),)
    events: list[Event] = [
        Failed(A, "create", (found,)),
        Skipped(A, "create", hostile),
        Held(A, hostile),
        Notice(hostile),
        Finished(ApplySummary(failed=reasons, skipped=reasons, unknown=reasons)),
    ]
    lines = [line for event in events for line in event_lines(event)] + [diagnostic_line(found)]
    for line in lines:
        read(line)
        assert line.isascii()
        assert line.isprintable()
        assert "1234567" not in line
        assert "anna@" not in line


@pytest.mark.parametrize(
    "broken", [{"type": "surprise"}, {"hook": {}}, {"@level": "loud"}, {"hook": {"resource": {"addr": "no address"}}}]
)
def test_the_schema_refuses_what_is_no_event(broken: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(one(Started(A, "create")) | broken)


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(TypeError, match="no event"):
        list(event_lines("hello"))  # type: ignore[arg-type]
