"""The folder of a run: what `mscode fleet plan --out DIR` writes, `fleet merge` puts together and `fleet apply DIR` carries out.

    clients__aurora.json     the plan of the project clients/aurora
    people.hashes            whom the plans reach, as hashes (people.py)
    summary/summary.json     what came of every project; with .txt, .md and .html
    logs/clients__aurora.log what the project's process printed

The summary is written last. Without it the folder is none of a run, so that one that was interrupted is not applied.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.app.fleet.people import ANEW, FILE, line_hash, reaches_of, read_people, write_people
from mscode.app.fleet.projects import file_stem
from mscode.app.json_file import read_json_file
from mscode.errors import ConfigError, MscodeError, StalePlan
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.app.plan_file import PlanFile
    from mscode.plan.change import Check
    from mscode.views.fleet.plan_shapes import FleetPlanJson, FleetProjectPlanJson

SUMMARY, LOGS = "summary", "logs"
_SUMMARY_FILE = "summary.json"
_MOST_BYTES = 2**28


def plan_name(path: str) -> str:
    """The file of a project's plan in the folder of a run."""
    return f"{file_stem(path)}.json"


def file_hash(path: Path) -> str:
    """sha256 (hex) of a plan's file, "" where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


# ---- writing ---------------------------------------------------------------------------------------------------------


def begin_folder(folder: Path, paths: Iterable[str]) -> None:
    """Make the folder of a run, and take out of it what an earlier run has left: its summary first, and the plans of these
    projects and of those that the summary names. ConfigError where that is not possible, or where the folder has other content.
    """
    try:
        earlier = _plans_named_in(folder)
        if folder.is_dir() and any(folder.iterdir()) and earlier is None:
            raise ConfigError(
                f"{folder} has content, and is no folder of `mscode fleet plan`",
                detail="Its plans would be mixed with others. Nothing was written.",
                hint="Name a new folder, or an empty one.",
                code="folder-in-use",
            )
        shutil.rmtree(folder / SUMMARY, ignore_errors=True)
        shutil.rmtree(folder / LOGS, ignore_errors=True)
        for name in {FILE, *map(plan_name, paths), *(earlier or ())}:
            (folder / name).unlink(missing_ok=True)
        (folder / LOGS).mkdir(parents=True, exist_ok=True)
        (folder / SUMMARY).mkdir(exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror}", code="unwritable") from None


def _plans_named_in(folder: Path) -> list[str] | None:
    """The plans that the summary of an earlier run names; empty for a run that did not come to its end, None where the folder is
    none of a run."""
    if not (folder / SUMMARY).is_dir() and not (folder / LOGS).is_dir():
        return None
    try:
        data = read_json_file(folder / SUMMARY / _SUMMARY_FILE, _MOST_BYTES)
    except MscodeError:
        return []
    rows = data.get("projects") if isinstance(data, dict) else None
    paths = [row.get("path") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [plan_name(path) for path in paths if isinstance(path, str) and "\0" not in path]


def write_run(
    folder: Path, data: FleetPlanJson, key_name: str, lines: Iterable[str], quiet: Callable[[str], str]
) -> None:
    """Write the hashes of a run and its summary in every form; ConfigError where that fails. `quiet` keeps secrets out."""
    from mscode.views.fleet.plan_html import fleet_html
    from mscode.views.fleet.plan_markdown import fleet_markdown
    from mscode.views.fleet.plan_text import fleet_lines
    from mscode.views.plan.segments import plain

    write_people(folder, key_name, lines)
    texts = {
        "summary.txt": plain(fleet_lines(data)),
        "summary.md": fleet_markdown(data),
        "summary.html": fleet_html(data),
        _SUMMARY_FILE: f"{json.dumps(data, indent=1)}\n",
    }
    try:
        for name, text in texts.items():
            (folder / SUMMARY / name).write_text(quiet(text), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{folder / SUMMARY} cannot be written: {error.strerror}", code="unwritable") from None


# ---- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of a run that was read. `lines` are those of people.hashes by project, `key_name` names their key."""

    path: Path
    data: FleetPlanJson
    key_name: str
    lines: Mapping[str, str] = field(repr=False)

    @property
    def planned(self) -> list[FleetProjectPlanJson]:
        """The projects that have a plan."""
        return [project for project in self.data["projects"] if project["plan"] is not None]

    def check_plans(self) -> dict[str, PlanFile]:
        """The plan of each project that has one, by its path. StalePlan unless all are of this run, with the people that they were
        made with, each file is as it was written, and no other plan is there. This finds an edit before any project has begun;
        one that mends the hash in the summary too is found by the `apply` of its project, which has the key of its `mac`.
        """
        from mscode.app.plan_file import read

        others = sorted({path.name for path in self.path.glob("*.json")} - {str(p["plan"]) for p in self.planned})
        if others:
            raise _not_of_run(self.path / others[0], "is not named in the summary of the run")
        plans: dict[str, PlanFile] = {}
        for project in self.planned:
            plan = plans[project["path"]] = read(self.path / plan_name(project["path"]))
            self._check_plan(project, plan)
        return plans

    def _check_plan(self, project: FleetProjectPlanJson, plan: PlanFile) -> None:
        run = plan.saved.run
        if run is None or run.id not in self.data["runs"] or run.key_id != self.key_name:
            raise _not_of_run(plan.path, "was made in another run than the rest of the folder")
        if plan.text("digest") != project["digest"]:
            raise _not_of_run(plan.path, "is another plan than the summary names")
        if run.people != line_hash(self.lines.get(project["path"], "")):
            raise _not_of_run(plan.path, f"reaches other people than {FILE} says")
        if sorted(run.override) != sorted(self.data["override"]):
            raise _not_of_run(plan.path, "was made with other guards overridden")
        if file_hash(plan.path) != project["plan_sha256"]:
            raise _not_of_run(plan.path, "was edited after it was made")

    def judge(self, guards: Mapping[str, Any]) -> list[Check]:
        """What the guards of fleet.yaml say over all of its projects, with the overrides of the run."""
        from mscode.plan.guards.over_projects import checks_over

        return checks_over(reaches_of(self.lines.values()), guards, frozenset(self.data["override"]))


def read_run(folder: Path) -> RunFolder:
    """The folder of a run; StalePlan (3) where it is none, or none that came to its end."""
    from pydantic import TypeAdapter, ValidationError

    from mscode.views.fleet.plan_shapes import FleetPlanJson

    path = folder / SUMMARY / _SUMMARY_FILE
    try:
        data = TypeAdapter(FleetPlanJson).validate_python(read_json_file(path, _MOST_BYTES))
    except ValidationError:
        raise _not_of_run(path, "is no summary of `mscode fleet plan`") from None
    except MscodeError as error:
        raise StalePlan(
            f"{folder} is no folder of `mscode fleet plan` that came to its end",
            detail=error.diagnostics[0].summary,
            hint=ANEW,
            code="stale-plan",
        ) from None
    names = [project["path"] for project in data["projects"]]
    if len(set(names)) < len(names) or any(p["plan"] not in (None, plan_name(p["path"])) for p in data["projects"]):
        raise _not_of_run(path, "names a project twice, or a plan by another name")
    key_name, lines = read_people(folder)
    return RunFolder(folder, data, key_name, lines)


def _not_of_run(path: Path, reason: str) -> StalePlan:
    return StalePlan(f"{path} {reason}", detail="Nothing was applied.", hint=ANEW, code="stale-plan")
