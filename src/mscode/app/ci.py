"""What a job leaves for its CI: GitHub's step summary, outputs and annotations, and GitLab's report.

Written only where the variables of that CI say so. The runner parses these files, so text from outside is written in a form
in which it cannot become a command or an output of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mscode.app.invocation import Invocation
from mscode.errors import MscodeError
from mscode.model.privacy import hide_secrets, mask_numbers

#: GitHub takes a megabyte of summary from one step; several plans of one step share it.
SUMMARY_BYTES = 250_000
Data = Mapping[str, Any]
#: Names a file for how a plan or an apply ended: `mscode comment --report` says in a pull request why.
REPORT = "MSCODE_REPORT"


def is_job(variables: Mapping[str, str]) -> bool:
    """Is there a CI that wants to know more than an exit code?"""
    return any(map(variables.get, ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ACTIONS", REPORT)))


def report_plan(inv: Invocation, data: Data, project: Path, exit_code: int, plan_path: str = "") -> None:
    """A plan was made, or could not be (`data` is then its errors): summary, outputs, annotations."""
    if target := inv.variables.get("GITHUB_STEP_SUMMARY"):
        from mscode.views.plan.markdown import plan_markdown

        _append(target, plan_markdown(data, max_bytes=SUMMARY_BYTES) + "\n")
    report_outputs(inv, data, exit_code, plan_path)
    report_ending(inv, "plan", exit_code, diagnostics=data.get("diagnostics", []), checks=data.get("checks", []))
    if inv.variables.get("GITHUB_ACTIONS") == "true":
        from mscode.views.ci.findings import findings_of_plan
        from mscode.views.ci.github import annotation_lines

        for line in annotation_lines(findings_of_plan(data, in_repository(inv, project), files_elsewhere(inv))):
            inv.out.command(line)


def report_drift(inv: Invocation, markdown: str) -> None:
    """Write the drift into the step summary."""
    if target := inv.variables.get("GITHUB_STEP_SUMMARY"):
        _append(target, markdown + "\n")


def append_summary(inv: Invocation, draw: Callable[[int], str]) -> None:
    """Write a text into the step summary of GitHub Actions, where there is one; `draw` makes it in so many bytes."""
    if target := inv.variables.get("GITHUB_STEP_SUMMARY"):
        _append(target, draw(SUMMARY_BYTES) + "\n")


def report_outputs(inv: Invocation, data: Data, exit_code: int, plan_path: str = "") -> None:
    """Write the outputs of the step alone."""
    if target := inv.variables.get("GITHUB_OUTPUT"):
        from mscode.views.ci.github import output_file
        from mscode.views.ci.job import outputs_of

        _append(target, output_file(outputs_of(data, exit_code=exit_code, plan_path=plan_path)))


def report_ending(inv: Invocation, command: str, exit_code: int, **members: Any) -> None:
    """Write how a command ended into the file that MSCODE_REPORT names.

    `members` are further members of that JSON. The file is no terminal: people are masked in it whatever was asked for.
    """
    if target := inv.variables.get(REPORT):
        from mscode.views.ci.job import REASONS

        data = {
            "format_version": "1.0",
            "command": command,
            "exit_code": exit_code,
            "failure_reason": REASONS.get(exit_code, ""),
            **members,
            "diagnostics": [
                {name: mask_numbers(value) if isinstance(value, str) else value for name, value in diagnostic.items()}
                for diagnostic in members.get("diagnostics", ())
            ],
        }
        try:
            Path(target).write_text(hide_secrets(json.dumps(data), inv.out.secrets) + "\n", encoding="utf-8")
        except OSError as error:  # the command's own result matters more than a report that the next step lacks
            inv.out.info(f"Note: {target} cannot be written: {error.strerror}")


def write_gitlab_report(path: str, data: Data) -> None:
    """`plan --gitlab-report FILE`; MscodeError where it cannot be written."""
    from mscode.views.ci.job import gitlab_report

    try:
        Path(path).write_text(gitlab_report(data), encoding="utf-8")
    except OSError as error:
        raise MscodeError(f"{path} cannot be written: {error.strerror}", code="report") from None


def in_repository(inv: Invocation, project: Path) -> str:
    """The project's folder relative to the repository, as annotations name files; "" for its root or outside of it."""
    path = _path_in_repository(inv, project)
    return "" if path == "." or path.startswith("..") else path


def files_elsewhere(inv: Invocation) -> dict[str, str]:
    """Files of `--var-file`, which are named as they were typed: their paths in the repository, "" outside of it."""
    paths = {file.as_posix(): _path_in_repository(inv, file) for file in inv.var_files}
    return {name: "" if path.startswith("..") else path for name, path in paths.items()}


def _path_in_repository(inv: Invocation, path: Path) -> str:
    """Relative to the root that the CI names, else to the current folder; it begins with `..` outside of that."""
    root = inv.variables.get("GITHUB_WORKSPACE") or inv.variables.get("CI_PROJECT_DIR") or "."
    try:
        return Path(os.path.relpath(path.resolve(), Path(root).resolve())).as_posix()
    except ValueError:  # another drive
        return ".."


def _append(target: str, text: str) -> None:
    """Append to a file that the steps of a job share; MscodeError where that fails."""
    try:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise MscodeError(f"{target} cannot be written: {error.strerror}", code="report") from None
