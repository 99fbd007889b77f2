"""`mscode plan`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from mscode.app.ci import is_job, report_plan, write_gitlab_report
from mscode.app.invocation import Invocation
from mscode.app.plan import PlanOutcome, make_plan
from mscode.app.workspace import error_data, load_work, show_plan
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument
from mscode.cli.completing import FileType
from mscode.cli.formats import DOCUMENTS, Drawing, format_options, show_data
from mscode.cli.options import deletes_option, options_of, planning_options, refuse_others, rehearsal_options
from mscode.errors import MscodeError, UsageError

if TYPE_CHECKING:
    from mscode.plan.inputs import Options
    from mscode.views.plan.plan_json import Readers


@make_command(
    "plan",
    examples=(
        "mscode plan",
        "mscode plan --out plan.json",
        "mscode --env production plan --json drives/spring",
        "mscode plan --format html > plan.html",
    ),
)
@directory_argument
@format_options
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit with 2 where there are changes, with 0 where there are none."
)
@click.option("--destroy", is_flag=True, help="Plan the deletion of everything managed.")
@click.option("--unmanaged", is_flag=True, help="List the live objects that no project manages.")
@click.option(
    "--rehearse",
    is_flag=True,
    help="Play the plan to its end in memory, as `mscode rehearse` does, and add what comes of it.",
)
@rehearsal_options
@click.option("--refresh-only", is_flag=True, help="Only show how the live account differs from the state.")
@click.option("--at", default="", metavar="TIME", help="Plan as if it were this time, like 2026-12-01T09:00.")
@click.option(
    "--out", type=FileType(dir_okay=False), metavar="FILE", help="Save the plan to a file, for `mscode apply FILE`."
)
@click.option(
    "--gitlab-report",
    default="",
    metavar="FILE",
    help="Write the counts that GitLab shows in a merge request to a file.",
)
@deletes_option
@planning_options
def command(
    inv: Invocation,
    directory: Path,
    as_json: bool,
    shape: str,
    max_bytes: int,
    detailed_exitcode: bool,
    destroy: bool,
    unmanaged: bool,
    refresh_only: bool,
    at: str,
    out: Path | None,
    gitlab_report: str,
    **planning: Any,
) -> int:
    """Show what `mscode apply` would change, by comparing the manifests with the live account.

    Nothing is changed: plan sends nothing but GET.
    """
    form, drawing = "json" if as_json else shape, Drawing(max_bytes, directory, inv.compact)
    wants_data = form in DOCUMENTS or bool(gitlab_report) or is_job(inv.variables)
    try:
        course = _course_of(planning)
        options = options_of(**planning, destroy=destroy, list_unmanaged=unmanaged)
        if refresh_only:
            refuse_others(options, at=at, out=out, gitlab_report=gitlab_report, rehearse=course)
            return _refresh(inv, directory, form, detailed_exitcode=detailed_exitcode)
        outcome = _planned(inv, directory, options, at, course, with_drift=wants_data or out is not None)
    except MscodeError as error:
        _refused(inv, error, directory, form, drawing)
        raise
    if form not in DOCUMENTS:
        show_plan(outcome.work, outcome.plan)
        if course is not None:
            _show_rehearsal(inv, outcome)
    code = outcome.exit_code(detailed=detailed_exitcode)
    if out is not None:
        from mscode.app.saved_plan import save_plan

        save_plan(outcome, out)
        folder = f"-C {inv.folder} " if inv.folder is not None else ""
        inv.out.info(f"\nSaved the plan to {out}. To carry out exactly this: mscode {folder}apply {out}")
    if wants_data:
        is_read_whole = form not in ("markdown", "html") or bool(gitlab_report) or is_job(inv.variables)
        data = outcome.data(readers="programs" if is_read_whole else cast("Readers", form))
        if form in DOCUMENTS:
            show_data(inv.out, data, form, drawing)
        if not inv.show_people:  # the files of a job are no terminal
            report_plan(inv, data, directory, 0 if code == 2 else code, str(out or ""))
        if gitlab_report:
            write_gitlab_report(gitlab_report, data)
    return code


#: Runs and seed of a rehearsal, None for those that it has by itself.
Course = tuple[int | None, int | None]


def _course_of(given: dict[str, Any]) -> Course | None:
    """Take the options of a rehearsal out of those that were given; None without --rehearse."""
    rehearse, course = given.pop("rehearse"), (given.pop("runs"), given.pop("seed"))
    if not rehearse and course != (None, None):
        raise UsageError("--runs and --seed go with --rehearse")
    return course if rehearse else None


def _planned(
    inv: Invocation, directory: Path, options: Options, at: str, course: Course | None, *, with_drift: bool
) -> PlanOutcome:
    """The plan, with its rehearsal where there is a `course`."""
    if course is None:
        return make_plan(inv, directory, options, at=at, with_drift=with_drift)
    from mscode.app.rehearsal.rehearse import Settings, plan_and_rehearse
    from mscode.views.rehearsal.progress import RehearsalProgress

    with RehearsalProgress(inv.out) as progress:
        settings = Settings(*course, progress)
        return plan_and_rehearse(lambda: load_work(inv, directory, options, at), settings, with_drift=with_drift)


def _show_rehearsal(inv: Invocation, outcome: PlanOutcome) -> None:
    """What became of a plan in its rehearsal, in text; or that it was not rehearsed."""
    from mscode.app.rehearsal.rehearse import NOT_REHEARSED
    from mscode.views.rehearsal.rehearsal_text import plan_lines
    from mscode.views.text.width import terminal_width

    if outcome.rehearsal is None:
        inv.out.info(f"\n{NOT_REHEARSED}")
    else:
        inv.out.write_lines(plan_lines(outcome.rehearsal, terminal_width(sys.stdout)))


def _refresh(inv: Invocation, directory: Path, form: str, *, detailed_exitcode: bool) -> int:
    """Show what `--refresh-only` would take into the state; gives the exit code."""
    if form not in ("text", "json", "markdown"):
        raise UsageError(f"--refresh-only has no --format {form}", hint="It has text, json and markdown.")
    from mscode.app.refresh import plan_refresh

    outcome = plan_refresh(inv, directory)
    if form == "json":
        inv.out.json(json.dumps(outcome.data(), indent=2))
    elif form == "markdown":
        from mscode.views.drift.drift_markdown import drift_markdown

        inv.out.document(drift_markdown(outcome.plan, mask=outcome.workspace.full_masker))
    else:
        from mscode.app.reporting import TextReporter

        TextReporter(inv).refresh(outcome.workspace, outcome.plan)
    return 2 if detailed_exitcode and outcome.accepted else 0


def _refused(inv: Invocation, error: MscodeError, directory: Path, form: str, drawing: Drawing) -> None:
    """Report why no plan could be made: on stdout in the requested format (stderr has it as text), and to the CI."""
    data = error_data(error)
    if form in DOCUMENTS and form != "json":  # that is printed for every command (`cli.app`)
        show_data(inv.out, data, form, drawing)
    report_plan(inv, data, directory, error.exit_code)
