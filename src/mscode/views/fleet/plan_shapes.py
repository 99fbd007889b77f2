"""What `mscode fleet plan --json` and `fleet merge --json` print, and summary/summary.json holds; with the schema's texts."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.json_schema import Count, FromOne, Instant, about
from mscode.views.plan.plan_shapes import CheckJson, TotalsJson

Shard = Annotated[str, Field(pattern=r"^[1-9]\d{0,4}/[1-9]\d{0,4}$")]
#: What came of a project.
Result = Literal["changes", "no-changes", "refused", "unknown", "error"]


class FleetReachJson(TypedDict):
    """Whom launches may call or write to, and when."""

    launches: Annotated[Count, about("Launches.")]
    people: Annotated[Count, about("Numbers and e-mail addresses that they reach, each once.")]
    maxCalls: Annotated[Count, about("Calls at most, redials among them.")]
    maxMessages: Annotated[Count, about("Messages at most.")]
    firstCall: Annotated[Instant | None, about("The earliest instant at which any may ring, in UTC.")]
    lastCall: Annotated[Instant | None, about("The latest instant at which any may ring, in UTC.")]


class FleetProjectPlanJson(TypedDict):
    """A project and its plan."""

    path: Annotated[str, about("Its folder, relative to fleet.yaml.")]
    project: Annotated[str, about("Its name; empty where it cannot be read.")]
    environment: Annotated[str, about("Its environment; empty where none is known.")]
    wave: Annotated[FromOne, about("When it is applied: lower ones first.")]
    result: Annotated[
        Result,
        about(
            "`refused`: a guard refuses its plan. `unknown`: an outcome is unknown and held. `error`: no plan could be made."
        ),
    ]
    exit_code: Annotated[Count, about("As `mscode plan` would end.")]
    plan: Annotated[str | None, about("File of its plan in the folder of the run; null where there is none.")]
    plan_sha256: Annotated[str | None, about("sha256 (hex) of that file as it was written; null where there is none.")]
    digest: Annotated[str | None, about("Digest of its plan; null where there is none.")]
    totals: Annotated[TotalsJson | None, about("Counts of its changes; null where there is no plan.")]
    reach: FleetReachJson
    summary: Annotated[list[str], about("The lines of totals and launches, as people read them.")]
    checks: Annotated[list[CheckJson], about("What its guards and rules say, but for what passes.")]
    diagnostics: Annotated[list[DiagnosticJson], about("Its errors and warnings.")]


class FleetPlanJson(TypedDict):
    """The plans of a fleet."""

    format_version: Annotated[Literal["1.0"], about("Version of this format.")]
    mscode_version: Annotated[str, about("Version of the mscode that made the plans.")]
    timestamp: Annotated[Instant, about("When the run began, in UTC.")]
    fleet: Annotated[str, about("Name of the fleet.")]
    runs: Annotated[list[str], about("Ids of the run, or of the runs of the shards that were merged.")]
    shard: Annotated[Shard | None, about("`1/4` of one shard; null of all projects.")]
    selection: Annotated[str, about("sha256 of the paths of all projects of the run, those of other shards too.")]
    changed_since: Annotated[str, about("The commit of `--changed-since`; empty without.")]
    commit: NotRequired[Annotated[str, about("The commit that they were made of, where it is known.")]]
    branch: NotRequired[Annotated[str, about("Its branch, where it is known.")]]
    projects: Annotated[list[FleetProjectPlanJson], about("The projects, by path.")]
    checks: Annotated[list[CheckJson], about("What the guards of fleet.yaml say over all projects.")]
    totals: TotalsJson
    reach: FleetReachJson
    override: Annotated[list[str], about("Guards of fleet.yaml that are overridden.")]
    digest: Annotated[str, about("sha256 over the digests of the plans.")]
    exit_code: Annotated[Count, about("As the command ends, without `--detailed-exitcode`.")]
