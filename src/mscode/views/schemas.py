"""The schemas of what programs read: a plan, a rehearsal, the event stream of an apply, drift, and an error."""

from __future__ import annotations

from mscode.views.apply.event_shapes import LINES, Envelope, Line
from mscode.views.drift.drift_shapes import DriftJson
from mscode.views.fleet.apply_shapes import FleetApplyJson
from mscode.views.fleet.halt_shapes import FleetHaltJson
from mscode.views.fleet.list_shapes import FleetListJson
from mscode.views.fleet.plan_shapes import FleetPlanJson
from mscode.views.fleet.reading_shapes import FleetDriftJson, FleetHistoryJson, FleetStatusJson
from mscode.views.history.history_shapes import (
    DecisionJson,
    ExportedJson,
    ForgottenJson,
    HistoryJson,
    OtherRecordJson,
    PersonHistoryJson,
    RecordJson,
    VerificationJson,
)
from mscode.views.json_schema import BASE, DIALECT, Schema, published
from mscode.views.plan.plan_shapes import PlanFileJson, RefusalJson
from mscode.views.rehearsal.output_shapes import RehearsalOutputJson
from mscode.views.status.halt_shapes import HaltJson
from mscode.views.status.status_shapes import AllResultsJson, LiveEventJson, MessageResultsJson, ResultsJson, StatusJson


def plan_schema() -> Schema:
    """The schema of `plan --json`, `show --json` and the saved plan."""
    names = (
        "RefusalJson", "ResourceChangeJson", "ChangeJson", "ReachJson", "CalendarJson", "ViewJson", "ViewChangeJson",
        "ViewRowJson", "ViewLineJson", "ViewSegmentJson", "CheckJson", "NoteJson", "DiagnosticJson", "SourceJson",
        "RehearsalJson", "RehearsedCampaignJson", "ShareRangeJson", "CountRangeJson",
    )  # fmt: skip
    return _document(
        "plan",
        "A plan of mscode",
        *published(PlanFileJson | RefusalJson, names),
        description="What `mscode plan --json` prints. Terraform's public plan format, as far as it fits.",
    )


def fleet_list_schema() -> Schema:
    """The schema of `fleet list --json`."""
    names = ("RefusalJson", "ListedProjectJson", "RemovedProjectJson", "ShardJson", "DiagnosticJson")
    return _document(
        "fleet-list",
        "Projects of a fleet",
        *published(FleetListJson | RefusalJson, names),
        description="What `mscode fleet list --json` prints.",
    )


def fleet_plan_schema() -> Schema:
    """The schema of `fleet plan --json`, `fleet merge --json` and the summary that they write."""
    names = (
        "RefusalJson",
        "FleetProjectPlanJson",
        "FleetReachJson",
        "TotalsJson",
        "CheckJson",
        "SourceJson",
        "DiagnosticJson",
    )
    return _document(
        "fleet-plan",
        "Plans of a fleet",
        *published(FleetPlanJson | RefusalJson, names),
        description="What `mscode fleet plan --json` and `mscode fleet merge --json` print.",
    )


def fleet_apply_schema() -> Schema:
    """The schema of `fleet apply --json`."""
    names = ("RefusalJson", "FleetProjectApplyJson", "DiagnosticJson")
    return _document(
        "fleet-apply",
        "What came of the saved plans of a fleet",
        *published(FleetApplyJson | RefusalJson, names),
        description="What `mscode fleet apply --json` prints.",
    )


def fleet_status_schema() -> Schema:
    """The schema of `fleet status --json`."""
    names = ("RefusalJson", "ProjectStatusJson", "StatusJson", "CampaignJson", "StatusTotalsJson", "DiagnosticJson")
    return _document(
        "fleet-status",
        "Live campaigns of a fleet",
        *published(FleetStatusJson | RefusalJson, names),
        description="What `mscode fleet status --json` prints.",
    )


def fleet_drift_schema() -> Schema:
    """The schema of `fleet drift --json`."""
    names = ("RefusalJson", "ProjectDriftJson", "DriftJson", "StandingJson", "DiagnosticJson")
    return _document(
        "fleet-drift",
        "Drift in a fleet",
        *published(FleetDriftJson | RefusalJson, names),
        description="What `mscode fleet drift --json` prints.",
    )


def fleet_history_schema() -> Schema:
    """The schema of `fleet history --json`."""
    names = ("RefusalJson", "ProjectHistoryJson", "HistoryJson", "LaunchJson", "DiagnosticJson")
    return _document(
        "fleet-history",
        "Launches of a fleet",
        *published(FleetHistoryJson | RefusalJson, names),
        description="What `mscode fleet history --json` prints.",
    )


def halt_schema() -> Schema:
    """The schema of `halt --json`."""
    names = ("RefusalJson", "HaltedJson", "AtRestJson", "WithoutHaltJson", "HaltCountsJson", "DiagnosticJson")
    return _document(
        "halt",
        "What mscode has halted",
        *published(HaltJson | RefusalJson, names),
        description="What `mscode halt --json` prints.",
    )


def fleet_halt_schema() -> Schema:
    """The schema of `fleet halt --json`."""
    names = (
        "RefusalJson", "ProjectHaltJson", "HaltJson", "HaltedJson", "AtRestJson", "WithoutHaltJson", "HaltCountsJson",
        "DiagnosticJson",
    )  # fmt: skip
    return _document(
        "fleet-halt",
        "What mscode has halted in a fleet",
        *published(FleetHaltJson | RefusalJson, names),
        description="What `mscode fleet halt --json` prints.",
    )


def rehearsal_schema() -> Schema:
    """The schema of `rehearse --json`."""
    names = (
        "RehearsedCampaignJson", "ShareRangeJson", "CountRangeJson", "CheckJson", "SourceJson", "RefusalJson",
        "DiagnosticJson",
    )  # fmt: skip
    return _document(
        "rehearsal",
        "A rehearsal of mscode",
        *published(RehearsalOutputJson | RefusalJson, names),
        description="What `mscode rehearse --json` prints; `rehearsal` in a plan is the same without guards and warnings.",
    )


def drift_schema() -> Schema:
    """The schema of `drift --json`."""
    return _document(
        "drift",
        "What mscode found of drift",
        *published(DriftJson | RefusalJson, ("RefusalJson", "StandingJson", "DiagnosticJson")),
        description="What `mscode drift --json` prints.",
    )


def error_schema() -> Schema:
    """The schema of what every `--json` prints where an error ends the command."""
    return _document("error", "An error that ended a command of mscode", *published(RefusalJson, ("DiagnosticJson",)))


def status_schema() -> Schema:
    """The schema of `status --json`."""
    return _document(
        "status",
        "Live campaigns of mscode",
        *published(StatusJson | RefusalJson, ("CampaignJson", "StatusTotalsJson", "RefusalJson", "DiagnosticJson")),
        description="What `mscode status --json` prints; `mscode watch --json` prints one campaign a line, with more members, "
        "but for --listen, whose lines have a schema of their own.",
    )


def watch_schema() -> Schema:
    """The schema of a line of `watch --listen --json`."""
    return _document(
        "watch",
        "What happened to live campaigns of mscode",
        *published(LiveEventJson | RefusalJson, ("LiveEventJson", "RefusalJson", "DiagnosticJson")),
        description="A line that `mscode watch --listen --json` prints.",
    )


def results_schema() -> Schema:
    """The schema of `results --json`: one campaign or message, or several."""
    names = (
        "AllResultsJson", "ResultsJson", "MessageResultsJson", "ResultTotalsJson", "ReceiverJson", "MessageReceiverJson",
        "DayJson", "RefusalJson", "DiagnosticJson",
    )  # fmt: skip
    return _document(
        "results",
        "Results of campaigns by mscode",
        *published(ResultsJson | MessageResultsJson | AllResultsJson | RefusalJson, names),
        description="What `mscode results --json` prints: one object for one address or id, else all of them with totals.",
    )


def history_schema() -> Schema:
    """The schema of `history --json` and of its commands."""
    names = (
        "HistoryJson", "LaunchJson", "RecordJson", "DecisionJson", "OtherRecordJson", "PersonHistoryJson", "PersonLaunchJson",
        "PersonCallsJson", "WordsJson", "ChainJson", "ForgottenJson", "VerificationJson",
        "ExportedJson", "RefusalJson", "DiagnosticJson",
    )  # fmt: skip
    return _document(
        "history",
        "Records of launches by mscode",
        *published(
            HistoryJson
            | RecordJson
            | DecisionJson
            | OtherRecordJson
            | PersonHistoryJson
            | ForgottenJson
            | VerificationJson
            | ExportedJson
            | RefusalJson,
            names,
        ),
        description="What `mscode history --json` prints, and in this order `history show` (a launch, a decision, or another "
        "record), `person`, `forget`, `verify` and `export` with --json.",
    )


def events_schema() -> Schema:
    """The schema of one line of `apply --json`: the envelope, and for each type the members beside it."""
    envelope, _ = published(Envelope, ())
    lines, definitions = published(Line, ("ReachJson", "DiagnosticJson", "ReasonJson"))
    members = [
        {"if": {"properties": {"type": {"const": kind}}, "required": ["type"]}, "then": line}
        for kind, line in zip(LINES, lines["anyOf"], strict=True)
    ]
    return _document(
        "events",
        "One event of an apply by mscode",
        {**envelope, "allOf": members},
        definitions,
        description="`mscode apply --json` prints one such object a line.",
    )


def _document(name: str, title: str, schema: Schema, definitions: Schema, *, description: str = "") -> Schema:
    """A schema as it is published: `urn:mscode:schema:v1:<name>`. Without a description it has that of its type."""
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}:{name}",
        "title": title,
        **({"description": description} if description else {}),
        **schema,
        "$defs": definitions,
    }
