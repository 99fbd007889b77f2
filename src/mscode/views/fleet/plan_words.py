"""What is said of the plans of a fleet, in every format."""

from __future__ import annotations

from collections import Counter
from datetime import UTC

from mscode.model.calling_window import parse_instant
from mscode.model.plurals import count
from mscode.model.project_file import FLEET_FILE
from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.fleet.plan_shapes import FleetPlanJson, FleetProjectPlanJson, FleetReachJson, Result
from mscode.views.plan.plan_shapes import CheckJson, TotalsJson
from mscode.views.text.findings import VERBS, is_finding
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import local, with_weekday

#: What came of a project, as people read it.
RESULTS: dict[Result, str] = {
    "changes": "changes",
    "no-changes": "no changes",
    "refused": "refused",
    "unknown": "unknown outcome",
    "error": "error",
}
#: What a guard over all projects does, by its status.
FLEET_VERBS = {**VERBS, "fail": "refuses these plans"}
#: Titles of the table. The columns from the third to the last but one are numbers.
TITLES = ("PROJECT", "RESULT", "ADD", "CHANGE", "DESTROY", "PEOPLE", "CALLS", "FIRST CALL (UTC)")
NUMBERS = tuple(range(2, 7))


def saved_line(data: FleetPlanJson, folder: str) -> str:
    """Where the plans lie, and the command that goes on with them: none where `mscode fleet apply` would refuse them all."""
    if data["shard"] is not None:
        shard = f"Saved the plans of shard {data['shard']} in {folder}."
        return f"{shard} To put all shards together: mscode fleet merge DIR... --out DIR"
    if any(check["status"] == "fail" for check in data["checks"]):
        return f"Saved the plans in {folder}. They cannot be applied: a guard of the fleet refuses them."
    if data["projects"] and all(project["plan"] is None for project in data["projects"]):
        return f"Saved the summary in {folder}. No project has a plan that can be applied."
    return f"Saved the plans in {folder}. To carry out exactly these: mscode fleet apply {folder}"


def cells(project: FleetProjectPlanJson) -> list[str]:
    """The texts of a project's row, a cell for each of `TITLES`; zeros are left out, so that the others are seen."""
    totals, reach = project["totals"], project["reach"]
    changes = [totals["add"], totals["change"], totals["remove"]] if totals is not None else [0] * 3
    numbers = [*changes, reach["people"], reach["maxCalls"]]
    return [
        project["path"],
        RESULTS[project["result"]],
        *(f"{number:,}" if number else "" for number in numbers),
        local(parse_instant(reach["firstCall"]), UTC) if reach["firstCall"] else "",
    ]


def title(data: FleetPlanJson) -> str:
    """`Plans of fleet agency: 12 projects`, with the shard."""
    shard = f", shard {data['shard']}" if data["shard"] else ""
    changed = f", changed since {data['changed_since'][:12]}" if data["changed_since"] else ""
    return f"Plans of fleet {data['fleet']}: {count(len(data['projects']), 'project')}{shard}{changed}"


def results_line(data: FleetPlanJson) -> str:
    """`7 with changes, 4 without, 1 refused`."""
    counts = Counter(project["result"] for project in data["projects"])
    words: dict[Result, str] = {
        "changes": "with changes",
        "no-changes": "without",
        "refused": "refused",
        "unknown": "with an unknown outcome",
        "error": "without a plan",
    }
    texts = [f"{counts[result]:,} {text}" for result, text in words.items() if counts[result]]
    return f"Projects: {', '.join(texts) or 'none'}."


def totals_line(totals: TotalsJson) -> str:
    """The line of totals, as of one plan."""
    parts = [f"{totals['import']:,} to import"] if totals["import"] else []
    parts += [f"{totals['move']:,} to move"] if totals["move"] else []
    parts += [f"{totals['add']:,} to add", f"{totals['change']:,} to change", f"{totals['remove']:,} to destroy"]
    parts += [f"{totals['forget']:,} to forget"] if totals["forget"] else []
    return f"Plan: {', '.join(parts)}."


def launch_line(reach: FleetReachJson) -> str:
    """The line of launches; "" where there are none."""
    if not reach["launches"]:
        return ""
    parts = [count(reach["launches"], "launch"), count(reach["people"], "person")]
    parts += [f"at most {count(reach['maxCalls'], 'call')}"] if reach["maxCalls"] else []
    parts += [f"at most {count(reach['maxMessages'], 'message')}"] if reach["maxMessages"] else []
    parts += [f"first call {with_weekday(parse_instant(reach['firstCall']), UTC)} UTC"] if reach["firstCall"] else []
    return f"Launch: {', '.join(parts)}."


def has_changes(data: FleetPlanJson) -> bool:
    """Does any project have something to do?"""
    return any(data["totals"].values())


def progress_line(project: FleetProjectPlanJson, done: int, of: int, seconds: float) -> str:
    """`[3/12] clients/aurora: Plan: 2 to add, …; after 2 s`."""
    texts = project["summary"] or ["No changes."]
    said = {"refused": " Refused.", "unknown": " An outcome is unknown and held."}.get(project["result"], "")
    if project["result"] == "error":
        errors = errors_of(project)
        texts = [f"Error: {errors[0]['summary'] if errors else 'no plan could be made'}"]
    return f"[{done}/{of}] {escape_unprintable(project['path'])}: {' '.join(texts)}{said} ({seconds:.0f} s)"


def errors_of(project: FleetProjectPlanJson) -> list[DiagnosticJson]:
    """Why a project has no plan; none where it has one, whatever its diagnostics say."""
    if project["result"] != "error":
        return []
    return [each for each in project["diagnostics"] if each["severity"] == "error"]


def noun_of(check: CheckJson) -> str:
    """What a verdict of a project's plan is called."""
    return "Check" if is_finding(check) else "Guard"


def place_of(project: FleetProjectPlanJson, error: DiagnosticJson) -> str:
    """`clients/aurora/voice.yaml:6:20`; "" where it has no place. One of fleet.yaml itself lies in no project."""
    if not error["file"]:
        return ""
    folder = "" if error["file"] == FLEET_FILE else f"{project['path']}/"
    return f"{folder}{error['file']}:{error['line'] or 1}:{error['column'] or 1}"
