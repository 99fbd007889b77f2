"""The lines of `apply --json`, member by member. The descriptions are the schema's."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from mscode.plan.events import StepAction
from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.drift.drift_shapes import DriftCause
from mscode.views.json_schema import AddressText, Count, about
from mscode.views.plan.plan_shapes import Effect, ReachJson, TotalsJson

Level = Literal["info", "warn", "error"]
EventType = Literal[
    "version",
    "planned_change",
    "resource_drift",
    "change_summary",
    "apply_start",
    "apply_progress",
    "apply_complete",
    "apply_errored",
    "apply_skipped",
    "diagnostic",
]
_Addr = Annotated[AddressText, about("Its address.")]

Envelope = TypedDict(
    "Envelope",
    {
        "type": Annotated[EventType, about("What kind of line it is.")],
        "@timestamp": Annotated[
            str, Field(pattern="Z$"), about("When it was written: ISO 8601 in UTC, with milliseconds.")
        ],
        "@level": Annotated[Level, about("How bad it is.")],
        "@message": Annotated[str, about("What people read.")],
    },
)


class AddrJson(TypedDict):
    """The object."""

    addr: _Addr


class ObjectJson(AddrJson):
    """The object."""

    resource_type: Annotated[str, about("Its section.")]
    resource_name: Annotated[str, about("Its name.")]
    resource_key: NotRequired[Annotated[str | None, about("The key of one made by `forEach`.")]]


class PlannedChangeJson(TypedDict):
    """A planned change."""

    resource: ObjectJson
    action: Annotated[StepAction, about("What is done to it, in one word.")]
    actions: Annotated[list[str], about("As in the plan.")]
    previous_resource: NotRequired[Annotated[AddrJson, about("Where it is moved from.")]]
    reason: NotRequired[Annotated[str, about("Why.")]]
    effects: Annotated[list[Effect], about("As in the plan.")]
    reach: NotRequired[ReachJson]


class DriftedJson(TypedDict):
    """A difference from what was last applied."""

    resource: ObjectJson
    action: Annotated[Literal["update", "delete"], about("What happened to it in the live account.")]
    cause: Annotated[DriftCause, about("A person's action, or drift of configuration.")]


class HookJson(TypedDict):
    """A step."""

    resource: AddrJson
    action: Annotated[StepAction, about("What is done to it.")]
    id_value: Annotated[str | None, about("Id of the live object, where there is one.")]
    elapsed_seconds: Annotated[float, Field(ge=0), about("Since the step began.")]
    reason: NotRequired[Annotated[str, about("Why it was skipped or held.")]]
    done: NotRequired[Annotated[Count, about("How much is done.")]]
    total: NotRequired[Annotated[Count, about("Of how much.")]]
    unit: NotRequired[Annotated[str, about("Of what.")]]


class ReasonJson(TypedDict):
    """An address and why."""

    addr: _Addr
    reason: Annotated[str, about("Why.")]


class ChangesJson(TotalsJson):
    """Counts of what is planned, or done."""

    operation: Annotated[Literal["plan", "apply", "destroy"], about("`plan`: what is planned; else what was done.")]


class OutcomeJson(TypedDict):
    """How an apply ended."""

    done: Annotated[Count, about("Addresses whose step is done.")]
    held: Annotated[Count, about("Launches that were not sent.")]
    failed: Annotated[list[ReasonJson], about("Steps that failed.")]
    skipped: Annotated[list[ReasonJson], about("Steps that were not begun.")]
    unknown: Annotated[list[ReasonJson], about("Steps of which nobody knows whether they were done.")]
    interrupted: Annotated[bool, about("It was stopped by a signal.")]
    mid_edit: Annotated[
        list[ReasonJson], about("Campaigns that stay halted, since their edit ended before its resume.")
    ]


# ---- what each type of line holds beside the envelope ----------------------------------------------------------------


class VersionLine(TypedDict):
    """The first line."""

    mscode: Annotated[str, about("Version of mscode.")]
    ui: Annotated[str, about("Version of this stream.")]


class PlannedChangeLine(TypedDict):
    """One change of the plan."""

    change: PlannedChangeJson


class ResourceDriftLine(TypedDict):
    """What --refresh-only takes into the state."""

    change: DriftedJson


class ChangeSummaryLine(TypedDict):
    """The totals of the plan, or of what was done."""

    changes: ChangesJson
    outcome: NotRequired[OutcomeJson]


class StartLine(TypedDict):
    """A step began."""

    hook: HookJson


class ProgressLine(TypedDict):
    """A step goes on."""

    hook: HookJson


class CompleteLine(TypedDict):
    """A step is done and recorded."""

    hook: HookJson


class ErroredLine(TypedDict):
    """A step failed, or its outcome is unknown; a diagnostic follows."""

    hook: HookJson


class SkippedLine(TypedDict):
    """A step was not begun; `hook.reason` says why."""

    hook: HookJson


class DiagnosticLine(TypedDict):
    """An error or a warning."""

    diagnostic: DiagnosticJson
    errored: NotRequired[Annotated[Literal[True], about("An error has ended the run; this is the last line.")]]
    diagnostics: NotRequired[Annotated[list[DiagnosticJson], about("Every error that has ended the run.")]]


Line = (
    VersionLine
    | PlannedChangeLine
    | ResourceDriftLine
    | ChangeSummaryLine
    | StartLine
    | ProgressLine
    | CompleteLine
    | ErroredLine
    | SkippedLine
    | DiagnosticLine
)
LINES: dict[EventType, type] = {
    "version": VersionLine,
    "planned_change": PlannedChangeLine,
    "resource_drift": ResourceDriftLine,
    "change_summary": ChangeSummaryLine,
    "apply_start": StartLine,
    "apply_progress": ProgressLine,
    "apply_complete": CompleteLine,
    "apply_errored": ErroredLine,
    "apply_skipped": SkippedLine,
    "diagnostic": DiagnosticLine,
}
