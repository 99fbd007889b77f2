"""The schemas of what programs read: a plan, the event stream of an apply, drift, and an error."""

from __future__ import annotations

from mscode.views.apply.event_shapes import LINES, Envelope, Line
from mscode.views.drift.drift_shapes import DriftJson
from mscode.views.json_schema import BASE, DIALECT, Schema, published
from mscode.views.plan.plan_shapes import PlanFileJson, RefusalJson
from mscode.views.status.status_shapes import AllResultsJson, MessageResultsJson, ResultsJson, StatusJson


def plan_schema() -> Schema:
    """The schema of `plan --json`, `show --json` and the saved plan."""
    names = (
        "RefusalJson", "ResourceChangeJson", "ChangeJson", "ReachJson", "CalendarJson", "ViewJson", "ViewChangeJson",
        "ViewRowJson", "ViewLineJson", "ViewSegmentJson", "CheckJson", "NoteJson", "DiagnosticJson", "SourceJson",
    )  # fmt: skip
    schema, definitions = published(PlanFileJson | RefusalJson, names)
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}:plan",
        "title": "A plan of mscode",
        "description": "What `mscode plan --json` prints. Terraform's public plan format, as far as it fits.",
        **schema,
        "$defs": definitions,
    }


def drift_schema() -> Schema:
    """The schema of `drift --json`."""
    schema, definitions = published(DriftJson | RefusalJson, ("RefusalJson", "StandingJson", "DiagnosticJson"))
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}:drift",
        "title": "What mscode found of drift",
        "description": "What `mscode drift --json` prints.",
        **schema,
        "$defs": definitions,
    }


def error_schema() -> Schema:
    """The schema of what every `--json` prints where an error ends the command."""
    schema, definitions = published(RefusalJson, ("DiagnosticJson",))
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}:error",
        "title": "An error that ended a command of mscode",
        **schema,
        "$defs": definitions,
    }


def status_schema() -> Schema:
    """The schema of `status --json`."""
    names = ("CampaignJson", "StatusTotalsJson", "RefusalJson", "DiagnosticJson")
    schema, definitions = published(StatusJson | RefusalJson, names)
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}:status",
        "title": "Live campaigns of mscode",
        "description": "What `mscode status --json` prints; `mscode watch --json` prints one campaign a line, with more members.",
        **schema,
        "$defs": definitions,
    }


def results_schema() -> Schema:
    """The schema of `results --json`: one campaign or message, or several."""
    names = (
        "AllResultsJson", "ResultsJson", "MessageResultsJson", "ResultTotalsJson", "ReceiverJson", "MessageReceiverJson",
        "DayJson", "RefusalJson", "DiagnosticJson",
    )  # fmt: skip
    schema, definitions = published(ResultsJson | MessageResultsJson | AllResultsJson | RefusalJson, names)
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}:results",
        "title": "Results of campaigns by mscode",
        "description": "What `mscode results --json` prints: one object for one address or id, else all of them with totals.",
        **schema,
        "$defs": definitions,
    }


def events_schema() -> Schema:
    """The schema of one line of `apply --json`: the envelope, and for each type the members beside it."""
    envelope, _ = published(Envelope, ())
    lines, definitions = published(Line, ("ReachJson", "DiagnosticJson", "ReasonJson"))
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}:events",
        "title": "One event of an apply by mscode",
        "description": "`mscode apply --json` prints one such object a line.",
        **envelope,
        "allOf": [
            {"if": {"properties": {"type": {"const": kind}}, "required": ["type"]}, "then": line}
            for kind, line in zip(LINES, lines["anyOf"], strict=True)
        ],
        "$defs": definitions,
    }
