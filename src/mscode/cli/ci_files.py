"""What a CI's job leaves behind: the step summary and the outputs of GitHub, its annotations, and GitLab's report.

Written only where the variables of that CI say so. The files are the runner's; nothing is written that outside text could turn
into something else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.cli.frame import variable
from mscode.errors import MscodeError

if TYPE_CHECKING:
    from mscode.views.console import Out

#: GitHub takes a megabyte of summary from one step; several plans of one step share it.
SUMMARY_BYTES = 250_000
Data = Mapping[str, Any]


def is_job() -> bool:
    """Is there a CI that wants to know more than an exit code?"""
    return any(map(variable, ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ACTIONS")))


def report_plan(out: Out, data: Data, project: Path, exit_code: int, plan_path: str = "") -> None:
    """A plan was made, or could not be (`data` is then its errors): summary, outputs, annotations."""
    if target := variable("GITHUB_STEP_SUMMARY"):
        from mscode.views.markdown import plan_markdown

        _append(target, plan_markdown(data, max_bytes=SUMMARY_BYTES) + "\n")
    report_outputs(data, exit_code, plan_path)
    if variable("GITHUB_ACTIONS") == "true":
        from mscode.views.findings import findings_of_plan
        from mscode.views.github import annotation_lines

        for line in annotation_lines(findings_of_plan(data, in_repository(project))):
            out.command(line)


def report_drift(markdown: str) -> None:
    """What `mscode drift` found, in the step summary."""
    if target := variable("GITHUB_STEP_SUMMARY"):
        _append(target, markdown + "\n")


def report_outputs(data: Data, exit_code: int, plan_path: str = "") -> None:
    """The outputs alone."""
    if target := variable("GITHUB_OUTPUT"):
        from mscode.views.ci import outputs_of
        from mscode.views.github import output_file

        _append(target, output_file(outputs_of(data, exit_code=exit_code, plan_path=plan_path)))


def write_gitlab_report(path: str, data: Data) -> None:
    """`plan --gitlab-report FILE`; MscodeError where it cannot be written."""
    from mscode.views.ci import gitlab_report

    try:
        Path(path).write_text(gitlab_report(data), encoding="utf-8")
    except OSError as error:
        raise MscodeError(f"{path} cannot be written: {error.strerror}", code="report") from None


def in_repository(project: Path) -> str:
    """The project's folder relative to the repository, as annotations name files; "" for its root or outside of it."""
    base = variable("GITHUB_WORKSPACE") or variable("CI_PROJECT_DIR") or "."
    found = Path(os.path.relpath(project.resolve(), Path(base).resolve())).as_posix()
    return "" if found == "." or found.startswith("..") else found


def _append(target: str, text: str) -> None:
    try:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise MscodeError(f"{target} cannot be written: {error.strerror}", code="report") from None
