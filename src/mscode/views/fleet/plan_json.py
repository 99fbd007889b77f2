"""The plans of a fleet as data: a project's from its plan's JSON, and all of them together."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Sequence

from mscode.errors import Diagnostic, GuardError, UnknownOutcome, worst
from mscode.plan.change import TO_GO_ON, Check
from mscode.views.diagnostics import to_json
from mscode.views.fleet.plan_shapes import FleetProjectPlanJson, FleetReachJson, Result
from mscode.views.plan.plan_json import check_json
from mscode.views.plan.plan_shapes import CheckJson, PlanJson, ReachJson, TotalsJson

NO_TOTALS: TotalsJson = {"import": 0, "move": 0, "add": 0, "change": 0, "remove": 0, "forget": 0, "launch": 0}


def planned_json(path: str, wave: int, data: PlanJson, people: int, exit_code: int) -> FleetProjectPlanJson:
    """A project whose plan was made. `data` is the plan's JSON, without people's data; `people` are those of all its launches
    together, each once.
    """
    view = data.get("view")
    summary = [view["totals"], *view["launch"]] if view is not None else []
    totals = data.get("totals")
    alone = f"mscode apply {shlex.quote(path)} --env {shlex.quote(data['environment'])}"
    return {
        "path": path,
        "project": data["project"],
        "environment": data["environment"],
        "wave": wave,
        "result": _result(exit_code, has_changes=bool(view is not None and view["totals"])),
        "exit_code": exit_code,
        "plan": None,
        "plan_sha256": None,
        "digest": data["digest"],
        "totals": totals if totals is not None else NO_TOTALS,
        "reach": _reach(data["reach"].values(), people),
        "summary": [line for line in summary if line],
        "checks": [_by_command(check, alone) for check in data["checks"] if check["status"] != "pass"],
        "diagnostics": data.get("diagnostics", []),
    }


def failed_json(
    path: str, wave: int, project: str, environment: str, diagnostics: Iterable[Diagnostic], exit_code: int
) -> FleetProjectPlanJson:
    """A project of which no plan could be made."""
    return {
        "path": path,
        "project": project,
        "environment": environment,
        "wave": wave,
        "result": "error",
        "exit_code": exit_code,
        "plan": None,
        "plan_sha256": None,
        "digest": None,
        "totals": None,
        "reach": _reach((), 0),
        "summary": [],
        "checks": [],
        "diagnostics": list(map(to_json, diagnostics)),
    }


def _result(exit_code: int, *, has_changes: bool) -> Result:
    if exit_code == UnknownOutcome.exit_code:
        return "unknown"
    if exit_code == GuardError.exit_code:
        return "refused"
    return "changes" if has_changes else "no-changes"


def _reach(launches: Iterable[ReachJson], people: int) -> FleetReachJson:
    reaches = list(launches)
    return {
        "launches": len(reaches),
        "people": people,
        "maxCalls": sum(reach["maxCalls"] for reach in reaches),
        "maxMessages": sum(reach.get("maxMessages", 0) for reach in reaches),
        "firstCall": min(filter(None, (reach["firstCall"] for reach in reaches)), default=None),
        "lastCall": max(filter(None, (reach["lastCall"] for reach in reaches)), default=None),
    }


# ---- all of them -----------------------------------------------------------------------------------------------------


def totals_over(projects: Iterable[FleetProjectPlanJson]) -> TotalsJson:
    """The counts of all projects together."""
    totals = [project["totals"] or NO_TOTALS for project in projects]
    return {
        "import": sum(each["import"] for each in totals),
        "move": sum(each["move"] for each in totals),
        "add": sum(each["add"] for each in totals),
        "change": sum(each["change"] for each in totals),
        "remove": sum(each["remove"] for each in totals),
        "forget": sum(each["forget"] for each in totals),
        "launch": sum(each["launch"] for each in totals),
    }


def reach_over(projects: Iterable[FleetProjectPlanJson], people: int) -> FleetReachJson:
    """The launches of all projects together; `people` are those whom they reach, each once."""
    reaches = [project["reach"] for project in projects]
    return {
        "launches": sum(reach["launches"] for reach in reaches),
        "people": people,
        "maxCalls": sum(reach["maxCalls"] for reach in reaches),
        "maxMessages": sum(reach["maxMessages"] for reach in reaches),
        "firstCall": min(filter(None, (reach["firstCall"] for reach in reaches)), default=None),
        "lastCall": max(filter(None, (reach["lastCall"] for reach in reaches)), default=None),
    }


def digest_over(projects: Iterable[FleetProjectPlanJson]) -> str:
    """sha256 (hex) over the digests of all plans."""
    rows = sorted(f"{project['path']}\0{project['digest'] or ''}\n" for project in projects)
    return hashlib.sha256("".join(rows).encode()).hexdigest()


def checks_json(checks: Iterable[Check]) -> list[CheckJson]:
    """The verdicts of the guards over all projects: they name projects and campaigns, and no person."""
    return [_by_command(check_json(check, lambda text: text), "mscode fleet plan") for check in checks]


def _by_command(check: CheckJson, command: str) -> CheckJson:
    """With the command before the options that go on: those of a project's guard are not those of the fleet's."""
    lines = check.get("lines", [])
    named = [
        line.replace(TO_GO_ON, f"{TO_GO_ON}{command} ", 1) if line.startswith(TO_GO_ON) else line for line in lines
    ]
    return {**check, "lines": named} if named != lines else check


def exit_code_over(projects: Sequence[FleetProjectPlanJson], checks: Iterable[CheckJson]) -> int:
    """The first in the order of exit codes over all projects, and over the guards of the fleet."""
    refused = any(check["status"] == "fail" for check in checks)
    return worst(*(project["exit_code"] for project in projects), GuardError.exit_code if refused else 0)
