"""The plans of a fleet as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mscode.views.fleet.plan_shapes import FleetPlanJson
from mscode.views.fleet.plan_words import (
    FLEET_VERBS,
    NUMBERS,
    TITLES,
    cells,
    errors_of,
    has_changes,
    launch_line,
    noun_of,
    place_of,
    results_line,
    title,
    totals_line,
)
from mscode.views.html.page import POLICY
from mscode.views.html.template import render, stylesheet
from mscode.views.plan.headline import DIALS
from mscode.views.plan.plan_shapes import CheckJson
from mscode.views.text.findings import VERBS, summary_of


def fleet_html(data: FleetPlanJson) -> str:
    """The page."""
    launch = launch_line(data["reach"])
    return render(
        "fleet.html",
        policy=POLICY,
        stylesheet=stylesheet(),
        title=title(data),
        totals=totals_line(data["totals"]) if has_changes(data) else "No changes in any project.",
        launch=f"{DIALS} {launch}" if launch else "",
        results=results_line(data),
        guards=[_check(check, FLEET_VERBS) for check in data["checks"] if check["status"] != "pass"],
        obstacles=list(_obstacles(data)),
        titles=TITLES,
        numbers=NUMBERS,
        rows=[{"cells": cells(project), "result": project["result"]} for project in data["projects"]],
        version=data["mscode_version"],
        timestamp=data["timestamp"],
        commit=data.get("commit", "")[:12],
        digest=data["digest"],
    )


def _obstacles(data: FleetPlanJson) -> Iterator[dict[str, Any]]:
    """Projects that have no plan, or one that is refused."""
    for project in data["projects"]:
        errors = [
            {"summary": error["summary"], "more": [place_of(project, error), error["detail"], error["hint"]]}
            for error in errors_of(project)
        ]
        refusals = [_check(check) for check in project["checks"] if check["status"] == "fail"]
        if errors or refusals:
            yield {"path": project["path"], "errors": errors, "checks": refusals}


def _check(check: CheckJson, verbs: Mapping[str, str] = VERBS) -> dict[str, Any]:
    return {
        "status": check["status"],
        "name": check["name"],
        "verb": verbs[check["status"]],
        "noun": noun_of(check),
        "summary": summary_of(dict(check)),
        "reason": check["reason"],
        "lines": check.get("lines", []),
    }
