"""The published schemas say everything that is written, and no more than that of it: each member is described, and checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from mscode.errors import Diagnostic
from mscode.model.address import Address
from mscode.model.world import CampaignStatus, Entry, Live
from mscode.plan.change import Note, Plan, UnmanagedObject
from mscode.plan.drift.detect import Cause, Drift, FieldDrift
from mscode.plan.events import (
    ApplySummary,
    Completed,
    Failed,
    Finished,
    Held,
    Notice,
    Progress,
    Skipped,
    Started,
    Stopping,
)
from mscode.plan.lifecycle.send_status import SendStatus
from mscode.views.apply.apply_json import drift_lines, error_lines, event_lines, plan_lines, version_line
from mscode.views.diagnostics import to_json
from mscode.views.drift.drift_json import drift_json
from mscode.views.plan.plan_json import error_json, plan_json
from mscode.views.rehearsal.rehearsal_shapes import RehearsalJson
from mscode.views.schemas import drift_schema, error_schema, events_schema, plan_schema, rehearsal_schema
from tests.views.closed_schema import closed
from tests.views.forty import forty
from tests.views.plans import NOW, plan
from tests.views.rehearsals import BREACHED, campaign, rehearsal, without_accepts

A = Address.parse("rsvpCalls.invite.helsinki")


def drifts() -> tuple[Drift, ...]:
    entry = Entry(A, "7", applied={"description": "before", "receivers": "hmac:00"})
    live = Live("rsvpCalls", "7", {"description": "after"}, {}, status=CampaignStatus("active", 3, None))
    fields = (FieldDrift("description", "before", "after"), FieldDrift("receivers", None, None, hidden=True))
    standing = SendStatus("active", False, 3, 2, 1, 0, 60, 40, NOW)
    return (
        Drift(A, "7", Cause.PROGRESS, "goes on", "calling", entry, live, standing=standing),
        Drift(
            A,
            "7",
            Cause.PROGRESS,
            "waits",
            "waiting",
            entry,
            live,
            standing=replace(standing, wanted=None, latest=None),
        ),
        Drift(A, "7", Cause.OPERATOR, "was halted by a person", "operator-halt", entry, live, accepted=False),
        Drift(A, "7", Cause.CONFIGURATION, "has changed", "changed", entry, live, fields),
        Drift(Address("groups", "donors"), "8", Cause.OPERATOR, "is gone", "deleted", replace(entry, applied={})),
    )


def plain_rehearsal() -> RehearsalJson:
    """As a plan has it: guards and warnings stand in the plan."""
    data = rehearsal(campaign(), without_accepts())
    return {name: data[name] for name in RehearsalJson.__annotations__}  # type: ignore[misc, literal-required, return-value]


def plans() -> Iterator[Any]:
    diagnostic = to_json(Diagnostic("Two matches", detail="ids 3 and 4"))
    for shown in (
        plan(),
        forty(),
        replace(
            forty(),
            drift=drifts(),
            unmanaged={"groups": 2},
            unmanaged_objects=(UnmanagedObject("groups", "7", "Staff"), UnmanagedObject("smses", "8")),
            excluded=3,
            included_dependencies=("voiceFiles.hello",),
        ),
    ):
        yield plan_json(shown, timestamp=NOW, mscode_version="1", digest="0", rehearsal=plain_rehearsal())
    yield error_json([diagnostic])


def drift_outputs() -> Iterator[Any]:
    shown = Plan(
        "drive", "test", "sandbox:", "Europe/Helsinki", "UTC", NOW, drift=drifts(), notes=(Note("a.b", "x", "y"),)
    )
    yield drift_json(shown, mscode_version="1")
    yield drift_json(plan(), mscode_version="1")
    yield error_json([to_json(Diagnostic("Two matches"))])


def errors() -> Iterator[Any]:
    yield error_json([to_json(Diagnostic("It failed"))])


def events() -> Iterator[Any]:
    reason = ((A, "was stopped"),)
    summary = ApplySummary(failed=reason, skipped=reason, unknown=reason, mid_edit=(A,), interrupted=True)
    stream = (
        Started(A, "create"),
        Progress(A, "create", elapsed=1.5, done=3, total=7, unit="rows"),
        Completed(A, "create", elapsed=2.0, id="7"),
        Failed(A, "create", (Diagnostic("It failed"),)),
        Skipped(A, "update", "it was stopped"),
        Held(A, "nobody said yes"),
        Notice("A lock was taken over", A),
        Stopping("It ends"),
        Finished(summary),
    )
    lines = [version_line(), *plan_lines(forty()), *drift_lines(plan(drift=drifts()))]
    lines += [line for event in stream for line in event_lines(event)]
    lines += error_lines([Diagnostic("It failed"), Diagnostic("So did this")])
    yield from map(json.loads, lines)


def rehearsals() -> Iterator[Any]:
    yield from (BREACHED, rehearsal(), rehearsal(campaign(), without_accepts()))
    yield error_json([to_json(Diagnostic("It failed"))])


OUTPUTS = {
    "plan": (plan_schema(), list(plans())),
    "rehearsal": (rehearsal_schema(), list(rehearsals())),
    "drift": (drift_schema(), list(drift_outputs())),
    "events": (events_schema(), list(events())),
    "error": (error_schema(), list(errors())),
}
EACH = [(name, at) for name, (_, outputs) in OUTPUTS.items() for at in range(len(outputs))]


def closed_events(schema: Any) -> Any:
    """The members of a line are those of the envelope and of its type together: only the whole can be closed."""
    lines = [{**rule, "then": {**closed(rule["then"])}} for rule in schema["allOf"]]
    for rule in lines:
        del rule["then"]["unevaluatedProperties"]
    return {**schema, "allOf": lines, "unevaluatedProperties": False, "$defs": closed(schema["$defs"])}


def objects(data: Any) -> Iterator[dict[str, Any]]:
    """Every object in JSON data."""
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from objects(value)
    if isinstance(data, dict):
        yield data


@pytest.mark.parametrize(("name", "at"), EACH)
def test_every_member_that_is_written_is_described(name: str, at: int) -> None:
    schema, outputs = OUTPUTS[name]
    strict = closed_events(schema) if name == "events" else closed(schema)
    jsonschema.Draft202012Validator(strict).validate(json.loads(json.dumps(outputs[at])))


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_member_that_a_later_version_adds_is_no_mistake(name: str) -> None:
    schema, outputs = OUTPUTS[name]
    for output in json.loads(json.dumps(outputs)):
        for data in objects(output):
            # `reach` and `unmanaged` map addresses and sections, which are no members, and may be empty.
            if data and not any("." in name or name == "groups" for name in data):
                data["addedLater"] = {"any": ["thing"]}
        jsonschema.Draft202012Validator(schema).validate(output)


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_member_that_a_schema_requires_is_missed_and_its_type_is_checked(name: str) -> None:
    schema, outputs = OUTPUTS[name]
    validator = jsonschema.Draft202012Validator(schema)
    for output in json.loads(json.dumps(outputs)):
        for member in _required(schema, output):
            without = {key: value for key, value in output.items() if key != member}
            assert not validator.is_valid(without), member
            of_another_type = deepcopy(output) | {member: 1.5}
            assert not validator.is_valid(of_another_type), member


def _required(schema: Any, output: dict[str, Any]) -> list[str]:
    """Those of the output's own form: a plan or a refusal, or a line's type with the envelope."""
    if "properties" in schema and "allOf" not in schema:
        return list(schema["required"])
    if "anyOf" not in schema:
        [then] = [
            rule["then"] for rule in schema["allOf"] if rule["if"]["properties"]["type"]["const"] == output["type"]
        ]
        return [*schema["required"], *then["required"]]
    whole = schema["$defs"]["refusal"] if output.get("errored") is True else schema["anyOf"][0]
    return list(whole["required"])
