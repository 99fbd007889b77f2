"""`mscode validate`: everything that can be said of a project without the network."""

from __future__ import annotations

import json
import os
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from mscode import __version__
from mscode.app.invocation import Invocation
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument
from mscode.cli.options import variable_options
from mscode.errors import Diagnostic, ManifestError, MscodeError
from mscode.views.diagnostics import show_diagnostics
from mscode.views.text.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mscode.manifest.project.file import ProjectFile
    from mscode.model.world import DesiredWorld
    from mscode.views.ci.findings import Finding

FORMATS = ("text", "json", "sarif", "github", "rdjsonl")


@make_command(
    "validate",
    examples=[
        "mscode validate",
        "mscode validate --format json campaigns/ > report.json",
        "mscode validate --format sarif > mscode.sarif",
    ],
)
@directory_argument
@variable_options
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", help="text goes to stderr, all others to stdout."
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def command(invocation: Invocation, directory: Path, form: str, as_json: bool) -> int:
    """Check manifests without the network.

    Syntax, fields, references, times, phones and files of all manifests; every error of every file in one run. Exit
    code 1 where there is one. Formats for tools: github (annotations of a workflow), sarif (code scanning), rdjsonl
    (reviewdog).
    """
    _tell_missing_schemas(invocation, directory)
    if as_json or form == "json":
        return _as_json(invocation, directory)
    if form != "text":
        return _as_findings(invocation, directory, form)
    world = _load(invocation, directory)
    show_diagnostics(invocation.out, world.warnings)
    if world.warnings:
        invocation.out.talk("")
    invocation.out.talk(_success(world), "green")
    return 0


def _tell_missing_schemas(invocation: Invocation, directory: Path) -> None:
    """An editor says nothing of a schema that it does not find; nothing else is wrong then, so it is no finding."""
    from mscode.cli.schema import missing_schemas

    try:
        is_project = (directory / "mscode.yaml").is_file()
    except (OSError, ValueError):
        is_project = False  # which is an error of its own
    if not is_project:
        return
    for name, files in missing_schemas(directory):
        others = f" and {count(len(files) - 1, 'other file')} name" if len(files) > 1 else " names"
        text = f"{files[0]}{others} {name} for editors, and there is no such file."
        invocation.out.talk(f"Note: {text} Write it: mscode schema --restore {quote(str(directory))}")


def _as_json(invocation: Invocation, directory: Path) -> int:
    found, code = _found(invocation, directory)
    invocation.out.document(json.dumps(report(found), indent=2))
    return code


def _as_findings(invocation: Invocation, directory: Path, form: str) -> int:
    """For the tools of a review; files are named as in the repository."""
    from mscode.app.ci import files_elsewhere, in_repository
    from mscode.views.ci.findings import findings_of

    found, code = _found(invocation, directory)
    folder = in_repository(invocation, directory if directory.is_dir() else directory.parent)
    write = invocation.out.command_result if form == "github" else invocation.out.document
    for line in _lines_of(findings_of(found, folder, files_elsewhere(invocation)), form, folder):
        write(line)
    return code


def _lines_of(found: list[Finding], form: str, folder: str) -> Iterable[str]:
    if form == "github":
        from mscode.views.ci.github import annotation_lines

        return annotation_lines(found)
    from mscode.views.ci.sarif import PROJECT, rdjson_lines, sarif

    fallback = f"{folder}/{PROJECT}" if folder else PROJECT
    if form == "sarif":
        return [json.dumps(sarif(found, __version__, fallback), indent=2)]
    return rdjson_lines(found, fallback)


def _found(invocation: Invocation, directory: Path) -> tuple[list[Diagnostic], int]:
    """What there is to say, and the exit code."""
    try:
        return list(_load(invocation, directory).warnings), 0
    except MscodeError as error:
        return list(error.diagnostics), error.exit_code


def report(found: list[Diagnostic]) -> dict[str, Any]:
    """What Terraform's `validate -json` says, as far as it fits: valid, counts, and the diagnostics."""
    from mscode.views.diagnostics import to_json

    errors = sum(one.severity == "error" for one in found)
    return {
        "format_version": "1.0",
        "valid": not errors,
        "error_count": errors,
        "warning_count": len(found) - errors,
        "diagnostics": [to_json(one) for one in found],
    }


def _load(invocation: Invocation, directory: Path) -> DesiredWorld:
    from zoneinfo import ZoneInfo

    from mscode.app.environment import chosen_name
    from mscode.app.policies import policy_problems
    from mscode.manifest.load.loader import load
    from mscode.manifest.project.file import load_project

    project = load_project(directory, invocation.typed_command)
    name = chosen_name(project, invocation.env, os.environ) or next(iter(project.environments), "default")
    zone = ZoneInfo(_window_zone(project, name))
    given = invocation.given
    wrong = policy_problems(directory)
    try:
        world = load(directory, project, name, window_zone=zone, show_people=invocation.show_people, given=given)
    except ManifestError as error:
        raise ManifestError([*error.diagnostics, *wrong]) from None
    if wrong:
        raise ManifestError(wrong)
    invocation.hide(world.secrets)
    return world


def _window_zone(project: ProjectFile, name: str) -> str:
    """That of the environment; one that mscode.yaml does not have is no error here."""
    return project.environments[name].windowZone if name in project.environments else "UTC"


def _success(world: DesiredWorld) -> str:
    objects = f"{len(world.objects)} object{'' if len(world.objects) == 1 else 's'}"
    files = f"{world.files} file{'' if world.files == 1 else 's'}"
    verb = "is" if len(world.objects) == 1 else "are"
    count = len(world.warnings)
    warnings = f", with {count} warning{'' if count == 1 else 's'}" if count else ""
    return f"Success! {objects} in {files} {verb} valid{warnings}."
